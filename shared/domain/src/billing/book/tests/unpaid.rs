//! Credits that name no line, and time that is not known to be paid.

use super::*;

fn idle(book: &SubscriptionBook) -> Vec<&str> {
    book.idle_invoices()
        .into_iter()
        .map(StripeId::as_str)
        .collect()
}

fn of_price(line: BookLine, price: &str) -> BookLine {
    BookLine {
        price: id(price),
        ..line
    }
}

/// A change from one number of units to another, on this day.
fn seats(invoice: &str, start: &str, (from, to): (u64, u64)) -> [BookLine; 2] {
    [
        units(credit(&format!("{invoice}:il_1"), start, &[]), from),
        units(grant(&format!("{invoice}:il_2"), start, "30"), to),
    ]
}

#[test]
fn an_unnamed_credit_is_for_the_line_that_billed_as_many_units_last() {
    let lines = [
        units(grant("in_1:il_1", "2025-11-01", "60"), 2),
        grant("in_2:il_1", "2025-11-06", "25"),
        units(grant("in_3:il_1", "2025-11-08", "23"), 3),
        units(credit("in_4:il_1", "2025-11-11", &[]), 2),
    ];
    check(
        &book(&lines),
        &[("in_1:il_1", "40"), ("in_2:il_1", "0"), ("in_3:il_1", "0")],
    );
    // If none did, any units will do.
    let [_, one, three, _] = &lines;
    let lines = [one, three, &units(lines[3].clone(), 4)].map(BookLine::clone);
    check(&book(&lines), &[("in_2:il_1", "20"), ("in_3:il_1", "20")]);
}

#[test]
fn an_unnamed_credit_is_for_what_began_before_it_rather_than_with_it() {
    let lines = [
        grant("in_1:il_1", "2025-11-01", "30"),
        credit("in_2:il_1", "2025-11-11", &[]),
        grant("in_2:il_2", "2025-11-11", "20"),
    ];
    check(&book(&lines), &[("in_1:il_1", "20"), ("in_2:il_2", "0")]);
}

#[test]
fn a_line_that_ends_earlier_or_billed_more_units_is_not_what_was_credited() {
    let lines = [
        grant("in_1:il_1", "2025-11-01", "30"),
        until(grant("in_2:il_1", "2025-11-06", "10"), "2025-11-16"),
        credit("in_3:il_1", "2025-11-11", &[]),
    ];
    check(&book(&lines), &[("in_1:il_1", "20"), ("in_2:il_1", "0")]);
    // Two of the three units of `in_2` are left, but two units were billed by `in_1`.
    let lines = [
        units(grant("in_1:il_1", "2025-11-01", "60"), 2),
        units(grant("in_2:il_1", "2025-11-06", "75"), 3),
        credit("in_3:il_1", "2025-11-11", &["in_2:il_1"]),
        units(credit("in_4:il_1", "2025-11-16", &[]), 2),
    ];
    check(&book(&lines), &[("in_1:il_1", "30"), ("in_2:il_1", "20")]);
}

#[test]
fn a_credit_takes_units_of_a_line_only_while_the_line_covers_its_time() {
    let unnamed = [
        units(grant("in_1:il_1", "2025-11-01", "90"), 3),
        units(
            until(grant("in_2:il_1", "2025-11-06", "20"), "2025-11-16"),
            2,
        ),
        credit("in_3:il_1", "2025-11-11", &[]),
    ];
    check(&book(&unnamed), &[("in_1:il_1", "15"), ("in_2:il_1", "5")]);
    let named = [
        grant("in_1:il_1", "2025-11-01", "30"),
        grant("in_2:il_1", "2025-11-11", "20"),
        credit("in_3:il_1", "2025-11-06", &["in_1:il_1", "in_2:il_1"]),
    ];
    check(&book(&named), &[("in_1:il_1", "5"), ("in_2:il_1", "20")]);
}

#[test]
fn an_invoice_that_credits_unpaid_time_grants_and_removes_nothing() {
    let first = grant("in_1:il_1", "2025-11-01", "30");
    let paid_later = seats("in_2", "2025-11-11", (1, 2));
    let last = seats("in_3", "2025-11-21", (2, 3));
    let unpaid = book(&[std::slice::from_ref(&first), &last].concat());
    assert_eq!(idle(&unpaid), ["in_3"]);
    check(&unpaid, &[("in_1:il_1", "0"), ("in_3:il_2", "30")]);
    let all = book(&[&[first], &paid_later[..], &last[..]].concat());
    assert!(idle(&all).is_empty());
    check(
        &all,
        &[("in_1:il_1", "20"), ("in_2:il_2", "15"), ("in_3:il_2", "0")],
    );
}

