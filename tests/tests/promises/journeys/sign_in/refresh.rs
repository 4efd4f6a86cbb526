//! Refresh tokens: each is good once, and an old one ends all that came from
//! its sign-in.

use tests::{NOW, Served, at};

use super::{SCOPE, check_refused, claims, refresh, signed_in, token};

#[tokio::test]
async fn a_refresh_gives_new_tokens_of_the_same_sign_in() {
    let served = Served::start().await;
    let first = signed_in(&served, ("user", "pro-user")).await;
    served.advance("PT1H").await;
    let expired = served
        .credits_with(token(&first, "access_token"), &[])
        .await;
    assert_eq!(expired.status, 401);
    let answer = refresh(&served, token(&first, "refresh_token"), &[]).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let answer = answer.json();
    assert_ne!(answer["refresh_token"], first["refresh_token"]);
    assert_eq!(answer["scope"], SCOPE);
    let credits = served
        .credits_with(token(&answer, "access_token"), &[])
        .await;
    assert_eq!(credits.status, 200);
    let claims = claims(&served, token(&answer, "id_token")).await;
    assert_eq!(claims["sub"], "pro-user");
    assert_eq!(claims["auth_time"], at(NOW).unix_seconds());
    assert_eq!(claims["iat"], at(NOW).unix_seconds() + 3600);
    // A nonce belongs to one authorization request.
    assert_eq!(claims.get("nonce"), None);
}

#[tokio::test]
async fn an_old_refresh_token_ends_all_that_came_from_its_sign_in() {
    let served = Served::start().await;
    let other = signed_in(&served, ("user", "pro-user")).await;
    let mut tokens = vec![signed_in(&served, ("user", "pro-user")).await];
    for _ in 0..3 {
        let last = token(tokens.last().unwrap(), "refresh_token");
        let next = refresh(&served, last, &[]).await;
        assert_eq!(next.status, 200, "{}", next.text);
        tokens.push(next.json());
    }
    let old = refresh(&served, token(&tokens[1], "refresh_token"), &[]).await;
    check_refused(&old, 400, "invalid_grant");
    for tokens in &tokens {
        let ended = refresh(&served, token(tokens, "refresh_token"), &[]).await;
        check_refused(&ended, 400, "invalid_grant");
    }
    let other = refresh(&served, token(&other, "refresh_token"), &[]).await;
    assert_eq!(other.status, 200, "{}", other.text);
}

#[tokio::test]
async fn of_two_refreshes_at_once_one_gets_tokens_and_both_must_sign_in_again() {
    let served = Served::start().await;
    let first = signed_in(&served, ("user", "pro-user")).await;
    let used = token(&first, "refresh_token");
    let (one, other) = tokio::join!(refresh(&served, used, &[]), refresh(&served, used, &[]));
    let (given, refused) = if one.status == 200 {
        (one, other)
    } else {
        (other, one)
    };
    assert_eq!(given.status, 200, "{}", given.text);
    check_refused(&refused, 400, "invalid_grant");
    let ended = refresh(&served, token(&given.json(), "refresh_token"), &[]).await;
    check_refused(&ended, 400, "invalid_grant");
}

#[tokio::test]
async fn a_sign_in_lasts_thirty_days() {
    let served = Served::start().await;
    let mut newest = signed_in(&served, ("user", "pro-user")).await;
    for (advance, status) in [("P29D", 200), ("PT23H59M59S", 200), ("PT1S", 400)] {
        served.advance(advance).await;
        let answer = refresh(&served, token(&newest, "refresh_token"), &[]).await;
        assert_eq!(answer.status, status, "{advance}: {}", answer.text);
        newest = answer.json();
    }
}

#[tokio::test]
async fn a_refresh_may_ask_for_less_and_never_for_more() {
    let served = Served::start().await;
    let first = signed_in(&served, ("user", "pro-user")).await;
    let used = token(&first, "refresh_token");
    for more in ["credits.read user.info", "credits.charge", " "] {
        let answer = refresh(&served, used, &[("scope", more)]).await;
        check_refused(&answer, 400, "invalid_scope");
    }
    let less = refresh(&served, used, &[("scope", "email")]).await.json();
    assert_eq!(less["scope"], "email");
    assert_eq!(less.get("id_token"), None, "{less}");
    let credits = served.credits_with(token(&less, "access_token"), &[]).await;
    assert_eq!(credits.status, 403);
    let all = refresh(&served, token(&less, "refresh_token"), &[])
        .await
        .json();
    assert_eq!(all["scope"], SCOPE);
}

#[tokio::test]
async fn what_is_no_refresh_token_of_the_issuer_is_refused() {
    let served = Served::start().await;
    let first = signed_in(&served, ("user", "pro-user")).await;
    for sent in [
        "x",
        ".",
        "a.b",
        token(&first, "access_token"),
        token(&first, "id_token"),
    ] {
        check_refused(&refresh(&served, sent, &[]).await, 400, "invalid_grant");
    }
    let stranger = [("client_id", "another-app")];
    let answer = refresh(&served, token(&first, "refresh_token"), &stranger).await;
    check_refused(&answer, 401, "invalid_client");
    let answer = refresh(&served, token(&first, "refresh_token"), &[]).await;
    assert_eq!(answer.status, 200, "a refused request leaves it as it was");
}
