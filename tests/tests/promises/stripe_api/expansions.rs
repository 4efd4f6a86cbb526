//! `expand[]`: ids become objects, lists that are left out come along.

use local::stripe::{ApiVersion, Scenario};

use super::Shop;

async fn shop() -> Shop {
    Shop::of(&[
        (Scenario::Renew, "r"),
        (Scenario::BuyPackByLineItems, "p"),
        (Scenario::RefundPartial, "f"),
        (Scenario::DeleteCustomer, "gone"),
    ])
    .await
}

#[tokio::test]
async fn what_is_expanded_is_the_object_that_its_id_retrieves() {
    let shop = shop().await;
    for (path, place, object) in [
        (
            "subscriptions/sub_r?expand[]=customer",
            "/customer",
            "customers/cus_r",
        ),
        (
            "subscriptions/sub_r?expand[0]=latest_invoice",
            "/latest_invoice",
            "invoices/in_r_2",
        ),
        (
            "subscriptions/sub_r?expand[]=latest_invoice.customer",
            "/latest_invoice/customer",
            "customers/cus_r",
        ),
        (
            "subscriptions/sub_r?expand[]=items.data.price.product",
            "/items/data/0/price/product",
            "products/prod_test_pro",
        ),
        (
            "invoices/in_r_2?expand[]=parent.subscription_details.subscription",
            "/parent/subscription_details/subscription",
            "subscriptions/sub_r",
        ),
        (
            "invoices/in_r_2/lines?expand[]=data.pricing.price_details.price",
            "/data/0/pricing/price_details/price",
            "prices/price_test_pro",
        ),
        (
            "invoices?customer=cus_r&expand[]=data.customer",
            "/data/1/customer",
            "customers/cus_r",
        ),
        (
            "invoices?customer=cus_r&expand[]=data.payments",
            "/data/0/payments/data/0",
            "invoice_payments/inpay_r_2",
        ),
        (
            "payment_intents/pi_f_1?expand[]=latest_charge",
            "/latest_charge",
            "charges/ch_f_1",
        ),
        (
            "charges/ch_f_1?expand[]=refunds",
            "/refunds/data/0",
            "refunds/re_f_1",
        ),
        (
            "customers/cus_r?expand[]=subscriptions",
            "/subscriptions/data/0",
            "subscriptions/sub_r",
        ),
        (
            "checkout/sessions/cs_test_gone_1?expand[]=customer",
            "/customer",
            "customers/cus_gone",
        ),
    ] {
        let said = shop.get(&format!("/v1/{path}")).await;
        assert_eq!(said.status, 200, "{path}: {}", said.body);
        let alone = shop.get(&format!("/v1/{object}")).await.body;
        assert_eq!(said.body.pointer(place), Some(&alone), "{path}");
    }
}

#[tokio::test]
async fn line_items_come_along_alone_and_in_lists() {
    let shop = shop().await;
    let items = shop
        .get("/v1/checkout/sessions/cs_test_p_1/line_items")
        .await;
    for (path, place) in [
        (
            "/v1/checkout/sessions/cs_test_p_1?expand[]=line_items",
            "/line_items",
        ),
        (
            "/v1/checkout/sessions?payment_intent=pi_p_1&expand[]=data.line_items",
            "/data/0/line_items",
        ),
    ] {
        let said = shop.get(path).await;
        assert_eq!(said.body.pointer(place), Some(&items.body), "{path}");
    }
}

#[tokio::test]
async fn what_is_no_reference_cannot_be_expanded() {
    let shop = shop().await;
    for path in [
        "subscriptions/sub_r?expand[]=status",
        "subscriptions/sub_r?expand[]=id",
        "subscriptions/sub_r?expand[]=nothing",
        "subscriptions?expand[]=customer",
        "subscriptions/sub_r?expand[]=a.b.c.d.e",
        "checkout/sessions/cs_test_p_1?expand[]=payments",
    ] {
        let said = shop.get(&format!("/v1/{path}")).await;
        let (line, _) = said.refusal();
        assert_eq!(line, "400 invalid_request_error - expand", "{path}");
    }
    // Acacia knows no payments of invoices.
    let path = "/v1/invoices/in_r_2?expand[]=payments";
    assert_eq!(shop.get_in(ApiVersion::Acacia, path).await.status, 400);
    // What is null or unknown here stays as it is.
    for path in [
        "/v1/checkout/sessions/cs_test_p_1?expand[]=subscription",
        "/v1/checkout/sessions/cs_test_p_1?expand[]=payment_link",
    ] {
        assert_eq!(shop.get(path).await.status, 200, "{path}");
    }
}
