//! Events that carry too little: the webhook reads the object from Stripe's API, as an
//! operator would supply it. Where it cannot, the event waits and nothing is lost.

use local::stripe::{ApiVersion, Cast, Scenario, Story};
use serde_json::{Value, json};
use tests::StripeApi;

use super::ground::{Ground, prices, unless_cut};
use super::holds_true::Scene;
use super::post::Endpoint;
use super::{SOMEBODY, SUFFIX};

/// The events of a story about somebody, as Stripe sends them.
fn sent(scenario: Scenario) -> Vec<Value> {
    let cast = Cast::new(SOMEBODY, SUFFIX, tests::at(tests::NOW));
    let events = Story::render(scenario, &cast, ApiVersion::Dahlia);
    events.into_iter().map(|event| event.body).collect()
}

#[track_caller]
fn the(event_type: &str, events: &[Value]) -> Value {
    let found = events.iter().find(|event| event["type"] == event_type);
    found.unwrap().clone()
}

/// An invoice of twelve lines: its event, which carries ten, the invoice as the API
/// shows it, with ten as well, and all the lines.
struct LongInvoice {
    event: Value,
    of_api: Value,
    lines: Vec<Value>,
}

const INVOICE: &str = "in_A1_1";

impl LongInvoice {
    /// Of a story in which it names its user, or leaves that to the checkout.
    fn naming(user_id: &str) -> Self {
        let mut event = the("invoice.paid", &sent(Scenario::CancelThenResume));
        let mut invoice = event["data"]["object"].take();
        let line = invoice["lines"]["data"][0].clone();
        let numbered = (1..=12).map(|number| {
            let mut line = line.clone();
            line["id"] = json!(format!("il_A1_{number}"));
            line
        });
        let lines: Vec<Value> = numbered.collect();
        invoice["id"] = json!(INVOICE);
        invoice["metadata"] = json!({"user_id": user_id});
        invoice["lines"]["data"] = json!(lines[..10]);
        invoice["lines"]["has_more"] = json!(true);
        event["data"]["object"] = invoice.clone();
        LongInvoice {
            event,
            of_api: invoice,
            lines,
        }
    }

    /// Stripe has it, with its lines in two pages.
    fn is_at(&self, stripe: &StripeApi) {
        stripe.has(&format!("invoices/{INVOICE}"), self.of_api.clone());
        let page = json!({"object": "list", "data": self.lines, "has_more": false});
        stripe.has(&format!("invoices/{INVOICE}/lines"), page);
    }

    /// The event that carried all lines.
    fn whole(&self) -> Value {
        let mut event = self.event.clone();
        let list = &mut event["data"]["object"]["lines"];
        list["data"] = json!(self.lines);
        list["has_more"] = json!(false);
        event
    }
}

/// What reading the long invoice asks for.
const READ: [&str; 2] = [
    "/v1/invoices/in_A1_1",
    "/v1/invoices/in_A1_1/lines?limit=100",
];

async fn ground() -> Ground {
    Ground::with(&prices()).await
}

async fn pro(ground: &Ground) -> i64 {
    ground.shown(SOMEBODY).await.pro.remaining
}

/// What the log says of objects that were not read.
fn not_read(endpoint: &Endpoint) -> Vec<String> {
    let lines = endpoint.lines().into_iter();
    let lines = lines.map(|line| serde_json::from_str::<Value>(&line).unwrap());
    let lines = lines.filter(|line| line["message"] == "an object was not read from Stripe's API");
    lines
        .map(|line| line["reason"].as_str().unwrap().to_string())
        .collect()
}

