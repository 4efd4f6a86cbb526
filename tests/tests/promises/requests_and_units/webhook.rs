//! What every kind of Stripe's events costs, reported for the first time and reported
//! again, in a process that has read the catalogue at its start. Each row says
//! a story of its own about one user, who may have a long past.

mod kinds;

use local::World;
use local::stripe::{ApiVersion, Cast, Scenario, Story, StoryEvent};
use serde_json::Value;
use tests::{NOW, at};

use super::long_past::{account, import};
use super::{AccessesByFunction, Asked, Cost, check, item_bytes, watch};
use crate::routes::{Functions, delivery};
use kinds::{DRAINS, KINDS, RETURNS, looks, snapshot};

pub(crate) const ROUTE: &str = "POST /webhooks/stripe";

/// An event by its story and its place in it, counted from 1.
type Reported = (Scenario, usize);

/// What is reported, after what, and what that comes to.
struct Row {
    kind: &'static str,
    before: &'static [Reported],
    reported: Reported,
    /// What else it says than in the story.
    change: fn(&mut Value),
    /// What its record says became of it.
    outcome: &'static str,
    /// How many items its own keys name, all read at once.
    keys: u64,
    costs: &'static [Cost],
    /// What it costs when it is reported again, if that is more than a first look.
    again: Option<&'static [Cost]>,
}

/// The catalogue strongly, and since when it counts.
pub(super) const CATALOGUE: [Cost; 2] = [look(1), ("Query", 1, 2, 0)];

/// A first look: a strong read of so many keys in one request, found or not.
const fn look(keys: u64) -> Cost {
    ("BatchGetItem", 1, 2 * keys, 0)
}

/// Who says, with ids as long as Stripe's own and of this row alone.
fn cast(number: usize) -> Cast {
    Cast::new("free-user", &format!("{number:022}"), at(NOW))
}

fn event(cast: &Cast, (scenario, place): Reported) -> StoryEvent {
    Story::render(scenario, cast, ApiVersion::Dahlia).remove(place - 1)
}

/// Has a new process reported an event at the moment at which it happens; what
/// it asks for that beyond its start.
async fn report(world: &World, event: &StoryEvent) -> Asked {
    world.clock.set(event.created());
    let functions = Functions::of(world, &[]);
    functions.warm_up().await;
    let watched = watch(world);
    let response = functions.respond(&delivery(world, &event.payload())).await;
    assert_eq!(response["statusCode"], 200, "{}: {response}", event.id);
    watched.end_of_request(&event.id)
}

/// What the record of an event says became of it.
fn outcome(world: &World, id: &str) -> String {
    let key = serde_json::json!({"pk": {"S": format!("EVENT#{id}")}, "sk": {"S": "EVENT"}});
    let request = serde_json::json!({"TableName": "billing", "Key": key});
    let database = world.dynamodb.database().unwrap();
    let answer = database.get_item(serde_json::from_value(request).unwrap());
    let item = serde_json::to_value(answer.unwrap().item.unwrap()).unwrap();
    item["outcome"]["S"].as_str().unwrap().to_string()
}

impl Row {
    async fn play(&self, world: &World, number: usize, past: &str) -> AccessesByFunction {
        let cast = cast(number);
        for reported in self.before {
            report(world, &event(&cast, *reported)).await;
        }
        let mut reported = event(&cast, self.reported);
        (self.change)(&mut reported.body);
        let what = format!("{} ({}) with {past}", self.kind, reported.event_type);
        let first = report(world, &reported).await;
        assert_eq!(outcome(world, &reported.id), self.outcome, "{what}");
        check(&what, &first.costs, self.costs);
        let again = report(world, &reported).await;
        let look = [look(self.keys)];
        let expected = self.again.unwrap_or(&look);
        check(&format!("again: {what}"), &again.costs, expected);
        let mut accesses = AccessesByFunction::default();
        accesses.add(world, ROUTE, first.accesses);
        accesses.add(world, ROUTE, again.accesses);
        accesses
    }
}

fn all() -> impl Iterator<Item = &'static Row> {
    KINDS.iter().chain(&RETURNS).chain(&DRAINS)
}

/// Plays every row on the account as it is now.
pub(super) async fn check_all(world: &World, past: &str) -> AccessesByFunction {
    let mut accesses = AccessesByFunction::default();
    let account = account(world);
    for (number, row) in all().enumerate() {
        import(world, vec![account.clone()]);
        accesses.extend(row.play(world, number, past).await);
    }
    accesses
}

#[test]
fn a_new_event_takes_three_requests_at_most_and_four_if_an_invoice_is_paid_back() {
    for (rows, most) in [(&KINDS[..], 3), (&RETURNS[..], 4)] {
        for row in rows {
            let requests: u64 = row.costs.iter().map(|cost| cost.1).sum();
            assert!(requests <= most, "{}: {requests}", row.kind);
        }
    }
}

#[tokio::test]
async fn what_is_not_stripes_costs_nothing_and_what_cannot_be_read_costs_its_record() {
    check_turned_away(&tests::world().await).await;
}

