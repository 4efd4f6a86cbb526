//! Events that are parked, refused or need an operator, and how each is resolved.

use std::collections::BTreeSet;

use super::harness::*;
use crate::SubscriptionStatus::Active;
use crate::billing::{
    BillingEvent, Catalogue, CreditNoteSnapshot, EventOutcome, Fact, InvoiceLine, LineKind,
    OperatorAct, PackBought, PackName, ParkReason, SubscriptionSnapshot, settle_waiting,
};

pub(super) fn without(price: &str) -> Catalogue {
    let known = prices().into_iter().filter(|known| known.price_id != price);
    Catalogue::new(known.collect())
}

fn bought(pack: PackBought) -> BillingEvent {
    event("pack", Fact::PackBought(pack))
}

impl Telling {
    pub(super) fn knowing(catalogue: Catalogue) -> Self {
        Telling {
            catalogue,
            ..Telling::new()
        }
    }

    /// The catalogue is applied: what waited for it is settled.
    pub(super) fn apply_catalogue(&mut self) {
        self.catalogue = catalogue();
        for price in prices() {
            for reason in ParkReason::of_price(&price) {
                let (catalogue, terms) = (&self.catalogue, &self.terms);
                settle_waiting(&mut self.world, &reason, catalogue, self.now, terms).unwrap();
            }
        }
    }

    #[track_caller]
    pub(super) fn check_waits(&self, event: &BillingEvent, reason: &ParkReason) {
        assert_eq!(self.record(event).waits_for.as_ref(), Some(reason));
        assert_eq!(self.world.reasons(), std::slice::from_ref(reason));
    }
}

pub(super) fn invoice_of(customer_only: bool, complete: bool) -> BillingEvent {
    let mut invoice = invoice("in_1", vec![line("il_1", "price_pro", 2000, NOVEMBER)]);
    if customer_only {
        invoice.parties = nobody();
    }
    invoice.complete = complete;
    event("in_1", Fact::InvoicePaid(invoice))
}

/// An event that is parked for this reason, the world in which it is, and what
/// resolves it. A new reason must be added here.
pub(super) fn way_out(reason: &ParkReason) -> (Telling, BillingEvent, fn(&mut Telling)) {
    let pro = |end| line("il_1", "price_pro", 1000, ("2025-11-16", end)).prorated();
    match reason {
        ParkReason::Customer(_) => (Telling::new(), invoice_of(true, true), |telling| {
            telling.report(&event("link", Fact::SubscriptionBought(parties())));
        }),
        ParkReason::Price(_) => {
            let telling = Telling::knowing(without("price_pro"));
            (telling, first_month(), Telling::apply_catalogue)
        }
        ParkReason::PaymentLink(_) => {
            let telling = Telling::knowing(without("price_pack"));
            let pack = PackName::PaymentLink(id("plink_1"));
            let event = bought(PackBought {
                pack,
                ..pack_bought()
            });
            (telling, event, Telling::apply_catalogue)
        }
        ParkReason::Mismatch(_) => {
            let unreadable = BTreeSet::from(["price_pack".to_string()]);
            let telling = Telling::knowing(without("price_pack").with_unreadable(unreadable));
            (telling, bought(pack_bought()), Telling::apply_catalogue)
        }
        ParkReason::Review(_) => (Telling::new(), invoice_of(false, false), |telling| {
            telling.act(OperatorAct::Supplied, &invoice_of(false, true));
        }),
        ParkReason::Subscription(_) => {
            let event = paid("in_1", vec![pro("2026-02-28")]);
            (Telling::new(), event, |telling| {
                let mut reported = snapshot("a", "2025-11-01", Active, None);
                if let Fact::Subscription(SubscriptionSnapshot { state, .. }) = &mut reported.fact {
                    state.billing_cycle_anchor = Some(at("2025-10-31"));
                }
                telling.report(&reported);
            })
        }
        ParkReason::Invoice(_) => {
            let credit = line("il_a", "price_pro", -1, ("2025-11-16", "2025-12-01"));
            let event = paid("in_2", vec![credit.of("in_1", "il_1")]);
            (Telling::new(), event, |telling| {
                telling.report(&first_month());
            })
        }
        ParkReason::Lines(_) => {
            let credit = line("il_a", "price_pro", -1, ("2025-11-16", "2025-12-01"));
            let event = paid("in_2", vec![credit.prorated()]);
            (Telling::new(), event, |telling| {
                telling.report(&first_month());
            })
        }
        ParkReason::Payment(_) => {
            let pack = InvoiceLine {
                kind: LineKind::Other,
                ..line("il_1", "price_pack", 500, NOVEMBER)
            };
            (Telling::new(), paid("in_1", vec![pack]), |telling| {
                telling.report(&payment("in_1", Some("pi_1")));
            })
        }
        ParkReason::Operator(_) => {
            let mut unreadable = line("il_1", "price_pro", 2000, NOVEMBER);
            unreadable.period = None;
            (Telling::new(), paid("in_1", vec![unreadable]), |telling| {
                telling.act(OperatorAct::Supplied, &first_month());
            })
        }
    }
}

