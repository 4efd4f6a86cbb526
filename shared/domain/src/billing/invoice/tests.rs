//! What invoices give, as tables of lines and lots; and that what is taken back
//! is spread without loss.

mod sums;

use super::super::fixtures::{catalogue, id, invoice, line, plan};
use super::*;
use crate::fixtures::{at, credits};
use LineKind::{Other, Proration, Subscription};

/// `sub:in_1:il_1 2000 2025-11-01..2025-12-01+3`, then what is special about it.
fn shown(lot: &InvoiceLot) -> String {
    let mut text = format!(
        "{} {} {}..{}+{}",
        lot.lot,
        lot.granted,
        lot.starts_at.date(),
        lot.ends_at.date(),
        lot.grace_days
    );
    if lot.monthly {
        text.push_str(" monthly");
    }
    if let Some(kept) = lot.rollover {
        text.push_str(&format!(" keeps {} for {}", kept.cap, kept.months));
    }
    if let Some(plan) = &lot.trial_of {
        text.push_str(&format!(" trial of {plan}"));
    }
    text
}

#[track_caller]
fn check(lines: Vec<InvoiceLine>, expected: &[&str]) {
    let lots = invoice_lots(&invoice(lines.clone()), &catalogue()).unwrap();
    let texts: Vec<String> = lots.iter().map(shown).collect();
    assert_eq!(texts, expected, "{lines:#?}");
}

#[track_caller]
fn check_problem(lines: Vec<InvoiceLine>, expected: Unpriced) {
    let problem = invoice_lots(&invoice(lines.clone()), &catalogue());
    assert_eq!(problem, Err(expected), "{lines:#?}");
}

/// As many units, for this period.
fn units(line: InvoiceLine, quantity: u32) -> InvoiceLine {
    InvoiceLine { quantity, ..line }
}

#[track_caller]
fn during(line: InvoiceLine, start: &str, end: &str) -> InvoiceLine {
    InvoiceLine {
        period_start: at(start),
        period_end: at(end),
        ..line
    }
}

#[test]
fn a_period_of_a_subscription_gives_what_its_plan_gives() {
    check(Vec::new(), &[]);
    check(
        vec![line(Subscription, "il_1", "price_pro", 2000)],
        &["sub:in_1:il_1 2000 2025-11-01..2025-12-01+3"],
    );
    check(
        vec![units(line(Subscription, "il_1", "price_pro", 6000), 3)],
        &["sub:in_1:il_1 6000 2025-11-01..2025-12-01+3"],
    );
    check(
        vec![line(Subscription, "il_1", "price_free", 0)],
        &["sub:in_1:il_1 50 2025-11-01..2025-12-01+0"],
    );
}

#[test]
fn it_gives_that_whoever_paid_and_for_whatever_amount() {
    let unpaid = PaidInvoice {
        paid_minor: 0,
        ..invoice(vec![line(Subscription, "il_1", "price_pro", 2000)])
    };
    let lots = invoice_lots(&unpaid, &catalogue()).unwrap();
    let texts: Vec<String> = lots.iter().map(shown).collect();
    assert_eq!(texts, ["sub:in_1:il_1 2000 2025-11-01..2025-12-01+3"]);
    check(
        vec![line(Subscription, "il_1", "price_pro", 1)],
        &["sub:in_1:il_1 2000 2025-11-01..2025-12-01+3"],
    );
}

#[test]
fn what_comes_in_parts_and_what_is_kept_is_said_of_the_lot() {
    let year = line(Subscription, "il_1", "price_year", 20_000);
    check(
        vec![during(year, "2025-11-01", "2026-11-01")],
        &["sub:in_1:il_1 24000 2025-11-01..2026-11-01+3 monthly keeps 500 for 1"],
    );
    check(
        vec![units(line(Subscription, "il_1", "price_team", 10_000), 2)],
        &["sub:in_1:il_1 12001 2025-11-01..2025-12-01+7 keeps 1000 for 2"],
    );
}

#[test]
fn each_period_has_a_lot_of_its_own_in_the_order_of_their_names() {
    check(
        vec![
            line(Subscription, "il_2", "price_team", 5000),
            line(Subscription, "il_1", "price_pro", 2000),
        ],
        &[
            "sub:in_1:il_1 2000 2025-11-01..2025-12-01+3",
            "sub:in_1:il_2 6000.5 2025-11-01..2025-12-01+7 keeps 1000 for 2",
        ],
    );
    let line = line(Subscription, "il_1", "price_pro", 2000);
    check(
        vec![line.clone(), line],
        &["sub:in_1:il_1 2000 2025-11-01..2025-12-01+3"],
    );
}

