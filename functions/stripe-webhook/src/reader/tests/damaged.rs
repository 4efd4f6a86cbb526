//! Events with something missing, of another type, or hostile: each is read
//! all the same or refused by its path, and nothing panics.

use proptest::prelude::*;

use super::*;

/// The fields without which an example cannot be understood, in each shape,
/// as (shape, example, fields of its object).
const NEEDED: &[(&str, &str, &[&str])] = &[
    (
        SINCE_BASIL,
        "subscription_bought",
        &["mode", "subscription"],
    ),
    (
        SINCE_BASIL,
        "pack_bought",
        &[
            "id",
            "mode",
            "payment_status",
            "amount_subtotal",
            "amount_total",
            "currency",
        ],
    ),
    (
        SINCE_BASIL,
        "subscription_ended",
        &[
            "id",
            "status",
            "items.data",
            "items.data[0].price",
            "items.data[0].price.id",
            "items.data[0].current_period_start",
            "items.data[0].current_period_end",
        ],
    ),
    (
        SINCE_BASIL,
        "invoice_paid",
        &[
            "id",
            "amount_paid",
            "lines",
            "lines.data",
            "lines.has_more",
            "lines.data[0].id",
            "lines.data[1].amount",
            "lines.data[2].period.start",
            "lines.data[2].period.end",
        ],
    ),
    (
        UNTIL_ACACIA,
        "invoice_paid",
        &[
            "id",
            "amount_paid",
            "lines.has_more",
            "lines.data[0].price.id",
        ],
    ),
    (
        SINCE_BASIL,
        "invoice_payment",
        &["invoice", "payment", "payment.type"],
    ),
    (SINCE_BASIL, "refund", &["id", "amount"]),
    (SINCE_BASIL, "charge_refunded", &["id", "amount_refunded"]),
    (
        SINCE_BASIL,
        "dispute_withdrawn",
        &["id", "amount", "status"],
    ),
    (SINCE_BASIL, "customer_deleted", &["id"]),
];

/// `$.a.b[0]` as a JSON pointer, `/a/b/0`.
fn pointer(path: &str) -> String {
    path.replace('$', "")
        .replace(['.', '['], "/")
        .replace(']', "")
}

/// The same event without what stands at a path.
fn without(mut event: Value, path: &str) -> Value {
    let pointer = pointer(path);
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    match event.pointer_mut(parent).unwrap() {
        Value::Object(fields) => {
            fields.remove(name).unwrap();
        }
        Value::Array(members) => {
            members.remove(name.parse().unwrap());
        }
        other => panic!("{other}"),
    }
    event
}

/// The same event with something else at a path.
fn replaced(mut event: Value, path: &str, value: Value) -> Value {
    *event.pointer_mut(&pointer(path)).unwrap() = value;
    event
}

#[track_caller]
fn check_needed(event: &Value, path: &str) {
    let missing = problem_of(&without(event.clone(), path));
    assert_eq!(missing, (path.to_string(), "is missing"));
    let null = problem_of(&replaced(event.clone(), path, json!(null)));
    assert_eq!(null, (path.to_string(), "is null"));
    for wrong in [json!(1.5), json!(-0.5), json!([[]]), json!({"x": 1})] {
        let (found, _) = problem_of(&replaced(event.clone(), path, wrong.clone()));
        // An object stands for an id only with an id; lists and objects that
        // are stepped into are missed one step further.
        assert!(found.starts_with(path), "{found} for {path} as {wrong}");
    }
}

