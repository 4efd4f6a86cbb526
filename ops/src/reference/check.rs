//! What a file may not say, whatever the tables hold.

use std::collections::HashSet;

use shared::domain::{Model, Price, PriceKind};

/// What is wrong with a catalogue.
pub(super) fn prices(prices: &[Price]) -> Vec<String> {
    let mut problems = Vec::new();
    let (mut ids, mut links) = (HashSet::new(), HashSet::new());
    for price in prices {
        let id = &price.price_id;
        let mut add = |problem: String| problems.push(format!("price {id}: {problem}"));
        if id.is_empty() || !ids.insert(id) {
            add("its price_id must be there once".to_string());
        }
        if let Some(link) = &price.payment_link
            && !links.insert(link)
        {
            add(format!("another price has the payment link {link} too"));
        }
        if !price.credits.is_amount() || !price.trial_credits.is_amount() {
            add("its credits must be an amount of credits".to_string());
        }
        let gives = price.kind != PriceKind::None;
        if gives == price.credits.is_zero() {
            add("it must give credits, or be of kind \"none\" and give none".to_string());
        }
        if price.kind == PriceKind::Subscription && price.tier.is_none() {
            add("a subscription needs a tier".to_string());
        }
        if price.interval_count == 0 {
            add("its interval_count must be 1 or more".to_string());
        }
        let others = price.other_amounts_minor.keys();
        for currency in others.chain([&price.currency]) {
            if currency.len() != 3 || !currency.bytes().all(|byte| byte.is_ascii_lowercase()) {
                add(format!(
                    "{currency:?} must be a currency of three small letters"
                ));
            }
        }
    }
    problems
}

/// What is wrong with a list of models.
pub(crate) fn models(models: &[Model]) -> Vec<String> {
    let mut problems = Vec::new();
    let mut ids = HashSet::new();
    for model in models {
        let id = &model.id;
        if id.is_empty() || !ids.insert(id) {
            problems.push(format!("model {id}: its id must be there once"));
        }
        if !model.credits_per_1k_tokens.is_amount() {
            problems.push(format!(
                "model {id}: its credits must be an amount of credits"
            ));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price() -> Price {
        let text = "price_id = 'price_1'\nkind = 'pack'\nplan = 'p'\ncredits_milli = 1000\n\
                    amount_minor = 5\ncurrency = 'usd'\npayment_link = 'plink_1'";
        toml::from_str(text).unwrap()
    }

    #[test]
    fn a_catalogue_is_refused_for_each_thing_that_it_may_not_say() {
        type Edit = fn(&mut Price);
        let edits: [(&str, Edit); 6] = [
            ("must be there once", |price| price.price_id.clear()),
            ("must be an amount", |price| {
                price.credits = shared::domain::Credits::from_milli(-1);
            }),
            ("must give credits", |price| price.kind = PriceKind::None),
            ("needs a tier", |price| price.kind = PriceKind::Subscription),
            ("interval_count", |price| price.interval_count = 0),
            ("three small letters", |price| price.currency = "USD".into()),
        ];
        assert_eq!(prices(&[price()]), [] as [String; 0]);
        for (problem, edit) in edits {
            let mut price = price();
            edit(&mut price);
            let found = prices(&[price]);
            assert!(found.iter().any(|it| it.contains(problem)), "{found:?}");
        }
        let twice = prices(&[price(), price()]);
        assert_eq!(twice.len(), 2, "{twice:?}");
    }
}
