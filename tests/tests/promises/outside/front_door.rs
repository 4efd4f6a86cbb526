//! Journeys through the front door in a real browser: what a person buys and changes
//! there, and the credits that this leaves. They are what stays paid (docs/credit-rules.md).

use serde_json::Value;
use shared::host::clock::Clock;
use tests::{Operator, Served};
use tokio::sync::oneshot;

use super::chromium::{Browser, check_look};
use crate::journeys::front::USER;
use crate::wire::expose;

/// A world, a browser at its front door, and an operator at its tables.
struct Journey {
    served: Served,
    browser: Browser,
    tables: String,
    _stop: oneshot::Sender<()>,
}

impl Journey {
    /// None if nobody asked for tools from outside.
    async fn begin() -> Option<Self> {
        // Nothing listens at the redirect of the seeded client: nobody goes there.
        let browser = Browser::start(9).await?;
        let served = Served::start().await;
        let (tables, stop) = expose(&served.world).await;
        let journey = Journey {
            served,
            browser,
            tables,
            _stop: stop,
        };
        journey.open().await;
        Some(journey)
    }

    /// Opens the front door.
    async fn open(&self) {
        let url = format!("{}/?user={USER}", self.served.world.base_url);
        self.browser.open(&url).await;
    }

    /// Presses a button that has this value.
    async fn press(&self, value: &str) {
        let button = format!("button[value={value}]");
        self.browser.follow(&button).await;
    }

    /// Opens the checkout of a price.
    async fn choose(&self, price: &str) {
        self.press(price).await;
        self.shows("This is the Stripe of the local world").await;
    }

    /// Buys at a price, and is back at the front door.
    async fn buy(&self, price: &str) {
        self.choose(price).await;
        self.press("pay").await;
        self.shows("Back from Stripe: the checkout is complete")
            .await;
    }

    /// Does something in the portal, and goes back to the front door.
    async fn in_portal(&self, values: &[&str]) {
        self.press("portal").await;
        self.shows("This is the customer portal").await;
        for value in values {
            self.press(value).await;
        }
        self.browser.follow("a.plain").await;
        self.shows("Balance of Free User").await;
    }

    /// Lets time pass, step by step.
    async fn wait(&self, steps: &[&str]) {
        for step in steps {
            self.press(step).await;
            self.shows("and the clock stands still").await;
        }
    }

    #[track_caller]
    fn shows(&self, text: &str) -> impl Future<Output = ()> {
        let place = std::panic::Location::caller();
        async move {
            if !self.browser.shows(text).await {
                let page = self.browser.value_of("document.body.innerText").await;
                panic!("{place}: no {text:?} in {page}");
            }
        }
    }

