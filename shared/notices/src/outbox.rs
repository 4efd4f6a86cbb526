//! Who gets what an entry tells: every endpoint that existed when it was written, and
//! the user's mailbox for some kinds. Each delivery is begun once, whatever is repeated.

use shared::domain::{
    Delivery, DeliveryOutcome, Endpoint, Entry, NoticeKind, Recipient, Timestamp,
};
use shared::store::{Store, StoreError};

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
    let overflow = |error: &dyn std::fmt::Display| StoreError::Rejected(error.to_string());
    let mut begun = Begun::default();
    for notice in entry.notices().map_err(|error| overflow(&error))? {
        let told = told(entry, &notice).map_err(|error| overflow(&error))?;
        let existed = endpoints.iter().filter(|it| it.created_at <= entry.at);
        let recipients = existed.map(|it| (Recipient::Endpoint(it.endpoint_id.clone()), it));
        let mut deliveries: Vec<Delivery> = Vec::new();
        for (recipient, endpoint) in recipients {
            let mut delivery = Delivery::new(told.clone(), recipient, now);
            if !endpoint.is_enabled() {
                delivery.conclude(DeliveryOutcome::Withheld, now);
            }
            deliveries.push(delivery);
        }
        if is_mailed(notice.kind()) {
            deliveries.push(Delivery::new(told, Recipient::Mail, now));
        }
        for delivery in deliveries {
            if store.begin_delivery(&delivery).await? {
                begun.new += 1;
            } else {
                begun.known += 1;
            }
        }
    }
    Ok(begun)
}