#[test]
fn a_period_that_costs_nothing_though_its_plan_does_is_a_trial() {
    check(
        vec![line(Subscription, "il_1", "price_pro", 0)],
        &["trial:pro 200 2025-11-01..2025-12-01+3 trial of pro"],
    );
    // At once, and nothing of it is kept; and however many units are tried.
    check(
        vec![units(line(Subscription, "il_1", "price_year", 0), 5)],
        &["trial:year 300 2025-11-01..2025-12-01+3 trial of year"],
    );
    check(
        vec![
            line(Subscription, "il_1", "price_pro", 0),
            line(Subscription, "il_2", "price_pro", 0),
        ],
        &["trial:pro 200 2025-11-01..2025-12-01+3 trial of pro"],
    );
}

#[test]
fn a_trial_without_credits_and_no_units_give_no_lot() {
    check(vec![line(Subscription, "il_1", "price_team", 0)], &[]);
    check(
        vec![units(line(Subscription, "il_1", "price_pro", 0), 0)],
        &[],
    );
}

#[test]
fn a_change_in_mid_period_gives_the_share_that_is_paid_more() {
    // Half a month of pro back, half a month of team: -1000 + 3000.25.
    let unused = line(Proration, "il_1", "price_pro", -1000);
    let rest = line(Proration, "il_2", "price_team", 2500);
    check(
        vec![
            during(unused, "2025-11-16", "2025-12-01"),
            during(rest, "2025-11-16", "2025-12-01"),
        ],
        &["sub:in_1:proration 2000.25 2025-11-16..2025-12-01+0"],
    );
    check(
        vec![line(Proration, "il_1", "price_year", 10_000)],
        &["sub:in_1:proration 12000 2025-11-01..2025-12-01+0"],
    );
}

#[test]
fn a_change_by_which_less_is_paid_gives_and_takes_nothing() {
    check(
        vec![
            line(Proration, "il_1", "price_team", -2500),
            line(Proration, "il_2", "price_pro", 1000),
        ],
        &[],
    );
    check(
        vec![
            line(Proration, "il_1", "price_pro", -2000),
            line(Subscription, "il_2", "price_pro", 2000),
        ],
        &["sub:in_1:il_2 2000 2025-11-01..2025-12-01+3"],
    );
}

#[test]
fn a_change_on_the_next_invoice_lasts_until_the_end_of_the_new_period() {
    let unused = line(Proration, "il_1", "price_pro", -1000);
    let rest = line(Proration, "il_2", "price_team", 2500);
    let next = line(Subscription, "il_3", "price_team", 5000);
    let other = line(Other, "il_4", "-", 5);
    check(
        vec![
            during(other, "2025-01-01", "2027-01-01"),
            during(next, "2025-12-01", "2026-01-01"),
            during(rest, "2025-11-16", "2025-12-01"),
            during(unused, "2025-11-20", "2025-12-01"),
        ],
        &[
            "sub:in_1:il_3 6000.5 2025-12-01..2026-01-01+7 keeps 1000 for 2",
            "sub:in_1:proration 2000.25 2025-11-16..2026-01-01+0",
        ],
    );
}

#[test]
fn changes_are_rounded_down_once() {
    // 1/3 of a milli-credit each: together one.
    let third = || {
        let price = |name| Price {
            credits: Credits::from_milli(1),
            ..super::super::fixtures::plan(name, 1, 3, "0")
        };
        Catalogue::new(vec![price("third")])
    };
    let lines = |count: u32| {
        let names = (0..count).map(|number| format!("il_{number}"));
        names
            .map(|name| line(Proration, &name, "price_third", 1))
            .collect()
    };
    for (count, milli) in [
        (1, None),
        (2, None),
        (3, Some(1)),
        (5, Some(1)),
        (6, Some(2)),
    ] {
        let lots = invoice_lots(&invoice(lines(count)), &third()).unwrap();
        let granted = lots.first().map(|lot| lot.granted.milli());
        assert_eq!(granted, milli, "{count} lines");
    }
}

