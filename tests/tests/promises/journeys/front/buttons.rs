//! What the buttons do: the same as the app's, the service's and Stripe's requests.

use local::stripe::Scenario;
use serde_json::Value;
use tests::Served;

use super::{USER, page, press, said};

/// What a user may spend.
async fn available(served: &Served, user: &str) -> i64 {
    let service = served.service().await;
    let credits = service.credits(user).await;
    credits["totalAvailable"].as_i64().unwrap()
}

#[tokio::test]
async fn a_form_that_is_sent_twice_charges_once() {
    let served = Served::start().await;
    let form = "do=charge&model=gpt-5&input=12000&output=3500&key=one-form";
    let first = press(&served, USER, form).await;
    assert_eq!(said(&first), "Charged 31 credits; 1,469 left");
    assert!(
        first.contains("POST /api/users/free-user/charges</code> answered 201"),
        "{first}"
    );
    assert!(first.contains("Idempotency-Key: one-form"), "{first}");
    let again = press(&served, USER, form).await;
    assert_eq!(
        said(&again),
        "The recorded answer again: nothing was taken twice"
    );
    assert!(again.contains("Idempotent-Replayed: true"), "{again}");
    assert_eq!(available(&served, USER).await, 1469);
}

#[tokio::test]
async fn every_loaded_page_has_keys_of_its_own() {
    let served = Served::start().await;
    let keys = |page: String| -> Vec<String> {
        let keys = page.split("name=\"key\" value=\"").skip(1);
        keys.map(|rest| rest.split('"').next().unwrap().to_string())
            .collect()
    };
    let mut all = keys(page(&served, USER).await);
    all.extend(keys(page(&served, USER).await));
    assert_eq!(all.len(), 4);
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 4, "two forms share a key");
}

#[tokio::test]
async fn a_hold_is_opened_committed_in_part_and_another_released() {
    let served = Served::start().await;
    let page = press(&served, USER, "do=hold&amount=100&key=first").await;
    assert_eq!(said(&page), "100 credits are held; 1,400 left to spend");
    for part in [
        "Held for calls under way</dt><dd>100</dd>",
        "name=\"hold\" value=\"first\"",
        "value=\"commit\"",
    ] {
        assert!(page.contains(part), "no {part} in {page}");
    }
    let page = press(
        &served,
        USER,
        "do=commit&hold=first&amount=40.5&key=close-first",
    );
    assert_eq!(
        said(&page.await),
        "Charged 40.5 credits of the hold, released the rest; 1,459 left"
    );
    press(&served, USER, "do=hold&amount=9&key=second").await;
    let page = press(&served, USER, "do=release&hold=second&key=close-second").await;
    assert_eq!(said(&page), "Released the hold; 1,459 left");
    assert!(!page.contains("value=\"commit\""), "{page}");
}

#[tokio::test]
async fn a_hold_that_has_ended_has_no_buttons() {
    let served = Served::start().await;
    press(&served, USER, "do=hold&amount=100&key=first").await;
    let page = press(&served, USER, "do=advance&by=P1D").await;
    assert!(!page.contains("value=\"commit\""), "{page}");
    assert!(page.contains("<strong>1,500</strong>"), "{page}");
}

#[tokio::test]
async fn what_the_api_refuses_is_said_in_its_words() {
    let served = Served::start().await;
    for (form, title, words) in [
        (
            "do=hold&amount=1000000&key=a",
            "Refused with 402",
            "credits",
        ),
        ("do=hold&amount=-1&key=b", "Refused with 422", "amount"),
        ("do=hold&amount=5", "Refused with 400", "Idempotency-Key"),
        (
            "do=charge&model=none&input=1&output=1&key=c",
            "Refused with 422",
            "modelId",
        ),
        (
            "do=charge&model=gpt-5&input=many&output=1&key=d",
            "Nothing was charged",
            "whole number",
        ),
        ("do=commit&hold=none&amount=5&key=e", "Refused with 404", ""),
        ("do=advance&by=soon", "The clock was not moved", "ISO 8601"),
        ("do=sign-in&email=nobody", "Nobody was signed in", "address"),
    ] {
        let page = press(&served, USER, form).await;
        assert_eq!(said(&page), title, "{form}: {page}");
        assert!(page.contains("role=\"alert\""), "{form}");
        assert!(page.contains(words), "{form}: {page}");
    }
    assert_eq!(available(&served, USER).await, 1500);
}

#[tokio::test]
async fn the_clock_is_moved_stopped_and_started() {
    let served = Served::start().await;
    let page = press(&served, USER, "do=advance&by=P1M").await;
    assert_eq!(
        said(&page),
        "It is 2025-12-06T14:30:00Z, and the clock stands still"
    );
    // A new month of free credits.
    assert!(page.contains("<strong>2,000</strong>"), "{page}");
    press(&served, USER, "do=run").await;
    let state = served.get("/_local/clock").await.json();
    assert_eq!(state["frozen"], false);
    press(&served, USER, "do=stop").await;
    let state = served.get("/_local/clock").await.json();
    assert_eq!(state["frozen"], true);
}

