//! The kinds of text in bodies, each a named schema: decimal amounts, moments,
//! identifiers and closed lists of words.

use std::borrow::Cow;

use utoipa::openapi::schema::{KnownFormat, Object, SchemaFormat};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::domain::{CreditType, EntryKind, HoldStatus, LotKind, Operation, Tier};

macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $shown:literal, $schema:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                Schema::Object($schema).into()
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed($shown)
            }
        }
    };
}

text!(
    /// An amount of credits that is never negative.
    Amount, "Amount",
    pattern(
        r"^(0|[1-9][0-9]*)(\.[0-9]{1,3})?$",
        "Credits as an exact decimal text with at most three places.",
        "120.5",
    )
);
text!(
    /// A change of credits.
    SignedAmount, "SignedAmount",
    pattern(
        r"^-?(0|[1-9][0-9]*)(\.[0-9]{1,3})?$",
        "A change of credits as an exact decimal text with at most three places.",
        "-120.5",
    )
);
text!(
    /// A moment in UTC.
    Moment, "Moment",
    ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
        .pattern(Some(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"))
        .description(Some("A moment in UTC, in whole seconds (RFC 3339)."))
        .examples(["2025-11-06T14:30:00Z"])
        .build()
);
text!(
    /// A user id.
    UserIdText, "UserId",
    pattern(
        r"^(?!\.{1,2}$)[A-Za-z0-9_.:|@+-]{1,128}$",
        "The user: the `sub` of the user's tokens.",
        "free-user",
    )
);
text!(
    /// An idempotency key.
    IdempotencyKeyText, "IdempotencyKey",
    pattern(
        r"^(?!\.{1,2}$)[A-Za-z0-9_.:-]{1,64}$",
        "The caller's name for a request. A hold and a charge bear the key of the request \
         that made them.",
        "call-1",
    )
);
text!(
    /// The place in a ledger where a page ends.
    Cursor, "Cursor",
    pattern(r"^[A-Za-z0-9_-]+$", "The `nextCursor` of a page; opaque.", "MjAyNS0x")
);
text!(
    /// The kinds of entries.
    EntryKindText, "EntryKind",
    words(EntryKind::ALL.map(EntryKind::as_str), "What an entry of the ledger records.")
);
text!(
    /// The kinds of lots.
    LotKindText, "LotKind",
    words(
        [LotKind::Free, LotKind::Subscription, LotKind::Purchase, LotKind::Promo, LotKind::Overdraft]
            .map(LotKind::as_str),
        "Where the credits of a lot come from.",
    )
);
text!(
    /// The types of credits.
    CreditTypeText, "CreditType",
    words([CreditType::Free, CreditType::Pro].map(CreditType::as_str), "The type of credits.")
);
text!(
    /// The states of a hold.
    HoldStatusText, "HoldStatus",
    words(
        [HoldStatus::Open, HoldStatus::Committed, HoldStatus::Released].map(HoldStatus::as_str),
        "The state of a hold after the request.",
    )
);
text!(
    /// What a model was asked for.
    OperationText, "Operation",
    words(
        [Operation::Completion, Operation::Chat, Operation::Embedding, Operation::FunctionCall]
            .map(Operation::as_str),
        "What the model was asked for.",
    )
);
text!(
    /// The tiers of plans.
    TierText, "Tier",
    words([Tier::Free, Tier::Pro, Tier::Enterprise].map(Tier::as_str), "The level of a plan.")
);
text!(
    /// The states of plans.
    PlanStatusText, "PlanStatus",
    words(
        ["active", "trialing", "expired", "cancelled"],
        "The state of a plan.",
    )
);

text!(
    /// How a price is billed.
    PriceKindText, "PriceKind",
    words(["subscription", "pack"], "How a price is paid: again and again, or once.")
);
text!(
    /// The units of billing intervals.
    IntervalUnitText, "IntervalUnit",
    words(["day", "week", "month", "year"], "The unit of an interval.")
);

fn pattern(pattern: &str, description: &str, example: &str) -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some(pattern))
        .description(Some(description))
        .examples([example])
        .build()
}

/// A text that is one of a closed list.
pub fn words<const N: usize>(words: [&str; N], description: &str) -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(words))
        .description(Some(description))
        .build()
}
