//! The sign-in page as text; `outside::browser` looks at it with a browser.

use tests::Served;

use super::{ask, choose};

#[tokio::test]
async fn the_page_lists_the_seeded_users_and_has_a_field_for_somebody_else() {
    let served = Served::start().await;
    let page = ask(&served, &[]).await;
    assert_eq!(page.status, 200);
    for part in [
        r#"<button name="user" value="free-user"><strong>Free User</strong> <span>free@example.com"#,
        r#"<button name="user" value="pro-user"><strong>Pro User</strong> <span>pro@example.com"#,
        r#"<label for="email">"#,
        r#"name="email" type="email" required"#,
        "<h1>Sign in to Text Assistant Desktop</h1>",
        "<li>credits.read</li>",
        r#"<html lang="en">"#,
        "width=device-width",
        "prefers-color-scheme: dark",
    ] {
        assert!(page.text.contains(part), "no {part} in {}", page.text);
    }
    assert!(
        !page.text.contains("<li>llm.inference</li>"),
        "not asked for"
    );
}

#[tokio::test]
async fn the_page_loads_nothing_runs_nothing_and_is_framed_by_nobody() {
    let served = Served::start().await;
    let page = ask(&served, &[]).await;
    for (name, value) in [
        ("content-type", "text/html; charset=utf-8"),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "same-origin"),
    ] {
        assert_eq!(page.header(name), value);
    }
    let policy = page.header("content-security-policy");
    for rule in [
        "default-src 'none'",
        "form-action 'self' http://localhost:8080;",
        "frame-ancestors 'none'",
    ] {
        assert!(policy.contains(rule), "{policy}");
    }
    assert!(
        !policy.contains("unsafe") && !policy.contains("script-src"),
        "{policy}"
    );
    for part in [
        "<script", "<link", "<img", "src=", "url(", "@import", "href", "onclick",
    ] {
        assert!(!page.text.contains(part), "{part} in {}", page.text);
    }
}

#[tokio::test]
async fn what_was_sent_never_becomes_markup() {
    let served = Served::start().await;
    let nasty = r#""><script>alert('1')</script>&"#;
    for name in ["state", "nonce", "login_hint"] {
        let page = ask(&served, &[(name, nasty)]).await;
        assert_eq!(page.status, 200, "{name}");
        assert!(!page.text.contains("<script"), "{name}: {}", page.text);
        let escaped = "&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;";
        assert!(page.text.contains(escaped), "{name}: {}", page.text);
    }
    let page = choose(&served, &[("email", nasty)]).await;
    assert_eq!(page.status, 400);
    assert!(!page.text.contains("<script"), "{}", page.text);
}

#[tokio::test]
async fn what_is_no_address_is_asked_for_again_on_the_page() {
    let served = Served::start().await;
    let long = format!("{}@example.com", "a".repeat(250));
    for typed in [
        "somebody",
        "@example.com",
        "a@",
        "a b@example.com",
        "a@b@c",
        " ",
        &long,
    ] {
        let page = choose(&served, &[("email", typed)]).await;
        assert_eq!(page.status, 400, "{typed}");
        assert!(page.text.contains("This is no e-mail address."), "{typed}");
        assert!(page.text.contains(r#"aria-invalid="true""#), "{typed}");
        assert!(page.text.contains(&format!("value=\"{typed}\"")), "{typed}");
        assert!(page.text.contains(r#"value="pro-user""#), "{typed}");
    }
    let hinted = ask(&served, &[("login_hint", "me@example.org")]).await;
    assert!(hinted.text.contains(r#"value="me@example.org""#));
}
