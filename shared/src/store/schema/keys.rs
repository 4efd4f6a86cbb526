//! The key schema and its access patterns, on one screen. No other file spells a key.
//!
//! | access | table | pk | sk | how |
//! |---|---|---|---|---|
//! | balance of a user | credits | `USER#<id>` | `ACCOUNT` | GetItem, 0.5 units |
//! | earlier entry of a command | credits | `USER#<id>` | `ENTRY#api#<client>#<key>`, `ENTRY#cause#<cause>`, `ENTRY#ops#<key>` | put if absent, in the commit |
//! | ledger by time | credits | index `entries-by-time`: user_id, at_seq = `<at>#<seq>` | | Query |
//! | past credits of a user | credits | `USER#<id>` | `CREDIT#<type>#<end, or start if it has none>#<lot>` | Query by prefix |
//! | points in this minute | credits | `RATE#<user>#<limit>` | `<minute>` | UpdateItem, 1 unit |
//! | profile, preferences, subscriptions | users | `USER#<id>` | `PROFILE`, `PREFERENCES`, `SUBSCRIPTION#<sub id or free>` | GetItem, Query |
//! | customer of a user at Stripe | users | `USER#<id>` | `CUSTOMER` | with the profile |
//! | owner of a claim | users | `EMAIL#…`, `STRIPE_CUSTOMER#…`, `STRIPE_SUBSCRIPTION#…` | `CLAIM` | strong GetItem |
//! | OAuth client | users | `OAUTH_CLIENT#<id>` | `CLIENT` | GetItem |
//! | models and their rate cards | users | `MODELS` | `MODEL#<id>`, `CARD#<model>@<day>` | Query of both |
//! | revision of a model's rate cards | users | `CARD_REVISIONS` | `MODEL#<id>` | GetItem, put on the revision seen, operators only |
//! | prices | users | `CATALOGUE` | `PRICE#<price id>` | Query; the price of a plan: GetItem, 0.5 units |
//! | progress of migrations | users | `MIGRATIONS` | `MIGRATION#<id>` | GetItem, operators only |
//! | releases of claims that named nobody | users | `RELEASES` | `RELEASE#customer#<id>#<at>`, `RELEASE#subscription#<id>#<at>`, `RELEASE#email#<at>` | Query by prefix, operators only |
//! | payment link is known | users | `CATALOGUE` | `LINK#<payment link>` | condition |
//! | record of an event | billing | `EVENT#<event>` | `EVENT` | BatchGetItem, put on the version seen |
//! | payment and its refunds | billing | `PAYMENT#<payment intent, or session>` | `PAYMENT` | the same |
//! | grants of an invoice | billing | `INVOICE#<invoice>` | `INVOICE` | the same |
//! | book of a subscription | billing | `BOOK#<subscription>` | `BOOK` | the same |
//! | checkouts of a user | billing | `CHECKOUT#<user>` | `SUBSCRIPTION`, `PACK#<digest of the order>` | BatchGetItem, put on the generation seen |
//! | trial of a user | billing | `TRIAL#<plan>#<user>` | `TRIAL` | put if absent |
//! | cutover | billing | `IMPORT` | `CUTOVER` | BatchGetItem, with the catalogue |
//! | parked events of a reason | billing | `PARKED#<reason>` | `EVENT#<event>`; of customers also `HEAD` with the counts | Query by prefix |
//! | parked events by time | billing | index `parked-by-shard`: parked_shard = `<waiting, paid or quiet>#<shard>`, parked_at | | Query of each shard, operators and gauges |
//! | billing items of a user | billing | index `billing-by-user`: user_id, pk | | export only |
//! | endpoints | notices | `ENDPOINTS` | `ENDPOINT#<id>` | Query, GetItem |
//! | deliveries of a user; tests of an endpoint | notices | `USER#<id>`, `TEST#<endpoint>` | `DELIVERY#<at>#<seq>#<notice>#<recipient>` | put if absent, put on the version seen; Query |
//! | deliveries of a recipient | notices | index `deliveries-by-shard`: recipient_shard = `<recipient>#<shard>`, sk | | Query of each shard, operators only |
//! | the e-mail of a kind and day | notices | `USER#<id>` | `MAIL#<event>#<day>` | put if absent |
//! | addresses whose mail bounces | notices | `SUPPRESSED#<digest of the address>` | `ADDRESS` | GetItem |
//! | the check of all accounts | notices | `WATCH` | `PASS` | GetItem, put on the version seen |
//! | keys of the links in e-mails | notices | `LINK_KEYS` | `UNSUBSCRIBE` | GetItem, put if absent |

