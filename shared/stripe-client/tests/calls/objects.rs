//! Lists and objects: every page is read once, and a part is never taken for the whole.

use serde_json::{Value, json};
use shared::domain::Timestamp;
use shared::domain::billing::{BillingEvent, Fact, Parties, RefundSnapshot, RefundStatus};
use stripe_client::{Collection, Form, StripeError};

use crate::caller::{client, deadline};
use crate::server::{Reply, Server, error, ok};

fn page(ids: &[&str], has_more: bool) -> Reply {
    let data: Vec<Value> = ids.iter().map(|id| json!({"id": id})).collect();
    ok(json!({"object": "list", "data": data, "has_more": has_more}))
}

fn ids(objects: &[Value]) -> Vec<&str> {
    objects
        .iter()
        .map(|it| it["id"].as_str().unwrap())
        .collect()
}

fn lines(server: &Server) -> Vec<String> {
    server.asked().into_iter().map(|asked| asked.line).collect()
}

#[tokio::test]
async fn a_list_is_read_page_by_page_from_the_last_object_on() {
    let replies = vec![
        page(&["cus_3", "cus_2"], true),
        error(503, json!({})),
        page(&["cus_1"], false),
    ];
    let server = Server::with(replies).await;
    let client = client(&server.url);
    let filter = Form::new().with("created[gte]", 7);
    let found = client.every(Collection::Customers, filter).all(deadline());
    assert_eq!(ids(&found.await.unwrap()), ["cus_3", "cus_2", "cus_1"]);
    let second = "GET /v1/customers?created[gte]=7&limit=100&starting_after=cus_2";
    assert_eq!(
        lines(&server),
        ["GET /v1/customers?created[gte]=7&limit=100", second, second]
    );
}

#[tokio::test]
async fn a_list_that_cannot_be_told_to_have_ended_is_an_error() {
    let whole: [(Vec<Reply>, &str); 5] = [
        (vec![ok(json!({"data": []}))], "whether it is the last"),
        (vec![ok(json!({"has_more": false}))], "has no data"),
        (vec![page(&[], true)], "where the next one begins"),
        (
            vec![page(&["a"], true), page(&["a"], true)],
            "where the next one begins",
        ),
        (
            vec![page(&["a"], true), page(&["b"], true)],
            "more pages than are read",
        ),
    ];
    for (replies, text) in whole {
        let server = Server::with(replies).await;
        let client = client(&server.url);
        let list = client.every(Collection::Refunds, Form::new()).at_most(2);
        let error = list.all(deadline()).await.unwrap_err();
        assert!(matches!(error, StripeError::Unusable(_)), "{error:?}");
        assert!(error.to_string().contains(text), "{error}");
    }
}

#[tokio::test]
async fn each_collection_is_asked_for_what_would_be_left_out() {
    let collections = [
        (Collection::Customers, "customers?limit=100"),
        (
            Collection::Subscriptions,
            "subscriptions?status=all&limit=100",
        ),
        (Collection::Invoices, "invoices?limit=100"),
        (Collection::InvoicePayments, "invoice_payments?limit=100"),
        (
            Collection::CheckoutSessions,
            "checkout/sessions?expand[0]=data.line_items&limit=100",
        ),
        (Collection::PaymentIntents, "payment_intents?limit=100"),
        (Collection::Charges, "charges?limit=100"),
        (Collection::Refunds, "refunds?limit=100"),
        (Collection::Disputes, "disputes?limit=100"),
        (Collection::CreditNotes, "credit_notes?limit=100"),
    ];
    for (collection, expected) in collections {
        let server = Server::with(vec![page(&[], false)]).await;
        let client = client(&server.url);
        let none = client.every(collection, Form::new()).all(deadline()).await;
        assert_eq!(none.unwrap(), Vec::<Value>::new());
        assert_eq!(lines(&server), [format!("GET /v1/{expected}")]);
    }
}

#[tokio::test]
async fn events_are_listed_since_a_moment_and_by_type() {
    let server = Server::with(vec![page(&["evt_1"], false), ok(json!({"id": "evt_1"}))]).await;
    let client = client(&server.url);
    let since = Timestamp::from_unix_seconds(1_800_000_000).unwrap();
    let events = client.events(since, &["invoice.paid", "refund.created"]);
    assert_eq!(ids(&events.all(deadline()).await.unwrap()), ["evt_1"]);
    let id = "evt_1".parse().unwrap();
    client.event(&id, deadline()).await.unwrap();
    let list = "GET /v1/events?created[gte]=1800000000&types[0]=invoice.paid\
                &types[1]=refund.created&limit=100";
    assert_eq!(lines(&server), [list, "GET /v1/events/evt_1"]);
}

