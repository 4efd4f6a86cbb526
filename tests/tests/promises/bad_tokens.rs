//! Requests that must not get through: each is answered as API Gateway or the
//! function answers it, changes nothing at all, and leaves the world standing.

mod every_route;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use tests::{Served, dump};

/// A key that nobody published.
const OTHER_KEY: &[u8] = include_bytes!("../../../local/src/identity/other-key.pem");

const UNAUTHORIZED: &str = r#"{"message":"Unauthorized"}"#;
const FORBIDDEN: &str = r#"{"message":"Forbidden"}"#;
const NOT_FOUND: &str = r#"{"message":"Not Found"}"#;

/// What a request must come to; texts are parts of the body.
struct Case {
    name: &'static str,
    method: &'static str,
    path: String,
    authorization: Option<String>,
    status: u16,
    body: &'static str,
}

impl Case {
    /// A case of `GET /api/user/credits` with that token.
    fn token(
        name: &'static str,
        token: impl Into<String>,
        status: u16,
        body: &'static str,
    ) -> Self {
        Case {
            name,
            method: "GET",
            path: "/api/user/credits".into(),
            authorization: Some(token.into()),
            status,
            body,
        }
    }

    /// A case of another request with a good token.
    fn route(method: &'static str, path: &str, token: &str) -> Self {
        Case {
            name: "route",
            method,
            path: path.into(),
            authorization: Some(format!("Bearer {token}")),
            status: 404,
            body: NOT_FOUND,
        }
    }
}

/// Each case is answered as it should be, writes nothing, not even a rate
/// counter, and is followed by a good answer for a good token.
async fn check(served: &Served, cases: Vec<Case>) {
    let client = served.world.dynamodb.client();
    let good = served.token("free-user", "credits.read").await;
    for case in cases {
        let before = dump(&client).await;
        let headers = case.authorization.iter();
        let headers: Vec<_> = headers
            .map(|sent| ("authorization", sent.as_str()))
            .collect();
        let answer = served.send(case.method, &case.path, &headers, None).await;
        let Case {
            name, method, path, ..
        } = &case;
        let what = format!("{name}: {method} {path}");
        assert_eq!(answer.status, case.status, "{what}: {}", answer.text);
        if method != &"HEAD" {
            assert!(answer.text.contains(case.body), "{what}: {}", answer.text);
        }
        if case.status == 401 {
            assert!(
                answer.header("www-authenticate").starts_with("Bearer"),
                "{what}"
            );
        }
        assert_eq!(dump(&client).await, before, "{what} wrote something");
        served.advance("PT1M").await;
        assert_eq!(
            served.credits_with(&good, &[]).await.status,
            200,
            "after {what}"
        );
    }
}

/// A good token's header and claims, to be spoiled.
async fn good_claims(served: &Served) -> (Value, Value) {
    let token = served.token("free-user", "credits.read").await;
    let parts = token.split('.').take(2);
    let mut parts = parts.map(|part| {
        serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    });
    (parts.next().unwrap(), parts.next().unwrap())
}

fn raw(header: &Value, claims: &Value, signature: &str) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{signature}", part(header), part(claims))
}

/// The published key as PEM, for those who would use it as an HMAC secret.
fn public_pem(served: &Served) -> String {
    let jwks = served.world.issuer.jwks();
    let field = |name: &str| {
        let text = jwks["keys"][0][name].as_str().unwrap();
        URL_SAFE_NO_PAD.decode(text).unwrap()
    };
    let tlv = |tag: u8, content: &[u8]| {
        let length = u16::try_from(content.len()).unwrap().to_be_bytes();
        [&[tag, 0x82, length[0], length[1]], content].concat()
    };
    let modulus = tlv(0x02, &[&[0], field("n").as_slice()].concat());
    let der = tlv(0x30, &[modulus, tlv(0x02, &field("e"))].concat());
    let body = STANDARD.encode(der);
    format!("-----BEGIN RSA PUBLIC KEY-----\n{body}\n-----END RSA PUBLIC KEY-----\n")
}

#[tokio::test]
async fn a_token_that_is_missing_malformed_or_expired_is_unauthorized() {
    let served = Served::start().await;
    let good = served.token("free-user", "credits.read").await;
    let (head, _signature) = good.rsplit_once('.').unwrap();
    let expired = json!({"user": "free-user", "scope": "credits.read", "expiresIn": -60});
    let expired = served.token_of(expired).await;
    let none = Case {
        authorization: None,
        ..Case::token("no token", "", 401, UNAUTHORIZED)
    };
    let mut cases = vec![none, Case::token("expired", expired, 401, UNAUTHORIZED)];
    for (name, sent) in [
        ("empty", String::new()),
        ("the scheme alone", "Bearer ".into()),
        ("garbage", "Bearer garbage".into()),
        ("dots", "Bearer ...".into()),
        ("without a signature", format!("Bearer {head}")),
        ("with an empty signature", format!("Bearer {head}.")),
        ("another scheme", format!("Basic {good}")),
        ("the scheme twice", format!("Bearer Bearer {good}")),
        ("a letter too many", format!("Bearer {good}A")),
        (
            "longer than any token",
            format!("Bearer {}", "a".repeat(9_000)),
        ),
    ] {
        cases.push(Case::token(name, sent, 401, UNAUTHORIZED));
    }
    check(&served, cases).await;
}