#[cfg(feature = "operator")]
use crate::domain::ParseIdentifierError;
use crate::domain::billing::ParkReason;
use crate::domain::{
    CheckoutSlot, CreditType, Delivery, Digest, EndpointId, EntryKey, LotId, LotTerms, StripeId,
    Timestamp, UserId,
};

pub use super::key::Key;
use super::key::{first_word, kind_of};
pub(crate) use super::kind::KeyKind;
pub(crate) use super::shard::Shard;
#[cfg(feature = "operator")]
pub(crate) use super::table::DELIVERIES_BY_SHARD;
pub use super::table::{ENTRIES_BY_TIME, EXPIRES_AT, INDEXES, Index, PRIMARY_KEY, STREAMED, Table};
pub(crate) use super::table::{PARKED_BY_SHARD, PARKED_SHARD, RECIPIENT_SHARD};

/// Partitions whose whole keys may be logged: they hold ids of Stripe's and ours.
const SHOWN: [&str; 16] = [
    "BOOK#",
    "CARD_REVISIONS",
    "CATALOGUE",
    "ENDPOINTS",
    "EVENT#",
    "IMPORT",
    "INVOICE#",
    "MIGRATIONS",
    "MODELS",
    "OAUTH_CLIENT#",
    "PARKED#",
    "PAYMENT#",
    "RELEASES",
    "STRIPE_CUSTOMER#",
    "STRIPE_SUBSCRIPTION#",
    "WATCH",
];

impl Key {
    /// What lies under it; none if we write no item of such a key.
    pub(crate) fn kind(&self) -> Option<KeyKind> {
        let (pk, sk) = (first_word(&self.pk), first_word(&self.sk));
        let kind = match (self.table, pk, sk) {
            (Table::Credits, USER_PREFIX, ACCOUNT_SORT_KEY) => KeyKind::Account,
            (Table::Credits, USER_PREFIX, ENTRY_PREFIX) => KeyKind::Entry,
            (Table::Credits, USER_PREFIX, PAST_CREDIT_PREFIX) => KeyKind::PastCredit,
            (Table::Credits, RATE_PREFIX, _) => KeyKind::RateCounter,
            (Table::Users, USER_PREFIX, "PROFILE") => KeyKind::Profile,
            (Table::Users, USER_PREFIX, "PREFERENCES") => KeyKind::Preferences,
            (Table::Users, USER_PREFIX, "SUBSCRIPTION#") => KeyKind::Subscription,
            (Table::Users, USER_PREFIX, CUSTOMER_SORT_KEY) => KeyKind::Customer,
            (Table::Users, "EMAIL#", "CLAIM") => KeyKind::EmailClaim,
            (Table::Users, "STRIPE_CUSTOMER#", "CLAIM") => KeyKind::CustomerClaim,
            (Table::Users, "STRIPE_SUBSCRIPTION#", "CLAIM") => KeyKind::SubscriptionClaim,
            (Table::Users, "OAUTH_CLIENT#", "CLIENT") => KeyKind::OAuthClient,
            (Table::Users, MODELS_PARTITION, "MODEL#") => KeyKind::Model,
            (Table::Users, MODELS_PARTITION, "CARD#") => KeyKind::RateCard,
            (Table::Users, "CARD_REVISIONS", "MODEL#") => KeyKind::CardRevision,
            (Table::Users, "CATALOGUE", "PRICE#") => KeyKind::Price,
            (Table::Users, "CATALOGUE", "LINK#") => KeyKind::PaymentLink,
            (Table::Users, "MIGRATIONS", "MIGRATION#") => KeyKind::Migration,
            (Table::Users, "RELEASES", "RELEASE#") => KeyKind::ReleasedClaim,
            (Table::Billing, "EVENT#", "EVENT") => KeyKind::Event,
            (Table::Billing, "PAYMENT#", "PAYMENT") => KeyKind::Payment,
            (Table::Billing, "INVOICE#", "INVOICE") => KeyKind::Invoice,
            (Table::Billing, "BOOK#", "BOOK") => KeyKind::Book,
            (Table::Billing, "TRIAL#", "TRIAL") => KeyKind::Trial,
            (Table::Billing, "CHECKOUT#", "SUBSCRIPTION" | "PACK#") => KeyKind::Checkout,
            (Table::Billing, "IMPORT", "CUTOVER") => KeyKind::Cutover,
            (Table::Billing, PARKED_PARTITION, PARKED_PREFIX) => KeyKind::Parked,
            (Table::Billing, PARKED_PARTITION, "HEAD") => KeyKind::CustomerQueue,
            (Table::Notices, ENDPOINTS, "ENDPOINT#") => KeyKind::Endpoint,
            (Table::Notices, USER_PREFIX | "TEST#", DELIVERY_PREFIX) => KeyKind::Delivery,
            (Table::Notices, USER_PREFIX, "MAIL#") => KeyKind::MailOfDay,
            (Table::Notices, "SUPPRESSED#", "ADDRESS") => KeyKind::Suppression,
            (Table::Notices, "LINK_KEYS", "UNSUBSCRIBE") => KeyKind::LinkKeys,
            (Table::Notices, "WATCH", "PASS") => KeyKind::VerifyPass,
            _ => return None,
        };
        Some(kind)
    }

