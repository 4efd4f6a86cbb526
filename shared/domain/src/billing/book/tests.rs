//! The clawback targets that books give, as tables of lines.

use super::super::CreditedLine;
use super::super::ReturnedAmount;
use super::super::fixtures::{id, period};
use super::*;
use crate::fixtures::{at, credits};

mod lots;
mod unpaid;

const END: &str = "2025-12-01";

fn with(name: &str, price: &str, (start, end): (&str, &str), effect: LineEffect) -> BookLine {
    let (invoice, line) = name.split_once(':').unwrap();
    BookLine {
        invoice: id(invoice),
        id: id(line),
        price: id(price),
        period: period(start, end),
        quantity: 1,
        effect,
    }
}

fn lot(name: &str, gives: &str) -> LineLot {
    LineLot {
        lot: format!("sub:{name}").parse().unwrap(),
        granted: credits(gives),
        paid_at: None,
        grace_days: 3,
        monthly: false,
        rollover: None,
        for_nothing: false,
        unclear: false,
    }
}

/// A line that grants credits until the end of November.
fn grant(name: &str, start: &str, gives: &str) -> BookLine {
    with(
        name,
        "price_pro",
        (start, END),
        LineEffect::Grants(lot(name, gives)),
    )
}

/// A line that credits time of these lines until the end of November.
fn credit(name: &str, start: &str, named: &[&str]) -> BookLine {
    let named = named.iter().map(|named| {
        let (invoice, line) = named.split_once(':').unwrap();
        CreditedLine {
            invoice: id(invoice),
            line: id(line),
        }
    });
    with(
        name,
        "price_pro",
        (start, END),
        LineEffect::Credits(named.collect()),
    )
}

fn units(line: BookLine, quantity: u64) -> BookLine {
    BookLine { quantity, ..line }
}

fn until(mut line: BookLine, end: &str) -> BookLine {
    line.period.end = at(end);
    line
}

fn book(lines: &[BookLine]) -> SubscriptionBook {
    let mut book = SubscriptionBook::new("user-1".parse().unwrap());
    for line in lines {
        book.note_line(line.clone());
    }
    book
}

fn returned(book: &mut SubscriptionBook, invoice: &str, returned_minor: u64, total_minor: u64) {
    let invoice_amount = ReturnedAmount {
        returned_minor,
        total_minor,
    };
    let returned = Returned {
        invoice: invoice_amount,
        lines: BTreeMap::new(),
    };
    book.set_returned(&id(invoice), returned);
}

fn gone(book: &SubscriptionBook) -> Vec<(String, Credits)> {
    let targets = book.targets().unwrap();
    let shown = targets.iter().map(|target| match target {
        LotTarget::Lot(terms, gone) => (terms.id.to_string(), *gone),
        LotTarget::Schedule(terms, months) => (
            terms.id.to_string(),
            Credits::sum(months.iter().copied()).unwrap(),
        ),
    });
    shown.collect()
}

#[track_caller]
fn check(book: &SubscriptionBook, expected: &[(&str, &str)]) {
    let expected: Vec<_> = expected
        .iter()
        .map(|(name, amount)| (format!("sub:{name}"), credits(amount)))
        .collect();
    assert_eq!(gone(book), expected, "{book:#?}");
}

#[test]
fn without_credits_and_returns_nothing_is_gone() {
    check(&book(&[]), &[]);
    check(
        &book(&[grant("in_1:il_1", "2025-11-01", "30")]),
        &[("in_1:il_1", "0")],
    );
}

#[test]
fn a_credit_takes_the_time_from_its_start_on() {
    let first = grant("in_1:il_1", "2025-11-01", "30");
    for named in [&["in_1:il_1"][..], &[]] {
        let lines = [first.clone(), credit("in_2:il_1", "2025-11-11", named)];
        check(&book(&lines), &[("in_1:il_1", "20")]);
    }
}

