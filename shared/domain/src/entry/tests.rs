//! Suite: no change to an entry goes unnoticed.
//!
//! The tables are complete by construction: every struct and posting is
//! destructured without `..` and every list of variants is matched against its
//! enum, so a new field or variant does not compile until it has a case.

mod postings;
mod ratings;
mod schedules;

use super::super::fixtures::*;
use super::super::{
    AccountPlan, Allocation, Credits, HoldId, HoldPosting, HoldStatus, LotId, LotKind, LotRollover,
    LotTerms, OnExpiry, Operation, PastLot, ResetDay, Tier,
};
use super::*;

/// All variants of an enum; leaving one out does not compile.
macro_rules! all {
    ($enum:ident: $($variant:ident),+ $(,)?) => {{
        let listed = |it: $enum| match it { $($enum::$variant => {})+ };
        let all = [$($enum::$variant),+];
        all.into_iter().for_each(listed);
        all
    }};
}
use all;

fn hold_id(text: &str) -> HoldId {
    text.parse().unwrap()
}

/// A pack as stored in the past credits, with another value in each amount.
fn past_lot() -> PastLot {
    let amounts = [
        (LotAmount::Granted, credits("50")),
        (LotAmount::ClawedBack, credits("2")),
        (LotAmount::Used, credits("40")),
        (LotAmount::Held, credits("3")),
        (LotAmount::Lapsed, credits("5")),
    ];
    PastLot {
        lot: holding(pack("buy:past", Some("2025-06-01")), &amounts),
        ended_at: at("2025-06-01"),
    }
}

/// A plan with every field set, and one without its optional fields.
fn plans() -> Vec<AccountPlan> {
    let full = AccountPlan {
        subscription_id: "sub_1".to_string(),
        tier: Tier::Pro,
        rank: 10,
        period_end: Some(at("2025-12-01")),
        lapses_at: Some(at("2025-12-04")),
        payment_due: false,
    };
    let bare = AccountPlan {
        subscription_id: "sub_2".to_string(),
        tier: Tier::Enterprise,
        rank: 0,
        period_end: None,
        lapses_at: None,
        payment_due: false,
    };
    vec![full, bare]
}

fn hold_postings() -> Vec<Posting> {
    let hold = hold_id("client-1#hold-1");
    let part = |lot: &str, amount| Allocation {
        lot: lot_id(lot),
        amount: credits(amount),
    };
    vec![
        Posting::Hold(HoldPosting::Opened {
            hold: hold.clone(),
            amount: credits("3"),
            allocation: vec![part("free:2025-11-01", "1"), part("buy:a", "2")],
            opened_at: Some(at("2025-11-06T14:30:00Z")),
            expires_at: at("2025-11-06T14:35:00Z"),
            on_expiry: OnExpiry::Settle,
        }),
        Posting::Hold(HoldPosting::Extended {
            hold: hold.clone(),
            expires_at: at("2025-11-06T14:40:00Z"),
        }),
        Posting::Hold(HoldPosting::Reported {
            hold: hold.clone(),
            amount: credits("1.5"),
        }),
        Posting::Hold(HoldPosting::Expired {
            hold: hold.clone(),
            charged: credits("1.5"),
        }),
        Posting::Hold(HoldPosting::Closed { hold }),
    ]
}

/// Every kind of posting, with and without an end.
fn every_posting() -> Vec<Posting> {
    let mut postings = vec![
        Posting::FreeTerms {
            monthly_allocation: credits("2000"),
            reset_day_of_month: ResetDay::FIRST,
        },
        Posting::Opened(pack("buy:a", Some("2026-01-01")).terms),
        Posting::Opened(pack("buy:b", None).terms),
        Posting::Opened(LotTerms {
            rollover: Some(LotRollover {
                from: at("2025-12-01"),
                cap: credits("5"),
            }),
            ..pack("buy:d", Some("2026-01-01")).terms
        }),
        Posting::Moved {
            lot: lot_id("buy:a"),
            amount: LotAmount::Granted,
            delta: credits("10.5"),
            cause: PostingCause::Opening,
        },
        Posting::Archived {
            lot: lot_id("buy:c"),
        },
        Posting::Recalled(past_lot()),
        Posting::EndMoved {
            lot: lot_id("buy:a"),
            expires_at: at("2026-02-01"),
        },
        Posting::Plans(plans()),
        Posting::Active(false),
        Posting::Erased,
        Posting::PeriodsSkipped { periods: 3 },
    ];
    postings.extend(hold_postings());
    postings.extend(schedules::schedule_postings());
    postings
}

