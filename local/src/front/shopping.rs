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

/// What came of a checkout, by what its way back says.
pub(super) fn outcome(checkout: &str) -> Option<Notice> {
    match checkout {
        "completed" => {
            let mut notice = Notice::done("Back from Stripe: the checkout is complete");
            let line = "What is paid is in the balance: Stripe's events came before you.";
            notice.lines.push(line.to_string());
            Some(notice)
        }
        "cancelled" => Some(Notice::done("Back from Stripe: nothing was bought")),
        _ => None,
    }
}

/// Where Stripe's pages lead back to.
fn back(world: &World, user: &UserId) -> String {
    format!("{}{}", world.base_url, wire::home(user, None))
}

fn go_on(user: &UserId, answered: Answered) -> Done {
    if answered.is_done() {
        return Done::Elsewhere(answered.text("url").to_string());
    }
    let portal = answered.text("portalUrl").to_string();
    let mut notice = Notice::of(answered, |_| String::new());
    notice.link = (!portal.is_empty()).then(|| (portal, "Open the portal".to_string()));
    Done::here(user, notice)
}
