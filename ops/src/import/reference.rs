//! Reference data: models and OAuth clients.

use shared::domain::{Credits, Model, OAuthClient};

use super::file::Row;
use super::reading::Reading;
use super::remark::Remark;
use super::text::{Nano, Round};

/// The name of a model in requests: its old id, or its old name if the id is
/// one that the database generated.
pub(crate) fn model_id(row: &Row) -> Option<&str> {
    let (id, name) = (row.get("id")?, row.get("name"));
    if is_made_up(id) {
        name.or(Some(id))
    } else {
        Some(id)
    }
}

/// A UUID, or only digits.
fn is_made_up(id: &str) -> bool {
    let parts: Vec<&str> = id.split('-').collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    let is_hex = parts
        .iter()
        .all(|part| part.bytes().all(|byte| byte.is_ascii_hexdigit()));
    (is_hex && lengths == [8, 4, 4, 4, 12]) || id.bytes().all(|byte| byte.is_ascii_digit())
}

/// The unit of the providers' prices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum CostUnit {
    /// US cents, as the old backend kept them.
    #[default]
    Cents,
    /// US dollars.
    Dollars,
}

const NANO_PER_CENT: Nano = 1_000_000_000;
const CENTS_PER_DOLLAR: Nano = 100;

/// A row of `models`; none if it is refused.
pub(crate) fn model(row: &Row, unit: CostUnit, remarks: &mut Vec<Remark>) -> Option<Model> {
    let mut row = Reading::of(row, remarks);
    let Some(id) = model_id(row.row) else {
        row.refuse("it has no id");
        return None;
    };
    let name = row
        .words("display_name")
        .or(row.words("name"))
        .unwrap_or(id);
    let (price, _): (Credits, Nano) = row.credits("credits_per_1k_tokens", Round::Up);
    let model = Model {
        id: id.to_string(),
        name: name.to_string(),
        provider: row.words("provider").unwrap_or_default().to_string(),
        capabilities: row.list("capabilities"),
        context_length: row.number("context_length").unwrap_or_default(),
        max_output_tokens: row.number("max_output_tokens").unwrap_or_default(),
        input_cents_per_million_tokens: cents(&mut row, "input_cost_per_million_tokens", unit),
        output_cents_per_million_tokens: cents(&mut row, "output_cost_per_million_tokens", unit),
        credits_per_1k_tokens: price,
        available: row.flag("is_available", true),
    };
    row.finish(model)
}

fn cents(row: &mut Reading<'_>, column: &str, unit: CostUnit) -> u32 {
    let Some(nano) = row.nano(column) else {
        return 0;
    };
    let nano = match unit {
        CostUnit::Cents => nano,
        CostUnit::Dollars => nano.saturating_mul(CENTS_PER_DOLLAR),
    };
    let is_between = nano.rem_euclid(NANO_PER_CENT) != 0;
    let whole = nano.div_euclid(NANO_PER_CENT) + Nano::from(is_between);
    let cents = u32::try_from(whole.max(0)).unwrap_or(u32::MAX);
    if is_between || Nano::from(cents) != whole {
        let text = row.words(column).unwrap_or_default();
        row.mend(format!("{column} is {text}: kept as {cents} whole cents"));
    }
    cents
}

/// A row of `oauth_clients`; none if it is refused.
pub(crate) fn client(row: &Row, remarks: &mut Vec<Remark>) -> Option<OAuthClient> {
    let mut row = Reading::of(row, remarks);
    let client_id = match row.row.id().parse() {
        Ok(client_id) => client_id,
        Err(problem) => {
            row.refuse(format!("client_id: {problem}"));
            return None;
        }
    };
    let name = row.words("client_name").unwrap_or(row.row.id());
    let client = OAuthClient {
        client_id,
        name: name.to_string(),
        // A client with a secret needs a new one from the issuer.
        public: row.words("client_secret_hash").is_none(),
        redirect_uris: row.list("redirect_uris"),
        grant_types: row.list("grant_types"),
        response_types: row.list("response_types"),
        scope: row.words("scope").unwrap_or_default().to_string(),
        active: row.flag("is_active", true),
    };
    row.finish(client)
}

#[cfg(test)]
mod tests {
    use super::super::tables::Source;
    use super::*;

    #[test]
    fn a_model_is_called_as_requests_call_it() {
        for (id, name, expected) in [
            ("gpt-5", "GPT-5", "gpt-5"),
            ("6f0c8a54-2f1b-4f0e-9b57-0d3c5b8f7a11", "gpt-5", "gpt-5"),
            ("17", "gpt-5", "gpt-5"),
            ("17", "", "17"),
            // Hexadecimal letters alone are not a UUID.
            ("beef-cafe", "Beef", "beef-cafe"),
        ] {
            let row = Row::of(Source::Models, &[("id", id), ("name", name)]);
            assert_eq!(model_id(&row), Some(expected), "{id} {name}");
        }
    }

    #[test]
    fn prices_are_kept_in_whole_cents_and_rounded_up() {
        for (text, unit, expected, mended) in [
            ("500", CostUnit::Cents, 500, false),
            ("500.00", CostUnit::Cents, 500, false),
            ("0.5", CostUnit::Cents, 1, true),
            ("2.5", CostUnit::Dollars, 250, false),
            ("2.501", CostUnit::Dollars, 251, true),
            ("-1", CostUnit::Cents, 0, true),
            ("99999999999", CostUnit::Cents, u32::MAX, true),
        ] {
            let columns = [
                ("id", "m"),
                ("name", "m"),
                ("input_cost_per_million_tokens", text),
            ];
            let mut remarks = Vec::new();
            let row = Row::of(Source::Models, &columns);
            let model = model(&row, unit, &mut remarks).unwrap();
            assert_eq!(model.input_cents_per_million_tokens, expected, "{text}");
            assert_eq!(!remarks.is_empty(), mended, "{text}: {remarks:?}");
        }
    }
}