#[test]
fn what_is_needed_and_missing_is_named_by_its_path() {
    for (shape, name, fields) in NEEDED {
        let event = example(shape, name);
        for field in *fields {
            check_needed(&event, &format!("$.data.object.{field}"));
        }
        for field in ["id", "object", "type", "created", "livemode", "data.object"] {
            check_needed(&event, &format!("$.{field}"));
        }
    }
    let event = example(UNTIL_ACACIA, "subscription_ended");
    for field in ["current_period_start", "current_period_end"] {
        // Neither place tells it: the one where it stands today is named.
        let (path, problem) =
            problem_of(&without(event.clone(), &format!("$.data.object.{field}")));
        let today = format!("$.data.object.items.data[0].{field}");
        assert_eq!((path, problem), (today, "is missing"));
    }
}

#[test]
fn nothing_is_told_by_null_and_not_by_silence() {
    for (name, field) in [
        ("pack_bought", "payment_intent"),
        ("refund", "payment_intent"),
        ("refund", "status"),
        ("charge_refunded", "payment_intent"),
        ("dispute_withdrawn", "payment_intent"),
        ("invoice_payment", "payment.payment_intent"),
        ("invoice_paid", "lines.data[0].parent"),
        ("invoice_paid", "lines.data[0].pricing"),
    ] {
        let event = example(SINCE_BASIL, name);
        let path = format!("$.data.object.{field}");
        assert!(read_event(&replaced(event.clone(), &path, json!(null))).is_ok());
        let silent = problem_of(&without(event, &path));
        assert_eq!(silent, (path, "is missing"));
    }
    let path = "$.data.object.cancel_at";
    let ended = example(SINCE_BASIL, "subscription_ended");
    let flag_gone = without(ended, "$.data.object.cancel_at_period_end");
    assert!(read_event(&flag_gone).is_ok());
    let silent = problem_of(&without(flag_gone, path));
    assert_eq!(silent, (path.to_string(), "is missing"));
}

#[test]
fn numbers_are_whole_and_in_range() {
    let bought = example(SINCE_BASIL, "invoice_paid");
    for (field, good, bad) in [
        (
            "amount_paid",
            json!(i64::MAX),
            vec![json!(-1), json!(1.0), json!("1"), json!(u64::MAX)],
        ),
        (
            "lines.data[0].amount",
            json!(i64::MIN),
            vec![json!(1e30), json!(true), json!(u64::MAX)],
        ),
        (
            "lines.data[0].quantity",
            json!(u32::MAX),
            vec![json!(-1), json!(4_294_967_296_u64), json!(0.5)],
        ),
        (
            "lines.data[0].period.end",
            json!(0),
            vec![json!(-1), json!(i64::MAX), json!(1.5e9)],
        ),
    ] {
        let path = format!("$.data.object.{field}");
        assert!(read_event(&replaced(bought.clone(), &path, good)).is_ok());
        for value in bad {
            let (found, _) = problem_of(&replaced(bought.clone(), &path, value.clone()));
            assert_eq!(found, path, "{value}");
        }
    }
}

#[test]
fn a_hostile_id_is_refused_by_its_path() {
    let hostile = [
        "",
        "a#b",
        "a/b",
        "a b",
        "..",
        "a\u{0}",
        "ä",
        "cus_1\n",
        &"x".repeat(101),
    ];
    for (name, path) in [
        ("invoice_paid", "$.id"),
        ("invoice_paid", "$.data.object.id"),
        ("invoice_paid", "$.data.object.customer"),
        ("invoice_paid", "$.data.object.lines.data[0].id"),
        (
            "invoice_paid",
            "$.data.object.lines.data[0].pricing.price_details.price",
        ),
        ("pack_bought", "$.data.object.metadata.price_id"),
        ("pack_bought", "$.data.object.payment_intent"),
        ("refund", "$.data.object.payment_intent"),
        ("subscription_ended", "$.data.object.items.data[0].price.id"),
    ] {
        for text in hostile {
            let event = replaced(example(SINCE_BASIL, name), path, json!(text));
            let expected = (path.to_string(), "must be an id of Stripe's");
            assert_eq!(problem_of(&event), expected, "{text:?}");
        }
    }
}

