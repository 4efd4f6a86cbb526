//! What cannot be shown over HTTP with the one seeded client: other clients,
//! and the bounds of the memory.

use shared::domain::{OAuthClient, Redacted, Timestamp};

use super::authorization::{AuthorizationError, AuthorizationRequest};
use super::exchange::Exchange;
use super::form::Form;
use super::grants::{CodeBinding, Given, Grants, SignIn};
use super::refusal::{OAuthCode, OAuthError};

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn now() -> Timestamp {
    "2025-11-06T14:30:00Z".parse().unwrap()
}

fn client(id: &str) -> OAuthClient {
    OAuthClient {
        client_id: id.parse().unwrap(),
        name: id.to_string(),
        public: true,
        redirect_uris: vec!["app:/cb".to_string(), "app:/other".to_string()],
        grant_types: vec!["authorization_code".into(), "refresh_token".into()],
        response_types: vec!["code".into()],
        scope: "openid credits.read".to_string(),
        active: true,
    }
}

fn clients() -> Vec<OAuthClient> {
    let without = |id: &str, change: fn(&mut OAuthClient)| {
        let mut client = client(id);
        change(&mut client);
        client
    };
    vec![
        client("one"),
        client("two"),
        without("inactive", |client| client.active = false),
        without("confidential", |client| client.public = false),
        without("no-refresh", |client| client.grant_types.truncate(1)),
        without("no-code", |client| client.grant_types.clear()),
        without("no-response", |client| client.response_types.clear()),
    ]
}

fn code(grants: &Grants, client: &str, number: u16) -> String {
    let sign_in = SignIn {
        client_id: client.parse().unwrap(),
        user_id: "user".parse().unwrap(),
        email: Redacted::new("user@example.com".to_string()),
        name: Redacted::new("User".to_string()),
        scope: "openid credits.read".to_string(),
        at: now(),
    };
    let binding = CodeBinding {
        redirect_uri: "app:/cb".to_string(),
        code_challenge: CHALLENGE.to_string(),
        nonce: None,
    };
    grants.give_code(sign_in, binding, bytes(number))
}

fn bytes(number: u16) -> [u8; 16] {
    u128::from(number).to_be_bytes()
}

/// Sends a form; the number makes its tokens.
fn send(grants: &Grants, form: &str, number: u16) -> Result<Given, OAuthError> {
    let form = Form::read(form).unwrap();
    let clients = clients();
    let exchange = Exchange::read(&form, &clients)?;
    exchange.run(grants, now(), [bytes(number), bytes(number)])
}

fn exchange(grants: &Grants, client: &str, code: &str, number: u16) -> Result<Given, OAuthError> {
    let form = format!(
        "grant_type=authorization_code&client_id={client}&redirect_uri=app:/cb\
         &code_verifier={VERIFIER}&code={code}"
    );
    send(grants, &form, number)
}

fn refresh(grants: &Grants, client: &str, token: &str, number: u16) -> Result<Given, OAuthError> {
    let form = format!("grant_type=refresh_token&client_id={client}&refresh_token={token}");
    send(grants, &form, number)
}

fn token(given: Result<Given, OAuthError>) -> String {
    given.unwrap().refresh_token.unwrap().into_exposed()
}

#[track_caller]
fn check(refused: Result<Given, OAuthError>, code: OAuthCode) {
    assert_eq!(refused.unwrap_err().code, code);
}

#[test]
fn codes_and_refresh_tokens_are_good_for_their_client_alone() {
    let grants = Grants::default();
    let code = code(&grants, "one", 1);
    check(exchange(&grants, "two", &code, 2), OAuthCode::InvalidGrant);
    // The stranger has used nothing up, in either case.
    let first = token(exchange(&grants, "one", &code, 3));
    check(refresh(&grants, "two", &first, 4), OAuthCode::InvalidGrant);
    token(refresh(&grants, "one", &first, 5));
}

#[test]
fn a_client_gets_what_its_grants_allow() {
    let grants = Grants::default();
    let code = code(&grants, "no-refresh", 1);
    let given = exchange(&grants, "no-refresh", &code, 2).unwrap();
    assert!(given.refresh_token.is_none());
    for (client, expected) in [
        ("no-code", OAuthCode::UnauthorizedClient),
        ("inactive", OAuthCode::InvalidClient),
        ("confidential", OAuthCode::InvalidClient),
    ] {
        check(exchange(&grants, client, "code", 3), expected);
    }
    let refused = refresh(&grants, "no-refresh", "token", 4);
    check(refused, OAuthCode::UnauthorizedClient);
}

#[test]
fn only_an_active_public_client_gets_a_page() {
    let clients = clients();
    let ask = |id: &str| {
        let query = format!(
            "response_type=code&client_id={id}&redirect_uri=app:/other\
             &code_challenge={CHALLENGE}&code_challenge_method=S256"
        );
        let form = Form::read(&query).unwrap();
        AuthorizationRequest::read(&form, &clients, "issuer").map(|request| request.scope)
    };
    assert_eq!(ask("one").unwrap(), "openid credits.read");
    for id in ["inactive", "confidential", "nobody"] {
        assert!(matches!(ask(id), Err(AuthorizationError::Shown(_))), "{id}");
    }
    for id in ["no-code", "no-response"] {
        let Err(AuthorizationError::Sent(location)) = ask(id) else {
            panic!("{id} is sent an error");
        };
        let start = "app:/other?error=unauthorized_client&";
        assert!(location.starts_with(start), "{location}");
    }
}

#[test]
fn the_memory_is_bounded_and_forgets_the_oldest() {
    let grants = Grants::default();
    let first = code(&grants, "one", 0);
    let kept: Vec<String> = (1..=1000)
        .map(|number| code(&grants, "one", number))
        .collect();
    check(exchange(&grants, "one", &first, 0), OAuthCode::InvalidGrant);
    let tokens = kept
        .iter()
        .zip(1..)
        .map(|(code, number)| token(exchange(&grants, "one", code, number)));
    let tokens: Vec<String> = tokens.collect();
    assert_eq!(format!("{grants:?}"), "Grants(1000 codes, 1000 families)");
    let more = code(&grants, "one", 1001);
    token(exchange(&grants, "one", &more, 1001));
    assert_eq!(format!("{grants:?}"), "Grants(1000 codes, 1000 families)");
    check(
        refresh(&grants, "one", &tokens[0], 1),
        OAuthCode::InvalidGrant,
    );
    token(refresh(&grants, "one", &tokens[1], 2));
}
