//! What the makers count becomes pools, as the table that both clients share says.

use dedicated_api_client::{TokenUsage, UsageError};
use serde_json::{Value, json};

fn read(maker: &str, usage: &Value) -> Result<TokenUsage, UsageError> {
    match maker {
        "openai" => TokenUsage::of_openai(usage),
        "anthropic" => TokenUsage::of_anthropic(usage),
        "gemini" => TokenUsage::of_gemini(usage),
        other => panic!("no maker {other}"),
    }
}

/// Name, maker, the maker's counts, and what becomes of them.
struct Case {
    name: String,
    maker: String,
    usage: Value,
    pools: Option<Value>,
    error: Option<String>,
}

fn cases() -> Vec<Case> {
    let cases = include_str!("../../../../clients/usage-cases.json");
    let cases: Vec<Value> = serde_json::from_str(cases).unwrap();
    let text = |case: &Value, name: &str| case[name].as_str().map(str::to_string);
    let case = |case: Value| Case {
        name: text(&case, "name").unwrap(),
        maker: text(&case, "maker").unwrap(),
        usage: case["usage"].clone(),
        pools: case.get("pools").cloned(),
        error: text(&case, "error"),
    };
    cases.into_iter().map(case).collect()
}

#[test]
fn the_counts_of_each_maker_become_pools_that_exclude_each_other() {
    for case in cases() {
        let name = &case.name;
        match (read(&case.maker, &case.usage), &case.error) {
            (Ok(usage), None) => {
                let pools = case.pools.expect(name);
                assert_eq!(json!(usage), pools, "{name}");
                let again: TokenUsage = serde_json::from_value(pools).unwrap();
                assert_eq!(again, usage, "{name}");
            }
            (Err(error), Some(expected)) => {
                assert_eq!(&error.to_string(), expected, "{name}");
                assert!(expected.starts_with(&error.field), "{name}");
            }
            (found, expected) => panic!("{name}: {found:?} instead of {expected:?}"),
        }
    }
}

/// The makers bill all that went in and came out, so the pools must come to the same.
#[test]
fn no_token_is_lost_and_none_is_counted_twice() {
    let sum = |usage: &Value, names: &[&str]| -> u64 {
        let counts = names.iter().filter_map(|name| usage[name].as_u64());
        counts.sum()
    };
    for case in cases() {
        let Ok(used) = read(&case.maker, &case.usage) else {
            continue;
        };
        let names: &[&str] = match case.maker.as_str() {
            "openai" if case.usage["prompt_tokens"].is_number() => {
                &["prompt_tokens", "completion_tokens"]
            }
            "openai" => &["input_tokens", "output_tokens"],
            "anthropic" => &[
                "input_tokens",
                "cache_creation_input_tokens",
                "cache_read_input_tokens",
                "output_tokens",
            ],
            _ => &[
                "promptTokenCount",
                "toolUsePromptTokenCount",
                "candidatesTokenCount",
                "thoughtsTokenCount",
            ],
        };
        let pools = json!(used);
        let pools = pools.as_object().unwrap().values();
        let pools: u64 = pools.filter_map(Value::as_u64).sum();
        assert_eq!(pools, sum(&case.usage, names), "{}", case.name);
    }
}
