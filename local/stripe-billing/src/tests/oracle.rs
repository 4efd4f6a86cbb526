//! Credits of small histories, worked out by hand, for every kind of proration.

use super::*;
use crate::act::{DisputeEnd, NoteBy, NoteTo};
use crate::oracle::{Doubt, ExpectedUser, expected_credits};

const ALL: [Crediting; 3] = [Crediting::Named, Crediting::Unnamed, Crediting::PerDebit];

fn user(crediting: Crediting, steps: Vec<Step>) -> ExpectedUser {
    let mut expected = expected_credits(&history(crediting, steps));
    expected.users.remove("user-1").unwrap()
}

/// Whole credits, for every kind of credit proration.
#[track_caller]
fn left(steps: Vec<Step>) -> i64 {
    let [named, unnamed, flexible] = ALL.map(|crediting| user(crediting, steps.clone()));
    assert_eq!(named.total_milli, unnamed.total_milli);
    assert_eq!(named.total_milli, flexible.total_milli);
    assert_eq!(named.total_milli % 1_000, 0);
    named.total_milli / 1_000
}

#[test]
fn a_paid_period_gives_the_prices_credits() {
    assert_eq!(left(vec![at(0, subscribe(0))]), 1_000);
    assert_eq!(left(vec![at(0, subscribe(0)), at(31, Act::Pass)]), 2_000);
}

#[test]
fn half_a_period_of_each_plan_gives_half_of_each() {
    assert_eq!(left(vec![at(0, subscribe(0)), at(15, to(1))]), 500 + 1_500);
    assert_eq!(left(vec![at(0, subscribe(1)), at(15, to(0))]), 1_500 + 500);
}

#[test]
fn there_and_back_in_one_moment_changes_nothing() {
    let mut steps = vec![at(0, subscribe(0)), at(15, to(1))];
    for _ in 0..5 {
        steps.extend([at(0, to(0)), at(0, to(1))]);
    }
    assert_eq!(left(steps), 2_000);
}

#[test]
fn an_unpaid_upgrade_neither_gives_nor_pays_for_a_downgrade() {
    let declined = Act::Card {
        user: 0,
        works: false,
    };
    let steps = vec![
        at(0, subscribe(0)),
        at(15, declined),
        at(0, to(1)),
        at(5, to(0)),
    ];
    assert_eq!(left(steps.clone()), 1_000);
    let grants = user(Crediting::Named, steps.clone()).grants_minor;
    assert_eq!(grants, 667 - 333);
    // Once it is paid, all of it counts: 15 days a, 5 days b, 10 days a.
    let paid = [steps, vec![at(0, Act::Pay { invoice: 0 })]].concat();
    let sixths = 3_000 + 3_000 + 2_000;
    assert_eq!(user(Crediting::Named, paid).total_milli, sixths * 1_000 / 6);
}

#[test]
fn a_refunded_upgrade_gives_the_old_plan_back() {
    let upgrade = vec![at(0, subscribe(0)), at(15, to(1))];
    let refund = |percent| {
        at(
            1,
            Act::Refund {
                payment: 1,
                percent,
            },
        )
    };
    assert_eq!(left([upgrade.clone(), vec![refund(100)]].concat()), 1_000);
    assert_eq!(left([upgrade, vec![refund(50)]].concat()), 750 + 750);
}

#[test]
fn unused_time_and_returned_money_add_up_to_at_most_all_of_a_lot() {
    let cancel = at(
        15,
        Act::Cancel {
            sub: 0,
            prorate: true,
        },
    );
    let refund = |percent| {
        at(
            0,
            Act::Refund {
                payment: 0,
                percent,
            },
        )
    };
    let some = vec![at(0, subscribe(0)), cancel, refund(20)];
    assert_eq!(left(some), 300);
    let all = vec![at(0, subscribe(0)), cancel, refund(80)];
    assert_eq!(user(Crediting::Named, all.clone()).grants_minor, 300);
    assert_eq!(left(all), 0);
}

#[test]
fn a_trial_gives_its_credits_once_per_plan() {
    let trial = subscribe_with(0, 7, 0, Collection::Charge);
    let longer = Act::MoveTrialEnd { sub: 0, days: 30 };
    let steps = vec![
        at(0, trial),
        at(5, longer),
        at(
            1,
            Act::Cancel {
                sub: 0,
                prorate: true,
            },
        ),
        at(1, trial),
    ];
    assert_eq!(left(steps.clone()), 100);
    let other = subscribe_with(1, 7, 0, Collection::Charge);
    assert_eq!(left([steps, vec![at(0, other)]].concat()), 300);
}

#[test]
fn part_of_a_year_is_given_back_seat_by_seat() {
    let mut year = subscribe(2);
    if let Act::Subscribe { quantity, .. } = &mut year {
        *quantity = 4;
    }
    // 365 days: after 73 a fifth is gone, three of four seats go for four fifths.
    assert_eq!(left(vec![at(0, year), at(73, seats(1))]), 48_000 - 28_800);
}

