//! The scenarios: the names of the stories, their events and their required
//! effect on balances.

use std::fmt;
use std::str::FromStr;

use shared::domain::Timestamp;

use super::script::TimedEvent;
use super::stories::{packs, subscriptions};

/// One row per scenario, the source of the enum and of its texts.
macro_rules! scenarios {
    (
        told by events { $($variant:ident, $name:literal, $story:path, $events:literal, $effect:literal;)* }
        told by look_ups { $($late:ident, $late_name:literal, $late_story:path, $late_events:literal, $late_effect:literal;)* }
    ) => {
        /// A story that can be sent.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Scenario {
            $(
                #[doc = concat!("`", $name, "`: ", $events, ". To balances: ", $effect, ".")]
                $variant,
            )*
            $(
                #[doc = concat!("`", $late_name, "`: ", $late_events, ". To balances: ", $late_effect, ".")]
                $late,
            )*
        }

        impl Scenario {
            /// The scenarios whose events say all there is to know, in the order
            /// of the list.
            pub const ALL: &'static [Scenario] = &[$(Scenario::$variant,)*];

            /// The scenarios with an event that is not enough: the rest has to be
            /// read from Stripe's API.
            pub const NEEDS_API: &'static [Scenario] = &[$(Scenario::$late,)*];

            /// Its name on the command line.
            pub fn name(self) -> &'static str {
                match self {
                    $(Scenario::$variant => $name,)*
                    $(Scenario::$late => $late_name,)*
                }
            }

            /// Its events, in one line.
            pub fn events(self) -> &'static str {
                match self {
                    $(Scenario::$variant => $events,)*
                    $(Scenario::$late => $late_events,)*
                }
            }

            /// Its required effect on balances, in one line.
            pub fn effect(self) -> &'static str {
                match self {
                    $(Scenario::$variant => $effect,)*
                    $(Scenario::$late => $late_effect,)*
                }
            }

            pub(crate) fn happenings(self, start: Timestamp) -> Vec<TimedEvent> {
                match self {
                    $(Scenario::$variant => $story(start),)*
                    $(Scenario::$late => $late_story(start),)*
                }
            }
        }
    };
}

