//! `Stripe-Signature`: what verifies was made with the secret, and what Stripe makes
//! verifies.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use shared::domain::Timestamp;
use stripe_webhook::{SigningSecret, verify};

use crate::target::{Problem, Target};

const SECRET: &str = "whsec_of_the_fuzzer_0123456789";
const NOW_S: i64 = 1_762_439_400;
/// As Stripe's own libraries allow it.
const TOLERANCE_S: i64 = 300;
/// Stands in an input for the right signature of its first time.
const RIGHT: &str = "{right}";

/// A header, a line break, and a body.
pub(crate) const TARGET: Target = Target {
    name: "signature",
    about: "the header of a webhook's signature",
    longest: 1_024,
    run,
    seeds,
};

fn digits(time: &str, body: &[u8]) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()) else {
        return String::new();
    };
    mac.update(time.as_bytes());
    mac.update(b".");
    mac.update(body);
    hex::encode(mac.finalize().into_bytes())
}

fn run(input: &[u8]) -> Result<(), Problem> {
    let line = input.iter().position(|byte| *byte == b'\n');
    let (header, body) = input.split_at(line.unwrap_or(input.len()));
    let header = String::from_utf8_lossy(header);
    let times = || header.split(',').filter_map(|it| it.strip_prefix("t="));
    let right = times().next().map(|time| digits(time, body));
    let header = header.replace(RIGHT, &right.unwrap_or_default());
    let secret = SigningSecret::new(SECRET).map_err(|error| error.to_string())?;
    let now = Timestamp::from_unix_seconds_clamped(NOW_S);
    let answer = verify(Some(&header), body, &[secret], now);

    let times: Vec<&str> = header
        .split(',')
        .filter_map(|it| it.strip_prefix("t="))
        .collect();
    let mut given = header.split(',').filter_map(|it| it.strip_prefix("v1="));
    let time = times.first().copied().unwrap_or_default();
    let is_recent = time
        .parse::<i64>()
        .is_ok_and(|time| time.saturating_sub(NOW_S).saturating_abs() <= TOLERANCE_S);
    let is_signed = given.any(|it| it == digits(time, body));
    if answer.is_ok() && !(times.len() == 1 && is_recent && is_signed) {
        return Err("a header verifies that the secret did not sign now".to_string());
    }
    // What Stripe sends: one time, its signature, and perhaps that of another scheme.
    let canonical = format!("t={time},v1={}", digits(time, body));
    let is_plain = time.parse::<i64>().is_ok_and(|it| it.to_string() == time);
    if answer.is_err() && is_recent && is_plain && header == canonical {
        return Err(format!("a header of Stripe's is refused: {answer:?}"));
    }
    Ok(())
}

fn seeds() -> Vec<Vec<u8>> {
    let bodies = ["{}", "{\"id\":\"evt_1\"}"];
    let headers = [
        "t=1762439400,v1={right}",
        "t=1762439400,v1={right},v0=00",
        "t=1762439700,v1={right},v1={right}",
        "t=1762439701,v1={right}",
        "t=1762439100,v1=00,v1={right}",
        "t=1762439400,t=1762439400,v1={right}",
        "v1={right},t=1762439400",
    ];
    let all = headers.iter().flat_map(|header| {
        let texts = bodies.iter();
        texts.map(move |body| format!("{header}\n{body}").into_bytes())
    });
    all.collect()
}