fn entry() -> Entry {
    let mut entry = Entry {
        user_id: "user-1".parse().unwrap(),
        key: "api#client-1#key-1".parse().unwrap(),
        seq: 7,
        kind: EntryKind::Open,
        request_hash: Digest::from_bytes([1; 32]),
        postings: every_posting(),
        outcome: Outcome {
            amount: credits("12.5"),
            free_delta: credits("0.25"),
            pro_delta: credits("3"),
            hold: Some(HoldSummary {
                id: hold_id("client-1#hold-1"),
                status: HoldStatus::Committed,
                expires_at: at("2025-11-06T14:40:00Z"),
            }),
            usage: Usage {
                model_id: Some("model-1".to_string()),
                operation: Some(Operation::Chat),
                input_tokens: Some(1000),
                output_tokens: Some(20),
                session: Some(Erasable::new("my chat", [5; 16])),
            },
            rating: Some(ratings::rating()),
            alerts: vec![Alert::Free75, Alert::ProLow],
        },
        balance_after: Balance {
            free_available: credits("1500"),
            pro_available: credits("10.5"),
            held: credits("1"),
            debt: credits("2"),
        },
        shown_after: ShownBalance {
            total_available: 1510,
            held: 1,
            debt: 2,
        },
        at: at("2025-11-06T14:30:00Z"),
        actor: Erasable::new("somebody", [7; 16]),
        label: Some(Erasable::new("my call", [6; 16])),
        previous_hash: Digest::from_bytes([2; 32]),
        hash: Digest::ZERO,
    };
    entry.hash = entry.compute_hash();
    entry
}

#[track_caller]
fn check(what: &str, change: impl FnOnce(&mut Entry)) {
    let mut changed = entry();
    assert!(changed.is_authentic());
    change(&mut changed);
    assert_ne!(changed, entry(), "{what}: the case changes nothing");
    assert!(!changed.is_authentic(), "{what} goes unnoticed");
}

fn other_than<T: Clone + PartialEq>(all: &[T], one: &T) -> Vec<T> {
    all.iter().filter(|it| *it != one).cloned().collect()
}

#[test]
fn every_change_of_a_field_shows() {
    let Entry {
        user_id: _,
        key: _,
        seq: _,
        kind,
        request_hash: _,
        postings: _, // These have tests of their own.
        outcome: _,  // So has this.
        balance_after:
            Balance {
                free_available: _,
                pro_available: _,
                held: _,
                debt: _,
            },
        shown_after:
            ShownBalance {
                total_available: _,
                held: _,
                debt: _,
            },
        at: _,
        actor: _,
        label: _,
        previous_hash: _,
        hash: _,
    } = entry();
    let other = Digest::from_bytes([9; 32]);
    let key = |text: &str| text.parse::<EntryKey>().unwrap();
    check("user", |it| it.user_id = "user-2".parse().unwrap());
    check("key", |it| it.key = key("api#client-1#key-2"));
    check("client", |it| it.key = key("api#client-2#key-1"));
    check("cause", |it| it.key = key("cause#key-1"));
    check("ops", |it| it.key = key("ops#key-1"));
    check("seq", |it| it.seq = 8);
    for other in other_than(&EntryKind::ALL, &kind) {
        check("kind", |it| it.kind = other);
    }
    check("request hash", |it| it.request_hash = other);
    check("free", |it| it.balance_after.free_available = Credits::ZERO);
    check("pro", |it| it.balance_after.pro_available = Credits::ZERO);
    check("held", |it| it.balance_after.held = Credits::ZERO);
    check("debt", |it| it.balance_after.debt = Credits::ZERO);
    check("shown total", |it| it.shown_after.total_available = 1511);
    check("shown held", |it| it.shown_after.held = 0);
    check("shown debt", |it| it.shown_after.debt = 3);
    check("time", |it| it.at = it.at.plus_seconds(1));
    check("actor", |it| it.actor = Erasable::new("nobody", [7; 16]));
    check("salt", |it| it.actor = Erasable::new("somebody", [8; 16]));
    check("actor's digest", |it| it.actor.digest = other);
    check("no label", |it| it.label = None);
    let labelled = |text| Some(Erasable::new(text, [6; 16]));
    check("label", |it| it.label = labelled("your call"));
    check("previous hash", |it| it.previous_hash = other);
    check("hash", |it| it.hash = other);
}