/// Every reason, each found by the one before it, so that a new one must be added
/// to the chain.
pub(super) fn every_reason() -> Vec<ParkReason> {
    let next = |reason: &ParkReason| match reason {
        ParkReason::Customer(_) => Some(ParkReason::Price(id("price_pro"))),
        ParkReason::Price(_) => Some(ParkReason::PaymentLink(id("plink_1"))),
        ParkReason::PaymentLink(_) => Some(ParkReason::Mismatch(id("price_pack"))),
        ParkReason::Mismatch(_) => Some(ParkReason::Review(id("in_1"))),
        ParkReason::Review(_) => Some(ParkReason::Subscription(id("sub_1"))),
        ParkReason::Subscription(_) => Some(ParkReason::Invoice(id("in_1"))),
        ParkReason::Invoice(_) => Some(ParkReason::Lines(id("sub_1"))),
        ParkReason::Lines(_) => Some(ParkReason::Payment(id("in_1"))),
        ParkReason::Payment(_) => Some(ParkReason::Operator(id("evt_in_1"))),
        ParkReason::Operator(_) => None,
    };
    let first = ParkReason::Customer(id("cus_1"));
    std::iter::successors(Some(first), next).collect()
}

#[test]
fn every_reason_is_of_a_kind_that_can_be_asked_for() {
    let reasons = every_reason();
    let kinds: Vec<_> = reasons.iter().map(ParkReason::kind).collect();
    assert_eq!(kinds, ParkReason::KINDS);
    for reason in reasons {
        assert_eq!(reason.to_string().parse(), Ok(reason));
    }
}

#[test]
fn every_reason_to_wait_has_a_way_out() {
    for reason in every_reason() {
        let (mut telling, event, end) = way_out(&reason);
        telling.report(&event);
        telling.check_waits(&event, &reason);
        assert_eq!(telling.worth(), 0, "{reason}");
        // Receiving it again changes nothing as long as the reason holds.
        let before = telling.world.clone();
        telling.report(&event);
        assert_eq!(telling.world, before, "{reason}");
        end(&mut telling);
        assert_eq!(telling.world.reasons(), [], "{reason}");
        check_applied(&telling, &[event]);
        assert!(telling.worth() > 0, "{reason}");
    }
}

#[test]
fn an_event_that_waits_says_what_for() {
    for reason in every_reason() {
        let (mut telling, event, _) = way_out(&reason);
        telling.report(&event);
        let says = telling.record(&event).reason.clone().unwrap();
        // An operator is told in words what there is to do.
        let in_words = matches!(reason, ParkReason::Operator(_));
        assert_eq!(says == reason.to_string(), !in_words, "{reason}: {says}");
    }
}

#[test]
fn an_event_to_be_reviewed_waits_and_nothing_is_lost() {
    let note = CreditNoteSnapshot {
        id: id("cn_1"),
        invoice: id("in_1"),
        parties: nobody(),
        voided: false,
        total_minor: 1,
        lines: Vec::new(),
        complete: false,
        refunds: std::collections::BTreeMap::new(),
    };
    let telling = reported(&[event("note", Fact::CreditNote(note))]);
    assert_eq!(telling.world.reasons(), [ParkReason::Review(id("cn_1"))]);
    let unnamed = bought(PackBought {
        pack: PackName::Unnamed,
        ..pack_bought()
    });
    assert_eq!(
        reported(&[unnamed]).world.reasons(),
        [ParkReason::Review(id("cs_1"))]
    );
}

