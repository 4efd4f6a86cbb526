//! Suite: an account's past is recorded, changes no balance, and comes before
//! everything else.

use super::super::fixtures::*;
use super::super::{
    Action, Adjustment, Balance, CreditAccount, Decision, EntryKind, OpeningBalance, OpeningFree,
    Operation, ResetDay, decide, view,
};
use super::*;

const NOW: &str = "2025-11-06T14:30:00Z";

fn used_at(when: &str, amount: &str) -> Action {
    Action::PastUse(PastUse {
        at: at(when),
        amount: credits(amount),
        usage: Usage {
            model_id: Some("gpt-5".into()),
            operation: Some(Operation::Chat),
            input_tokens: Some(10),
            output_tokens: Some(20),
            session: None,
        },
    })
}

fn credits_of(id: &str, kind: LotKind, starts: &str, ends: Option<&str>) -> PastCredits {
    PastCredits {
        at: at(starts),
        terms: lot(id, kind, starts, ends).terms,
        granted: credits("2000"),
        used: credits("1200.5"),
    }
}

fn month(starts: &str, ends: &str) -> Action {
    let id = format!("import:{starts}");
    Action::PastCredits(credits_of(&id, LotKind::Free, starts, Some(ends)))
}

/// Executes the commands in order; returns the final account and every step.
#[track_caller]
fn reported(actions: &[Action]) -> (CreditAccount, Vec<Decision>) {
    let mut account = unopened();
    let mut decisions = Vec::new();
    for action in actions {
        let decision = decide(&account, &command(action.clone()), at(NOW)).unwrap();
        account = decision.account.clone();
        decisions.push(decision);
    }
    (account, decisions)
}

fn opening() -> Action {
    Action::Open(OpeningBalance {
        as_of: at(NOW),
        free: OpeningFree {
            monthly_allocation: credits("2000"),
            reset_day_of_month: ResetDay::FIRST,
            granted: Some(credits("500")),
            used: credits("300"),
        },
        lots: Vec::new(),
    })
}

#[test]
fn a_past_use_is_recorded_at_its_time_and_moves_nothing() {
    let (account, decisions) = reported(&[used_at("2024-02-29T12:00:00Z", "1.5")]);
    let entry = &decisions[0].entry;
    assert_eq!((entry.kind, entry.seq), (EntryKind::PastUse, 1));
    assert_eq!(entry.at, at("2024-02-29T12:00:00Z"));
    assert_eq!(entry.postings, []);
    assert_eq!(entry.outcome.amount, credits("1.5"));
    assert_eq!(entry.outcome.usage.input_tokens, Some(10));
    assert_eq!(entry.used_in_all(), Ok(credits("1.5")));
    assert_eq!(entry.balance_after, Balance::default());
    assert!(entry.is_authentic());
    assert!(account.has_only_a_past());
    assert_eq!(account.version, 1);
}

#[test]
fn past_credits_come_are_used_lapse_and_leave_in_one_entry() {
    let past = credits_of("import:1", LotKind::Purchase, "2024-01-01", None);
    let ends = month("2024-02-01", "2024-03-01");
    let (account, decisions) = reported(&[Action::PastCredits(past), ends]);
    let left: Vec<String> = decisions
        .iter()
        .flat_map(|decision| &decision.archived)
        .map(|past| format!("{} until {}", line(&past.lot), past.ended_at))
        .collect();
    assert_eq!(
        left,
        [
            "import:1 2000 0 1200.5 0 799.5 until 2024-01-01T00:00:00Z",
            "import:2024-02-01 2000 0 1200.5 0 799.5 until 2024-03-01T00:00:00Z",
        ]
    );
    assert_eq!(decisions[1].entry.kind, EntryKind::PastCredits);
    assert_eq!(decisions[1].entry.outcome.amount, credits("2000"));
    // Use is recorded by past uses; counting it here would count it twice.
    assert_eq!(decisions[1].entry.used_in_all(), Ok(Credits::ZERO));
    assert_eq!(account.lots, []);
    assert_eq!(account.archived_pro_used, credits("1200.5"));
}

#[test]
fn the_account_is_the_fold_of_its_past_too() {
    let (account, decisions) = reported(&[
        month("2024-01-01", "2024-02-01"),
        used_at("2024-01-05T00:00:00Z", "3"),
        opening(),
    ]);
    let mut folded = unopened();
    for decision in &decisions {
        assert_eq!(decision.entry.previous_hash, folded.head_hash);
        for posting in &decision.entry.postings {
            folded.apply(posting).unwrap();
        }
        folded.version = decision.entry.seq;
        folded.as_of = decision.entry.at;
        folded.head_hash = decision.entry.hash;
    }
    assert_eq!(folded, account);
}

#[test]
fn an_account_with_only_a_past_shows_as_one_that_was_never_written() {
    let (account, _) = reported(&[
        month("2024-01-01", "2024-02-01"),
        used_at("2025-10-31T23:59:59Z", "3"),
    ]);
    let mut shown = view(&account, at(NOW)).unwrap();
    assert_eq!(shown.version, 2);
    shown.version = 0;
    assert_eq!(shown, view(&unopened(), at(NOW)).unwrap());
}

