//! Suite: the overdraft, from what no lot covers to what covers it.

use super::super::LotKind;
use super::super::fixtures::*;

/// An overdraft of 3, and the moment at which a lot that ends covers it.
fn covered_later() -> Story {
    let over = story("0", &[("buy:a", "10", None)])
        .does(hold("h", "10"))
        .does(commit("h", "13"));
    over.stands(&["free:2025-11-01 0 0 0 0 0", "overdraft 0 0 3 0 0"]);
    over.does(grant("buy:b", "5", Some("2025-11-20")))
        .when("2025-11-20")
}

#[test]
fn an_overdraft_that_was_covered_for_good_leaves() {
    let covered = covered_later().does(charge("0"));
    covered.stands(&["free:2025-11-01 0 0 0 0 0"]);
    covered.left(&[
        "buy:a 10 0 10 0 0",
        "buy:b 5 0 3 0 2",
        "overdraft 0 0 0 0 0",
    ]);
    assert_eq!(covered.account.lifetime_pro_used(), Ok(credits("13")));
}

#[test]
fn an_overdraft_that_has_left_may_come_again_and_both_are_known() {
    let again = covered_later()
        .does(grant("buy:c", "1", None))
        .does(hold("i", "1"))
        .does(commit("i", "2"));
    again.stands(&["free:2025-11-01 0 0 0 0 0", "overdraft 0 0 1 0 0"]);
    let covered = again
        .does(grant("buy:d", "4", Some("2025-11-25")))
        .when("2025-11-25")
        .does(charge("0"));
    covered.stands(&["free:2025-11-01 0 0 0 0 0"]);
    covered.left(&[
        "buy:a 10 0 10 0 0",
        "buy:b 5 0 3 0 2",
        "overdraft 0 0 0 0 0",
        "buy:c 1 0 1 0 0",
        "buy:d 4 0 1 0 3",
        "overdraft 0 0 0 0 0",
    ]);
    let starts = covered.past.iter().map(|past| &past.lot.terms);
    let of_overdrafts = starts.filter(|terms| terms.kind == LotKind::Overdraft);
    let starts: Vec<_> = of_overdrafts.map(|terms| terms.starts_at).collect();
    assert_eq!(starts.len(), 2);
    assert!(starts[0] < starts[1], "{starts:?}");
}
