//! Lots that ended before they could be used up: they leave the account in the
//! very transaction that closes them, and lie among the past credits.

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};
use shared::domain::{CreditAccount, LotKind};
use tests::{Opening, account, api_key, plain, user, world};

use super::{SOMEBODY, applied, commit, stored};

/// An import of figures from January: a lot that ended in March, one that is
/// still good, and the free credits of a month long gone.
fn import() -> Opening {
    Opening::as_of("2025-01-15T00:00:00Z")
        .free_used("500")
        .lot(
            "buy:ended",
            LotKind::Purchase,
            ("100", "40.5"),
            Some("2025-03-01T00:00:00Z"),
        )
        .lot("buy:good", LotKind::Purchase, ("300", "100"), None)
}

const ENDED: &str = "CREDIT#pro#2025-03-01T00:00:00Z#buy:ended";
const FREE_OF_JANUARY: &str = "CREDIT#free#2025-02-01T00:00:00Z#free:2025-01-01";

#[tokio::test]
async fn ended_lots_move_to_the_past_credits_in_the_same_transaction() {
    let world = world().await;
    world.dynamodb.meter().reset();
    applied(commit(&world, &import().under(api_key("k"))).await);
    let operations = world.dynamodb.meter().snapshot().operations;
    assert_eq!(operations["TransactWriteItems"].requests, 1);
    assert_eq!(operations.len(), 2, "{operations:?}");
    let expected = [
        "ACCOUNT",
        FREE_OF_JANUARY,
        ENDED,
        "ENTRY#api#inference-service#k",
    ];
    assert_eq!(stored(&world).await, expected);

    let account = account(&world, SOMEBODY).await.unwrap();
    let open: Vec<_> = account
        .lots
        .iter()
        .map(|lot| lot.terms.id.as_str())
        .collect();
    assert_eq!(open, ["buy:good", "free:2025-11-01"]);
    assert_eq!(account.archived_pro_used.to_string(), "40.5");
}

#[tokio::test]
async fn a_past_credit_keeps_what_became_of_it() {
    let world = world().await;
    applied(commit(&world, &import().under(api_key("k"))).await);
    let request = world.dynamodb.client().get_item().table_name("credits");
    let request = request
        .key("pk", AttributeValue::S(format!("USER#{SOMEBODY}")))
        .key("sk", AttributeValue::S(ENDED.to_string()));
    let item = request.send().await.unwrap().item.unwrap();
    let lot = json!({"M": {
        "id": {"S": "buy:ended"}, "kind": {"S": "purchase"},
        "starts_at": {"S": "2025-01-15T00:00:00Z"}, "expires_at": {"S": "2025-03-01T00:00:00Z"},
        "granted_milli": {"N": "100000"}, "used_milli": {"N": "40500"}, "lapsed_milli": {"N": "59500"},
    }});
    let expected: Value = json!({"M": {
        "pk": {"S": "USER#somebody"}, "sk": {"S": ENDED},
        "entity": {"S": "PastCredit"}, "schema_version": {"N": "1"},
        "user_id": {"S": "somebody"}, "credit_type": {"S": "pro"},
        "is_current": {"BOOL": false}, "ended_at": {"S": "2025-03-01T00:00:00Z"}, "lot": lot,
    }});
    assert_eq!(plain(&AttributeValue::M(item)), expected);
}

#[tokio::test]
async fn the_ledger_folds_to_the_account_with_what_was_archived() {
    let world = world().await;
    let entry = applied(commit(&world, &import().under(api_key("k"))).await);
    let mut folded = CreditAccount::unopened(user(SOMEBODY));
    for posting in &entry.postings {
        folded.apply(posting).unwrap();
    }
    folded.record(entry.seq, entry.at, entry.hash);
    assert_eq!(account(&world, SOMEBODY).await.unwrap(), folded);
}

#[tokio::test]
async fn many_ended_lots_leave_twenty_at_a_time_and_the_rest_wait_closed() {
    let world = world().await;
    let mut many = Opening::as_of("2025-01-15T00:00:00Z");
    for number in 0..50 {
        let id = format!("buy:{number:02}");
        many = many.lot(
            &id,
            LotKind::Promo,
            ("10", "1"),
            Some("2025-02-01T00:00:00Z"),
        );
    }
    applied(commit(&world, &many.under(api_key("k"))).await);
    let past = stored(&world).await;
    assert_eq!(
        past.iter().filter(|sk| sk.starts_with("CREDIT#")).count(),
        20
    );
    let account = account(&world, SOMEBODY).await.unwrap();
    assert_eq!(account.lots.len(), 32, "31 wait, one is this month's");
    assert_eq!(account.lifetime_pro_used().unwrap().to_string(), "50");
}