#[tokio::test]
async fn a_token_that_another_signed_is_unauthorized() {
    let served = Served::start().await;
    let (header, claims) = good_claims(&served).await;
    let sign = |algorithm: Algorithm, key: &EncodingKey| {
        let mut signed = Header::new(algorithm);
        signed.kid = header["kid"].as_str().map(str::to_string);
        jsonwebtoken::encode(&signed, &claims, key).unwrap()
    };
    let other = sign(
        Algorithm::RS256,
        &EncodingKey::from_rsa_pem(OTHER_KEY).unwrap(),
    );
    let secret = EncodingKey::from_secret(public_pem(&served).as_bytes());
    let hmac = sign(Algorithm::HS256, &secret);
    let mut none = header.clone();
    none["alg"] = json!("none");
    let mut unknown = header.clone();
    unknown["kid"] = json!("another");
    let good = served.token("free-user", "credits.read").await;
    let (_, signature) = good.rsplit_once('.').unwrap();
    let mut richer = claims.clone();
    richer["sub"] = json!("pro-user");
    let cases = [
        ("another's key", other),
        ("HMAC with the public key", hmac),
        ("no algorithm", raw(&none, &claims, "")),
        ("no algorithm, a signature", raw(&none, &claims, signature)),
        ("an unknown key id", raw(&unknown, &claims, signature)),
        (
            "other claims, same signature",
            raw(&header, &richer, signature),
        ),
    ];
    let cases =
        cases.map(|(name, token)| Case::token(name, format!("Bearer {token}"), 401, UNAUTHORIZED));
    check(&served, cases.into()).await;
}

#[tokio::test]
async fn a_token_from_elsewhere_for_another_or_without_the_scope_does_not_get_through() {
    let served = Served::start().await;
    let mut cases = Vec::new();
    for (name, change, status, body) in [
        (
            "issuer",
            json!({"issuer": "https://issuer.example"}),
            401,
            UNAUTHORIZED,
        ),
        (
            "audience",
            json!({"audience": "another"}),
            401,
            UNAUTHORIZED,
        ),
        (
            "not yet",
            json!({"notBefore": "2035-01-01T00:00:00Z"}),
            401,
            UNAUTHORIZED,
        ),
        ("no scope", json!({"scope": ""}), 403, FORBIDDEN),
        (
            "another scope",
            json!({"scope": "user.info models.read"}),
            403,
            FORBIDDEN,
        ),
        (
            "an ID token",
            json!({"use": "id"}),
            401,
            r#"{"error":"unauthorized""#,
        ),
    ] {
        let mut order = json!({"user": "free-user", "scope": "credits.read"});
        let fields = change.as_object().unwrap().clone();
        order.as_object_mut().unwrap().extend(fields);
        let token = served.token_of(order).await;
        cases.push(Case::token(name, format!("Bearer {token}"), status, body));
    }
    check(&served, cases).await;
}

#[tokio::test]
async fn a_subject_that_is_not_a_user_id_is_unauthorized_by_the_function() {
    let served = Served::start().await;
    let mut cases = Vec::new();
    let long = "a".repeat(129);
    for subject in [
        "", ".", "..", "a b", "a#b", "a/b", "ü", "a\nb", "a\u{0}b", "%2e", &long,
    ] {
        let token = served.token(subject, "credits.read").await;
        let expected = r#"{"error":"unauthorized""#;
        cases.push(Case::token(
            "subject",
            format!("Bearer {token}"),
            401,
            expected,
        ));
    }
    check(&served, cases).await;
}

#[tokio::test]
async fn an_unknown_route_is_not_found_with_or_without_a_token() {
    let served = Served::start().await;
    let token = served.token("free-user", "credits.read").await;
    let mut cases = Vec::new();
    for (method, path) in [
        // A GET of it is the local world's front door.
        ("POST", "/"),
        ("GET", "/nowhere"),
        ("GET", "/api/users"),
        ("GET", "/api/users/free-user"),
        ("GET", "/api/user/credits/"),
        ("GET", "//api/user/credits"),
        ("GET", "/api//user/credits"),
        ("GET", "/api/user//credits"),
        ("GET", "/API/user/credits"),
        ("GET", "/api/user/credits/extra"),
        ("GET", "/api/user/credits%2F"),
        ("GET", "/prod/api/user/credits"),
        ("POST", "/api/user/credits"),
        ("PUT", "/api/user/credits"),
        ("DELETE", "/api/user/credits"),
        ("PATCH", "/api/user/credits"),
        ("HEAD", "/api/user/credits"),
        ("OPTIONS", "/api/user/credits"),
    ] {
        let case = Case::route(method, path, &token);
        cases.push(Case {
            authorization: None,
            ..Case::route(method, path, &token)
        });
        cases.push(case);
    }
    check(&served, cases).await;
}

#[tokio::test]
async fn headers_beyond_what_the_gateway_takes_are_refused() {
    let served = Served::start().await;
    let token = served.token("free-user", "credits.read").await;
    let padding = "p".repeat(11_000);
    let answer = served
        .credits_with(&token, &[("x-padding", &padding)])
        .await;
    assert_eq!(answer.status, 431);
    assert_eq!(served.credits_with(&token, &[]).await.status, 200);
}
