//! What Stripe's pages refuse, and how they show what a stranger has written.

use super::{USER, packs, shop};

#[tokio::test]
async fn a_page_that_is_not_there_says_so_and_does_nothing() {
    let shop = shop().await;
    for path in ["/c/pay/cs_test_none", "/c/pay/%00", "/p/session/none"] {
        let url = format!("{}{path}", shop.url());
        for form in [None, Some("do=pay"), Some("do=good-card")] {
            let page = shop.page(&url, &[], form).await;
            assert!(
                [400, 404].contains(&page.status),
                "{path} {form:?}: {}",
                page.status
            );
            assert!(!page.text.contains("<form"), "{}", page.text);
        }
    }
}

#[tokio::test]
async fn another_site_cannot_press_a_button() {
    let shop = shop().await;
    let (id, url) = shop.checkout(&packs(1)).await;
    for header in [
        ("origin", "http://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        let refused = shop.page(&url, &[header], Some("do=pay")).await;
        assert_eq!(refused.status, 403, "{header:?}");
    }
    assert_eq!(shop.session(&id).await["status"], "open");
    assert_eq!(shop.shows(USER).await, "0 pro, free active");
}

#[tokio::test]
async fn a_form_that_is_too_long_or_names_no_button_does_nothing() {
    let shop = shop().await;
    let (id, url) = shop.checkout(&packs(1)).await;
    let long = format!("do=pay&x={}", "y".repeat(20_000));
    let undone = [
        ("", 400),
        ("do=", 400),
        ("do=steal", 400),
        ("pay=1", 400),
        ("do=%ff", 400),
        (&long, 413),
    ];
    for (form, status) in undone {
        assert_eq!(shop.press(&url, form).await.status, status, "{:.20}", form);
    }
    let json = [("content-type", "application/json")];
    let said = shop.page(&url, &json, Some("{\"do\":\"pay\"}")).await;
    assert_eq!(said.status, 400);
    assert_eq!(shop.session(&id).await["status"], "open");
}

#[tokio::test]
async fn what_a_buyer_or_an_app_has_written_is_text_and_never_markup() {
    let shop = shop().await;
    let script = "%3Cscript%3Ealert(1)%3C/script%3E@example.com";
    let form = packs(1).replace(
        "cancel_url=http://localhost:8080/shop",
        "cancel_url=http://localhost:8080/%2522%253E%253Cscript%253E",
    );
    let form = format!("{form}&customer_email={script}");
    let (_, url) = shop.checkout(&form).await;
    let page = shop.page(&url, &[], None).await;
    assert!(!page.text.contains("<script"), "{}", page.text);
    assert!(
        page.text.contains("&lt;script&gt;alert(1)"),
        "{}",
        page.text
    );
    let policy = page.policy.unwrap();
    assert!(policy.contains("default-src 'none'"), "{policy}");
    // The browser may follow the form to the app.
    assert!(
        policy.contains("form-action 'self' http://localhost:8080;"),
        "{policy}"
    );
}

#[tokio::test]
async fn a_portal_changes_its_own_customers_subscriptions_alone() {
    let shop = shop().await;
    let customer = shop.customer().await;
    let form = format!("customer={customer}");
    let session = shop.made("/v1/billing_portal/sessions", "p", &form).await;
    let url = session["url"].as_str().unwrap();
    for form in [
        "do=cancel&subscription=sub_test_pro_user",
        "do=change&subscription=sub_test_pro_user&price=price_test_pro_plus",
        "do=resume&subscription=sub_none",
    ] {
        assert_eq!(shop.press(url, form).await.status, 409, "{form}");
    }
    for form in ["do=cancel", "do=change&subscription=sub_x"] {
        assert_eq!(shop.press(url, form).await.status, 400, "{form}");
    }
    assert_eq!(shop.shows("pro-user").await, "5000 pro, pro active");
}
