//! `20251106171518_add_enhanced_credits_user_fields`: from version 0 to 1.
//!
//! Version 0 had one kind of credits, the monthly allocation of every user, and no
//! notification settings. Its items have today's keys and are read with defaults:
//!
//! | item | lacks | gets |
//! |---|---|---|
//! | account | monthly_allocation_milli, reset_day_of_month | 2000 credits, 1 |
//! | lots of an account, past credits | kind, monthly_allocation_milli, reset_day_of_month | free, 2000 credits, 1 |
//! | past credits | credit_type | free |
//! | subscription | cancel_at_period_end; a price id, which stays none | false |
//! | preferences | email_notifications, usage_alerts | true, true |
//! | every item | schema_version, or it is 0 | 1 |
//! | Stripe's customers and subscriptions | claims | one owner each |
//!
//! The ledger is unchanged: an entry gets the stamp only, so its hash stays valid.

use aws_sdk_dynamodb::types::AttributeValue::{self, Bool, L, M, N, S};

use super::rules::{Addition, Change, Migration};
use crate::store::schema::item::Item;
use crate::store::schema::keys::{self, Key, KeyKind, Table};

/// The migration.
pub(super) const MIGRATION: Migration = Migration {
    id: "20251106171518_add_enhanced_credits_user_fields",
    title: "credit types, monthly allocations, reset days, notices, and one owner for each of Stripe's ids",
    mark: "up_20251106171518",
    tables: &[Table::Users, Table::Credits],
    change: Change::Version {
        additions,
        claims,
        default_of,
    },
};

const OF_LOT: [&str; 3] = ["kind", "monthly_allocation_milli", "reset_day_of_month"];

fn default_of(name: &str) -> Option<AttributeValue> {
    Some(match name {
        "kind" | "credit_type" => S("free".into()),
        "monthly_allocation_milli" => N("2000000".into()),
        "reset_day_of_month" => N("1".into()),
        "cancel_at_period_end" => Bool(false),
        "email_notifications" | "usage_alerts" => Bool(true),
        _ => return None,
    })
}

fn additions(key: &Key, item: &Item) -> Vec<Addition> {
    let mut paths: Vec<String> = Vec::new();
    let mut lacks = |names: &[&str]| {
        let missing = names.iter().filter(|name| !item.contains_key(**name));
        paths.extend(missing.map(|name| name.to_string()));
    };
    match key.kind() {
        Some(KeyKind::Account) => {
            lacks(&["monthly_allocation_milli", "reset_day_of_month"]);
            if let Some(L(lots)) = item.get("lots") {
                for (place, lot) in lots.iter().enumerate() {
                    paths.extend(of_lot(&format!("lots.{place}"), lot));
                }
            }
        }
        Some(KeyKind::PastCredit) => {
            lacks(&["credit_type"]);
            if let Some(lot) = item.get("lot") {
                paths.extend(of_lot("lot", lot));
            }
        }
        Some(KeyKind::Preferences) => lacks(&["email_notifications", "usage_alerts"]),
        Some(KeyKind::Subscription) => lacks(&["cancel_at_period_end"]),
        _ => {}
    }
    let with_value = |path: String| {
        let name = path.rsplit('.').next().unwrap_or(&path);
        Some((path.clone(), default_of(name)?))
    };
    paths.into_iter().filter_map(with_value).collect()
}

/// The fields a lot lacks; a lot with a kind lacks nothing, whatever it omits.
fn of_lot(path: &str, lot: &AttributeValue) -> Vec<String> {
    let M(lot) = lot else {
        return Vec::new();
    };
    if lot.contains_key("kind") {
        return Vec::new();
    }
    let missing = OF_LOT.iter().filter(|name| !lot.contains_key(**name));
    missing.map(|name| format!("{path}.{name}")).collect()
}

fn claims(key: &Key, item: &Item) -> Vec<Key> {
    if key.kind() != Some(KeyKind::Subscription) {
        return Vec::new();
    }
    let id = |name: &str| item.get(name).and_then(|value| value.as_s().ok());
    let customer = id("stripe_customer_id").map(|id| keys::stripe_customer_claim(id));
    let subscription = id("stripe_subscription_id").map(|id| keys::stripe_subscription_claim(id));
    customer.into_iter().chain(subscription).collect()
}