#[test]
fn what_was_used_of_past_pro_credits_counts_for_ever() {
    let past = credits_of(
        "import:1",
        LotKind::Subscription,
        "2024-01-01",
        Some("2024-02-01"),
    );
    let (account, _) = reported(&[Action::PastCredits(past), opening()]);
    let shown = view(&account, at(NOW)).unwrap();
    assert_eq!(
        (shown.pro.lifetime_used, shown.pro.purchased_total),
        (1201, 1201)
    );
    assert_eq!(shown.pro.remaining, 0);
}

#[test]
fn an_account_with_a_past_is_opened_once_and_then_the_past_is_closed() {
    let (account, _) = reported(&[used_at("2025-10-01T00:00:00Z", "3"), opening()]);
    let shown = view(&account, at(NOW)).unwrap();
    assert_eq!((shown.free.remaining, shown.free.used), (200, 300));
    let refused = |account: &CreditAccount, action: Action| {
        let decision = decide(account, &command(action), at(NOW));
        decision.map(|decision| decision.entry).unwrap_err()
    };
    for late in [
        opening(),
        used_at("2025-10-02T00:00:00Z", "3"),
        month("2024-01-01", "2024-02-01"),
    ] {
        assert_eq!(refused(&account, late), Refusal::AlreadyOpen);
    }
}

#[test]
fn any_other_command_closes_the_past_of_an_account() {
    let (account, _) = reported(&[used_at("2025-10-01T00:00:00Z", "3")]);
    let plan = Action::SetPlan {
        subscription_id: "sub_1".into(),
        plan: None,
    };
    let charge = Action::Charge {
        amount: Credits::ZERO,
        usage: Usage::default(),
    };
    for action in [charge, plan, Action::Adjust(Adjustment::Active(false))] {
        let decision = decide(&account, &command(action), at(NOW)).unwrap();
        let late = command(used_at("2025-10-02T00:00:00Z", "3"));
        let refused = decide(&decision.account, &late, at(NOW));
        let refused = refused.map(|decision| decision.entry);
        assert_eq!(refused, Err(Refusal::AlreadyOpen));
    }
}

#[test]
fn the_past_is_reported_in_the_order_of_time_and_what_comes_late_stands_where_it_came() {
    let (_, decisions) = reported(&[
        used_at("2025-10-02T00:00:00Z", "3"),
        used_at("2025-10-01T00:00:00Z", "4"),
    ]);
    assert_eq!(decisions[1].entry.at, at("2025-10-02T00:00:00Z"));
}

#[test]
fn a_balance_from_before_the_past_is_refused() {
    let (account, _) = reported(&[used_at("2025-11-05T00:00:00Z", "3")]);
    let Action::Open(mut balance) = opening() else {
        return;
    };
    balance.as_of = at("2025-11-04T23:59:59Z");
    let refused = decide(&account, &command(Action::Open(balance)), at(NOW));
    assert_eq!(
        refused.map(|decision| decision.entry).unwrap_err(),
        Refusal::ImpossibleOpening("2025-11-04T23:59:59Z is before the account's past".into())
    );
}

#[track_caller]
fn check_refused(change: impl FnOnce(&mut PastCredits), reason: &str) {
    let mut past = credits_of("import:1", LotKind::Free, "2024-01-01", Some("2024-02-01"));
    change(&mut past);
    let refused = decide(&unopened(), &command(Action::PastCredits(past)), at(NOW));
    let expected = Refusal::ImpossiblePast(reason.to_string());
    assert_eq!(refused.map(|decision| decision.entry), Err(expected));
}

#[test]
fn a_past_that_cannot_have_been_is_refused() {
    check_refused(
        |it| it.at = at("2025-11-06T14:30:01Z"),
        "2025-11-06T14:30:01Z is in the future",
    );
    check_refused(
        |it| it.terms.expires_at = Some(it.terms.starts_at),
        "lot import:1 ends before it starts",
    );
    for id in ["free:2024-01-01", "overdraft"] {
        check_refused(
            |it| it.terms.id = lot_id(id),
            &format!("lot {id} has a reserved name"),
        );
    }
    check_refused(
        |it| it.terms.kind = LotKind::Overdraft,
        "lot import:1 is of a kind that no past has",
    );
    check_refused(
        |it| it.used = credits("2000.001"),
        "lot import:1 used 2000.001 of 2000",
    );
    check_refused(
        |it| it.used = Credits::from_milli(-1),
        "lot import:1 used -0.001 of 2000",
    );
    let negative = Action::PastUse(PastUse {
        at: at(NOW),
        amount: Credits::from_milli(-1),
        usage: Usage::default(),
    });
    let refused = decide(&unopened(), &command(negative), at(NOW));
    assert_eq!(
        refused.map(|decision| decision.entry).unwrap_err(),
        Refusal::ImpossibleAmount(Credits::from_milli(-1))
    );
}

#[test]
fn credits_of_the_past_may_all_have_been_used() {
    let spent = PastCredits {
        used: credits("2000"),
        ..credits_of("import:1", LotKind::Purchase, "2024-01-01", None)
    };
    let (_, decisions) = reported(&[Action::PastCredits(spent)]);
    assert_eq!(
        line(&decisions[0].archived[0].lot),
        "import:1 2000 0 2000 0 0"
    );
}
