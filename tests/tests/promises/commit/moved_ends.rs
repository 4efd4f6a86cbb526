//! Lots whose end was moved: the key of a past credit holds the end, so a mark
//! takes its place under the old one in the very transaction that moves it.

use aws_sdk_dynamodb::types::AttributeValue;
use local::World;
use shared::domain::{
    Action, Clawback, Command, Decision, LotEnd, LotKind, PastLot, Settlement, Timestamp,
};
use shared::host::clock::Deadline;
use shared::store::{CommitAllRequest, CommitError, CommitRequest, Committed, Refused};
use std::time::Duration;
use tests::{Opening, a_charge, account, api_key, at, credits, user, world};

use super::SOMEBODY;

const MARCH: &str = "CREDIT#pro#2025-03-01T00:00:00Z#buy:a";
const MAY: &str = "CREDIT#pro#2025-05-01T00:00:00Z#buy:a";

/// A lot of 100 that ended in March with 40 of it used, as of April.
fn import() -> Command {
    let opening = Opening::as_of("2025-01-15T00:00:00Z");
    let end = Some("2025-03-01T00:00:00Z");
    opening
        .lot("buy:a", LotKind::Subscription, ("100", "40"), end)
        .under(api_key("import"))
}

const APRIL: &str = "2025-04-10T00:00:00Z";

fn settle(key: &str, settlement: Settlement) -> Command {
    Command {
        key: api_key(key),
        action: Action::Settle(settlement),
        ..a_charge("0")
    }
}

/// The lot ends at another moment.
fn end(key: &str, expires_at: &str, past: Option<PastLot>) -> Command {
    let end = LotEnd {
        lot: "buy:a".parse().unwrap(),
        expires_at: at(expires_at),
        target: credits("0"),
        past,
    };
    settle(
        key,
        Settlement {
            ends: vec![end],
            ..Settlement::default()
        },
    )
}

async fn commit(world: &World, command: &Command, now: Timestamp) -> Decision {
    let request = CommitRequest {
        user_id: &user(SOMEBODY),
        command,
        guess: None,
        now,
        deadline: Deadline::after(Duration::from_secs(30)),
    };
    match world.store.commit(request).await {
        Ok(Committed::Applied(decision)) => *decision,
        other => panic!("expected it applied, got {other:?}"),
    }
}

/// The past credits of the lot. Beside them lies nothing but marks that the
/// table's time to live takes away a day later.
async fn places(world: &World) -> Vec<String> {
    let query = world.dynamodb.client().query().table_name("credits");
    let text = |text: String| AttributeValue::S(text);
    let query = query
        .key_condition_expression("pk = :pk AND begins_with(sk, :sk)")
        .expression_attribute_values(":pk", text(format!("USER#{SOMEBODY}")))
        .expression_attribute_values(":sk", text("CREDIT#pro#".into()));
    let mut places = Vec::new();
    for item in query.send().await.unwrap().items.unwrap_or_default() {
        if item.contains_key("lot") {
            places.push(item["sk"].as_s().unwrap().clone());
        } else {
            assert_eq!(item["entity"].as_s().unwrap(), "MovedCredit");
            let gone_at = at(APRIL).plus_seconds(86_400).unix_seconds();
            assert_eq!(item["expires_at"].as_n().unwrap(), &gone_at.to_string());
        }
    }
    places
}

