//! Comparison with Stripe's own Python library on the same deliveries: whatever it
//! refuses is refused here, and whatever only this code refuses is refused on purpose.
//! Runs when OUTSIDE=1 is set, like all tests that need more than Rust.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde::Deserialize;
use shared::host::environment::Variables;

use super::*;

/// A delivery, and whether the library accepted it.
#[derive(Deserialize)]
struct Delivery {
    kind: String,
    secrets: Vec<String>,
    header: String,
    body: String,
    now: i64,
    accepted: bool,
}

const PINS: &str = include_str!("../../../../../tests/outside-requirements.txt");

/// The output of `tests/stripe_signatures.py`; none without OUTSIDE=1.
fn library_says() -> Option<String> {
    if Variables::of_this_process().optional("OUTSIDE") != Some("1") {
        println!("not run: set OUTSIDE=1 to have Stripe's library judge this too");
        return None;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut python = Command::new("python3");
    let python = python.current_dir(root).arg("tests/stripe_signatures.py");
    let output = python.output().expect("OUTSIDE=1 asks for python3 on PATH");
    let problem = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "OUTSIDE=1 asks for python3 with Stripe's library: \
         `pip install -r tests/outside-requirements.txt`\n{problem}"
    );
    Some(String::from_utf8(output.stdout).unwrap())
}

/// Whether a delivery that the library accepts is refused here on purpose.
fn is_meant(error: SignatureError, delivery: &Delivery) -> bool {
    let parts: Vec<&str> = delivery.header.split(',').collect();
    let values = |name: &'static str| {
        let pairs = parts.iter().filter_map(|part| part.split_once('='));
        pairs.filter(move |pair| pair.0 == name).map(|pair| pair.1)
    };
    let canonical = |time: &str| {
        time.parse::<u64>()
            .is_ok_and(|number| number.to_string() == time)
    };
    let digits = |text: &str| {
        text.len() == 64 && text.bytes().all(|byte| b"0123456789abcdef".contains(&byte))
    };
    match error {
        // One delivery is signed at one moment.
        SignatureError::NotOneTime => values("t").count() > 1,
        // The library checks only for old times.
        SignatureError::OutsideTolerance => {
            values("t").all(|time| time.parse::<i64>().unwrap() > delivery.now + 300)
        }
        SignatureError::TooLong => delivery.header.len() > 2048 || parts.len() > 16,
        // Parts that the library ignores, and spellings that it parses as a number.
        SignatureError::Malformed => {
            parts
                .iter()
                .any(|part| !part.contains('=') || part.starts_with('='))
                || !delivery.header.bytes().all(|byte| byte.is_ascii_graphic())
                || !values("t").all(canonical)
                || !values("v1").all(digits)
        }
        SignatureError::Missing | SignatureError::NoSignature | SignatureError::NoMatch => false,
    }
}

#[test]
fn stripes_own_library_accepts_whatever_is_accepted_here() {
    let Some(text) = library_says() else {
        return;
    };
    let mut lines = text.lines();
    let version = lines.next().unwrap();
    let pin = format!("stripe=={version}");
    assert!(
        PINS.lines().any(|line| line == pin),
        "{pin} is not the pinned one"
    );
    let mut reported = BTreeMap::<String, u32>::new();
    for line in lines {
        let delivery: Delivery = serde_json::from_str(line).unwrap();
        let secrets: Vec<_> = delivery.secrets.iter().map(|text| secret(text)).collect();
        let now = moment(delivery.now);
        let here = verify(
            Some(&delivery.header),
            delivery.body.as_bytes(),
            &secrets,
            now,
        );
        let (kind, header) = (&delivery.kind, &delivery.header);
        let verdict = match (here, delivery.accepted) {
            (Ok(()), true) => "both accept".to_string(),
            (Err(_), false) => "both refuse".to_string(),
            (Ok(()), false) => panic!("accepted here alone: {kind}: {header:?}"),
            (Err(error), true) => {
                assert!(is_meant(error, &delivery), "{error:?}: {kind}: {header:?}");
                format!("refused here alone: {error:?}")
            }
        };
        *reported.entry(verdict).or_default() += 1;
    }
    println!("{reported:#?}");
    let times = |verdict: &str| reported.get(verdict).copied().unwrap_or_default();
    assert_eq!(reported.values().sum::<u32>(), 5000);
    assert!(times("both accept") > 500 && times("both refuse") > 500);
    for error in ["NotOneTime", "OutsideTolerance", "TooLong", "Malformed"] {
        assert!(
            times(&format!("refused here alone: {error}")) > 0,
            "{error}"
        );
    }
}
