//! What tokens and sign-ups cost: the client's record for every request, the person
//! with the account for what comes with the tokens, and one write for a sign-in.

use std::time::Duration;

use local::World;
use serde_json::json;
use shared::domain::User;
use shared::host::clock::{Clock, Deadline};
use tests::user;

use super::price_list::STRONG_QUERY;
use super::{AccessesByFunction, Asked, COUNT, Cost, STRONG_READ, STRONG_READS, check, watch};
use crate::routes::sign_up_function;
use crate::token::{Ground, Reply, code_form, confirmation, refresh_form};

pub(crate) const ROUTE: &str = "POST /oauth/token";

/// The profile and the claim of its address.
const CREATED: Cost = ("TransactWriteItems", 1, 0, 8);
/// A transaction whose condition failed, and the profile alone.
const CREATED_WITHOUT_ADDRESS: Cost = ("TransactWriteItems", 2, 0, 4);
/// One that failed, because the user exists or the address is another's.
const MET: Cost = ("TransactWriteItems", 1, 0, 0);
/// One that failed, because the user exists, and the profile with the claim of the address.
const COMPLETED: Cost = ("TransactWriteItems", 2, 0, 8);

/// Who signs in or refreshes, with which form, and what that costs.
struct Row {
    what: &'static str,
    user: &'static str,
    email: &'static str,
    form: fn() -> String,
    status: u64,
    costs: &'static [Cost],
}

fn with_user() -> String {
    format!("{}&include_user_data=true", code_form())
}

fn with_credits() -> String {
    format!("{}&include_credits=true", refresh_form())
}

fn of_a_stranger() -> String {
    code_form().replace("textassistant-desktop", "stranger")
}

#[rustfmt::skip] // one line a row
const ROWS: [Row; 11] = [
    Row { what: "first sign-in", user: "new", email: "new@example.com", form: with_user, status: 200, costs: &[STRONG_READS, STRONG_QUERY, CREATED] },
    Row { what: "sign-in", user: "new", email: "new@example.com", form: with_user, status: 200, costs: &[STRONG_READS, STRONG_QUERY, COUNT] },
    Row { what: "the address is another's", user: "newer", email: "new@example.com", form: with_user, status: 200, costs: &[STRONG_READS, STRONG_QUERY, CREATED_WITHOUT_ADDRESS] },
    Row { what: "address and name are added", user: "early", email: "early@example.com", form: with_user, status: 200, costs: &[STRONG_READS, STRONG_QUERY, CREATED] },
    Row { what: "the name is added", user: "early-too", email: "new@example.com", form: with_user, status: 200, costs: &[STRONG_READS, STRONG_QUERY, CREATED_WITHOUT_ADDRESS] },
    Row { what: "the address is still another's", user: "early-too", email: "new@example.com", form: with_user, status: 200, costs: &[STRONG_READS, STRONG_QUERY, MET, COUNT] },
    Row { what: "sign-in without data", user: "new", email: "", form: code_form, status: 200, costs: &[STRONG_READ, STRONG_QUERY, COUNT] },
    Row { what: "refresh", user: "new", email: "", form: refresh_form, status: 200, costs: &[STRONG_READ] },
    Row { what: "refresh with credits", user: "new", email: "", form: with_credits, status: 200, costs: &[STRONG_READS, STRONG_QUERY] },
    Row { what: "unknown client", user: "new", email: "", form: of_a_stranger, status: 401, costs: &[STRONG_READ] },
    Row { what: "no form", user: "new", email: "", form: String::new, status: 400, costs: &[] },
];

/// Creates somebody who came with a change of preferences.
async fn knows_by_id(world: &World, id: &str) {
    let stranger = User::known_by_id(user(id), world.clock.now());
    let deadline = Deadline::after(Duration::from_secs(10));
    world.store.create(&stranger, deadline).await.unwrap();
}

async fn measure(ground: &Ground, row: &Row) -> Asked {
    let access = ground.access(row.user, &json!({}));
    let id = ground.id(row.user, row.email, &json!({}));
    ground.gives(&access, Some(&id));
    let watched = watch(&ground.world);
    let answered = ground.ask(&(row.form)()).await;
    assert_eq!(
        answered.status, row.status,
        "{}: {}",
        row.what, answered.text
    );
    watched.end_of_request(row.what)
}

/// Plays all rows, whose costs are held.
pub(super) async fn check_all() -> AccessesByFunction {
    let mut accesses = AccessesByFunction::default();
    let ground = Ground::new().await;
    for id in ["early", "early-too"] {
        knows_by_id(&ground.world, id).await;
    }
    for row in &ROWS {
        let asked = measure(&ground, row).await;
        check(row.what, &asked.costs, row.costs);
        accesses.add(&ground.world, ROUTE, asked.accesses);
    }
    ground
        .issuer
        .answers(Reply::json(400, &json!({"error": "invalid_grant"})));
    let watched = watch(&ground.world);
    assert_eq!(ground.ask(&with_user()).await.status, 400);
    check(
        "refused by the issuer",
        &watched.end().costs,
        &[STRONG_READ],
    );
    accesses.extend(check_sign_ups(&ground.world).await);
    accesses
}

async fn check_sign_ups(world: &World) -> AccessesByFunction {
    let mut accesses = AccessesByFunction::default();
    let app = sign_up_function(world);
    knows_by_id(world, "early-three").await;
    for (what, id, cost) in [
        ("created", "confirmed", CREATED),
        ("existing", "confirmed", MET),
        ("completed", "early-three", COMPLETED),
    ] {
        let mut event = confirmation();
        event["request"]["userAttributes"]["sub"] = json!(id);
        event["request"]["userAttributes"]["email"] = json!(format!("{id}@example.com"));
        let watched = watch(world);
        app.handle(event, "i".into()).await.unwrap();
        let asked = watched.end();
        check(what, &asked.costs, &[cost]);
        accesses.add_of("sign-up", asked.accesses);
    }
    accesses
}

#[tokio::test]
async fn tokens_and_sign_ups_cost_what_the_table_says() {
    check_all().await;
}
