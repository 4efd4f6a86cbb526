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

fn tier(above_input_tokens: u32) -> RateTier {
    RateTier {
        above_input_tokens,
        milli_per_million: BTreeMap::new(),
    }
}

fn image(size: &str, quality: &str) -> ImageRate {
    ImageRate {
        size: size.into(),
        quality: quality.into(),
        milli: Credits::from_milli(1),
    }
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
    assert!(cards.in_force("gpt-5", at(4 * DAY - 1)).is_some());
    assert!(cards.in_force("gpt-5", at(4 * DAY)).is_none());
    assert!(cards.in_force("gpt-5", at(4 * DAY + 1)).is_none());
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
    let mut meeting = two();
    meeting[0].effective_until = Some(at(3 * DAY));
    assert!(RateCards::new(meeting).is_ok());
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
        |card| card.tiers = vec![tier(2), tier(1)],
        "tiers must have rising above_input_tokens",
    );
    wrong(
        |card| card.tiers = (1..=5).map(tier).collect(),
        "tiers must be at most 4",
    );
    wrong(
        |card| card.images = (0..51).map(|it| image(&it.to_string(), "high")).collect(),
        "images must be at most 50",
    );
    let kind = "images must have a size and a quality of 1 to 20 letters, digits and -_.";
    for (size, quality) in [
        ("", "high"),
        ("1024x1024", ""),
        ("twenty-one-characters", "high"),
        ("1024x1024", "very high"),
    ] {
        wrong(|card| card.images = vec![image(size, quality)], kind);
    }
    wrong(
        |card| card.images = vec![image("a", "b"), image("a", "c"), image("a", "b")],
        "images must name each size and quality once",
    );
    wrong(
        |card| card.milli_per_million.clear(),
        "milli_per_million is missing, and nothing else has a rate",
    );
}

#[test]
fn a_card_may_have_as_much_as_is_allowed_and_any_one_of_its_rates() {
    let mut full = from(0, "gpt-5@2026-11-20");
    full.tiers = (1..=4).map(tier).collect();
    let widest = |it| image(&format!("{it:-<20}"), "a_b.c-d");
    full.images = (0..50).map(widest).collect();
    assert_eq!(full.check(), Ok(()));
    let bare = card(&[]);
    for one in [
        RateCard {
            per_request_milli: Credits::from_milli(1),
            ..bare.clone()
        },
        RateCard {
            images: vec![image("1024x1024", "high")],
            ..bare.clone()
        },
        RateCard {
            provider_cost: Some(ProviderCostRate {
                currency: "usd".parse().unwrap(),
                milli_per_unit: Credits::from_milli(1),
            }),
            ..bare
        },
    ] {
        assert_eq!(one.check(), Ok(()));
    }
}

#[test]
fn an_id_is_a_model_a_date_and_perhaps_a_letter() {
    for good in ["gpt-5@2026-11-20", "a/b@c@2026-11-20b"] {
        let id: RateCardId = good.parse().unwrap();
        assert_eq!(
            (id.to_string().as_str(), String::from(id.clone()).as_str()),
            (good, good)
        );
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