#[test]
fn what_credits_such_an_invoice_counts_for_nothing_either() {
    let lines = [
        &[grant("in_1:il_1", "2025-11-01", "30")],
        &seats("in_3", "2025-11-21", (2, 3))[..],
        &seats("in_4", "2025-11-22", (3, 1))[..],
        &[credit("in_5:il_1", "2025-11-23", &["in_4:il_2"])],
        &[credit("in_6:il_1", "2025-11-24", &["in_1:il_1"])],
    ];
    let book = book(&lines.concat());
    assert_eq!(idle(&book), ["in_3", "in_4", "in_5"]);
    let gone = [("in_1:il_1", "7"), ("in_3:il_2", "30"), ("in_4:il_2", "30")];
    check(&book, &gone);
}

#[test]
fn an_invoice_that_finds_enough_paid_time_counts_whatever_else_covers_it() {
    let lines = [
        &seats("in_1", "2025-11-06", (2, 3))[..],
        &[units(grant("in_2:il_1", "2025-11-11", "40"), 2)],
        &[credit("in_3:il_1", "2025-11-21", &[])],
    ];
    let book = book(&lines.concat());
    assert_eq!(idle(&book), ["in_1"]);
    check(&book, &[("in_1:il_2", "30"), ("in_2:il_1", "10")]);
}

#[test]
fn time_that_was_credited_once_covers_no_second_credit() {
    let lines = [
        grant("in_1:il_1", "2025-11-01", "30"),
        credit("in_2:il_1", "2025-11-11", &[]),
        credit("in_3:il_1", "2025-11-21", &[]),
        of_price(grant("in_3:il_2", "2025-11-21", "10"), "price_team"),
    ];
    let whole = book(&lines);
    assert_eq!(idle(&whole), ["in_3"]);
    check(&whole, &[("in_1:il_1", "20"), ("in_3:il_2", "10")]);
    // `in_3` has to wait only because of `in_2` before it.
    let id = |name: &str| id(name);
    assert!(whole.idle_by(&id("in_1")).is_empty());
    assert_eq!(whole.idle_by(&id("in_2")), [&id("in_3")].into());
    assert_eq!(whole.idle_by(&id("in_3")), [&id("in_3")].into());
    let [first, _, later, team] = lines;
    let without = book(&[first, later, team]);
    assert!(idle(&without).is_empty());
    check(&without, &[("in_1:il_1", "10"), ("in_3:il_2", "0")]);
}

#[test]
fn an_invoice_may_credit_what_it_bills_itself() {
    let lines = [
        &[grant("in_1:il_1", "2025-11-01", "30")],
        &seats("in_2", "2025-11-11", (1, 2))[..],
        &[
            units(credit("in_2:il_3", "2025-11-21", &[]), 2),
            units(grant("in_2:il_4", "2025-11-21", "30"), 3),
        ],
    ];
    let book = book(&lines.concat());
    assert!(idle(&book).is_empty());
    let gone = [("in_1:il_1", "20"), ("in_2:il_2", "15"), ("in_2:il_4", "0")];
    check(&book, &gone);
}

/// The line of an imported lot of 30 credits for November.
fn imported() -> BookLine {
    let (lot, given) = ("sub:import:one".parse().unwrap(), credits("30"));
    let of = (id("price_pro"), 1);
    BookLine::imported(of, period("2025-11-01", END), (lot, given)).unwrap()
}

#[test]
fn what_was_billed_before_an_import_is_taken_for_paid() {
    let change = seats("in_3", "2025-11-21", (2, 3));
    let book = book(&[&[imported()], &change[..]].concat());
    assert!(idle(&book).is_empty());
    check(&book, &[("import:one", "10"), ("in_3:il_2", "0")]);
}

#[test]
fn imported_lots_stand_in_for_named_lines_of_their_price_that_are_not_known() {
    let known = grant("in_1:il_1", "2025-11-01", "30");
    let cases = [
        ("price_pro", "in_0:il_1", "20", "0"),
        ("price_pro", "in_1:il_1", "0", "20"),
        ("price_team", "in_0:il_1", "0", "0"),
    ];
    for (price, named, of_imported, of_known) in cases {
        let credit = of_price(credit("in_2:il_1", "2025-11-11", &[named]), price);
        let book = book(&[imported(), known.clone(), credit]);
        let gone = [("import:one", of_imported), ("in_1:il_1", of_known)];
        check(&book, &gone);
    }
}

#[test]
fn a_trial_of_such_an_invoice_gives_nothing() {
    let name = "in_2:il_1";
    let effect = LineEffect::Trial(lot(name, "5"));
    let trial = with(name, "price_team", ("2025-11-21", END), effect);
    let book = book(&[trial, credit("in_2:il_2", "2025-11-21", &[])]);
    check(&book, &[(name, "5")]);
}

#[test]
fn a_trial_pays_for_no_credit() {
    let name = "in_1:il_1";
    let trial = LineEffect::Trial(lot(name, "5"));
    let lines = [
        with(name, "price_pro", ("2025-11-01", END), trial),
        credit("in_3:il_1", "2025-11-02", &[]),
        of_price(grant("in_3:il_2", "2025-11-02", "29"), "price_team"),
    ];
    let book = book(&lines);
    assert_eq!(idle(&book), ["in_3"]);
    check(&book, &[(name, "0"), ("in_3:il_2", "29")]);
}
