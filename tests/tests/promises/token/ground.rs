//! A world, an issuer on loopback that signs with the world's key, and the function
//! between them.

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use local::World;
use serde_json::{Value, json};
use shared::host::clock::Clock;
use shared::http::Event;
use tests::{Tables, dump, world};

use super::upstream::{Reply, Upstream};
use crate::routes::{recorded, token_function};

/// The key of the local world, and one that nobody published.
pub(crate) const KEY: &[u8] = include_bytes!("../../../../local/src/identity/signing-key.pem");
pub(crate) const OTHER_KEY: &[u8] = include_bytes!("../../../../local/src/identity/other-key.pem");

pub(crate) const CLIENT: &str = "textassistant-desktop";
pub(crate) const CODE: &str = "4f8c1d2e-6b7a-4c3d-9e0f-a1b2c3d4e5f6";
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const SCOPE: &str = "openid email user.info credits.read models.read billing.manage";

/// A code grant, without anything that is ours.
pub(crate) fn code_form() -> String {
    format!(
        "grant_type=authorization_code&client_id={CLIENT}&code={CODE}\
         &redirect_uri=http%3A%2F%2Flocalhost%3A8080%2Fcallback&code_verifier={VERIFIER}"
    )
}

/// A refresh, without anything that is ours.
pub(crate) fn refresh_form() -> String {
    format!("grant_type=refresh_token&client_id={CLIENT}&refresh_token=r-1")
}

pub(crate) struct Ground {
    pub(crate) world: World,
    pub(crate) issuer: Upstream,
    pub(crate) app: token::App,
}

/// An answer: its status, its headers, and its body read and as it came.
pub(crate) struct Answered {
    pub(crate) status: u64,
    pub(crate) headers: Value,
    pub(crate) body: Value,
    pub(crate) text: String,
}

impl Ground {
    pub(crate) async fn new() -> Self {
        let world = world().await;
        let issuer = Upstream::start(&world.issuer.jwks()).await;
        let app = token_function(&world, &issuer.url);
        Ground { world, issuer, app }
    }

    fn header(&self) -> Header {
        let mut header = Header::new(Algorithm::RS256);
        let jwks = self.world.issuer.jwks();
        header.kid = jwks["keys"][0]["kid"].as_str().map(str::to_string);
        header
    }

    /// A token whose claims are the usual ones of a kind but for some changes; null
    /// leaves a claim out.
    pub(crate) fn signed(
        &self,
        usual: &Value,
        changes: &Value,
        key: &[u8],
        head: &Header,
    ) -> String {
        let mut claims = usual.clone();
        for (name, value) in changes.as_object().unwrap() {
            match value {
                Value::Null => claims.as_object_mut().unwrap().remove(name),
                value => claims
                    .as_object_mut()
                    .unwrap()
                    .insert(name.clone(), value.clone()),
            };
        }
        let key = EncodingKey::from_rsa_pem(key).unwrap();
        jsonwebtoken::encode(head, &claims, &key).unwrap()
    }

    /// The claims of an access token of a user.
    pub(crate) fn access_claims(&self, user: &str) -> Value {
        let now = self.world.clock.now().unix_seconds();
        json!({
            "iss": self.world.base_url, "sub": user, "aud": CLIENT, "client_id": CLIENT,
            "iat": now, "exp": now + 3600, "token_use": "access", "scope": SCOPE, "jti": "j",
        })
    }

    pub(crate) fn access(&self, user: &str, changes: &Value) -> String {
        self.signed(&self.access_claims(user), changes, KEY, &self.header())
    }

    /// The same, signed with another key or under another header.
    pub(crate) fn forged(&self, user: &str, key: &[u8], change: fn(&mut Header)) -> String {
        let mut header = self.header();
        change(&mut header);
        self.signed(&self.access_claims(user), &json!({}), key, &header)
    }

    /// An ID token of a user with a verified address.
    pub(crate) fn id(&self, user: &str, email: &str, changes: &Value) -> String {
        let now = self.world.clock.now().unix_seconds();
        let usual = json!({
            "iss": self.world.base_url, "sub": user, "aud": CLIENT, "iat": now, "exp": now + 3600,
            "token_use": "id", "email": email, "email_verified": true, "name": "New User",
        });
        self.signed(&usual, changes, KEY, &self.header())
    }

    /// Has the issuer answer with these tokens; what it answers.
    pub(crate) fn gives(&self, access: &str, id: Option<&str>) -> String {
        let mut tokens = json!({
            "access_token": access, "expires_in": 3600, "refresh_token": "r-2",
            "scope": SCOPE, "token_type": "Bearer",
        });
        if let Some(id) = id {
            tokens["id_token"] = json!(id);
        }
        // Spaced as nobody else would space it.
        let text = tokens.to_string().replace("\":", "\" : ");
        self.issuer.answers(Reply::Of(200, text.clone()));
        text
    }

    /// Asks for tokens with a form.
    pub(crate) async fn ask(&self, form: &str) -> Answered {
        let mut event = recorded("post-token.json");
        event["isBase64Encoded"] = json!(false);
        event["body"] = json!(form);
        self.send(&event).await
    }

    /// Asks with any event.
    pub(crate) async fn send(&self, event: &Value) -> Answered {
        let event: Event = serde_json::from_value(event.clone()).unwrap();
        let response = serde_json::to_value(self.app.handle(event).await).unwrap();
        let text = response["body"].as_str().unwrap().to_string();
        Answered {
            status: response["statusCode"].as_u64().unwrap(),
            headers: response["headers"].clone(),
            body: serde_json::from_str(&text).unwrap(),
            text,
        }
    }

    /// Signs a user in with a code, asking for their data.
    pub(crate) async fn sign_in(&self, access: &str, id: Option<&str>) -> Answered {
        self.gives(access, id);
        let answered = self
            .ask(&format!("{}&include_user_data=true", code_form()))
            .await;
        assert_eq!(answered.status, 200, "{}", answered.text);
        assert_eq!(answered.body["access_token"], access);
        answered
    }

    /// Refreshes tokens, asking for credits.
    pub(crate) async fn refresh(&self, access: &str) -> Answered {
        self.gives(access, None);
        let answered = self
            .ask(&format!("{}&include_credits=true", refresh_form()))
            .await;
        assert_eq!(answered.status, 200, "{}", answered.text);
        answered
    }

    pub(crate) async fn tables(&self) -> Tables {
        dump(&self.world.dynamodb.client()).await
    }

    /// What the lines since the last call say of trouble.
    pub(crate) fn trouble(&self) -> Vec<String> {
        let lines = self.world.log.take().into_iter();
        let lines = lines.map(|line| serde_json::from_str::<Value>(&line).unwrap());
        lines
            .filter_map(|line| line["trouble"].as_str().map(str::to_string))
            .collect()
    }
}
