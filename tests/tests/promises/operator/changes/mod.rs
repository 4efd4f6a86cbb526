//! What an operator changes of a user: once under each key, nothing in a dry run, and
//! every balance is right afterwards.

mod once;
mod totals;
mod wrong;

use shared::store::Consistency;
use tests::{Served, at, user};

use super::ground::{Ground, LATER, RICH};

const USER: &str = "free-user";
const WHY: [&str; 4] = ["--reason", "ticket 512", "--actor", "ada"];
const END: [&str; 2] = ["--expires", "2026-05-01T00:00:00Z"];

impl Ground {
    /// Runs a writing command with its reason.
    async fn does(&self, words: &[&str]) -> String {
        self.says(&[words, &WHY].concat(), 0).await
    }

    /// What a user may spend, in whole credits.
    async fn has(&self, who: &str) -> i64 {
        let account = self.account(who).await;
        let view = shared::domain::view(&account, at(LATER)).unwrap();
        view.total_available
    }

    async fn account(&self, who: &str) -> shared::domain::CreditAccount {
        let store = &self.world.store;
        let account = store.load_account(&user(who), Consistency::Strong).await;
        account.unwrap()
    }

    async fn is_active_in_profile(&self, who: &str) -> bool {
        let person = self.world.store.load_person(&user(who)).await;
        person.unwrap().user.unwrap().active
    }
}

#[tokio::test]
async fn a_grant_is_a_lot_with_an_end_and_a_reason() {
    let ground = Ground::seeded().await;
    let said = ground
        .does(&[&["grant", USER, "50.5"][..], &END].concat())
        .await;
    let key = said.trim().rsplit("key ops#").next().unwrap().to_string();
    for part in [
        "free-user: grant of 50.5 leaves 2050 available\n",
        &format!("    ops:{key}: new promo lot from {LATER} until 2026-05-01T00:00:00Z\n"),
        &format!("    by ada: ticket 512; key ops#{key}\n"),
    ] {
        assert!(said.contains(part), "{part}\n{said}");
    }
    let explained = ground.says(&["explain", "--user", USER], 0).await;
    let line = format!("grant of 50.5 by ada (ops#{key}): 2000 free and 50.5 pro left");
    assert!(explained.contains(&line), "{explained}");
    let lot = ground.account(USER).await.lots.last().cloned().unwrap();
    assert_eq!(lot.terms.expires_at, Some(at("2026-05-01T00:00:00Z")));
}

#[tokio::test]
async fn what_is_taken_is_what_is_available_and_no_more() {
    let ground = Ground::seeded().await;
    let too_much = [&["adjust", USER, "--take", "2000.001"][..], &WHY].concat();
    assert_eq!(ground.leaves_all(&too_much, 1).await, "");
    let said = ground.does(&["adjust", USER, "--take", "120.5"]).await;
    assert!(
        said.contains("adjust of 120.5 leaves 1879 available"),
        "{said}"
    );
    assert!(said.contains("+120.5 used, taken by an operator"), "{said}");
    let said = ground.does(&["adjust", USER, "--give", "0.5"]).await;
    assert!(said.contains("grant of 0.5 leaves"), "{said}");
    assert!(said.contains("new promo lot from 2026-03-20T08:00:00Z, no end"));
    assert_eq!(ground.account(USER).await.lots.len(), 2);
    let explained = ground.says(&["explain", "--user", USER], 0).await;
    assert!(explained.contains("taken by an operator"), "{explained}");
}