/// Plays what is answered with 400.
pub(super) async fn check_turned_away(world: &World) -> AccessesByFunction {
    let mut accesses = AccessesByFunction::default();
    let functions = Functions::of(world, &[]);
    let reported = event(&cast(1), (Scenario::BuyPack, 1));
    let mut forged = delivery(world, &reported.payload());
    forged["body"] = "{}".into();
    let mut unreadable = reported.body.clone();
    unreadable["data"]["object"]["amount_subtotal"] = "500".into();
    let unreadable = delivery(world, &unreadable.to_string());
    let record = [look(1), ("TransactWriteItems", 1, 0, 4)];
    for (what, event, costs) in [
        ("forged", &forged, &[][..]),
        ("unreadable", &unreadable, &record),
        ("unreadable, again", &unreadable, &record),
    ] {
        let watched = watch(world);
        let response = functions.respond(event).await;
        assert_eq!(response["statusCode"], 400, "{what}: {response}");
        let asked = watched.end();
        check(what, &asked.costs, costs);
        accesses.add(world, ROUTE, asked.accesses);
    }
    accesses
}

#[tokio::test]
async fn a_trial_that_is_over_and_left_the_account_may_end_later() {
    check_moved_end(&tests::world().await).await;
}

/// Plays a subscription whose trial ends later than was said, after the trial's
/// lot has left the account.
pub(super) async fn check_moved_end(world: &World) -> AccessesByFunction {
    let mut accesses = AccessesByFunction::default();
    let cast = cast(1);
    let trial = (1..=3).map(|place| (Scenario::TrialToPaid, place));
    for reported in trial.chain([(Scenario::Renew, 6)]) {
        report(world, &event(&cast, reported)).await;
    }
    let begun = event(&cast, (Scenario::TrialToPaid, 2)).body["data"]["object"].clone();
    let mut moved = event(&cast, (Scenario::Renew, 5));
    let object = &mut moved.body["data"]["object"];
    object["trial_start"] = begun["trial_start"].clone();
    object["trial_end"] = (at(NOW).unix_seconds() + 40 * 86_400).into();
    let asked = report(world, &moved).await;
    let costs = [looks(7), snapshot(1), ("TransactWriteItems", 1, 0, 30)];
    check("a trial ends later", &asked.costs, &costs);
    accesses.add(world, ROUTE, asked.accesses);
    accesses
}

#[tokio::test]
async fn the_catalogue_is_read_at_the_start_and_every_five_minutes() {
    let world = tests::world().await;
    let functions = Functions::of(&world, &[]);
    functions.warm_up().await;
    check("start", &world.dynamodb.meter().snapshot(), &CATALOGUE);
    for (number, (advance, reads)) in [("PT4M59S", 0), ("PT1S", 1), ("PT4M59S", 0)]
        .into_iter()
        .enumerate()
    {
        world.clock.advance(advance).unwrap();
        world.dynamodb.meter().reset();
        let reported = event(&cast(number), (Scenario::BuyPack, 1));
        let response = functions
            .respond(&delivery(&world, &reported.payload()))
            .await;
        assert_eq!(response["statusCode"], 200, "{response}");
        let operations = world.dynamodb.meter().snapshot().operations;
        let queries = operations.get("Query").map_or(0, |count| count.requests);
        assert_eq!(queries, reads, "event {number}");
    }
}

#[tokio::test]
async fn what_an_event_leaves_fits_the_kilobyte_that_one_unit_pays_for() {
    let world = tests::world().await;
    let cast = cast(1);
    let suffix = &cast.suffix;
    let story = |scenario, last: usize| (1..=last).map(move |place| (scenario, place));
    let reported = story(Scenario::RefundInvoice, 6)
        .chain([(Scenario::DisputeLost, 3)])
        .chain(story(Scenario::Annual, 4));
    for reported in reported {
        report(&world, &event(&cast, reported)).await;
    }
    // A story of another customer, whom nobody knows.
    let stranger = Cast::new("free-user", &format!("{:022}", 2), at(NOW));
    let waiting = event(&stranger, (Scenario::Subscribe, 3));
    report(&world, &waiting).await;
    let billing = |pk: String, sk: &'static str| ("billing", pk, sk.to_string());
    let subscription = format!("SUBSCRIPTION#sub_{suffix}");
    for (name, (table, pk, sk)) in [
        (
            "a payment",
            billing(format!("PAYMENT#pi_{suffix}_1"), "PAYMENT"),
        ),
        (
            "an invoice",
            billing(format!("INVOICE#in_{suffix}_1"), "INVOICE"),
        ),
        (
            "a record",
            billing(format!("EVENT#{}", waiting.id), "EVENT"),
        ),
        (
            "an event that waits",
            (
                "billing",
                format!("PARKED#customer:cus_{}", stranger.suffix),
                format!("EVENT#{}", waiting.id),
            ),
        ),
        (
            "a subscription",
            ("users", "USER#free-user".to_string(), subscription),
        ),
    ] {
        let bytes = item_bytes(&world, (table, &pk, &sk));
        println!("{name}: {bytes} bytes");
        assert!(bytes <= 1024, "{name}: {bytes} bytes");
    }
}
