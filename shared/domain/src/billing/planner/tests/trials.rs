//! Trials: once per user and plan, until the end that the subscription shows.

use super::harness::*;
use crate::SubscriptionStatus::{Active, Trialing};
use crate::billing::{Fact, FactKey, FactValue, Trial};

const LOT: &str = "trial:pro";
const WEEK: (&str, &str) = ("2025-11-01", "2025-11-08");
/// Not over when the events are settled.
const MONTH: (&str, &str) = ("2025-11-01", "2025-11-29");

fn trial(invoice: &str) -> crate::billing::BillingEvent {
    paid(invoice, vec![line("il_1", "price_pro", 0, WEEK)])
}

#[test]
fn a_trial_gives_its_credits_until_its_end_and_grace() {
    let telling = in_every_order(&[trial("in_1"), snapshot("a", WEEK.0, Trialing, Some(WEEK.1))]);
    let lots = telling.lots();
    assert_eq!(lots[LOT].granted, credits("200"));
    assert_eq!(lots[LOT].terms.expires_at, Some(at("2025-11-11")));
}

#[test]
fn a_trial_that_is_extended_gives_back_what_lapsed_by_the_old_end() {
    let events = [
        trial("in_1"),
        snapshot("a", WEEK.0, Trialing, Some(WEEK.1)),
        snapshot("b", "2025-11-05", Trialing, Some("2025-11-29")),
    ];
    let lots = in_every_order(&events).lots();
    assert_eq!(lots[LOT].terms.expires_at, Some(at("2025-12-02")));
    assert_eq!(lots[LOT].lapsed, credits("0"));
}

#[test]
fn a_trial_that_is_ended_now_lapses_after_its_grace() {
    let events = [
        trial("in_1"),
        snapshot("a", WEEK.0, Trialing, Some("2025-11-29")),
        snapshot("b", "2025-11-04", Active, Some("2025-11-04")),
    ];
    let lots = in_every_order(&events).lots();
    assert_eq!(lots[LOT].terms.expires_at, Some(at("2025-11-07")));
    assert_eq!(lots[LOT].lapsed, credits("200"));
}

#[test]
fn a_second_trial_of_a_plan_gives_nothing() {
    let telling = reported(&[trial("in_1"), trial("in_2")]);
    check_worth(&telling, 200_000, 0);
}

#[test]
fn a_second_trial_of_a_plan_gives_nothing_in_another_subscription_either() {
    let mut second = trial("in_2");
    if let Fact::InvoicePaid(invoice) = &mut second.fact {
        invoice.parties.subscription = Some(id("sub_2"));
        invoice.lines[0].subscription = Some(id("sub_2"));
    }
    let events = [trial("in_1"), second];
    let telling = reported(&events);
    check_applied(&telling, &events);
    check_worth(&telling, 200_000, 0);
}

#[test]
fn a_trial_that_another_system_gave_is_not_given_again() {
    let before = Trial {
        user_id: user(),
        invoice: None,
    };
    let key = FactKey::Trial("pro".to_string(), user());
    let mut telling = Telling::new();
    telling.world.insert(key, FactValue::Trial(before));
    let events = [trial("in_1")];
    let telling = reported_by(telling, &events);
    check_applied(&telling, &events);
    check_worth(&telling, 0, 0);
}

#[test]
fn a_second_trial_by_another_subscription_does_not_prolong_the_first() {
    let of = |name: &str, subscription: &str| {
        let mut line = line(name, "price_pro", 0, WEEK);
        line.subscription = Some(id(subscription));
        line
    };
    let mut longer = snapshot("a", WEEK.0, Trialing, Some(MONTH.1));
    if let Fact::Subscription(snapshot) = &mut longer.fact {
        snapshot.id = id("sub_2");
        snapshot.parties.subscription = Some(id("sub_2"));
    }
    let (one, other) = (of("il_1", "sub_1"), of("il_2", "sub_2"));
    let apart = [
        paid("in_1", vec![one.clone()]),
        paid("in_2", vec![other.clone()]),
    ];
    let together = [paid("in_1", vec![one, other])];
    for invoices in [&apart[..], &together[..]] {
        let events = [invoices, std::slice::from_ref(&longer)].concat();
        let telling = reported(&events);
        check_applied(&telling, &events);
        let lots = telling.lots();
        assert_eq!(lots.len(), 1, "{lots:#?}");
        assert_eq!(lots[LOT].terms.expires_at, Some(at("2025-11-11")));
    }
}

#[test]
fn a_change_within_a_trial_gives_nothing_and_takes_nothing() {
    // With and without the line that is credited.
    let rest = ("2025-11-03", MONTH.1);
    let credit = |name| line(name, "price_pro", 0, rest).prorated();
    for credit in [credit("il_a").of("in_1", "il_1"), credit("il_a")] {
        let change = vec![credit, line("il_b", "price_team", 0, rest).prorated()];
        let events = [
            paid("in_1", vec![line("il_1", "price_pro", 0, MONTH)]),
            paid("in_2", change),
            snapshot("a", MONTH.0, Trialing, Some(MONTH.1)),
        ];
        let telling = in_every_order(&events);
        check_applied(&telling, &events);
        check_worth(&telling, 200_000, 0);
    }
}

#[test]
fn a_change_in_the_second_in_which_a_trial_ends_is_within_it() {
    let change = line("il_1", "price_pro", 0, ("2025-11-24", MONTH.1)).prorated();
    let events = [
        paid("in_1", vec![change]),
        snapshot("a", MONTH.0, Trialing, Some(MONTH.1)),
        snapshot("b", "2025-11-24", Active, Some("2025-11-24")),
    ];
    check_worth(&in_every_order(&events), 0, 0);
}
