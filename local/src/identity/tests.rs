//! Accepted tokens and the claims that functions get. `rejected` has the table
//! of rejected tokens.

mod rejected;

use super::discovery::discovery_document;
use super::{JwtAuthorizer, Rejection, TokenIssuer, TokenRequest, TokenUse};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

const NOW: i64 = 1_762_439_400;
const ISSUER: &str = "http://127.0.0.1:8787";
const APP: &str = "textassistant-desktop";
const SIGNING_KEY: &[u8] = include_bytes!("signing-key.pem");

fn issuer() -> TokenIssuer {
    TokenIssuer::new(ISSUER.to_owned(), APP.to_owned()).unwrap()
}

fn authorizer() -> JwtAuthorizer {
    let audiences = vec!["another".to_owned(), APP.to_owned()];
    JwtAuthorizer::new(ISSUER.to_owned(), audiences, &issuer().jwks()).unwrap()
}

fn key_id() -> String {
    issuer().jwks()["keys"][0]["kid"]
        .as_str()
        .unwrap()
        .to_owned()
}

fn read() -> Vec<String> {
    vec!["credits.read".to_owned()]
}

fn request() -> TokenRequest {
    TokenRequest::access("user-1", "credits.read user.info", "token-1")
}

fn issued(request: &TokenRequest) -> String {
    issuer().issue(request, NOW).unwrap()
}

fn claims() -> Value {
    json!({"iss": ISSUER, "sub": "user-1", "aud": APP, "exp": NOW + 60, "scope": "credits.read"})
}

/// A token with any header and payload, signed with any key.
fn signed(algorithm: Algorithm, kid: Option<&str>, claims: &Value, key: &EncodingKey) -> String {
    let mut header = Header::new(algorithm);
    header.kid = kid.map(str::to_owned);
    jsonwebtoken::encode(&header, claims, key).unwrap()
}

/// A token of our own key with these claims changed; null removes one.
fn with(changes: Value) -> String {
    let mut claims = claims();
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => claims.as_object_mut().unwrap().remove(name),
            value => claims
                .as_object_mut()
                .unwrap()
                .insert(name.clone(), value.clone()),
        };
    }
    let key = EncodingKey::from_rsa_pem(SIGNING_KEY).unwrap();
    signed(Algorithm::RS256, Some(&key_id()), &claims, &key)
}

#[test]
fn a_good_token_gives_its_claims_as_text() {
    let token = issued(&request());
    for header in [
        token.clone(),
        format!("Bearer {token}"),
        format!("bEARER  {token} "),
    ] {
        let accepted = authorizer().authorize(Some(&header), &read(), NOW).unwrap();
        let expected = [
            ("aud", APP),
            ("client_id", APP),
            ("exp", "1762443000"),
            ("iat", "1762439400"),
            ("iss", ISSUER),
            ("jti", "token-1"),
            ("scope", "credits.read user.info"),
            ("sub", "user-1"),
            ("token_use", "access"),
        ];
        let found: Vec<_> = accepted
            .claims
            .iter()
            .map(|(k, v)| (k.as_str(), v.as_str()))
            .collect();
        assert_eq!(found, expected);
        assert_eq!(accepted.scopes.unwrap(), ["credits.read", "user.info"]);
    }
}

#[test]
fn what_the_gateway_accepts_is_accepted() {
    let ours = EncodingKey::from_rsa_pem(SIGNING_KEY).unwrap();
    let id_token = TokenRequest {
        token_use: TokenUse::Id,
        ..request()
    };
    let cases = [
        issued(&id_token),
        issued(&TokenRequest {
            not_before: Some(NOW),
            ..request()
        }),
        issued(&TokenRequest {
            expires_in: i64::MAX,
            ..request()
        }),
        with(json!({"aud": ["x", APP]})),
        with(json!({"aud": null, "client_id": APP})),
        with(json!({"scope": null, "scp": ["x", "credits.read"]})),
        with(json!({"scope": null, "scp": "x credits.read"})),
        with(json!({"exp": NOW as f64 + 1.5})),
        signed(Algorithm::RS384, Some(&key_id()), &claims(), &ours),
        signed(Algorithm::RS512, Some(&key_id()), &claims(), &ours),
    ];
    for token in cases {
        assert!(
            authorizer().authorize(Some(&token), &read(), NOW).is_ok(),
            "{token}"
        );
    }
}

#[test]
fn a_route_asks_for_one_of_its_scopes() {
    let either = vec!["credits.charge".to_owned(), "user.info".to_owned()];
    let authorizer = authorizer();
    let token = issued(&request());
    assert!(authorizer.authorize(Some(&token), &either, NOW).is_ok());
    assert_eq!(
        authorizer.authorize(Some(&token), &[], NOW).unwrap().scopes,
        None
    );
    for scope in ["", "credits", "credits.read.more", "CREDITS.READ"] {
        let token = issued(&TokenRequest {
            scope: scope.to_owned(),
            ..request()
        });
        assert_eq!(
            authorizer.authorize(Some(&token), &read(), NOW),
            Err(Rejection::Forbidden),
            "{scope}"
        );
        assert!(authorizer.authorize(Some(&token), &[], NOW).is_ok());
    }
}

#[test]
fn a_service_is_its_own_subject() {
    let request =
        TokenRequest::client_credentials("inference-service", "credits.charge", "token-2");
    let charge = ["credits.charge".to_owned()];
    let accepted = authorizer()
        .authorize(Some(&issued(&request)), &charge, NOW)
        .unwrap();
    assert_eq!(accepted.claims["sub"], "inference-service");
    assert_eq!(accepted.claims["client_id"], "inference-service");
}

#[test]
fn the_documents_are_what_a_client_library_expects() {
    let jwks = issuer().jwks();
    let key = &jwks["keys"][0];
    for (name, value) in [
        ("kty", "RSA"),
        ("alg", "RS256"),
        ("use", "sig"),
        ("e", "AQAB"),
    ] {
        assert_eq!(key[name], value, "{name}");
    }
    assert!(key.get("d").is_none(), "the private part stays private");
    let document = discovery_document(ISSUER, &[]);
    assert_eq!(document["issuer"], ISSUER);
    assert_eq!(
        document["jwks_uri"],
        "http://127.0.0.1:8787/.well-known/jwks.json"
    );
    for broken in [
        json!({}),
        json!({"keys": [{"kty": "RSA", "kid": "k", "n": "!", "e": "!"}]}),
    ] {
        assert!(JwtAuthorizer::new(String::new(), Vec::new(), &broken).is_err());
    }
}

#[test]
fn a_token_that_was_good_once_is_looked_at_again_each_time() {
    let authorizer = authorizer();
    let token = issued(&request());
    let bearer = format!("Bearer {token}");
    let asked = |scope: &str, at: i64| {
        let answer = authorizer.authorize(Some(&bearer), &[scope.to_owned()], at);
        answer.map(|_| ())
    };
    for _ in 0..2 {
        assert_eq!(asked("credits.read", NOW), Ok(()));
        assert_eq!(asked("credits.charge", NOW), Err(Rejection::Forbidden));
        let expired = Rejection::Unauthorized("the token has expired");
        assert_eq!(asked("credits.read", NOW + 3600), Err(expired));
    }
    // The same claims under another signature are another token.
    let (signed, _) = token.rsplit_once('.').unwrap();
    let forged = format!("Bearer {signed}.AAAA");
    let forged = authorizer.authorize(Some(&forged), &read(), NOW);
    assert!(matches!(forged, Err(Rejection::Unauthorized(_))));
}
