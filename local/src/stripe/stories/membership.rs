//! A subscription in a story: each step changes its state and adds the events
//! that Stripe would send.

use shared::domain::Timestamp;

use crate::stripe::script::{
    Charge, CreditNote, DAY, Ending, HOUR, Invoice, Line, Object, Plan, Purchase, Refund, Session,
    Span, Subscription, TimedEvent,
};

/// How the webhook can find a subscription's user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NamedBy {
    /// Only by the `client_reference_id` of its checkout.
    Checkout,
    /// By its own metadata, and there is a checkout too.
    Both,
    /// Only by its own metadata, as when it is created through the API.
    Metadata,
}

pub(crate) struct Membership {
    /// The story's current time.
    pub(crate) at: Timestamp,
    pub(crate) state: Subscription,
    named: NamedBy,
    /// The anchor of its months.
    anchor: Timestamp,
    periods: u32,
    invoices: u32,
    happenings: Vec<TimedEvent>,
}

impl Membership {
    /// A subscription that is about to be bought.
    pub(crate) fn new(start: Timestamp, plan: Plan, named: NamedBy) -> Self {
        Membership {
            at: start,
            state: Subscription {
                status: "active",
                plan,
                quantity: 1,
                created: start,
                period: plan.period(start, 0),
                trial: None,
                ending: Ending::Never,
                canceled_at: None,
                ended_at: None,
                names_user: named != NamedBy::Checkout,
                latest_invoice: 1,
            },
            named,
            anchor: start,
            periods: 0,
            invoices: 0,
            happenings: Vec::new(),
        }
    }

    /// The usual beginning: bought, and its first period paid.
    pub(crate) fn bought(start: Timestamp, plan: Plan, named: NamedBy) -> Self {
        let mut membership = Membership::new(start, plan, named);
        let invoice = membership.first_invoice();
        membership.begins(invoice);
        membership
    }

    /// With a trial before the first paid period.
    pub(crate) fn trial(start: Timestamp, plan: Plan, days: i64, named: NamedBy) -> Self {
        let mut membership = Membership::new(start, plan, named);
        let end = start.plus_seconds(days.saturating_mul(DAY));
        let trial = Span { start, end };
        membership.anchor = end;
        membership.state.status = "trialing";
        membership.state.trial = Some(trial);
        membership.state.period = trial;
        let mut invoice = membership.first_invoice();
        for line in &mut invoice.lines {
            line.amount = 0;
        }
        membership.begins(invoice);
        membership
    }

    pub(crate) fn first_invoice(&self) -> Invoice {
        let state = &self.state;
        Invoice {
            number: 1,
            created: state.created,
            reason: "subscription_create",
            paid: true,
            attempts: 1,
            lines: vec![Line::period(state.plan, state.quantity, state.period)],
            starting_balance: 0,
            names_user: state.names_user,
            // The period of a first invoice is a single instant.
            span: Span {
                start: state.created,
                end: state.created,
            },
        }
    }

    /// Adds the events of the checkout, the creation and the first invoice.
    pub(crate) fn begins(&mut self, invoice: Invoice) {
        if self.named != NamedBy::Metadata {
            let session = Session {
                number: 1,
                created: self.at,
                payment_status: if invoice.due() > 0 {
                    "paid"
                } else {
                    "no_payment_required"
                },
                purchase: Purchase::Subscription {
                    plan: self.state.plan,
                    quantity: self.state.quantity,
                    subtotal: invoice.subtotal(),
                    total: invoice.total(),
                },
            };
            self.report("checkout.session.completed", Object::Session(session));
        }
        self.report("customer.subscription.created", self.as_it_stands());
        self.invoices = 1;
        self.pays(invoice);
    }

    /// Adds an update of the subscription, with its earlier state.
    pub(crate) fn changes(&mut self, change: impl FnOnce(&mut Subscription)) {
        let before = self.state;
        change(&mut self.state);
        let object = Object::Subscription {
            now: Box::new(self.state),
            before: Some(Box::new(before)),
        };
        self.report("customer.subscription.updated", object);
    }

