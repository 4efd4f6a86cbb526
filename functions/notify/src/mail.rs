//! Sending a notice by e-mail: if the user wants it now, has an address, and got no other
//! of its kind today.
//!
//! An e-mail is recorded before it is handed over and sent at most once. What breaks in
//! between stays `sending`, for an operator to look at.

use notices::{MailPreference, UNSUBSCRIBE_PARAMETER, UNSUBSCRIBE_PATH, Unsubscribe, link_keys};
use serde_json::Value;
use shared::domain::{
    Attempt, Delivery, DeliveryOutcome, NoticeKind, Preferences, Timestamp, UserId,
};
use shared::store::StoreError;

use crate::app::App;
use crate::aws::CallError;
use crate::courier::{HANDED_OVER_WITHIN, Next};
use crate::tally::Counted;
use crate::templates::letter;

/// What is older helps nobody any more, and must not come as a surprise after an outage.
const FRESH_SECONDS: i64 = 86_400;

/// Whether a user wants e-mails of a kind.
fn wants(preferences: &Preferences, kind: NoticeKind, at: Timestamp) -> bool {
    let since = |moment: Option<Timestamp>| moment.is_none_or(|since| since <= at);
    match MailPreference::of(kind) {
        Some(MailPreference::UsageAlerts) => {
            preferences.usage_alerts && since(preferences.usage_alerts_since)
        }
        Some(MailPreference::EmailNotifications) => {
            preferences.email_notifications && since(preferences.email_notifications_since)
        }
        None => false,
    }
}

impl App {
    pub(crate) async fn to_mailbox(
        &self,
        delivery: &mut Delivery,
        now: Timestamp,
    ) -> Result<Next, StoreError> {
        let (Some(user_id), Ok(kind)) = (delivery.user_id.clone(), delivery.event.parse()) else {
            let outcome = DeliveryOutcome::Undeliverable;
            return self.conclude(delivery, outcome, now).await;
        };
        let address = match self.address(&user_id, kind, delivery, now).await? {
            Ok(address) => address,
            Err(outcome) => return self.conclude(delivery, outcome, now).await,
        };
        let notice = &delivery.notice_id;
        let is_first = self
            .store
            .claim_mail(&user_id, &delivery.event, notice, now);
        if !is_first.await? {
            let outcome = DeliveryOutcome::Limited;
            return self.conclude(delivery, outcome, now).await;
        }
        let link = self.link(&user_id, kind).await?;
        // Of two messages about one delivery, one saves this.
        let word = self.entropy.bytes().map(|byte| format!("{byte:02x}"));
        delivery.hand_over(word.concat(), now);
        if !self.store.save_delivery(delivery).await? {
            return Ok(Next::After(HANDED_OVER_WITHIN));
        }
        let sent = self.hand_over((&address, &link), kind, delivery, now).await;
        self.record(sent, delivery, now).await
    }

    /// The address to send to, or why nothing is sent.
    async fn address(
        &self,
        user_id: &UserId,
        kind: NoticeKind,
        delivery: &Delivery,
        now: Timestamp,
    ) -> Result<Result<String, DeliveryOutcome>, StoreError> {
        if now.seconds_since(delivery.at) > FRESH_SECONDS {
            return Ok(Err(DeliveryOutcome::Stale));
        }
        let person = self.store.load_person_alone(user_id).await?;
        let preferences = person.preferences;
        let preferences = preferences.unwrap_or_else(|| Preferences::default_of(user_id.clone()));
        if !wants(&preferences, kind, delivery.at) {
            return Ok(Err(DeliveryOutcome::Off));
        }
        let user = person.user.filter(|user| user.active && !person.erased);
        let address = user.as_ref().and_then(|user| user.address());
        let (Some(address), Some(_)) = (address, &self.mailer) else {
            return Ok(Err(DeliveryOutcome::Undeliverable));
        };
        Ok(if self.store.is_suppressed(address).await? {
            Err(DeliveryOutcome::Undeliverable)
        } else {
            Ok(address.to_string())
        })
    }

    /// The link that switches e-mails of a kind off.
    async fn link(&self, user_id: &UserId, kind: NoticeKind) -> Result<String, StoreError> {
        let keys = link_keys(&self.store, self.entropy.as_ref()).await?;
        let sealed = MailPreference::of(kind).and_then(|preference| {
            let user_id = user_id.clone();
            let it = Unsubscribe {
                user_id,
                preference,
            };
            it.seal(&keys, self.entropy.as_ref())
        });
        let base = self.mailer.as_ref().map(|mailer| mailer.public_url());
        match (sealed, base) {
            (Some(token), Some(base)) => Ok(format!(
                "{base}{UNSUBSCRIBE_PATH}?{UNSUBSCRIBE_PARAMETER}={token}"
            )),
            // Without a way out no e-mail is sent: it is tried again.
            _ => Err(StoreError::Unavailable(
                "the keys of links cannot be used".to_string(),
            )),
        }
    }

    async fn hand_over(
        &self,
        (address, link): (&str, &str),
        kind: NoticeKind,
        delivery: &Delivery,
        now: Timestamp,
    ) -> Result<(), CallError> {
        let payload: Value = serde_json::from_str(delivery.payload.expose()).unwrap_or_default();
        let (Some(mailer), Some(letter)) = (&self.mailer, letter(kind, &payload)) else {
            return Err(CallError::Unsigned("ses"));
        };
        mailer.send(address, &letter, link, now).await
    }

    async fn record(
        &self,
        sent: Result<(), CallError>,
        delivery: &mut Delivery,
        now: Timestamp,
    ) -> Result<Next, StoreError> {
        let problem = match sent {
            Ok(()) => None,
            Err(CallError::Unclear { problem, .. }) => {
                self.tally.one(Counted::UnclearMails);
                self.trouble("whether an e-mail was sent is unclear", &problem);
                return Ok(Next::Done);
            }
            Err(error) => Some(error),
        };
        let passes = problem.as_ref().is_none_or(CallError::is_passing);
        let attempt = Attempt {
            succeeded: problem.is_none(),
            status: None,
            problem: problem.as_ref().map(CallError::to_string),
        };
        let mut pause = delivery.note(attempt, now);
        if !passes {
            delivery.conclude(DeliveryOutcome::Failed, now);
            pause = None;
        }
        self.tally.one(match (&problem, pause) {
            (None, _) => Counted::Delivered,
            (Some(_), Some(_)) => Counted::AttemptsFailed,
            (Some(_), None) => Counted::DeliveriesFailed,
        });
        self.save(delivery, pause.map_or(Next::Done, Next::After))
            .await
    }
}
