//! Signing in at the local issuer, as an app does it: the page, the code with
//! PKCE, tokens, and refreshing. The verifier and its challenge are those of
//! RFC 7636, appendix B.

mod authorize;
mod one_trip;
mod page;
mod refresh;
mod tokens;

use std::collections::BTreeMap;

use reqwest::Url;
use serde_json::Value;
use tests::{Answer, Served};

const AUTHORIZE: &str = "/_local/oauth/authorize";
const TOKEN: &str = "/_local/oauth/token";
pub(crate) const CLIENT: &str = "textassistant-desktop";
pub(crate) const REDIRECT: &str = "http://localhost:8080/callback";
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const SCOPE: &str = "openid email profile credits.read";
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// What an app asks with; a change with an empty value takes a parameter out.
const REQUEST: [(&str, &str); 8] = [
    ("response_type", "code"),
    ("client_id", CLIENT),
    ("redirect_uri", REDIRECT),
    ("scope", SCOPE),
    ("state", "a state & more"),
    ("nonce", "a nonce"),
    ("code_challenge", CHALLENGE),
    ("code_challenge_method", "S256"),
];

/// Parameters, some of them changed, as a form.
fn form(parameters: &[(&str, &str)], changes: &[(&str, &str)]) -> String {
    let mut changed: BTreeMap<&str, &str> = parameters.iter().copied().collect();
    changed.extend(changes.iter().copied());
    changed.retain(|_, value| !value.is_empty());
    let mut url = Url::parse("http://localhost/").unwrap();
    url.query_pairs_mut().extend_pairs(changed);
    url.query().unwrap_or_default().to_string()
}

/// The sign-in page for a request, or what came instead.
pub(crate) async fn ask(served: &Served, changes: &[(&str, &str)]) -> Answer {
    let query = form(&REQUEST, changes);
    served.get(&format!("{AUTHORIZE}?{query}")).await
}

/// The address of the same.
pub(crate) fn address_of_the_page(served: &Served) -> String {
    format!(
        "{}{AUTHORIZE}?{}",
        served.world.base_url,
        form(&REQUEST, &[])
    )
}

/// The page's form, sent with a choice.
async fn choose(served: &Served, changes: &[(&str, &str)]) -> Answer {
    let body = form(&REQUEST, changes);
    served.send("POST", AUTHORIZE, &[FORM], Some(&body)).await
}

/// What a redirect brings to the client.
#[track_caller]
fn brought(answer: &Answer) -> BTreeMap<String, String> {
    assert_eq!(answer.status, 303, "{}", answer.text);
    assert_eq!(answer.header("cache-control"), "no-store");
    let location = answer.header("location");
    assert!(location.starts_with(&format!("{REDIRECT}?")), "{location}");
    let url = Url::parse(location).unwrap();
    url.query_pairs().into_owned().collect()
}

/// A code, as somebody signs in.
async fn code(served: &Served, changes: &[(&str, &str)]) -> String {
    brought(&choose(served, changes).await)["code"].clone()
}

/// A form sent to the token endpoint.
async fn send(served: &Served, body: &str) -> Answer {
    let answer = served.send("POST", TOKEN, &[FORM], Some(body)).await;
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("content-type"), "application/json");
    answer
}

/// The exchange of a code.
pub(crate) async fn exchange(served: &Served, code: &str, changes: &[(&str, &str)]) -> Answer {
    let request = [
        ("grant_type", "authorization_code"),
        ("client_id", CLIENT),
        ("redirect_uri", REDIRECT),
        ("code_verifier", VERIFIER),
        ("code", code),
    ];
    send(served, &form(&request, changes)).await
}

/// The exchange of a refresh token.
async fn refresh(served: &Served, token: &str, changes: &[(&str, &str)]) -> Answer {
    let request = [
        ("grant_type", "refresh_token"),
        ("client_id", CLIENT),
        ("refresh_token", token),
    ];
    send(served, &form(&request, changes)).await
}

/// The tokens of somebody who signs in.
async fn signed_in(served: &Served, choice: (&str, &str)) -> Value {
    let code = code(served, &[choice]).await;
    let answer = exchange(served, &code, &[]).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

/// Fails unless the token endpoint refused with this error.
#[track_caller]
fn check_refused(answer: &Answer, status: u16, error: &str) {
    assert_eq!(answer.status, status, "{}", answer.text);
    let body = answer.json();
    assert_eq!(body["error"], error, "{body}");
    let members: Vec<&String> = body.as_object().unwrap().keys().collect();
    assert_eq!(members, ["error", "error_description"]);
}

/// A token of an answer.
#[track_caller]
fn token<'a>(answer: &'a Value, name: &str) -> &'a str {
    answer[name]
        .as_str()
        .unwrap_or_else(|| panic!("no {name} in {answer}"))
}

/// The claims of a token, checked with the published key.
pub(crate) async fn claims(served: &Served, token: &str) -> Value {
    let jwks = served.get("/.well-known/jwks.json").await.json();
    let part = |name: &str| jwks["keys"][0][name].as_str().unwrap().to_string();
    let key = jsonwebtoken::DecodingKey::from_rsa_components(&part("n"), &part("e")).unwrap();
    let mut rules = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::RS256);
    // The world's clock is not the machine's.
    rules.validate_exp = false;
    rules.set_audience(&[CLIENT]);
    rules.set_issuer(&[&served.world.base_url]);
    let decoded = jsonwebtoken::decode::<Value>(token, &key, &rules);
    decoded.unwrap().claims
}
