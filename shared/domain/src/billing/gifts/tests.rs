//! The commands that packs and invoices come to.

use proptest::prelude::*;

use super::super::fixtures::{catalogue, invoice, line};
use super::super::{LineKind, invoice_lots};
use super::*;
use crate::fixtures::{at, cases, credits, lot_id};
use crate::{Lot, Rollover};

fn pack() -> PackLot {
    PackLot {
        user_id: "user-1".parse().unwrap(),
        lot: lot_id("buy:pi_1"),
        starts_at: at("2025-11-06"),
        granted: credits("100"),
        paid_minor: 300,
    }
}

/// A drip over a quarter, a lot that is kept, and a trial.
fn settled() -> SettledInvoice {
    let mut year = line(LineKind::Subscription, "il_1", "price_year", 5000);
    year.period_end = at("2026-02-01");
    let lines = vec![
        line(LineKind::Subscription, "il_2", "price_team", 2000),
        year,
        line(LineKind::Subscription, "il_3", "price_pro", 0),
    ];
    SettledInvoice {
        user_id: "user-1".parse().unwrap(),
        paid_minor: 7000,
        lots: invoice_lots(&invoice(lines), &catalogue()).unwrap(),
    }
}

/// `buy:pi_1 100 less 20 2025-11-06..never`, then what outlives its period.
fn shown_terms(terms: &LotTerms) -> String {
    let end = terms
        .expires_at
        .map_or("never".to_string(), |end| end.date());
    let kept = terms.rollover.map_or(String::new(), |kept| {
        format!(" keeps {} from {}", kept.cap, kept.from.date())
    });
    format!("{}..{end}{kept}", terms.starts_at.date())
}

fn sum(targets: &[Credits]) -> Credits {
    Credits::sum(targets.iter().copied()).unwrap()
}

fn shown(action: &Action) -> Vec<String> {
    match action {
        Action::Grant { lots, drips } => {
            let lots = lots.iter().map(|grant| {
                let Grant {
                    terms,
                    amount,
                    taken_back,
                } = grant;
                let shown = shown_terms(terms);
                format!(
                    "{:?} {} {amount} less {taken_back} {shown}",
                    terms.kind, terms.id
                )
            });
            let drips = drips.iter().map(|DripGrant { terms, targets }| {
                let taken_back = sum(targets);
                let (id, total) = (&terms.id, terms.total);
                let (start, end) = (terms.starts_at.date(), terms.ends_at.date());
                let Rollover { months, cap } = terms.rollover;
                let last = terms.expires_at.date();
                format!("drip {id} {total} less {taken_back} {start}..{end}..{last} keeps {cap} for {months}")
            });
            lots.chain(drips).collect()
        }
        Action::ClawBack { lots, drips } => {
            let lots = lots.iter().map(|ClawBack { lot, target, past }| {
                let past = past.as_ref().map_or("", |_| " of the past");
                format!("{lot} {target}{past}")
            });
            let drips = drips
                .iter()
                .map(|DripTakenBack { drip, targets }| format!("drip {drip} {}", sum(targets)));
            lots.chain(drips).collect()
        }
        other => panic!("neither gives nor takes: {other:?}"),
    }
}

#[track_caller]
fn check(action: &Action, expected: &[&str]) {
    assert_eq!(shown(action), expected);
}

fn past(id: &str) -> PastLot {
    let terms = LotTerms {
        id: lot_id(id),
        ..pack().terms()
    };
    PastLot {
        lot: Lot::new(terms),
        ended_at: at("2025-12-01"),
    }
}

#[test]
fn a_pack_gives_one_lot_without_end_less_what_is_returned_already() {
    check(
        &pack().grant(0),
        &["Purchase buy:pi_1 100 less 0 2025-11-06..never"],
    );
    check(
        &pack().grant(100),
        &["Purchase buy:pi_1 100 less 33.333 2025-11-06..never"],
    );
    check(
        &pack().grant(301),
        &["Purchase buy:pi_1 100 less 100 2025-11-06..never"],
    );
}

#[test]
fn of_a_pack_its_share_is_taken_back_wherever_its_lot_lies() {
    check(&pack().claw_back(0, &[]), &["buy:pi_1 0"]);
    check(&pack().claw_back(150, &[]), &["buy:pi_1 50"]);
    check(
        &pack().claw_back(150, &[past("buy:pi_2")]),
        &["buy:pi_1 50"],
    );
    check(
        &pack().claw_back(150, &[past("buy:pi_2"), past("buy:pi_1")]),
        &["buy:pi_1 50 of the past"],
    );
}

#[test]
fn of_a_pack_that_cost_nothing_nothing_is_taken_back() {
    let free = PackLot {
        paid_minor: 0,
        ..pack()
    };
    check(&free.claw_back(5, &[]), &["buy:pi_1 0"]);
}

#[test]
fn an_invoice_gives_its_lots_and_drips_less_what_is_returned_already() {
    check(
        &settled().grant(0).unwrap(),
        &[
            "Subscription sub:in_1:il_2 6000.5 less 0 2025-11-01..2026-02-08 keeps 1000 from 2025-12-08",
            "Subscription trial:pro 200 less 0 2025-11-01..2025-12-04",
            "drip sub:in_1:il_1 24000 less 0 2025-11-01..2026-02-01..2026-02-04 keeps 500 for 1",
        ],
    );
    check(
        &settled().grant(3500).unwrap(),
        &[
            "Subscription sub:in_1:il_2 6000.5 less 3000.25 2025-11-01..2026-02-08 keeps 1000 from 2025-12-08",
            "Subscription trial:pro 200 less 100 2025-11-01..2025-12-04",
            "drip sub:in_1:il_1 24000 less 12000 2025-11-01..2026-02-01..2026-02-04 keeps 500 for 1",
        ],
    );
}

