//! Buying, as the app does it: the API answers with the address of a page of Stripe's,
//! and the browser goes there. It comes back to this page.

use serde_json::json;
use shared::domain::UserId;

use super::call::{Answered, Body, Call, Caller};
use super::notice::{Done, Notice};
use super::wire;
use crate::world::World;

const SCOPE: &str = "billing.manage";

/// A checkout of one unit at a price.
pub(super) async fn buy(world: &World, user: &UserId, price: &str) -> Done {
    let body = json!({"priceId": price, "returnUrl": back(world, user)});
    let call = Call::post(
        Caller::User(user, SCOPE),
        "/api/user/checkout",
        Body::Json(body),
    );
    go_on(user, call.make(world).await)
}

/// The customer portal.
pub(super) async fn portal(world: &World, user: &UserId) -> Done {
    let body = json!({"returnUrl": back(world, user)});
    let call = Call::post(
        Caller::User(user, SCOPE),
        "/api/user/portal",
        Body::Json(body),
    );
    go_on(user, call.make(world).await)
}

/// Where Stripe's pages lead back to.
fn back(world: &World, user: &UserId) -> String {
    format!("{}{}", world.base_url, wire::home(user, None))
}

fn go_on(user: &UserId, answered: Answered) -> Done {
    if answered.is_done() {
        return Done::Elsewhere(answered.text("url").to_string());
    }
    Done::here(user, Notice::of(answered, |_| String::new()))
}
