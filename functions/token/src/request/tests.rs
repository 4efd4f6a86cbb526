//! Each bad request with its code, and the rules of the client's record.

use serde_json::{Value, json};

use shared::http::ApiError;

use super::*;

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const REDIRECT: &str = "http%3A%2F%2Flocalhost%3A8080%2Fcallback";

fn event(body: &str) -> Value {
    json!({
        "headers": {"content-type": "application/x-www-form-urlencoded"},
        "body": body,
    })
}

fn read(event: &Value) -> Result<TokenRequest, OAuthError> {
    TokenRequest::of(&serde_json::from_value(event.clone()).unwrap())
}

fn code_body() -> String {
    format!(
        "grant_type=authorization_code&client_id=app&code=c&redirect_uri={REDIRECT}&code_verifier={VERIFIER}"
    )
}

fn client() -> OAuthClient {
    OAuthClient {
        client_id: "app".parse().unwrap(),
        name: "App".into(),
        public: true,
        redirect_uris: vec!["http://localhost:8080/callback".into()],
        grant_types: vec!["authorization_code".into(), "refresh_token".into()],
        response_types: vec!["code".into()],
        scope: "openid".into(),
        active: true,
    }
}

#[test]
fn what_is_ours_is_read_and_never_relayed() {
    let body = format!(
        "{}&include_user_data=true&include_credits=true",
        code_body()
    );
    let request = read(&event(&body)).unwrap();
    assert!(request.wants_data);
    assert_eq!(request.relayed.expose(), &code_body());
    let refresh = "grant_type=refresh_token&client_id=app&refresh_token=r&scope=a%20b";
    for (more, wants) in [
        ("", false),
        ("&include_credits=false", false),
        ("&include_credits=true", true),
        ("&include_user_data=true", false),
    ] {
        let request = read(&event(&format!("{refresh}{more}"))).unwrap();
        assert_eq!(request.wants_data, wants, "{more}");
        assert_eq!(request.relayed.expose(), refresh);
        assert_eq!(request.check(Some(&client())), Ok(()));
    }
}

#[test]
fn every_bad_request_has_its_code() {
    let without = |name: &str| {
        let body = code_body();
        let pairs = body
            .split('&')
            .filter(|pair| !pair.starts_with(&format!("{name}=")));
        pairs.collect::<Vec<_>>().join("&")
    };
    for (body, code) in [
        (String::new(), "invalid_request"),
        (without("grant_type"), "invalid_request"),
        (without("client_id"), "invalid_request"),
        (without("code"), "invalid_request"),
        (without("redirect_uri"), "invalid_request"),
        (without("code_verifier"), "invalid_request"),
        (code_body().replace(VERIFIER, "short"), "invalid_request"),
        (
            code_body().replace(VERIFIER, &"*".repeat(43)),
            "invalid_request",
        ),
        (
            code_body().replace(VERIFIER, &"v".repeat(129)),
            "invalid_request",
        ),
        (
            code_body().replace("client_id=app", "client_id=a%23b"),
            "invalid_client",
        ),
        (format!("{}&client_secret=s", code_body()), "invalid_client"),
        (
            format!("{}&client_assertion=s", code_body()),
            "invalid_client",
        ),
        (
            format!("{}&include_credits=yes", code_body()),
            "invalid_request",
        ),
        (format!("{}&code=other", code_body()), "invalid_request"),
        (
            "grant_type=password&client_id=app".into(),
            "unsupported_grant_type",
        ),
        (
            "grant_type=client_credentials&client_id=app".into(),
            "unsupported_grant_type",
        ),
        (
            "grant_type=refresh_token&client_id=app".into(),
            "invalid_request",
        ),
    ] {
        let error = ApiError::from(read(&event(&body)).unwrap_err());
        assert_eq!(error.code(), code, "{body}");
    }
    let mut with_secret = event(&code_body());
    with_secret["headers"]["authorization"] = json!("Basic YTpi");
    assert_eq!(read(&with_secret).unwrap_err(), HAS_SECRET);
}

#[test]
fn the_clients_record_decides_what_it_may_ask() {
    let request = read(&event(&code_body())).unwrap();
    let check = |change: fn(&mut OAuthClient)| {
        let mut client = client();
        change(&mut client);
        let checked = request.check(Some(&client));
        checked.err().map(|error| ApiError::from(error).code())
    };
    assert_eq!(check(|_| {}), None);
    assert_eq!(request.check(None), Err(UNKNOWN_CLIENT));
    for (change, code) in [
        (
            (|it| it.active = false) as fn(&mut OAuthClient),
            "invalid_client",
        ),
        (|it| it.public = false, "invalid_client"),
        (
            |it| it.grant_types = vec!["refresh_token".into()],
            "unauthorized_client",
        ),
        (
            |it| it.redirect_uris = vec!["http://localhost:8080/callback/".into()],
            "invalid_grant",
        ),
        (|it| it.redirect_uris.clear(), "invalid_grant"),
    ] {
        assert_eq!(check(change), Some(code));
    }
}
