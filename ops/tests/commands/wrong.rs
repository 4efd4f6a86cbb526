//! What is wrong with a line, or with what it names, ends it with 2 and one line that
//! says so; what an operator must look at, with 3. Nothing is written.

use aws_sdk_dynamodb::types::AttributeValue::S;

use crate::shop::{Shop, commands, is_of, takes};

/// Lines of which nothing can come, and the code that each ends with.
const WRONG: [(&str, i32); 65] = [
    // Nobody has this id.
    ("verify --user stranger", 2),
    ("explain --user stranger", 2),
    ("user show stranger", 2),
    ("user activate stranger --reason why", 2),
    ("user deactivate stranger --reason why", 2),
    ("user allocation stranger --credits 1 --reason why", 2),
    (
        "grant stranger 5 --expires 2026-12-01T00:00:00Z --reason why",
        2,
    ),
    ("adjust stranger --take 1 --reason why", 2),
    ("hold list stranger", 2),
    ("hold release stranger a#b --reason why", 2),
    ("export stranger", 2),
    ("erase stranger --yes", 2),
    ("account rebuild stranger --reason why", 2),
    ("claim move customer cus_X stranger --reason why", 2),
    ("parked assign cus_Z stranger --reason why", 2),
    ("stripe reconcile --user stranger", 2),
    ("notify deliveries --user stranger", 2),
    ("endpoint test ep_nobody", 2),
    (
        "endpoint redeliver ep_nobody --since 2026-04-01T00:00:00Z",
        2,
    ),
    ("endpoint add ftp://hooks.example.com", 2),
    ("notify replay --since 2025-01-01T00:00:00Z", 2),
    ("notify redeliver --since soon", 2),
    // Nor this address, customer or event.
    ("user find nobody@example.com", 2),
    ("user find cus_nobody", 2),
    ("claim show email nobody@example.com", 2),
    ("claim show email nobody", 2),
    ("claim release customer cus_nobody --reason why", 2),
    ("claim release customer cus_X --damaged --reason why", 2),
    ("event show evt_nobody", 2),
    ("event replay evt_nobody", 2),
    ("parked show evt_nobody", 2),
    ("parked dismiss evt_nobody --reason why", 2),
    (
        "parked settle evt_nobody --object {whole.json} --reason why",
        2,
    ),
    // No such amount or moment.
    (
        "grant free-user -5 --expires 2026-12-01T00:00:00Z --reason why",
        2,
    ),
    (
        "grant free-user 0.0001 --expires 2026-12-01T00:00:00Z --reason why",
        2,
    ),
    (
        "grant free-user 5 --expires 2026-01-01T00:00:00Z --reason why",
        2,
    ),
    ("grant free-user 5 --expires soon --reason why", 2),
    ("adjust free-user --take -1 --reason why", 2),
    ("adjust free-user --give 0.0001 --reason why", 2),
    ("adjust free-user --reason why", 2),
    ("user allocation free-user --credits -1 --reason why", 2),
    ("user allocation free-user --credits 0.0001 --reason why", 2),
    // Another file than it should be.
    ("event replay {unheard} --file {nonsense}", 2),
    ("event replay {unheard} --file {missing.json}", 2),
    ("event replay evt_other --file {unheard.json}", 2),
    ("parked settle {long} --object {nonsense} --reason why", 2),
    ("catalogue diff {nonsense}", 2),
    ("catalogue apply {nonsense}", 2),
    ("models apply {nonsense}", 2),
    ("models apply {missing.toml}", 2),
    ("models propose --from {nonsense} --credits-per-unit 400", 2),
    (
        "models propose --from {prices.json} --credits-per-unit 0",
        2,
    ),
    (
        "models propose --from {prices.json} --credits-per-unit -1",
        2,
    ),
    (
        "models propose --from {prices.json} --credits-per-unit 400 --model nobody",
        2,
    ),
    (
        "models propose --from {prices.json} --credits-per-unit 400 --out {cards.toml}",
        2,
    ),
    (
        "models propose --from {prices.json} --credits-per-unit 400 --effective-from 2026-04-08T20:09:59Z",
        2,
    ),
    ("models replay {nonsense} --since 2026-01-01T00:00:00Z", 2),
    ("models replay {cards.toml} --since soon", 2),
    ("import --from {missing.d}", 2),
    // Another command's key.
    ("adjust free-user --take 1 --key taken --reason why", 2),
    // Nothing that could be undone.
    ("erase kept-user", 2),
    ("verify --all --resume 1", 2),
    ("nonsense", 2),
    // What an operator must look at.
    ("user find free@example.com", 3),
    ("stripe reconcile --all", 3),
];

