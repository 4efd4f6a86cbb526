//! Faults in the billing table: users and entries that are not those that were
//! settled, and queues that do not know what waits.

use super::{Item, Planted, Tables, map, number, one_more, set, text};

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
    vec![
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
        })
        .naming(head),
        tables.copy(head, "billing ELSEWHERE/HEAD", |_| {}),
    ]
}

impl Planted {
    /// The same, where another row is to be named.
    fn naming(mut self, key: &str) -> Self {
        self.named = key.to_string();
        self
    }
}
