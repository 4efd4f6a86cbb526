//! What it costs to change preferences for the first time, and not to be allowed to.

use std::time::Duration;

use local::World;
use serde_json::{Value, json};
use shared::domain::{Action, Adjustment, User};
use shared::host::clock::{Clock, Deadline};
use shared::store::Created;
use tests::{NOW, a_charge, api_key, at, user};

use super::price_list::{COUNT_AND_WRITE, MET, STRONG_QUERY};
use super::{AccessesByFunction, COMMIT, COUNT, Cost, READ, STRONG_READ, check, commit};
use crate::routes::{Functions, recorded};

const PATCH: &str = "patch-preferences";
/// The profile, the preferences, and a check of the account, which is paid for like a
/// write.
const CREATION: Cost = ("TransactWriteItems", 1, 0, 12);
/// The preferences, and a check of the profile.
const FIRST_CHOICE: Cost = ("TransactWriteItems", 1, 0, 8);

/// A user of whom the tables know a profile and nothing else.
async fn sign_up(world: &World, id: &str, active: bool) {
    let person = User {
        active,
        ..User::known_by_id(user(id), at(NOW))
    };
    let deadline = Deadline::after(Duration::from_secs(10));
    let created = world.store.create(&person, deadline).await;
    assert_eq!(created.unwrap(), Created::New);
}

/// A user of whom the tables know an account and nothing else.
async fn charged(world: &World, id: &str, then: Adjustment) {
    let (charged, _) = commit(world, id, &a_charge("1")).await;
    charged.unwrap();
    let command = shared::domain::Command {
        key: api_key("then"),
        action: Action::Adjust(then),
        ..a_charge("1")
    };
    commit(world, id, &command).await.0.unwrap();
}

fn event(name: &str, id: &str, world: &World) -> Value {
    let mut event = recorded(&format!("{name}.json"));
    if event["pathParameters"]["userId"].is_string() {
        event["pathParameters"]["userId"] = json!(id);
        event["body"] = json!(r#"{"amount":1}"#);
    } else {
        event["requestContext"]["authorizer"]["jwt"]["claims"]["sub"] = json!(id);
    }
    event["requestContext"]["timeEpoch"] = json!(world.clock.now().unix_seconds() * 1000);
    if name == PATCH {
        event["body"] = json!(r#"{"usageAlerts":false}"#);
    }
    event
}

/// Who asks for what in a new process, the answer, and what that costs.
type Row = (&'static str, &'static str, u16, &'static [Cost]);

const ROWS: [Row; 10] = [
    ("newcomer", "get-profile", 200, &[STRONG_QUERY, COUNT]),
    ("newcomer", "get-user", 200, &[READ, STRONG_QUERY, COUNT]),
    ("newcomer", "get-preferences", 200, &[STRONG_QUERY, COUNT]),
    ("newcomer", PATCH, 200, &[STRONG_QUERY, CREATION, COUNT]),
    ("newcomer", PATCH, 200, &[STRONG_QUERY, COUNT_AND_WRITE]),
    (
        "signed-up",
        PATCH,
        200,
        &[STRONG_QUERY, FIRST_CHOICE, COUNT],
    ),
    ("blocked", PATCH, 403, &[STRONG_QUERY, COUNT]),
    (
        "blocked-account",
        PATCH,
        403,
        &[STRONG_READ, STRONG_QUERY, MET, COUNT],
    ),
    (
        "erased-account",
        PATCH,
        404,
        &[STRONG_READ, STRONG_QUERY, MET, COUNT],
    ),
    // A charge of a deactivated user asks nothing that other refused charges do not.
    (
        "blocked-account",
        "post-charge",
        403,
        &[super::STRONG_READS],
    ),
];

pub(super) async fn check_all(world: &World) -> AccessesByFunction {
    sign_up(world, "signed-up", true).await;
    sign_up(world, "blocked", false).await;
    charged(world, "blocked-account", Adjustment::Active(false)).await;
    charged(world, "erased-account", Adjustment::Erased).await;
    let mut accesses = AccessesByFunction::default();
    for (id, name, status, costs) in ROWS {
        let functions = Functions::of(world, &[]);
        let event = event(name, id, world);
        let what = format!("{id}: {name}");
        let row = (what.as_str(), status, costs);
        accesses.check_request(world, &functions, &event, row).await;
    }
    accesses
}

#[tokio::test]
async fn a_first_change_costs_what_the_table_says() {
    check_all(&tests::world().await).await;
}

#[tokio::test]
async fn a_charge_by_somebody_new_costs_what_every_charge_costs() {
    let world = tests::world().await;
    let (charged, costs) = commit(&world, "newcomer", &a_charge("1")).await;
    charged.unwrap();
    check("a newcomer", &costs, &[STRONG_READ, COMMIT]);
}
