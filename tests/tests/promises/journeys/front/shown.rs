//! What the page shows.

use serde_json::json;
use tests::{Operator, Served};

use super::{USER, page, press};
use crate::wire::expose;

#[tokio::test]
async fn the_page_shows_everybody_the_balance_the_lots_and_the_plan() {
    let served = Served::start().await;
    let page = page(&served, "pro-user").await;
    for part in [
        "<strong>Free User</strong> <span>free@example.com</span> <span class=\"figure\">1,500 credits",
        "<strong>Pro User</strong> <span>pro@example.com</span> <span class=\"figure\">7,000 credits",
        "Balance of Pro User",
        "<strong>7,000</strong> credits to spend",
        "of 2,000 a month, anew on <time datetime=\"2025-12-01T00:00:00Z\"",
        "Plan: <strong>pro</strong>, active, renews on",
        "<span class=\"id\">buy:pi_test_pro_user</span>",
        "<td>never</td>",
        "Nothing was used. Charge a call, and it is here.",
        "<a href=\"/docs\">",
        "<a href=\"/_local/meter\">",
        "2025-11-06 14:30 UTC</time>, stopped",
        "<option value=\"gpt-5\">GPT-5</option>",
        "<option value=\"renew\">renew: ",
    ] {
        assert!(page.contains(part), "no {part} in {page}");
    }
}

#[tokio::test]
async fn the_page_is_whole_without_a_network_and_runs_nothing() {
    let served = Served::start().await;
    let answer = served.get("/").await;
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("x-frame-options"), "DENY");
    let policy = answer.header("content-security-policy");
    let stripe = served.world.stripe_url.clone().unwrap();
    for rule in [
        "default-src 'none'",
        &format!("form-action 'self' {stripe};"),
        "frame-ancestors 'none'",
    ] {
        assert!(policy.contains(rule), "{policy}");
    }
    assert!(
        !policy.contains("unsafe") && !policy.contains("script"),
        "{policy}"
    );
    for part in [
        "<script", "<link", "<img", "src=", "url(", "@import", "onclick", " style=",
    ] {
        assert!(!answer.text.contains(part), "{part} in {}", answer.text);
    }
    for link in answer.text.split("href=\"").skip(1) {
        assert!(link.starts_with('/'), "a link leads elsewhere: {link:.40}");
    }
    for path in ["/docs", "/_local/docs", "/_local/mail", "/_local/meter"] {
        assert!(answer.text.contains(&format!("href=\"{path}\"")), "{path}");
        assert_eq!(served.get(path).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn the_last_entries_are_told_as_creditsctl_explain_tells_them() {
    let served = Served::start().await;
    let page = press(
        &served,
        USER,
        "do=charge&model=gpt-5&input=12000&output=3500&key=told",
    );
    let page = page.await;
    let (url, _stop) = expose(&served.world).await;
    let operator = Operator::at(&url, "2025-11-06T14:30:00Z");
    let said = operator.run(&["explain", "--user", USER]).await;
    for words in [
        "charge of 31 by inference-service",
        "(api#inference-service#told)",
        "rated by gpt-5@2025-01-01: 24 for 12000 input, 7 for 3500 output",
        "free:2025-11-01: +31 used, a charge",
        "1469 free and 0 pro left",
    ] {
        assert!(said.text.contains(words), "{words}: {}", said.text);
        let words = words.trim_matches(['(', ')']);
        assert!(page.contains(words), "{words}: {page}");
    }
}

#[tokio::test]
async fn the_use_of_each_day_is_a_bar_and_a_row() {
    let served = Served::start().await;
    let service = served.service().await;
    for (key, amount) in [("a", 20), ("b", 5)] {
        assert_eq!(service.charge(USER, key, amount).await.status, 201);
        served.advance("P1D").await;
    }
    let page = page(&served, USER).await;
    for part in [
        "<title>2025-11-06: 20</title>",
        "height=\"100\"><title>2025-11-06",
        "height=\"25\"><title>2025-11-07: 5</title>",
        "<tr><td>2025-11-07</td><td class=\"number\">1</td><td class=\"number\">5</td></tr>",
        "25 credits in all; 20 on the busiest day",
    ] {
        assert!(page.contains(part), "no {part} in {page}");
    }
}

#[tokio::test]
async fn the_page_takes_nothing_of_what_the_app_may_ask_and_is_never_limited_itself() {
    let served = Served::start().await;
    let token = served.token(USER, "credits.read user.info").await;
    for _ in 0..40 {
        page(&served, USER).await;
    }
    // This minute never ends, and the page still shows everything.
    let shown = page(&served, USER).await;
    assert!(!shown.contains("answered 429"), "{shown}");
    let credits = served.credits_with(&token, &[]).await;
    assert_eq!(credits.header("ratelimit-remaining"), "59");
    let app = served.with(&token);
    let usage = app.get("/api/user/usage").await;
    assert_eq!(usage.header("ratelimit-remaining"), "14");
    let profile = app.get("/api/user/profile").await;
    assert_eq!(profile.header("ratelimit-remaining"), "29");
}

#[tokio::test]
async fn what_was_written_elsewhere_is_text_and_never_markup() {
    let served = Served::start().await;
    let service = served.service().await;
    let nasty = "<script>alert('1')</script>\"";
    let body = json!({"amount": 1, "label": nasty});
    let charged = service.post(USER, "charges", "nasty", &body).await;
    assert_eq!(charged.status, 201, "{}", charged.text);
    let shown = page(&served, USER).await;
    assert!(
        shown.contains("label: &lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&quot;"),
        "{shown}"
    );
    let typed = "do=hold&key=n&amount=%3Cscript%3E%22";
    let refused = press(&served, USER, typed).await;
    assert!(refused.contains("Refused with 422"), "{refused}");
    for page in [shown, refused, page(&served, "%22%3E%3Cscript%3E").await] {
        assert!(!page.contains("<script"), "{page}");
    }
}

#[tokio::test]
async fn somebody_of_whom_nothing_is_known_has_the_free_credits() {
    let served = Served::start().await;
    let page = page(&served, "a-stranger").await;
    assert!(page.contains("Balance of a-stranger"), "{page}");
    assert!(page.contains("<strong>2,000</strong> credits"), "{page}");
    assert!(page.contains("Nothing has happened yet."), "{page}");
}