async fn check_audit(world: &World, findings: &[(&str, &str)]) {
    let audit = world.store.audit_account(&user(SOMEBODY)).await.unwrap();
    let found = audit.findings.into_iter().map(|it| (it.key, it.problem));
    let expected = findings.iter().map(|(sk, problem)| {
        let key = format!("credits USER#{SOMEBODY}/{sk}");
        (key, (*problem).to_string())
    });
    assert_eq!(found.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
}

#[tokio::test]
async fn a_past_credit_leaves_its_old_key_once_its_end_is_moved() {
    let world = world().await;
    let april = at(APRIL);
    let past = commit(&world, &import(), april).await.archived;
    assert_eq!(places(&world).await, [MARCH]);
    let client = world.dynamodb.client();
    let old = client.get_item().table_name("credits");
    let old = old.key("pk", AttributeValue::S(format!("USER#{SOMEBODY}")));
    let old = old.key("sk", AttributeValue::S(MARCH.into()));
    let old = old.send().await.unwrap().item;

    let past = past.into_iter().find(|it| !it.lot.terms.id.is_free());
    let moved = end("move", "2025-05-01T00:00:00Z", past);
    let decision = commit(&world, &moved, april).await;
    assert_eq!(decision.entry.outcome.pro_delta, credits("60"));
    assert_eq!(places(&world).await, [""; 0]);
    check_audit(&world, &[]).await;

    let charge = a_charge("0");
    commit(&world, &charge, at("2025-05-02T00:00:00Z")).await;
    assert_eq!(places(&world).await, [MAY]);
    check_audit(&world, &[]).await;

    // Had it stayed behind, the audit would have reported.
    let put = client.put_item().table_name("credits").set_item(old);
    put.send().await.unwrap();
    check_audit(&world, &[(MARCH, "its ledger archived no such lot")]).await;
}

#[tokio::test]
async fn a_lot_that_was_recalled_before_leaves_nothing_behind_either() {
    let world = world().await;
    let april = at(APRIL);
    let past = commit(&world, &import(), april).await.archived;
    let past = past.into_iter().find(|it| !it.lot.terms.id.is_free());
    let take_back = Clawback {
        lot: "buy:a".parse().unwrap(),
        target: credits("100"),
        past,
    };
    let clawbacks = vec![take_back];
    let refund = Settlement {
        clawbacks,
        ..Settlement::default()
    };
    commit(&world, &settle("refund", refund), april).await;
    // It owes and stays; what it was when it left lies where it lay.
    assert_eq!(places(&world).await, [MARCH]);
    check_audit(&world, &[]).await;
    let moved = end("move", "2025-05-01T00:00:00Z", None);
    commit(&world, &moved, april).await;
    assert_eq!(places(&world).await, [""; 0]);
    check_audit(&world, &[]).await;
}

async fn commit_all(
    world: &World,
    commands: &[Command],
    now: Timestamp,
) -> Result<Vec<Result<Committed, Refused>>, CommitError> {
    let request = CommitAllRequest {
        user_id: &user(SOMEBODY),
        commands,
        account: account(world, SOMEBODY).await.ok(),
        now,
        deadline: Deadline::after(Duration::from_secs(30)),
    };
    Ok(world.store.commit_all(request).await?.results)
}

#[tokio::test]
async fn what_comes_to_a_place_last_lies_there_if_several_are_committed_at_once() {
    let april = at(APRIL);
    let march = "2025-03-01T00:00:00Z";
    let may = "2025-05-01T00:00:00Z";
    // Moved away; away and back, where it leaves again; away, back and away.
    for (ends, left) in [
        (vec![may], vec![]),
        (vec![may, march], vec![MARCH]),
        (vec![may, march, may], vec![]),
    ] {
        let world = world().await;
        let past = commit(&world, &import(), april).await.archived;
        let past = past.into_iter().find(|it| !it.lot.terms.id.is_free());
        let commands = ends.iter().enumerate().map(|(number, expires_at)| {
            let key = format!("move-{number}");
            end(&key, expires_at, past.clone())
        });
        let commands: Vec<_> = commands.collect();
        world.dynamodb.meter().reset();
        let results = commit_all(&world, &commands, april).await.unwrap();
        assert!(results.iter().all(Result::is_ok), "{ends:?}: {results:?}");
        let operations = world.dynamodb.meter().snapshot().operations;
        assert_eq!(operations["TransactWriteItems"].requests, 1, "{ends:?}");
        assert_eq!(places(&world).await, left, "{ends:?}");
        check_audit(&world, &[]).await;
    }
}