#[test]
fn money_back_by_notes_and_disputes_takes_its_share() {
    let note = |by, to| {
        at(
            0,
            Act::CreditNote {
                invoice: 0,
                percent: 30,
                by,
                to,
            },
        )
    };
    for to in [NoteTo::Card, NoteTo::Balance, NoteTo::OutOfBand] {
        for by in [NoteBy::Amount, NoteBy::Line(0)] {
            assert_eq!(left(vec![at(0, subscribe(0)), note(by, to)]), 700);
        }
    }
    let dispute = at(
        0,
        Act::Dispute {
            payment: 0,
            percent: 50,
            foreign: true,
        },
    );
    let close = |end| at(9, Act::CloseDispute { dispute: 0, end });
    assert_eq!(left(vec![at(0, subscribe(0)), dispute]), 500);
    assert_eq!(
        left(vec![at(0, subscribe(0)), dispute, close(DisputeEnd::Won)]),
        1_000
    );
    assert_eq!(
        left(vec![
            at(0, subscribe(0)),
            dispute,
            close(DisputeEnd::WonPart(20))
        ]),
        600
    );
    let failed = at(0, Act::FailRefund { refund: 0 });
    let card = note(NoteBy::Line(0), NoteTo::Card);
    assert_eq!(left(vec![at(0, subscribe(0)), card, failed]), 1_000);
}

#[test]
fn a_note_before_payment_counts_as_returned() {
    let sent = at(0, subscribe_with(0, 0, 0, Collection::Send));
    let note = at(
        1,
        Act::CreditNote {
            invoice: 0,
            percent: 40,
            by: NoteBy::Amount,
            to: NoteTo::Card,
        },
    );
    let pay = at(1, Act::Pay { invoice: 0 });
    assert_eq!(left(vec![sent, note]), 0);
    assert_eq!(left(vec![sent, note, pay]), 600);
    assert_eq!(
        left(vec![
            sent,
            note,
            at(0, Act::VoidCreditNote { note: 0 }),
            pay
        ]),
        1_000
    );
}

#[test]
fn a_full_coupon_gives_credits_that_no_change_multiplies() {
    let free = at(0, subscribe_with(0, 0, 100, Collection::Charge));
    let steps = vec![free, at(15, to(1)), at(0, to(0)), at(0, to(1))];
    let user = user(Crediting::Named, steps.clone());
    assert_eq!((user.total_milli, user.free_milli), (2_000_000, 2_000_000));
    assert_eq!((user.net_payment_minor, user.value_minor), (0, 0));
    let unnamed = expected_credits(&history(Crediting::Unnamed, steps));
    assert!(unnamed.doubts.contains(&Doubt::ZeroUnnamed));
}

#[test]
fn the_net_payment_is_what_the_merchant_keeps() {
    let steps = vec![
        at(0, subscribe(1)),
        at(
            1,
            Act::Refund {
                payment: 0,
                percent: 25,
            },
        ),
        at(
            1,
            Act::Dispute {
                payment: 0,
                percent: 20,
                foreign: false,
            },
        ),
        at(
            1,
            Act::CreditNote {
                invoice: 0,
                percent: 10,
                by: NoteBy::Amount,
                to: NoteTo::OutOfBand,
            },
        ),
    ];
    assert_eq!(
        user(Crediting::Named, steps).net_payment_minor,
        2_000 - 500 - 300 - 200
    );
}

#[test]
fn ambiguous_histories_are_reported() {
    let doubts = |crediting, steps| expected_credits(&history(crediting, steps)).doubts;
    let trial = at(0, subscribe_with(0, 7, 0, Collection::Charge));
    let found = doubts(Crediting::Named, vec![trial, at(1, to(1))]);
    assert_eq!(Vec::from_iter(found), [Doubt::ChangeInTrial]);
    let ended = vec![
        at(0, subscribe_with(0, 7, 100, Collection::Charge)),
        at(0, Act::MoveTrialEnd { sub: 0, days: 0 }),
        at(0, to(1)),
    ];
    let found = doubts(Crediting::Named, ended);
    assert!(found.contains(&Doubt::EndOfTrial), "{found:?}");
    let cancel = at(
        5,
        Act::Cancel {
            sub: 0,
            prorate: true,
        },
    );
    let free_up = vec![
        at(0, subscribe(0)),
        at(1, change(1, Proration::None)),
        cancel,
    ];
    let found = doubts(Crediting::Named, free_up.clone());
    assert_eq!(Vec::from_iter(found), [Doubt::NeverBilled]);
    assert!(doubts(Crediting::PerDebit, free_up).is_empty());
    let reset = at(
        5,
        Act::ResetAnchor {
            sub: 0,
            prorate: true,
        },
    );
    let resets = vec![at(0, subscribe(0)), at(10, reset.act), reset, cancel];
    assert!(doubts(Crediting::Named, resets.clone()).is_empty());
    let found = doubts(Crediting::Unnamed, resets);
    assert!(
        found.is_empty(),
        "April and May anchors: all thirty days {found:?}"
    );
}