#[test]
fn of_an_invoice_each_lot_and_each_month_of_a_drip_is_told_its_target() {
    let past = [past("sub:in_1:il_1:0"), past("trial:pro")];
    check(
        &settled().claw_back(3500, &past).unwrap(),
        &[
            "sub:in_1:il_1:0 4000 of the past",
            "sub:in_1:il_1:1 4000",
            "sub:in_1:il_1:2 4000",
            "sub:in_1:il_2 3000.25",
            "trial:pro 100 of the past",
            "drip sub:in_1:il_1 12000",
        ],
    );
}

#[test]
fn all_lots_that_may_lie_among_the_past_are_named() {
    let terms = settled().all_terms();
    let shown: Vec<String> = terms
        .iter()
        .map(|terms| format!("{} {}", terms.id, shown_terms(terms)))
        .collect();
    assert_eq!(
        shown,
        [
            "sub:in_1:il_1:0 2025-11-01..2026-01-01 keeps 500 from 2025-12-01",
            "sub:in_1:il_1:1 2025-12-01..2026-02-01 keeps 500 from 2026-01-01",
            "sub:in_1:il_1:2 2026-01-01..2026-03-04 keeps 500 from 2026-02-04",
            "sub:in_1:il_2 2025-11-01..2026-02-08 keeps 1000 from 2025-12-08",
            "trial:pro 2025-11-01..2025-12-04",
        ]
    );
}

#[test]
fn nothing_is_kept_for_no_months_or_of_no_credits() {
    for (months, cap) in [(0, "5"), (5, "0"), (0, "0")] {
        let mut settled = settled();
        let rollover = Some(Rollover {
            months,
            cap: credits(cap),
        });
        for lot in &mut settled.lots {
            lot.rollover = rollover;
        }
        let shown: Vec<String> = settled.all_terms().iter().map(shown_terms).collect();
        assert_eq!(
            shown,
            [
                "2025-11-01..2025-12-01",
                "2025-12-01..2026-01-01",
                "2026-01-01..2026-02-04",
                "2025-11-01..2025-12-08",
                "2025-11-01..2025-12-04",
            ],
            "{months} months of {cap}"
        );
    }
}

#[test]
fn lots_that_add_up_to_too_much_give_nothing() {
    let mut settled = settled();
    for lot in &mut settled.lots {
        lot.granted = Credits::from_milli(i64::MAX);
    }
    assert_eq!(settled.grant(0).err(), Some(CreditsOverflow));
    assert_eq!(settled.claw_back(0, &[]).err(), Some(CreditsOverflow));
}

#[test]
fn an_invoice_without_lots_gives_and_takes_nothing() {
    let nothing = SettledInvoice {
        lots: Vec::new(),
        ..settled()
    };
    check(&nothing.grant(3500).unwrap(), &[]);
    check(&nothing.claw_back(3500, &[]).unwrap(), &[]);
    assert_eq!(nothing.all_terms(), []);
}

proptest! {
    #![proptest_config(cases(128))]

    #[test]
    fn what_is_taken_back_of_all_lots_and_months_is_the_share_of_the_whole(
        milli in prop::array::uniform3(1..=Credits::MAX_AMOUNT.milli()),
        months in 1..60_u32,
        returned in 0..8000_u64,
    ) {
        let mut settled = settled();
        for (lot, milli) in settled.lots.iter_mut().zip(milli) {
            lot.granted = Credits::from_milli(milli);
            lot.ends_at = lot.starts_at.plus_months(months);
        }
        let whole = Credits::sum(milli.map(Credits::from_milli)).unwrap();
        let whole = taken_back(whole, returned, settled.paid_minor);
        let Ok(Action::ClawBack { lots, drips }) = settled.claw_back(returned, &[]) else {
            panic!("nothing is taken back");
        };
        prop_assert_eq!(Credits::sum(lots.iter().map(|lot| lot.target)), Ok(whole));
        let named: Vec<LotId> = settled.all_terms().into_iter().map(|terms| terms.id).collect();
        let taken: Vec<LotId> = lots.iter().map(|lot| lot.lot.clone()).collect();
        prop_assert_eq!(named, taken);
        let of_months = lots.iter().filter(|lot| lot.lot.as_str().starts_with("sub:in_1:il_1:"));
        let of_months = Credits::sum(of_months.map(|lot| lot.target)).unwrap();
        prop_assert_eq!(drips.iter().map(|drip| sum(&drip.targets)).collect::<Vec<_>>(), [of_months]);
        let Ok(Action::Grant { lots, drips }) = settled.grant(returned) else {
            panic!("nothing is given");
        };
        let taken = lots.iter().map(|lot| lot.taken_back);
        let taken = taken.chain(drips.iter().map(|drip| sum(&drip.targets)));
        prop_assert_eq!(Credits::sum(taken), Ok(whole));
    }
}