    /// The credits that were paid for and the plan: on the page, in the profile, and by
    /// the ledger alone.
    async fn ends_with(&self, pro: i64, plan: &str) {
        let token = self.served.token(USER, "user.info credits.read").await;
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str())];
        let answer = self.served.send("GET", "/api/user", &headers, None).await;
        let answer = answer.json();
        assert_eq!(
            answer["credits"]["proCredits"]["remaining"], pro,
            "{answer}"
        );
        let subscription = &answer["user"]["subscription"];
        let word = |name: &str| subscription[name].as_str().unwrap();
        let ending = match subscription["cancelAtPeriodEnd"].as_bool() {
            Some(true) => " ending",
            _ => "",
        };
        let shown = format!("{} {}{ending}", word("tier"), word("status"));
        assert_eq!(shown, plan, "{subscription}");

        self.open().await;
        let paid = "[...document.querySelectorAll('#balance ~ dl dt')]\
                    .find(it => it.innerText === 'Paid for').nextElementSibling.innerText";
        let paid = self.browser.value_of(paid).await;
        assert_eq!(paid.as_str().unwrap().replace(',', ""), pro.to_string());

        let now = self.served.world.clock.now().to_string();
        let operator = Operator::at(&self.tables, &now);
        let said = operator.run(&["explain", "--user", USER, "--json"]).await;
        assert_eq!(said.code, 0, "{}", said.text);
        let explained: Value = said.json().pop().unwrap();
        assert_eq!(explained["shown"], answer["credits"]);
        let said = operator.run(&["verify", "--user", USER]).await;
        assert_eq!(said.code, 0, "{}", said.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pack_is_bought() {
    let Some(journey) = Journey::begin().await else {
        return;
    };
    check_look(&journey.browser).await;
    journey.buy("price_test_pack_1000").await;
    journey.ends_with(1000, "free active").await;
    // Another one is another checkout.
    journey.buy("price_test_pack_1000").await;
    journey.ends_with(2000, "free active").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_subscribed_to_and_a_second_one_leads_to_the_portal() {
    let Some(journey) = Journey::begin().await else {
        return;
    };
    journey.buy("price_test_pro").await;
    journey.ends_with(10_000, "pro active").await;
    journey.press("price_test_pro_plus").await;
    journey.shows("Refused with 409").await;
    journey.shows("There is a subscription already").await;
    journey.browser.follow("[role=alert] a").await;
    journey.shows("This is the customer portal").await;
    journey.ends_with(10_000, "pro active").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upgrade_in_mid_period_gives_half_a_month_of_each_plan() {
    let Some(journey) = Journey::begin().await else {
        return;
    };
    journey.buy("price_test_pro").await;
    journey.wait(&["P15D"]).await;
    journey.press("portal").await;
    journey
        .browser
        .click("option[value=price_test_pro_plus]")
        .await;
    journey.press("change").await;
    journey.ends_with(20_000, "pro active").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_plan_keeps_its_credits_to_the_end_of_the_grace() {
    let Some(journey) = Journey::begin().await else {
        return;
    };
    journey.buy("price_test_pro").await;
    journey.in_portal(&["cancel"]).await;
    journey.shows("ends on 2025-12-06").await;
    journey.ends_with(10_000, "pro active ending").await;
    journey.wait(&["P1M"]).await;
    // The lot lasts for the grace, the plan does not.
    journey.ends_with(10_000, "free active").await;
    journey.wait(&["P1D", "P1D", "P1D"]).await;
    journey.ends_with(0, "free active").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_is_resumed_renews() {
    let Some(journey) = Journey::begin().await else {
        return;
    };
    journey.buy("price_test_pro").await;
    journey.in_portal(&["cancel", "resume"]).await;
    journey.shows("renews on 2025-12-06").await;
    journey.ends_with(10_000, "pro active").await;
    // The invoice of a renewal is a draft for an hour.
    journey.wait(&["P1M", "PT1H"]).await;
    journey.ends_with(20_000, "pro active").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_declined_card_gives_nothing_until_another_pays() {
    let Some(journey) = Journey::begin().await else {
        return;
    };
    journey.choose("price_test_pack_1000").await;
    journey.press("decline").await;
    journey.shows("Your card was declined").await;
    journey.ends_with(0, "free active").await;
    journey.choose("price_test_pack_1000").await;
    journey.press("pay").await;
    journey.ends_with(1000, "free active").await;

    journey.buy("price_test_pro").await;
    journey.in_portal(&["bad-card"]).await;
    journey.wait(&["P1M", "PT1H"]).await;
    // What was paid stays usable during the grace, and there is nothing new.
    journey.ends_with(11_000, "pro active").await;
    journey.in_portal(&["good-card"]).await;
    journey.ends_with(21_000, "pro active").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tabs_make_one_subscription() {
    let Some(journey) = Journey::begin().await else {
        return;
    };
    let browser = &journey.browser;
    let first = browser.tab().await;
    journey.choose("price_test_pro").await;
    let second = browser.new_tab().await;
    journey.open().await;
    journey.choose("price_test_pro_plus").await;
    // The page of the other plan ended the first one's.
    browser.turn_to(&first).await;
    journey.press("pay").await;
    journey.shows("This checkout has expired").await;
    browser.turn_to(&second).await;
    journey.press("pay").await;
    journey.shows("the checkout is complete").await;
    journey.ends_with(30_000, "pro active").await;
    // Both tabs of one pack have one page, and it is paid once.
    journey.choose("price_test_pack_1000").await;
    browser.turn_to(&first).await;
    journey.open().await;
    journey.choose("price_test_pack_1000").await;
    journey.press("pay").await;
    journey.shows("the checkout is complete").await;
    browser.turn_to(&second).await;
    journey.press("pay").await;
    // It was paid already, so this leads back at once.
    journey.shows("the checkout is complete").await;
    journey.ends_with(31_000, "pro active").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_passes() {
    let Some(journey) = Journey::begin().await else {
        return;
    };
    journey.buy("price_test_pro").await;
    journey.wait(&["P1M"]).await;
    journey.ends_with(10_000, "pro active").await;
    journey.shows("of 2,000 a month, anew on 2026-01-01").await;
    journey.wait(&["PT1H"]).await;
    journey.ends_with(20_000, "pro active").await;
    // The rest of the first month ends with its grace.
    journey.wait(&["P1D", "P1D", "P1D"]).await;
    journey.ends_with(10_000, "pro active").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_reached_and_done_with_the_keyboard() {
    let Some(journey) = Journey::begin().await else {
        return;
    };
    let all =
        "[...document.querySelectorAll('a, button, select, summary, input:not([type=hidden])')]";
    let count = journey.browser.value_of(&format!("{all}.length")).await;
    let tabs = vec!['\u{e004}'; usize::try_from(count.as_u64().unwrap()).unwrap()];
    journey.browser.press(&tabs).await;
    let last = format!("document.activeElement === {all}.at(-1)");
    assert_eq!(journey.browser.value_of(&last).await, true);
    // Enter in a field presses the button of its form.
    let browser = &journey.browser;
    browser
        .arrive_by(browser.type_into("#output", "\u{e007}"))
        .await;
    journey.shows("Charged 31 credits; 1,469 left").await;
    browser
        .arrive_by(browser.type_into("#email", "new@example.org\u{e007}"))
        .await;
    journey.shows("Balance of new").await;
}
