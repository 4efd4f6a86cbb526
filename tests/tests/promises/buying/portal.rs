//! The customer portal: for the subscription that stands, else for the customer who
//! bought; with what it opens with.

use serde_json::json;

use super::{APP, FREE_USER, PACK, Shop};

#[tokio::test]
async fn the_portal_opens_for_whoever_has_bought_something() {
    let shop = Shop::open().await;
    let body = json!({"returnUrl": APP});
    let nobody = shop.portal(FREE_USER, body.clone()).await;
    assert_eq!(nobody.refusal(), (409, "nothing_bought"));
    assert_eq!(shop.world.stripe.requests().len(), 0);
    shop.buy(PACK).await.url();
    for user in [FREE_USER, "pro-user"] {
        let one = shop.portal(user, body.clone()).await;
        assert!(one.url().contains("/p/session/"), "{user}");
        assert_eq!(one.body["expiresAt"], "2025-11-06T14:35:00Z");
        let other = shop.portal(user, body.clone()).await;
        assert_ne!(
            one.url(),
            other.url(),
            "each is used by whoever asked for it"
        );
    }
}

#[tokio::test]
async fn a_flow_is_about_the_subscription_that_stands() {
    let shop = Shop::open().await;
    shop.buy(PACK).await.url();
    for (flow, of_subscription) in [
        ("payment_method_update", false),
        ("subscription_cancel", true),
        ("subscription_update", true),
    ] {
        let body = json!({"returnUrl": APP, "flow": flow});
        shop.portal("pro-user", body.clone()).await.url();
        let asked = shop.world.stripe.requests().pop().unwrap().request.body;
        assert!(
            asked.contains(&format!("flow_data[type]={flow}")),
            "{asked}"
        );
        assert!(asked.contains("customer=cus_test_pro_user"), "{asked}");
        let names = asked.contains(&format!(
            "flow_data[{flow}][subscription]=sub_test_pro_user"
        ));
        assert_eq!(names, of_subscription, "{asked}");
        let without = shop.portal(FREE_USER, body).await;
        match of_subscription {
            true => assert_eq!(without.fields(), ["flow"]),
            false => drop(without.url()),
        }
    }
    for (body, fields) in [
        (json!({}), vec!["returnUrl"]),
        (
            json!({"returnUrl": "https://evil.example"}),
            vec!["returnUrl"],
        ),
        (json!({"returnUrl": APP, "flow": "home"}), vec!["flow"]),
        (json!({"returnUrl": APP, "flow": null}), vec!["flow"]),
        (
            json!({"returnUrl": APP, "customer": "cus_x"}),
            vec!["customer"],
        ),
    ] {
        let said = shop.portal("pro-user", body.clone()).await;
        assert_eq!(said.fields(), fields, "{body}");
    }
}

#[tokio::test]
async fn when_stripe_is_down_the_portal_says_so() {
    let shop = Shop::open().await;
    shop.world.stripe.fail_next(500, 50).unwrap();
    let body = json!({"returnUrl": APP});
    let said = shop.portal("pro-user", body).await;
    assert_eq!(said.refusal(), (503, "try_again"));
}