scenarios! {
    told by events {
        Subscribe, "subscribe", subscriptions::subscribe,
            "a checkout names the user; the subscription starts and its invoice is paid",
            "10,000 pro credits for the month, plan pro";
        Renew, "renew", subscriptions::renew,
            "subscribe, then a month later the period advances and its invoice is paid",
            "10,000 pro credits for each month; the rest of the first expires after its grace";
        Upgrade, "upgrade", subscriptions::upgrade,
            "pro, then pro-plus in mid-period, with both prorations invoiced at once",
            "half a month of pro is clawed back, half a month of pro-plus (15,000) granted, rank 20";
        Downgrade, "downgrade", subscriptions::downgrade,
            "pro-plus, then pro in mid-period; the prorations are on the renewal's invoice",
            "30,000 for the first month, 10,000 for the second; the prorations apply to the first";
        CancelAtPeriodEnd, "cancel-at-period-end", subscriptions::cancel_at_period_end,
            "subscribe, cancel with the flag, deleted at the period's end",
            "10,000 pro credits stay until the period's end; then the plan is free";
        CancelThenResume, "cancel-then-resume", subscriptions::cancel_then_resume,
            "subscribe, cancel in the portal, resumed two days later",
            "10,000 pro credits, as without the cancellation; the plan continues";
        PaymentFailed, "payment-failed", subscriptions::payment_failed,
            "a renewal whose payment fails (past due) and succeeds two days later",
            "nothing for the second month until it is paid, then 10,000 once";
        TrialToPaid, "trial-to-paid", subscriptions::trial_to_paid,
            "seven days of trial with an invoice of 0, then active and paid",
            "1,000 for the trial, once per user, then 10,000 for the month";
        BuyPack, "buy-pack", packs::buy_pack,
            "a pack bought by card through its payment link",
            "1,000 pro credits that do not expire";
        BuyPackByPrice, "buy-pack-by-price", packs::buy_pack_by_price,
            "three packs in one checkout, named by metadata.price_id and metadata.quantity",
            "3,000 pro credits that do not expire";
        BuyPackDelayed, "buy-pack-delayed", packs::buy_pack_delayed,
            "a checkout that is complete but unpaid; three days later the payment succeeds",
            "nothing at first, then 1,000 pro credits once";
        BuyPackDelayedFailed, "buy-pack-delayed-failed", packs::buy_pack_delayed_failed,
            "a checkout that is complete but unpaid; three days later the payment fails",
            "nothing";
        RefundPartial, "refund-partial", packs::refund_partial,
            "a pack for 500 cents, of which 200 are refunded",
            "1,000 pro credits, then 400 of them are clawed back";
        RefundFull, "refund-full", packs::refund_full,
            "a pack, refunded in full",
            "1,000 pro credits, then all of them are clawed back";
        RefundFailed, "refund-failed", packs::refund_failed,
            "a pack whose refund is pending and then fails",
            "1,000 pro credits in the end";
        RefundInvoice, "refund-invoice", subscriptions::refund_invoice,
            "subscribe, then the invoice is refunded in full",
            "10,000 pro credits, then all of them are clawed back; the plan is unchanged";
        RefundExpired, "refund-expired", subscriptions::refund_expired,
            "one month that ended long before the start, refunded at the start",
            "lapsed credits are not clawed back: no debt results";
        DisputeLost, "dispute-lost", packs::dispute_lost,
            "a pack, disputed; the funds are withdrawn and the dispute is lost",
            "1,000 pro credits, then all of them are clawed back";
        DisputeWon, "dispute-won", packs::dispute_won,
            "a pack, disputed; the funds are withdrawn and reinstated",
            "1,000 pro credits, clawed back and restored";
        DisputeWonAfterPack, "dispute-won-after-pack", packs::dispute_won_after_pack,
            "a pack, disputed; another pack is bought before the funds are reinstated",
            "2,000 pro credits in the end";
        DeleteCustomer, "delete-customer", subscriptions::delete_customer,
            "subscribe, then the subscription and the customer are deleted",
            "the plan is free at once; paid credits are not clawed back";
        QuantityTwo, "quantity-two", subscriptions::quantity_two,
            "a subscription with quantity 2 of pro",
            "20,000 pro credits for the month";
        FullDiscount, "full-discount", subscriptions::full_discount,
            "subscribe with a discount of 100 %; nothing is paid",
            "10,000 pro credits for the month, as at full price";
        CustomerBalance, "customer-balance", subscriptions::customer_balance,
            "subscribe on the customer's balance; nothing is paid",
            "10,000 pro credits for the month";
        Annual, "annual", subscriptions::annual,
            "a year of pro, paid at once",
            "10,000 pro credits now and in each of the eleven months that follow";
        Rollover, "rollover", subscriptions::rollover,
            "a plan that lets credits be kept, bought and renewed",
            "10,000 for each month; up to 5,000 of the first may be used in the second";
        CreditNote, "credit-note", subscriptions::credit_note,
            "subscribe, then a quarter of the invoice is credited to the customer's balance",
            "10,000 pro credits, then 2,500 of them are taken back";
    }
    told by look_ups {
        LongInvoice, "long-invoice", subscriptions::long_invoice,
            "twelve changes of the quantity, billed with the renewal: 25 lines, 10 of them in the event",
            "once all lines are read, 10,000 for each month and a little under 2,000 for six days with a second unit";
        BuyPackByLineItems, "buy-pack-by-line-items", packs::buy_pack_by_line_items,
            "two packs through a payment link that only the checkout's line items explain",
            "once the line items are read, 2,000 pro credits that do not expire";
    }
}

/// An unknown scenario name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a scenario: `stripe list` shows all of them")]
pub struct UnknownScenario(String);

impl FromStr for Scenario {
    type Err = UnknownScenario;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let mut all = Scenario::ALL.iter().chain(Scenario::NEEDS_API).copied();
        all.find(|scenario| scenario.name() == name)
            .ok_or_else(|| UnknownScenario(name.to_string()))
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}
