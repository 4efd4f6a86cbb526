//! Who a fresh token is for, the record of the sign-in, and the data beside the tokens.
//! Whatever goes wrong here leaves the tokens as they are.

use serde_json::Value;
use shared::domain::{
    ApplyError, CreditAccount, Introduction, Timestamp, User, UserId, plan_in_force,
};
use shared::host::clock::Deadline;
use shared::store::{Arrival, Consistency, StoreError};

use crate::answer::Tokens;
use crate::app::App;
use crate::data::{CreditsData, UserData};
use crate::jwt::{Claims, Expected, Signed, Unverified};
use crate::keys::NoKey;
use crate::request::{Grant, TokenRequest};

/// Why tokens are returned without data. The texts are for the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LeftOut {
    /// The token is not believed.
    #[error(transparent)]
    Unverified(#[from] Unverified),
    /// Its signature cannot be checked.
    #[error(transparent)]
    NoKey(#[from] NoKey),
    /// The tables do not answer, or what they hold cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The account cannot be rolled forward.
    #[error("the account cannot be rolled forward: {0}")]
    Account(#[from] ApplyError),
    /// The data cannot be written down.
    #[error("the data cannot be written down: {0}")]
    Unwritten(String),
    /// There was no time left.
    #[error("there was no time left")]
    TooLate,
    /// The user was erased.
    #[error("the user was erased")]
    Erased,
    /// The user was deactivated.
    #[error("the user is not active")]
    Inactive,
    /// The token could not read the same from the API.
    #[error("the token lacks the scopes of the data")]
    NoScope,
}

impl LeftOut {
    /// Whether somebody should look: it is neither the user's state nor the client's
    /// choice of scopes.
    pub(crate) fn is_trouble(&self) -> bool {
        match self {
            LeftOut::Unverified(_)
            | LeftOut::NoKey(_)
            | LeftOut::Store(_)
            | LeftOut::Account(_)
            | LeftOut::Unwritten(_)
            | LeftOut::TooLate => true,
            LeftOut::Erased | LeftOut::Inactive | LeftOut::NoScope => false,
        }
    }
}

/// A member of the answer.
type Added = (&'static str, Value);

impl App {
    /// Records a sign-in, and returns what the request wants beside its tokens.
    pub(crate) async fn sign_in(
        &self,
        request: &TokenRequest,
        tokens: &Tokens,
        now: Timestamp,
        deadline: Deadline,
    ) -> Result<Option<Added>, LeftOut> {
        let is_refresh = request.grant == Grant::Refresh;
        if is_refresh && !request.wants_data {
            return Ok(None);
        }
        let expected = Expected {
            issuer: &self.settings.issuer,
            audiences: &self.settings.audiences,
            client: request.client_id.as_str(),
            now,
        };
        let token = tokens.token("access_token").unwrap_or_default();
        let claims = self.verified(token, now).await?;
        let user_id = claims.user(&expected)?;
        let (person, account) = tokio::join!(
            self.store.load_person(&user_id),
            self.account(&user_id, request.wants_data),
        );
        let (person, account) = (person?, account?);
        if person.erased {
            return Err(LeftOut::Erased);
        }
        if is_refresh {
            let is_active = person.user.is_none_or(|user| user.active);
            return self.credits(&claims, is_active, account, now);
        }
        let plan = plan_in_force(&person.subscriptions, now);
        let id_token = tokens.token("id_token");
        let arriving = self.arrive(person.user, &user_id, id_token, &expected, deadline);
        let user = arriving.await?;
        let Some(account) = account else {
            return Ok(None);
        };
        self.check_scopes(&claims, &["user.info", "credits.read"])?;
        if !user.active || !account.active {
            return Err(LeftOut::Inactive);
        }
        let credits = CreditsData::of(&account, now)?;
        written("user", &UserData::of(user, &plan, credits)).map(Some)
    }

    /// The user who signs in: as known, with what the ID token adds, or created.
    async fn arrive(
        &self,
        known: Option<User>,
        user_id: &UserId,
        id_token: Option<&str>,
        expected: &Expected<'_>,
        deadline: Deadline,
    ) -> Result<User, LeftOut> {
        let now = expected.now;
        let introduction = if known.as_ref().is_some_and(User::is_introduced) {
            Introduction::default()
        } else {
            self.introduction(id_token, user_id, expected).await
        };
        let arrival = match known {
            Some(user) => {
                let signed_in_at = Some(now);
                let completing = self
                    .store
                    .complete(user, &introduction, signed_in_at, deadline);
                completing.await?
            }
            None => {
                let user = introduction.user(user_id.clone(), now, Some(now));
                self.store.arrive(&user, deadline).await?
            }
        };
        match arrival {
            Arrival::Created(user) | Arrival::Completed(user) | Arrival::Existing(user) => {
                Ok(*user)
            }
            Arrival::Erased => Err(LeftOut::Erased),
        }
    }

    /// The claims of a token that the issuer has signed.
    async fn verified(&self, token: &str, now: Timestamp) -> Result<Claims, LeftOut> {
        let signed = Signed::read(token)?;
        let key = self.keys.key(&signed.key_id, now).await?;
        Ok(signed.claims(&key)?)
    }

    async fn account(
        &self,
        user_id: &UserId,
        is_wanted: bool,
    ) -> Result<Option<CreditAccount>, StoreError> {
        if !is_wanted {
            return Ok(None);
        }
        // What was charged a moment ago shows.
        let account = self.store.load_account(user_id, Consistency::Strong);
        account.await.map(Some)
    }

    fn credits(
        &self,
        claims: &Claims,
        is_active: bool,
        account: Option<CreditAccount>,
        now: Timestamp,
    ) -> Result<Option<Added>, LeftOut> {
        self.check_scopes(claims, &["credits.read"])?;
        match account {
            Some(account) if is_active && account.active => {
                written("credits", &CreditsData::of(&account, now)?).map(Some)
            }
            Some(_) => Err(LeftOut::Inactive),
            None => Ok(None),
        }
    }

    fn check_scopes(&self, claims: &Claims, needed: &[&str]) -> Result<(), LeftOut> {
        if self.settings.scope_prefix.grants(&claims.scopes(), needed) {
            Ok(())
        } else {
            Err(LeftOut::NoScope)
        }
    }

    /// What the ID token says of a user; nothing if none came or it is not believed.
    async fn introduction(
        &self,
        id_token: Option<&str>,
        user_id: &UserId,
        expected: &Expected<'_>,
    ) -> Introduction {
        let Some(token) = id_token else {
            return Introduction::default();
        };
        let checked = match self.verified(token, expected.now).await {
            Ok(claims) => claims
                .is_about(user_id, expected)
                .map(|()| claims)
                .map_err(LeftOut::from),
            Err(error) => Err(error),
        };
        match checked {
            Ok(claims) => {
                let (email, is_verified) = claims.email();
                Introduction::of(email, is_verified, claims.name())
            }
            Err(error) => {
                let trouble = format!("the ID token is not believed: {error}");
                self.store.work().note(trouble);
                Introduction::default()
            }
        }
    }
}

fn written(name: &'static str, body: &impl serde::Serialize) -> Result<Added, LeftOut> {
    let value = serde_json::to_value(body);
    let value = value.map_err(|error| LeftOut::Unwritten(error.to_string()))?;
    Ok((name, value))
}
