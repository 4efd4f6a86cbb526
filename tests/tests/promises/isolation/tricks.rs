//! What somebody might send to be taken for another: parameters, headers,
//! bodies, paths, forged tokens and look-alike names. Each list is meant to be
//! added to; the suites try every entry on every route.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::planted::VICTIM;

/// What comes with a request besides its method, path and token.
pub(super) struct Trick {
    pub(super) query: String,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: String,
}

/// Names under which frameworks and proxies take a user from a request.
const PARAMETERS: [&str; 9] = [
    "userId", "user_id", "userid", "user", "sub", "id", "uid", "pk", "as",
];

const HEADERS: [&str; 16] = [
    "x-user-id",
    "x-userid",
    "x-user",
    "x-sub",
    "x-auth-user",
    "x-authenticated-user",
    "x-authenticated-userid",
    "x-forwarded-user",
    "x-forwarded-preferred-username",
    "x-remote-user",
    "remote-user",
    "x-amzn-oidc-identity",
    "x-amzn-request-context",
    "x-apigateway-event",
    "from",
    "x-on-behalf-of",
];

/// Headers that proxies use to say where a request really went.
const FORWARDING: [&str; 7] = [
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-path",
    "x-original-url",
    "x-rewrite-url",
    "x-forwarded-uri",
    "x-http-method-override",
];

/// A request context as API Gateway would hand it over, were it believed.
fn context() -> Value {
    let claims = json!({"sub": VICTIM, "scope": "user.info credits.read"});
    json!({"requestContext": {"authorizer": {"jwt": {"claims": claims}}}, "sub": VICTIM})
}

/// All of a kind at once: were any of them believed, the answer would differ.
pub(super) fn tricks() -> Vec<Trick> {
    let trick = |query: String, headers: Vec<(&'static str, String)>| Trick {
        query,
        headers,
        body: String::new(),
    };
    let all = |names: &[&'static str], value: &str| {
        let headers = names.iter().map(|name| (*name, value.to_string()));
        headers.collect::<Vec<_>>()
    };
    let queries = PARAMETERS.map(|name| format!("{name}={VICTIM}"));
    let twice = PARAMETERS.map(|name| format!("{name}=USER%23{VICTIM}&{name}={VICTIM}"));
    let elsewhere = format!("/api/users/{VICTIM}/credits");
    let mut tricks = vec![
        trick(queries.join("&"), vec![]),
        trick(twice.join("&"), vec![]),
        trick(String::new(), all(&HEADERS, VICTIM)),
        trick(String::new(), all(&HEADERS, &context().to_string())),
        trick(String::new(), all(&FORWARDING, &elsewhere)),
    ];
    let cookie = format!("sub={VICTIM}; userId={VICTIM}; session={VICTIM}");
    tricks.push(trick(String::new(), vec![("cookie", cookie)]));
    tricks.push(trick(
        format!("userId={VICTIM}&routeKey=GET%20/api/users/{{userId}}/credits"),
        vec![("x-user-id", VICTIM.into()), ("x-user-id", VICTIM.into())],
    ));
    tricks.push(Trick {
        query: String::new(),
        headers: vec![("content-type", "application/json".into())],
        body: context().to_string(),
    });
    tricks
}

/// Paths that mean another's data to somebody, and nothing to us.
pub(super) fn paths() -> Vec<String> {
    let mut paths: Vec<String> = [
        "/api/user/..",
        "/api/user/../users",
        "/api/user/%2e%2e/users",
        "/api/user/credits/..",
        "/api/user/credits/../profile",
        "/api/user/credits%2Fhistory",
        "/api/user%2Fprofile",
        "/api/user%252Fprofile",
        "/API/USER/PROFILE",
        "/api/User/profile",
        "/api/user/profile/",
        "//api/user/profile",
        "/api//user/profile",
        "/./api/user/profile",
        "/api/user/profile%00",
        "/api/user/profile%20",
        "/api/user/profile;a=b",
        "/api/user/profile.json",
        "/api/user/profile%",
        "/api/user/profile%ff",
        "/api/user/\u{ff50}rofile",
        "/api/users",
        "/api/users/",
        "/api/users//credits",
        "/api/users/./credits",
        "/api/users/../credits",
        "/api/users/%2e%2e/credits",
        "/_local",
        "/_local/token",
    ]
    .map(str::to_string)
    .into();
    for template in [
        "/api/user/VICTIM",
        "/api/user/VICTIM/profile",
        "/api/user/profile/VICTIM",
        "/api/user/credits/VICTIM",
        "/api/user/credits/../../users/VICTIM/credits",
        "/api/user/credits/%2e%2e/%2e%2e/users/VICTIM/credits",
        "/api/user/credits/..%2f..%2fusers%2fVICTIM%2fcredits",
        "/api/user/credits/..%252f..%252fusers%252fVICTIM%252fcredits",
        "/api/user/credits/../../users/VICTIM/%63redits",
        "/api/users/VICTIM",
        "/api/users/VICTIM/profile",
        "/api/users/VICTIM/preferences",
        "/api/users/VICTIM/credits",
        "/api/users/VICTIM/credits/history",
        "/api/users/%56ICTIM/credits",
        "/api/users/VICTIM%00/credits",
        "/api/users/VICTIM%2f/credits",
        "/api/users/x%2f..%2fVICTIM/credits",
        "/api/users/x%252f..%252fVICTIM/credits",
        "/api/users/VICTIM%23/credits",
        "/api/users/VICTIM/charges",
        "/api/users/VICTIM/holds/a-hold/release",
        "/users/USER%23VICTIM/PROFILE",
    ] {
        paths.push(template.replace("VICTIM", VICTIM));
    }
    paths
}

/// Tokens that say they are the victim's and are signed by nobody.
pub(super) fn forged_tokens(own: &str) -> Vec<String> {
    let parts: Vec<&str> = own.split('.').collect();
    let decoded = URL_SAFE_NO_PAD.decode(parts[1]).unwrap();
    let mut claims: Value = serde_json::from_slice(&decoded).unwrap();
    claims["sub"] = json!(VICTIM);
    let claims = URL_SAFE_NO_PAD.encode(claims.to_string());
    let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
    vec![
        format!("{}.{claims}.{}", parts[0], parts[2]),
        format!("{}.{claims}.", parts[0]),
        format!("{none}.{claims}."),
        VICTIM.to_string(),
    ]
}

/// Subjects that some layer might take for the victim, were it to trim, fold,
/// decode or concatenate them.
pub(super) fn subjects() -> Vec<String> {
    [
        "VICTIM ",
        " VICTIM",
        "VICTIM\u{0}",
        "VICTIM\n",
        "VICTIM#",
        "VICTIM|",
        "VICTIM.",
        "VICTIM/",
        "./VICTIM",
        "x/../VICTIM",
        "USER#VICTIM",
        "VICTIM#PROFILE",
        "VICTIM/ACCOUNT",
        "%56ictoria",
        "Victoria",
        "VICTORIA",
        "v\u{131}ctoria",
        "victor\u{456}a",
        "victoria@example.com",
        "m4rk3r",
        "*",
        "%",
        ".",
        "..",
        "",
    ]
    .map(|subject| subject.replace("VICTIM", VICTIM))
    .into()
}