#[test]
fn the_list_has_a_stranger_for_every_command_that_takes_a_user() {
    for (command, takes_what) in commands() {
        // It makes a user of whom nobody has heard.
        if !takes(&takes_what, "user") || command == "user create" {
            continue;
        }
        let found = WRONG
            .iter()
            .any(|(line, _)| is_of(line, &command) && line.contains("stranger"));
        assert!(found, "no stranger for `creditsctl {command}`: add one");
    }
}

#[tokio::test]
async fn what_is_wrong_ends_with_one_line_that_says_so_and_nothing_is_written() {
    let shop = Shop::rich().await;
    let taken = "grant free-user 5 --expires 2026-12-01T00:00:00Z --key taken --reason why";
    assert_eq!(shop.run(taken).await.code, Some(0));
    claim_for_another(&shop).await;
    let before = shop.dump().await;
    for (line, code) in WRONG {
        is_refused(&shop, line, code).await;
    }
    for (command, takes_what) in commands() {
        let reason = takes_what
            .get_arguments()
            .find(|argument| argument.get_id() == "reason");
        if reason.is_some_and(|argument| argument.is_required_set()) {
            // Whatever else it lacks: it names the reason.
            let ended = shop.run(&command).await;
            assert_eq!(ended.code, Some(2), "{command}: {ended:?}");
            assert!(ended.err.contains("--reason"), "{command}: {ended:?}");
            assert_eq!(ended.err.lines().count(), 1, "{command}: {ended:?}");
        }
    }
    assert_eq!(shop.dump().await, before, "something was written");
}

/// One address of two users: the profile's, and the claim's.
async fn claim_for_another(shop: &Shop) {
    let client = shop.served.world.dynamodb.client();
    let claim = client.update_item().table_name("users");
    let claim = claim.key("pk", S("EMAIL#free@example.com".into()));
    let claim = claim.key("sk", S("CLAIM".into()));
    let claim = claim.update_expression("SET user_id = :other");
    let claim = claim.expression_attribute_values(":other", S("pro-user".into()));
    claim.send().await.unwrap();
}

async fn is_refused(shop: &Shop, line: &str, code: i32) {
    let ended = shop.run(line).await;
    assert_eq!(ended.code, Some(code), "{line}: {ended:?}");
    if code == 3 {
        assert_eq!(ended.err, "", "{line}");
        return;
    }
    let is_one_line = ended.err.lines().count() == 1 && ended.err.starts_with("creditsctl: ");
    assert!(is_one_line, "{line}: {}", ended.err);
    assert_eq!(ended.out, "", "{line}");
}

#[tokio::test]
async fn a_key_of_stripes_that_is_missing_wrong_or_none_ends_with_one_line() {
    let mut shop = Shop::rich().await;
    let before = shop.dump().await;
    for (key, says) in [
        ("", "STRIPE_API_KEY"),
        ("nonsense", "STRIPE_API_KEY"),
        ("sk_live_of_somebody_else_0123456789", "does not accept"),
    ] {
        shop.stripe_key = key.to_string();
        for line in [
            "stripe sync --since 2025-11-01T00:00:00Z",
            "stripe reconcile --all --apply",
            "event replay {unheard} --fetch",
            "parked settle {long} --fetch --reason why",
        ] {
            is_refused(&shop, line, 2).await;
            let ended = shop.run(line).await;
            assert!(ended.err.contains(says), "{line}: {}", ended.err);
        }
    }
    assert_eq!(shop.dump().await, before);
}
