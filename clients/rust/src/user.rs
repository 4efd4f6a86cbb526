//! The client of an app, with a user's token.

use reqwest::Method;
use serde::de::DeserializeOwned;

use crate::answers::{Credits, History, Launch, Preferences, Profile, Usage};
use crate::cache::{Answer, Kept, Wanted};
use crate::error::Error;
use crate::machine::Deadline;
use crate::models::Models;
use crate::requests::{GroupBy, HistoryQuery, PreferencesChange, UsageQuery};
use crate::selling::{HostedPage, Order, PortalFlow, PortalRequest, Prices};
use crate::settings::Settings;
use crate::several::{self, Quote, Quoted};
use crate::tokens::TokenSource;
use crate::transport::{Ask, Transport, json, parsed};

/// The API as one user sees it. It keeps that user's answers: make one for each user, or call
/// [`forget`](UserClient::forget) when the user signs out.
#[derive(Debug)]
pub struct UserClient {
    transport: Transport,
    settings: Settings,
    credits: Kept<Credits>,
    profile: Kept<Profile>,
    launch: Kept<Launch>,
    models: Kept<Models>,
    prices: Kept<Prices>,
}

const CREDITS: [&str; 3] = ["api", "user", "credits"];
const PREFERENCES: [&str; 3] = ["api", "user", "preferences"];

impl UserClient {
    /// A client of the API at an address, such as `https://api.example.com`.
    pub fn new(base_url: &str, tokens: impl TokenSource) -> Result<Self, Error> {
        UserClient::with(base_url, tokens, Settings::default())
    }

    /// The same with other settings.
    pub fn with(
        base_url: &str,
        tokens: impl TokenSource,
        settings: Settings,
    ) -> Result<Self, Error> {
        Ok(UserClient {
            transport: Transport::new(base_url, tokens, &settings)?,
            credits: Kept::lasting(settings.credits_last),
            profile: Kept::lasting(settings.profile_lasts),
            launch: Kept::lasting(settings.credits_last),
            models: Kept::lasting(settings.credits_last),
            prices: Kept::lasting(settings.credits_last),
            settings,
        })
    }

    /// The credits, from memory for five minutes.
    pub async fn credits(&self) -> Result<Answer<Credits>, Error> {
        self.kept(&self.credits, &CREDITS, Wanted::Young).await
    }

    /// The credits as they are now.
    pub async fn credits_now(&self) -> Result<Answer<Credits>, Error> {
        self.kept(&self.credits, &CREDITS, Wanted::Asked).await
    }

    /// The profile, from memory for an hour.
    pub async fn profile(&self) -> Result<Answer<Profile>, Error> {
        let path = ["api", "user", "profile"];
        self.kept(&self.profile, &path, Wanted::Young).await
    }

    /// The profile as it is now.
    pub async fn profile_now(&self) -> Result<Answer<Profile>, Error> {
        let path = ["api", "user", "profile"];
        self.kept(&self.profile, &path, Wanted::Asked).await
    }

    /// Profile and credits in one trip, as they are now; while the API is away, as they were last seen.
    pub async fn launch(&self) -> Result<Answer<Launch>, Error> {
        let path = ["api", "user"];
        self.kept(&self.launch, &path, Wanted::Asked).await
    }

    /// The models on offer, from memory for five minutes.
    pub async fn models(&self) -> Result<Answer<Models>, Error> {
        let path = ["v1", "models"];
        self.kept(&self.models, &path, Wanted::Young).await
    }

    /// What uses of models cost by the rate cards in force, 1 to 25 at once; nothing is charged.
    pub async fn quote(&self, quotes: &[Quote]) -> Result<Vec<Quoted>, Error> {
        let deadline = Deadline::after(self.settings.deadline);
        several::quote(&self.transport, quotes, deadline).await
    }

    /// What is on sale, from memory for five minutes.
    pub async fn prices(&self) -> Result<Answer<Prices>, Error> {
        let path = ["v1", "prices"];
        self.kept(&self.prices, &path, Wanted::Young).await
    }

