//! Limits the instructions of a start and a warm call: the counts of
//! `agreed.json` plus 10 %. Change the file if a function becomes more
//! expensive on purpose.
//!
//! Runs if RELEASE_BUILD names the folder of a release build (`sam build` makes
//! `.aws-sam/build`) and valgrind is on PATH.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use shared::host::clock::Clock;
use shared::host::environment::Variables;

use super::{Instructions, count};
use crate::engine::Engine;
use crate::lambda::Program;
use crate::{beside, events, warm_table};

const AGREED: &str = include_str!("agreed.json");

/// Function, its folder in SAM's build, and its agreed counts.
const FUNCTIONS: [(&str, &str); 5] = [
    ("credits", "CreditsFunction"),
    ("profile", "ProfileFunction"),
    ("stripe-webhook", "StripeWebhookFunction"),
    ("token", "TokenFunction"),
    ("billing", "BillingFunction"),
];

async fn counted(build: &Path) -> BTreeMap<&'static str, Instructions> {
    let engine = Engine::start().await.unwrap();
    let now = Clock::now(&engine.world.clock);
    let mut counts = BTreeMap::new();
    for (name, folder) in FUNCTIONS {
        let program = Program {
            command: vec![build.join(folder).join("bootstrap").display().to_string()],
            folder: None,
            variables: engine.variables(),
        };
        let event = |call: u32| match name {
            "credits" => events::get_credits(beside::USER),
            "profile" => events::get_profile(beside::USER),
            "token" => events::token(),
            "billing" => events::get_prices(),
            _ => warm_table::reported(call, 0, now),
        };
        let scratch = std::env::temp_dir();
        counts.insert(name, count(&program, &event, &scratch).await.unwrap());
    }
    counts
}

/// Compares counts with the agreed ones and returns the findings.
fn findings(counts: &BTreeMap<&str, Instructions>, agreed: &Value) -> Vec<String> {
    let mut findings = Vec::new();
    for (name, counted) in counts {
        for (what, counted) in [("start", counted.start), ("each", counted.each)] {
            let agreed = agreed[*name][what].as_u64().unwrap();
            // A count that fell as much needs a new agreed value, or the margin
            // would let it creep back.
            if counted * 10 > agreed * 11 || counted * 11 < agreed * 10 {
                findings.push(format!(
                    "{name}, {what}: {counted} instructions, agreed were {agreed}: change \
                     bench/src/instructions/agreed.json if that is meant"
                ));
            }
        }
    }
    findings
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_takes_about_as_many_instructions_as_was_agreed() {
    let variables = Variables::of_this_process();
    let Some(build) = variables.optional("RELEASE_BUILD") else {
        println!("not run: set RELEASE_BUILD to the folder of a release build");
        return;
    };
    let counts = counted(&PathBuf::from(build)).await;
    println!("{counts:#?}");
    let findings = findings(&counts, &serde_json::from_str(AGREED).unwrap());
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}

#[test]
fn a_tenth_more_or_less_is_let_pass_and_what_is_beyond_is_reported() {
    let agreed = json!({ "credits": { "start": 1000, "each": 100 } });
    for (start, each, reported) in [
        (1000, 100, 0),
        (1100, 110, 0),
        (910, 91, 0),
        (1101, 100, 1),
        (1000, 111, 1),
        (900, 90, 2),
    ] {
        let counts = BTreeMap::from([("credits", Instructions { start, each })]);
        assert_eq!(findings(&counts, &agreed).len(), reported, "{start} {each}");
    }
}
