//! What an operator does about events: supplies what they lack, replays them, or
//! dismisses them; and how a refusal is overcome.

use super::harness::*;
use super::ways_out::{every_reason, invoice_of, way_out, without};
use crate::billing::{
    BillingEvent, Claim, EventOutcome, EventRecord, EventRefusal, Fact, FactKey, FactValue,
    OperatorAct, OperatorNote, ParkReason, settle_for_operator, settle_waiting,
};

impl Telling {
    /// An operator replays an event.
    pub(super) fn act(&mut self, act: OperatorAct, event: &BillingEvent) -> EventOutcome {
        let note = self.note(act);
        let (catalogue, terms) = (&self.catalogue, &self.terms);
        settle_for_operator(&mut self.world, event, &note, catalogue, terms).unwrap()
    }

    fn note(&self, act: OperatorAct) -> OperatorNote {
        OperatorNote {
            act,
            actor: "ada".to_string(),
            reason: "a ticket".to_string(),
            at: self.now,
        }
    }

    /// Nothing waits, and no item counts anything as waiting.
    #[track_caller]
    fn check_nothing_waits(&self, why: &str) {
        assert_eq!(self.world.reasons(), [], "{why}");
        for (key, value) in self.world.facts() {
            let waiting = match value {
                FactValue::Book(book) => u64::from(book.waiting),
                FactValue::Invoice(invoice) => u64::from(invoice.waiting),
                FactValue::Queue(queue) => queue.waiting(),
                _ => 0,
            };
            assert_eq!(waiting, 0, "{why}: {key:?}");
        }
    }
}

#[test]
fn a_dismissed_event_waits_no_more_and_no_delivery_revives_it() {
    for reason in every_reason() {
        let (mut telling, event, end) = way_out(&reason);
        telling.report(&event);
        telling.check_waits(&event, &reason);
        let outcome = telling.act(OperatorAct::Dismissed, &event);
        assert_eq!(outcome, EventOutcome::Dismissed, "{reason}");
        telling.check_nothing_waits(&reason.to_string());
        assert_eq!(telling.worth(), 0, "{reason}");
        let record = telling.record(&event).clone();
        assert_eq!((&record.waits_for, &record.event), (&None, &None));
        assert_eq!(record.operator, Some(telling.note(OperatorAct::Dismissed)));
        let before = telling.world.clone();
        assert_eq!(telling.report(&event), EventOutcome::Dismissed, "{reason}");
        assert_eq!(telling.world, before, "{reason}");
        // What would have resolved the reason does nothing to it.
        let supplies = matches!(reason, ParkReason::Review(_) | ParkReason::Operator(_));
        end(&mut telling);
        assert_eq!(telling.record(&event), &record, "{reason}");
        assert!(!supplies || telling.world == before, "{reason}");
        telling.check_nothing_waits(&reason.to_string());
    }
}

impl Telling {
    /// All that is known of an event is the reason under which it is parked.
    fn lose_record(&mut self, event: &BillingEvent, reason: &ParkReason) {
        let lost = EventRecord::lost("unreadable", Some(reason.clone()), self.now);
        let key = FactKey::Event(event.id.clone());
        self.world.insert(key, FactValue::Event(lost));
    }
}

#[test]
fn an_event_whose_record_is_lost_is_dismissed_wherever_it_waits() {
    for reason in every_reason() {
        let (mut telling, event, _) = way_out(&reason);
        telling.report(&event);
        telling.lose_record(&event, &reason);
        let silent = BillingEvent {
            fact: Fact::Noted,
            ..event.clone()
        };
        let outcome = telling.act(OperatorAct::Dismissed, &silent);
        assert_eq!(outcome, EventOutcome::Dismissed, "{reason}");
        telling.check_nothing_waits(&reason.to_string());
        assert_eq!(telling.report(&event), EventOutcome::Dismissed, "{reason}");
        assert_eq!(telling.worth(), 0, "{reason}");
    }
}

#[test]
fn an_event_whose_record_is_lost_is_replayed_wherever_it_waits_and_ends_as_any() {
    for reason in every_reason() {
        let (mut telling, event, end) = way_out(&reason);
        let outcome = telling.report(&event);
        telling.lose_record(&event, &reason);
        let replayed = telling.act(OperatorAct::Replayed, &event);
        assert_eq!(replayed, outcome, "{reason}");
        telling.check_waits(&event, &reason);
        let says = telling.record(&event).event.as_deref();
        assert_eq!(says, Some(&event), "{reason}");
        end(&mut telling);
        check_applied(&telling, std::slice::from_ref(&event));
        assert!(telling.worth() > 0, "{reason}");
        telling.check_nothing_waits(&reason.to_string());
    }
}