    /// The user in whose partition it lies; none if it lies in nobody's, and an
    /// error if no user can be called so.
    #[cfg(feature = "operator")]
    pub(crate) fn user(&self) -> Option<Result<UserId, ParseIdentifierError>> {
        self.pk.strip_prefix(USER_PREFIX).map(str::parse)
    }

    /// The place of the item for logs: a user's partition and names chosen by callers
    /// are reduced to their kind, `credits USER#…/ENTRY#…`.
    pub(crate) fn place(&self) -> String {
        if SHOWN.iter().any(|start| self.pk.starts_with(start)) {
            return self.to_string();
        }
        let (table, pk, sk) = (self.table.as_str(), kind_of(&self.pk), kind_of(&self.sk));
        format!("{table} {pk}/{sk}")
    }
}

const USER_PREFIX: &str = "USER#";
pub(crate) const ACCOUNT_SORT_KEY: &str = "ACCOUNT";
pub(crate) const RATE_PREFIX: &str = "RATE#";

pub(crate) fn user_partition(user_id: &UserId) -> String {
    format!("{USER_PREFIX}{user_id}")
}

pub(crate) fn account(user_id: &UserId) -> Key {
    Key::new(Table::Credits, user_partition(user_id), ACCOUNT_SORT_KEY)
}

pub(crate) const ENTRY_PREFIX: &str = "ENTRY#";
pub(crate) const PAST_CREDIT_PREFIX: &str = "CREDIT#";

pub(crate) fn entry(user_id: &UserId, key: &EntryKey) -> Key {
    let sk = format!("{ENTRY_PREFIX}{key}");
    Key::new(Table::Credits, user_partition(user_id), sk)
}

/// `<at>#<seq>` with 12 digits of seq: sorts by time, then by order.
pub(crate) fn at_seq(at: Timestamp, seq: u64) -> String {
    format!("{at}#{seq:012}")
}

/// Sorted by the lot's end, or by its start if it has none. A recalled lot returns
/// under the same key; moving its end puts a mark under the old one.
pub(crate) fn past_credit(user_id: &UserId, terms: &LotTerms) -> Key {
    let at = terms.expires_at.unwrap_or(terms.starts_at);
    past_credit_at(user_id, terms.kind.credit_type(), at, &terms.id)
}

pub(crate) fn past_credit_at(
    user_id: &UserId,
    credit_type: CreditType,
    at: Timestamp,
    lot: &LotId,
) -> Key {
    let sk = format!("{PAST_CREDIT_PREFIX}{credit_type}#{at}#{lot}");
    Key::new(Table::Credits, user_partition(user_id), sk)
}

/// The key of any item in a user's partition, by its sort key.
#[cfg(feature = "operator")]
pub(crate) fn in_credits(user_id: &UserId, sk: &str) -> Key {
    Key::new(Table::Credits, user_partition(user_id), sk)
}