#[tokio::test]
async fn an_invoice_comes_with_all_of_its_lines() {
    let short = json!({"id": "in_1", "lines": {"data": [{"id": "il_1"}], "has_more": false}});
    let server = Server::with(vec![ok(short.clone())]).await;
    let id = "in_1".parse().unwrap();
    let found = client(&server.url).invoice(&id, deadline()).await.unwrap();
    assert_eq!(found, short);
    assert_eq!(lines(&server), ["GET /v1/invoices/in_1"]);

    let long =
        json!({"id": "in_1", "total": 5, "lines": {"data": [{"id": "il_1"}], "has_more": true}});
    let replies = vec![
        ok(long),
        page(&["il_1", "il_2"], true),
        page(&["il_3"], false),
    ];
    let server = Server::with(replies).await;
    let found = client(&server.url).invoice(&id, deadline()).await.unwrap();
    assert_eq!(
        ids(found["lines"]["data"].as_array().unwrap()),
        ["il_1", "il_2", "il_3"]
    );
    assert_eq!(found["lines"]["has_more"], false);
    assert_eq!(found["total"], 5);
    let pages = [
        "GET /v1/invoices/in_1",
        "GET /v1/invoices/in_1/lines?limit=100",
        "GET /v1/invoices/in_1/lines?limit=100&starting_after=il_2",
    ];
    assert_eq!(lines(&server), pages);
}

#[tokio::test]
async fn a_checkout_comes_with_its_line_items_and_a_credit_note_with_its_lines() {
    let session = json!({"id": "cs_1", "line_items": {"data": [], "has_more": true}});
    let server = Server::with(vec![ok(session), page(&["li_1"], false)]).await;
    let id = "cs_1".parse().unwrap();
    let found = client(&server.url).checkout_session(&id, deadline()).await;
    assert_eq!(found.unwrap()["line_items"]["data"][0]["id"], "li_1");
    let asked = [
        "GET /v1/checkout/sessions/cs_1?expand[0]=line_items",
        "GET /v1/checkout/sessions/cs_1/line_items?limit=100",
    ];
    assert_eq!(lines(&server), asked);

    let note = json!({"id": "cn_1", "lines": {"data": [], "has_more": true}});
    let server = Server::with(vec![ok(note), page(&["cnli_1"], false)]).await;
    let id = "cn_1".parse().unwrap();
    let found = client(&server.url).credit_note(&id, deadline()).await;
    assert_eq!(found.unwrap()["lines"]["data"][0]["id"], "cnli_1");
    let asked = [
        "GET /v1/credit_notes/cn_1",
        "GET /v1/credit_notes/cn_1/lines?limit=100",
    ];
    assert_eq!(lines(&server), asked);

    let server = Server::with(vec![ok(json!({"id": "cs_1"}))]).await;
    let id = "cs_1".parse().unwrap();
    let error = client(&server.url).checkout_session(&id, deadline()).await;
    assert!(error.unwrap_err().to_string().contains("has no line_items"));
}

fn event(fact: Fact) -> BillingEvent {
    BillingEvent {
        id: "evt_1".parse().unwrap(),
        event_type: "refund.updated".to_string(),
        created: Timestamp::from_unix_seconds(1_800_000_000).unwrap(),
        livemode: false,
        account: Some("acct_1".parse().unwrap()),
        fact,
    }
}

#[tokio::test]
async fn the_object_of_an_event_is_read_from_the_account_it_is_of() {
    let refund = Fact::Refund(RefundSnapshot {
        id: "re_1".parse().unwrap(),
        payment: "pi_1".parse().unwrap(),
        amount_minor: 1,
        status: RefundStatus::Pending,
    });
    let server = Server::with(vec![ok(json!({"id": "re_1"})), page(&["cs_1"], false)]).await;
    let client = client(&server.url);
    let found = client.object_of(&event(refund), deadline()).await.unwrap();
    assert_eq!(found.unwrap()["id"], "re_1");
    let bought = Fact::SubscriptionBought(Parties {
        subscription: Some("sub_1".parse().unwrap()),
        ..Parties::default()
    });
    let found = client.object_of(&event(bought), deadline()).await.unwrap();
    assert_eq!(found.unwrap()["id"], "cs_1");
    let nothing = client.object_of(&event(Fact::Noted), deadline()).await;
    assert_eq!(nothing.unwrap(), None);
    let asked = server.asked();
    assert_eq!(asked[0].line, "GET /v1/refunds/re_1");
    let list = "checkout/sessions?subscription=sub_1&expand[0]=data.line_items&limit=100";
    assert_eq!(asked[1].line, format!("GET /v1/{list}"));
    for asked in asked {
        assert_eq!(asked.header("stripe-account"), Some("acct_1"));
    }
}