#[test]
fn an_unknown_price_keeps_its_line_and_not_its_neighbours() {
    let event = paid(
        "in_1",
        vec![
            line("il_1", "price_pro", 2000, NOVEMBER),
            line("il_2", "price_team", 5000, NOVEMBER),
        ],
    );
    let mut telling = Telling::knowing(without("price_team"));
    telling.report(&event);
    telling.check_waits(&event, &ParkReason::Price(id("price_team")));
    check_worth(&telling, 2_000_000, 0);
    telling.apply_catalogue();
    check_applied(&telling, &[event]);
    check_worth(&telling, 2_000_000 + 6_000_500, 0);
}

#[test]
fn a_price_row_that_cannot_be_read_harms_itself_alone() {
    let unreadable = BTreeSet::from(["price_team".to_string()]);
    let mut telling = Telling::knowing(without("price_team").with_unreadable(unreadable));
    assert_eq!(telling.report(&first_month()), EventOutcome::Applied);
    let other = paid("in_2", vec![line("il_1", "price_team", 5000, NOVEMBER)]);
    telling.report(&other);
    telling.check_waits(&other, &ParkReason::Mismatch(id("price_team")));
    telling.apply_catalogue();
    check_applied(&telling, &[other]);
}

/// An operator has to settle an invoice of this line, which grants nothing.
#[track_caller]
fn check_operator(line: InvoiceLine, words: &str) {
    let event = paid("in_1", vec![line]);
    let mut telling = Telling::new();
    assert_eq!(telling.report(&event), EventOutcome::NeedsOperator);
    telling.check_waits(&event, &ParkReason::Operator(event.id.clone()));
    let reason = telling.record(&event).reason.clone().unwrap();
    assert!(reason.contains(words), "{reason}");
    assert_eq!(telling.worth(), 0);
}

#[test]
fn a_line_that_cannot_be_read_needs_a_person_and_says_why() {
    let good = || line("il_1", "price_pro", 2000, NOVEMBER);
    check_operator(
        InvoiceLine {
            quantity: None,
            ..good()
        },
        "quantity",
    );
    check_operator(
        InvoiceLine {
            amount_minor: None,
            ..good()
        },
        "amount",
    );
    check_operator(
        InvoiceLine {
            price: None,
            ..good()
        },
        "names no price",
    );
    check_operator(
        InvoiceLine {
            period: None,
            ..good()
        },
        "period",
    );
    let backwards = line("il_1", "price_pro", 2000, (NOVEMBER.1, NOVEMBER.0));
    check_operator(backwards, "period");
    check_operator(
        InvoiceLine {
            subscription: None,
            ..good()
        },
        "subscription",
    );
}

#[test]
fn two_prorations_of_nothing_that_name_no_line_need_a_person() {
    let event = paid(
        "in_1",
        vec![
            line("il_1", "price_pro", 0, NOVEMBER).prorated(),
            line("il_2", "price_team", 0, NOVEMBER).prorated(),
        ],
    );
    let mut telling = reported(&[snapshot("a", NOVEMBER.0, Active, None)]);
    assert_eq!(telling.report(&event), EventOutcome::NeedsOperator);
    telling.check_waits(&event, &ParkReason::Operator(event.id.clone()));
}

#[test]
fn a_proration_of_nothing_waits_for_a_snapshot_that_reports_a_trial() {
    let event = paid(
        "in_1",
        vec![line("il_1", "price_pro", 0, NOVEMBER).prorated()],
    );
    let mut telling = reported(std::slice::from_ref(&event));
    telling.check_waits(&event, &ParkReason::Subscription(id("sub_1")));
    telling.report(&snapshot("a", NOVEMBER.0, Active, None));
    check_applied(&telling, &[event]);
    check_worth(&telling, 2_000_000, 0);
}
