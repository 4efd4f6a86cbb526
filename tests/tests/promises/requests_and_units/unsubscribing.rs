//! What the links in e-mails cost: the keys are read to open one, the person to change
//! their preferences. A link that is none costs nothing if it has not even the form.

use notices::{MailPreference, Unsubscribe, link_keys};
use serde_json::{Value, json};
use shared::host::clock::Clock;
use shared::host::entropy::SystemEntropy;
use tests::user;

use super::price_list::{STRONG_QUERY, WRITE};
use super::{AccessesByFunction, COUNT, Cost, READ};
use crate::routes::{Functions, recorded};
use local::World;

pub(super) const ROUTES: [&str; 2] = ["GET /unsubscribe", "POST /unsubscribe"];

/// The counter of calls, and the preferences.
const COUNT_AND_WRITE: Cost = ("UpdateItem", 2, 0, COUNT.3 + WRITE.3);
/// Preferences are begun: the profile is checked.
const BEGUN: Cost = ("TransactWriteItems", 1, 0, 8);

/// Whose link, and what becomes of it.
struct Row {
    what: &'static str,
    event: &'static str,
    user: &'static str,
    status: u16,
    costs: &'static [Cost],
}

#[rustfmt::skip] // one line a row
const ROWS: [Row; 7] = [
    Row { what: "no form", event: "get-unsubscribe", user: "", status: 404, costs: &[] },
    Row { what: "sealed by nobody", event: "post-unsubscribe", user: "nobody", status: 404, costs: &[READ] },
    Row { what: "asked", event: "get-unsubscribe", user: "free-user", status: 200, costs: &[READ] },
    Row { what: "changed", event: "post-unsubscribe", user: "free-user", status: 200, costs: &[READ, STRONG_QUERY, COUNT_AND_WRITE] },
    Row { what: "changed again", event: "post-unsubscribe", user: "free-user", status: 200, costs: &[READ, STRONG_QUERY, COUNT_AND_WRITE] },
    Row { what: "nothing chosen yet", event: "post-unsubscribe", user: "unchosen", status: 200, costs: &[READ, STRONG_QUERY, BEGUN, COUNT] },
    Row { what: "not there", event: "post-unsubscribe", user: "gone", status: 200, costs: &[READ, STRONG_QUERY, COUNT] },
];

async fn event(row: &Row, world: &World) -> Value {
    let mut event = recorded(&format!("{}.json", row.event));
    event["requestContext"]["timeEpoch"] = json!(world.clock.now().unix_seconds() * 1000);
    match row.user {
        "" => event["queryStringParameters"]["token"] = json!("none"),
        // As it was recorded.
        "nobody" => {}
        id => {
            let keys = link_keys(&world.store, &SystemEntropy).await.unwrap();
            let link = Unsubscribe {
                user_id: user(id),
                preference: MailPreference::UsageAlerts,
            };
            let token = link.seal(&keys, &SystemEntropy).unwrap();
            event["queryStringParameters"]["token"] = json!(token);
        }
    }
    event
}

pub(super) async fn check_all(world: &World) -> AccessesByFunction {
    let unchosen = shared::domain::User::known_by_id(user("unchosen"), world.clock.now());
    let deadline = shared::host::clock::Deadline::after(std::time::Duration::from_secs(10));
    world.store.create(&unchosen, deadline).await.unwrap();
    let mut accesses = AccessesByFunction::default();
    for row in &ROWS {
        let functions = Functions::of(world, &[]);
        let event = event(row, world).await;
        let what = format!("{}: {}", row.event, row.what);
        let row = (what.as_str(), row.status, row.costs);
        accesses.check_request(world, &functions, &event, row).await;
    }
    accesses
}

#[tokio::test]
async fn a_link_costs_what_the_table_says() {
    check_all(&tests::world().await).await;
}
