//! The authorization request: who is shown what, and who is sent where.

use tests::Served;

use super::{AUTHORIZE, FORM, REQUEST, ask, brought, choose, form};

#[tokio::test]
async fn a_choice_brings_a_code_and_the_state_to_the_redirect() {
    let served = Served::start().await;
    for choice in [
        ("user", "pro-user"),
        ("email", "free@example.com"),
        ("email", "somebody.new@example.org"),
    ] {
        let brought = brought(&choose(&served, &[choice]).await);
        let names: Vec<&str> = brought.keys().map(String::as_str).collect();
        assert_eq!(names, ["code", "iss", "state"], "{choice:?}");
        assert_eq!(brought["state"], "a state & more");
        assert_eq!(brought["iss"], served.world.base_url);
        assert_eq!(brought["code"].len(), 22);
    }
    let stateless = brought(&choose(&served, &[("user", "pro-user"), ("state", "")]).await);
    assert!(!stateless.contains_key("state"), "{stateless:?}");
}

#[tokio::test]
async fn a_wrong_client_or_redirect_is_shown_and_nobody_is_sent_anywhere() {
    let served = Served::start().await;
    for (name, value) in [
        ("client_id", ""),
        ("client_id", "another-app"),
        ("client_id", "TextAssistant-Desktop"),
        ("redirect_uri", ""),
        ("redirect_uri", "http://localhost:8080/"),
        ("redirect_uri", "http://localhost:8080/callback/"),
        ("redirect_uri", "http://localhost:8080/callback?a=1"),
        ("redirect_uri", "http://localhost:8080/callback#a"),
        ("redirect_uri", "http://localhost:8081/callback"),
        ("redirect_uri", "http://LOCALHOST:8080/callback"),
        (
            "redirect_uri",
            "http://localhost:8080@evil.example/callback",
        ),
        ("redirect_uri", "https://evil.example/callback"),
        ("redirect_uri", "//evil.example"),
        ("redirect_uri", "javascript:alert(1)"),
    ] {
        let changes = [(name, value), ("user", "pro-user")];
        for answer in [
            ask(&served, &changes[..1]).await,
            choose(&served, &changes).await,
        ] {
            assert_eq!(answer.status, 400, "{name}={value}");
            assert!(!answer.headers.contains_key("location"), "{name}={value}");
            assert!(answer.text.contains("This sign-in cannot go on"));
            assert!(!answer.text.contains("evil"), "{}", answer.text);
            assert!(!answer.text.contains("<form"), "{}", answer.text);
        }
    }
    for twice in [
        "client_id=textassistant-desktop",
        "redirect_uri=http://localhost:8080/callback",
    ] {
        let query = form(&REQUEST, &[]);
        let answer = served.get(&format!("{AUTHORIZE}?{query}&{twice}")).await;
        assert_eq!(answer.status, 400, "{twice}");
    }
}

#[tokio::test]
async fn every_other_error_goes_to_the_redirect_with_the_state() {
    let served = Served::start().await;
    let unfit = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM";
    let long = "n".repeat(513);
    for (name, value, error) in [
        ("response_type", "", "invalid_request"),
        ("response_type", "token", "unsupported_response_type"),
        (
            "response_type",
            "code id_token",
            "unsupported_response_type",
        ),
        ("response_mode", "fragment", "invalid_request"),
        ("scope", "openid credits.charge", "invalid_scope"),
        ("scope", "CREDITS.READ", "invalid_scope"),
        ("scope", " ", "invalid_scope"),
        ("code_challenge", "", "invalid_request"),
        ("code_challenge", "short", "invalid_request"),
        ("code_challenge", unfit, "invalid_request"),
        ("code_challenge_method", "", "invalid_request"),
        ("code_challenge_method", "plain", "invalid_request"),
        ("code_challenge_method", "s256", "invalid_request"),
        ("nonce", &long, "invalid_request"),
        ("prompt", "none", "login_required"),
        ("prompt", "login none", "invalid_request"),
        (
            "request",
            "eyJhbGciOiJub25lIn0.e30.",
            "request_not_supported",
        ),
        (
            "request_uri",
            "https://evil.example",
            "request_uri_not_supported",
        ),
        ("registration", "{}", "registration_not_supported"),
    ] {
        let changes = [(name, value), ("user", "pro-user")];
        for answer in [
            ask(&served, &changes[..1]).await,
            choose(&served, &changes).await,
        ] {
            let brought = brought(&answer);
            assert_eq!(brought["error"], error, "{name}={value}");
            assert_eq!(brought["state"], "a state & more", "{name}={value}");
            assert_eq!(brought["iss"], served.world.base_url);
            assert!(!brought.contains_key("code"), "{name}={value}");
        }
    }
    let query = form(&REQUEST, &[]);
    let twice = served
        .get(&format!("{AUTHORIZE}?{query}&nonce=other"))
        .await;
    assert_eq!(brought(&twice)["error"], "invalid_request");
    let cancelled = choose(&served, &[("cancel", "1"), ("user", "pro-user")]).await;
    assert_eq!(brought(&cancelled)["error"], "access_denied");
}

