//! Payments, and the ways in which money is returned.

/// A successful payment: payment intent, charge and invoice payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// The number in `pi_n`, `ch_n` and `inpay_n`.
    pub number: usize,
    /// Position of its invoice.
    pub invoice: usize,
    /// `in_...`.
    pub invoice_id: String,
    /// `cus_...`.
    pub customer_id: String,
    /// The amount paid.
    pub amount: i64,
    /// `amount_refunded` of the charge.
    pub refunded: i64,
    /// The amount disputed and not won back.
    pub disputed: i64,
    /// Currency.
    pub currency: String,
    /// When it was paid.
    pub created: i64,
}

impl Payment {
    /// The amount that can still be refunded or disputed.
    pub const fn left(&self) -> i64 {
        self.amount - self.refunded - self.disputed
    }
}

/// A refund; it succeeds at once and may fail later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    /// `re_...`.
    pub id: String,
    /// Position of its payment.
    pub payment: usize,
    /// The payment's number.
    pub payment_number: usize,
    /// The amount.
    pub amount: i64,
    /// Currency.
    pub currency: String,
    /// When it failed, if it did.
    pub failed_at: Option<i64>,
    /// When it was made.
    pub created: i64,
}

/// A balance transaction of the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// `txn_...`.
    pub id: String,
    /// In the account's currency; negative for money that leaves.
    pub amount: i64,
    /// The account's currency.
    pub currency: String,
}

/// A dispute of a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dispute {
    /// `dp_...`.
    pub id: String,
    /// Position of its payment.
    pub payment: usize,
    /// The payment's number.
    pub payment_number: usize,
    /// The disputed amount, in the payment's currency.
    pub amount: i64,
    /// The payment's currency.
    pub currency: String,
    /// `needs_response`, `lost` or `won`.
    pub status: &'static str,
    /// Its balance transactions.
    pub transactions: Vec<Transaction>,
    /// When it was opened.
    pub created: i64,
}

/// A line of a credit note that names a line of the invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteLine {
    /// Position of the line.
    pub line: usize,
    /// `il_...`.
    pub line_id: String,
    /// Before the discount.
    pub amount: i64,
    /// The discount.
    pub discount: i64,
}

/// A credit note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreditNote {
    /// `cn_...`.
    pub id: String,
    /// Position of its invoice.
    pub invoice: usize,
    /// `in_...`.
    pub invoice_id: String,
    /// `cus_...`.
    pub customer_id: String,
    /// After discounts.
    pub amount: i64,
    /// Currency.
    pub currency: String,
    /// The line it names; none if it is for an amount.
    pub line: Option<NoteLine>,
    /// The part that lowered the amount due of an open invoice.
    pub pre_payment: i64,
    /// The part that went to the customer's balance.
    pub to_balance: i64,
    /// The part that was returned outside Stripe.
    pub out_of_band: i64,
    /// Its refund: position, id and amount.
    pub refund: Option<(usize, String, i64)>,
    /// When it was issued.
    pub created: i64,
    /// When it was voided.
    pub voided_at: Option<i64>,
}
