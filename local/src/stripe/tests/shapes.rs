//! Where each version keeps each fact, field by field. The facts are those of
//! one cast that starts on the last of January.

use serde_json::json;

use super::*;

const LATER: [ApiVersion; 3] = [ApiVersion::Basil, ApiVersion::Clover, ApiVersion::Dahlia];

const FEBRUARY: (&str, &str) = ("2026-02-28T12:00:00Z", "2026-03-31T12:00:00Z");

#[test]
fn a_period_lies_on_the_subscription_in_acacia_and_on_its_items_later() {
    let (starts, ends) = (seconds(FEBRUARY.0), seconds(FEBRUARY.1));
    for version in ApiVersion::ALL {
        let object = object(Scenario::Renew, version, "customer.subscription.updated");
        let item = &object["items"]["data"][0];
        let (holder, other) = match version {
            ApiVersion::Acacia => (&object, item),
            _ => (item, &object),
        };
        assert_eq!(holder["current_period_start"], starts, "{version}");
        assert_eq!(holder["current_period_end"], ends, "{version}");
        assert_eq!(other.get("current_period_start"), None, "{version}");
        assert_eq!(other.get("current_period_end"), None, "{version}");
        assert_eq!(item["price"]["id"], "price_test_pro");
        assert_eq!(item["price"]["unit_amount"], 2000);
    }
}

#[track_caller]
fn previous(scenario: Scenario, version: ApiVersion) -> Value {
    let events = reported(scenario, version);
    let mut updates = events
        .iter()
        .filter(|event| event.event_type == "customer.subscription.updated");
    updates.next().unwrap().body["data"]["previous_attributes"].clone()
}

#[test]
fn a_renewal_says_what_the_period_was_in_the_shape_of_its_version() {
    let starts = start().unix_seconds();
    let ends = seconds(FEBRUARY.0);
    let acacia = previous(Scenario::Renew, ApiVersion::Acacia);
    assert_eq!(
        acacia,
        json!({
            "current_period_start": starts,
            "current_period_end": ends,
            "latest_invoice": "in_a1_1",
        })
    );
    for version in LATER {
        let previous = previous(Scenario::Renew, version);
        let old = &previous["items"]["data"][0];
        assert_eq!(old["current_period_start"], starts, "{version}");
        assert_eq!(old["current_period_end"], ends, "{version}");
        assert_eq!(old["id"], "si_a1", "{version}");
        assert_eq!(previous.as_object().unwrap().len(), 2, "{version}");
    }
    for version in ApiVersion::ALL {
        let old = previous(Scenario::Upgrade, version)["items"]["data"][0].clone();
        assert_eq!(old["price"]["id"], "price_test_pro", "{version}");
    }
}

#[test]
fn an_invoice_names_subscription_user_and_payment_where_its_version_does() {
    for version in ApiVersion::ALL {
        let invoice = object(Scenario::Renew, version, "invoice.paid");
        assert_eq!(invoice["status"], "paid");
        assert_eq!(invoice["amount_paid"], 2000);
        assert_eq!(invoice["billing_reason"], "subscription_cycle");
        if version == ApiVersion::Acacia {
            assert_eq!(invoice["subscription"], "sub_a1");
            let details = &invoice["subscription_details"];
            assert_eq!(details["metadata"]["user_id"], "free-user");
            assert_eq!(invoice["paid"], true);
            assert_eq!(invoice["payment_intent"], "pi_a1_2");
            assert_eq!(invoice.get("parent"), None);
            continue;
        }
        let details = &invoice["parent"]["subscription_details"];
        assert_eq!(invoice["parent"]["type"], "subscription_details");
        assert_eq!(details["subscription"], "sub_a1");
        assert_eq!(details["metadata"]["user_id"], "free-user");
        for gone in [
            "subscription",
            "subscription_details",
            "paid",
            "payment_intent",
            "charge",
        ] {
            assert_eq!(invoice.get(gone), None, "{version} {gone}");
        }
        let payment = object(Scenario::Renew, version, "invoice_payment.paid");
        assert_eq!(payment["invoice"], "in_a1_2");
        assert_eq!(
            payment["payment"],
            json!({"type": "payment_intent", "payment_intent": "pi_a1_2"})
        );
        assert_eq!(payment["amount_paid"], 2000);
        assert_eq!(payment["status"], "paid");
    }
}

