//! Faults in accounts and among past credits.

use aws_sdk_dynamodb::types::AttributeValue::{Bool, L, M};

use super::{Item, Planted, Tables, element, map, number, one_more, other_bytes, set, text};

const ACCOUNT: &str = "credits USER#rich-user/ACCOUNT";
const ANNUAL: &str = "credits USER#annual-user/ACCOUNT";

pub(super) fn faults(tables: &Tables) -> Vec<Planted> {
    let mut faults = of_account(tables);
    faults.extend(of_lots(tables));
    faults.extend(of_past(tables));
    faults
}

fn of_account(tables: &Tables) -> Vec<Planted> {
    let edit = |what: &str, change: fn(&mut Item)| tables.edit(ACCOUNT, what, change);
    vec![
        edit("version up", |item| one_more(item, "version")),
        edit("version down", |item| set(item, "version", number(3))),
        edit("as_of", |item| {
            set(item, "as_of", text("2026-03-19T23:00:01Z"))
        }),
        edit("active", |item| set(item, "active", Bool(false))),
        edit("allocation", |item| {
            one_more(item, "monthly_allocation_milli")
        }),
        edit("reset day", |item| {
            set(item, "reset_day_of_month", number(16))
        }),
        edit("used of past lots", |item| {
            one_more(item, "archived_pro_used_milli")
        }),
        edit("head hash", |item| other_bytes(item, "head_hash")),
        edit("no hold", |item| {
            item.remove("holds");
        }),
        edit("hold's end", |item| {
            one_more(element(item, "holds", 0), "until")
        }),
        edit("hold's report", |item| {
            one_more(element(item, "holds", 0), "reported_milli");
        }),
        edit("no plans", |item| {
            item.remove("plans");
        }),
        edit("plan's end", |item| {
            let plan = element(item, "plans", 0);
            set(plan, "lapses_at", text("2030-01-01T00:00:00Z"));
        }),
        edit("an end", |item| {
            set(item, "expires_at", number(1_900_000_000))
        }),
        edit("something else", |item| set(item, "note", text("n"))),
        edit("schema version gone", |item| {
            item.remove("schema_version");
        }),
        edit("no lots", |item| set(item, "lots", L(Vec::new()))),
        edit("entity", |item| set(item, "entity", text("Entry"))),
        tables.lose(ACCOUNT, ACCOUNT),
        tables.copy(ACCOUNT, "credits USER#stranger/ACCOUNT", |_| {}),
        tables.edit(ANNUAL, "drip's month", |item| {
            one_more(element(item, "drips", 0), "next");
        }),
        tables.edit(ANNUAL, "drip's total", |item| {
            one_more(element(item, "drips", 0), "total_milli");
        }),
        tables.edit(ANNUAL, "no drips", |item| {
            item.remove("drips");
        }),
    ]
}

fn of_lots(tables: &Tables) -> Vec<Planted> {
    let edit = |what: &str, change: fn(&mut Item)| tables.edit(ACCOUNT, what, change);
    vec![
        edit("lot's grant", |item| {
            one_more(element(item, "lots", 0), "granted_milli");
        }),
        edit("lot's use", |item| {
            one_more(element(item, "lots", 0), "used_milli")
        }),
        edit("lot's lapse", |item| {
            one_more(element(item, "lots", 0), "lapsed_milli");
        }),
        edit("lot's end", |item| {
            set(
                element(item, "lots", 0),
                "expires_at",
                text("2035-01-01T00:00:00Z"),
            );
        }),
        edit("lot's name", |item| {
            set(element(item, "lots", 0), "id", text("buy:forged"));
        }),
        edit("one lot more", |item| {
            let mut lot = element(item, "lots", 0).clone();
            set(&mut lot, "id", text("buy:forged"));
            let Some(L(lots)) = item.get_mut("lots") else {
                panic!("an account has lots");
            };
            lots.push(M(lot));
        }),
        edit("lots turned round", |item| {
            let Some(L(lots)) = item.get_mut("lots") else {
                panic!("an account has lots");
            };
            lots.reverse();
        }),
    ]
}

fn of_past(tables: &Tables) -> Vec<Planted> {
    let keys = tables.under("credits USER#rich-user/CREDIT#");
    let mut faults = Vec::new();
    for key in &keys {
        faults.push(tables.lose(key, key));
        faults.push(tables.edit(key, "use", |item| {
            one_more(map(item.get_mut("lot").unwrap()), "used_milli");
        }));
    }
    let key = keys.first().unwrap();
    let edit = |what: &str, change: fn(&mut Item)| tables.edit(key, what, change);
    faults.extend([
        edit("grant", |item| {
            one_more(map(item.get_mut("lot").unwrap()), "granted_milli");
        }),
        edit("end", |item| {
            set(item, "ended_at", text("2020-01-01T00:00:00Z"))
        }),
        edit("user", |item| set(item, "user_id", text("annual-user"))),
        edit("type", |item| set(item, "credit_type", text("pro"))),
        edit("current", |item| set(item, "is_current", Bool(true))),
        edit("an end", |item| {
            set(item, "expires_at", number(1_900_000_000))
        }),
        tables.copy(
            key,
            "credits USER#rich-user/CREDIT#pro#2026-01-01T00:00:00Z#buy:forged",
            |_| {},
        ),
        tables.copy(key, &key.replace("rich-user", "stranger"), |item| {
            set(item, "user_id", text("stranger"));
        }),
    ]);
    faults
}
