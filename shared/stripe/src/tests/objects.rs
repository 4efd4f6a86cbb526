//! Objects as Stripe's API shows them, read for the event they belong to. No object is
//! fetched.

use super::*;

/// The object of an example.
fn object_in(event: &Value) -> Value {
    event["data"]["object"].clone()
}

fn read_for(object: &Value, event: &Value) -> Result<Fact, ReadError> {
    let event = read_event(event).unwrap();
    read_object(object.to_string().as_bytes(), &event)
}

#[test]
fn the_object_of_an_event_reads_to_what_the_event_says() {
    let mut read = 0;
    for shape in [UNTIL_ACACIA, SINCE_BASIL] {
        for (name, event) in examples(shape) {
            let expected = fact_of(&event);
            let found = read_for(&object_in(&event), &event);
            if expected == Fact::Noted {
                assert_eq!(found, Err(ReadError::NothingToRead), "{name}");
            } else {
                assert_eq!(found, Ok(expected), "{name}");
                read += 1;
            }
        }
    }
    assert!(read > 30, "{read}");
}

#[test]
fn all_lines_of_an_invoice_may_come_after_its_event() {
    for shape in [UNTIL_ACACIA, SINCE_BASIL] {
        let event = with(
            example(shape, "invoice_paid"),
            "lines.has_more",
            json!(true),
        );
        let mut whole = object_in(&event);
        whole["lines"]["has_more"] = json!(false);
        let lines = whole["lines"]["data"].as_array_mut().unwrap();
        let mut last = lines[0].clone();
        last["id"] = json!("il_11");
        lines.push(last);
        let (Fact::InvoicePaid(reported), Ok(Fact::InvoicePaid(read))) =
            (fact_of(&event), read_for(&whole, &event))
        else {
            panic!("{event}");
        };
        assert_eq!((reported.lines.len(), reported.complete), (3, false));
        assert_eq!((read.lines.len(), read.complete), (4, true));
    }
}

/// The items of a pack whose session has these line items.
fn items_of(line_items: Value) -> Vec<BoughtItem> {
    let event = example(SINCE_BASIL, "pack_by_link");
    let mut session = object_in(&event);
    session["line_items"] = line_items;
    match read_for(&session, &event) {
        Ok(Fact::PackBought(pack)) => pack.items,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_checkout_shows_its_line_items_all_or_none() {
    let bought = |price: &str, quantity| BoughtItem {
        price: id(price),
        quantity,
    };
    let whole = json!({"price": {"id": "price_1", "object": "price"}, "quantity": 3});
    let by_id = json!({"price": "price_2", "quantity": null});
    assert_eq!(
        items_of(json!({"data": [whole, by_id], "has_more": false})),
        [bought("price_1", 3), bought("price_2", 1)]
    );
    for half in [
        json!({"data": [whole, by_id], "has_more": true}),
        json!({"data": [whole, {"quantity": 1}], "has_more": false}),
        json!({"data": [whole, {"price": "price_2", "quantity": 1.5}]}),
        json!({"data": [whole, null]}),
        json!({"data": 7}),
        json!([]),
        json!(null),
    ] {
        assert_eq!(items_of(half.clone()), [], "{half}");
    }
}

#[test]
fn what_a_subscription_was_before_stays_as_its_event_reported_it() {
    let event = example(SINCE_BASIL, "subscription_renewed");
    let mut now = object_in(&event);
    now["status"] = json!("canceled");
    let (Fact::Subscription(reported), Ok(Fact::Subscription(read))) =
        (fact_of(&event), read_for(&now, &event))
    else {
        panic!("{event}");
    };
    assert_eq!(read.state.status, SubscriptionStatus::Cancelled);
    assert_eq!(read.previous, reported.previous);
}

#[test]
fn an_object_of_another_event_is_refused_with_what_was_expected() {
    for (name, expected) in [
        (
            "invoice_paid",
            "\"object\" must be invoice and \"id\" in_1.",
        ),
        (
            "pack_bought",
            "\"object\" must be checkout.session and \"id\" cs_test_1.",
        ),
        (
            "subscription_bought",
            "\"object\" must be checkout.session and \"subscription\" sub_1.",
        ),
        (
            "invoice_payment",
            "\"object\" must be invoice_payment and \"invoice\" in_1.",
        ),
    ] {
        let event = example(SINCE_BASIL, name);
        let object = object_in(&event);
        let field = if expected.contains("\"id\"") {
            "id"
        } else if expected.contains("\"subscription\"") {
            "subscription"
        } else {
            "invoice"
        };
        for (place, value) in [
            (field, json!("other_1")),
            (field, json!(null)),
            (field, json!(7)),
            ("object", json!("event")),
            ("object", json!(null)),
        ] {
            let mut other = object.clone();
            other[place] = value;
            let error = read_for(&other, &event).unwrap_err().to_string();
            let text = format!("This object belongs to another event: {expected}");
            assert_eq!(error, text, "{other}");
        }
        for no_object in [json!(null), json!(7), json!([object]), json!({})] {
            let error = read_for(&no_object, &event).unwrap_err();
            assert!(matches!(error, ReadError::OtherObject { .. }), "{error}");
        }
    }
}

#[test]
fn a_damaged_object_is_refused_by_its_path() {
    let event = example(SINCE_BASIL, "invoice_paid");
    let mut object = object_in(&event);
    object["total"] = json!("1500");
    let error = read_for(&object, &event).unwrap_err();
    assert_eq!(
        error.to_string(),
        "The object cannot be read: $.total must be a whole number."
    );
    let error = read_object(b"{", &read_event(&event).unwrap()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "The object cannot be read: $ is not JSON."
    );
}

#[test]
fn an_object_may_say_that_nothing_was_paid() {
    let event = example(SINCE_BASIL, "pack_bought");
    let mut object = object_in(&event);
    object["payment_status"] = json!("unpaid");
    assert_eq!(read_for(&object, &event), Ok(Fact::Noted));
}

#[test]
fn an_event_about_no_credits_has_no_object_to_read() {
    let mut event = example(SINCE_BASIL, "invoice_paid");
    event["type"] = json!("invoice.voided");
    let error = read_for(&object_in(&event), &event).unwrap_err();
    assert_eq!(error, ReadError::NothingToRead);
}

#[test]
fn what_a_newer_api_version_no_longer_names_stays_as_the_event_said_it() {
    for (name, field) in [
        ("invoice_paid", "payment_intent"),
        ("charge_refunded", "invoice"),
    ] {
        let event = example(UNTIL_ACACIA, name);
        let reported = fact_of(&event);
        let mut object = object_in(&event);
        object.as_object_mut().unwrap().remove(field);
        assert_eq!(read_for(&object, &event), Ok(reported), "{name}");
    }
}
