//! Invalid tokens: forged ones, and genuine ones with invalid claims.

use super::*;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

const OTHER_KEY: &[u8] = include_bytes!("../other-key.pem");

/// Header and payload as written, with an empty signature or a given one.
fn raw(header: &Value, payload: &str, signature: &str) -> String {
    let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
    format!(
        "{}.{}.{signature}",
        encode(&header.to_string()),
        encode(payload)
    )
}

/// The public key as PEM, for attacks that use it as an HMAC secret.
fn public_pem() -> String {
    let field = |name: &str| {
        URL_SAFE_NO_PAD
            .decode(issuer().jwks()["keys"][0][name].as_str().unwrap())
            .unwrap()
    };
    let tlv = |tag: u8, content: &[u8]| {
        let length = u16::try_from(content.len()).unwrap().to_be_bytes();
        [&[tag, 0x82, length[0], length[1]], content].concat()
    };
    let modulus = tlv(0x02, &[&[0], field("n").as_slice()].concat());
    let der = tlv(0x30, &[modulus, tlv(0x02, &field("e"))].concat());
    format!(
        "-----BEGIN RSA PUBLIC KEY-----\n{}\n-----END RSA PUBLIC KEY-----\n",
        STANDARD.encode(der)
    )
}

/// Each token gets 401 for this reason, with and without the prefix, on routes
/// with and without scopes.
fn check<const N: usize>(cases: [(&str, String, &str); N]) {
    let authorizer = authorizer();
    for (name, token, expected) in cases {
        for (header, scopes) in [(format!("Bearer {token}"), read()), (token, Vec::new())] {
            match authorizer.authorize(Some(&header), &scopes, NOW) {
                Err(Rejection::Unauthorized(reason)) => {
                    assert!(reason.contains(expected), "{name}: {reason}");
                }
                other => panic!("{name}: {other:?}"),
            }
        }
    }
}

#[test]
fn a_request_without_a_token_is_unauthorized() {
    for header in [None, Some(""), Some("  ")] {
        let rejected = authorizer().authorize(header, &read(), NOW);
        assert_eq!(rejected, Err(Rejection::Unauthorized("there is no token")));
    }
}

#[test]
fn a_malformed_token_is_unauthorized() {
    let good = issued(&request());
    let (head, signature) = good.rsplit_once('.').unwrap();
    let none = json!({"alg": "none", "kid": key_id()});
    check([
        ("garbage", "garbage".to_owned(), "malformed"),
        ("dots", "...".to_owned(), "malformed"),
        ("another scheme", format!("Basic {good}"), "malformed"),
        (
            "the scheme twice",
            format!("Bearer Bearer {good}"),
            "malformed",
        ),
        ("two parts", head.to_owned(), "malformed"),
        ("not ASCII", "é.é.é".to_owned(), "malformed"),
        (
            "100 KB",
            with(json!({"padding": "x".repeat(100_000)})),
            "too long",
        ),
        (
            "alg none",
            raw(&none, &claims().to_string(), ""),
            "malformed",
        ),
        (
            "alg none, signed",
            raw(&none, &claims().to_string(), signature),
            "malformed",
        ),
    ]);
}

#[test]
fn a_forged_token_is_unauthorized() {
    let ours = EncodingKey::from_rsa_pem(SIGNING_KEY).unwrap();
    let theirs = EncodingKey::from_rsa_pem(OTHER_KEY).unwrap();
    let kid = key_id();
    let with_kid = |algorithm, key: &EncodingKey| signed(algorithm, Some(&kid), &claims(), key);
    let hmac = |secret: &str| {
        with_kid(
            Algorithm::HS256,
            &EncodingKey::from_secret(secret.as_bytes()),
        )
    };
    let good = issued(&request());
    let (head, signature) = good.rsplit_once('.').unwrap();
    let (header, _) = head.split_once('.').unwrap();
    let forged = URL_SAFE_NO_PAD.encode(claims().to_string());
    let algorithm = "algorithm is not accepted";
    let key = "key is not known";
    let broken = "signature or payload does not hold";
    check([
        ("HS256 with the public key", hmac(&public_pem()), algorithm),
        (
            "HS256 with the key set",
            hmac(&issuer().jwks().to_string()),
            algorithm,
        ),
        ("PS256", with_kid(Algorithm::PS256, &ours), algorithm),
        (
            "no kid",
            signed(Algorithm::RS256, None, &claims(), &ours),
            key,
        ),
        (
            "an unknown kid",
            signed(Algorithm::RS256, Some("k"), &claims(), &ours),
            key,
        ),
        ("another key", with_kid(Algorithm::RS256, &theirs), broken),
        (
            "another payload",
            format!("{header}.{forged}.{signature}"),
            broken,
        ),
        ("no signature", format!("{head}."), broken),
        (
            "no object",
            signed(Algorithm::RS256, Some(&kid), &json!([]), &ours),
            broken,
        ),
    ]);
}

#[test]
fn a_token_outside_its_time_is_unauthorized() {
    let expires_in = |seconds| {
        issued(&TokenRequest {
            expires_in: seconds,
            ..request()
        })
    };
    let not_before = |seconds| {
        issued(&TokenRequest {
            not_before: Some(seconds),
            ..request()
        })
    };
    check([
        ("expired", expires_in(-1), "has expired"),
        ("expires now", expires_in(0), "has expired"),
        ("expired long ago", expires_in(i64::MIN), "has expired"),
        ("no exp", with(json!({"exp": null})), "has expired"),
        (
            "exp as text",
            with(json!({"exp": (NOW + 60).to_string()})),
            "has expired",
        ),
        ("not yet valid", not_before(NOW + 1), "not valid yet"),
        ("nbf as text", with(json!({"nbf": "0"})), "not valid yet"),
        (
            "issued tomorrow",
            with(json!({"iat": NOW + 86_400})),
            "not valid yet",
        ),
    ]);
}

#[test]
fn a_token_of_or_for_another_is_unauthorized() {
    let issuer = |name: &str| {
        issued(&TokenRequest {
            issuer: Some(name.to_owned()),
            ..request()
        })
    };
    let audience = |name: &str| {
        issued(&TokenRequest {
            audience: Some(name.to_owned()),
            ..request()
        })
    };
    check([
        ("another issuer", issuer("http://x"), "issuer"),
        ("almost the issuer", issuer(&format!("{ISSUER}/")), "issuer"),
        ("no issuer", with(json!({"iss": null})), "issuer"),
        (
            "a list of issuers",
            with(json!({"iss": [ISSUER]})),
            "issuer",
        ),
        ("another audience", audience("x"), "audience"),
        (
            "aud counts before client_id",
            with(json!({"aud": ["x"], "client_id": APP})),
            "audience",
        ),
        (
            "an empty list of audiences",
            with(json!({"aud": []})),
            "audience",
        ),
        (
            "another client",
            with(json!({"aud": null, "client_id": "x"})),
            "audience",
        ),
        (
            "neither aud nor client_id",
            with(json!({"aud": null})),
            "audience",
        ),
    ]);
}