#[tokio::test]
async fn an_invoice_with_more_lines_than_its_event_grants_what_all_of_them_pay_for() {
    let stripe = StripeApi::start().await;
    let invoice = LongInvoice::naming(SOMEBODY);
    invoice.is_at(&stripe);
    let ground = ground().await;
    let endpoint = Endpoint::reading_from(&stripe, &ground.connection());
    let answer = endpoint.deliver_text(&invoice.event.to_string()).await;
    assert_eq!(answer.status(), 200, "{answer:?}");
    assert_eq!(stripe.asked(), READ);
    assert_eq!(pro(&ground).await, 120_000);
    let counted = endpoint.counted();
    assert_eq!(counted, ["Events invoice.paid applied"], "one outcome");

    // Who supplied the object is on record.
    let scene = Scene::of(&ground).await;
    let id = invoice.event["id"].as_str().unwrap();
    assert_eq!(scene.records[id], "applied");
    assert_eq!(scene.waiting, Vec::<String>::new());
    let record = &scene.tables.0[&format!("billing EVENT#{id}/EVENT")];
    assert!(record.contains("stripe-webhook"), "{record}");

    // What was granted is what an event with all lines would have granted.
    let other = self::ground().await;
    let answer = Endpoint::on(&other.connection());
    let answer = answer.deliver_text(&invoice.whole().to_string()).await;
    assert_eq!(answer.status(), 200);
    let whole = Scene::of(&other).await;
    assert_eq!(scene.entries, whole.entries);
    let account = format!("account of {SOMEBODY}");
    assert_eq!(scene.essence[&account], whole.essence[&account]);

    // A new delivery asks Stripe for nothing.
    let answer = endpoint.deliver_text(&invoice.event.to_string()).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(stripe.asked(), Vec::<String>::new());
    assert_eq!(pro(&ground).await, 120_000);
}

#[tokio::test]
async fn a_checkout_that_does_not_say_what_was_bought_is_read_with_its_line_items() {
    let stripe = StripeApi::start().await;
    let mut event = the("checkout.session.completed", &sent(Scenario::BuyPack));
    let session = &mut event["data"]["object"];
    session["payment_link"] = Value::Null;
    let id = session["id"].as_str().unwrap().to_string();
    let mut whole = session.clone();
    whole["line_items"] = json!({"object": "list", "has_more": false, "data": [
        {"id": "li_1", "price": {"id": "price_test_pack_1000"}, "quantity": 3},
    ]});
    stripe.has(&format!("checkout/sessions/{id}"), whole);
    let ground = ground().await;
    let endpoint = Endpoint::reading_from(&stripe, &ground.connection());
    let answer = endpoint.deliver_text(&event.to_string()).await;
    assert_eq!(answer.status(), 200);
    let asked = format!("/v1/checkout/sessions/{id}?expand[0]=line_items");
    assert_eq!(stripe.asked(), [asked]);
    assert_eq!(pro(&ground).await, 3_000);
}

#[tokio::test]
async fn what_waited_for_its_user_is_read_once_the_user_is_known() {
    let stripe = StripeApi::start().await;
    let invoice = LongInvoice::naming("");
    invoice.is_at(&stripe);
    let ground = ground().await;
    let endpoint = Endpoint::reading_from(&stripe, &ground.connection());
    let answer = endpoint.deliver_text(&invoice.event.to_string()).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(stripe.asked(), Vec::<String>::new(), "nobody's yet");
    endpoint.counted();
    let checkout = the(
        "checkout.session.completed",
        &sent(Scenario::CancelThenResume),
    );
    let answer = endpoint.deliver_text(&checkout.to_string()).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(stripe.asked(), READ);
    assert_eq!(pro(&ground).await, 120_000);
    let counted = endpoint.counted();
    assert_eq!(
        counted,
        [
            "Events invoice.paid applied",
            "Events checkout.session.completed applied",
        ]
    );
}

#[tokio::test]
async fn events_that_carry_enough_ask_stripe_for_nothing() {
    let stripe = StripeApi::start().await;
    for scenario in [Scenario::Renew, Scenario::RefundInvoice, Scenario::BuyPack] {
        let ground = ground().await;
        let endpoint = Endpoint::reading_from(&stripe, &ground.connection());
        for event in sent(scenario) {
            let answer = endpoint.deliver_text(&event.to_string()).await;
            assert_eq!(answer.status(), 200, "{event}");
        }
        assert_eq!(stripe.asked(), Vec::<String>::new(), "{scenario}");
    }
}

