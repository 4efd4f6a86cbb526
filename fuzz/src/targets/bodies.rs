//! Bodies of requests on the real handlers: none makes a 500, what is invalid writes
//! nothing, and what was done is answered alike again.

use std::cell::RefCell;
use std::collections::BTreeMap;

use local::gateway::{Reply, Request};
use local::identity::TokenRequest;
use local::{World, WorldOptions};
use serde_json::Value;
use shared::host::clock::Clock;
use tokio::runtime::Runtime;

use crate::draw::Draw;
use crate::seeds;
use crate::target::{Problem, Target};

/// The number of a route in one byte, and a body.
pub(crate) const TARGET: Target = Target {
    name: "bodies",
    about: "bodies of requests, on the handlers and tables of the local world",
    longest: 4_096,
    run,
    seeds: bodies,
};

/// Method, path, whether a service calls, and the recorded body.
const ROUTES: [(&str, &str, bool, &str); 9] = [
    ("POST", "/api/users/free-user/charges", true, "post-charge"),
    (
        "POST",
        "/api/users/free-user/charges/batch",
        true,
        "post-charges-batch",
    ),
    ("POST", "/api/users/free-user/holds", true, "post-hold"),
    (
        "POST",
        "/api/users/free-user/holds/{hold}/extend",
        true,
        "post-hold-extend",
    ),
    (
        "POST",
        "/api/users/free-user/holds/{hold}/report",
        true,
        "post-hold-report",
    ),
    (
        "POST",
        "/api/users/free-user/holds/{hold}/commit",
        true,
        "post-hold-commit",
    ),
    (
        "POST",
        "/api/users/free-user/holds/{hold}/release",
        true,
        "post-hold-release",
    ),
    ("POST", "/v1/quotes", true, "post-quotes"),
    ("PATCH", "/api/user/preferences", false, "patch-preferences"),
];

/// Places in that table: charges of a batch, and what is about a hold that is open.
const BATCH: usize = 1;
const HOLD: usize = 2;
const FIRST_OF_HOLDS: usize = 3;
const LAST_OF_HOLDS: usize = 6;

const MOMENT: &str = "2025-11-06T14:30:00Z";
/// Ten years.
const LONG_S: i64 = 315_360_000;
/// After so many writes the tables are made anew, so that no input depends on many others.
const MAX_WRITES: u32 = 500;

/// A world, and tokens for it.
struct Ground {
    runtime: Runtime,
    world: World,
    service: String,
    user: String,
    requests: u32,
    writes: u32,
}

thread_local! {
    static GROUND: RefCell<Option<Ground>> = const { RefCell::new(None) };
}

fn ground() -> Result<Ground, Problem> {
    let text = |error: &dyn std::fmt::Display| error.to_string();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|it| text(&it))?;
    let off = [
        "RATE_LIMIT_CREDITS_PER_MINUTE",
        "RATE_LIMIT_PROFILE_PER_MINUTE",
    ];
    let off = off.map(|name| (name.to_string(), "0".to_string()));
    let options = WorldOptions {
        now: MOMENT.parse().ok(),
        frozen: true,
        variables: BTreeMap::from(off),
        log_level: local::LogLevel::Nothing,
        ..WorldOptions::default()
    };
    let world = runtime.block_on(World::create(&options, "http://127.0.0.1:1".to_string()));
    let world = world.map_err(|it| text(&it))?;
    let now_s = world.clock.now().unix_seconds();
    let sign = |mut order: TokenRequest| {
        order.expires_in = LONG_S;
        world.issuer.issue(&order, now_s).map_err(|it| text(&it))
    };
    let service = sign(TokenRequest::client_credentials(
        "inference-service",
        "credits.charge",
        "fuzz",
    ))?;
    let user = sign(TokenRequest::access("free-user", "user.info", "fuzz"))?;
    Ok(Ground {
        runtime,
        service,
        user,
        world,
        requests: 0,
        writes: 0,
    })
}

