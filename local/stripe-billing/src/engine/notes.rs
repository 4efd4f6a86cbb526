//! Credit notes. One for an open invoice lowers what is due; one for a paid
//! invoice sends the money to the card, the balance, or outside Stripe.
//! Source: <https://docs.stripe.com/api/credit_notes/create>.

use super::{World, nth, part, rounded};
use crate::act::{NoteBy, NoteTo};
use crate::objects::{CreditNote, Invoice, InvoiceStatus, NoteLine, Object};

/// What a note is for: its amount, and the line it names.
type Wanted = (i64, Option<NoteLine>);

impl World {
    pub(super) fn credit_note(&mut self, n: u8, percent: u8, by: NoteBy, to: NoteTo) -> Option<()> {
        let all = self.invoices.iter().enumerate();
        let index = nth(all.filter(|(_, invoice)| creditable(invoice) > 0), n)?;
        let invoice = self.invoices.get(index)?;
        let (amount, line) = match by {
            NoteBy::Amount => (part(creditable(invoice), percent), None),
            NoteBy::Line(place) => self.of_line(invoice, place, percent)?,
        };
        if amount > creditable(invoice) || amount <= 0 {
            return None;
        }
        let mut note = CreditNote {
            id: format!("cn_{}", self.notes.len() + 1),
            invoice: index,
            invoice_id: invoice.id.clone(),
            customer_id: self.customers.get(invoice.customer)?.id.clone(),
            amount,
            currency: invoice.currency.clone(),
            line,
            pre_payment: 0,
            to_balance: 0,
            out_of_band: 0,
            refund: None,
            created: self.now,
            voided_at: None,
        };
        if invoice.status == InvoiceStatus::Open {
            note.pre_payment = amount;
            self.before_payment(note)
        } else {
            self.after_payment(note, to)
        }
    }

    /// Part of the uncredited rest of a line; all of it if the line has a
    /// discount, to avoid rounding.
    fn of_line(&self, invoice: &Invoice, place: u8, percent: u8) -> Option<Wanted> {
        let lines = invoice.lines.iter();
        let lines = lines.filter_map(|line| Some((*line, self.lines.get(*line)?)));
        let index = nth(lines.filter(|(_, line)| line.net() > 0), place)?;
        let line = self.lines.get(index)?;
        let issued = self.notes.iter().filter(|note| note.voided_at.is_none());
        let named = issued.filter_map(|note| note.line.as_ref());
        let named = named.filter(|named| named.line == index);
        let left = line.amount - named.map(|named| named.amount).sum::<i64>();
        let amount = if line.discount > 0 {
            left
        } else {
            part(left, percent).min(left)
        };
        let discount = rounded(
            i128::from(line.discount) * i128::from(amount),
            i128::from(line.amount),
        );
        let line_id = line.id.clone();
        let named = NoteLine {
            line: index,
            line_id,
            amount,
            discount,
        };
        Some((amount - discount, Some(named)))
    }

    fn before_payment(&mut self, note: CreditNote) -> Option<()> {
        let invoice = self.invoices.get_mut(note.invoice)?;
        invoice.pre_payment_notes += note.amount;
        invoice.amount_due -= note.amount;
        let (index, settled) = (note.invoice, invoice.remaining() == 0);
        self.notes.push(note.clone());
        self.report("credit_note.created", Some(Object::CreditNote(note)))?;
        if settled {
            self.settle(index)
        } else {
            Some(())
        }
    }

    fn after_payment(&mut self, mut note: CreditNote, to: NoteTo) -> Option<()> {
        let invoice = self.invoices.get(note.invoice)?;
        let (customer, payment) = (invoice.customer, invoice.payment);
        let mut refunded = None;
        match to {
            NoteTo::Card => {
                let paid = payment.and_then(|index| self.payments.get(index))?;
                if paid.left() < note.amount {
                    return None;
                }
                let refund = self.refund_payment(payment?, note.amount)?;
                note.refund = Some((refund, self.refunds.get(refund)?.id.clone(), note.amount));
                refunded = payment;
            }
            NoteTo::Balance => {
                self.customers.get_mut(customer)?.balance -= note.amount;
                note.to_balance = note.amount;
            }
            NoteTo::OutOfBand => note.out_of_band = note.amount,
        }
        self.invoices.get_mut(note.invoice)?.post_payment_notes += note.amount;
        self.notes.push(note.clone());
        self.report("credit_note.created", Some(Object::CreditNote(note)))?;
        match refunded {
            Some(payment) => self.report_refund(payment),
            None => Some(()),
        }
    }

    pub(super) fn void_note(&mut self, n: u8) -> Option<()> {
        let now = self.now;
        let all = self.notes.iter().enumerate();
        let open = |note: &CreditNote| {
            let invoice = self.invoices.get(note.invoice);
            invoice.is_some_and(|invoice| invoice.status == InvoiceStatus::Open)
        };
        let index = nth(
            all.filter(|(_, note)| note.voided_at.is_none() && open(note)),
            n,
        )?;
        let note = self.notes.get_mut(index)?;
        note.voided_at = Some(now);
        let voided = note.clone();
        let invoice = self.invoices.get_mut(voided.invoice)?;
        invoice.pre_payment_notes -= voided.amount;
        invoice.amount_due += voided.amount;
        self.report("credit_note.voided", Some(Object::CreditNote(voided)))
    }
}

/// The part of an invoice that can still be credited.
fn creditable(invoice: &Invoice) -> i64 {
    match invoice.status {
        InvoiceStatus::Open => invoice.remaining(),
        InvoiceStatus::Paid => {
            invoice.total - invoice.pre_payment_notes - invoice.post_payment_notes
        }
        InvoiceStatus::Draft | InvoiceStatus::Void | InvoiceStatus::Uncollectible => 0,
    }
}
