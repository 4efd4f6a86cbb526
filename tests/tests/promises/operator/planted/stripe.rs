//! Faults in the billing table: users and entries that are not those that were
//! settled, and queues that do not know what waits.

use aws_sdk_dynamodb::types::AttributeValue;

use super::{Item, Planted, Tables, element, map, number, one_more, set, text};

pub(super) fn faults(tables: &Tables) -> Vec<Planted> {
    let first = |start: &str, has: &str| {
        let keys = tables.under(start).into_iter();
        let mut keys = keys.filter(|key| tables.item(key).contains_key(has));
        keys.next()
            .unwrap_or_else(|| panic!("no {start} has {has}"))
    };
    let event = first("billing EVENT#evt_a", "user_id");
    let invoice = first("billing INVOICE#in_a", "settled");
    let pack = first("billing PAYMENT#pi_b", "user_id");
    let trial = first("billing TRIAL#", "user_id");
    let heads = tables.under("billing PARKED#customer:cus_z/HEAD");
    let parked = tables.under("billing PARKED#customer:cus_z/EVENT#");
    let (head, parked) = (heads.first().unwrap(), parked.first().unwrap());
    let edit = |key: &str, what: &str, change: fn(&mut Item)| tables.edit(key, what, change);
    let mut faults = of_what_waits(tables, parked);
    faults.extend(of_books(tables));
    faults.extend(of_money(tables));
    faults.extend(of_subscriptions(tables));
    faults.extend(vec![
        edit(&event, "user of the index", |item| {
            set(item, "user_id", text("annual-user#"))
        }),
        edit(&event, "outcome", |item| {
            set(item, "outcome", text("forgotten"))
        }),
        edit(&event, "schema version gone", |item| {
            item.remove("schema_version");
        }),
        edit(&invoice, "user of the index", |item| {
            set(item, "user_id", text("annual-user"))
        }),
        edit(&invoice, "user", |item| {
            set(item, "user_id", text("annual-user"));
            let settled = map(item.get_mut("settled").unwrap());
            set(settled, "user_id", text("annual-user"));
        }),
        edit(&pack, "user", |item| {
            set(item, "user_id", text("annual-user"));
            let pack = map(item.get_mut("pack").unwrap());
            set(pack, "user_id", text("annual-user"));
        }),
        edit(&pack, "lot", |item| {
            let pack = map(item.get_mut("pack").unwrap());
            set(pack, "lot", text("buy:pi_forged"));
        }),
        edit(&trial, "user", |item| {
            set(item, "user_id", text("annual-user"))
        }),
        tables.copy(&trial, "billing TRIAL#pro#stranger/TRIAL", |item| {
            set(item, "user_id", text("stranger"));
        }),
        edit(head, "one more", |item| one_more(item, "parked_count")),
        edit(head, "one less", |item| {
            set(item, "drained_count", number(1))
        }),
        tables.lose(parked, head),
        edit(parked, "waits no more", |item| {
            item.remove("parked");
            item.remove("parked_shard");
        })
        .naming(head),
        tables.copy(head, "billing ELSEWHERE/HEAD", |_| {}),
    ]);
    faults
}

/// Places without the record of an event that waits there, and the other way
/// round; the first place of the customer `cus_z` is that of its only event.
fn of_what_waits(tables: &Tables, place: &str) -> Vec<Planted> {
    let (_, id) = place.rsplit_once('#').unwrap();
    let record = format!("billing EVENT#{id}/EVENT");
    let edit = |key: &str, what: &str, change: fn(&mut Item)| tables.edit(key, what, change);
    let elsewhere = |item: &mut Item| {
        let reason = map(item.get_mut("waits_for").unwrap());
        set(reason, "customer", text("cus_other"));
    };
    vec![
        tables.lose(&record, place),
        tables.lose(place, &record),
        edit(place, "waits no more, by its place", |item| {
            item.remove("parked");
            item.remove("parked_shard");
        })
        .naming(&record),
        edit(place, "waits, and is not listed", |item| {
            item.remove("parked_shard");
        }),
        edit(place, "is listed in another shard", |item| {
            set(item, "parked_shard", text("quiet#64"))
        }),
        edit(place, "among what waits for nobody in particular", |item| {
            set(item, "parked", text("waiting"))
        }),
        edit(place, "since when", |item| {
            set(item, "parked_at", text("yesterday"))
        }),
        tables.copy(
            place,
            &format!("billing PARKED#price:price_1/EVENT#{id}"),
            |_| {},
        ),
        tables.copy(
            place,
            &format!("billing PARKED#patience/EVENT#{id}"),
            |_| {},
        ),
        edit(&record, "waits for another", elsewhere),
        edit(&record, "waits for another, by its place", elsewhere).naming(place),
        edit(&record, "waits for nothing", |item| {
            item.remove("waits_for");
        }),
        edit(&record, "applied, and waits", |item| {
            set(item, "outcome", text("applied"))
        }),
        edit(&record, "says half of it", |item| {
            set(item, "event", text("{\"id\":\"half an ev"))
        }),
        edit(&record, "says nothing", |item| {
            item.remove("event");
        }),
    ]
}

