//! Events changed in every place and in every way: nothing panics, and only required
//! fields make an event unreadable.

use proptest::prelude::*;

use super::damaged::{replaced, without};
use super::*;

/// The paths of everything in a value, except the value itself.
fn paths(value: &Value, path: &str, found: &mut Vec<String>) {
    let steps: Vec<(String, &Value)> = if let Value::Object(fields) = value {
        let fields = fields.iter();
        fields
            .map(|(name, value)| (format!("{path}.{name}"), value))
            .collect()
    } else {
        let members = value.as_array().into_iter().flatten().enumerate();
        members
            .map(|(number, value)| (format!("{path}[{number}]"), value))
            .collect()
    };
    for (path, value) in steps {
        paths(value, &path, found);
        found.push(path);
    }
}

/// The required places of each object, which may make an event unreadable; no other
/// place may, whatever its value.
const DECISIVE: &[(&str, &[&str])] = &[
    (
        "checkout.session",
        &[
            "id",
            "mode",
            "payment_status",
            "amount_subtotal",
            "amount_total",
            "currency",
            "customer",
            "client_reference_id",
            "metadata.user_id",
            "metadata.price_id",
            "metadata.quantity",
            "payment_intent",
            "payment_link",
            "subscription",
            "invoice",
        ],
    ),
    (
        "subscription",
        &[
            "id",
            "status",
            "customer",
            "metadata.user_id",
            "items.data[].price.id",
            "items.data[].current_period_start",
            "items.data[].current_period_end",
            "current_period_start",
            "current_period_end",
        ],
    ),
    (
        "invoice",
        &[
            "id",
            "amount_paid",
            "total",
            "currency",
            "customer",
            "metadata",
            "payment_intent",
            "subscription",
            "subscription_details.metadata.user_id",
            "parent.subscription_details.subscription",
            "parent.subscription_details.metadata.user_id",
            "lines.data[].id",
        ],
    ),
    ("invoice_payment", &["invoice"]),
    ("refund", &["id", "amount", "payment_intent", "status"]),
    (
        "charge",
        &["id", "amount_refunded", "payment_intent", "invoice"],
    ),
    ("dispute", &["id", "amount", "payment_intent", "status"]),
    (
        "credit_note",
        &[
            "id",
            "invoice",
            "customer",
            "metadata",
            "total",
            "lines.data[].amount",
            "refund",
            "refunds[].refund",
            "refunds[].amount_refunded",
        ],
    ),
    ("customer", &["id"]),
];

/// Whether a place is required, or contains a required one.
fn is_decisive(event: &Value, path: &str) -> bool {
    let Some(path) = path.strip_prefix("$.data.object.") else {
        let envelope = ["id", "object", "type", "created", "livemode", "account"];
        let name = path.trim_start_matches("$.");
        return envelope.contains(&name) || ["data", "data.object"].contains(&name);
    };
    let numbers = |letter: char| letter.is_ascii_digit();
    let parts = path.split('[').map(|part| part.trim_start_matches(numbers));
    let path = parts.collect::<Vec<_>>().join("[");
    let kind = event["data"]["object"]["object"].as_str().unwrap();
    let (_, places) = DECISIVE.iter().find(|(found, _)| *found == kind).unwrap();
    places.iter().any(|place| {
        let rest = place.strip_prefix(&path);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    })
}

/// Whether an event is read, or refused by a path that concerns `changed`, a place that
/// is required in the event before the change.
#[track_caller]
fn check_survives(event: &Value, changed: &str, before: &Value) {
    match read_event(event) {
        Ok(_) | Err(ReadError::Thin) => {}
        Err(ReadError::At {
            path,
            event_id,
            event_type,
            ..
        }) => {
            // A field with two possible places is reported at the newer one.
            let moved = changed.contains("current_period") && path.contains("items.data[0]");
            let related = path.starts_with(changed) || changed.starts_with(&path) || moved;
            assert!(path.starts_with('$') && related, "{path} for {changed}");
            assert!(is_decisive(before, changed), "{changed} decides: {event}");
            assert!(event_id.is_some() || changed == "$.id", "{changed}");
            assert!(event_type.is_some() || changed == "$.type", "{changed}");
        }
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn whatever_is_changed_an_event_is_read_or_refused_by_a_place_that_decides() {
    let mut changes = 0;
    for (_, event) in examples(UNTIL_ACACIA)
        .into_iter()
        .chain(examples(SINCE_BASIL))
    {
        let mut found = Vec::new();
        paths(&event, "$", &mut found);
        for path in found {
            check_survives(&without(event.clone(), &path), &path, &event);
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
                check_survives(&replaced(event.clone(), &path, value), &path, &event);
                changes += 1;
            }
        }
    }
    assert!(changes > 10_000, "{changes}");
}

/// Any JSON whose fields have names that the reader looks for.
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
        "invoice",
        "refunds",
        "refund",
        "payment_intent",
        "amount_refunded",
        "line_items",
        "quantity",
        "proration_details",
        "credited_items",
        "invoice_line_items",
        "subscription_item_details",
        "invoice_item_details",
        "balance_transactions",
        "total",
        "currency",
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
        Just(json!("payment")),
        Just(json!("paid")),
        Just(json!("usd")),
        Just(json!("in_1")),
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
        name in proptest::sample::select(known_types().collect::<Vec<_>>()),
        body in any_json(),
        data in any_json(),
    ) {
        let _ = read_event(&body);
        for (_, event) in examples(SINCE_BASIL) {
            let like = read_event(&event).unwrap();
            let _ = read_object(body.to_string().as_bytes(), &like);
        }
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
        let like = read_event(&example(SINCE_BASIL, "invoice_paid")).unwrap();
        prop_assert!(read_object(&bytes, &like).is_err());
    }
}