#[tokio::test]
async fn every_story_is_told_and_each_of_its_events_answered_2xx() {
    for scenario in Scenario::ALL.iter().chain(Scenario::NEEDS_API) {
        let served = Served::start().await;
        let form = format!("do=story&story={scenario}");
        let page = press(&served, USER, &form).await;
        let title = format!("Stripe told the story {scenario}");
        assert_eq!(said(&page), title, "{page}");
        assert!(page.contains("role=\"status\""), "{scenario}: {page}");
    }
}

#[tokio::test]
async fn a_story_leaves_the_credits_that_it_says() {
    let served = Served::start().await;
    let page = press(&served, USER, "do=story&story=upgrade").await;
    assert!(page.contains("Paid for</dt><dd>20,000</dd>"), "{page}");
    assert!(page.contains("200 invoice.paid"), "{page}");
    // Told again it is another story: another subscription, paid for as well.
    let page = press(&served, USER, "do=story&story=buy-pack").await;
    assert!(page.contains("Paid for</dt><dd>21,000</dd>"), "{page}");
}

#[tokio::test]
async fn who_signs_in_for_the_first_time_becomes_a_user() {
    let served = Served::start().await;
    let page = press(&served, USER, "do=sign-in&email=New%40example.org").await;
    assert_eq!(said(&page), "Signed in New@example.org");
    for part in [
        "<span>new@example.org</span>",
        "<strong>2,000</strong> credits to spend",
        "POST /oauth/token</code> answered 200",
    ] {
        assert!(page.contains(part), "no {part} in {page}");
    }
    assert!(!page.contains("eyJ0eXAi") || page.contains('…'), "{page}");
    // A seeded address is its user.
    let page = press(&served, USER, "do=sign-in&email=pro%40example.com").await;
    assert!(page.contains("Balance of Pro User"), "{page}");
}

/// Presses a button that leads away from the page; where to.
async fn led_to(served: &Served, form: &str) -> String {
    let form = format!("user={USER}&{form}");
    let answer = super::send(served, &[], &form).await;
    assert_eq!(answer.status, 303, "{form}: {}", answer.text);
    answer.header("location").to_string()
}

#[tokio::test]
async fn what_is_on_sale_is_listed_and_bought_at_stripes_page() {
    let served = Served::start().await;
    let shown = page(&served, USER).await;
    for part in [
        "<strong>pro</strong><br>20.00 USD a month<br><span class=\"note\">10,000 credits</span>",
        "200.00 USD a year<br><span class=\"note\">120,000 credits, month by month</span>",
        "value=\"price_test_pack_1000\" aria-label=\"Buy pack-1000\">Buy</button>",
        "value=\"portal\"",
    ] {
        assert!(shown.contains(part), "no {part} in {shown}");
    }
    let checkout = led_to(&served, "do=buy&price=price_test_pack_1000").await;
    let stripe = served.world.stripe_url.clone().unwrap();
    assert!(
        checkout.starts_with(&format!("{stripe}/c/pay/")),
        "{checkout}"
    );
    // The same button leads to the same page.
    let again = led_to(&served, "do=buy&price=price_test_pack_1000").await;
    assert_eq!(again, checkout);
    for (outcome, title) in [
        ("completed", "Back from Stripe: the checkout is complete"),
        ("cancelled", "Back from Stripe: nothing was bought"),
    ] {
        let back = format!("/?user={USER}&checkout={outcome}");
        assert_eq!(said(&served.get(&back).await.text), title);
    }
}

#[tokio::test]
async fn what_cannot_be_bought_or_managed_is_refused_in_the_apis_words() {
    let served = Served::start().await;
    for (form, title, words) in [
        ("do=buy&price=price_none", "Refused with 422", "priceId"),
        ("do=buy", "Refused with 422", "priceId"),
        ("do=portal", "Refused with 409", "Nothing was bought yet"),
    ] {
        let page = press(&served, USER, form).await;
        assert_eq!(said(&page), title, "{form}: {page}");
        assert!(page.contains(words), "{form}: {page}");
    }
    let page = press(&served, "pro-user", "do=buy&price=price_test_pro_plus").await;
    assert_eq!(said(&page), "Refused with 409");
    let stripe = served.world.stripe_url.clone().unwrap();
    let link = format!("<a href=\"{stripe}/p/session/");
    assert!(page.contains(&link), "{page}");
}

#[tokio::test]
async fn a_notice_is_kept_until_fifty_others_have_come() {
    let served = Served::start().await;
    let base = served.world.base_url.clone();
    let headers = [("origin", base.as_str())];
    let form = "user=free-user&do=stop";
    let first = super::send(&served, &headers, form).await;
    let first = first.header("location").to_string();
    let is_said = async || served.get(&first).await.text.contains("id=\"said\"");
    assert!(is_said().await && is_said().await);
    for _ in 0..50 {
        super::send(&served, &headers, form).await;
    }
    assert!(!is_said().await);
    let state: Value = served.get("/_local/clock").await.json();
    assert_eq!(state["frozen"], true);
}
