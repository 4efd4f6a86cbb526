//! From an order to one open session at Stripe.
//!
//! ```text
//! look     the checkout in the order's slot, and its session at Stripe
//!            open, of this order ─> hand it out
//!            open, of another    ─> end it
//!            paid                ─> already subscribed; another pack may be bought
//! ask      write down what will be asked, on what was seen   lost? look again
//!          ask Stripe under the key that was written down
//! keep     write down the session                            lost? look again
//! ```
//!
//! What is asked for is written down first, with a random key of its own. So whoever
//! comes next, in parallel or after a crash, asks the same again and gets the same
//! session: there is never a session that nobody knows.

use shared::domain::{Checkout, CheckoutState, Order, PriceKind, Redacted, StripeId, Timestamp};
use shared::host::clock::Deadline;
use shared::http::ApiError;
use shared::store::KnownCheckout;
use stripe_client::{
    CheckoutMode, Client, Collection, IdempotencyKey, NewCheckout, StripeError, has_mark,
};

use crate::app::App;
use crate::buyer::Buyer;
use crate::return_url::with_outcome;
use crate::session::{Session, Status};
use crate::stripe_error::{api_error, is_of_customer, is_refusal};

/// A session lives for 23 hours. Stripe allows 24, by its own clock.
const LIFETIME_SECONDS: i64 = 23 * 3_600;
/// A session that ends sooner is not handed out again.
const LEFT_SECONDS: i64 = 600;
/// After so long nobody is still asking under a key, so its session exists or never will.
const ASKED_SECONDS: i64 = 60;
/// Others that order at the same time may be faster a few times.
const MAX_ROUNDS: u32 = 8;

/// A session to hand out.
#[derive(Clone, Debug)]
pub(crate) struct Open {
    pub(crate) url: Redacted<String>,
    pub(crate) ends_at: Timestamp,
}

/// What a look at the last checkout of a slot found.
enum Look {
    /// A session of this very order, which can be paid.
    Open(Open),
    /// It was paid, and the subscription has not ended.
    Subscribed,
    /// Nothing can be paid there.
    Over,
    /// Others have written meanwhile.
    Again,
}

/// What came of asking Stripe for a session.
enum Asking {
    /// The session is there and written down.
    Made(Session),
    /// There is none.
    Nothing,
    /// There is none, because the customer is gone.
    NoCustomer,
    /// Others have written meanwhile.
    Again,
}

/// Why there is no session.
pub(crate) enum Refused {
    /// The user has a subscription.
    Subscribed,
    /// An error like any other.
    Error(ApiError),
}

impl<E: Into<ApiError>> From<E> for Refused {
    fn from(error: E) -> Self {
        Refused::Error(error.into())
    }
}

/// One request: who buys what, until when.
#[derive(Clone, Copy)]
pub(crate) struct Buying<'a> {
    pub(crate) app: &'a App,
    pub(crate) stripe: &'a Client,
    pub(crate) buyer: &'a Buyer,
    pub(crate) order: &'a Order,
    pub(crate) deadline: Deadline,
}