    /// A page on which the user pays. Asking again for the same gives the same page while it can be paid. A user who
    /// has a subscription gets the error `already_subscribed`, whose `portalUrl` is where they can change it.
    pub async fn checkout(&self, order: &Order) -> Result<HostedPage, Error> {
        self.page(&["api", "user", "checkout"], json(order)?).await
    }

    /// A page on which the user manages what they bought.
    pub async fn portal(
        &self,
        return_url: &str,
        flow: Option<PortalFlow>,
    ) -> Result<HostedPage, Error> {
        let request = PortalRequest { return_url, flow };
        self.page(&["api", "user", "portal"], json(&request)?).await
    }

    async fn page(&self, path: &[&str], body: String) -> Result<HostedPage, Error> {
        let ask = self.transport.ask(Method::POST, path, Some(body));
        let page = self.read(&ask).await;
        // What is done there changes them.
        self.credits.outdate();
        self.profile.outdate();
        self.launch.outdate();
        page
    }

    /// A page of the ledger, newest first.
    pub async fn history(&self, query: &HistoryQuery) -> Result<History, Error> {
        let HistoryQuery {
            limit,
            cursor,
            kind,
        } = query;
        let limit = limit.map(|limit| limit.to_string());
        let ask = self.transport.get(&["api", "user", "credits", "history"]);
        let ask = with_query(
            ask,
            [
                ("limit", limit.as_deref()),
                ("cursor", cursor.as_deref()),
                ("kind", kind.as_ref().map(|kind| kind.as_str())),
            ],
        );
        self.read(&ask).await
    }

    /// Use, summed by day or model.
    pub async fn usage(&self, query: &UsageQuery) -> Result<Usage, Error> {
        let UsageQuery { from, to, group_by } = query;
        let group_by = group_by.map(|group_by| match group_by {
            GroupBy::Day => "day",
            GroupBy::Model => "model",
            GroupBy::Operation => "operation",
            GroupBy::Session => "session",
        });
        let ask = self.transport.get(&["api", "user", "usage"]);
        let ask = with_query(
            ask,
            [
                ("from", from.as_deref()),
                ("to", to.as_deref()),
                ("groupBy", group_by),
            ],
        );
        self.read(&ask).await
    }

    /// All preferences.
    pub async fn preferences(&self) -> Result<Preferences, Error> {
        self.read(&self.transport.get(&PREFERENCES)).await
    }

    /// Changes the preferences that are named, and answers all of them.
    pub async fn change_preferences(
        &self,
        change: &PreferencesChange,
    ) -> Result<Preferences, Error> {
        let body = json(change)?;
        let ask = self.transport.ask(Method::PATCH, &PREFERENCES, Some(body));
        let changed = self.read(&ask).await;
        // The profile shows some of them, whatever became of this call.
        self.profile.outdate();
        self.launch.outdate();
        changed
    }

    /// Forgets all answers and the token, as when the user signs out.
    pub async fn forget(&self) {
        self.credits.forget();
        self.profile.forget();
        self.launch.forget();
        self.models.forget();
        self.prices.forget();
        self.transport.forget_token().await;
    }

    async fn kept<T: Clone + DeserializeOwned>(
        &self,
        kept: &Kept<T>,
        path: &[&str],
        wanted: Wanted,
    ) -> Result<Answer<T>, Error> {
        let Settings {
            deadline, patience, ..
        } = self.settings;
        let allowed = if kept.has_any() {
            deadline.min(patience)
        } else {
            deadline
        };
        let ask = self.transport.get(path);
        let deadline = Deadline::after(allowed);
        kept.read(&self.transport, ask, wanted, deadline).await
    }

    async fn read<T: DeserializeOwned>(&self, ask: &Ask) -> Result<T, Error> {
        let deadline = Deadline::after(self.settings.deadline);
        parsed(&self.transport.send(ask, deadline).await?)
    }
}

fn with_query<const N: usize>(mut ask: Ask, query: [(&str, Option<&str>); N]) -> Ask {
    for (name, value) in query {
        if let Some(value) = value {
            ask.url.query_pairs_mut().append_pair(name, value);
        }
    }
    ask
}
