//! The tag of an answer: it changes when what is shown changes, and with
//! nothing else, so that the app asks often and downloads rarely.

use tests::{Answer, Served};

async fn ask(served: &Served, if_none_match: &str) -> Answer {
    let token = served.token("free-user", "credits.read").await;
    let header = [("if-none-match", if_none_match)];
    served.credits_with(&token, &header).await
}

#[tokio::test]
async fn a_client_that_holds_the_answer_gets_304_with_the_same_headers() {
    let served = Served::start().await;
    let full = served.credits("free-user").await;
    let tag = full.header("etag").to_string();
    assert!(tag.starts_with("W/\"") && tag.ends_with('"'), "{tag}");
    for sent in [tag.clone(), format!("\"other\", {tag}"), "*".to_string()] {
        let answer = ask(&served, &sent).await;
        assert_eq!((answer.status, answer.text.as_str()), (304, ""), "{sent}");
        for name in ["etag", "cache-control", "vary", "ratelimit-limit"] {
            assert_eq!(answer.header(name), full.header(name), "{name}");
        }
    }
    let other = ask(&served, "W/\"other\"").await;
    assert_eq!((other.status, &other.text), (200, &full.text));
}

#[tokio::test]
async fn the_time_of_the_answer_alone_does_not_change_the_tag() {
    let served = Served::start().await;
    let first = served.credits("free-user").await;
    served.advance("PT5M").await;
    let later = served.credits("free-user").await;
    assert_eq!(later.header("etag"), first.header("etag"));
    assert_ne!(later.json()["lastUpdated"], first.json()["lastUpdated"]);
    assert_eq!(ask(&served, first.header("etag")).await.status, 304);
}

#[tokio::test]
async fn a_day_later_the_answer_has_another_tag() {
    let served = Served::start().await;
    let first = served.credits("free-user").await;
    assert_eq!(first.json()["freeCredits"]["daysUntilReset"], 25);
    served.advance("P1D").await;
    let later = ask(&served, first.header("etag")).await;
    assert_eq!(later.status, 200);
    assert_eq!(later.json()["freeCredits"]["daysUntilReset"], 24);
    assert_ne!(later.header("etag"), first.header("etag"));
}

#[tokio::test]
async fn two_users_never_share_a_tag_unless_they_see_the_same() {
    let served = Served::start().await;
    let free = served.credits("free-user").await;
    let pro = served.credits("pro-user").await;
    assert_ne!(free.header("etag"), pro.header("etag"));
}
