//! The words of the API's answers. Each list may grow: a word that is newer than this client is kept as `Other`.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident: $($variant:ident = $word:literal),+ $(,)?) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $(#[doc = concat!("`", $word, "`")] $variant,)+
            /// A word that is newer than this client.
            Other(String),
        }

        impl $name {
            /// The word, as the API writes it.
            pub fn as_str(&self) -> &str {
                match self {
                    $($name::$variant => $word,)+
                    $name::Other(word) => word,
                }
            }
        }

        impl From<&str> for $name {
            fn from(word: &str) -> Self {
                match word {
                    $($word => $name::$variant,)+
                    other => $name::Other(other.to_string()),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(self.as_str())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Ok(String::deserialize(deserializer)?.as_str().into())
            }
        }
    };
}

words! {
    /// Free or paid credits.
    CreditType: Free = "free", Pro = "pro"
}
words! {
    /// Where a lot of credits comes from.
    LotKind: Free = "free", Subscription = "subscription", Purchase = "purchase", Promo = "promo",
    Overdraft = "overdraft"
}
words! {
    /// The tier of a plan.
    Tier: Free = "free", Pro = "pro", Enterprise = "enterprise"
}
words! {
    /// The state of a subscription.
    SubscriptionStatus: Active = "active", Trialing = "trialing", Expired = "expired",
    Cancelled = "cancelled"
}
words! {
    /// What an entry of the ledger did.
    EntryKind: Open = "open", PastUse = "past_use", PastCredits = "past_credits",
    Charge = "charge", Hold = "hold", Extend = "extend", Report = "report", Commit = "commit",
    Release = "release", Grant = "grant", Clawback = "claw_back", Plans = "plans",
    Adjust = "adjust"
}
words! {
    /// What a charge was for.
    Operation: Completion = "completion", Chat = "chat", Embedding = "embedding",
    FunctionCall = "function_call"
}
words! {
    /// How a price is paid: again and again, or once.
    PriceKind: Subscription = "subscription", Pack = "pack"
}
words! {
    /// The unit of an interval.
    IntervalUnit: Day = "day", Week = "week", Month = "month", Year = "year"
}
words! {
    /// The state of a hold.
    HoldStatus: Open = "open", Committed = "committed", Released = "released"
}
words! {
    /// The code of an error.
    ErrorCode: AlreadySubscribed = "already_subscribed", HoldNotOpen = "hold_not_open", IdempotencyKeyReused = "idempotency_key_reused",
    InsufficientCredits = "insufficient_credits", InsufficientScope = "insufficient_scope",
    Internal = "internal", InvalidRequest = "invalid_request", NotFound = "not_found",
    NothingBought = "nothing_bought",
    RangeTooLarge = "range_too_large", RateLimited = "rate_limited",
    SubscriptionExpired = "subscription_expired", TooLarge = "too_large",
    TooManyHolds = "too_many_holds", TryAgain = "try_again", Unauthorized = "unauthorized",
    Unreadable = "unreadable", UserInactive = "user_inactive",
    ValidationFailed = "validation_failed"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_is_newer_than_the_client_is_kept() {
        for (word, tier) in [("pro", Tier::Pro), ("team", Tier::Other("team".into()))] {
            let read: Tier = serde_json::from_value(word.into()).unwrap();
            assert_eq!(read, tier);
            assert_eq!(serde_json::to_value(&read).unwrap(), word);
            assert_eq!(read.to_string(), word);
        }
    }
}
