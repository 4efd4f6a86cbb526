//! The caller's own ledger, page by page: in order, complete, once each, and
//! steady while new entries are written in front of it.

use serde_json::{Value, json};
use tests::{Answer, Served, Service};

use super::{body, buy, deactivate, ledger};
use crate::requests_and_units::import_ledger;

const USER: &str = "reader";
const PATH: &str = "/api/user/credits/history";

/// Seven entries: charges, a hold and its commit, a purchase.
async fn write(served: &Served) {
    let service = served.service().await;
    for number in 1..=3 {
        served.advance("PT1M").await;
        let charge = service.charge(USER, &format!("k{number}"), number).await;
        body(&charge, 201);
    }
    body(&service.hold(USER, "h", 10, 60).await, 201);
    let commit = json!({"amount": 4, "label": "a letter"});
    let answer = service.on_hold(USER, ("h", "commit"), "c", &commit).await;
    body(&answer, 200);
    buy(&served.world, USER, "buy:pi_1", "50", None).await;
    deactivate(&served.world, USER).await;
}

/// The ids of a page, and where the next begins.
fn ids(page: &Value) -> (Vec<String>, Option<String>) {
    let entries = page["entries"].as_array().unwrap().iter();
    let ids = entries.map(|entry| entry["id"].as_str().unwrap().to_string());
    let next = page["nextCursor"].as_str().map(str::to_string);
    (ids.collect(), next)
}

/// Every page from the first to the last with that query.
async fn pages(app: &Service, query: &str) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = app.get(&format!("{PATH}?{query}{cursor}")).await;
        let (ids, next) = ids(&body(&page, 200));
        pages.push(ids);
        match next {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return pages,
        }
    }
}

const NEWEST_FIRST: [&str; 7] = ["deactivate", "buy:pi_1", "c", "h", "k3", "k2", "k1"];

#[tokio::test]
async fn every_page_together_is_the_whole_ledger_newest_first() {
    let served = Served::start().await;
    write(&served).await;
    let app = served.as_user(USER).await;
    for (limit, sizes) in [
        (1, vec![1; 7]),
        (2, vec![2, 2, 2, 1]),
        (3, vec![3, 3, 1]),
        (7, vec![7]),
        (100, vec![7]),
    ] {
        let pages = pages(&app, &format!("limit={limit}")).await;
        let all: Vec<_> = pages.iter().flatten().collect();
        assert_eq!(all, NEWEST_FIRST, "limit {limit}");
        let found: Vec<_> = pages.iter().map(Vec::len).collect();
        assert_eq!(found, sizes, "limit {limit}");
    }
    let by_seq: Vec<_> = ledger(&served.world, USER).await;
    assert_eq!(by_seq.len(), NEWEST_FIRST.len());
}

#[tokio::test]
async fn an_entry_shows_what_it_did_and_to_what_balance() {
    let served = Served::start().await;
    write(&served).await;
    let app = served.as_user(USER).await;
    let page = body(&app.get(PATH).await, 200);
    let line = |index: usize, names: [&str; 6]| {
        let entry = &page["entries"][index];
        names.map(|name| entry[name].clone())
    };
    let names = [
        "kind",
        "amount",
        "freeDelta",
        "proDelta",
        "totalAvailable",
        "label",
    ];
    for (index, expected) in [
        (0, json!(["adjust", "0", "0", "0", 2040, null])),
        (1, json!(["grant", "50", "0", "50", 2040, null])),
        // Six of the ten that were held came back.
        (2, json!(["commit", "4", "6", "0", 1990, "a letter"])),
        (3, json!(["hold", "10", "-10", "0", 1984, null])),
        (4, json!(["charge", "3", "-3", "0", 1994, null])),
    ] {
        assert_eq!(json!(line(index, names)), expected, "{page}");
    }
    assert_eq!(page["entries"][6]["at"], "2025-11-06T14:31:00Z");
    assert_eq!(page["entries"][6]["seq"], 1);
    let nobody = served.as_user("nobody").await;
    let empty = body(&nobody.get(PATH).await, 200);
    assert_eq!(empty, json!({"entries": [], "nextCursor": null}));
}

