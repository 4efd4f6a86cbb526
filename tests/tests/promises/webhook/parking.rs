//! Events that wait: for the user of their customer, for a price, for a
//! person. None is lost, however often the work is cut short, and none that
//! waits for a person holds up another.

mod chains;
mod damaged;
mod queues;
mod reasons;
mod shards;

use local::stripe::{ApiVersion, Scenario};
use shared::domain::billing::{BillingEvent, EventOutcome};
use shared::store::{CatalogueCache, Settled};

use super::ground::{Ground, settle_on, store_on, unless_cut};
use super::holds_true::Scene;
use super::reported;

const LINK: &str = "checkout.session.completed";
const PAID: &str = "invoice.paid";
const CREATED: &str = "customer.subscription.created";
const UPDATED: &str = "customer.subscription.updated";

/// A story of which only the checkout names the user.
fn nameless() -> Vec<BillingEvent> {
    reported(Scenario::CancelThenResume, ApiVersion::Dahlia)
}

/// Settles an event that has to wait, and says for what.
async fn park(ground: &Ground, event: &BillingEvent) -> (String, bool) {
    let settled = ground.settle(event).await.unwrap();
    assert!(!settled.repeated, "{settled:?}");
    let event = settled.event;
    assert_eq!(event.outcome, EventOutcome::Parked, "{event:?}");
    (event.reason.unwrap(), event.needs_operator)
}

/// Settles an event that has to be applied.
async fn apply(ground: &Ground, event: &BillingEvent) -> Settled {
    let settled = ground.settle(event).await.unwrap();
    assert_eq!(settled.event.outcome, EventOutcome::Applied, "{settled:?}");
    settled
}

/// Settles an event by a process that ends after so many requests. Whether it had more to
/// do.
async fn cut(
    ground: &Ground,
    catalogue: &CatalogueCache,
    event: &BillingEvent,
    requests: usize,
) -> bool {
    let connection = ground.connection();
    let (store, catalogue, event) = (store_on(&connection), catalogue.clone(), event.clone());
    let settling = async move { settle_on(&store, &catalogue, &event).await.unwrap() };
    unless_cut(&connection, requests, settling).await.is_none()
}

/// How many events wait.
async fn waiting(ground: &Ground) -> usize {
    Scene::of(ground).await.waiting.len()
}
