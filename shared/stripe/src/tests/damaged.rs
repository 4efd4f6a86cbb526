//! Events in which a required field is missing, of another type, or hostile: each is
//! refused by the path to the field.

use super::*;

/// The required fields of each example, in each shape, as (shape, example, fields of
/// its object).
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
            "total",
            "currency",
            "lines",
            "lines.data",
            "lines.data[0].id",
        ],
    ),
    (
        UNTIL_ACACIA,
        "invoice_paid",
        &["id", "amount_paid", "total", "currency", "lines.data[2].id"],
    ),
    (SINCE_BASIL, "invoice_payment", &["invoice"]),
    (SINCE_BASIL, "refund", &["id", "amount"]),
    (SINCE_BASIL, "charge_refunded", &["id", "amount_refunded"]),
    (
        SINCE_BASIL,
        "dispute_withdrawn",
        &["id", "amount", "status"],
    ),
    (SINCE_BASIL, "dispute_opened", &["id", "amount", "status"]),
    (
        SINCE_BASIL,
        "credit_note",
        &[
            "id",
            "invoice",
            "lines.data[0].amount",
            "lines.data[1].amount",
            "refunds[0].amount_refunded",
        ],
    ),
    (
        UNTIL_ACACIA,
        "credit_note",
        &["id", "invoice", "lines.data[1].amount"],
    ),
    (SINCE_BASIL, "customer_deleted", &["id"]),
];

/// `$.a.b[0]` as a JSON pointer, `/a/b/0`.
fn pointer(path: &str) -> String {
    path.replace('$', "")
        .replace(['.', '['], "/")
        .replace(']', "")
}

/// The same event without the value at a path.
pub(super) fn without(mut event: Value, path: &str) -> Value {
    let pointer = pointer(path);
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = event.pointer_mut(parent).unwrap();
    if let Value::Array(members) = parent {
        members.remove(name.parse().unwrap());
    } else {
        parent.as_object_mut().unwrap().remove(name).unwrap();
    }
    event
}

/// The same event with another value at a path.
pub(super) fn replaced(mut event: Value, path: &str, value: Value) -> Value {
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
        // An expanded object must have an id; problems inside lists and objects are
        // named one step further.
        assert!(found.starts_with(path), "{found} for {path} as {wrong}");
    }
}

#[test]
fn a_missing_required_field_is_named_by_its_path() {
    for (shape, name, fields) in NEEDED {
        let event = example(shape, name);
        for field in *fields {
            check_needed(&event, &format!("$.data.object.{field}"));
        }
        for field in ["id", "object", "type", "created", "livemode", "data.object"] {
            check_needed(&event, &format!("$.{field}"));
        }
    }
}

#[test]
fn what_stands_nowhere_is_missed_where_it_stands_today() {
    let event = example(UNTIL_ACACIA, "subscription_ended");
    for field in ["current_period_start", "current_period_end"] {
        let (path, problem) =
            problem_of(&without(event.clone(), &format!("$.data.object.{field}")));
        // An incomplete period counts as none.
        let today = "$.data.object.items.data[0].current_period_start".to_string();
        assert_eq!((path, problem), (today, "is missing"));
    }
    let note = without(example(SINCE_BASIL, "credit_note"), "$.data.object.amount");
    let none = problem_of(&without(note, "$.data.object.total"));
    assert_eq!(none, ("$.data.object.total".to_string(), "is missing"));
}

#[test]
fn nothing_is_said_by_null_and_not_by_silence() {
    for (name, field) in [
        ("pack_bought", "payment_intent"),
        ("refund", "payment_intent"),
        ("refund", "status"),
        ("charge_refunded", "payment_intent"),
        ("dispute_withdrawn", "payment_intent"),
        ("dispute_opened", "payment_intent"),
    ] {
        let event = example(SINCE_BASIL, name);
        let path = format!("$.data.object.{field}");
        assert!(read_event(&replaced(event.clone(), &path, json!(null))).is_ok());
        let silent = problem_of(&without(event, &path));
        assert_eq!(silent, (path, "is missing"));
    }
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
            "total",
            json!(i64::MIN),
            vec![json!(1e30), json!(true), json!(u64::MAX), json!("1")],
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
            "$.data.object.parent.subscription_details.subscription",
        ),
        ("pack_bought", "$.data.object.invoice"),
        ("dispute_opened", "$.data.object.payment_intent"),
        ("credit_note", "$.data.object.invoice"),
        ("credit_note", "$.data.object.refunds[0].refund"),
        ("pack_bought", "$.data.object.metadata.price_id"),
        ("pack_bought", "$.data.object.payment_intent"),
        ("refund", "$.data.object.payment_intent"),
        ("subscription_ended", "$.data.object.items.data[0].price.id"),
    ] {
        for text in hostile {
            let event = replaced(example(SINCE_BASIL, name), path, json!(text));
            let expected = (path.to_string(), "must be a Stripe id");
            assert_eq!(problem_of(&event), expected, "{text:?}");
        }
    }
}
