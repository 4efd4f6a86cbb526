//! Invoices that wait for each other, and a process that ended in the middle of settling
//! them, whose event never came again: an operator sees it and goes on.

use super::*;

/// Takes back what the last line of an invoice gave, and gives it again.
fn over_again(invoice: &Value) -> Value {
    let mut event = invoice.clone();
    event["id"] = json!("evt_over_again");
    let object = &mut event["data"]["object"];
    let lines = object["lines"]["data"].as_array().unwrap();
    let mut given = lines[lines.len() - 1].clone();
    let mut taken = naming(&given, &object["id"], &given["id"]);
    taken["amount"] = json!(-given["amount"].as_i64().unwrap());
    taken["id"] = json!("il_taken");
    given["id"] = json!("il_given");
    object["id"] = json!("in_over_again");
    object["lines"]["data"] = json!([taken, given]);
    for amount in ["amount_paid", "total", "subtotal"] {
        object[amount] = json!(0);
    }
    event
}

/// A line that names the one whose time it credits.
fn naming(line: &Value, invoice: &Value, credited: &Value) -> Value {
    let mut line = line.clone();
    line["parent"]["subscription_item_details"]["proration_details"]["credited_items"] =
        json!({"invoice": invoice, "invoice_line_items": [credited]});
    line
}

/// An upgrade, of which the invoices came last: the last of three, the second, and then
/// the first, by a process that ends after so many requests. The second and the third.
async fn cut_after(requests: usize) -> (Ground, Value, Value) {
    let ground = Ground::seeded().await;
    let cast = Cast::new(USER, "U", at("2026-03-10T00:00:00Z"));
    let events = Story::render(Scenario::Upgrade, &cast, ApiVersion::Dahlia);
    let events = events.into_iter().map(|event| event.body);
    let (paid, others): (Vec<_>, Vec<_>) = events.partition(|it| it["type"] == "invoice.paid");
    let [first, mut second] = paid.try_into().unwrap();
    let credited = &first["data"]["object"];
    let line = &mut second["data"]["object"]["lines"]["data"][0];
    *line = naming(line, &credited["id"], &credited["lines"]["data"][0]["id"]);
    for event in &others {
        ground.deliver(event).await;
    }
    let third = over_again(&second);
    for waits in [&third, &second] {
        assert_eq!(ground.deliver(waits).await, EventOutcome::Parked);
    }
    let steps = ground.world.dynamodb.faults().step_by_step();
    steps.let_pass(requests);
    tokio::select! {
        biased;
        _ = ground.deliver(&first) => {}
        () = steps.arrived(requests + 1) => {}
    }
    steps.let_pass(1_000_000);
    (ground, second, third)
}

#[tokio::test]
async fn an_event_that_keeps_its_place_is_named_by_verify_and_replayed() {
    for requests in 1.. {
        let (ground, second, third) = cut_after(requests).await;
        if ground.shown(&second).await["outcome"] == "parked" {
            continue;
        }
        assert_eq!(ground.shown(&third).await["outcome"], "parked");
        let said = ground.reported(&["verify", "--all"], 3).await;
        let way_out = format!("creditsctl event replay {}", id(&second));
        assert!(said.contains(&way_out), "{said}");
        let said = ground.reported(&["parked", "show", id(&second)], 0).await;
        assert!(said.contains(&way_out), "{said}");
        ground.reported(&["event", "replay", id(&second)], 0).await;
        for event in [&second, &third] {
            assert_eq!(ground.shown(event).await["outcome"], "applied");
        }
        assert_eq!(ground.listed(&["--all"]).await, [] as [Value; 0]);
        ground.reported(&["verify", "--all"], 0).await;
        return;
    }
}
