//! Who gets what an entry tells: every endpoint that existed when it was written, and
//! the user's mailbox for some kinds. Each delivery is begun once, whatever is repeated.

use shared::domain::{
    Delivery, DeliveryOutcome, Endpoint, Entry, NoticeKind, Recipient, Timestamp,
};
use shared::store::{Store, StoreError, delivery_key};

use crate::message::told;

/// Kinds that are sent by e-mail too.
pub const MAILED: [NoticeKind; 6] = [
    NoticeKind::CreditsLow,
    NoticeKind::CreditsExhausted,
    NoticeKind::CreditsGranted,
    NoticeKind::CreditsClawedBack,
    NoticeKind::SubscriptionChanged,
    NoticeKind::PaymentNeedsAttention,
];

/// Whether a kind is sent by e-mail too.
pub fn is_mailed(kind: NoticeKind) -> bool {
    MAILED.contains(&kind)
}

/// What telling an entry has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Begun {
    /// Deliveries that were begun now.
    pub new: u64,
    /// Deliveries that had been begun before.
    pub known: u64,
}

/// The deliveries of all that an entry tells, as they are before any attempt.
fn planned(
    entry: &Entry,
    endpoints: &[Endpoint],
    now: Timestamp,
) -> Result<Vec<Delivery>, StoreError> {
    let rejected = |error: &dyn std::fmt::Display| StoreError::Rejected(error.to_string());
    let mut deliveries = Vec::new();
    for notice in entry.notices().map_err(|error| rejected(&error))? {
        let told = told(entry, &notice).map_err(|error| rejected(&error))?;
        for endpoint in endpoints.iter().filter(|it| it.created_at <= entry.at) {
            let recipient = Recipient::Endpoint(endpoint.endpoint_id.clone());
            let mut delivery = Delivery::new(told.clone(), recipient, now);
            if !endpoint.is_enabled() {
                delivery.conclude(DeliveryOutcome::Withheld, now);
            }
            deliveries.push(delivery);
        }
        if is_mailed(notice.kind()) {
            deliveries.push(Delivery::new(told, Recipient::Mail, now));
        }
    }
    Ok(deliveries)
}

/// Begins the deliveries of all that an entry tells. Safe to repeat.
///
/// # Errors
///
/// [`StoreError`]: then some deliveries may have been begun and others not.
pub async fn tell(
    store: &Store,
    entry: &Entry,
    endpoints: &[Endpoint],
    now: Timestamp,
) -> Result<Begun, StoreError> {
    let mut begun = Begun::default();
    for delivery in planned(entry, endpoints, now)? {
        if store.begin_delivery(&delivery).await? {
            begun.new += 1;
        } else {
            begun.known += 1;
        }
    }
    Ok(begun)
}

/// How many deliveries [`tell`] would begin. Nothing is written.
///
/// # Errors
///
/// [`StoreError`].
pub async fn untold(
    store: &Store,
    entry: &Entry,
    endpoints: &[Endpoint],
    now: Timestamp,
) -> Result<u64, StoreError> {
    let mut untold = 0;
    for delivery in planned(entry, endpoints, now)? {
        let (pk, sk) = delivery_key(&delivery);
        if store.load_delivery(&pk, &sk).await?.is_none() {
            untold += 1;
        }
    }
    Ok(untold)
}
