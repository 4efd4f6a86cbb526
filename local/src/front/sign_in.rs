//! Signing in as a desktop app does: the issuer's page gives a code, and
//! `POST /oauth/token` exchanges it. The page plays the app, so the code goes no further
//! than here.

use axum::body::Body as Sent;
use axum::extract::{Request, State};
use axum::http::header;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Url;
use serde_json::Value;
use sha2::{Digest, Sha256};
use shared::domain::{OAuthClient, UserId};

use super::call::{Answered, Body, Call, Caller};
use super::notice::{Done, Notice};
use super::wire;
use crate::identity::AUTHORIZE_PATH;
use crate::sign_in::choose;
use crate::world::World;

/// Signs in whoever has an address. Who is new becomes a user by it.
pub(super) async fn sign_in(world: &World, user: &UserId, email: &str) -> Done {
    let mut clients = world.seeds.clients.iter();
    let app = clients.find_map(|client| {
        let redirect_uri = client.redirect_uris.first()?;
        (client.active && client.public).then_some((client, redirect_uri.as_str()))
    });
    let Some((client, redirect_uri)) = app else {
        let line = "No client of seeds/data/clients.toml is public and has a redirect URI.";
        return Done::here(user, Notice::problem("Nobody can sign in", line));
    };
    // 96 hexadecimal digits are a verifier (RFC 7636, 4.1).
    let random = [(); 3].map(|()| hex::encode(world.entropy.bytes()));
    let verifier = random.concat();
    let Some(code) = code(world, client, (redirect_uri, &verifier), email).await else {
        let line = "This is no e-mail address. One looks like somebody@example.com.";
        return Done::here(user, Notice::problem("Nobody was signed in", line));
    };
    let form = wire::form(&[
        ("grant_type", "authorization_code"),
        ("client_id", client.client_id.as_str()),
        ("redirect_uri", redirect_uri),
        ("code", &code),
        ("code_verifier", &verifier),
        ("include_user_data", "true"),
    ]);
    let call = Call::post(Caller::Nobody, "/oauth/token", Body::Form(form));
    let mut answered = call.make(world).await;
    let who = who(&answered);
    shorten_tokens(&mut answered);
    let mut notice = Notice::of(answered, |_| format!("Signed in {email}"));
    if notice.done {
        let line = "The issuer gave a code, and the API exchanged it for tokens, the profile and the credits.";
        notice.lines.push(line.to_string());
    }
    Done::here(who.as_ref().unwrap_or(user), notice)
}

/// The code that the issuer's page sends to the app once somebody gave an address; none
/// if it is no address.
async fn code(
    world: &World,
    client: &OAuthClient,
    (redirect_uri, verifier): (&str, &str),
    email: &str,
) -> Option<String> {
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
    let form = wire::form(&[
        ("response_type", "code"),
        ("client_id", client.client_id.as_str()),
        ("redirect_uri", redirect_uri),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
        ("email", email),
    ]);
    let kind = "application/x-www-form-urlencoded";
    let request = Request::post(AUTHORIZE_PATH).header(header::CONTENT_TYPE, kind);
    let request = request.body(Sent::from(form)).ok()?;
    let answer = choose(State(world.clone()), request).await;
    let location = answer.headers().get(header::LOCATION)?;
    let location = Url::parse(location.to_str().ok()?).ok()?;
    let mut pairs = location.query_pairs();
    let code = pairs.find(|(name, _)| name == "code");
    code.map(|(_, code)| code.into_owned())
}

/// Who it is, by the profile in the answer.
fn who(answered: &Answered) -> Option<UserId> {
    let id = answered.body.pointer("/user/userId")?;
    id.as_str()?.parse().ok()
}

/// Tokens are long, and nobody reads them.
fn shorten_tokens(answered: &mut Answered) {
    let members = answered.body.as_object_mut();
    for (name, value) in members.into_iter().flatten() {
        if let (true, Some(text)) = (name.ends_with("_token"), value.as_str()) {
            let start: String = text.chars().take(12).collect();
            *value = Value::String(format!("{start}…"));
        }
    }
}
