//! A world with endpoints, and a receiver on loopback that writes down what it gets.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use local::World;
use notices::generate;
use serde_json::Value;
use shared::domain::{Action, Command, Delivery, Endpoint, Entry, Recipient, Timestamp, Usage};
use shared::domain::{Grant, LotKind, LotTerms, ResetDay};
use shared::host::clock::Clock;
use shared::host::entropy::SystemEntropy;
use tests::{Opening, api_key, commit, credits, user};

pub(crate) const USER: &str = "notified";

/// A message as a receiver got it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Received {
    pub(crate) path: String,
    pub(crate) id: String,
    pub(crate) timestamp: i64,
    pub(crate) signature: String,
    pub(crate) body: String,
}

impl Received {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub(crate) fn event(&self) -> String {
        self.json()["type"].as_str().unwrap().to_string()
    }
}

/// A receiver: one path per endpoint. It answers 200 unless told otherwise.
#[derive(Clone, Default)]
pub(crate) struct Receiver {
    got: Arc<Mutex<Vec<Received>>>,
    answers: Arc<Mutex<BTreeMap<String, u16>>>,
}

impl Receiver {
    pub(crate) async fn start() -> (Self, SocketAddr) {
        let receiver = Receiver::default();
        let router = Router::new()
            .route("/{name}", post(receive))
            .with_state(receiver.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (receiver, address)
    }

    /// From now on a path answers with this status.
    pub(crate) fn answer(&self, name: &str, status: u16) {
        let mut answers = self.answers.lock().unwrap();
        answers.insert(name.to_string(), status);
    }

    pub(crate) fn got(&self) -> Vec<Received> {
        self.got.lock().unwrap().clone()
    }

    /// The events that a path got, in the order of arrival.
    pub(crate) fn events(&self, name: &str) -> Vec<String> {
        let got = self.got();
        let of_path = got.iter().filter(|it| it.path == name);
        of_path.map(Received::event).collect()
    }
}

async fn receive(
    State(receiver): State<Receiver>,
    axum::extract::Path(name): axum::extract::Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let header = |name: &str| headers[name].to_str().unwrap().to_string();
    let received = Received {
        path: name.clone(),
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp").parse().unwrap(),
        signature: header("webhook-signature"),
        body: String::from_utf8(body.to_vec()).unwrap(),
    };
    receiver.got.lock().unwrap().push(received);
    let status = receiver.answers.lock().unwrap().get(&name).copied();
    let status = StatusCode::from_u16(status.unwrap_or(200)).unwrap();
    let elsewhere = [("location", "http://169.254.169.254/latest/meta-data")];
    (status, elsewhere, "thank you").into_response()
}

/// A world whose user has an address, and a receiver.
pub(crate) struct Ground {
    pub(crate) world: World,
    pub(crate) receiver: Receiver,
    address: SocketAddr,
}

impl Ground {
    pub(crate) async fn new() -> Self {
        Ground::in_world(tests::frozen()).await
    }

    /// The same in a world made to order.
    pub(crate) async fn in_world(options: local::WorldOptions) -> Self {
        let world = tests::world_with(options).await;
        let (receiver, address) = Receiver::start().await;
        let ground = Ground {
            world,
            receiver,
            address,
        };
        ground.add_user(USER).await;
        ground
    }

    /// A user with 100 free credits and an address.
    pub(crate) async fn add_user(&self, id: &str) {
        let now = self.now();
        let mut person = shared::domain::User::known_by_id(user(id), now);
        person.email = Some(format!("{id}@example.com").into());
        let deadline = shared::host::clock::Deadline::after(std::time::Duration::from_secs(10));
        self.world.store.create(&person, deadline).await.unwrap();
        let opening = Opening::as_of(&now.to_string()).free_used("1900");
        self.commit(id, opening.under("cause#seed:opening".parse().unwrap()))
            .await;
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.world.clock.now()
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.world.clock.set(self.now().plus_seconds(seconds));
    }

    /// An endpoint at a path of the receiver.
    pub(crate) async fn add_endpoint(&self, name: &str) -> Endpoint {
        let url = format!("http://{}/{name}", self.address);
        self.add_endpoint_at(name, url).await
    }

    pub(crate) async fn add_endpoint_at(&self, name: &str, url: String) -> Endpoint {
        let id = format!("ep_{name}").parse().unwrap();
        let endpoint = Endpoint::new(id, url, generate(&SystemEntropy), self.now());
        assert!(self.world.store.add_endpoint(&endpoint).await.unwrap());
        endpoint
    }

    pub(crate) async fn endpoint(&self, name: &str) -> Endpoint {
        let id = format!("ep_{name}").parse().unwrap();
        self.world.store.load_endpoint(&id).await.unwrap().unwrap()
    }

    pub(crate) async fn commit(&self, id: &str, command: Command) -> Entry {
        let committed = commit(&self.world.store, id, &command, self.now()).await;
        committed.unwrap().entry().clone()
    }

    /// The user takes an action under a key of its own.
    pub(crate) async fn act(&self, id: &str, action: Action) -> Entry {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let command = Command {
            key: api_key(&format!("k{number}")),
            action,
            ..tests::a_charge("0")
        };
        self.commit(id, command).await
    }

    pub(crate) async fn charge(&self, amount: &str) -> Entry {
        self.act(USER, charge(amount)).await
    }

    pub(crate) async fn pump(&self) {
        self.world.notices.pump().await.unwrap();
    }

    /// Lets everything come to an end: moves the clock to whatever is due next.
    pub(crate) async fn settle(&self) {
        self.pump().await;
        for _ in 0..200 {
            let Some(due) = self.world.notices.next_due() else {
                return;
            };
            let wait = due.seconds_since(self.now()).max(1);
            self.advance(wait);
            self.pump().await;
        }
        panic!("deliveries do not come to an end");
    }

    /// What became of the user's deliveries: event, recipient, outcome.
    pub(crate) async fn deliveries(&self, id: &str) -> Vec<Delivery> {
        let store = &self.world.store;
        let (deliveries, next) = store
            .deliveries_of_user(&user(id), Timestamp::MIN, None)
            .await
            .unwrap();
        assert!(next.is_none());
        deliveries
    }

    /// The outcomes of deliveries by e-mail, with their events.
    pub(crate) async fn mail_outcomes(&self, id: &str) -> Vec<(String, &'static str)> {
        let deliveries = self.deliveries(id).await;
        let mails = deliveries
            .into_iter()
            .filter(|it| it.recipient == Recipient::Mail);
        mails.map(|it| (it.event, it.outcome.as_str())).collect()
    }

    pub(crate) fn subjects(&self) -> Vec<String> {
        let mails = self.world.notices.mailbox().mails();
        mails.into_iter().map(|mail| mail.subject).collect()
    }
}

pub(crate) fn charge(amount: &str) -> Action {
    Action::Charge {
        amount: credits(amount),
        usage: Usage::default(),
    }
}

pub(crate) fn grant(lot: &str, amount: &str, now: Timestamp) -> Action {
    let terms = LotTerms {
        id: lot.parse().unwrap(),
        kind: LotKind::Promo,
        starts_at: now,
        expires_at: None,
        monthly_allocation: credits("0"),
        reset_day_of_month: ResetDay::FIRST,
        rollover: None,
    };
    Action::Grant {
        lots: vec![Grant {
            terms,
            amount: credits(amount),
            clawed_back: credits("0"),
        }],
        schedules: Vec::new(),
    }
}
