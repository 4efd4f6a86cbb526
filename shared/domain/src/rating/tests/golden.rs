//! Calls as the big makers count them, sorted into pools, and what they cost.

use super::*;

/// OpenAI counts cached tokens inside the prompt and reasoning inside the completion:
/// <https://platform.openai.com/docs/api-reference/chat/object>. 1,000 of 10,000 prompt
/// tokens were not cached; 300 of 500 completion tokens were reasoning.
#[test]
fn cached_tokens_of_openai_are_billed_once() {
    let card = card(&[
        (Pool::Input, 1_250),
        (Pool::CachedInput, 125),
        (Pool::Output, 10_000),
        (Pool::Reasoning, 10_000),
    ]);
    let used = tokens(&[
        (Pool::Input, 10_000 - 9_000),
        (Pool::CachedInput, 9_000),
        (Pool::Output, 500 - 300),
        (Pool::Reasoning, 300),
    ]);
    check(&card, &used, "7.375", &["1.25", "1.125", "2", "3"]);
}

/// Anthropic counts cache reads and writes apart from the input:
/// <https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching>.
#[test]
fn cache_writes_of_anthropic_have_their_own_rate() {
    let card = card(&[
        (Pool::Input, 3_000),
        (Pool::CachedInput, 300),
        (Pool::CacheWrite, 3_750),
        (Pool::Output, 15_000),
    ]);
    let used = tokens(&[
        (Pool::Input, 50),
        (Pool::CachedInput, 100_000),
        (Pool::CacheWrite, 248),
        (Pool::Output, 503),
    ]);
    check(&card, &used, "38.625", &["0.15", "30", "0.93", "7.545"]);
}

/// Gemini counts thoughts apart from the candidates, and long prompts cost more:
/// <https://ai.google.dev/gemini-api/docs/pricing>.
#[test]
fn thoughts_of_gemini_are_reasoning_and_long_prompts_cost_more() {
    let mut card = card(&[
        (Pool::Input, 1_250),
        (Pool::Output, 10_000),
        (Pool::Reasoning, 10_000),
    ]);
    card.tiers = vec![RateTier {
        above_input_tokens: 200_000,
        milli_per_million: per_million(&[
            (Pool::Input, 2_500),
            (Pool::Output, 15_000),
            (Pool::Reasoning, 15_000),
        ]),
    }];
    let used = |input| {
        tokens(&[
            (Pool::Input, input),
            (Pool::Output, 100),
            (Pool::Reasoning, 900),
        ])
    };
    check(&card, &used(200_000), "260", &["250", "1", "9"]);
    check(&card, &used(400_000), "1015", &["1000", "1.5", "13.5"]);
}
