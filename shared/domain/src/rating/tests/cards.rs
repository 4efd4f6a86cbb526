//! Which card is in force, and which cards may be added.

use super::*;

const DAY: i64 = 86_400;

fn from(day: i64, id: &str) -> RateCard {
    RateCard {
        id: id.parse().unwrap(),
        effective_from: at(day * DAY),
        ..card(&[(Pool::Input, 1)])
    }
}

fn two() -> [RateCard; 2] {
    [from(0, "gpt-5@2026-11-20"), from(3, "gpt-5@2026-11-23")]
}

#[test]
fn the_last_card_that_has_begun_is_in_force() {
    let cards = RateCards::new(two()).unwrap();
    let id = |day| {
        cards
            .in_force("gpt-5", at(day * DAY))
            .map(|card| card.id.to_string())
    };
    assert_eq!(id(-1), None);
    assert_eq!(id(0).as_deref(), Some("gpt-5@2026-11-20"));
    assert_eq!(id(2).as_deref(), Some("gpt-5@2026-11-20"));
    assert_eq!(id(3).as_deref(), Some("gpt-5@2026-11-23"));
    assert!(cards.in_force("gpt-6", at(0)).is_none());
    let mut ended = two();
    ended[1].effective_until = Some(at(4 * DAY));
    let cards = RateCards::new(ended).unwrap();
    assert!(cards.in_force("gpt-5", at(4 * DAY)).is_none());
}

#[test]
fn two_cards_at_one_moment_are_refused() {
    let twins = [from(0, "gpt-5@2026-11-20"), from(0, "gpt-5@2026-11-20b")];
    assert!(matches!(
        RateCards::new(twins),
        Err(CardsError::Overlap { .. })
    ));
    let twice = [from(0, "gpt-5@2026-11-20"), from(0, "gpt-5@2026-11-20")];
    assert!(matches!(RateCards::new(twice), Err(CardsError::Twice(_))));
    let mut overlapping = two();
    overlapping[0].effective_until = Some(at(3 * DAY + 1));
    assert!(matches!(
        RateCards::new(overlapping),
        Err(CardsError::Overlap { .. })
    ));
}

#[test]
fn stored_cards_never_change_and_new_ones_begin_ten_minutes_ahead() {
    let [old, new] = two();
    let stored = RateCards::new([old.clone()]).unwrap();
    let both = RateCards::new([old.clone(), new]).unwrap();
    let begins = 3 * DAY;
    assert_eq!(
        both.may_replace(&stored, at(begins - MIN_LEAD_SECONDS)),
        Ok(())
    );
    let late = both.may_replace(&stored, at(begins - MIN_LEAD_SECONDS + 1));
    assert!(matches!(late, Err(CardsError::TooSoon(_))));
    assert!(matches!(
        stored.may_replace(&both, at(0)),
        Err(CardsError::Changed(_))
    ));
    let mut dearer = old;
    dearer.milli_per_million = per_million(&[(Pool::Input, 2)]);
    let dearer = RateCards::new([dearer]).unwrap();
    assert!(matches!(
        dearer.may_replace(&stored, at(0)),
        Err(CardsError::Changed(_))
    ));
    let none = RateCards::default();
    assert_eq!(stored.may_replace(&none, at(-MIN_LEAD_SECONDS)), Ok(()));
    assert!(matches!(
        stored.may_replace(&none, at(0)),
        Err(CardsError::TooSoon(_))
    ));
}

#[test]
fn an_invalid_card_is_refused_with_its_field() {
    #[track_caller]
    fn wrong(change: impl FnOnce(&mut RateCard), expected: &str) {
        let mut card = from(0, "gpt-5@2026-11-20");
        change(&mut card);
        let problem = card.check().unwrap_err().to_string();
        assert_eq!(problem, format!("gpt-5@2026-11-20: {expected}"));
    }
    let tier = |above_input_tokens| RateTier {
        above_input_tokens,
        milli_per_million: BTreeMap::new(),
    };
    wrong(
        |card| card.effective_from = at(DAY),
        "id must end with the date of effective_from",
    );
    wrong(
        |card| card.effective_until = Some(at(0)),
        "effective_until must be after effective_from",
    );
    wrong(
        |card| card.milli_per_million = per_million(&[(Pool::Output, -1)]),
        "milli_per_million.output must be from 0 to 1000000000000 credits",
    );
    wrong(
        |card| card.tiers = vec![tier(2), tier(2)],
        "tiers must have rising above_input_tokens",
    );
    wrong(
        |card| card.milli_per_million.clear(),
        "milli_per_million is missing, and nothing else has a rate",
    );
}

#[test]
fn an_id_is_a_model_a_date_and_perhaps_a_letter() {
    for good in ["gpt-5@2026-11-20", "a/b@c@2026-11-20b"] {
        assert_eq!(good.parse::<RateCardId>().unwrap().to_string(), good);
    }
    for bad in [
        "gpt-5",
        "@2026-11-20",
        "gpt-5@2026-11-2",
        "gpt-5@2026-11-20bc",
        "gpt-5@20261120xx",
        "a#b@2026-11-20",
        "gpt-5@2026-11-ü0",
    ] {
        assert!(bad.parse::<RateCardId>().is_err(), "{bad}");
    }
}
