//! Claims of a token, as the gateway hands them over: nobody but the subject, with every
//! scope that is needed, and never by an ID token.

use serde_json::{Value, json};
use shared::http::{Caller, Event, ScopePrefix, ServiceCaller};

use crate::target::{Problem, Target};

/// Claims as JSON.
pub(crate) const TARGET: Target = Target {
    name: "claims",
    about: "who a token's claims say is calling",
    longest: 1_024,
    run,
    seeds,
};

const NEEDED: [&[&str]; 3] = [
    &["credits.read"],
    &["credits.charge"],
    &["user.info", "credits.read"],
];

fn run(input: &[u8]) -> Result<(), Problem> {
    let Ok(claims) = serde_json::from_slice::<Value>(input) else {
        return Ok(());
    };
    let event = json!({"requestContext": {"authorizer": {"jwt": {"claims": claims}}}});
    let Ok(event) = serde_json::from_value::<Event>(event) else {
        return Ok(());
    };
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    for prefix in ["", "api/"] {
        for needed in NEEDED {
            let given = ScopePrefix::new(Some(prefix));
            let user = Caller::of(&event, &given, needed).ok();
            let service = ServiceCaller::of(&event, &given, needed).ok();
            if user.is_some() && service.is_some() {
                return Err("one token is a user's and a service's".to_string());
            }
            if user.is_none() && service.is_none() {
                continue;
            }
            if text("token_use").is_some_and(|kind| kind != "access") {
                return Err("an ID token is taken".to_string());
            }
            let scopes = text("scope").or_else(|| text("scp")).unwrap_or_default();
            let has = |scope: &&str| {
                let whole = format!("{prefix}{scope}");
                let mut granted =
                    scopes.split(|it: char| it.is_whitespace() || ['[', ']'].contains(&it));
                granted.any(|it| it == whole)
            };
            if !needed.iter().all(has) {
                return Err(format!("{scopes:?} is taken for {needed:?}"));
            }
            if let Some(user) = user
                && text("sub") != Some(user.user_id.as_str())
            {
                return Err(format!("{user:?} is not the subject"));
            }
            let client = text("client_id").or_else(|| text("azp"));
            if let Some(service) = service
                && client != Some(service.client.as_str())
            {
                return Err(format!("{service:?} is not the client"));
            }
        }
    }
    Ok(())
}

fn seeds() -> Vec<Vec<u8>> {
    let claims = [
        json!({"sub": "user-1", "scope": "credits.read user.info", "token_use": "access", "client_id": "app"}),
        json!({"sub": "service", "scope": "api/credits.charge", "client_id": "service"}),
        json!({"sub": "service@clients", "scp": "[credits.charge x]", "azp": "service"}),
        json!({"sub": "user-1", "scope": "credits.read", "token_use": "id", "aud": "app"}),
    ];
    claims
        .iter()
        .map(|it| it.to_string().into_bytes())
        .collect()
}