#[test]
fn an_event_dismissed_by_mistake_is_settled_by_a_replay() {
    let event = invoice_of(false, false);
    let mut telling = reported(std::slice::from_ref(&event));
    telling.act(OperatorAct::Dismissed, &event);
    let whole = invoice_of(false, true);
    let outcome = telling.act(OperatorAct::Replayed, &whole);
    assert_eq!(outcome, EventOutcome::Applied);
    check_worth(&telling, 2_000_000, 0);
    assert_eq!(telling.act(OperatorAct::Replayed, &whole), outcome);
    check_worth(&telling, 2_000_000, 0);
}

#[test]
fn an_object_supplied_by_an_operator_counts_from_then_on() {
    let (less, whole) = (invoice_of(false, false), invoice_of(false, true));
    let mut telling = Telling::knowing(without("price_pro"));
    telling.report(&less);
    telling.check_waits(&less, &ParkReason::Review(id("in_1")));
    let outcome = telling.act(OperatorAct::Supplied, &whole);
    assert_eq!(outcome, EventOutcome::Parked);
    telling.check_waits(&less, &ParkReason::Price(id("price_pro")));
    // Stripe delivers the original event again.
    let before = telling.world.clone();
    assert_eq!(telling.report(&less), EventOutcome::Parked);
    assert_eq!(telling.world, before);
    telling.apply_catalogue();
    check_applied(&telling, std::slice::from_ref(&less));
    check_worth(&telling, 2_000_000, 0);
    telling.check_nothing_waits("the price is there");
    let note = telling.note(OperatorAct::Supplied);
    assert_eq!(telling.record(&less).operator, Some(note));
}

#[test]
fn a_supplied_object_replaces_the_parked_one() {
    let mut telling = Telling::knowing(without("price_pro"));
    let event = first_month();
    telling.report(&event);
    let two = paid(
        "in_1",
        vec![line("il_1", "price_pro", 4000, NOVEMBER).units(2)],
    );
    telling.act(OperatorAct::Supplied, &two);
    telling.check_waits(&event, &ParkReason::Price(id("price_pro")));
    telling.apply_catalogue();
    check_worth(&telling, 4_000_000, 0);
}

#[test]
fn an_object_that_names_its_user_ends_the_wait_for_the_customer() {
    let event = invoice_of(true, true);
    let mut telling = reported(std::slice::from_ref(&event));
    telling.check_waits(&event, &ParkReason::Customer(id("cus_1")));
    telling.act(OperatorAct::Supplied, &invoice_of(false, true));
    telling.check_nothing_waits("it names its user");
    check_worth(&telling, 2_000_000, 0);
}

#[test]
fn replaying_an_event_that_still_waits_changes_nothing() {
    for reason in every_reason() {
        let (mut telling, event, _) = way_out(&reason);
        let outcome = telling.report(&event);
        let before = telling.world.clone();
        assert_eq!(telling.act(OperatorAct::Replayed, &event), outcome);
        assert_eq!(telling.world, before, "{reason}");
    }
}

#[test]
fn a_customer_that_an_operator_assigns_gets_what_waited() {
    let event = invoice_of(true, true);
    let mut telling = reported(std::slice::from_ref(&event));
    let note = telling.note(OperatorAct::Assigned);
    let claim = Claim {
        operator: Some(note),
        ..Claim::of(user())
    };
    let key = FactKey::CustomerClaim(id("cus_1"));
    telling.world.insert(key.clone(), FactValue::Claim(claim));
    let waiting = ParkReason::Customer(id("cus_1"));
    let (catalogue, terms) = (&telling.catalogue, &telling.terms);
    settle_waiting(&mut telling.world, &waiting, catalogue, telling.now, terms).unwrap();
    check_applied(&telling, &[event]);
    check_worth(&telling, 2_000_000, 0);
    // A later deletion in Stripe does not change who assigned it.
    telling.report(&super::harness::event(
        "gone",
        Fact::CustomerDeleted(id("cus_1")),
    ));
    match telling.world.get(&key) {
        Some(FactValue::Claim(claim)) => assert!(claim.operator.is_some(), "{claim:?}"),
        other => panic!("{other:?}"),
    }
}