#[test]
fn a_credit_takes_of_the_lines_that_it_names() {
    let lines = [
        grant("in_1:il_1", "2025-11-01", "30"),
        grant("in_1:il_2", "2025-11-01", "30"),
        credit("in_2:il_1", "2025-11-11", &["in_1:il_2"]),
    ];
    check(&book(&lines), &[("in_1:il_1", "0"), ("in_1:il_2", "20")]);
}

#[test]
fn one_that_names_none_takes_of_the_latest_start_then_by_invoice_and_line() {
    let lines = [
        grant("in_1:il_1", "2025-11-01", "30"),
        grant("in_2:il_1", "2025-11-06", "25"),
        credit("in_3:il_1", "2025-11-11", &[]),
    ];
    check(&book(&lines), &[("in_1:il_1", "0"), ("in_2:il_1", "20")]);
    let same_start = [
        grant("in_1:il_1", "2025-11-01", "30"),
        grant("in_1:il_2", "2025-11-01", "30"),
        credit("in_3:il_1", "2025-11-11", &[]),
    ];
    check(
        &book(&same_start),
        &[("in_1:il_1", "20"), ("in_1:il_2", "0")],
    );
}

#[test]
fn a_credit_of_another_price_takes_nothing() {
    let mut other = credit("in_2:il_1", "2025-11-11", &[]);
    other.price = id("price_team");
    let lines = [grant("in_1:il_1", "2025-11-01", "30"), other];
    check(&book(&lines), &[("in_1:il_1", "0")]);
}

#[test]
fn a_credit_takes_its_quantity_once() {
    let lines = [
        units(grant("in_1:il_1", "2025-11-01", "90"), 3),
        units(credit("in_2:il_1", "2025-11-11", &["in_1:il_1"]), 2),
    ];
    check(&book(&lines), &[("in_1:il_1", "40")]);
    let several = [
        grant("in_1:il_1", "2025-11-01", "30"),
        grant("in_1:il_2", "2025-11-01", "30"),
        units(
            credit("in_2:il_1", "2025-11-11", &["in_1:il_1", "in_1:il_2"]),
            2,
        ),
    ];
    check(&book(&several), &[("in_1:il_1", "20"), ("in_1:il_2", "20")]);
}

#[test]
fn no_more_than_was_given_is_ever_taken() {
    let lines = [
        grant("in_1:il_1", "2025-11-01", "30"),
        units(credit("in_2:il_1", "2025-10-01", &["in_1:il_1"]), 9),
        credit("in_3:il_1", "2025-11-11", &[]),
    ];
    check(&book(&lines), &[("in_1:il_1", "30")]);
}

#[test]
fn what_is_taken_is_rounded_up() {
    let lines = [
        grant("in_1:il_1", "2025-11-01", "0.001"),
        credit("in_2:il_1", "2025-11-30", &[]),
    ];
    check(&book(&lines), &[("in_1:il_1", "0.001")]);
}

#[test]
fn the_order_in_which_lines_come_does_not_matter() {
    let lines = [
        grant("in_1:il_1", "2025-11-01", "30"),
        credit("in_2:il_1", "2025-11-11", &["in_1:il_1"]),
        grant("in_2:il_2", "2025-11-11", "20"),
        credit("in_3:il_1", "2025-11-21", &[]),
    ];
    let mut backwards = lines.clone();
    backwards.reverse();
    assert_eq!(book(&lines), book(&backwards));
    check(&book(&lines), &[("in_1:il_1", "20"), ("in_2:il_2", "10")]);
}

#[test]
fn returned_money_takes_its_share_and_undoes_what_its_invoice_credited() {
    let mut book = book(&[
        grant("in_1:il_1", "2025-11-01", "30"),
        credit("in_2:il_1", "2025-11-11", &["in_1:il_1"]),
        grant("in_2:il_2", "2025-11-11", "40"),
    ]);
    check(&book, &[("in_1:il_1", "20"), ("in_2:il_2", "0")]);
    returned(&mut book, "in_2", 50, 100);
    check(&book, &[("in_1:il_1", "10"), ("in_2:il_2", "20")]);
    returned(&mut book, "in_2", 100, 100);
    check(&book, &[("in_1:il_1", "0"), ("in_2:il_2", "40")]);
    // A refund that failed: exactly as before.
    returned(&mut book, "in_2", 0, 100);
    check(&book, &[("in_1:il_1", "20"), ("in_2:il_2", "0")]);
    assert_eq!(book.returned, BTreeMap::new());
}

