//! From the price list to the credits, over HTTP: as an app does it.

use serde_json::{Value, json};
use tests::{Answer, Served};

const BACK: &str = "http://localhost:8080/callback";

struct App {
    served: Served,
    bearer: String,
}

impl App {
    async fn of(user: &str, scopes: &str) -> Self {
        let served = Served::start().await;
        let token = served.token(user, scopes).await;
        App {
            served,
            bearer: format!("Bearer {token}"),
        }
    }

    async fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let headers = [
            ("authorization", self.bearer.as_str()),
            ("content-type", "application/json"),
        ];
        let body = body.map(Value::to_string);
        self.served
            .send(method, path, &headers, body.as_deref())
            .await
    }

    async fn buy(&self, price: &str) -> Answer {
        let body = json!({"priceId": price, "returnUrl": BACK});
        self.send("POST", "/api/user/checkout", Some(&body)).await
    }

    async fn profile(&self) -> Value {
        self.send("GET", "/api/user/profile", None).await.json()
    }

    async fn pay(&self, page: &Answer) {
        let url = page.json()["url"].as_str().unwrap().to_string();
        let origin = self.served.world.stripe_url.clone().unwrap();
        let http = reqwest::Client::builder().no_proxy();
        let http = http.redirect(reqwest::redirect::Policy::none()).build();
        let request = http.unwrap().post(url).header("origin", origin);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let response = request.body("do=pay").send().await.unwrap();
        let location = response.headers()["location"].to_str().unwrap().to_string();
        assert_eq!(location, format!("{BACK}?checkout=completed"));
    }
}

const ALL: &str = "billing.manage user.info credits.read";

#[tokio::test]
async fn a_pack_and_a_plan_are_bought_and_the_profile_says_what_is_paid() {
    let app = App::of("free-user", ALL).await;
    let prices = app.send("GET", "/v1/prices", None).await;
    assert_eq!(prices.status, 200);
    let listed = prices.json();
    let listed = listed["prices"].as_array().unwrap().clone();
    let before = app.profile().await;
    assert_eq!(
        before["billing"],
        json!({"canManage": true, "portalAvailable": false})
    );
    assert_eq!(before["subscription"]["price"], json!(null));

    let pack = app.buy("price_test_pack_1000").await;
    assert_eq!(pack.status, 201, "{}", pack.text);
    assert_eq!(pack.header("cache-control"), "no-store");
    assert_eq!(pack.header("ratelimit-limit"), "20");
    app.pay(&pack).await;
    let credits = app.served.credits("free-user").await.json();
    assert_eq!(credits["proCredits"]["remaining"], 1000);
    assert_eq!(app.profile().await["billing"]["portalAvailable"], true);

    let plan = app.buy("price_test_pro").await;
    app.pay(&plan).await;
    let credits = app.served.credits("free-user").await.json();
    assert_eq!(credits["proCredits"]["remaining"], 11_000);
    let profile = app.profile().await;
    assert_eq!(profile["subscription"]["tier"], "pro");
    let shown = listed.iter().find(|it| it["priceId"] == "price_test_pro");
    assert_eq!(Some(&profile["subscription"]["price"]), shown);
    let launch = app.send("GET", "/api/user", None).await.json();
    assert_eq!(launch["user"], profile);

    let again = app.buy("price_test_pro_plus").await;
    assert_eq!(again.status, 409, "{}", again.text);
    let portal = json!({"returnUrl": BACK, "flow": "subscription_cancel"});
    let portal = app.send("POST", "/api/user/portal", Some(&portal)).await;
    assert_eq!(portal.status, 201, "{}", portal.text);
}

#[tokio::test]
async fn a_token_without_the_scope_buys_nothing_and_the_profile_says_so() {
    let app = App::of("pro-user", "user.info credits.read").await;
    let billing = &app.profile().await["billing"];
    assert_eq!(
        *billing,
        json!({"canManage": false, "portalAvailable": true})
    );
    for (method, path) in [
        ("GET", "/v1/prices"),
        ("POST", "/api/user/checkout"),
        ("POST", "/api/user/portal"),
    ] {
        let body = (method == "POST").then(|| json!({}));
        let answer = app.send(method, path, body.as_ref()).await;
        assert_eq!(answer.status, 403, "{path}");
    }
}

#[tokio::test]
async fn a_user_without_a_record_has_nothing_to_manage() {
    let app = App::of("a-stranger", ALL).await;
    let profile = app.profile().await;
    assert_eq!(
        profile["billing"],
        json!({"canManage": false, "portalAvailable": false})
    );
    assert_eq!(profile["subscription"]["price"], json!(null));
}
