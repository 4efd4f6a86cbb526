//! What a user sees while Stripe's stories are told to a world that is served:
//! signed deliveries over HTTP, each at its moment, and between them the two
//! routes of the app.

mod spending;
mod stories;

use local::stripe::{ApiVersion, Cast, Scenario, Story, StoryEvent, sign};
use serde_json::Value;
use shared::domain::Timestamp;
use shared::host::clock::Clock;
use tests::{Served, Service, at, frozen};

/// A seeded user: on the free plan, with 500 of this month's 2,000 used.
const USER: &str = "free-user";

/// A world with a user in it, and Stripe's side of things.
struct Telling {
    served: Served,
    user: Service,
    secret: String,
}

/// What a user sees: pro credits left, bought in all, debt; and the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    pro: i64,
    bought: i64,
    debt: i64,
    plan: String,
}

fn seen(pro: i64, bought: i64, debt: i64, plan: &str) -> Seen {
    let plan = plan.to_string();
    Seen {
        pro,
        bought,
        debt,
        plan,
    }
}

impl Telling {
    async fn start() -> Self {
        Telling::start_at(at(tests::NOW)).await
    }

    async fn start_at(now: Timestamp) -> Self {
        let options = local::WorldOptions {
            now: Some(now),
            ..frozen()
        };
        let served = Served::start_with(options).await;
        let about = served.get("/_local").await.json();
        let secret = about["stripeWebhookSecret"].as_str().unwrap().to_string();
        let user = served.as_user(USER).await;
        Telling {
            served,
            user,
            secret,
        }
    }

    /// The clock of the world; it never goes back.
    fn moves_to(&self, moment: Timestamp) {
        let clock = &self.served.world.clock;
        clock.set(clock.now().max(moment));
    }

    /// Delivers events, each when it happened.
    async fn report(&self, events: &[StoryEvent]) {
        for event in events {
            self.moves_to(event.created());
            let body = event.payload();
            let signature = sign(&self.secret, self.served.world.clock.now(), body.as_bytes());
            let headers = [
                ("content-type", "application/json; charset=utf-8"),
                ("stripe-signature", signature.as_str()),
            ];
            let path = "/webhooks/stripe";
            let answer = self.served.send("POST", path, &headers, Some(&body)).await;
            assert_eq!(answer.status, 200, "{}: {}", event.id, answer.text);
        }
    }

    /// What the user sees now. Whatever it is, no number of it is negative, and
    /// the free credits are those of the month.
    async fn sees(&self) -> Seen {
        let answer = self.user.get("/api/user/credits").await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let credits = answer.json();
        let answer = self.user.get("/api/user/profile").await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let plan = &answer.json()["subscription"];
        let number = |pointer: &str| credits.pointer(pointer).and_then(Value::as_i64).unwrap();
        let (free, pro) = (
            number("/freeCredits/remaining"),
            number("/proCredits/remaining"),
        );
        assert_eq!(number("/totalAvailable"), free + pro, "{credits}");
        for pointer in ["/freeCredits/used", "/freeCredits/remaining", "/held"] {
            assert!(number(pointer) >= 0, "{credits}");
        }
        let text = |name: &str| plan[name].as_str().unwrap().to_string();
        let ending = plan["cancelAtPeriodEnd"] == true;
        let ending = if ending { " ending" } else { "" };
        Seen {
            pro,
            bought: number("/proCredits/purchasedTotal"),
            debt: number("/debt"),
            plan: format!("{} {}{ending}", text("tier"), text("status")),
        }
    }

    async fn free(&self) -> i64 {
        let credits = self.user.get("/api/user/credits").await.json();
        credits["freeCredits"]["remaining"].as_i64().unwrap()
    }

    /// The inference service charges the user.
    async fn charges(&self, amount: i64) {
        let service = self.served.service().await;
        let key = format!("charge-{amount}");
        let answer = service.charge(USER, &key, amount).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
    }
}

/// A story about the user.
fn story(scenario: Scenario, suffix: &str, version: ApiVersion) -> Vec<StoryEvent> {
    Story::render(scenario, &Cast::new(USER, suffix, at(tests::NOW)), version)
}