#[test]
fn a_price_of_nothing_has_no_share_in_a_change() {
    check(vec![line(Proration, "il_1", "price_free", 0)], &[]);
    check(
        vec![
            line(Proration, "il_1", "price_free", 0),
            line(Proration, "il_2", "price_pro", 500),
        ],
        &["sub:in_1:proration 500 2025-11-01..2025-12-01+0"],
    );
}

#[test]
fn lines_of_other_kinds_give_nothing_and_need_no_price() {
    check(
        vec![
            line(Other, "il_1", "-", 999),
            line(Other, "il_2", "price_new", -5),
            line(Other, "il_3", "price_pro", 2000),
        ],
        &[],
    );
}

#[test]
fn an_invoice_with_more_lines_than_told_gives_nothing_yet() {
    let part = PaidInvoice {
        complete: false,
        ..invoice(vec![line(Subscription, "il_1", "price_new", 2000)])
    };
    assert_eq!(invoice_lots(&part, &catalogue()), Err(Unpriced::Incomplete));
}

#[test]
fn a_line_that_should_give_credits_needs_a_price_that_is_known() {
    for kind in [Subscription, Proration] {
        check_problem(
            vec![
                line(Subscription, "il_1", "price_pro", 2000),
                line(kind, "il_2", "price_new", 0),
            ],
            Unpriced::Unknown(id("price_new")),
        );
        check_problem(
            vec![line(kind, "il_1", "-", 0)],
            Unpriced::Unnamed(id("il_1")),
        );
    }
}

#[test]
fn the_longest_ids_of_an_invoice_and_its_line_name_a_lot() {
    let (of_invoice, of_line) = ("i".repeat(100), "l".repeat(100));
    let invoice = PaidInvoice {
        id: id(&of_invoice),
        ..invoice(vec![line(Subscription, &of_line, "price_pro", 2000)])
    };
    let lots = invoice_lots(&invoice, &catalogue()).unwrap();
    let name = format!("sub:{of_invoice}:{of_line}");
    assert_eq!(lots[0].lot.as_str(), name);
}

#[test]
fn a_plan_that_is_too_long_for_the_name_of_a_trial_is_told() {
    let tried = |plan_name: &str| {
        let price = Price {
            price_id: "price_long".to_string(),
            trial_credits: credits("200"),
            ..plan(plan_name, 10, 2000, "2000")
        };
        let trial = invoice(vec![line(Subscription, "il_1", "price_long", 0)]);
        invoice_lots(&trial, &Catalogue::new(vec![price]))
    };
    let longest = "p".repeat(202);
    assert!(tried(&longest).is_ok());
    let unnameable = Unpriced::Unnameable(id("il_1"));
    assert_eq!(tried(&format!("{longest}p")), Err(unnameable));
}

#[test]
fn a_problem_says_what_it_is() {
    for (problem, text) in [
        (
            Unpriced::Unknown(id("price_1")),
            "the catalogue has no price price_1",
        ),
        (
            Unpriced::Incomplete,
            "the invoice has more lines than the event carries",
        ),
        (
            Unpriced::Unnamed(id("il_1")),
            "the line il_1 names no price",
        ),
        (CreditsOverflow.into(), "the amounts are too large"),
        (
            Unpriced::Unnameable(id("il_1")),
            "the line il_1 makes no name for a lot",
        ),
    ] {
        assert_eq!(problem.to_string(), text);
    }
}

#[track_caller]
fn check_written(invoice: &Invoice) -> String {
    let written = crate::written::written(&invoice);
    let read: Invoice = crate::written::read_back(&written);
    assert_eq!(read, *invoice);
    written
}

#[test]
fn an_invoice_is_read_back_as_it_was_written() {
    assert_eq!(check_written(&Invoice::default()), "{}");
    let lines = vec![
        line(Subscription, "il_1", "price_year", 20_000),
        line(Subscription, "il_2", "price_pro", 0),
        line(Proration, "il_3", "price_pro", 7),
    ];
    let lots = invoice_lots(&invoice(lines), &catalogue()).unwrap();
    assert_eq!(lots.len(), 3);
    let settled = SettledInvoice {
        user_id: "user-1".parse().unwrap(),
        paid_minor: 20_007,
        lots,
    };
    let invoice = Invoice {
        settled: Some(settled),
        returned_minor: [(id("pi_1"), 5), (id("pi_2"), u64::MAX)].into(),
    };
    assert_eq!(invoice.all_returned_minor(), u64::MAX);
    let written = check_written(&invoice);
    assert!(written.contains(r#""granted_milli":24000000"#), "{written}");
}
