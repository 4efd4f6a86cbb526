//! From the sign-in page to the first figures an app shows, in one trip: the code goes
//! to the product's own route, which asks the issuer.

use serde_json::{Value, json};
use tests::{Answer, Served, a_charge, commit};

use super::{CLIENT, FORM, REDIRECT, VERIFIER, choose, code, form, token};
use shared::host::clock::Clock;

const ROUTE: &str = "/oauth/token";
const SCOPES: &str = "openid email profile user.info credits.read";

async fn send(served: &Served, request: &[(&str, &str)]) -> Answer {
    let body = form(request, &[]);
    served.send("POST", ROUTE, &[FORM], Some(&body)).await
}

async fn exchange(served: &Served, code: &str, verifier: &str) -> Answer {
    let request = [
        ("grant_type", "authorization_code"),
        ("client_id", CLIENT),
        ("redirect_uri", REDIRECT),
        ("code_verifier", verifier),
        ("code", code),
        ("include_user_data", "true"),
    ];
    send(served, &request).await
}

async fn refresh(served: &Served, token: &str) -> Answer {
    let request = [
        ("grant_type", "refresh_token"),
        ("client_id", CLIENT),
        ("refresh_token", token),
        ("include_credits", "true"),
    ];
    send(served, &request).await
}

/// Somebody signs in on the page and the app exchanges their code.
async fn signed_in(served: &Served, choice: (&str, &str)) -> Value {
    let code = code(served, &[choice, ("scope", SCOPES)]).await;
    let answer = exchange(served, &code, VERIFIER).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.header("cache-control"), "no-store");
    answer.json()
}

#[tokio::test]
async fn the_pro_user_sees_their_credits_with_their_tokens_and_after_a_charge() {
    let served = Served::start().await;
    let first = signed_in(&served, ("user", "pro-user")).await;
    let credits = &first["user"]["credits"];
    assert_eq!(credits["freeCredits"]["remaining"], 2000);
    assert_eq!(credits["proCredits"]["remaining"], 5000);
    assert_eq!(credits["totalAvailable"], 7000);
    assert_eq!(first["user"]["email"], "pro@example.com");
    let now = served.world.clock.now();
    let charged = commit(&served.world.store, "pro-user", &a_charge("120.5"), now).await;
    charged.unwrap();
    let second = refresh(&served, token(&first, "refresh_token")).await;
    assert_eq!(second.status, 200, "{}", second.text);
    let second = second.json();
    assert_eq!(second["credits"]["totalAvailable"], 6879);
    // The tokens are good, and the profile knows of the sign-in.
    let profile = served.with(token(&second, "access_token"));
    let profile = profile.get("/api/user/profile").await.json();
    assert_eq!(profile["lastLoginAt"], json!(now));
    // A refresh token that was rotated away is the issuer's to refuse.
    let again = refresh(&served, token(&first, "refresh_token")).await;
    assert_eq!(
        (again.status, &again.json()["error"]),
        (400, &json!("invalid_grant"))
    );
}

#[tokio::test]
async fn somebody_new_is_a_user_once_they_have_signed_in() {
    let served = Served::start().await;
    let answer = signed_in(&served, ("email", "new@example.com")).await;
    let user = &answer["user"];
    assert_eq!(user["email"], "new@example.com");
    assert_eq!(
        user["subscription"],
        json!({"tier": "free", "status": "active"})
    );
    assert_eq!(user["credits"]["totalAvailable"], 2000);
    let known = served
        .world
        .store
        .find_user_by_email("new@example.com")
        .await;
    assert_eq!(known.unwrap().unwrap().as_str(), user["userId"]);
}

#[tokio::test]
async fn a_code_is_good_once_and_for_its_own_verifier() {
    let served = Served::start().await;
    for second in [VERIFIER, &"v".repeat(43)] {
        let code = code(&served, &[("user", "pro-user"), ("scope", SCOPES)]).await;
        let first = exchange(&served, &code, second).await;
        let again = exchange(&served, &code, VERIFIER).await;
        assert_eq!(first.status, if second == VERIFIER { 200 } else { 400 });
        assert_eq!(
            (again.status, &again.json()["error"]),
            (400, &json!("invalid_grant"))
        );
        assert_eq!(again.json().get("user"), None);
    }
    let cancelled = choose(&served, &[("cancel", "yes")]).await;
    assert!(!cancelled.header("location").contains("code="));
}
