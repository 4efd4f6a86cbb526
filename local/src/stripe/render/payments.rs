//! Checkout sessions; charges, refunds and disputes of a payment; and a deleted
//! customer. None has an e-mail address or a name.

use serde_json::{Value, json};

use super::{CURRENCY, Pen, merged};
use crate::stripe::ApiVersion;
use crate::stripe::script::{Charge, Dispute, Moved, Pack, Payment, Purchase, Refund, Session};

/// What there is to say of a payment; amounts in the currency's smallest unit.
#[derive(Clone, Debug)]
pub(crate) struct PaymentFacts {
    /// `pi_…`.
    pub(crate) intent: String,
    /// `ch_…`, once it has succeeded.
    pub(crate) charge: Option<String>,
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) customer: Option<String>,
    /// In Unix seconds.
    pub(crate) created: i64,
    /// That of the payment intent, such as `succeeded`.
    pub(crate) status: &'static str,
    /// The invoice that it pays, if it pays one.
    pub(crate) invoice: Option<String>,
    /// That of the payment intent.
    pub(crate) metadata: Value,
}

impl PaymentFacts {
    /// The payment intent.
    pub(crate) fn intent(&self, version: ApiVersion) -> Value {
        let succeeded = self.status == "succeeded";
        let object = json!({
            "id": self.intent,
            "object": "payment_intent",
            "amount": self.amount,
            "amount_capturable": 0,
            "amount_received": if succeeded { self.amount } else { 0 },
            "canceled_at": null,
            "capture_method": "automatic",
            "created": self.created,
            "currency": self.currency,
            "customer": self.customer,
            "description": null,
            "latest_charge": self.charge,
            "livemode": false,
            "metadata": self.metadata,
            "receipt_email": null,
            "status": self.status,
        });
        self.with_invoice(object, version)
    }

    /// The charge of a payment that succeeded.
    pub(crate) fn charge(&self, version: ApiVersion) -> Value {
        let object = json!({
            "id": self.charge,
            "object": "charge",
            "amount": self.amount,
            "amount_captured": self.amount,
            "amount_refunded": 0,
            "billing_details": {"address": null, "email": null, "name": null, "phone": null},
            "captured": true,
            "created": self.created,
            "currency": self.currency,
            "customer": self.customer,
            "disputed": false,
            "livemode": false,
            "metadata": {},
            "paid": true,
            "payment_intent": self.intent,
            "receipt_email": null,
            "refunded": false,
            "status": "succeeded",
        });
        self.with_invoice(object, version)
    }

    /// Acacia names the invoice here; later versions have a separate object.
    fn with_invoice(&self, object: Value, version: ApiVersion) -> Value {
        if version == ApiVersion::Acacia {
            merged(object, json!({"invoice": self.invoice}))
        } else {
            object
        }
    }
}