/// An event that is refused for this reason, the world in which it is, and what
/// resolves it. A new refusal must be added here.
fn way_around(refusal: &EventRefusal) -> (Telling, BillingEvent, fn(&mut Telling)) {
    match refusal {
        EventRefusal::OtherMode { livemode } => {
            let event = BillingEvent {
                livemode: *livemode,
                ..first_month()
            };
            (Telling::new(), event.clone(), |telling| {
                telling.terms.livemode = true;
                telling.redeliver();
            })
        }
        EventRefusal::OtherAccount(account) => {
            let event = BillingEvent {
                account: Some(account.clone()),
                ..first_month()
            };
            (Telling::new(), event, |telling| {
                telling.terms.accounts = vec![id("acct_1")];
                telling.redeliver();
            })
        }
        EventRefusal::OtherUser => {
            let mut reported = Telling::new();
            let claim = FactValue::Claim(Claim::of("user-2".parse().unwrap()));
            reported
                .world
                .insert(FactKey::CustomerClaim(id("cus_1")), claim);
            (reported, first_month(), |telling| {
                // The object names another customer by now.
                let mut event = first_month();
                if let Fact::InvoicePaid(invoice) = &mut event.fact {
                    invoice.parties.customer = Some(id("cus_2"));
                }
                telling.act(OperatorAct::Supplied, &event);
            })
        }
        EventRefusal::Unreadable(_) => {
            let mut reported = Telling::new();
            let record = EventRecord {
                event_type: "invoice.paid".to_string(),
                created: None,
                outcome: EventOutcome::Refused,
                reason: Some(refusal.to_string()),
                waits_for: None,
                event: None,
                user_id: None,
                settled_at: reported.now,
                operator: None,
            };
            let key = FactKey::Event(first_month().id);
            reported.world.insert(key, FactValue::Event(record));
            (reported, first_month(), |telling| {
                telling.act(OperatorAct::Replayed, &first_month());
            })
        }
    }
}

impl Telling {
    /// The refused event is delivered again.
    fn redeliver(&mut self) {
        let event = self.record(&first_month()).event.clone();
        self.report(&event.unwrap());
    }
}

fn every_refusal() -> Vec<EventRefusal> {
    let next = |refusal: &EventRefusal| match refusal {
        EventRefusal::OtherMode { .. } => Some(EventRefusal::OtherAccount(id("acct_1"))),
        EventRefusal::OtherAccount(_) => Some(EventRefusal::OtherUser),
        EventRefusal::OtherUser => Some(EventRefusal::Unreadable("no id".to_string())),
        EventRefusal::Unreadable(_) => None,
    };
    let first = EventRefusal::OtherMode { livemode: true };
    std::iter::successors(Some(first), next).collect()
}

#[test]
fn every_refusal_has_a_way_around_it() {
    for refusal in every_refusal() {
        let (mut telling, event, end) = way_around(&refusal);
        if !matches!(refusal, EventRefusal::Unreadable(_)) {
            assert_eq!(telling.report(&event), EventOutcome::Refused, "{refusal}");
        }
        let reason = telling.record(&event).reason.clone();
        assert_eq!(reason, Some(refusal.to_string()));
        assert_eq!(telling.worth(), 0, "{refusal}");
        end(&mut telling);
        check_applied(&telling, &[event]);
        check_worth(&telling, 2_000_000, 0);
    }
}

#[test]
fn every_refused_event_can_be_dismissed() {
    for refusal in every_refusal() {
        let (mut telling, event, _) = way_around(&refusal);
        // An unreadable event has its record already.
        if !matches!(refusal, EventRefusal::Unreadable(_)) {
            telling.report(&event);
        }
        let outcome = telling.act(OperatorAct::Dismissed, &event);
        assert_eq!(outcome, EventOutcome::Dismissed, "{refusal}");
        assert_eq!(telling.report(&event), outcome, "{refusal}");
        assert_eq!(telling.worth(), 0, "{refusal}");
    }
}

#[test]
fn a_test_event_is_refused_where_money_is_real_also_if_an_operator_replays_it() {
    let mut telling = Telling::new();
    telling.terms.livemode = true;
    let outcome = telling.act(OperatorAct::Replayed, &first_month());
    assert_eq!(outcome, EventOutcome::Refused);
    assert_eq!(telling.worth(), 0);
}
