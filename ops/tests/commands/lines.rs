//! A line of every command: it ends as it should, prints JSON, and writes something, or
//! nothing if it only reads or is on trial.

use serde_json::Value;
use shared::domain::Endpoint;
use shared::store::LinkKeys;
use tests::at;

use crate::shop::{Ended, Shop, commands, is_of, takes};

/// Lines of all commands, in an order in which each finds something to do, and the code
/// that each ends with.
const LINES: [(&str, i32); 58] = [
    ("migrate status", 0),
    ("migrate plan", 0),
    ("migrate up --yes", 0),
    ("import --from {here}", 0),
    (
        "user create new-user --email new@example.com --reason why",
        0,
    ),
    ("user find new@example.com", 0),
    ("user show free-user", 0),
    ("user list", 0),
    ("user deactivate new-user --reason why", 0),
    ("user activate new-user --reason why", 0),
    ("user allocation new-user --credits 100 --reason why", 0),
    (
        "grant free-user 5 --expires 2026-12-01T00:00:00Z --reason why",
        0,
    ),
    ("adjust free-user --take 1.5 --reason why", 0),
    ("hold list free-user", 0),
    (
        "hold release free-user inference-service#open --reason why",
        0,
    ),
    ("endpoint list", 0),
    ("endpoint add https://hooks.example.com/credits", 0),
    ("endpoint test ep_known", 0),
    ("endpoint roll ep_known", 0),
    ("endpoint disable ep_known", 0),
    ("notify replay --since 2026-04-01T00:00:00Z", 0),
    ("endpoint enable ep_known", 0),
    (
        "endpoint redeliver ep_known --since 2026-04-01T00:00:00Z",
        0,
    ),
    ("notify deliveries --user free-user", 0),
    ("notify redeliver --since 2026-04-01T00:00:00Z", 0),
    ("notify roll-links", 0),
    ("stats", 0),
    // The clock of this world is not that of the line.
    ("doctor", 3),
    ("verify --user free-user", 0),
    ("explain --user free-user", 0),
    ("parked list", 0),
    ("parked show {long}", 0),
    ("parked assign cus_Z pro-user --reason why", 0),
    ("parked settle {long} --object {whole.json} --reason why", 0),
    ("parked dismiss {priceless} --reason why", 0),
    ("event show {priceless}", 0),
    ("event replay {unheard} --file {unheard.json}", 0),
    ("stripe reconcile --customer cus_B", 3),
    ("stripe reconcile --customer cus_B --apply", 0),
    ("stripe sync --since 2025-11-01T00:00:00Z", 0),
    ("catalogue diff {prices.toml}", 3),
    ("catalogue apply {prices.toml}", 0),
    ("models diff {models.toml}", 3),
    ("models apply {models.toml}", 0),
    (
        "models propose --from {prices.json} --credits-per-unit 400",
        3,
    ),
    ("models replay {cards.toml} --since 2026-01-01T00:00:00Z", 0),
    ("claim show customer cus_X", 0),
    ("claim move customer cus_X pro-user --reason why", 0),
    ("claim release customer cus_X --reason why", 0),
    ("claim release customer cus_D --damaged --reason why", 0),
    ("account rebuild kept-user --reason why", 0),
    ("export free-user", 0),
    ("erase new-user --yes", 0),
    ("verify --all", 0),
    ("verify --since 2026-04-01T00:00:00Z", 0),
    ("verify --sample 3", 0),
    ("migrate down --yes", 0),
    ("completions bash", 0),
];

#[test]
fn the_list_has_a_line_of_every_command() {
    for (command, _) in commands() {
        let mut lines = LINES.iter();
        let found = lines.any(|(line, _)| is_of(line, &command));
        assert!(found, "no line of `creditsctl {command}`: add one");
    }
}

#[track_caller]
fn check(line: &str, code: i32, ended: &Ended) {
    assert_eq!(ended.code, Some(code), "{line}: {ended:?}");
    assert_eq!(ended.err, "", "{line}");
    if line.starts_with("completions") {
        return;
    }
    // An export is one document; of all else each line is.
    let documents: Vec<&str> = match line.starts_with("export") {
        true => vec![ended.out.as_str()],
        false => ended.out.lines().collect(),
    };
    for document in documents {
        let read: Result<Value, _> = serde_json::from_str(document);
        assert!(read.is_ok_and(|it| it.is_object()), "{line}: {document}");
    }
}

#[tokio::test]
async fn every_command_ends_as_it_should_and_writes_only_if_that_is_what_it_does() {
    let shop = Shop::rich().await;
    let (id, url) = ("ep_known".parse().unwrap(), "https://a.example/x".into());
    let endpoint = Endpoint::new(id, url, "whsec_".into(), at("2026-01-01T00:00:00Z"));
    let store = &shop.served.world.store;
    assert!(store.add_endpoint(&endpoint).await.unwrap());
    let keys = LinkKeys::first("0".repeat(64));
    store.begin_link_keys(keys).await.unwrap();
    let commands = commands();
    for (line, code) in LINES {
        let (_, command) = commands
            .iter()
            .find(|(command, _)| is_of(line, command))
            .unwrap();
        let before = shop.dump().await;
        let has_trial = takes(command, "dry_run");
        if has_trial {
            let trial = shop.run(&format!("{line} --dry-run")).await;
            check(line, code, &trial);
            assert!(!trial.out.is_empty(), "{line}: a trial says nothing");
            assert_eq!(shop.dump().await, before, "{line}: a trial wrote something");
        }
        let ended = shop.run(line).await;
        check(line, code, &ended);
        let is_to_write = has_trial || line.ends_with("--apply");
        let has_written = shop.dump().await != before;
        assert_eq!(has_written, is_to_write, "{line}: {}", ended.out);
    }
}

#[tokio::test]
async fn two_operators_who_grant_under_one_key_at_once_grant_once() {
    let shop = Shop::seeded().await;
    for round in 0..5 {
        let grant = |actor: &str| {
            let line = format!(
                "grant free-user 10 --expires 2026-12-01T00:00:00Z --key race-{round} --reason {actor} --actor {actor}"
            );
            shop.command(&line).output()
        };
        let (one, other) = tokio::join!(grant("ada"), grant("bob"));
        let mut status: Vec<String> = [one, other]
            .into_iter()
            .map(|ended| {
                let ended = ended.unwrap();
                assert_eq!(ended.status.code(), Some(0), "{ended:?}");
                let line: Value = serde_json::from_slice(&ended.stdout).unwrap();
                line["change"]["status"].as_str().unwrap().to_string()
            })
            .collect();
        status.sort();
        assert_eq!(status, ["made", "made_before"], "round {round}");
    }
    let shown = shop.run("explain --user free-user").await;
    let grants = shown.out.matches("race-").count();
    assert!(grants >= 5, "{}", shown.out);
    assert_eq!(shop.run("verify --all").await.code, Some(0));
}