impl Pen<'_> {
    pub(super) fn session(self, session: &Session) -> Value {
        let object = json!({
            "id": self.numbered("cs_test", session.number),
            "object": "checkout.session",
            "created": session.created.unix_seconds(),
            "currency": CURRENCY,
            "customer": self.reference(self.id("cus"), "customer"),
            "customer_details": {"address": null, "email": null, "name": null, "phone": null},
            "customer_email": null,
            "livemode": false,
            "payment_status": session.payment_status,
            "status": "complete",
            "success_url": null,
        });
        merged(object, self.purchase(session))
    }

    fn purchase(self, session: &Session) -> Value {
        match session.purchase {
            Purchase::Subscription {
                subtotal, total, ..
            } => json!({
                "amount_subtotal": subtotal,
                "amount_total": total,
                "client_reference_id": self.cast.user_id,
                "invoice": self.numbered("in", 1),
                "metadata": {},
                "mode": "subscription",
                "payment_intent": null,
                "payment_link": null,
                "subscription": self.id("sub"),
            }),
            Purchase::PackByLink(pack) => merged(
                self.pack(session, pack, 1),
                json!({
                    "client_reference_id": self.cast.user_id,
                    "metadata": {},
                    "payment_link": pack.payment_link,
                }),
            ),
            Purchase::PackByLineItems(pack, quantity) => merged(
                self.pack(session, pack, quantity),
                json!({
                    "client_reference_id": self.cast.user_id,
                    "metadata": {},
                    "payment_link": self.id("plink"),
                }),
            ),
            Purchase::PackByPrice(pack, quantity) => merged(
                self.pack(session, pack, quantity),
                json!({
                    "client_reference_id": null,
                    "metadata": {
                        "price_id": pack.price,
                        // Metadata values are strings.
                        "quantity": quantity.to_string(),
                        "user_id": self.cast.user_id,
                    },
                    "payment_link": null,
                }),
            ),
        }
    }

    fn pack(self, session: &Session, pack: Pack, quantity: i64) -> Value {
        let amount = pack.amount.saturating_mul(quantity);
        json!({
            "amount_subtotal": amount,
            "amount_total": amount,
            "invoice": null,
            "mode": "payment",
            "payment_intent": self.numbered("pi", session.number),
            "subscription": null,
        })
    }

    pub(super) fn charge(self, charge: &Charge) -> Value {
        let payment = charge.payment;
        let invoice = charge.of_invoice.then(|| self.numbered("in", payment));
        let facts = PaymentFacts {
            intent: self.numbered("pi", payment),
            charge: Some(self.numbered("ch", payment)),
            amount: charge.amount,
            currency: CURRENCY.to_string(),
            customer: Some(self.id("cus")),
            created: charge.created.unix_seconds(),
            status: "succeeded",
            invoice,
            metadata: json!({}),
        };
        let refunded = json!({
            "amount_refunded": charge.refunded,
            "refunded": charge.refunded == charge.amount,
        });
        merged(facts.charge(self.version), refunded)
    }

    pub(super) fn refund(self, refund: &Refund) -> Value {
        let payment = refund.payment;
        let object = json!({
            "id": self.numbered("re", payment),
            "object": "refund",
            "amount": refund.amount,
            "charge": self.numbered("ch", payment),
            "created": refund.created.unix_seconds(),
            "currency": CURRENCY,
            "metadata": {},
            "payment_intent": self.reference(self.numbered("pi", payment), "payment_intent"),
            "reason": "requested_by_customer",
            "receipt_number": null,
            "status": refund.status,
        });
        if refund.status == "failed" {
            merged(object, json!({"failure_reason": "declined"}))
        } else {
            object
        }
    }

    pub(super) fn dispute(self, dispute: &Dispute) -> Value {
        let payment = dispute.payment;
        json!({
            "id": self.numbered(dispute.prefix, payment),
            "object": "dispute",
            "amount": dispute.amount,
            "balance_transactions": self.moved(dispute),
            "charge": self.reference(self.numbered("ch", payment), "charge"),
            "created": dispute.created.unix_seconds(),
            "currency": CURRENCY,
            "evidence": {"customer_email_address": null, "customer_name": null},
            "is_charge_refundable": false,
            "livemode": false,
            "metadata": {},
            "payment_intent": self.numbered("pi", payment),
            "reason": "fraudulent",
            "status": dispute.status,
        })
    }

    pub(super) fn moved(self, dispute: &Dispute) -> Vec<Value> {
        let transactions = dispute.moved.iter().zip(1..);
        let transactions = transactions.map(|(moved, number)| {
            let amount = match moved {
                Moved::Withdrawn => dispute.amount.saturating_neg(),
                Moved::Reinstated => dispute.amount,
            };
            json!({
                "id": self.numbered("txn", number),
                "object": "balance_transaction",
                "amount": amount,
                "created": dispute.created.unix_seconds(),
                "currency": CURRENCY,
                "fee": 0,
                "fee_details": [],
                "net": amount,
                "reporting_category": match moved {
                    Moved::Withdrawn => "dispute",
                    Moved::Reinstated => "dispute_reversal",
                },
                "source": self.numbered(dispute.prefix, dispute.payment),
                "status": "available",
                "type": "adjustment",
            })
        });
        transactions.collect()
    }

    /// The payment intent behind a charge, in a state of its own.
    pub(super) fn payment_intent(self, payment: &Payment) -> Value {
        let number = payment.number;
        let succeeded = payment.status == "succeeded";
        let facts = PaymentFacts {
            intent: self.numbered("pi", number),
            charge: succeeded.then(|| self.numbered("ch", number)),
            amount: payment.amount,
            currency: CURRENCY.to_string(),
            customer: Some(self.id("cus")),
            created: payment.created.unix_seconds(),
            status: payment.status,
            invoice: payment.of_invoice.then(|| self.numbered("in", number)),
            metadata: json!({}),
        };
        facts.intent(self.version)
    }

    /// What a checkout sold, which only the API shows.
    pub(super) fn line_items(self, session: &Session) -> Vec<Value> {
        let (price, amount, quantity, total) = match session.purchase {
            Purchase::Subscription {
                plan,
                quantity,
                subtotal,
                total,
            } => (self.price(plan), subtotal, quantity, total),
            Purchase::PackByLink(pack) => (self.pack_price(pack), pack.amount, 1, pack.amount),
            Purchase::PackByPrice(pack, quantity) | Purchase::PackByLineItems(pack, quantity) => {
                let amount = pack.amount.saturating_mul(quantity);
                (self.pack_price(pack), amount, quantity, amount)
            }
        };
        vec![json!({
            "id": format!("li_{}_{}_1", self.cast.suffix, session.number),
            "object": "item",
            "amount_discount": amount.saturating_sub(total),
            "amount_subtotal": amount,
            "amount_tax": 0,
            "amount_total": total,
            "currency": CURRENCY,
            "description": null,
            "price": price,
            "quantity": quantity,
        })]
    }

    pub(super) fn customer(self) -> Value {
        json!({
            "id": self.id("cus"),
            "object": "customer",
            "balance": 0,
            "created": self.cast.start.unix_seconds(),
            "currency": CURRENCY,
            "delinquent": false,
            "description": null,
            "email": null,
            "livemode": false,
            "metadata": {},
            "name": null,
            "phone": null,
        })
    }
}
