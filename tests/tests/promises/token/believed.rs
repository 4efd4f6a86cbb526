//! A token is believed if the issuer signed it for this client and it counts now. The
//! same tokens that every other route refuses yield nothing here: the tokens go back as
//! they came, without data, and nobody is created.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::ground::{Ground, KEY, OTHER_KEY};

fn raw(header: &Value, claims: &Value, signature: &str) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{signature}", part(header), part(claims))
}

/// A good token whose claims were changed after it was signed.
fn tampered(good: &str, claims: &Value) -> String {
    let mut parts = good.split('.');
    let (header, _, signature) = (parts.next(), parts.next(), parts.next());
    let claims = URL_SAFE_NO_PAD.encode(claims.to_string());
    format!("{}.{claims}.{}", header.unwrap(), signature.unwrap())
}

fn bad_tokens(ground: &Ground, user: &str) -> Vec<(&'static str, String)> {
    let access = |changes: Value| ground.access(user, &changes);
    let claims = ground.access_claims(user);
    let good = access(json!({}));
    let signature = good.rsplit('.').next().unwrap();
    let kid = ground.world.issuer.jwks()["keys"][0]["kid"].clone();
    let now = claims["iat"].as_i64().unwrap();
    vec![
        ("nothing", String::new()),
        ("an opaque token", "opaque".into()),
        ("two parts", good.rsplit_once('.').unwrap().0.to_string()),
        ("four parts", format!("{good}.{signature}")),
        ("a key of others", ground.forged(user, OTHER_KEY, |_| {})),
        (
            "an unknown key",
            ground.forged(user, KEY, |it| it.kid = Some("other".into())),
        ),
        ("no key", ground.forged(user, KEY, |it| it.kid = None)),
        (
            "no algorithm",
            raw(&json!({"alg": "none", "kid": kid}), &claims, ""),
        ),
        (
            "HMAC",
            raw(&json!({"alg": "HS256", "kid": kid}), &claims, signature),
        ),
        (
            "RS512",
            ground.forged(user, KEY, |it| it.alg = jsonwebtoken::Algorithm::RS512),
        ),
        (
            "an extension",
            raw(
                &json!({"alg": "RS256", "kid": kid, "crit": ["x"]}),
                &claims,
                signature,
            ),
        ),
        (
            "no signature",
            raw(&json!({"alg": "RS256", "kid": kid}), &claims, ""),
        ),
        (
            "tampered",
            tampered(&good, &ground.access_claims("free-user")),
        ),
        ("expired", access(json!({"exp": now}))),
        ("no expiry", access(json!({"exp": null}))),
        ("not yet", access(json!({"nbf": now + 3600}))),
        (
            "another issuer",
            access(json!({"iss": "https://issuer.example"})),
        ),
        ("no issuer", access(json!({"iss": null}))),
        ("another audience", access(json!({"aud": "another-app"}))),
        (
            "another client",
            access(json!({"client_id": "inference-service"})),
        ),
        (
            "another party",
            access(json!({"client_id": null, "azp": "another-app"})),
        ),
        (
            "for nobody",
            access(json!({"aud": null, "client_id": null})),
        ),
        ("an ID token", access(json!({"token_use": "id"}))),
        ("no subject", access(json!({"sub": null}))),
        ("no user's subject", access(json!({"sub": "a#b"}))),
        (
            "the client itself",
            access(json!({"sub": "textassistant-desktop"})),
        ),
        ("claims that are none", access(json!({"exp": "tomorrow"}))),
    ]
}

#[tokio::test]
async fn a_token_that_is_not_believed_goes_back_without_data_and_creates_nobody() {
    let ground = Ground::new().await;
    let before = ground.tables().await;
    for user in ["pro-user", "a-stranger"] {
        for (what, token) in bad_tokens(&ground, user) {
            // So that an unknown key is looked for every time.
            ground.world.clock.advance("PT11S").unwrap();
            let answered = ground.sign_in(&token, None).await;
            assert_eq!(answered.body.get("user"), None, "{what}");
            assert_eq!(ground.trouble().len(), 1, "{what}");
            let answered = ground.refresh(&token).await;
            assert_eq!(answered.body.get("credits"), None, "{what}");
            assert_eq!(ground.trouble().len(), 1, "{what}");
        }
    }
    assert_eq!(ground.tables().await, before);
}

#[tokio::test]
async fn audiences_are_judged_as_the_gateway_judges_them() {
    let ground = Ground::new().await;
    for changes in [
        json!({}),
        json!({"aud": null}),
        json!({"aud": ["https://api.example", "textassistant-desktop"]}),
        json!({"aud": "inference-service"}),
        json!({"client_id": null, "azp": "textassistant-desktop"}),
        json!({"client_id": null}),
        json!({"token_use": null}),
        json!({"nbf": ground.access_claims("u")["iat"]}),
    ] {
        let answered = ground
            .sign_in(&ground.access("pro-user", &changes), None)
            .await;
        assert_eq!(answered.body["user"]["userId"], "pro-user", "{changes}");
    }
}