#[test]
fn a_line_names_price_and_subscription_where_its_version_does() {
    for version in ApiVersion::ALL {
        let invoice = object(Scenario::Renew, version, "invoice.paid");
        let lines = &invoice["lines"];
        assert_eq!(lines["total_count"], 1);
        assert_eq!(lines["has_more"], false);
        let line = &lines["data"][0];
        assert_eq!(line["id"], "il_a1_2_1");
        assert_eq!(line["period"]["start"], seconds(FEBRUARY.0));
        assert_eq!(line["period"]["end"], seconds(FEBRUARY.1));
        // The invoice's own period is the one that ended.
        assert_eq!(invoice["period_end"], seconds(FEBRUARY.0));
        if version == ApiVersion::Acacia {
            assert_eq!(line["type"], "subscription");
            assert_eq!(line["price"]["id"], "price_test_pro");
            assert_eq!(line["subscription"], "sub_a1");
            assert_eq!(line["proration"], false);
            assert_eq!(line.get("parent"), None);
            assert_eq!(line.get("pricing"), None);
            continue;
        }
        assert_eq!(line["parent"]["type"], "subscription_item_details");
        let details = &line["parent"]["subscription_item_details"];
        assert_eq!(details["subscription"], "sub_a1");
        assert_eq!(details["proration"], false);
        assert_eq!(line["pricing"]["type"], "price_details");
        let price = &line["pricing"]["price_details"]["price"];
        assert_eq!(price, "price_test_pro");
        assert_eq!(line["subtotal"], line["amount"]);
        for gone in ["type", "price", "subscription", "proration"] {
            assert_eq!(line.get(gone), None, "{version} {gone}");
        }
    }
}

#[test]
fn prorations_are_marked_in_every_version_each_in_its_way() {
    for version in ApiVersion::ALL {
        let invoice = object(Scenario::Upgrade, version, "invoice.paid");
        let lines = invoice["lines"]["data"].as_array().unwrap();
        let amounts: Vec<i64> = lines
            .iter()
            .flat_map(|line| line["amount"].as_i64())
            .collect();
        assert_eq!(amounts, [-1000, 2500], "{version}");
        for line in lines {
            let (kind, proration) = match version {
                ApiVersion::Acacia => (&line["type"], &line["proration"]),
                ApiVersion::Dahlia => (
                    &line["parent"]["type"],
                    &line["parent"]["subscription_item_details"]["proration"],
                ),
                _ => (
                    &line["parent"]["type"],
                    &line["parent"]["invoice_item_details"]["proration"],
                ),
            };
            assert_eq!(proration, true, "{version}");
            let expected = match version {
                ApiVersion::Acacia => "invoiceitem",
                ApiVersion::Dahlia => "subscription_item_details",
                _ => "invoice_item_details",
            };
            assert_eq!(kind, expected);
            assert_eq!(line["period"]["end"], seconds(FEBRUARY.0));
        }
        let renewal = object(Scenario::Downgrade, version, "invoice.paid");
        let lines = renewal["lines"]["data"].as_array().unwrap();
        let amounts: Vec<i64> = lines
            .iter()
            .flat_map(|line| line["amount"].as_i64())
            .collect();
        assert_eq!(amounts, [2000, -2500, 1000], "{version}");
        assert_eq!(renewal["amount_paid"], 500);
    }
}

#[test]
fn an_end_by_the_portal_is_a_flag_before_clover_and_a_date_after() {
    let ends = seconds(FEBRUARY.0);
    for version in ApiVersion::ALL {
        let events = reported(Scenario::CancelThenResume, version);
        let updates: Vec<&Value> = events
            .iter()
            .filter(|event| event.event_type.ends_with(".updated"))
            .map(|event| &event.body["data"]["object"])
            .collect();
        let flagged = version < ApiVersion::Clover;
        assert_eq!(updates[0]["cancel_at_period_end"], flagged, "{version}");
        assert_eq!(updates[0]["cancel_at"], ends, "{version}");
        assert_eq!(updates[1]["cancel_at_period_end"], false);
        assert_eq!(updates[1]["cancel_at"], Value::Null);

        let event_type = "customer.subscription.deleted";
        let deleted = object(Scenario::CancelAtPeriodEnd, version, event_type);
        assert_eq!(deleted["cancel_at_period_end"], true);
        assert_eq!(deleted["status"], "canceled");
        assert_eq!(deleted["ended_at"], ends);
    }
}

