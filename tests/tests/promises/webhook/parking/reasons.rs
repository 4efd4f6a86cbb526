//! What an event may wait for, or be refused for, and what ends that.

use aws_sdk_dynamodb::types::AttributeValue;
use local::stripe::{ApiVersion, Scenario};
use seeds::SeedData;
use shared::domain::Price;
use shared::domain::billing::{BillingEvent, EventOutcome, Fact, PackBought, PackName, ParkReason};
use shared::host::entropy::SystemEntropy;
use shared::store::{CatalogueCache, DrainRequest, Drained};

use super::super::ground::{Ground, deadline, now, prices, remembered};
use super::super::holds_true::Scene;
use super::super::{SOMEBODY, SOMEONE_ELSE, SUFFIX, reported, reported_of, the, varied};
use super::{CREATED, LINK, PAID, apply, nameless, park, waiting};

/// An operator adds a price to the catalogue.
async fn add(ground: &Ground, price: &Price) {
    let data = SeedData {
        clients: Vec::new(),
        models: Vec::new(),
        cards: Vec::new(),
        prices: vec![price.clone()],
        users: Vec::new(),
    };
    let applied = seeds::apply(&ground.store(), &data, now(), &SystemEntropy).await;
    applied.unwrap();
}

async fn drain(ground: &Ground, reason: &str) -> Drained {
    let (kind, id) = reason.split_once(':').unwrap();
    let id = id.parse().unwrap();
    let reason = match kind {
        "price" => ParkReason::Price(id),
        "payment_link" => ParkReason::PaymentLink(id),
        "mismatch" => ParkReason::Mismatch(id),
        "review" => ParkReason::Review(id),
        other => panic!("{other}"),
    };
    let request = DrainRequest {
        terms: &shared::domain::billing::BillingTerms::default(),
        catalogue: &CatalogueCache::default(),
        now: now(),
        deadline: deadline(),
    };
    ground.store().drain(&reason, request).await.unwrap()
}

/// An event waits for something of the catalogue, is reported as a person's
/// business, and is applied as soon as the price is there.
async fn check_unknown(
    event: BillingEvent,
    before: &[BillingEvent],
    price_id: &str,
    (reason, pro): (&str, i64),
) {
    let is_missing = |price: &Price| price.price_id == price_id;
    let (missing, known): (Vec<_>, Vec<_>) = prices().into_iter().partition(is_missing);
    let ground = Ground::with(&known).await;
    ground.settle_all(before).await;
    assert_eq!(park(&ground, &event).await, (reason.to_string(), true));
    assert!(ground.settle(&event).await.unwrap().repeated);
    let drained = drain(&ground, reason).await;
    assert_eq!(drained.still_waiting, 1, "{reason}");
    assert!(drained.drained.is_empty(), "{reason}");
    assert_eq!(ground.shown(SOMEBODY).await.pro.remaining, 0, "{reason}");

    add(&ground, &missing[0]).await;
    let scene = Scene::of(&ground).await;
    assert!(scene.waiting.is_empty(), "{:?}", scene.waiting);
    assert_eq!(scene.records[event.id.as_str()], "applied", "{reason}");
    assert_eq!(ground.shown(SOMEBODY).await.pro.remaining, pro, "{reason}");
    assert!(ground.settle(&event).await.unwrap().repeated);
}

#[tokio::test(start_paused = true)]
async fn an_event_with_an_unknown_price_waits_until_it_is_added() {
    let story = nameless();
    let link = [the(LINK, &story)];
    let of_pro = ("price:price_test_pro", 10_000);
    check_unknown(the(PAID, &story), &link, "price_test_pro", of_pro).await;
    let of_plan = ("price:price_test_pro", 0);
    check_unknown(the(CREATED, &story), &link, "price_test_pro", of_plan).await;
    let by_price = the(
        LINK,
        &reported(Scenario::BuyPackByPrice, ApiVersion::Dahlia),
    );
    let of_pack = ("price:price_test_pack_1000", 3_000);
    check_unknown(by_price, &[], "price_test_pack_1000", of_pack).await;
    let by_link = the(LINK, &reported(Scenario::BuyPack, ApiVersion::Dahlia));
    let of_link = ("payment_link:plink_test_pack_1000", 1_000);
    check_unknown(by_link, &[], "price_test_pack_1000", of_link).await;
}

