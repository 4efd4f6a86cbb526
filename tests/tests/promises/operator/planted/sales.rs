//! Faults in what selling writes: checkouts and the customer that a user is at Stripe.

use aws_sdk_dynamodb::types::AttributeValue::S;

use super::super::ground::Ground;
use super::{Item, Planted, Tables, map, number, one_more, set, text};

const BUYER: &str = "free-user";
const CUSTOMER: &str = "users USER#free-user/CUSTOMER";
const PLAN: &str = "billing CHECKOUT#free-user/SUBSCRIPTION";

/// A bit of everything, and a user who is about to buy.
pub(super) async fn ground() -> Ground {
    let ground = Ground::rich_and_selling().await;
    ground.begins_to_buy(BUYER, "https://app.example.com").await;
    ground
}

pub(super) fn faults(tables: &Tables) -> Vec<Planted> {
    let packs = tables.under("billing CHECKOUT#free-user/PACK#");
    let pack = packs.first().unwrap();
    let S(customer) = &tables.item(CUSTOMER)["customer_id"] else {
        panic!("a customer has an id");
    };
    let claim = format!("users STRIPE_CUSTOMER#{customer}/CLAIM");
    let edit = |key: &str, what: &str, change: fn(&mut Item)| tables.edit(key, what, change);
    let mut faults = vec![
        edit(CUSTOMER, "user", |item| {
            set(item, "user_id", text("annual-user"))
        }),
        edit(CUSTOMER, "another user's", |item| {
            set(item, "customer_id", text("cus_a"))
        }),
        edit(CUSTOMER, "none", |item| {
            item.remove("customer_id");
        }),
        edit(CUSTOMER, "an end", |item| {
            set(item, "expires_at", number(1_900_000_000))
        }),
        tables.copy(CUSTOMER, "users USER#annual-user/CUSTOMER", |_| {}),
        edit(&claim, "another user's, by its customer", |item| {
            set(item, "user_id", text("annual-user"));
        })
        .naming(CUSTOMER),
        tables.copy(PLAN, "billing CHECKOUT#annual-user/SUBSCRIPTION", |_| {}),
        tables.copy(PLAN, "billing CHECKOUT#free-user/PACK#forged", |_| {}),
    ];
    for key in [PLAN, pack] {
        faults.extend([
            edit(key, "user", |item| {
                set(item, "user_id", text("annual-user"))
            }),
            edit(key, "step", |item| set(item, "step", text("asked"))),
            edit(key, "no end", |item| {
                item.remove("expires_at");
            }),
            edit(key, "a later end", |item| one_more(item, "expires_at")),
            edit(key, "what is sold", |item| {
                let order = map(item.get_mut("order").unwrap());
                set(order, "kind", text("none"));
            }),
            edit(key, "state", |item| set(item, "state", text("paid"))),
            edit(key, "schema version gone", |item| {
                item.remove("schema_version");
            }),
            edit(key, "something else", |item| set(item, "note", text("n"))),
        ]);
    }
    faults
}
