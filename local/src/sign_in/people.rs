//! Who signs in. A known e-mail address names its user; an unknown one always gets
//! the same id, made of the address. Nothing is written: a user comes into being
//! at the product, as with any issuer.

use serde_json::json;
use sha2::{Digest, Sha256};
use shared::domain::{Redacted, UserId, is_address};
use uuid::Builder;

use crate::identity::oauth::{OAuthCode, OAuthError};
use crate::world::World;

/// What the issuer knows of somebody.
pub(super) struct Person {
    pub(super) user_id: UserId,
    pub(super) email: Redacted<String>,
    pub(super) name: Redacted<String>,
}

pub(super) fn seeded(world: &World, id: &str) -> Option<Person> {
    let mut users = world.seeds.users.iter();
    let user = users.find(|user| user.user_id.as_str() == id)?;
    Some(Person {
        user_id: user.user_id.clone(),
        email: Redacted::new(user.email.clone()),
        name: Redacted::new(user.display_name.clone()),
    })
}

/// An address in lower case, as its owner is looked for.
pub(super) fn address(typed: &str) -> Option<String> {
    let email = typed.trim().to_lowercase();
    is_address(&email).then_some(email)
}

/// The owner of an address, or somebody new.
pub(super) async fn person_of(world: &World, email: String) -> Result<Person, OAuthError> {
    if let Some(user) = world.seeds.users.iter().find(|user| user.email == email)
        && let Some(person) = seeded(world, user.user_id.as_str())
    {
        return Ok(person);
    }
    let broken = |text| OAuthError::new(OAuthCode::ServerError, text);
    let owner = world.store.find_user_by_email(&email).await;
    let owner = owner.map_err(|_| broken("the tables cannot be read"))?;
    if owner.is_none() {
        may_sign_up(world, &email).await?;
    }
    let new = || user_id_of(&email).ok_or(broken("the address makes no user id"));
    let user_id = owner.map_or_else(new, Ok)?;
    let stored = world.store.load_person(&user_id).await;
    let stored = stored.map_err(|_| broken("the tables cannot be read"))?;
    let known = stored.user.and_then(|user| user.display_name);
    let from_address = || email.split('@').next().unwrap_or_default().to_string();
    let name = known.unwrap_or_else(|| Redacted::new(from_address()));
    Ok(Person {
        user_id,
        email: Redacted::new(email),
        name,
    })
}

/// Asks the function of the template, as a user pool does before a sign-up.
async fn may_sign_up(world: &World, email: &str) -> Result<(), OAuthError> {
    let Some(sign_up) = &world.sign_up else {
        return Ok(());
    };
    let event = json!({
        "triggerSource": "PreSignUp_SignUp",
        "request": {"userAttributes": {"email": email}},
    });
    let answer = sign_up.handle(event, "local".to_string()).await;
    let refused = |_| OAuthError::new(OAuthCode::AccessDenied, sign_up::REFUSED);
    answer.map(|_| ()).map_err(refused)
}

/// The id of an address that nobody owns: the same one every time, also after a
/// restart, and in the form of a user pool's.
fn user_id_of(email: &str) -> Option<UserId> {
    let digest = Sha256::digest(format!("local user {email}"));
    let bytes = digest.first_chunk::<16>()?;
    let id = Builder::from_custom_bytes(*bytes).into_uuid();
    id.to_string().parse().ok()
}
