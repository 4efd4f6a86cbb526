//! Names and addresses of people come with almost every event of Stripe's.
//! None of them is kept, counted, logged or answered.

use local::stripe::{ApiVersion, Cast, Scenario, Story, StoryEvent};
use serde_json::{Value, json};
use tests::dump;

use super::super::ground::{Ground, prices};
use super::super::post::Endpoint;
use super::super::{SOMEBODY, SOMEONE_ELSE, SUFFIX};

/// Whatever of this is found anywhere has leaked.
const PLANTED: &str = "planted";

/// Where Stripe says who somebody is; each gets a value that is easily found.
pub(crate) fn plant(object: &mut Value) {
    let Value::Object(fields) = object else {
        return;
    };
    let mail = json!("planted-mail@example.com");
    let person = json!({
        "email": mail,
        "name": "planted-name",
        "phone": "planted-phone",
        "address": {"city": "planted-city", "line1": "planted-street"},
    });
    for name in [
        "customer_details",
        "billing_details",
        "shipping_details",
        "owner",
    ] {
        fields.insert(name.into(), person.clone());
    }
    for name in [
        "customer_email",
        "customer_name",
        "customer_phone",
        "receipt_email",
        "email",
        "name",
        "phone",
        "description",
        "statement_descriptor",
        "hosted_invoice_url",
        "number",
    ] {
        fields.insert(name.into(), json!(format!("planted-{name}@example.com")));
    }
    let evidence = json!({"customer_email_address": mail, "customer_name": "planted-name"});
    fields.insert("evidence".into(), evidence);
    let metadata = fields.entry("metadata").or_insert(json!({}));
    if let Value::Object(metadata) = metadata {
        metadata.insert("note".into(), json!("planted-note"));
    }
}

fn planted(id: &str, scenario: Scenario, version: ApiVersion) -> Vec<StoryEvent> {
    let cast = Cast::new(id, SUFFIX, tests::at(tests::NOW));
    let mut story = Story::render(scenario, &cast, version);
    for event in &mut story {
        plant(&mut event.body["data"]["object"]);
    }
    story
}

/// Stories of every kind; what waits, what is refused and what cannot be read too.
fn deliveries(version: ApiVersion) -> Vec<StoryEvent> {
    let mut all = Vec::new();
    for scenario in [
        Scenario::DeleteCustomer,
        Scenario::RefundInvoice,
        Scenario::DisputeWon,
        Scenario::RefundFailed,
        Scenario::PaymentFailed,
    ] {
        let mut story = planted(SOMEBODY, scenario, version);
        // The link comes last, so that the others wait for it.
        story.rotate_left(1);
        all.extend(story);
    }
    all.extend(planted(SOMEONE_ELSE, Scenario::BuyPack, version));
    let mut unreadable = all[0].clone();
    unreadable.body["id"] = json!("evt_unreadable");
    unreadable.body["created"] = json!("planted-moment");
    let mut odd_type = all[0].clone();
    odd_type.body["id"] = json!("evt_odd");
    odd_type.body["type"] = json!("planted.kind@example.com");
    let mut odd_user = all[0].clone();
    odd_user.body["id"] = json!("evt_mail");
    odd_user.body["data"]["object"]["metadata"] = json!({"user_id": "planted mail@example.com"});
    all.extend([unreadable, odd_type, odd_user]);
    all
}

#[tokio::test(start_paused = true)]
async fn no_name_or_address_is_kept_counted_logged_or_answered() {
    for version in [ApiVersion::Acacia, ApiVersion::Dahlia] {
        let ground = Ground::with(&prices()).await;
        let endpoint = Endpoint::on(&ground.connection());
        let mut statuses = std::collections::BTreeSet::new();
        let mut answers = String::new();
        for event in deliveries(version) {
            let answer = endpoint.deliver(&event).await;
            statuses.insert(answer.status());
            answers.push_str(&answer.0.to_string());
        }
        assert_eq!(statuses, [200, 400].into());
        let lines = endpoint.lines().join("\n");
        let tables = format!("{:?}", dump(&ground.connection().client()).await);
        for (what, text, has) in [
            ("tables", &tables, "PARKED#customer:"),
            ("log and counters", &lines, "an event needs a person"),
            ("answers", &answers, "received"),
        ] {
            assert!(text.contains(has), "the {what} were not looked at: {text}");
            let leak = text.find(PLANTED);
            let around = leak.map(|at| &text[at.saturating_sub(200)..text.len().min(at + 60)]);
            assert_eq!(around, None, "the {what} of {version}");
        }
    }
}
