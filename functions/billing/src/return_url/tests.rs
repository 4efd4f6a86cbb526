//! Which addresses are let through, and which disguises are not.

use super::*;

fn list(entries: &[&str]) -> Vec<Allowed> {
    let entries = entries.iter();
    entries
        .map(|entry| Allowed::listed(entry).unwrap())
        .collect()
}

#[test]
fn an_address_is_allowed_by_scheme_host_port_and_path() {
    let list = list(&[
        "https://app.example",
        "https://shop.example:8443/done",
        "https://docs.example/billing/",
        "http://localhost:8080/callback",
        "http://[::1]:9",
        "myapp://",
        "other.app://billing",
    ]);
    for good in [
        "https://app.example",
        "https://app.example:443/anything/at?all=1&b=%20",
        "https://app.example/me@home/a:b",
        "https://shop.example:8443/done?from=shop",
        "https://docs.example/billing/",
        "https://docs.example/billing/a/b",
        "http://localhost:8080/callback",
        "http://localhost:8080/callback?x=http://elsewhere.example",
        "http://[::1]:9/x",
        "myapp://",
        "myapp://billing/done",
        "myapp:///done",
        "other.app://billing/done?x=1",
    ] {
        assert!(is_allowed(&list, good), "{good}");
    }
    for bad in [
        "",
        "/",
        "//app.example",
        "app.example",
        "http://app.example",
        "https://app.example.",
        "https://app.example.evil.example",
        "https://evil.example/app.example",
        "https://evilapp.example",
        "https://sub.app.example",
        "https://app.example:444",
        "https://app.example:0443",
        "https://app.example:",
        "https://app.example:443x",
        "https://app.example:99999",
        "https://APP.example",
        "HTTPS://app.example",
        "https:app.example",
        "https:/app.example",
        "https:///app.example",
        "https://shop.example/done",
        "https://shop.example:8443/done/",
        "https://shop.example:8443/done/x",
        "https://shop.example:8443/Done",
        "https://docs.example/billing",
        "https://docs.example/billing/../admin",
        "https://docs.example/billing/./x",
        "https://docs.example/billing/%2e%2e/admin",
        "https://docs.example/billing/%2E%2E/admin",
        "https://docs.example/billing/..%2fadmin",
        "https://docs.example/billing/%5c..%5cadmin",
        "http://localhost/callback",
        "http://localhost:8081/callback",
        "http://127.0.0.1:8080/callback",
        "http://localhost.evil.example:8080/callback",
        "http://[::2]:9/x",
        "http://[::1]:9evil/x",
        "other.app://elsewhere/done",
        "other.app://billing.evil",
        "another://billing",
    ] {
        assert!(!is_allowed(&list, bad), "{bad}");
    }
}

#[test]
fn a_disguised_host_is_refused() {
    let list = list(&["https://app.example", "myapp://"]);
    for bad in [
        // User names, and what follows them.
        "https://app.example@evil.example/",
        "https://app.example:443@evil.example/",
        "https://evil.example@app.example/",
        "https://user:word@app.example/",
        "https://@app.example/",
        "https://app.example%40evil.example/",
        // Backslashes, which browsers take for slashes.
        "https://app.example\\@evil.example/",
        "https:\\\\app.example/",
        "https://evil.example\\.app.example/",
        "https://app.example/\\evil.example",
        // Control characters and spaces, which browsers drop.
        "https://app.example\t/",
        "https://app.exam\nple/",
        " https://app.example/",
        "https://app.example/ ",
        "https://app.example/\u{0}",
        "https://app.example/\u{7f}",
        "https://app.example/%00",
        "https://app.example/x%0d%0aset-cookie:%20a",
        "https://app.example/%zz",
        "https://app.example/%+1",
        "https://app.example/%",
        // Letters that look alike, or become others.
        "https://\u{430}pp.example/",
        "https://app\u{3002}example/",
        "https://app.example\u{ff0f}@evil.example/",
        "https://app%2eexample/",
        // Fragments and brackets.
        "https://app.example#@evil.example/",
        "https://app.example/#/done",
        "https://evil.example#app.example",
        "https://[app.example]/",
        "https://app.example[/",
        "https://app.example/{CHECKOUT_SESSION_ID}",
        // Schemes that a browser runs.
        "javascript://app.example/%0aalert(1)",
        "data://app.example/",
        "file://app.example/etc",
        "view-source://app.example/",
        "blob://app.example/",
        "myapp:done",
        "myapp%3a//done",
        "my\u{430}pp://",
        "myapp://user@done",
    ] {
        assert!(!is_allowed(&list, bad), "{bad:?}");
    }
    let long = format!("https://app.example/{}", "x".repeat(MAX_LENGTH));
    assert!(!is_allowed(&list, &long));
    assert!(is_allowed(&list, &long[..MAX_LENGTH]));
}

#[test]
fn the_operators_list_refuses_what_no_buyer_should_be_sent_to() {
    for bad in [
        "app.example",
        "*",
        "https://",
        "https://*.example",
        "http://app.example",
        "http://localhost.evil.example",
        "https://user@app.example",
        "https://app.example/a?b=c",
        "javascript://",
        "data://",
        "MyApp://",
        "https://app.example/../x",
    ] {
        assert_eq!(Allowed::listed(bad), None, "{bad}");
    }
}

#[test]
fn a_redirect_uri_allows_its_own_path_alone() {
    let list = [
        Allowed::redirect("http://localhost:8080/").unwrap(),
        Allowed::redirect("https://app.example").unwrap(),
        Allowed::redirect("myapp://callback").unwrap(),
    ];
    for good in [
        "http://localhost:8080",
        "http://localhost:8080/?x=1",
        "https://app.example/",
        "myapp://callback",
    ] {
        assert!(is_allowed(&list, good), "{good}");
    }
    for bad in [
        "http://localhost:8080/x",
        "https://app.example/x",
        "myapp://callback/x",
        "myapp://other",
    ] {
        assert!(!is_allowed(&list, bad), "{bad}");
    }
    assert_eq!(Allowed::redirect("http://app.example/callback"), None);
}

#[test]
fn the_outcome_is_added_to_the_query() {
    for (url, expected) in [
        (
            "https://app.example",
            "https://app.example?checkout=completed",
        ),
        ("myapp://done", "myapp://done?checkout=completed"),
        (
            "https://a.example/x?y=1",
            "https://a.example/x?y=1&checkout=completed",
        ),
    ] {
        assert_eq!(with_outcome(url, "completed"), expected);
    }
}
