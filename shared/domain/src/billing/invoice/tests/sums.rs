//! Sums and shares: at the limit, and as properties over random lines and lots.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "an overflow in a test is a failed test"
)]

use proptest::prelude::*;

use super::super::super::fixtures::{plan, shuffled};
use super::*;
use crate::fixtures::cases;

/// A catalogue of prices named `price_0`, `price_1`, …: cost and milli-credits.
fn priced(prices: &[(u64, i64)]) -> Catalogue {
    let numbered = prices.iter().enumerate();
    let price = |(number, (amount_minor, milli)): (usize, &(u64, i64))| Price {
        credits: Credits::from_milli(*milli),
        ..plan(&number.to_string(), 1, *amount_minor, "0")
    };
    Catalogue::new(numbered.map(price).collect())
}

/// What changes come to: for each an amount of the price with that number.
#[track_caller]
fn check_changes(prices: &[(u64, i64)], changes: &[(usize, i64)], expected: Result<i64, Unpriced>) {
    let numbered = changes.iter().enumerate();
    let lines = numbered.map(|(number, (price, amount))| {
        let (name, price) = (format!("il_{number}"), format!("price_{price}"));
        line(Proration, &name, &price, *amount)
    });
    let lots = invoice_lots(&invoice(lines.collect()), &priced(prices));
    let granted = lots.map(|lots| lots.first().map_or(0, |lot| lot.granted.milli()));
    assert_eq!(granted, expected, "{changes:?} of {prices:?}");
}

#[test]
fn amounts_at_the_limit_are_counted_or_too_large() {
    let most = i64::MAX;
    let too_large = || Err(Unpriced::TooLarge);
    check_changes(&[(1, 1)], &[(0, most)], Ok(most));
    check_changes(&[(1, 1)], &[(0, most), (0, 1)], too_large());
    check_changes(&[(1, 1)], &[(0, most), (0, 1), (0, -1)], Ok(most));
    check_changes(&[(1, most)], &[(0, most)], too_large());
    check_changes(&[(1, most)], &[(0, most); 9], too_large());
    check_changes(&[(1, most)], &[(0, i64::MIN)], Ok(0));
    check_changes(&[(u64::MAX, most)], &[(0, most)], Ok(most / 2));
}

#[test]
fn many_different_prices_are_summed_exactly() {
    // Costs without a common factor, of eight digits: as dear as Stripe allows.
    let cost = [99_999_989, 99_999_971, 99_999_959, 99_999_941];
    let prices = cost.map(|cost| (cost, 1_000_000_000_000));
    let whole = [0, 1, 2, 3].map(|number| (number, i64::try_from(cost[number]).unwrap()));
    check_changes(&prices, &whole, Ok(4_000_000_000_000));
    let one_less = [whole[0], whole[1], whole[2], (3, whole[3].1 - 1)];
    check_changes(&prices, &one_less, Ok(3_999_999_989_999));
}

#[test]
fn units_beyond_the_limit_are_too_large() {
    let bought = |milli: i64, quantity| {
        let line = units(line(Subscription, "il_1", "price_0", 1), quantity);
        let lots = invoice_lots(&invoice(vec![line]), &priced(&[(1, milli)]));
        lots.map(|lots| lots.iter().map(|lot| lot.granted.milli()).sum())
    };
    assert_eq!(bought(i64::MAX, 1), Ok(i64::MAX));
    assert_eq!(bought(i64::MAX / 2, 2), Ok(i64::MAX - 1));
    assert_eq!(bought(i64::MAX / 2, 3), Err(Unpriced::TooLarge));
    assert_eq!(bought(i64::MAX, u32::MAX), Err(Unpriced::TooLarge));
}

fn settled(granted: &[i64], paid_minor: u64) -> SettledInvoice {
    let lot = |(number, milli): (usize, &i64)| InvoiceLot {
        lot: format!("sub:in_1:il_{number:02}").parse().unwrap(),
        granted: Credits::from_milli(*milli),
        starts_at: at("2025-11-01"),
        ends_at: at("2025-12-01"),
        grace_days: 3,
        monthly: false,
        rollover: None,
        trial_of: None,
    };
    SettledInvoice {
        user_id: "user-1".parse().unwrap(),
        paid_minor,
        lots: granted.iter().enumerate().map(lot).collect(),
    }
}

fn targets(granted: &[i64], returned_minor: u64, paid_minor: u64) -> Vec<i64> {
    let invoice = settled(granted, paid_minor);
    let targets = invoice.targets(returned_minor).unwrap();
    targets.iter().map(|(_, target)| target.milli()).collect()
}

#[track_caller]
fn check_targets(granted: &[i64], (returned, paid): (u64, u64), expected: &[i64]) {
    assert_eq!(
        targets(granted, returned, paid),
        expected,
        "{granted:?}, {returned} of {paid} returned"
    );
}