#[test]
fn every_change_of_the_outcome_shows() {
    let Outcome {
        amount: _,
        free_delta: _,
        pro_delta: _,
        hold,
        usage:
            Usage {
                model_id: _,
                operation: _,
                input_tokens: _,
                output_tokens: _,
                session: _,
            },
        rating: _,
        alerts: _,
    } = entry().outcome;
    let HoldSummary {
        id: _,
        status,
        expires_at: _,
    } = hold.clone().unwrap();
    check("amount", |it| it.outcome.amount = Credits::ZERO);
    check("free delta", |it| it.outcome.free_delta = Credits::ZERO);
    check("pro delta", |it| it.outcome.pro_delta = Credits::ZERO);
    let mut holds = vec![None];
    let mut with = |change: &dyn Fn(&mut HoldSummary)| {
        let mut changed = hold.clone().unwrap();
        change(&mut changed);
        holds.push(Some(changed));
    };
    with(&|it| it.id = hold_id("client-2#hold-1"));
    with(&|it| it.id = hold_id("client-1#hold-2"));
    with(&|it| it.expires_at = it.expires_at.plus_seconds(1));
    for other in other_than(&all!(HoldStatus: Open, Committed, Released), &status) {
        with(&|it| it.status = other);
    }
    for hold in holds {
        check(&format!("{hold:?}"), |it| it.outcome.hold = hold);
    }
    for model_id in [None, Some("model-2".to_string())] {
        check("model", |it| it.outcome.usage.model_id = model_id);
    }
    let operations = all!(Operation: Completion, Chat, Embedding, FunctionCall).map(Some);
    for operation in other_than(&operations, &Some(Operation::Chat)) {
        check("operation", |it| it.outcome.usage.operation = operation);
    }
    check("no operation", |it| it.outcome.usage.operation = None);
    for tokens in [None, Some(0), Some(21)] {
        check("input", |it| it.outcome.usage.input_tokens = tokens);
        check("output", |it| it.outcome.usage.output_tokens = tokens);
    }
    check("no session", |it| it.outcome.usage.session = None);
    let session = Some(Erasable::new("your chat", [5; 16]));
    check("session", |it| it.outcome.usage.session = session);
    check("no alerts", |it| it.outcome.alerts.clear());
    check("an alert left out", |it| it.outcome.alerts.truncate(1));
    check("alerts swapped", |it| it.outcome.alerts.reverse());
    let alerts = all!(Alert: Free75, Free90, Free100, ProLow, ProEmpty);
    for alert in other_than(&alerts, &Alert::Free75) {
        check("alert", |it| it.outcome.alerts[0] = alert);
    }
    for alert in alerts {
        check("one more alert", |it| it.outcome.alerts.push(alert));
    }
}

#[test]
fn an_erased_text_leaves_an_entry_authentic_and_another_one_does_not() {
    let mut erased = entry();
    erased.actor.text = None;
    erased.label.as_mut().unwrap().text = None;
    let session = erased.outcome.usage.session.as_mut();
    session.unwrap().text = None;
    assert!(erased.is_authentic());
    assert_eq!(erased.compute_hash(), entry().hash);
    let written_in = |text: &str, salt| Some((text.to_string(), [salt; 16]));
    check("name", |it| it.actor.text = written_in("nobody", 7));
    check("salt of the name", |it| {
        it.actor.text = written_in("somebody", 8);
    });
    check("the digest of an erased actor", |it| {
        it.actor = Erasable::new("nobody", [7; 16]);
        it.actor.text = None;
    });
    check("text of the label", |it| {
        it.label.as_mut().unwrap().text = written_in("your call", 6);
    });
    check("salt of the label", |it| {
        it.label.as_mut().unwrap().text = written_in("my call", 5);
    });
    check("an erased label", |it| {
        let mut label = Erasable::new("your call", [6; 16]);
        label.text = None;
        it.label = Some(label);
    });
}

/// The canonical form is permanent: ledgers that were written with it must verify
/// with every later build. The first digest was computed by another program from the
/// description of the form; the second is that of all postings that came later as
/// well, and the third that of sessions, ratings and the moment of a hold.
#[test]
fn the_canonical_form_never_changes() {
    let mut earlier = entry();
    earlier.outcome.usage.session = None;
    earlier.outcome.rating = None;
    for posting in &mut earlier.postings {
        if let Posting::Hold(HoldPosting::Opened { opened_at, .. }) = posting {
            *opened_at = None;
        }
    }
    assert_eq!(
        earlier.compute_hash().to_string(),
        "23b4eb1c8e05f0b5c8715300519aa05aa75a9f39adbe4f7b906dd54dfbb5fa30"
    );
    let mut first = earlier;
    first.postings.retain(|posting| *posting != Posting::Erased);
    assert_eq!(
        first.compute_hash().to_string(),
        "658b1195888372db6778a27965664e668103a07cc3579cf4c4c442a48a8bd0b3"
    );
    assert_eq!(
        entry().hash.to_string(),
        "2bf74df57267332d1dd2cc924420db9cfaeee2f68d7646ce40b2c737ad04fe15"
    );
}