#[tokio::test]
async fn one_kind_is_found_among_the_others() {
    let served = Served::start().await;
    write(&served).await;
    let app = served.as_user(USER).await;
    for (kind, expected) in [
        ("charge", vec!["k3", "k2", "k1"]),
        ("commit", vec!["c"]),
        ("grant", vec!["buy:pi_1"]),
        ("release", vec![]),
        ("claw_back", vec![]),
    ] {
        for limit in [1, 2, 100] {
            let pages = pages(&app, &format!("limit={limit}&kind={kind}")).await;
            let all: Vec<_> = pages.iter().flatten().collect();
            assert_eq!(all, expected, "{kind}, limit {limit}");
            assert!(pages.iter().all(|page| page.len() <= limit), "{pages:?}");
        }
    }
}

#[tokio::test]
async fn a_search_that_finds_nothing_in_ten_pages_hands_on_a_cursor() {
    let served = Served::start().await;
    let until = "2025-11-01T00:00:00Z";
    import_ledger(&served.world, USER, (2_050, 60), until, "old");
    buy(&served.world, USER, "buy:pi_1", "50", None).await;
    let app = served.as_user(USER).await;
    let kinds = pages(&app, "kind=grant&limit=2").await;
    assert_eq!(kinds, [vec!["buy:pi_1".to_string()], Vec::new()]);
    let kinds = pages(&app, "kind=release").await;
    assert_eq!(kinds, [Vec::<String>::new(), Vec::new()]);
    let all = pages(&app, "limit=100").await;
    assert_eq!(all.len(), 21);
    assert_eq!(all.iter().map(Vec::len).sum::<usize>(), 2_051);
}

#[tokio::test]
async fn a_cursor_stays_good_while_new_entries_are_written() {
    let served = Served::start().await;
    write(&served).await;
    let app = served.as_user(USER).await;
    let first = body(&app.get(&format!("{PATH}?limit=3")).await, 200);
    let (first, cursor) = ids(&first);
    for number in 0..4 {
        let lot = format!("buy:later_{number}");
        buy(&served.world, USER, &lot, "1", None).await;
    }
    let next = app
        .get(&format!("{PATH}?limit=4&cursor={}", cursor.unwrap()))
        .await;
    let (next, end) = ids(&body(&next, 200));
    assert_eq!([first, next].concat(), NEWEST_FIRST);
    assert_eq!(end, None);
}

#[tokio::test]
async fn an_invalid_page_is_refused_by_its_field() {
    let served = Served::start().await;
    write(&served).await;
    let app = served.as_user(USER).await;
    let page = body(&app.get(&format!("{PATH}?limit=1")).await, 200);
    let cursor = page["nextCursor"].as_str().unwrap().to_string();
    let check = |answer: Answer, field: &str| {
        let refused = body(&answer, 422);
        assert_eq!(refused["error"], "validation_failed");
        let fields: Vec<_> = refused["fields"].as_object().unwrap().keys().collect();
        assert_eq!(fields, [field], "{refused}");
    };
    for limit in [
        "0",
        "101",
        "-1",
        "1.5",
        "ten",
        "",
        "1e2",
        "%2B5",
        "99999999999999999999",
    ] {
        check(app.get(&format!("{PATH}?limit={limit}")).await, "limit");
    }
    for kind in ["gift", "Charge", "", "charge,hold"] {
        check(app.get(&format!("{PATH}?kind={kind}")).await, "kind");
    }
    let short = &cursor[..cursor.len() - 2];
    let flipped = format!("X{}", &cursor[1..]);
    for tampered in [short, &flipped, "abc", "", "%00", "a%20b"] {
        let answer = app.get(&format!("{PATH}?cursor={tampered}")).await;
        check(answer, "cursor");
    }
    // Another's cursor is no way into another's ledger: it finds one's own.
    let other = served.as_user("free-user").await;
    let answer = other.get(&format!("{PATH}?cursor={cursor}")).await;
    let (found, _) = ids(&body(&answer, 200));
    let own = ["seed:opening".to_string()];
    assert!(found.is_empty() || found == own, "{found:?}");
}
