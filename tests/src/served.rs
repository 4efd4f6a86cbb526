//! A world behind a real port on loopback, and a client that sees nothing of
//! it but HTTP. The clock stands still at [`crate::NOW`], so that no promise
//! depends on the day it is tested.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use local::dynamodb::Elsewhere;
use local::stripe::{Effect, Shapes};
use local::{Server, World, WorldOptions};
use serde_json::{Value, json};
use shared::domain::CreditAccount;
use shared::host::environment::Variables;
use shared::store::{Consistency, StoreError};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::NOW;

/// A world as the suites want it: in memory, its clock standing still. With TABLES_AT its
/// tables are in another DynamoDB, at that address.
pub fn frozen() -> WorldOptions {
    static TENANTS: AtomicU64 = AtomicU64::new(1);
    let variables = Variables::of_this_process();
    let address = variables.optional("TABLES_AT");
    let tables_at = address.map(|address| {
        let number = TENANTS.fetch_add(1, Ordering::Relaxed);
        let tenant = format!("suites{}x{number}", std::process::id());
        Elsewhere::new(address.parse().unwrap(), tenant)
    });
    WorldOptions {
        tables_at,
        now: Some(crate::at(NOW)),
        frozen: true,
        ..WorldOptions::default()
    }
}

/// A world that nobody serves, for what does not need HTTP.
pub async fn world() -> World {
    world_with(frozen()).await
}

/// A world that nobody serves, and whose Stripe is served.
pub async fn selling_world() -> World {
    let mut world = world().await;
    local::serve_stripe(&mut world).await.unwrap();
    world
}

/// The same, and its webhook believes no event of that Stripe: for what is sold alone.
pub async fn unheard_world() -> World {
    let secret = "whsec_of_another_endpoint_0123456789".to_string();
    let mut world = world_with(WorldOptions {
        variables: BTreeMap::from([("STRIPE_WEBHOOK_SECRETS".to_string(), secret)]),
        ..frozen()
    })
    .await;
    local::serve_stripe(&mut world).await.unwrap();
    world
}

/// The same with other options.
pub async fn world_with(options: WorldOptions) -> World {
    let nobody_listens = "http://127.0.0.1:1".to_string();
    World::create(&options, nobody_listens).await.unwrap()
}

/// A user's account as a strong read sees it.
pub async fn account(world: &World, id: &str) -> Result<CreditAccount, StoreError> {
    let id = crate::user(id);
    world.store.load_account(&id, Consistency::Strong).await
}

/// A world that is served until this is dropped.
pub struct Served {
    /// Everything the world is made of.
    pub world: World,
    http: reqwest::Client,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<()>,
}

impl Served {
    /// Serves a world whose clock stands still at [`NOW`].
    pub async fn start() -> Self {
        Self::start_with(frozen()).await
    }

    /// The same, where no user is limited: of what a call leaves behind, no count is a part.
    pub async fn unlimited() -> Self {
        let limits = ["BILLING", "CREDITS", "PROFILE"];
        let limits = limits.map(|name| format!("RATE_LIMIT_{name}_PER_MINUTE"));
        Self::start_with(WorldOptions {
            variables: limits.map(|name| (name, "0".to_string())).into(),
            ..frozen()
        })
        .await
    }

    /// Serves a world made to order.
    pub async fn start_with(options: WorldOptions) -> Self {
        let server = Server::bind(0, &options).await.unwrap();
        let world = server.world().clone();
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(async move {
            let stopped = async {
                // A dropped sender ends the server as well.
                let _ = stopped.await;
            };
            server.serve(stopped).await.unwrap();
        });
        // A proxy of the machine's environment has no place between the two.
        let http = reqwest::Client::builder().no_proxy();
        // A redirect is an answer to look at.
        let http = http.redirect(reqwest::redirect::Policy::none());
        let http = http.build().unwrap();
        Served {
            world,
            http,
            stop: Some(stop),
            serving,
        }
    }

    /// Ends the server and waits until it has let go of everything.
    pub async fn end(mut self) {
        self.stop.take();
        drop(self.http);
        self.serving.await.unwrap();
    }

    /// Removes the seeded customers and subscriptions from the world's Stripe, for a
    /// test that counts what it has put there.
    pub fn empty_stripe(&self) {
        let gone = self.world.seeds.users.iter().flat_map(|user| {
            let subscription = user.subscription.stripe_subscription_id.clone();
            let customer = user.subscription.stripe_customer_id.clone();
            let object = |id: Option<String>, kind: &str| {
                let object = Shapes::same(&json!({"id": id?, "object": kind}));
                Some(Effect::Delete(object))
            };
            let subscription = object(subscription, "subscription");
            [subscription, object(customer, "customer")]
        });
        self.world.stripe.apply(gone.flatten()).unwrap();
    }

    /// A token from the world's own route.
    pub async fn token(&self, user: &str, scope: &str) -> String {
        self.token_of(json!({"user": user, "scope": scope})).await
    }

    /// A token made to order; the body is that of `POST /_local/token`.
    pub async fn token_of(&self, order: Value) -> String {
        let answer = self.post("/_local/token", &order).await;
        assert_eq!(answer.status, 200, "{order}: {}", answer.text);
        answer.json()["access_token"].as_str().unwrap().to_string()
    }

    /// What a user sees of their credits.
    pub async fn credits(&self, user: &str) -> Answer {
        let token = self.token(user, "credits.read").await;
        self.credits_with(&token, &[]).await
    }

    /// The same with a token at hand and further headers.
    pub async fn credits_with(&self, token: &str, headers: &[(&str, &str)]) -> Answer {
        let bearer = format!("Bearer {token}");
        let mut all = vec![("authorization", bearer.as_str())];
        all.extend(headers);
        self.send("GET", "/api/user/credits", &all, None).await
    }

    /// A GET without a token.
    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], None).await
    }

    /// A POST of JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        let json = [("content-type", "application/json")];
        self.send("POST", path, &json, Some(&body.to_string()))
            .await
    }

    /// Moves the world's clock on, by an ISO 8601 duration.
    pub async fn advance(&self, duration: &str) {
        let answer = self
            .post("/_local/clock", &json!({"advance": duration}))
            .await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }

    /// Any request at all.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&str>,
    ) -> Answer {
        let url = format!("{}{path}", self.world.base_url);
        let mut request = self.http.request(method.parse().unwrap(), url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.body(body.to_string());
        }
        Answer::read(request.send().await.unwrap()).await
    }

    /// The client that every request goes through; clones share connections.
    pub(crate) fn client(&self) -> reqwest::Client {
        self.http.clone()
    }
}

/// An answer over HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// All headers, names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body as it came.
    pub text: String,
}

impl Answer {
    pub(crate) async fn read(response: reqwest::Response) -> Self {
        let status = response.status().as_u16();
        let headers = response.headers().iter();
        let headers = headers
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_string()))
            .collect();
        let text = response.text().await.unwrap();
        Answer {
            status,
            headers,
            text,
        }
    }

    /// The body, read.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// A header that must be there.
    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        let header = self.headers.get(name);
        header.unwrap_or_else(|| panic!("no {name} in {:?}", self.headers))
    }
}