#[tokio::test]
async fn a_hold_is_listed_with_its_age_and_released() {
    let ground = Ground::seeded().await;
    let said = ground.says(&["hold", "list", USER], 0).await;
    assert_eq!(said, "free-user has no open holds.\n");
    let action = shared::domain::Action::Hold {
        hold: "inference-service#stuck".parse().unwrap(),
        amount: tests::credits("300"),
        ttl_seconds: 300_000,
        on_expiry: shared::domain::OnExpiry::Settle,
    };
    let opened = at("2026-03-19T08:00:00Z");
    ground
        .command(USER, "api#inference-service#stuck", opened, action)
        .await;
    let said = ground.says(&["hold", "list", USER], 0).await;
    assert_eq!(
        said,
        "inference-service#stuck  300 held, opened 2026-03-19T08:00:00Z (24 h ago), charged as reported at 2026-03-22T19:20:00Z\n"
    );
    assert_eq!(ground.has(USER).await, 1_700);
    let release = ["hold", "release", USER, "inference-service#stuck"];
    let said = ground.does(&release).await;
    assert!(
        said.contains("release of 300 leaves 2000 available"),
        "{said}"
    );
    let again = ground.leaves_all(&[&release[..], &WHY].concat(), 0).await;
    assert!(again.contains("already done"), "{again}");
    let unknown = ["hold", "release", USER, "inference-service#other"];
    assert_eq!(
        ground.leaves_all(&[&unknown[..], &WHY].concat(), 1).await,
        ""
    );
}

#[tokio::test]
async fn who_may_spend_stands_in_the_account_and_the_profile_alike() {
    let ground = Ground::seeded().await;
    for (word, active) in [
        ("deactivate", false),
        ("activate", true),
        ("deactivate", false),
    ] {
        let words = ["user", word, USER];
        ground.does(&words).await;
        assert_eq!(ground.account(USER).await.active, active);
        assert_eq!(ground.is_active_in_profile(USER).await, active);
        let again = ground.leaves_all(&[&words[..], &WHY].concat(), 0).await;
        assert!(again.contains("already; nothing to do"), "{again}");
    }
    // One of the two was changed by hand: the same command makes them agree.
    let action = shared::domain::Action::Adjust(shared::domain::Adjustment::Active(true));
    ground.command(USER, "ops#by-hand", at(LATER), action).await;
    let listed = ground.says(&["user", "list"], 3).await;
    assert!(listed.contains("! the profile says inactive"), "{listed}");
    ground.does(&["user", "deactivate", USER]).await;
    assert!(!ground.account(USER).await.active);
    // Somebody without a profile has an account alone.
    let ground = Ground::rich().await;
    ground.does(&["user", "deactivate", RICH]).await;
    assert!(!ground.account(RICH).await.active);
    ground.says(&["verify", "--all"], 0).await;
}

#[tokio::test]
async fn an_allocation_counts_from_the_next_month_on_and_the_rest_of_the_terms_stay() {
    let ground = Ground::seeded().await;
    let words = ["user", "allocation", USER, "--credits", "5000"];
    let said = ground.does(&words).await;
    let line = "5000 free credits a month from the next month, reset on day 1";
    assert!(said.contains(line), "{said}");
    let again = ground.leaves_all(&[&words[..], &WHY].concat(), 0).await;
    assert!(again.contains("already; nothing to do"), "{again}");
    ground
        .does(&["user", "allocation", USER, "--reset-day", "15"])
        .await;
    let account = ground.account(USER).await;
    assert_eq!(account.monthly_allocation, tests::credits("5000"));
    assert_eq!(account.reset_day_of_month.day(), 15);
    assert_eq!(ground.has(USER).await, 2_000);
    let april = shared::domain::view(&account, at("2026-04-16T00:00:00Z")).unwrap();
    assert_eq!(april.total_available, 5_000);
}

#[tokio::test]
async fn the_user_sees_that_something_was_given_and_not_why() {
    let served = Served::start().await;
    let (url, _stop) = crate::wire::expose(&served.world).await;
    let operator = tests::Operator::at(&url, tests::NOW);
    let words = ["grant", USER, "50", "--expires", "2026-05-01T00:00:00Z"];
    let why = ["--reason", "suspected fraud", "--key", "ticket-512"];
    let said = operator.run(&[&words[..], &why].concat()).await;
    assert_eq!(said.code, 0, "{}", said.text);
    let token = served.token(USER, "credits.read").await;
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str())];
    let path = "/api/user/credits/history";
    let history = served.send("GET", path, &headers, None).await.text;
    assert!(history.contains("ticket-512"), "{history}");
    assert!(!history.contains("suspected"), "{history}");
}