/// One counter per user, limit and minute. The names of limits are ours, not the caller's.
pub(crate) fn rate_counter(user_id: &UserId, counter: &str, minute: i64) -> Key {
    let pk = format!("{RATE_PREFIX}{user_id}#{counter}");
    Key::new(Table::Credits, pk, minute.to_string())
}

/// A key under which nothing is ever stored: no user id can be ".".
pub(crate) fn warm_up(table: Table) -> Key {
    Key::new(table, "USER#.", "WARM_UP")
}

pub(crate) fn profile(user_id: &UserId) -> Key {
    Key::new(Table::Users, user_partition(user_id), "PROFILE")
}

/// What the sort keys of profile and preferences, and no others, begin with.
pub(crate) const PERSON_PREFIX: &str = "PR";

pub(crate) fn preferences(user_id: &UserId) -> Key {
    Key::new(Table::Users, user_partition(user_id), "PREFERENCES")
}

/// The free subscription has no Stripe id and is called `free`.
pub(crate) fn subscription(user_id: &UserId, stripe_subscription_id: Option<&str>) -> Key {
    let id = stripe_subscription_id.unwrap_or("free");
    let sk = format!("SUBSCRIPTION#{id}");
    Key::new(Table::Users, user_partition(user_id), sk)
}

const CUSTOMER_SORT_KEY: &str = "CUSTOMER";

/// The customer of Stripe's that a user is.
pub(crate) fn stripe_customer(user_id: &UserId) -> Key {
    Key::new(Table::Users, user_partition(user_id), CUSTOMER_SORT_KEY)
}

/// E-mail addresses are claimed in lower case, so that two spellings of one
/// address cannot belong to two users.
pub(crate) fn email_claim(email: &str) -> Key {
    let pk = format!("EMAIL#{}", email.to_lowercase());
    Key::new(Table::Users, pk, "CLAIM")
}

pub(crate) fn stripe_customer_claim(customer_id: &str) -> Key {
    let pk = format!("STRIPE_CUSTOMER#{customer_id}");
    Key::new(Table::Users, pk, "CLAIM")
}

pub(crate) fn stripe_subscription_claim(subscription_id: &str) -> Key {
    let pk = format!("STRIPE_SUBSCRIPTION#{subscription_id}");
    Key::new(Table::Users, pk, "CLAIM")
}

pub(crate) fn oauth_client(client_id: &str) -> Key {
    Key::new(Table::Users, format!("OAUTH_CLIENT#{client_id}"), "CLIENT")
}

const MODELS_PARTITION: &str = "MODELS";

pub(crate) fn model(model_id: &str) -> Key {
    Key::new(Table::Users, MODELS_PARTITION, format!("MODEL#{model_id}"))
}

pub(crate) fn rate_card(card_id: &str) -> Key {
    Key::new(Table::Users, MODELS_PARTITION, format!("CARD#{card_id}"))
}

/// How often the rate cards of a model were changed.
#[cfg(feature = "operator")]
pub(crate) fn card_revision(model_id: &str) -> Key {
    let sk = format!("MODEL#{model_id}");
    Key::new(Table::Users, "CARD_REVISIONS", sk)
}

pub(crate) fn price(price_id: &str) -> Key {
    Key::new(Table::Users, "CATALOGUE", format!("PRICE#{price_id}"))
}

pub(crate) fn payment_link(link: &str) -> Key {
    Key::new(Table::Users, "CATALOGUE", format!("LINK#{link}"))
}

/// The marker of a migration.
#[cfg(feature = "operator")]
pub(crate) fn migration(id: &str) -> Key {
    Key::new(Table::Users, "MIGRATIONS", format!("MIGRATION#{id}"))
}

/// The record that a claim which named nobody was released: `customer#cus_1`, or `email`
/// alone, as these records outlast an erasure. Without a time the prefix of them all.
#[cfg(feature = "operator")]
pub(crate) fn release(claim: &str, at: Option<Timestamp>) -> Key {
    let at = at.map(|at| at.to_string()).unwrap_or_default();
    Key::new(Table::Users, "RELEASES", format!("RELEASE#{claim}#{at}"))
}

pub(crate) fn event(id: &StripeId) -> Key {
    Key::new(Table::Billing, format!("EVENT#{id}"), "EVENT")
}