#[tokio::test]
async fn without_a_key_the_event_waits_for_a_person_and_the_log_says_so() {
    let invoice = LongInvoice::naming(SOMEBODY);
    let ground = ground().await;
    let endpoint = Endpoint::on(&ground.connection());
    let answer = endpoint.deliver_text(&invoice.event.to_string()).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(
        not_read(&endpoint),
        ["no API key of Stripe's is configured"]
    );
    let scene = Scene::of(&ground).await;
    assert_eq!(scene.waiting.len(), 1, "{:?}", scene.waiting);
    assert!(scene.waiting[0].contains("PARKED#review:in_A1_1"));
    assert_eq!(scene.entries_of(SOMEBODY, ""), 0);
}

#[tokio::test]
async fn while_stripe_does_not_answer_the_event_is_parked_and_delivered_again() {
    let stripe = StripeApi::start().await;
    let invoice = LongInvoice::naming(SOMEBODY);
    let ground = ground().await;
    let endpoint = Endpoint::reading_from(&stripe, &ground.connection());
    let path = format!("invoices/{INVOICE}");
    for (status, body) in [
        (500, json!({})),
        (429, json!({"error": {"code": "rate_limit"}})),
        (200, json!("<html>")),
    ] {
        stripe.says(&path, status, body);
        let answer = endpoint.deliver_text(&invoice.event.to_string()).await;
        assert_eq!(answer.status(), 503, "{status}: {answer:?}");
        assert_eq!(not_read(&endpoint).len(), 1, "{status}");
        let scene = Scene::of(&ground).await;
        assert_eq!(scene.waiting.len(), 1, "{status}");
        assert_eq!(scene.entries_of(SOMEBODY, ""), 0, "{status}");
    }
    invoice.is_at(&stripe);
    let answer = endpoint.deliver_text(&invoice.event.to_string()).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(pro(&ground).await, 120_000);
    assert_eq!(Scene::of(&ground).await.waiting, Vec::<String>::new());
}

#[tokio::test]
async fn a_stripe_that_fails_half_way_through_the_lines_is_asked_for_all_of_them_again() {
    let stripe = StripeApi::start().await;
    let invoice = LongInvoice::naming(SOMEBODY);
    let ground = ground().await;
    let endpoint = Endpoint::reading_from(&stripe, &ground.connection());
    invoice.is_at(&stripe);
    let path = format!("invoices/{INVOICE}/lines");
    stripe.says(&path, 500, json!({}));
    let answer = endpoint.deliver_text(&invoice.event.to_string()).await;
    assert_eq!(answer.status(), 503, "{answer:?}");
    assert_eq!(stripe.asked(), READ);
    let scene = Scene::of(&ground).await;
    assert_eq!(
        (scene.waiting.len(), scene.entries_of(SOMEBODY, "")),
        (1, 0)
    );

    invoice.is_at(&stripe);
    let answer = endpoint.deliver_text(&invoice.event.to_string()).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(stripe.asked(), READ);
    assert_eq!(pro(&ground).await, 120_000);
}

/// A delivery by a process that ends after so many requests to the tables. Whether it had
/// more to do.
async fn cut(stripe: &StripeApi, ground: &Ground, event: &Value, requests: usize) -> bool {
    let connection = ground.connection();
    let endpoint = Endpoint::reading_from(stripe, &connection);
    let body = event.to_string();
    let delivery = async move { endpoint.deliver_text(&body).await.status() };
    let status = unless_cut(&connection, requests, delivery).await;
    assert!(status.is_none_or(|status| status == 200), "{status:?}");
    status.is_none()
}