impl Ground {
    fn send(&mut self, route: usize, body: &[u8], (key, hold): (&str, &str)) -> Option<Reply> {
        let (method, path, is_service, _) = ROUTES.get(route)?;
        let token = if *is_service {
            &self.service
        } else {
            &self.user
        };
        let headers = [
            ("authorization", format!("Bearer {token}")),
            ("content-type", "application/json".to_string()),
            ("idempotency-key", key.to_string()),
        ];
        let request = Request {
            method: (*method).to_string(),
            path: path.replace("{hold}", hold),
            headers: headers.map(|(name, text)| (name.to_string(), text)).into(),
            body: body.to_vec(),
            source_ip: "127.0.0.1".to_string(),
            ..Request::default()
        };
        Some(self.runtime.block_on(self.world.gateway.handle(request)))
    }

    fn holds(&mut self, route: usize, body: &[u8]) -> Result<(), Problem> {
        self.requests += 1;
        let key = format!("fuzz-{}", self.requests);
        let hold = format!("hold-{}", self.requests);
        if (FIRST_OF_HOLDS..=LAST_OF_HOLDS).contains(&route) {
            self.send(HOLD, br#"{"amount":1,"ttlSeconds":3600}"#, (&hold, ""));
        }
        let meter = self.world.dynamodb.meter().clone();
        meter.reset();
        let Some(first) = self.send(route, body, (&key, &hold)) else {
            return Ok(());
        };
        let written = meter.snapshot().total.write_units.half_units();
        let text = String::from_utf8_lossy(&first.body).into_owned();
        let Ok(answer) = serde_json::from_str::<Value>(&text) else {
            return Err(format!("{} is no JSON: {text}", first.status));
        };
        match first.status {
            200..=299 => self.writes += u32::from(written > 0),
            400 | 413 | 422 if written > 0 => {
                return Err(format!("{} and {written} half units: {text}", first.status));
            }
            400 | 402 | 404 | 409 | 413 | 422 => {}
            _ => return Err(format!("{}: {text}", first.status)),
        }
        if first.status >= 400 && answer.get("error").is_none() && answer.get("message").is_none() {
            return Err(format!("{} says nothing: {text}", first.status));
        }
        // Quotes and preferences have no keys.
        let has_key = route <= LAST_OF_HOLDS;
        if has_key && first.status < 300 {
            let again = self.send(route, body, (&key, &hold));
            let again = again.map(|it| (it.status, it.body));
            // Each charge of a batch says by itself that it is a repeat.
            let is_alike = again.as_ref() == Some(&(first.status, first.body.clone()));
            if route != BATCH && !is_alike {
                return Err(format!("again {again:?}, at first {text}"));
            }
        }
        Ok(())
    }
}

fn run(input: &[u8]) -> Result<(), Problem> {
    let mut draw = Draw::of(input);
    let route = usize::from(draw.byte()).checked_rem(ROUTES.len());
    let body = draw.rest();
    GROUND.with_borrow_mut(|place| {
        let ground = match place {
            Some(ground) if ground.writes < MAX_WRITES => ground,
            _ => place.insert(ground()?),
        };
        ground.holds(route.unwrap_or(0), body)
    })
}

fn bodies() -> Vec<Vec<u8>> {
    let all = ROUTES
        .iter()
        .zip(0_u8..)
        .filter_map(|((_, _, _, name), number)| {
            let event = seeds::file(&format!("events/{name}.json"))?;
            let event: Value = serde_json::from_slice(&event).ok()?;
            let body = event.get("body").and_then(Value::as_str).unwrap_or("{}");
            Some([&[number], body.as_bytes()].concat())
        });
    let mut all: Vec<Vec<u8>> = all.collect();
    let more = [
        r#"{"modelId":"gpt-5","usage":{"input":1200,"cachedInput":9000,"output":350}}"#,
        r#"{"modelId":"gpt-5","estimate":{"input":1200,"maxOutput":350}}"#,
        r#"{"amount":"0.125","label":"x","session":"s"}"#,
    ];
    for route in [0_u8, 2, 5] {
        all.extend(more.iter().map(|body| [&[route], body.as_bytes()].concat()));
    }
    all
}