#[test]
fn returned_money_and_unused_time_add_up_to_at_most_all() {
    let lines = [
        grant("in_1:il_1", "2025-11-01", "30"),
        credit("in_2:il_1", "2025-11-11", &["in_1:il_1"]),
    ];
    let mut book = book(&lines);
    returned(&mut book, "in_1", 20, 100);
    check(&book, &[("in_1:il_1", "26")]);
    returned(&mut book, "in_1", 80, 100);
    check(&book, &[("in_1:il_1", "30")]);
}

/// A year in monthly parts of ten.
fn year(name: &str) -> BookLine {
    let lot = LineLot {
        monthly: true,
        ..lot(name, "120")
    };
    with(
        name,
        "price_year",
        ("2025-11-01", "2026-11-01"),
        LineEffect::Grants(lot),
    )
}

#[track_caller]
fn months(book: &SubscriptionBook) -> Vec<i64> {
    match &book.targets().unwrap()[..] {
        [LotTarget::Schedule(_, months)] => months.iter().map(|it| it.milli() / 1000).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_schedule_ends_where_it_is_credited() {
    let end = credit("in_2:il_1", "2026-04-16", &["in_1:il_1"]);
    let end = until(end, "2026-11-01");
    let found = months(&book(&[year("in_1:il_1"), end]));
    assert_eq!(found, [0, 0, 0, 0, 0, 5, 10, 10, 10, 10, 10, 10]);
}

#[test]
fn a_schedule_loses_its_last_months_first_when_money_comes_back() {
    let mut book = book(&[year("in_1:il_1")]);
    returned(&mut book, "in_1", 25, 120);
    assert_eq!(months(&book), [0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 10, 10]);
    returned(&mut book, "in_1", 120, 120);
    assert_eq!(months(&book), [10; 12]);
}

#[test]
fn a_trial_ends_when_the_subscription_says_and_else_with_its_line() {
    let trial = |start, end| {
        with(
            "in_1:il_1",
            "price_pro",
            (start, end),
            LineEffect::Trial(lot("in_1:il_1", "5")),
        )
    };
    let end_of = |book: &SubscriptionBook| match &book.targets().unwrap()[..] {
        [LotTarget::Lot(terms, _)] => terms.expires_at.unwrap().date(),
        other => panic!("{other:?}"),
    };
    let mut book = book(&[trial("2025-11-01", "2025-11-08")]);
    assert_eq!(end_of(&book), "2025-11-11");
    book.trials.insert(at("2025-11-01"), at("2025-11-20"));
    assert_eq!(end_of(&book), "2025-11-23");
    // Another trial, later.
    book.trials.insert(at("2026-11-01"), at("2026-11-20"));
    assert_eq!(end_of(&book), "2025-11-23");
}

#[test]
fn a_book_is_read_back_as_it_was_written() {
    let trial = with(
        "in_4:il_1",
        "price_pro",
        ("2025-11-01", END),
        LineEffect::Trial(lot("x", "1")),
    );
    let none = with(
        "in_5:il_1",
        "price_pro",
        ("2025-11-01", END),
        LineEffect::Nothing,
    );
    let mut book = book(&[
        grant("in_1:il_1", "2025-11-01", "30"),
        credit("in_2:il_1", "2025-11-11", &["in_1:il_1"]),
        credit("in_3:il_1", "2025-11-11", &[]),
        trial,
        none,
    ]);
    returned(&mut book, "in_1", 1, 3);
    book.note_anchor(at("2025-11-01"));
    book.trials.insert(at("2025-11-01"), at("2025-11-08"));
    book.waiting = 3;
    let written = crate::written::written(&book);
    let read: SubscriptionBook = crate::written::read_back(&written);
    assert_eq!(read, book);
}
