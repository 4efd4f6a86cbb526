//! The lots that lines grant, how much a book keeps, and what of it is written.

use super::*;
use crate::written::{read_back, written};
use crate::{LotRollover, Rollover};

#[test]
fn a_line_that_grants_no_credits_has_no_lot() {
    let name = "in_1:il_1";
    for effect in [LineEffect::Grants, LineEffect::Trial] {
        let effect = effect(lot(name, "0"));
        let line = with(name, "price_pro", ("2025-11-01", END), effect);
        check(&book(&[line]), &[]);
    }
}

#[test]
fn a_lot_rolls_over_from_the_end_of_its_grace_if_months_and_a_cap_are_set() {
    let cases = [
        (None, "2025-12-04", None),
        (Some((0, "10")), "2025-12-04", None),
        (Some((2, "0")), "2025-12-04", None),
        (Some((1, "10")), "2026-01-04", Some("10")),
        (Some((2, "10")), "2026-02-04", Some("10")),
    ];
    for (rollover, end, kept) in cases {
        let rollover = rollover.map(|(months, cap)| Rollover {
            months,
            cap: credits(cap),
        });
        let kept = kept.map(|cap| LotRollover {
            from: at("2025-12-04"),
            cap: credits(cap),
        });
        let lot = LineLot {
            rollover,
            ..lot("in_1:il_1", "30")
        };
        let terms = lot.terms(at("2025-11-01"), at(END));
        let found = (terms.expires_at, terms.rollover);
        assert_eq!(found, (Some(at(end)), kept), "{rollover:?}");
    }
}

#[test]
fn a_book_keeps_300_lines_and_then_drops_those_that_ended_first() {
    let october = |name| until(grant(name, "2025-10-01", "1"), "2025-11-01");
    let mut book = book(&["in_x:il_1", "in_y:il_1"].map(october));
    for number in 1..=298 {
        book.note_line(grant(&format!("in_{number}:il_1"), "2025-11-01", "1"));
    }
    assert_eq!(book.lines.len(), 300);
    assert!(book.has_invoice(&id("in_x")) && book.has_invoice(&id("in_y")));
    book.note_line(grant("in_299:il_1", "2025-11-01", "1"));
    assert_eq!(book.lines.len(), 299);
    assert!(!book.has_invoice(&id("in_x")) && !book.has_invoice(&id("in_y")));
}

#[test]
fn a_book_keeps_all_lines_that_end_with_the_latest_however_many_there_are() {
    let november = |number| grant(&format!("in_{number}:il_1"), "2025-11-01", "1");
    let lines: Vec<_> = (0..=301).map(november).collect();
    let october = until(grant("in_x:il_1", "2025-10-01", "1"), "2025-11-01");
    for order in [
        [vec![october.clone()], lines.clone()].concat(),
        [lines, vec![october]].concat(),
    ] {
        let book = book(&order);
        assert_eq!(book.lines.len(), 302);
        assert!(!book.has_invoice(&id("in_x")));
    }
}

#[test]
fn a_full_book_fits_an_item_of_400_kilobytes() {
    let long = |number| {
        let name = format!("in_{number:024}:il_{number:024}");
        let mut line = grant(&name, "2025-11-01", "1");
        line.price = id(&format!("price_{number:024}"));
        line
    };
    let lines: Vec<_> = (0..600).map(long).collect();
    let mut book = book(&lines);
    for line in &lines {
        returned(&mut book, line.invoice.as_str(), 1, 2);
    }
    assert!(!book.is_full());
    let bytes = written(&book).len();
    assert!(bytes < 390_000, "{bytes} bytes");
}

#[test]
fn a_book_keeps_the_16_latest_anchors() {
    let days: Vec<_> = (1..=17)
        .map(|day| at(&format!("2025-11-{day:02}")))
        .collect();
    let mut book = book(&[]);
    for day in &days[..16] {
        book.note_anchor(*day);
    }
    assert_eq!(book.anchors, days[..16]);
    book.note_anchor(days[16]);
    assert_eq!(book.anchors, days[1..]);
    book.note_anchor(days[0]);
    assert_eq!(book.anchors, days[1..]);
}

#[test]
fn what_does_not_apply_is_not_written() {
    assert_eq!(written(&book(&[])), r#"{"user_id":"user-1"}"#);
    let plain = lot("in_1:il_1", "30");
    let marked = LineLot {
        monthly: true,
        for_nothing: true,
        unclear: true,
        ..plain.clone()
    };
    let start = r#"{"lot":"sub:in_1:il_1","granted_milli":30000,"grace_days":3"#;
    let marks = r#","monthly":true,"for_nothing":true,"unclear":true"#;
    for (lot, marks) in [(plain, ""), (marked, marks)] {
        let text = written(&lot);
        assert_eq!(text, format!("{start}{marks}}}"));
        assert_eq!(read_back::<LineLot>(&text), lot);
    }
}