/// The paths of everything in a value, itself left out.
fn paths(value: &Value, path: &str, found: &mut Vec<String>) {
    let steps: Vec<(String, &Value)> = match value {
        Value::Object(fields) => {
            let fields = fields.iter();
            fields
                .map(|(name, value)| (format!("{path}.{name}"), value))
                .collect()
        }
        Value::Array(members) => {
            let members = members.iter().enumerate();
            members
                .map(|(number, value)| (format!("{path}[{number}]"), value))
                .collect()
        }
        _ => Vec::new(),
    };
    for (path, value) in steps {
        paths(value, &path, found);
        found.push(path);
    }
}

/// Whether an event is read, or refused by a path that has to do with `changed`.
#[track_caller]
fn check_survives(event: &Value, changed: &str) {
    match read_event(event) {
        Ok(_) | Err(ReadError::Thin) => {}
        Err(ReadError::At {
            path,
            event_id,
            event_type,
            ..
        }) => {
            // What stands in two places is missed at the newer one.
            let moved = [("current_period", "items.data[0]"), ("price", "pricing")]
                .iter()
                .any(|(old, new)| changed.contains(old) && path.contains(new));
            let moved = moved || (changed.ends_with(".type") && path.ends_with(".parent"));
            let related = path.starts_with(changed) || changed.starts_with(&path) || moved;
            assert!(path.starts_with('$') && related, "{path} for {changed}");
            assert!(event_id.is_some() || changed == "$.id", "{changed}");
            assert!(event_type.is_some() || changed == "$.type", "{changed}");
        }
    }
}

#[test]
fn whatever_is_changed_about_an_event_it_is_read_or_refused_by_a_path() {
    let mut changes = 0;
    for (_, event) in examples(UNTIL_ACACIA)
        .into_iter()
        .chain(examples(SINCE_BASIL))
    {
        let mut found = Vec::new();
        paths(&event, "$", &mut found);
        for path in found {
            check_survives(&without(event.clone(), &path), &path);
            for value in [
                json!(null),
                json!(true),
                json!(7),
                json!(-1),
                json!(1.5),
                json!(u64::MAX),
                json!("x"),
                json!("a#b"),
                json!([]),
                json!([1]),
                json!({}),
                json!({"id": 1}),
                json!({"id": "x", "data": [{}]}),
            ] {
                check_survives(&replaced(event.clone(), &path, value), &path);
                changes += 1;
            }
        }
    }
    println!("{changes} changes");
    assert!(changes > 5_000);
}

/// Any JSON whose fields have names that are looked for.
fn any_json() -> impl Strategy<Value = Value> {
    let names = vec![
        "id",
        "object",
        "type",
        "data",
        "items",
        "lines",
        "price",
        "metadata",
        "user_id",
        "period",
        "start",
        "end",
        "parent",
        "payment",
        "customer",
        "subscription",
        "previous_attributes",
        "subscription_details",
        "amount",
        "status",
        "mode",
        "has_more",
        "cancel_at",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
        Just(json!("event")),
        Just(json!("subscription")),
    ];
    leaf.prop_recursive(5, 40, 6, move |inner| {
        let name = proptest::sample::select(names.clone());
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name, inner), 0..6).prop_map(|fields| {
                let fields = fields.into_iter();
                fields
                    .map(|(name, value)| (name.to_string(), value))
                    .collect()
            }),
        ]
    })
}

proptest! {
    #[test]
    fn any_json_is_read_or_refused(
        name in proptest::sample::select(KNOWN_TYPES),
        body in any_json(),
        data in any_json(),
    ) {
        let _ = read_event(&body);
        let event = json!({
            "id": "evt_1", "object": "event", "type": name, "created": START,
            "livemode": false, "data": {"object": body, "previous_attributes": data},
        });
        if let Err(ReadError::At { path, .. }) = read_event(&event) {
            prop_assert!(path.starts_with("$.data."));
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&bytes);
    }
}