#[tokio::test]
async fn a_delivery_that_reads_from_stripe_and_is_cut_anywhere_is_completed_by_the_next() {
    let stripe = StripeApi::start().await;
    let invoice = LongInvoice::naming(SOMEBODY);
    invoice.is_at(&stripe);
    for requests in 0.. {
        let ground = ground().await;
        let was_cut = cut(&stripe, &ground, &invoice.event, requests).await;
        let endpoint = Endpoint::reading_from(&stripe, &ground.connection());
        let answer = endpoint.deliver_text(&invoice.event.to_string()).await;
        assert_eq!(answer.status(), 200, "{requests}");
        assert_eq!(pro(&ground).await, 120_000, "{requests}");
        let scene = Scene::of(&ground).await;
        assert_eq!(scene.waiting, Vec::<String>::new(), "{requests}");
        if !was_cut {
            assert!(requests > 4, "{requests}");
            break;
        }
    }
}

#[tokio::test]
async fn what_a_link_that_is_cut_leaves_unread_waits_in_the_sight_of_operators() {
    let stripe = StripeApi::start().await;
    let invoice = LongInvoice::naming("");
    invoice.is_at(&stripe);
    let story = sent(Scenario::CancelThenResume);
    let link = the("checkout.session.completed", &story);
    let mut left_unread = 0;
    for requests in 0.. {
        let ground = ground().await;
        let endpoint = Endpoint::reading_from(&stripe, &ground.connection());
        let parked = endpoint.deliver_text(&invoice.event.to_string()).await;
        assert_eq!(parked.status(), 200);
        let was_cut = cut(&stripe, &ground, &link, requests).await;
        let linked = endpoint.deliver_text(&link.to_string()).await;
        assert_eq!(linked.status(), 200, "{requests}");
        let waiting = Scene::of(&ground).await.waiting;
        if !waiting.is_empty() {
            assert_eq!(waiting.len(), 1, "{requests}: {waiting:?}");
            assert!(waiting[0].contains("PARKED#review:"), "{waiting:?}");
            assert_eq!(ground.store().events_for_operators().await.unwrap(), 1);
            left_unread += 1;
            let again = endpoint.deliver_text(&invoice.event.to_string()).await;
            assert_eq!(again.status(), 200, "{requests}");
        }
        assert_eq!(pro(&ground).await, 120_000, "{requests}");
        let scene = Scene::of(&ground).await;
        assert_eq!(scene.waiting, Vec::<String>::new(), "{requests}");
        if !was_cut {
            break;
        }
    }
    assert!(left_unread > 0);
}

#[tokio::test]
async fn what_stripe_refuses_for_good_waits_for_a_person_and_is_not_delivered_again() {
    let invoice = LongInvoice::naming(SOMEBODY);
    let quoting = json!({"error": {"code": "resource_missing", "message": "hush@example.com"}});
    let mut other = invoice.of_api.clone();
    other["id"] = json!("in_other");
    other["lines"]["has_more"] = json!(false);
    for (status, body, reason) in [
        (403, quoting.clone(), "permission missing (status 403"),
        (404, quoting, "not found (status 404"),
        (200, other, "This object belongs to another event"),
        (200, json!({"id": INVOICE}), "the object has no lines"),
    ] {
        let stripe = StripeApi::start().await;
        stripe.says(&format!("invoices/{INVOICE}"), status, body);
        let ground = ground().await;
        let endpoint = Endpoint::reading_from(&stripe, &ground.connection());
        let answer = endpoint.deliver_text(&invoice.event.to_string()).await;
        assert_eq!(answer.status(), 200, "{reason}");
        let lines = endpoint.lines().concat();
        assert!(lines.contains(reason), "{reason}: {lines}");
        assert!(!lines.contains("hush") && !lines.contains(tests::STRIPE_KEY));
        assert!(lines.contains("\"NeedsOperator\":1"), "{lines}");
        let scene = Scene::of(&ground).await;
        assert_eq!(
            (scene.waiting.len(), scene.entries_of(SOMEBODY, "")),
            (1, 0)
        );
    }
}