#[tokio::test]
async fn what_is_not_understood_is_ignored_and_a_missing_scope_is_all_of_the_clients() {
    let served = Served::start().await;
    let changes = [
        ("ui_locales", "de"),
        ("prompt", "login consent"),
        ("scope", ""),
    ];
    let page = ask(&served, &changes).await;
    assert_eq!(page.status, 200);
    assert!(
        page.text.contains("<li>llm.inference</li>"),
        "{}",
        page.text
    );
}

#[tokio::test]
async fn another_sites_form_signs_nobody_in() {
    let served = Served::start().await;
    let body = form(&REQUEST, &[("user", "pro-user")]);
    let base = served.world.base_url.clone();
    let localhost = base.replace("127.0.0.1", "localhost");
    for (origin, status) in [
        (base.as_str(), 303),
        (localhost.as_str(), 303),
        ("https://evil.example", 400),
        ("null", 400),
        ("http://127.0.0.1", 400),
        ("http://127.0.0.1:1", 400),
    ] {
        let headers = [FORM, ("origin", origin)];
        let answer = served.send("POST", AUTHORIZE, &headers, Some(&body)).await;
        assert_eq!(answer.status, status, "{origin}");
    }
}

#[tokio::test]
async fn what_is_no_form_is_refused_in_a_page() {
    let served = Served::start().await;
    let good = form(&REQUEST, &[("user", "pro-user")]);
    let large = format!("{good}&padding={}", "x".repeat(16 * 1024));
    let json = ("content-type", "application/json");
    for (header, body) in [
        (FORM, large.as_str()),
        (FORM, "state=%ff"),
        (FORM, ""),
        (json, &good),
        (json, "{}"),
    ] {
        let answer = served.send("POST", AUTHORIZE, &[header], Some(body)).await;
        assert_eq!(answer.status, 400, "{body}");
        assert!(answer.text.contains("This sign-in cannot go on"));
    }
    for query in [&large[..], "state=%ff", ""] {
        let answer = served.get(&format!("{AUTHORIZE}?{query}")).await;
        assert_eq!(answer.status, 400, "{query}");
    }
    let unknown = choose(&served, &[("user", "nobody-of-the-seeds")]).await;
    assert_eq!(unknown.status, 400);
}

#[tokio::test]
async fn a_client_finds_everything_in_the_discovery_document() {
    let served = Served::start().await;
    let base = &served.world.base_url;
    let document = served.get("/.well-known/openid-configuration").await.json();
    assert_eq!(
        document["authorization_endpoint"],
        format!("{base}{AUTHORIZE}")
    );
    assert_eq!(
        document["token_endpoint"],
        format!("{base}/_local/oauth/token")
    );
    for (name, values) in [
        ("response_types_supported", ["code"].as_slice()),
        ("response_modes_supported", &["query"]),
        (
            "grant_types_supported",
            &["authorization_code", "refresh_token"],
        ),
        ("code_challenge_methods_supported", &["S256"]),
        ("token_endpoint_auth_methods_supported", &["none"]),
        ("subject_types_supported", &["public"]),
        ("id_token_signing_alg_values_supported", &["RS256"]),
    ] {
        assert_eq!(document[name], serde_json::json!(values), "{name}");
    }
    let scopes = document["scopes_supported"].to_string();
    assert!(scopes.contains("\"openid\"") && scopes.contains("\"credits.read\""));
}

#[tokio::test]
async fn who_signs_up_with_a_throw_away_address_is_refused_and_who_is_known_is_not() {
    let served = Served::start().await;
    let address = ("email", "Ada@Mailinator.com");
    let refused = brought(&choose(&served, &[address]).await);
    assert_eq!(refused["error"], "access_denied");
    assert!(
        refused["error_description"].contains("throw-away"),
        "{refused:?}"
    );
    assert!(!refused.contains_key("code"));
    // Somebody who came before the address was on the list.
    let mut known =
        shared::domain::User::known_by_id("ada".parse().unwrap(), tests::at(tests::NOW));
    known.email = Some("ada@mailinator.com".to_string().into());
    let deadline = shared::host::clock::Deadline::after(std::time::Duration::from_secs(10));
    served.world.store.create(&known, deadline).await.unwrap();
    assert!(brought(&choose(&served, &[address]).await).contains_key("code"));
}
