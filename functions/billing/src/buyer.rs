//! Who buys: a user who is neither deactivated nor erased.

use shared::domain::{StripeId, Subscription, Timestamp, UserId, managed_customer};
use shared::http::{Allowance, ApiError, Caller};
use shared::store::{Consistency, Person};

use crate::app::App;

/// A user who may buy, as the tables know them.
#[derive(Clone, Debug)]
pub(crate) struct Buyer {
    pub(crate) user_id: UserId,
    pub(crate) person: Person,
}

impl Buyer {
    /// Their address, if it is known.
    pub(crate) fn email(&self) -> Option<&str> {
        self.person.user.as_ref().and_then(|user| user.address())
    }

    /// Their name, if it is known.
    pub(crate) fn name(&self) -> Option<&str> {
        self.person.user.as_ref().and_then(|user| user.name())
    }

    /// The customer under whom they have just bought, as the tables know it by now.
    pub(crate) async fn customer_now(&self, app: &App) -> Option<StripeId> {
        let person = app.store.load_person(&self.user_id).await.ok()?;
        managed_customer(person.customer.as_ref(), &person.subscriptions)
    }

    /// All their subscriptions, including ended ones.
    pub(crate) fn subscriptions(&self) -> &[Subscription] {
        &self.person.subscriptions
    }
}

impl App {
    /// Reads the caller, and counts the call.
    pub(crate) async fn buyer(
        &self,
        caller: Caller,
        now: Timestamp,
    ) -> Result<(Buyer, Option<Allowance>), ApiError> {
        let user_id = caller.user_id;
        let limiter = &self.settings.limiter;
        let (allowance, person, account) = tokio::join!(
            limiter.count(&self.store, &user_id, now),
            self.store.load_person(&user_id),
            self.store.load_account(&user_id, Consistency::Strong),
        );
        let (allowance, person, account) = (allowance?, person?, account?);
        let is_active = person.user.as_ref().is_none_or(|user| user.active);
        if person.erased || account.erased || !is_active || !account.active {
            return Err(ApiError::UserInactive);
        }
        Ok((Buyer { user_id, person }, allowance))
    }
}