pub(crate) fn payment(id: &StripeId) -> Key {
    Key::new(Table::Billing, format!("PAYMENT#{id}"), "PAYMENT")
}

pub(crate) fn invoice(id: &StripeId) -> Key {
    Key::new(Table::Billing, format!("INVOICE#{id}"), "INVOICE")
}

pub(crate) fn book(subscription: &str) -> Key {
    Key::new(Table::Billing, format!("BOOK#{subscription}"), "BOOK")
}

pub(crate) fn trial(plan: &str, user_id: &UserId) -> Key {
    Key::new(Table::Billing, format!("TRIAL#{plan}#{user_id}"), "TRIAL")
}

pub(crate) fn checkout(user_id: &UserId, slot: &CheckoutSlot) -> Key {
    let sk = match slot {
        CheckoutSlot::Subscription => "SUBSCRIPTION".to_string(),
        CheckoutSlot::Pack(order) => format!("PACK#{order}"),
    };
    Key::new(Table::Billing, format!("CHECKOUT#{user_id}"), sk)
}

pub(crate) fn cutover() -> Key {
    Key::new(Table::Billing, "IMPORT", "CUTOVER")
}

pub(crate) const PARKED_PREFIX: &str = "EVENT#";
pub(crate) const PARKED_PARTITION: &str = "PARKED#";

pub(crate) fn parked(reason: &ParkReason, event: &str) -> Key {
    let sk = format!("{PARKED_PREFIX}{event}");
    Key::new(Table::Billing, parked_partition(reason), sk)
}

/// A shard of a value that many items share in an index: `<value>#<shard>`.
pub(crate) fn shard_key(value: &str, shard: Shard) -> String {
    format!("{value}#{:02}", shard.number())
}

/// The place of a parked event in its index, by its kind.
pub(crate) fn parked_shard(kind: &str, event: &str) -> String {
    shard_key(kind, Shard::of(event))
}

/// The place of a delivery in its index, by its recipient and its notice. A notice has one
/// delivery for a recipient, so deliveries to one spread as notices do.
pub(crate) fn recipient_shard(recipient: &str, notice: &str) -> String {
    shard_key(recipient, Shard::of(notice))
}

/// The partition of the events parked for a reason.
pub(crate) fn parked_partition(reason: &ParkReason) -> String {
    format!("{PARKED_PARTITION}{reason}")
}

/// The counts of events parked for a customer. Other reasons are not counted: everybody
/// may wait for one price at once.
pub(crate) fn customer_queue(customer: &StripeId) -> Key {
    let pk = parked_partition(&ParkReason::Customer(customer.clone()));
    Key::new(Table::Billing, pk, "HEAD")
}

pub(crate) const ENDPOINTS: &str = "ENDPOINTS";

pub(crate) fn endpoint(id: &EndpointId) -> Key {
    Key::new(Table::Notices, ENDPOINTS, format!("ENDPOINT#{id}"))
}

pub(crate) const DELIVERY_PREFIX: &str = "DELIVERY#";

pub(crate) fn delivery(it: &Delivery) -> Key {
    let of_test = || format!("TEST#{}", it.recipient);
    let pk = it.user_id.as_ref().map_or_else(of_test, user_partition);
    let name = format!("{}#{}", it.notice_id, it.recipient);
    let sk = format!("{DELIVERY_PREFIX}{}#{name}", at_seq(it.at, it.seq));
    Key::new(Table::Notices, pk, sk)
}

pub(crate) fn mail_of_day(user_id: &UserId, event: &str, day: &str) -> Key {
    let sk = format!("MAIL#{event}#{day}");
    Key::new(Table::Notices, user_partition(user_id), sk)
}

pub(crate) fn suppression(address: &Digest) -> Key {
    Key::new(Table::Notices, format!("SUPPRESSED#{address}"), "ADDRESS")
}

/// How far the check of all accounts has come.
#[cfg(feature = "operator")]
pub(crate) fn verify_pass() -> Key {
    Key::new(Table::Notices, "WATCH", "PASS")
}

pub(crate) fn link_keys() -> Key {
    Key::new(Table::Notices, "LINK_KEYS", "UNSUBSCRIBE")
}

#[cfg(test)]
mod tests;