/// Books that gave other amounts than the accounts and past credits show, or
/// took back more or less of them.
fn of_books(tables: &Tables) -> Vec<Planted> {
    let grants = |item: &mut Item, more: i64| {
        let effect = map(element(item, "lines", 0).get_mut("effect").unwrap());
        let lot = effect.values_mut().next().unwrap();
        let granted: i64 = map(lot)["granted_milli"].as_n().unwrap().parse().unwrap();
        set(map(lot), "granted_milli", number(granted + more));
    };
    let book = |suffix: &str| format!("billing BOOK#sub_{suffix}/BOOK");
    let one_more =
        |suffix: &str, what: &str| tables.edit(&book(suffix), what, |item| grants(item, 1));
    vec![
        one_more("a", "gave a thousandth more of a month"),
        one_more("e", "gave a thousandth more on trial"),
        one_more("f", "gave a thousandth more of what may be kept"),
        one_more("h", "gave a thousandth more of what is long past"),
        tables.edit(&book("d"), "gave twelve more of a year", |item| {
            grants(item, 12_000)
        }),
        tables.edit(&book("i"), "nothing was returned", |item| {
            item.remove("returned");
        }),
        tables.edit(&book("a"), "a line of another time", |item| {
            let line = element(item, "lines", 0);
            let period = map(line.get_mut("period").unwrap());
            set(period, "end", text("2026-09-01T00:00:00Z"));
        }),
    ]
}

/// Payments and invoices that differ from the accounts, books and each other.
fn of_money(tables: &Tables) -> Vec<Planted> {
    let keys = |start: &str| tables.under(start).into_iter();
    let has = |key: &String, name: &str| tables.item(key).contains_key(name);
    let pack = keys("billing PAYMENT#").find(|key| has(key, "pack") && has(key, "refunds"));
    let pack = pack.unwrap();
    let paid = keys("billing PAYMENT#").find(|key| has(key, "invoice"));
    let paid = paid.unwrap();
    let number = tables.item(&paid)["invoice"].as_s().unwrap().clone();
    let invoice = format!("billing INVOICE#{number}/INVOICE");
    let of_book = keys("billing INVOICE#in_a").next().unwrap();
    let returned = keys("billing INVOICE#in_i").find(|key| has(key, "payments"));
    let returned = returned.unwrap();
    let edit = |key: &str, what: &str, change: fn(&mut Item)| tables.edit(key, what, change);
    fn first<'a>(item: &'a mut Item, name: &str) -> &'a mut Item {
        let all = map(item.get_mut(name).unwrap());
        map(all.values_mut().next().unwrap())
    }
    vec![
        edit(&pack, "granted a thousandth more", |item| {
            one_more(map(item.get_mut("pack").unwrap()), "granted_milli");
        }),
        edit(&pack, "paid a hundred times as much", |item| {
            let pack = map(item.get_mut("pack").unwrap());
            let paid: i64 = pack["paid_minor"].as_n().unwrap().parse().unwrap();
            set(pack, "paid_minor", super::number(paid * 100));
        }),
        edit(&pack, "nothing was refunded", |item| {
            item.remove("refunds");
            item.remove("charge");
        }),
        edit(&paid, "another invoice", |item| {
            set(item, "invoice", text("in_unheard_of"));
        }),
        tables.lose(&paid, &invoice),
        tables.lose(&of_book, "billing BOOK#sub_a/BOOK"),
        edit(&of_book, "another book", |item| {
            let settled = map(item.get_mut("settled").unwrap());
            let books = AttributeValue::L(vec![text("sub_unheard_of")]);
            set(settled, "subscriptions", books);
        })
        .naming("billing BOOK#sub_a/BOOK"),
        edit(&of_book, "no book", |item| {
            let settled = map(item.get_mut("settled").unwrap());
            settled.remove("subscriptions");
        })
        .naming("billing BOOK#sub_a/BOOK"),
        edit(&returned, "one more was disputed", |item| {
            one_more(first(item, "payments"), "disputed_minor");
        }),
        edit(&returned, "half the total", |item| {
            let settled = map(item.get_mut("settled").unwrap());
            let total: i64 = settled["total_minor"].as_n().unwrap().parse().unwrap();
            set(settled, "total_minor", super::number(total / 2));
        }),
    ]
}

/// Subscriptions that do not show what their latest snapshots say.
fn of_subscriptions(tables: &Tables) -> Vec<Planted> {
    let key = "users USER#rich-user/SUBSCRIPTION#sub_a";
    let edit = |what: &str, change: fn(&mut Item)| tables.edit(key, what, change);
    vec![
        edit("past due", |item| set(item, "status", text("past_due"))),
        edit("another price", |item| {
            set(item, "stripe_price_id", text("price_other"));
        }),
        edit("another start", |item| {
            set(item, "current_period_start", text("2025-01-01T00:00:00Z"));
        }),
        edit("ends with the period", |item| {
            set(item, "cancel_at_period_end", AttributeValue::Bool(true));
        }),
        edit("ends some day", |item| {
            set(item, "cancel_at", text("2031-01-01T00:00:00Z"));
        }),
        edit("no snapshots that can be read", |item| {
            set(item, "history", text("none"));
        }),
    ]
}