#[test]
fn packs_are_named_by_their_link_or_by_metadata() {
    let event_type = "checkout.session.completed";
    for version in ApiVersion::ALL {
        let session = object(Scenario::BuyPack, version, event_type);
        assert_eq!(session["mode"], "payment");
        assert_eq!(session["payment_status"], "paid");
        assert_eq!(session["payment_link"], "plink_test_pack_1000");
        assert_eq!(session["client_reference_id"], "free-user");
        assert_eq!(session["payment_intent"], "pi_a1_1");
        assert_eq!(session["amount_subtotal"], 500);

        let session = object(Scenario::BuyPackByPrice, version, event_type);
        assert_eq!(session["payment_link"], Value::Null);
        assert_eq!(session["metadata"]["price_id"], "price_test_pack_1000");
        assert_eq!(session["metadata"]["quantity"], "3");
        assert_eq!(session["amount_subtotal"], 1500);
    }
}

#[test]
fn a_charge_names_its_invoice_in_acacia_alone() {
    for version in ApiVersion::ALL {
        let charge = object(Scenario::RefundInvoice, version, "charge.refunded");
        assert_eq!(charge["payment_intent"], "pi_a1_1");
        assert_eq!(charge["amount_refunded"], 2000);
        assert_eq!(charge["refunded"], true);
        let invoice = charge.get("invoice").and_then(Value::as_str);
        let expected = (version == ApiVersion::Acacia).then_some("in_a1_1");
        assert_eq!(invoice, expected, "{version}");
    }
    let charge = object(
        Scenario::RefundPartial,
        ApiVersion::Dahlia,
        "charge.refunded",
    );
    assert_eq!(charge["amount_refunded"], 200);
    assert_eq!(charge["refunded"], false);
}

#[test]
fn in_dahlia_some_references_are_whole_objects() {
    let ids = [
        (Scenario::Subscribe, "invoice.paid", "customer", "cus_a1"),
        (
            Scenario::BuyPack,
            "checkout.session.completed",
            "customer",
            "cus_a1",
        ),
        (
            Scenario::RefundFull,
            "refund.created",
            "payment_intent",
            "pi_a1_1",
        ),
        (
            Scenario::DisputeLost,
            "charge.dispute.closed",
            "charge",
            "ch_a1_1",
        ),
    ];
    for (scenario, event_type, field, id) in ids {
        let dahlia = object(scenario, ApiVersion::Dahlia, event_type);
        assert_eq!(dahlia[field]["id"], id, "{field}");
        let clover = object(scenario, ApiVersion::Clover, event_type);
        assert_eq!(clover[field], id, "{field}");
    }
}

#[test]
fn what_costs_nothing_still_says_its_full_price() {
    for version in ApiVersion::ALL {
        let free = object(Scenario::FullDiscount, version, "invoice.paid");
        let line = &free["lines"]["data"][0];
        assert_eq!(line["amount"], 2000);
        assert_eq!(line["discount_amounts"][0]["amount"], 2000);
        assert_eq!(free["total"], 0);
        assert_eq!(free["amount_paid"], 0);

        let owed = object(Scenario::CustomerBalance, version, "invoice.paid");
        assert_eq!(owed["starting_balance"], -2000);
        assert_eq!(owed["ending_balance"], 0);
        assert_eq!(owed["total"], 2000);
        assert_eq!(owed["amount_paid"], 0);
        assert_eq!(owed["status"], "paid");
    }
}

#[test]
fn a_trial_is_an_invoice_of_nothing_over_seven_days() {
    for version in ApiVersion::ALL {
        let events = reported(Scenario::TrialToPaid, version);
        let created = &events[1].body["data"]["object"];
        assert_eq!(created["status"], "trialing");
        let week = start().plus_seconds(7 * 86_400).unix_seconds();
        assert_eq!(created["trial_end"], week);
        let invoice = &events[2].body["data"]["object"];
        let line = &invoice["lines"]["data"][0];
        assert_eq!(line["amount"], 0);
        assert_eq!(line["period"]["end"], week);
        let paid = object(Scenario::TrialToPaid, version, "invoice.paid");
        assert_eq!(paid["amount_paid"], 2000);
        assert_eq!(paid["lines"]["data"][0]["period"]["start"], week);
    }
}

#[test]
fn a_refund_of_long_ago_is_of_a_period_long_past() {
    let events = reported(Scenario::RefundExpired, ApiVersion::Dahlia);
    let invoice = object(Scenario::RefundExpired, ApiVersion::Dahlia, "invoice.paid");
    let ended = invoice["lines"]["data"][0]["period"]["end"]
        .as_i64()
        .unwrap();
    assert!(ended < start().plus_seconds(-100 * 86_400).unix_seconds());
    let refund = events
        .iter()
        .find(|event| event.event_type == "refund.created");
    assert_eq!(refund.unwrap().created(), start());
}