#[tokio::test(start_paused = true)]
async fn a_process_that_remembers_less_sees_what_was_added_when_an_event_comes_again() {
    let is_missing = |price: &Price| price.price_id == "price_test_pro";
    let (missing, known): (Vec<_>, Vec<_>) = prices().into_iter().partition(is_missing);
    let ground = Ground::with(&known).await;
    let story = nameless();
    apply(&ground, &the(LINK, &story)).await;
    let paid = the(PAID, &story);
    assert_eq!(park(&ground, &paid).await.0, "price:price_test_pro");
    assert!(ground.settle(&paid).await.unwrap().repeated);
    // The operator's process ended before it settled what waited for the price.
    let added = ground.store().create(&missing[0], deadline()).await;
    added.unwrap();
    assert!(!apply(&ground, &paid).await.repeated);
    assert_eq!(ground.shown(SOMEBODY).await.pro.remaining, 10_000);
    assert_eq!(waiting(&ground).await, 0);
}

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_string())
}

/// Changes a price behind the program: of itself it never changes one.
async fn correct(ground: &Ground, field: &str, value: AttributeValue) {
    let client = ground.connection().client();
    let update = client.update_item().table_name("users");
    let update = update
        .key("pk", text("CATALOGUE"))
        .key("sk", text("PRICE#price_test_pack_1000"))
        .update_expression("SET #field = :value")
        .expression_attribute_names("#field", field)
        .expression_attribute_values(":value", value);
    update.send().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_payment_that_does_not_match_the_catalogue_waits_alone_until_it_does() {
    let number = |number: &str| AttributeValue::N(number.to_string());
    let reason = "mismatch:price_test_pack_1000";
    for (field, wrong, right) in [
        ("amount_minor", number("499"), number("500")),
        ("amount_minor", number("501"), number("500")),
        ("currency", text("eur"), text("usd")),
    ] {
        let ground = Ground::with(&prices()).await;
        correct(&ground, field, wrong).await;
        let pack = the(LINK, &reported(Scenario::BuyPack, ApiVersion::Dahlia));
        assert_eq!(park(&ground, &pack).await, (reason.to_string(), true));
        // The customer's other events are settled as if it were not there.
        let story = reported(Scenario::CustomerBalance, ApiVersion::Dahlia);
        assert!(apply(&ground, &the(PAID, &story)).await.drained.is_empty());
        assert_eq!(ground.shown(SOMEBODY).await.pro.remaining, 10_000);
        assert_eq!(drain(&ground, reason).await.still_waiting, 1);

        correct(&ground, field, right).await;
        let drained = drain(&ground, reason).await;
        assert_eq!((drained.drained.len(), drained.still_waiting), (1, 0));
        assert_eq!(ground.shown(SOMEBODY).await.pro.remaining, 11_000);
        assert_eq!(waiting(&ground).await, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_pack_is_never_granted_for_another_amount() {
    let by_price = the(
        LINK,
        &reported(Scenario::BuyPackByPrice, ApiVersion::Dahlia),
    );
    let of_plan = |bought: &mut PackBought| {
        bought.pack = PackName::Price("price_test_pro".parse().unwrap());
    };
    type Change<'a> = (&'a dyn Fn(&mut PackBought), &'a str);
    let changes: [Change<'_>; 5] = [
        (
            &|bought| bought.subtotal_minor = 1_499,
            "mismatch:price_test_pack_1000",
        ),
        (
            &|bought| bought.quantity = Some(4),
            "mismatch:price_test_pack_1000",
        ),
        (
            &|bought| bought.currency = "jpy".into(),
            "mismatch:price_test_pack_1000",
        ),
        (
            &|bought| bought.pack = PackName::Unnamed,
            "review:cs_test_A1_1",
        ),
        (&of_plan, "mismatch:price_test_pro"),
    ];
    for (change, reason) in changes {
        let ground = Ground::with(&prices()).await;
        let bought = varied(&by_price, "evt_odd", |fact| {
            if let Fact::PackBought(bought) = fact {
                change(bought);
            }
        });
        assert_eq!(park(&ground, &bought).await, (reason.to_string(), true));
        assert_eq!(ground.shown(SOMEBODY).await.pro.remaining, 0, "{reason}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_invoice_with_more_lines_than_its_event_waits_for_a_person_alone() {
    let ground = Ground::with(&prices()).await;
    let story = nameless();
    apply(&ground, &the(LINK, &story)).await;
    let long = varied(&the(PAID, &story), "evt_long", |fact| {
        if let Fact::InvoicePaid(invoice) = fact {
            invoice.complete = false;
            invoice.id = "in_long".parse().unwrap();
        }
    });
    let expected = ("review:in_long".to_string(), true);
    assert_eq!(park(&ground, &long).await, expected);
    assert_eq!(ground.shown(SOMEBODY).await.pro.remaining, 0);
    apply(&ground, &the(PAID, &story)).await;
    apply(&ground, &the(CREATED, &story)).await;
    assert_eq!(ground.shown(SOMEBODY).await.pro.remaining, 10_000);
    assert_eq!(drain(&ground, "review:in_long").await.still_waiting, 1);
    assert_eq!(waiting(&ground).await, 1);
}

#[tokio::test(start_paused = true)]
async fn claiming_another_users_customer_is_refused_until_corrected() {
    let ground = Ground::new(&remembered().await);
    let owner = reported(Scenario::Subscribe, ApiVersion::Dahlia);
    apply(&ground, &the(LINK, &owner)).await;
    let theirs = reported_of(SOMEONE_ELSE, SUFFIX, Scenario::BuyPack, ApiVersion::Dahlia);
    let theirs = the(LINK, &theirs);
    for repeated in [false, true] {
        let settled = ground.settle(&theirs).await.unwrap();
        assert_eq!(settled.event.outcome, EventOutcome::Refused);
        assert_eq!(settled.repeated, repeated);
        assert_eq!(settled.event.needs_operator, !repeated);
        let reason = settled.event.reason.unwrap();
        assert!(reason.contains("belongs to another user"), "{reason}");
        let scene = Scene::of(&ground).await;
        assert_eq!(scene.records[theirs.id.as_str()], "refused");
        assert_eq!(scene.entries_of(SOMEONE_ELSE, ""), 0);
    }
    let client = ground.connection().client();
    let delete = client.delete_item().table_name("users");
    let pk = text(&format!("STRIPE_CUSTOMER#cus_{SUFFIX}"));
    let delete = delete.key("pk", pk).key("sk", text("CLAIM"));
    delete.send().await.unwrap();
    assert!(!apply(&ground, &theirs).await.repeated);
    assert_eq!(ground.shown(SOMEONE_ELSE).await.pro.remaining, 1_000);
    assert!(apply(&ground, &theirs).await.repeated);
}

#[tokio::test(start_paused = true)]
async fn what_comes_after_a_customer_was_deleted_still_finds_its_user() {
    let ground = Ground::new(&remembered().await);
    let story = reported(Scenario::DeleteCustomer, ApiVersion::Dahlia);
    apply(&ground, &the(LINK, &story)).await;
    apply(&ground, &the("customer.deleted", &story)).await;
    for event in [PAID, CREATED, "customer.subscription.deleted"] {
        apply(&ground, &the(event, &story)).await;
    }
    assert_eq!(ground.shown(SOMEBODY).await.pro.remaining, 10_000);
    assert!(ground.account(SOMEBODY).await.plans.is_empty());
    let theirs = reported_of(SOMEONE_ELSE, SUFFIX, Scenario::BuyPack, ApiVersion::Dahlia);
    let settled = ground.settle(&the(LINK, &theirs)).await.unwrap();
    assert_eq!(settled.event.outcome, EventOutcome::Refused);
}

#[tokio::test(start_paused = true)]
async fn a_trial_is_given_once_per_user_and_plan() {
    let ground = Ground::new(&remembered().await);
    for (id, suffix) in [
        (SOMEBODY, "A1"),
        (SOMEBODY, "B2"),
        (SOMEONE_ELSE, "C3"),
        (SOMEBODY, "D4"),
    ] {
        let story = reported_of(id, suffix, Scenario::TrialToPaid, ApiVersion::Dahlia);
        apply(&ground, &the(PAID, &story)).await;
        let shown = ground.shown(id).await;
        assert_eq!(shown.pro.remaining, 1_000, "{id} {suffix}");
    }
    let scene = Scene::of(&ground).await;
    assert_eq!(scene.entries_of(SOMEBODY, "invoice:"), 1);
}