    /// Starts the next period; its invoice is created and not yet paid.
    pub(crate) fn next_period(&mut self) -> Invoice {
        let ended = self.state.period;
        self.at = ended.end;
        self.periods = self.periods.saturating_add(1);
        let period = self.state.plan.period(self.anchor, self.periods);
        let invoice = self.next_invoice("subscription_cycle", ended);
        self.changes(|state| {
            state.period = period;
            state.latest_invoice = invoice.number;
        });
        let line = Line::period(self.state.plan, self.state.quantity, period);
        Invoice {
            lines: vec![line],
            ..invoice
        }
    }

    /// Another period, paid as soon as its invoice is final.
    pub(crate) fn renews(&mut self) {
        let invoice = self.next_period();
        self.pays_after_draft(invoice);
    }

    /// The trial is over and the first period is paid.
    pub(crate) fn trial_ends(&mut self) {
        let ended = self.state.period;
        self.at = ended.end;
        let period = self.state.plan.period(self.anchor, 0);
        let invoice = self.next_invoice("subscription_cycle", ended);
        self.changes(|state| {
            state.status = "active";
            state.period = period;
            state.latest_invoice = invoice.number;
        });
        let line = Line::period(self.state.plan, self.state.quantity, period);
        self.pays_after_draft(Invoice {
            lines: vec![line],
            ..invoice
        });
    }

    /// An invoice with the next number, without lines yet.
    pub(crate) fn next_invoice(&mut self, reason: &'static str, span: Span) -> Invoice {
        self.invoices = self.invoices.saturating_add(1);
        Invoice {
            number: self.invoices,
            created: self.at,
            reason,
            paid: true,
            attempts: 1,
            lines: Vec::new(),
            starting_balance: 0,
            names_user: self.state.names_user,
            span,
        }
    }

    pub(crate) fn pays_after_draft(&mut self, invoice: Invoice) {
        self.at = self.at.plus_seconds(HOUR);
        self.pays(invoice);
    }

    /// Adds the events of a paid invoice and, if money moved, of its payment.
    pub(crate) fn pays(&mut self, invoice: Invoice) {
        self.at = self.at.plus_seconds(1);
        self.report("invoice.paid", Object::Invoice(invoice.clone()));
        if invoice.amount_paid() > 0 {
            self.report("invoice_payment.paid", Object::InvoicePayment(invoice));
        }
    }

    /// Credits part of a paid invoice to the customer's balance.
    pub(crate) fn credits(&mut self, invoice: u32, amount: i64) {
        let note = CreditNote {
            invoice,
            created: self.at,
            amount,
        };
        self.report("credit_note.created", Object::CreditNote(note));
    }

    /// Refunds an invoice's payment in full.
    pub(crate) fn refunds(&mut self, payment: u32, amount: i64) {
        let refund = Refund {
            payment,
            created: self.at,
            amount,
            status: "succeeded",
            previously: None,
        };
        let charge = Charge {
            payment,
            created: self.state.created,
            amount,
            refunded: amount,
            of_invoice: true,
        };
        self.report("refund.created", Object::Refund(refund));
        self.report("charge.refunded", Object::Charge(charge));
    }

    /// Ends the subscription.
    pub(crate) fn ends(&mut self) {
        self.state.status = "canceled";
        self.state.ended_at = Some(self.at);
        self.state.canceled_at.get_or_insert(self.at);
        self.report("customer.subscription.deleted", self.as_it_stands());
    }

    pub(crate) fn report(&mut self, event_type: &'static str, object: Object) {
        let happening = TimedEvent::new(self.at, event_type, object);
        self.happenings.push(happening);
    }

    pub(crate) fn reported(self) -> Vec<TimedEvent> {
        self.happenings
    }

    fn as_it_stands(&self) -> Object {
        Object::Subscription {
            now: Box::new(self.state),
            before: None,
        }
    }
}
