//! Files in the shape of models.dev: one TOML file per model, named after it, with
//! `[cost]` in US dollars per million tokens.

use shared::domain::rating::Pool;
use toml::de::{DeTable, DeValue};

use super::decimal::{Decimal, DecimalError};
use super::listed::{ListedModel, Prices};

/// The length of the older form of a tier.
const OVER_200K: u32 = 200_000;

pub(super) fn read(text: &str) -> Result<ListedModel, String> {
    let table = DeTable::parse(text).map_err(|error| error.message().replace('\n', " "))?;
    let table = table.get_ref();
    let cost = field(table, "cost").and_then(DeValue::as_table);
    let Some(cost) = cost else {
        return Err("it has no [cost]".to_string());
    };
    let mut listed = ListedModel::default();
    let tiers = field(cost, "tiers").and_then(DeValue::as_array);
    // The older form of a tier may stand beside the newer.
    let older = field(cost, "context_over_200k").filter(|_| tiers.is_none());
    if let Some(older) = older {
        let place = "cost.context_over_200k";
        let older = older.as_table().ok_or(format!("{place} is not a table"))?;
        let prices = all(older, place, &[], &mut listed.not_taken)?;
        listed.tiers.insert(OVER_200K, prices);
    }
    let apart = ["tiers", "context_over_200k"];
    listed.prices = all(cost, "cost", &apart, &mut listed.not_taken)?;
    for tier in tiers.into_iter().flatten() {
        let tier = tier
            .get_ref()
            .as_table()
            .ok_or("cost.tiers is not of tables")?;
        let Some(above) = length_of(tier) else {
            listed.not_taken.push("cost.tiers".to_string());
            continue;
        };
        let prices = all(tier, "cost.tiers", &["tier"], &mut listed.not_taken)?;
        listed.tiers.insert(above, prices);
    }
    if !listed.prices.contains_key(&Pool::Input) {
        return Err("it has no cost.input".to_string());
    }
    let reasons = field(table, "reasoning").and_then(DeValue::as_bool);
    Ok(match reasons {
        Some(true) => listed.with_reasoning(),
        Some(false) | None => listed,
    })
}

fn field<'a, 'i>(table: &'a DeTable<'i>, name: &str) -> Option<&'a DeValue<'i>> {
    let mut fields = table.iter();
    let found = fields.find(|(key, _)| key.get_ref() == name);
    found.map(|(_, value)| value.get_ref())
}

/// The length of context above which a tier counts; none if it is a tier of something
/// else.
fn length_of(tier: &DeTable<'_>) -> Option<u32> {
    let tier = field(tier, "tier")?.as_table()?;
    let kind = field(tier, "type").map_or(Some("context"), DeValue::as_str);
    let size = field(tier, "size")?.as_integer()?;
    let size = u32::from_str_radix(size.as_str(), size.radix()).ok()?;
    (kind == Some("context")).then_some(size)
}

/// The prices of a table; those that no pool has are named.
fn all(
    table: &DeTable<'_>,
    place: &str,
    apart: &[&str],
    not_taken: &mut Vec<String>,
) -> Result<Prices, String> {
    let mut prices = Prices::new();
    for (key, value) in table {
        let name: &str = key.get_ref();
        if apart.contains(&name) {
            continue;
        }
        match (pool(name), decimal(value.get_ref())) {
            (Some(pool), Ok(price)) => {
                prices.insert(pool, price);
            }
            (Some(_), Err(problem)) => return Err(format!("{place}.{name} {problem}")),
            (None, Ok(price)) if price.is_zero() => {}
            (None, _) => not_taken.push(format!("{place}.{name}")),
        }
    }
    Ok(prices)
}

fn pool(name: &str) -> Option<Pool> {
    Some(match name {
        "input" => Pool::Input,
        "cache_read" => Pool::CachedInput,
        "cache_write" => Pool::CacheWrite,
        "output" => Pool::Output,
        "reasoning" => Pool::Reasoning,
        "input_audio" => Pool::InputAudio,
        "output_audio" => Pool::OutputAudio,
        _ => return None,
    })
}

fn decimal(value: &DeValue<'_>) -> Result<Decimal, DecimalError> {
    match (value.as_float(), value.as_integer()) {
        (Some(float), _) => float.as_str().parse(),
        (None, Some(integer)) if integer.radix() == 10 => integer.as_str().parse(),
        (None, _) => Err(DecimalError::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(prices: &Prices) -> Vec<String> {
        let prices = prices.iter();
        prices
            .map(|(pool, price)| format!("{pool} {price}"))
            .collect()
    }

    #[test]
    fn prices_are_those_of_the_cost_by_pool_and_length() {
        let listed = read(
            "reasoning = true\n[cost]\ninput = 2.50\noutput = 15\ncache_read = 0.25\n\
             cache_read_audio = 0.1\n[[cost.tiers]]\ntier = { type = 'context', size = 272_000 }\n\
             input = 5.0\noutput = 22.50\n[[cost.tiers]]\ntier = { type = 'night', size = 1 }\n\
             input = 1\n[cost.context_over_200k]\ninput = 4\n[limit]\ncontext = 400_000\n",
        )
        .unwrap();
        assert_eq!(
            shown(&listed.prices),
            ["input 2.5", "cachedInput 0.25", "output 15", "reasoning 15"]
        );
        assert_eq!(
            shown(&listed.tiers[&272_000]),
            ["input 5", "output 22.5", "reasoning 22.5"]
        );
        assert_eq!(listed.tiers.len(), 1);
        assert_eq!(listed.not_taken, ["cost.cache_read_audio", "cost.tiers"]);
        let older = read("[cost]\ninput = 1\n[cost.context_over_200k]\ninput = 2\n").unwrap();
        assert_eq!(shown(&older.tiers[&200_000]), ["input 2"]);
    }

    #[test]
    fn a_file_without_a_price_that_can_be_read_says_so() {
        for (text, problem) in [
            ("name = 'm'", "it has no [cost]"),
            ("[cost]\noutput = 1", "it has no cost.input"),
            ("[cost]\ninput = -1", "cost.input is negative"),
            ("[cost]\ninput = '1'", "cost.input is not a decimal number"),
            ("[cost]\ninput = inf", "cost.input is not a decimal number"),
        ] {
            assert_eq!(read(text), Err(problem.to_string()), "{text}");
        }
        assert!(read("]").is_err());
    }
}
