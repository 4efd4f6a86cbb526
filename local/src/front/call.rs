//! Calls of the API through the gateway, as an app or the inference service makes them, but
//! without the limits per minute: the page must not use up what the user's app may ask.

use serde_json::Value;
use shared::domain::UserId;
use shared::host::clock::Clock;

use crate::gateway::Request;
use crate::identity::{TokenRequest, token_id};
use crate::world::World;

/// The client whose name stands in the ledger beside what the page charges.
pub(super) const SERVICE: &str = "inference-service";

/// Who calls.
#[derive(Clone, Copy)]
pub(super) enum Caller<'a> {
    /// A user's app, with these scopes.
    User(&'a UserId, &'static str),
    /// The inference service, which may charge.
    Service,
    /// Nobody: there is no token.
    Nobody,
}

/// The body of a call.
pub(super) enum Body {
    None,
    Json(Value),
    Form(String),
}

/// A call before it is made.
pub(super) struct Call<'a> {
    pub(super) caller: Caller<'a>,
    pub(super) method: &'static str,
    pub(super) path: String,
    pub(super) query: String,
    /// The `Idempotency-Key`.
    pub(super) key: Option<&'a str>,
    pub(super) body: Body,
}

/// A call and its answer.
#[derive(Clone, Debug)]
pub(super) struct Answered {
    /// The method and the path.
    pub(super) asked: String,
    /// The `Idempotency-Key`.
    pub(super) key: Option<String>,
    /// The body that was sent.
    pub(super) sent: Option<Value>,
    pub(super) status: u16,
    /// Whether it is the recorded answer of an earlier call.
    pub(super) replayed: bool,
    /// The answer's body; null if it is no JSON.
    pub(super) body: Value,
}

impl<'a> Call<'a> {
    /// A GET.
    pub(super) fn get(caller: Caller<'a>, path: &str) -> Self {
        Call {
            caller,
            method: "GET",
            path: path.to_string(),
            query: String::new(),
            key: None,
            body: Body::None,
        }
    }

    /// A POST.
    pub(super) fn post(caller: Caller<'a>, path: &str, body: Body) -> Self {
        Call {
            method: "POST",
            body,
            ..Call::get(caller, path)
        }
    }

    /// Makes the call.
    pub(super) async fn make(self, world: &World) -> Answered {
        let (bytes, kind, sent) = match self.body {
            Body::None => (Vec::new(), None, None),
            Body::Json(body) => (
                body.to_string().into_bytes(),
                Some("application/json"),
                Some(body),
            ),
            Body::Form(form) => (
                form.into_bytes(),
                Some("application/x-www-form-urlencoded"),
                None,
            ),
        };
        let token = token(world, self.caller);
        let bearer = token.map(|token| format!("Bearer {token}"));
        let headers = [
            ("authorization", bearer.as_deref()),
            ("content-type", kind),
            ("idempotency-key", self.key),
        ];
        let headers = headers.into_iter().filter_map(|(name, value)| {
            let value = value?.to_string();
            Some((name.to_string(), value))
        });
        let request = Request {
            method: self.method.to_string(),
            path: self.path.clone(),
            query: self.query,
            headers: headers.collect(),
            body: bytes,
            source_ip: "127.0.0.1".to_string(),
        };
        let reply = world.page_gateway.handle(request).await;
        Answered {
            asked: format!("{} {}", self.method, self.path),
            key: self.key.map(str::to_string),
            sent,
            status: reply.status,
            replayed: reply.headers.contains_key("idempotent-replayed"),
            body: serde_json::from_slice(&reply.body).unwrap_or_default(),
        }
    }
}

impl Answered {
    /// Whether it was done.
    pub(super) fn is_done(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// A text of the answer's body; empty if there is none.
    pub(super) fn text(&self, name: &str) -> &str {
        let value = self.body.get(name).and_then(Value::as_str);
        value.unwrap_or_default()
    }

    /// What the answer says is wrong: its description, the fields, or the gateway's word.
    pub(super) fn problem(&self) -> String {
        let described = [self.text("error_description"), self.text("message")];
        let described = described.into_iter().find(|text| !text.is_empty());
        let mut problem = described.unwrap_or("The answer says no more.").to_string();
        let fields = self.body.get("fields").and_then(Value::as_object);
        for (name, text) in fields.into_iter().flatten() {
            problem += &format!(" {name}: {}.", text.as_str().unwrap_or_default());
        }
        problem
    }
}

/// A token for an hour, as the issuer would give it; none for nobody.
fn token(world: &World, caller: Caller<'_>) -> Option<String> {
    let now = world.clock.now();
    let id = token_id(now, world.entropy.bytes());
    let request = match caller {
        Caller::User(user, scope) => TokenRequest::access(user.as_str(), scope, &id),
        Caller::Service => TokenRequest::client_credentials(SERVICE, "credits.charge", &id),
        Caller::Nobody => return None,
    };
    // Without a token the gateway answers 401, which is then shown.
    world.issuer.issue(&request, now.unix_seconds()).ok()
}
