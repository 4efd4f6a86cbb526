//! Faults in the users table: claims without owners, owners without claims,
//! records that lie elsewhere.

use super::{Item, Planted, Tables, number, set, text};

const EMAIL: &str = "users EMAIL#free@example.com/CLAIM";
const PROFILE: &str = "users USER#free-user/PROFILE";
const CUSTOMER: &str = "users STRIPE_CUSTOMER#cus_a/CLAIM";
const SUBSCRIPTION_CLAIM: &str = "users STRIPE_SUBSCRIPTION#sub_a/CLAIM";
const SUBSCRIPTION: &str = "users USER#rich-user/SUBSCRIPTION#sub_a";

pub(super) fn faults(tables: &Tables) -> Vec<Planted> {
    let mut faults = of_claims(tables);
    faults.extend(of_records(tables));
    faults.extend(of_reference_data(tables));
    faults
}

fn of_claims(tables: &Tables) -> Vec<Planted> {
    let mut faults = Vec::new();
    for claim in [EMAIL, CUSTOMER, SUBSCRIPTION_CLAIM] {
        faults.push(tables.lose(claim, claim));
        faults.push(tables.edit(claim, "somebody else's", |item| {
            set(item, "user_id", text("annual-user"));
        }));
        faults.push(tables.edit(claim, "a stranger's", |item| {
            set(item, "user_id", text("stranger"));
        }));
        faults.push(tables.edit(claim, "nobody's", |item| {
            item.remove("user_id");
        }));
        faults.push(tables.edit(claim, "an end", |item| {
            set(item, "expires_at", number(1_900_000_000));
        }));
    }
    faults.extend([
        tables.copy(EMAIL, "users EMAIL#other@example.com/CLAIM", |_| {}),
        tables.copy(CUSTOMER, "users STRIPE_CUSTOMER#cus_x/CLAIM", |item| {
            set(item, "user_id", text("stranger"));
        }),
        tables.copy(CUSTOMER, "users STRIPE_SUBSCRIPTION#sub_x/CLAIM", |item| {
            set(item, "user_id", text("stranger"));
        }),
    ]);
    faults
}

fn of_records(tables: &Tables) -> Vec<Planted> {
    let edit = |key: &str, what: &str, change: fn(&mut Item)| tables.edit(key, what, change);
    let moved = |claim: &str, mut planted: Planted| {
        planted.named = claim.to_string();
        planted
    };
    vec![
        tables.lose(PROFILE, EMAIL),
        moved(
            "users EMAIL#new@example.com/CLAIM",
            edit(PROFILE, "address", |item| {
                set(item, "email", text("new@example.com"))
            }),
        ),
        edit(PROFILE, "user", |item| {
            set(item, "user_id", text("pro-user"))
        }),
        moved(
            EMAIL,
            edit(PROFILE, "no address", |item| {
                item.remove("email");
            }),
        ),
        tables.lose(SUBSCRIPTION, SUBSCRIPTION),
        edit(SUBSCRIPTION, "ended", |item| {
            set(item, "status", text("cancelled"))
        }),
        edit(SUBSCRIPTION, "rank", |item| set(item, "rank", number(99))),
        edit(SUBSCRIPTION, "status", |item| {
            set(item, "status", text("golden"))
        }),
        moved(
            "users STRIPE_CUSTOMER#cus_x/CLAIM",
            edit(SUBSCRIPTION, "customer", |item| {
                set(item, "stripe_customer_id", text("cus_x"));
            }),
        ),
        edit(SUBSCRIPTION, "subscription", |item| {
            set(item, "stripe_subscription_id", text("sub_x"));
        }),
        tables.copy(
            SUBSCRIPTION,
            "users USER#annual-user/SUBSCRIPTION#sub_a",
            |_| {},
        ),
        edit("users USER#free-user/PREFERENCES", "user", |item| {
            set(item, "user_id", text("pro-user"));
        }),
        edit(
            "users USER#free-user/PREFERENCES",
            "schema version gone",
            |item| {
                item.remove("schema_version");
            },
        ),
        tables.copy(PROFILE, "users USER#free-user/ACCOUNT", |_| {}),
    ]
}

fn of_reference_data(tables: &Tables) -> Vec<Planted> {
    let links = tables.under("users CATALOGUE/LINK#");
    let link = links.first().unwrap();
    vec![
        tables.lose(link, link),
        tables.edit("users MODELS/MODEL#gpt-5", "another id", |item| {
            set(item, "id", text("gpt-6"));
        }),
    ]
}
