//! The client of a service, with a token of its own: it charges users and holds their credits.

use crate::answers::{Charged, Credits};
use crate::background::Background;
use crate::commands::Commands;
use crate::error::Error;
use crate::hold::{self, HoldGuard};
use crate::requests::{HoldTerms, IdempotencyKey, Spending};
use crate::settings::Settings;
use crate::several::{BatchCharge, BatchCharged, Quote, Quoted};
use crate::tokens::TokenSource;

/// The API as a service sees it. Clones share their connections and token.
#[derive(Clone, Debug)]
pub struct ServiceClient {
    commands: Commands,
    background: Background,
}

impl ServiceClient {
    /// A client of the API at an address, such as `https://api.example.com`.
    pub fn new(base_url: &str, tokens: impl TokenSource) -> Result<Self, Error> {
        ServiceClient::with(base_url, tokens, Settings::default())
    }

    /// The same with other settings.
    pub fn with(
        base_url: &str,
        tokens: impl TokenSource,
        settings: Settings,
    ) -> Result<Self, Error> {
        Ok(ServiceClient {
            commands: Commands::new(base_url, tokens, &settings)?,
            background: Background::new(),
        })
    }

    /// A user's credits, never from memory.
    pub async fn credits(&self, user_id: &str) -> Result<Credits, Error> {
        self.commands.credits(user_id).await
    }

    /// Charges a user, once: all attempts of this call have one key, which is made for it. A second call is a second
    /// charge. If this call fails and [`outcome_is_unknown`](Error::outcome_is_unknown), call
    /// [`charge_under`](ServiceClient::charge_under) with the key of the error.
    pub async fn charge(&self, user_id: &str, spending: &Spending) -> Result<Charged, Error> {
        let key = IdempotencyKey::unique();
        self.commands.charge(user_id, &key, spending).await
    }

    /// Charges a user under a key of your own: however often it is called, the user is charged once.
    pub async fn charge_under(
        &self,
        key: &IdempotencyKey,
        user_id: &str,
        spending: &Spending,
    ) -> Result<Charged, Error> {
        self.commands.charge(user_id, key, spending).await
    }

    /// Charges a user several times in one request, 1 to 25 charges, each under its own key and with its own result: one
    /// that is refused does not stop the others. If this call fails and
    /// [`outcome_is_unknown`](Error::outcome_is_unknown), call it again with the same charges: each is done once.
    pub async fn charge_batch(
        &self,
        user_id: &str,
        charges: &[BatchCharge],
    ) -> Result<BatchCharged, Error> {
        self.commands.charge_batch(user_id, charges).await
    }

    /// What uses of models cost by the rate cards in force, 1 to 25 at once; nothing is charged.
    pub async fn quote(&self, quotes: &[Quote]) -> Result<Vec<Quoted>, Error> {
        self.commands.quote(quotes).await
    }

    /// Holds credits of a user, for a call whose price is not known yet.
    pub async fn hold(&self, user_id: &str, terms: &HoldTerms) -> Result<HoldGuard, Error> {
        let (commands, background) = (self.commands.clone(), self.background.clone());
        hold::open(commands, background, user_id.to_string(), terms.clone()).await
    }

    /// Waits until all reports and releases in the background are done: before a service ends.
    pub async fn idle(&self) {
        self.background.idle().await;
    }
}
