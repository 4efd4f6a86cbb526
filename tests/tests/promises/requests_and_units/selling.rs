//! What it costs to sell: prices, checkouts, the portal; and what the price of a plan adds
//! to the profile. Calls of Stripe are not counted here.

use std::time::Duration;

use local::World;
use serde_json::{Value, json};
use shared::domain::{Redacted, User};
use shared::host::clock::{Clock, Deadline};
use shared::store::Created;
use tests::user;

use super::price_list::STRONG_QUERY;
use super::{AccessesByFunction, COUNT, Cost, READ, STRONG_READ};
use crate::buying::bought_by_link;
use crate::routes::{Functions, recorded};

/// A person and the prices.
const PERSON_AND_PRICES: Cost = ("Query", 2, 4, 0);
/// The account, and the client of the token.
const ACCOUNT_AND_CLIENT: Cost = ("GetItem", 2, 4, 0);
/// The account as of lately, and the price of a plan.
const ACCOUNT_AND_PRICE: Cost = ("GetItem", 2, 2, 0);
/// A checkout, found or not.
const CHECKOUT: Cost = ("BatchGetItem", 1, 2, 0);
/// The same, and the claims of the customers at Stripe with the user's address.
const CHECKOUT_AND_CLAIMS: Cost = ("BatchGetItem", 2, 4, 0);
/// The customer and its claim, and a check of its queue; the checkout; the checkout with
/// its session. Checkouts have a row in the index of a user's items.
const FIRST_SALE: Cost = ("TransactWriteItems", 3, 0, 24);
/// The checkout, and the checkout with its session.
const NEXT_SALE: Cost = ("TransactWriteItems", 2, 0, 12);

/// A recorded event, who asks, the body, what else is set, the status, and the costs.
struct Row {
    what: &'static str,
    event: &'static str,
    user: &'static str,
    body: &'static str,
    return_urls: &'static str,
    status: u16,
    costs: &'static [Cost],
}

const fn row(
    what: &'static str,
    (event, user, body): (&'static str, &'static str, &'static str),
    return_urls: &'static str,
    (status, costs): (u16, &'static [Cost]),
) -> Row {
    Row {
        what,
        event,
        user,
        body,
        return_urls,
        status,
        costs,
    }
}

const LISTED: &str = "https://app.example.com";
const PACK: &str = r#"{"priceId":"price_test_pack_1000","returnUrl":"https://app.example.com"}"#;
const PRO: &str = r#"{"priceId":"price_test_pro","returnUrl":"https://app.example.com"}"#;
const PLUS: &str = r#"{"priceId":"price_test_pro_plus","returnUrl":"https://app.example.com"}"#;
const UNLISTED: &str =
    r#"{"priceId":"price_test_pro","returnUrl":"http://localhost:8080/callback"}"#;
const HOME: &str = r#"{"returnUrl":"https://app.example.com"}"#;
const LINKED: &str = "linked-user";
const FREE: &str = "free-user";
const SUBSCRIBER: &str = "pro-user";

/// In new processes, in order: what one leaves the next finds.
#[rustfmt::skip] // one line a row
const ROWS: [Row; 15] = [
    row("the list", ("get-prices", FREE, ""), LISTED, (200, &[STRONG_QUERY, COUNT])),
    row("not JSON", ("post-checkout", FREE, "{"), LISTED, (400, &[])),
    row("no fields", ("post-checkout", FREE, "{}"), LISTED, (422, &[STRONG_READ, STRONG_QUERY, COUNT])),
    row("nothing bought", ("post-portal", FREE, HOME), LISTED, (409, &[STRONG_READ, STRONG_QUERY, COUNT])),
    row("a first pack", ("post-checkout", FREE, PACK), LISTED, (201, &[CHECKOUT, STRONG_READ, PERSON_AND_PRICES, FIRST_SALE, COUNT])),
    row("the same again", ("post-checkout", FREE, PACK), LISTED, (201, &[CHECKOUT, STRONG_READ, PERSON_AND_PRICES, COUNT])),
    row("a plan", ("post-checkout", FREE, PRO), LISTED, (201, &[CHECKOUT, STRONG_READ, PERSON_AND_PRICES, NEXT_SALE, COUNT])),
    row("another plan", ("post-checkout", FREE, PLUS), LISTED, (201, &[CHECKOUT, STRONG_READ, PERSON_AND_PRICES, NEXT_SALE, COUNT])),
    row("by redirect", ("post-checkout", FREE, UNLISTED), "", (201, &[CHECKOUT, ACCOUNT_AND_CLIENT, PERSON_AND_PRICES, NEXT_SALE, COUNT])),
    row("by link before", ("post-checkout", LINKED, PACK), LISTED, (201, &[CHECKOUT_AND_CLAIMS, STRONG_READ, PERSON_AND_PRICES, FIRST_SALE, COUNT])),
    row("a portal", ("post-portal", FREE, HOME), LISTED, (201, &[STRONG_READ, STRONG_QUERY, COUNT])),
    row("a second plan", ("post-checkout", SUBSCRIBER, PLUS), LISTED, (409, &[STRONG_READ, PERSON_AND_PRICES, COUNT])),
    row("a subscriber", ("get-profile", SUBSCRIBER, ""), LISTED, (200, &[READ, STRONG_QUERY, COUNT])),
    row("a subscriber", ("get-user", SUBSCRIBER, ""), LISTED, (200, &[ACCOUNT_AND_PRICE, STRONG_QUERY, COUNT])),
    row("nobody's client", ("post-portal", SUBSCRIBER, HOME), "", (422, &[ACCOUNT_AND_CLIENT, STRONG_QUERY, COUNT])),
];

fn event(row: &Row, world: &World) -> Value {
    let mut event = recorded(&format!("{}.json", row.event));
    event["requestContext"]["authorizer"]["jwt"]["claims"]["sub"] = json!(row.user);
    event["requestContext"]["timeEpoch"] = json!(world.clock.now().unix_seconds() * 1000);
    if !row.body.is_empty() {
        event["body"] = json!(row.body);
    }
    event
}

/// A user who bought by a payment link.
async fn linked_user(world: &World) {
    let address = "linked@example.com";
    let person = User {
        email: Some(Redacted::new(address.to_string())),
        ..User::known_by_id(user(LINKED), world.clock.now())
    };
    let deadline = Deadline::after(Duration::from_secs(10));
    let created = world.store.create(&person, deadline).await;
    assert_eq!(created.unwrap(), Created::New);
    bought_by_link(world, LINKED, address).await;
}

pub(super) async fn check_all(world: &World) -> AccessesByFunction {
    linked_user(world).await;
    let mut accesses = AccessesByFunction::default();
    for row in &ROWS {
        let functions = Functions::of(world, &[("RETURN_URLS", row.return_urls)]);
        let event = event(row, world);
        let what = format!("{}: {}", row.event, row.what);
        let row = (what.as_str(), row.status, row.costs);
        accesses.check_request(world, &functions, &event, row).await;
    }
    accesses
}

#[tokio::test]
async fn a_sale_costs_what_the_table_says() {
    check_all(&tests::unheard_world().await).await;
}
