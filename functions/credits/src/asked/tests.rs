//! Suite: requests that differ in any field have different digests.

use std::collections::BTreeSet;

use shared::domain::Operation;
use shared::domain::rating::Pool;

use super::*;

fn hold(key: &str) -> HoldId {
    HoldId {
        client: "service".parse().unwrap(),
        key: key.parse().unwrap(),
    }
}

fn spending(change: impl FnOnce(&mut Spending)) -> Spending {
    let mut spending = Spending {
        cost: Cost::Amount(Credits::from_milli(1)),
        usage: Usage::default(),
        session: None,
        label: None,
    };
    change(&mut spending);
    spending
}

fn of(model_id: &str, change: impl FnOnce(&mut MeteredUsage)) -> Cost {
    let mut used = MeteredUsage::default();
    change(&mut used);
    let model_id = model_id.to_string();
    Cost::Of { model_id, used }
}

fn tokens(used: &mut MeteredUsage, pool: Pool, count: u32) {
    used.tokens.insert(pool, count);
}

fn image(size: &str, quality: &str, count: u32) -> ImageUse {
    ImageUse {
        size: size.to_string(),
        quality: quality.to_string(),
        count,
    }
}

fn cost(currency: &str, amount_micros: u64) -> Option<ProviderCost> {
    let currency = currency.parse().unwrap();
    Some(ProviderCost {
        currency,
        amount_micros,
    })
}

fn estimate(model_id: &str, change: impl FnOnce(&mut Estimate)) -> Reserve {
    let mut estimate = Estimate::default();
    change(&mut estimate);
    let model_id = model_id.to_string();
    Reserve::Of { model_id, estimate }
}

/// Values that each differ in a single field.
fn spendings() -> Vec<Spending> {
    vec![
        spending(|_| {}),
        spending(|it| it.cost = Cost::Amount(Credits::from_milli(2))),
        spending(|it| it.cost = of("a", |_| {})),
        spending(|it| it.cost = of("b", |_| {})),
        spending(|it| it.cost = of("a", |it| tokens(it, Pool::Input, 1))),
        spending(|it| it.cost = of("a", |it| tokens(it, Pool::Input, 2))),
        spending(|it| it.cost = of("a", |it| tokens(it, Pool::Output, 1))),
        spending(|it| it.cost = of("a", |it| it.images = vec![image("a", "b", 1)])),
        spending(|it| it.cost = of("a", |it| it.images = vec![image("b", "b", 1)])),
        spending(|it| it.cost = of("a", |it| it.images = vec![image("a", "a", 1)])),
        spending(|it| it.cost = of("a", |it| it.images = vec![image("a", "b", 2)])),
        spending(|it| it.cost = of("a", |it| it.provider_cost = cost("usd", 1))),
        spending(|it| it.cost = of("a", |it| it.provider_cost = cost("usd", 2))),
        spending(|it| it.cost = of("a", |it| it.provider_cost = cost("eur", 1))),
        spending(|it| it.session = Some("a".into())),
        spending(|it| it.usage.model_id = Some("a".into())),
        spending(|it| it.usage.operation = Some(Operation::Chat)),
        spending(|it| it.usage.input_tokens = Some(1)),
        spending(|it| it.usage.output_tokens = Some(1)),
        spending(|it| it.label = Some("a".into())),
    ]
}

fn holds() -> Vec<HoldTerms> {
    let terms = |reserve| HoldTerms {
        reserve,
        ttl_seconds: 1,
        on_expiry: OnExpiry::Release,
    };
    let reserves = [
        Reserve::Amount(Credits::from_milli(1)),
        Reserve::Amount(Credits::from_milli(2)),
        estimate("a", |_| {}),
        estimate("b", |_| {}),
        estimate("a", |it| it.input = 1),
        estimate("a", |it| it.max_output = 1),
        estimate("a", |it| it.input_audio = 1),
        estimate("a", |it| it.max_output_audio = 1),
        estimate("a", |it| it.images = vec![image("a", "b", 1)]),
        estimate("a", |it| it.provider_cost = cost("usd", 1)),
    ];
    let mut all: Vec<HoldTerms> = reserves.into_iter().map(terms).collect();
    let first = terms(Reserve::Amount(Credits::from_milli(1)));
    let (mut longer, mut settled) = (first.clone(), first);
    longer.ttl_seconds = 2;
    settled.on_expiry = OnExpiry::Settle;
    all.extend([longer, settled]);
    all
}

fn digests(all: &[Asked]) -> usize {
    let digests = all.iter().map(|asked| {
        let mut digester = Digester::new("request/1");
        asked.digest(&mut digester);
        digester.finish().to_string()
    });
    digests.collect::<BTreeSet<_>>().len()
}

#[test]
fn a_request_that_differs_in_any_field_has_another_digest() {
    let charges: Vec<_> = spendings().into_iter().map(Asked::Charge).collect();
    assert_eq!(digests(&charges), charges.len());
    let opened = |terms| Asked::Hold {
        hold: hold("a"),
        terms,
    };
    let opened: Vec<_> = holds().into_iter().map(opened).collect();
    assert_eq!(digests(&opened), opened.len());
    for hold in [hold("a"), hold("b")] {
        let commits: Vec<_> = spendings()
            .into_iter()
            .map(|spending| Asked::Commit {
                hold: hold.clone(),
                spending,
            })
            .collect();
        assert_eq!(digests(&commits), commits.len());
    }
    let extended = |hold, ttl_seconds| Asked::Extend { hold, ttl_seconds };
    let extensions = [
        extended(hold("a"), 1),
        extended(hold("a"), 2),
        extended(hold("b"), 1),
    ];
    assert_eq!(digests(&extensions), 3);
}
