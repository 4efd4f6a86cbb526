//! What an amount was rated by is part of the entry's hash.

use super::check;
use crate::rating::{NanoCredits, Pool, RatedPart, RatedUnit, Rating};

pub(super) fn rating() -> Rating {
    let part = |unit: RatedUnit, nano| RatedPart {
        unit,
        count: 3,
        cost: NanoCredits::new(nano).unwrap(),
    };
    let parts = [
        part(RatedUnit::Tokens(Pool::Input), 2),
        part(RatedUnit::Rounding, 1),
    ];
    Rating {
        card: "model-1@2025-11-01".parse().unwrap(),
        breakdown: parts.into(),
    }
}

#[test]
fn every_change_of_a_rating_shows() {
    let with = |what: &str, change: &dyn Fn(&mut Rating)| {
        check(what, |it| change(it.outcome.rating.as_mut().unwrap()));
    };
    check("no rating", |it| it.outcome.rating = None);
    with("card", &|it| {
        it.card = "model-1@2025-11-02".parse().unwrap()
    });
    with("no parts", &|it| it.breakdown.clear());
    with("a part left out", &|it| it.breakdown.truncate(1));
    with("parts swapped", &|it| it.breakdown.reverse());
    with("unit", &|it| it.breakdown[0].unit = RatedUnit::Request);
    with("count", &|it| it.breakdown[0].count = 4);
    with("cost", &|it| it.breakdown[0].cost = NanoCredits::ZERO);
}