#[test]
fn what_is_returned_is_taken_of_each_lot_by_its_share() {
    check_targets(&[], (1, 2), &[]);
    check_targets(&[1000, 500], (0, 100), &[0, 0]);
    check_targets(&[1000, 500], (50, 100), &[500, 250]);
    check_targets(&[1000, 500], (100, 100), &[1000, 500]);
    check_targets(&[1000, 500], (u64::MAX, 100), &[1000, 500]);
    check_targets(&[1000, 500], (5, 0), &[0, 0]);
    // Half of one each: one of both.
    check_targets(&[1, 1], (1, 2), &[0, 1]);
    check_targets(&[1, 1, 1], (2, 3), &[0, 1, 1]);
}

#[test]
fn lots_that_add_up_to_too_much_cannot_be_spread() {
    let invoice = settled(&[i64::MAX, 1], 1);
    assert_eq!(invoice.targets(1), Err(CreditsOverflow));
}

/// The sum of the shares by one common denominator, for small numbers.
fn reckoned(prices: &[(u64, i64)], changes: &[(usize, i64)]) -> i64 {
    let all: i128 = prices.iter().map(|(cost, _)| i128::from(*cost)).product();
    let parts = changes.iter().map(|(number, amount)| {
        let (cost, milli) = prices[*number];
        i128::from(*amount) * i128::from(milli) * (all / i128::from(cost))
    });
    let sum: i128 = parts.sum();
    i64::try_from(sum.div_euclid(all).max(0)).unwrap()
}

fn any_lines() -> impl Strategy<Value = Vec<InvoiceLine>> {
    let kind = prop::sample::select(vec![Subscription, Proration, Other]);
    let price = prop::sample::select(vec!["price_0", "price_1", "price_2"]);
    let amount = prop_oneof![
        Just(0),
        -9_i64..9,
        any::<i64>(),
        Just(i64::MIN),
        Just(i64::MAX)
    ];
    let one = (kind, price, amount, prop_oneof![0..4_u32, any::<u32>()]);
    prop::collection::vec(one, 0..8).prop_map(|all| {
        let numbered = all.into_iter().enumerate();
        let lines = numbered.map(|(number, (kind, price, amount, quantity))| {
            units(line(kind, &format!("il_{number}"), price, amount), quantity)
        });
        lines.collect()
    })
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn any_amounts_give_lots_or_a_reason_and_never_a_panic(
        prices in prop::array::uniform3((any::<u64>(), 0..=i64::MAX)),
        lines in any_lines(),
        returned in any::<u64>(),
        paid in any::<u64>(),
    ) {
        match invoice_lots(&invoice(lines), &priced(&prices)) {
            Ok(lots) => {
                prop_assert!(lots.iter().all(|lot| lot.granted.is_positive()));
                prop_assert!(lots.is_sorted_by(|one, other| one.lot < other.lot));
                let granted: Vec<i64> = lots.iter().map(|lot| lot.granted.milli()).collect();
                let _ = settled(&granted, paid).targets(returned);
            }
            Err(problem) => prop_assert_eq!(problem, Unpriced::TooLarge),
        }
    }

    #[test]
    fn changes_come_to_the_exact_sum_rounded_down_in_any_order(
        prices in prop::array::uniform3((1..40_u64, 0..5000_i64)),
        (changes, others) in prop::collection::vec((0..3_usize, -60..80_i64), 1..6)
            .prop_flat_map(|changes| (Just(changes.clone()), Just(changes).prop_shuffle())),
    ) {
        let expected = reckoned(&prices, &changes);
        check_changes(&prices, &changes, Ok(expected));
        check_changes(&prices, &others, Ok(expected));
    }

    #[test]
    fn lines_in_any_order_and_repeated_periods_give_the_same_lots(
        (periods, others) in prop::collection::btree_set(0..9_u32, 0..6).prop_flat_map(|periods| {
            let all: Vec<u32> = periods.into_iter().collect();
            (Just(all.clone()), shuffled(all))
        }),
    ) {
        let lots = |numbers: Vec<u32>| {
            let lines = numbers.iter().map(|number| {
                let price = if number % 2 == 0 { "price_pro" } else { "price_year" };
                line(Subscription, &format!("il_{number}"), price, 1)
            });
            invoice_lots(&invoice(lines.collect()), &catalogue()).unwrap()
        };
        prop_assert_eq!(lots(others), lots(periods));
    }

    #[test]
    fn targets_add_up_to_that_of_the_whole_and_none_is_more_than_its_lot(
        granted in prop::collection::vec(
            prop_oneof![1..20_i64, 1..=Credits::MAX_AMOUNT.milli()], 0..8
        ),
        paid in prop_oneof![0..50_u64, any::<u64>()],
        returned in prop_oneof![0..60_u64, any::<u64>()],
    ) {
        let targets = targets(&granted, returned, paid);
        let whole = taken_back(Credits::from_milli(granted.iter().sum()), returned, paid);
        prop_assert_eq!(targets.iter().sum::<i64>(), whole.milli());
        for (target, granted) in targets.iter().zip(&granted) {
            prop_assert!((0..=*granted).contains(target));
        }
        prop_assert_eq!(targets.len(), granted.len());
    }
}