impl Buying<'_> {
    /// The one open session of the order.
    pub(crate) async fn session(self) -> Result<Open, Refused> {
        let (slot, user_id) = (self.order.slot(), &self.buyer.user_id);
        let mut gone: Option<StripeId> = None;
        for _ in 0..MAX_ROUNDS {
            let seen = self.app.store.load_checkout(user_id, &slot, self.deadline);
            let seen = seen.await?;
            if let Some(seen) = &seen {
                match self.look(seen).await? {
                    Look::Open(open) => return Ok(open),
                    Look::Subscribed => return Err(Refused::Subscribed),
                    Look::Again => continue,
                    Look::Over => {}
                }
            }
            let customer = self
                .app
                .customer(self.stripe, self.buyer, gone.as_ref(), self.deadline)
                .await?;
            let next = self.next(seen.as_ref(), customer);
            let saving = self
                .app
                .store
                .save_checkout(&next, seen.as_ref(), self.deadline);
            let Some(known) = saving.await? else {
                continue;
            };
            match self.ask(&known, true).await? {
                Asking::Made(session) => return Ok(self.open(&next, session)?),
                Asking::NoCustomer => gone = Some(next.customer),
                Asking::Nothing | Asking::Again => {}
            }
        }
        let text = "the checkouts of a user keep changing".to_string();
        Err(Refused::Error(ApiError::TryAgain(text)))
    }

    /// The next checkout of the slot, not asked for yet.
    fn next(&self, seen: Option<&KnownCheckout>, customer: StripeId) -> Checkout {
        let now = self.app.clock.now();
        let generation = seen.map_or(0, |seen| seen.checkout().generation);
        Checkout {
            user_id: self.buyer.user_id.clone(),
            generation: generation.saturating_add(1),
            nonce: hex::encode(self.app.entropy.bytes()),
            order: self.order.clone(),
            customer,
            asked_at: now,
            ends_at: now.plus_seconds(LIFETIME_SECONDS),
            state: CheckoutState::Asked,
        }
    }

    /// What became of the last checkout of the slot. A session for another subscription
    /// is ended, so that only one can be paid.
    async fn look(&self, seen: &KnownCheckout) -> Result<Look, ApiError> {
        let checkout = seen.checkout();
        let session = match &checkout.state {
            CheckoutState::Refused => return Ok(Look::Over),
            CheckoutState::Asked => match self.ask(seen, false).await? {
                Asking::Made(session) => session,
                Asking::Nothing | Asking::NoCustomer => return Ok(Look::Over),
                Asking::Again => return Ok(Look::Again),
            },
            CheckoutState::Made { session, .. } => match self.retrieve(session).await? {
                Some(session) => session,
                None => return Ok(Look::Over),
            },
        };
        match &session.status {
            Status::Expired => Ok(Look::Over),
            Status::Complete(subscription) => Ok(match self.order.kind {
                PriceKind::Subscription if !self.has_ended(subscription.as_ref()) => {
                    Look::Subscribed
                }
                PriceKind::Subscription | PriceKind::Pack | PriceKind::None => Look::Over,
            }),
            Status::Open => {
                let left = checkout.ends_at.seconds_since(self.app.clock.now());
                if checkout.order == *self.order && left >= LEFT_SECONDS {
                    return Ok(Look::Open(self.open(checkout, session)?));
                }
                match self.order.kind {
                    PriceKind::Subscription => self.end(&session.id).await,
                    // It ends by itself, and paying it buys what it says.
                    PriceKind::Pack | PriceKind::None => Ok(Look::Over),
                }
            }
        }
    }

    /// Ends an open session.
    async fn end(&self, session: &StripeId) -> Result<Look, ApiError> {
        let key = self.app.drawn_key()?;
        let ended = self.stripe.expire_checkout(session, &key, self.deadline);
        match ended.await {
            Ok(_) => Ok(Look::Over),
            // It was paid or has ended in the meantime: look which.
            Err(StripeError::InvalidRequest(_) | StripeError::NotFound(_)) => Ok(Look::Again),
            Err(error) => Err(api_error(&error)),
        }
    }

    async fn retrieve(&self, session: &StripeId) -> Result<Option<Session>, ApiError> {
        let found = self
            .stripe
            .retrieve(Collection::CheckoutSessions, session, self.deadline);
        match found.await {
            Ok(object) => Session::of(&object).map(Some),
            Err(StripeError::NotFound(_)) => Ok(None),
            Err(error) => Err(api_error(&error)),
        }
    }

    /// Whether the subscription of a paid session has ended, as far as events say. One of
    /// which no event has come yet has not.
    fn has_ended(&self, subscription: Option<&StripeId>) -> bool {
        let id = subscription.map(StripeId::as_str);
        let mut known = self.buyer.subscriptions().iter();
        let known = known.find(|it| id.is_some() && it.stripe_subscription_id.as_deref() == id);
        known.is_some_and(|it| it.status.is_terminal())
    }

    /// Asks Stripe for the session of a checkout that is written down, and writes the
    /// answer down. `is_first` says that nobody can have asked before.
    async fn ask(&self, known: &KnownCheckout, is_first: bool) -> Result<Asking, ApiError> {
        let checkout = known.checkout();
        let object = match self.create(checkout).await {
            Ok(object) => object,
            Err(error) if is_first && is_refusal(&error) => {
                self.keep(known, CheckoutState::Refused).await?;
                return if is_of_customer(&error) {
                    Ok(Asking::NoCustomer)
                } else {
                    Err(api_error(&error))
                };
            }
            // A session may have been made before, if Stripe's answer was lost.
            Err(error) if is_refusal(&error) || self.is_settled(checkout) => {
                match self.made_before(checkout).await? {
                    Some(object) => object,
                    None => return Ok(Asking::Nothing),
                }
            }
            Err(error) => return Err(api_error(&error)),
        };
        let session = Session::of(&object)?;
        let Some(url) = session.url.clone() else {
            // It was used or has ended.
            return Ok(Asking::Made(session));
        };
        let made = CheckoutState::Made {
            session: session.id.clone(),
            url,
        };
        if self.keep(known, made).await? {
            Ok(Asking::Made(session))
        } else {
            Ok(Asking::Again)
        }
    }

    async fn create(&self, checkout: &Checkout) -> Result<serde_json::Value, StripeError> {
        let Order {
            price_id,
            kind,
            quantity,
            currency,
            return_url,
        } = &checkout.order;
        let success_url = with_outcome(return_url.expose(), "completed");
        let cancel_url = with_outcome(return_url.expose(), "cancelled");
        let new = NewCheckout {
            mode: match kind {
                PriceKind::Subscription => CheckoutMode::Subscription,
                PriceKind::Pack | PriceKind::None => CheckoutMode::Payment,
            },
            user: &checkout.user_id,
            customer: &checkout.customer,
            price: price_id,
            quantity: *quantity,
            currency,
            success_url: &success_url,
            cancel_url: &cancel_url,
            expires_at: checkout.ends_at,
            mark: &checkout.nonce,
        };
        let key = format!("checkout {} {}", checkout.generation, checkout.nonce);
        let key = IdempotencyKey::new(&key).map_err(|error| {
            StripeError::Unusable(stripe_client::Outage {
                problem: error.to_string(),
                request_id: None,
            })
        })?;
        self.stripe.create_checkout(new, &key, self.deadline).await
    }

    /// Whether nobody can still be asking under a checkout's key.
    fn is_settled(&self, checkout: &Checkout) -> bool {
        let age = self.app.clock.now().seconds_since(checkout.asked_at);
        age >= ASKED_SECONDS
    }

    /// The session that was made for a checkout, by its mark.
    async fn made_before(
        &self,
        checkout: &Checkout,
    ) -> Result<Option<serde_json::Value>, ApiError> {
        let all = self.stripe.checkouts_of(&checkout.customer, self.deadline);
        let all = match all.await {
            Ok(all) => all,
            Err(error) if is_of_customer(&error) => return Ok(None),
            Err(error) => return Err(api_error(&error)),
        };
        let mut marked = all.into_iter().filter(|it| has_mark(it, &checkout.nonce));
        Ok(marked.next())
    }

    /// Writes down how far a checkout has come. False if it has come further already.
    async fn keep(&self, known: &KnownCheckout, state: CheckoutState) -> Result<bool, ApiError> {
        let checkout = Checkout {
            state,
            ..known.checkout().clone()
        };
        let saved = self
            .app
            .store
            .save_checkout(&checkout, Some(known), self.deadline);
        Ok(saved.await?.is_some())
    }

    fn open(&self, checkout: &Checkout, session: Session) -> Result<Open, ApiError> {
        let unusable = || ApiError::Internal("Stripe returned a session without a page".into());
        Ok(Open {
            url: session.url.ok_or_else(unusable)?,
            ends_at: checkout.ends_at,
        })
    }
}
