//! What entries demand that users and operators are told, and what they were told.

use std::collections::{BTreeMap, BTreeSet};

use shared::domain::{Delivery, DeliveryOutcome, Entry, Recipient, Timestamp, Told, UserId};
use shared::store::Store;

use crate::book::Violation;
use crate::receivers::Receivers;

const DELIVERED: &str = "every alert that an entry demands is delivered";
const DEMANDED: &str = "no alert is delivered that no entry demands";
const SAME: &str = "an alert says what its entry does, under its id";
const MAILED: &str = "an e-mail goes to its own user, once a day and kind";

/// What all ledgers demand, by the id of the message.
#[derive(Debug, Default)]
pub(crate) struct Demands(BTreeMap<String, Told>);

impl Demands {
    /// Adds what a ledger demands.
    pub(crate) fn add(&mut self, entries: &[Entry]) -> Result<(), Violation> {
        for entry in entries {
            let notices = entry.notices();
            let notices = notices.map_err(|error| Violation::of(DELIVERED, error.to_string()))?;
            for notice in notices {
                let told = notices::told(entry, &notice);
                let told = told.map_err(|error| Violation::of(DELIVERED, error.to_string()))?;
                let id = format!("msg_{}", told.notice_id);
                if let Some(twin) = self.0.insert(id, told) {
                    let what = format!("{} {} twice", twin.event, twin.notice_id);
                    return Err(Violation::of("an alert has an id of its own", what));
                }
            }
        }
        Ok(())
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Each receiver got all of them, and nothing else.
    pub(crate) fn reached(&self, receivers: &Receivers) -> Result<(), Violation> {
        for (number, got) in receivers.got().iter().enumerate() {
            let what = |id: &str, told: &Told| {
                let Told {
                    event,
                    user_id,
                    seq,
                    ..
                } = told;
                let user = user_id.as_ref().map_or("nobody", UserId::as_str);
                format!("{event} of entry {seq} of {user}, {id}, to receiver {number}")
            };
            for (id, told) in &self.0 {
                match got.messages.get(id) {
                    None => return Err(Violation::of(DELIVERED, what(id, told))),
                    Some((body, _)) if *body != told.payload => {
                        return Err(Violation::of(SAME, format!("{}: {body}", what(id, told))));
                    }
                    Some(_) => {}
                }
            }
            let mut others = got.messages.iter();
            if let Some((id, (body, _))) = others.find(|(id, _)| !self.0.contains_key(*id)) {
                let what = format!("{id} to receiver {number}: {body}");
                return Err(Violation::of(DEMANDED, what));
            }
        }
        Ok(())
    }

    /// Each e-mail that a user's ledger demands was decided, and those that were sent went
    /// to the address of that user.
    pub(crate) async fn mailed(
        &self,
        store: &Store,
        (user, address): (&UserId, Option<&str>),
        receivers: &Receivers,
    ) -> Result<(), Violation> {
        let deliveries = mails_of(store, user).await?;
        let own = self.0.values().filter(|told| {
            let is_mailed = told.event.parse().is_ok_and(notices::is_mailed);
            is_mailed && told.user_id.as_ref() == Some(user)
        });
        let own: BTreeSet<&str> = own.map(|told| told.notice_id.as_str()).collect();
        let begun: BTreeSet<&str> = deliveries.iter().map(|it| it.notice_id.as_str()).collect();
        if let Some(missing) = own.difference(&begun).next() {
            return Err(Violation::of(DELIVERED, format!("{missing} to {user}")));
        }
        if let Some(extra) = begun.difference(&own).next() {
            return Err(Violation::of(DEMANDED, format!("{extra} to {user}")));
        }
        let mut of_day: BTreeSet<(&str, String)> = BTreeSet::new();
        let (mut sent, mut unclear) = (0_usize, 0_usize);
        for delivery in &deliveries {
            let what = || format!("{} to {user}: {:?}", delivery.event, delivery.outcome);
            let is_known = match delivery.outcome {
                DeliveryOutcome::Delivered | DeliveryOutcome::Sending => {
                    let day = delivery.changed_at.date().to_string();
                    if delivery.outcome == DeliveryOutcome::Delivered {
                        sent = sent.saturating_add(1);
                    } else {
                        unclear = unclear.saturating_add(1);
                    }
                    address.is_some() && of_day.insert((&delivery.event, day))
                }
                DeliveryOutcome::Undeliverable => address.is_none(),
                DeliveryOutcome::Pending | DeliveryOutcome::Withheld => false,
                DeliveryOutcome::Off
                | DeliveryOutcome::Limited
                | DeliveryOutcome::Stale
                | DeliveryOutcome::Failed => true,
            };
            if !is_known {
                return Err(Violation::of(MAILED, what()));
            }
        }
        let mails = receivers.mailbox.mails();
        let came = mails
            .iter()
            .filter(|mail| Some(mail.to.as_str()) == address);
        let came = came.count();
        if came < sent || came > sent.saturating_add(unclear) {
            let what = format!("{came} came to {user}, {sent} were sent, {unclear} perhaps");
            return Err(Violation::of(MAILED, what));
        }
        Ok(())
    }
}

/// A user's deliveries by e-mail.
async fn mails_of(store: &Store, user: &UserId) -> Result<Vec<Delivery>, Violation> {
    let (mut all, mut start) = (Vec::new(), None);
    loop {
        let page = store.deliveries_of_user(user, Timestamp::MIN, start);
        let (deliveries, next) = page.await.map_err(|error| Violation::unread(&error))?;
        let mails = deliveries.into_iter();
        all.extend(mails.filter(|it| it.recipient == Recipient::Mail));
        start = next;
        if start.is_none() {
            return Ok(all);
        }
    }
}
