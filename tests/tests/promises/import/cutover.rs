//! What an import leaves for the events that Stripe sends after it.

use aws_sdk_dynamodb::types::AttributeValue;
use local::World;
use ops::import::Source;
use tests::{at, world};

use super::export::Export;
use super::{Process, old_user, tables_of};

const NOON: &str = "2025-11-06T12:00:00Z";

/// The item of the billing table under this key, as text.
async fn billing(world: &World, pk: &str, sk: &str) -> Option<String> {
    let get = world.dynamodb.client().get_item().table_name("billing");
    let get = get.key("pk", AttributeValue::S(pk.to_string()));
    let answer = get
        .key("sk", AttributeValue::S(sk.to_string()))
        .send()
        .await
        .unwrap();
    let item = answer.item?;
    let mut fields: Vec<String> = item
        .iter()
        .map(|(name, value)| format!("{name}={value:?}"))
        .collect();
    fields.sort();
    Some(fields.join(" "))
}

fn export() -> Export {
    let one = old_user(1);
    let lot = "user_id,created_at,id,subscription_id,total_credits,used_credits,\
               billing_period_start,billing_period_end,is_current,credit_type";
    Export::default()
        .user(1, "one@old.example")
        .user(2, "two@old.example")
        .columns(
            Source::Subscriptions,
            "user_id,created_at,id,tier,status,stripe_subscription_id,stripe_price_id,quantity,trial_end",
        )
        .columns(Source::Credits, lot)
        .line(Source::Subscriptions, format!("{one},2025-01-01,s1,pro,active,sub_1,price_test_pro,3,2025-01-15"))
        .line(Source::Subscriptions, format!("{one},2025-01-02,s2,enterprise,expired,sub_2,price_unknown,,2025-01-16"))
        .line(Source::Subscriptions, format!("{one},2025-01-03,s3,pro,active,,,,"))
        .line(Source::Credits, format!("{one},2025-10-01,c1,s1,30000,30000,2025-10-01,2025-11-01,f,pro"))
        .line(Source::Credits, format!("{one},2025-11-01,c2,s1,30000,500,2025-11-01,2025-12-01,t,pro"))
        .line(Source::Credits, format!("{one},2025-11-02,c3,s3,10,0,2025-11-01,2025-12-01,t,pro"))
        .line(Source::Credits, format!("{one},2025-11-03,c4,,7,0,2025-11-01,,t,pro"))
}

#[tokio::test]
async fn lots_of_a_subscription_are_kept_with_price_quantity_and_period() {
    let world = world().await;
    let folder = export().write();
    let process = Process::on(&world);
    let summary = process.import(&folder).await.unwrap();
    assert!(summary.is_clean(), "{summary}: {:?}", process.remarks());
    let lots = billing(&world, "BOOK#sub_1", "BOOK").await.unwrap();
    for part in [
        "import:c2",
        "price_test_pro",
        "2025-11-01T00:00:00Z",
        "2025-12-01T00:00:00Z",
        r#"N("3")"#,
        "30000000",
    ] {
        assert!(lots.contains(part), "{part}: {lots}");
    }
    // What is past, and what no subscription of Stripe's brought, is not among them.
    assert!(!lots.contains("import:c1"), "{lots}");
    assert_eq!(billing(&world, "BOOK#import_s3", "BOOK").await, None);
    let tables = tables_of(&world).await;
    let again = Process::on(&world);
    let summary = again.import(&folder).await.unwrap();
    assert!(summary.is_clean(), "{summary}: {:?}", again.remarks());
    assert_eq!(tables_of(&world).await, tables);
}

#[tokio::test]
async fn a_trial_that_was_used_is_used() {
    let world = world().await;
    Process::on(&world).import(&export().write()).await.unwrap();
    let one = old_user(1);
    // By the price's plan in the catalogue, else by the tier's name.
    for (plan, is_used) in [("pro", true), ("enterprise", true), ("pro-plus", false)] {
        let item = billing(&world, &format!("TRIAL#{plan}#{one}"), "TRIAL").await;
        assert_eq!(item.is_some(), is_used, "{plan}: {item:?}");
    }
    let two = old_user(2);
    assert_eq!(
        billing(&world, &format!("TRIAL#pro#{two}"), "TRIAL").await,
        None
    );
}

#[tokio::test]
async fn a_trial_that_is_on_record_is_left_as_it_is() {
    let world = world().await;
    let put = world.dynamodb.client().put_item().table_name("billing");
    let text = |text: &str| AttributeValue::S(text.to_string());
    let put = put
        .item("pk", text(&format!("TRIAL#pro#{}", old_user(1))))
        .item("sk", text("TRIAL"));
    let put = put
        .item("entity", text("Trial"))
        .item("schema_version", AttributeValue::N("1".into()));
    let put = put
        .item("user_id", text(&old_user(1)))
        .item("invoice", text("in_1"));
    put.send().await.unwrap();
    let process = Process::on(&world);
    let summary = process.import(&export().write()).await.unwrap();
    assert!(summary.is_clean(), "{summary}: {:?}", process.remarks());
    let item = billing(&world, &format!("TRIAL#pro#{}", old_user(1)), "TRIAL")
        .await
        .unwrap();
    assert!(item.contains("in_1"), "{item}");
}

#[tokio::test]
async fn the_moment_of_the_cutover_is_stored_once_and_for_all_runs() {
    let world = world().await;
    let folder = export().write();
    let run = async |cutover: Option<&str>, dry_run: bool| {
        let mut process = Process::on(&world);
        process.cutover = cutover.map(at);
        process.dry_run = dry_run;
        process
            .import(&folder)
            .await
            .map_err(|error| error.to_string())
    };
    run(Some(NOON), true).await.unwrap();
    assert_eq!(billing(&world, "IMPORT", "CUTOVER").await, None);
    run(Some(NOON), false).await.unwrap();
    let item = billing(&world, "IMPORT", "CUTOVER").await.unwrap();
    assert!(item.contains(NOON), "{item}");
    run(None, false).await.unwrap();
    run(Some(NOON), false).await.unwrap();
    for dry_run in [true, false] {
        let refused = run(Some("2025-11-06T12:00:01Z"), dry_run)
            .await
            .unwrap_err();
        assert!(
            refused.contains("an earlier import used 2025-11-06T12:00:00Z"),
            "{refused}"
        );
        let refused = run(Some("2025-11-07T12:00:00Z"), dry_run)
            .await
            .unwrap_err();
        assert!(refused.contains("is in the future"), "{refused}");
    }
    assert_eq!(billing(&world, "IMPORT", "CUTOVER").await, Some(item));
}
