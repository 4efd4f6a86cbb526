//! A world with a bit of everything to do in it, and the program beside it.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue::{N, S};
use local::stripe::{ApiVersion, Cast, Scenario, Story};
use local::stripe_api::STRIPE_API_KEY;
use serde_json::{Value, json};
use shared::domain::billing::{BillingTerms, EventOutcome};
use shared::domain::{Action, Command, Digest, Erasable, OnExpiry};
use shared::host::clock::Deadline;
use shared::store::{CatalogueCache, SettleRequest};
use tests::{Served, Tables, api_key, at, commit, credits, dump};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// When all of it has happened.
pub(crate) const NOW: &str = "2026-04-08T20:00:00Z";
const START: &str = "2026-03-06T10:00:00Z";

const CATALOGUE: &str = include_str!("../../../seeds/data/catalogue.toml");
const MODELS: &str = include_str!("../../../seeds/data/models.toml");
const PRICE_LIST: &str = include_str!("../../../tests/fixtures/prices/litellm.json");

/// A rate card that the tables do not have.
const CARD: &str = "\
[[cards]]
id = \"gpt-5@2026-05-01\"
effective_from = \"2026-05-01T00:00:00Z\"

[cards.milli_per_million]
input = 650000
output = 5200000
";

/// How a run of the program ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Tables over the wire, a Stripe, and a folder with files.
pub(crate) struct Shop {
    pub(crate) served: Served,
    pub(crate) stripe_url: String,
    pub(crate) stripe_key: String,
    url: String,
    folder: PathBuf,
    _stop: oneshot::Sender<()>,
}

impl Drop for Shop {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Shop {
    /// Nothing but the seeds.
    pub(crate) async fn seeded() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let served = Served::start().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel::<()>();
        let database = served.world.dynamodb.database().unwrap().clone();
        tokio::spawn(local::dynamodb::serve(listener, database, async {
            // A dropped sender ends it as well.
            let _ = stopped.await;
        }));
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("creditsctl-commands-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        Shop {
            stripe_url: served.world.stripe_url.clone().unwrap(),
            stripe_key: STRIPE_API_KEY.to_string(),
            served,
            url,
            folder,
            _stop: stop,
        }
    }

    /// Something to do for every command.
    pub(crate) async fn rich() -> Self {
        let shop = Shop::seeded().await;
        shop.happens("free-user", Scenario::Subscribe, "A", true)
            .await;
        for suffix in ["B", "C"] {
            shop.happens("pro-user", Scenario::BuyPack, suffix, false)
                .await;
        }
        shop.park().await;
        let hold = Action::Hold {
            hold: "inference-service#open".parse().unwrap(),
            amount: credits("1"),
            ttl_seconds: 7_200,
            on_expiry: OnExpiry::Release,
        };
        let command = Command {
            key: api_key("open"),
            request_hash: Digest::from_bytes([1; 32]),
            actor: Erasable::new("a test", [7; 16]),
            label: None,
            action: hold,
        };
        let store = &shop.served.world.store;
        let held = commit(store, "free-user", &command, at("2026-04-08T19:59:00Z"));
        held.await.unwrap();
        shop.spoil().await;
        shop.write_files();
        shop
    }

    /// A story happens at Stripe; the webhook may hear of it.
    async fn happens(&self, user: &str, scenario: Scenario, suffix: &str, is_heard: bool) {
        let cast = Cast::new(user, suffix, at(START));
        let stripe = &self.served.world.stripe;
        let version = ApiVersion::Dahlia;
        stripe.tell_all(scenario, &cast, version).unwrap();
        for event in Story::render(scenario, &cast, version) {
            if is_heard {
                self.deliver(&event.body).await;
            }
        }
    }

    async fn deliver(&self, event: &Value) -> EventOutcome {
        let event = stripe::read(event.to_string().as_bytes()).unwrap();
        let request = SettleRequest {
            event: &event,
            terms: &BillingTerms::default(),
            catalogue: &CatalogueCache::default(),
            now: at(NOW),
            deadline: Deadline::after(Duration::from_secs(60)),
        };
        let settled = self.served.world.store.settle(request).await;
        settled.unwrap().event.outcome
    }

    /// Three events that wait, each for something else, and one that never arrived.
    async fn park(&self) {
        let mut unowned = the("customer.subscription.created", "Z");
        unowned = serde_json::from_str(&unowned.to_string().replace("free-user", "")).unwrap();
        let mut long = the("invoice.paid", "L");
        let mut whole = long["data"]["object"].take();
        let line = whole["lines"]["data"][0].clone();
        let lines = (1..=12).map(|number| {
            let mut line = line.clone();
            line["id"] = json!(format!("il_L_{number}"));
            line
        });
        whole["lines"]["data"] = lines.collect();
        whole["metadata"] = json!({"user_id": "free-user"});
        let mut part = whole.clone();
        part["lines"]["data"].as_array_mut().unwrap().truncate(10);
        part["lines"]["has_more"] = json!(true);
        long["data"]["object"] = part;
        let mut priceless = the("invoice.paid", "P");
        let invoice = &mut priceless["data"]["object"];
        invoice["metadata"] = json!({"user_id": "free-user"});
        invoice["lines"]["data"][0]["pricing"]["price_details"]["price"] = json!("price_new");
        for (name, event) in [
            ("unowned", &unowned),
            ("long", &long),
            ("priceless", &priceless),
        ] {
            assert_eq!(self.deliver(event).await, EventOutcome::Parked, "{name}");
            self.write(name, event["id"].as_str().unwrap());
        }
        self.write("whole.json", &whole.to_string());
        let unheard = the("checkout.session.completed", "R");
        self.write("unheard", unheard["id"].as_str().unwrap());
        self.write("unheard.json", &unheard.to_string());
    }

    /// An account that differs from its ledger, a claim that nobody needs, and one that
    /// cannot be read.
    async fn spoil(&self) {
        let create = "user create kept-user --email kept@example.com --reason why";
        assert_eq!(self.run(create).await.code, Some(0));
        let client = self.served.world.dynamodb.client();
        let account = client.update_item().table_name("credits");
        let account = account.key("pk", S("USER#kept-user".into()));
        let account = account.key("sk", S("ACCOUNT".into()));
        let account = account.update_expression("SET monthly_allocation_milli = :other");
        let account = account.expression_attribute_values(":other", N("9000".into()));
        account.send().await.unwrap();
        let claim = client.get_item().table_name("users");
        let claim = claim.key("pk", S("STRIPE_CUSTOMER#cus_A".into()));
        let claim = claim.key("sk", S("CLAIM".into())).send();
        let mut claim = claim.await.unwrap().item.unwrap();
        for (id, owner) in [("cus_X", Some("free-user")), ("cus_D", None)] {
            claim.insert("pk".into(), S(format!("STRIPE_CUSTOMER#{id}")));
            match owner {
                Some(owner) => claim.insert("user_id".into(), S(owner.into())),
                None => claim.remove("user_id"),
            };
            let put = client.put_item().table_name("users");
            put.set_item(Some(claim.clone())).send().await.unwrap();
        }
    }

    fn write_files(&self) {
        let cheaper = CATALOGUE.replacen("credits_milli = 10000000", "credits_milli = 8000000", 1);
        self.write("prices.toml", &cheaper);
        let fewer = MODELS.replacen("[[models]]", "[[models]]\navailable = false", 1);
        self.write("models.toml", &fewer);
        self.write("prices.json", PRICE_LIST);
        self.write("cards.toml", CARD);
        self.write("nonsense", "neither JSON nor TOML");
        for (table, header) in [
            ("models", "id,name"),
            ("oauth_clients", "client_id"),
            (
                "users",
                "id,email,created_at,is_active\n00000000-0000-4000-8000-000000000001,old@example.com,2024-01-01 00:00:00,t",
            ),
            ("user_preferences", "user_id,max_tokens"),
            (
                "subscriptions",
                "user_id,created_at,id,tier,status,stripe_subscription_id,stripe_customer_id",
            ),
            (
                "credits",
                "user_id,created_at,id,total_credits,used_credits,billing_period_start,billing_period_end,is_current",
            ),
            ("usage_history", "user_id,created_at,id,credits_used"),
        ] {
            self.write(&format!("{table}.csv"), &format!("{header}\n"));
        }
    }

    /// Writes a file into the folder.
    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.join(name), text).unwrap();
    }

    /// A line with its names in braces replaced: of a file in the folder by its path, of
    /// one without an ending by its text, `{here}` by the folder.
    fn words(&self, line: &str) -> Vec<String> {
        let word = |word: &str| {
            let name = word.strip_prefix('{').and_then(|it| it.strip_suffix('}'));
            let path = |name: &str| self.folder.join(name).to_str().unwrap().to_string();
            match name {
                None => word.to_string(),
                Some("here") => path(""),
                Some(name) if Path::new(name).extension().is_some() => path(name),
                Some("nonsense") => path("nonsense"),
                Some(name) => std::fs::read_to_string(self.folder.join(name)).unwrap(),
            }
        };
        // What stands between two quotes is one word, as in a shell.
        let mut words = Vec::new();
        for (number, part) in line.split('\'').enumerate() {
            if number % 2 == 1 {
                words.push(part.to_string());
            } else {
                words.extend(part.split_whitespace().map(word));
            }
        }
        words
    }

    /// The program with a line, as an operator's shell would start it in the folder.
    pub(crate) fn plain(&self, line: &str) -> tokio::process::Command {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_creditsctl"));
        command
            .args(self.words(line))
            .args(["--endpoint-url", &self.url, "--region", "local"])
            .args(["--now", NOW])
            .current_dir(&self.folder)
            .env_clear()
            .env("HOME", &self.folder)
            .env("USER", "ada")
            .env("STRIPE_API_URL", &self.stripe_url)
            .stdin(Stdio::null())
            .kill_on_drop(true);
        if !self.stripe_key.is_empty() {
            command.env("STRIPE_API_KEY", &self.stripe_key);
        }
        command
    }

    /// The same, that prints JSON.
    pub(crate) fn command(&self, line: &str) -> tokio::process::Command {
        let mut command = self.plain(line);
        command.arg("--json");
        command
    }

    /// Runs the program to its end.
    pub(crate) async fn run(&self, line: &str) -> Ended {
        let output = self.command(line).output().await.unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Ended {
            code: output.status.code(),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }

    pub(crate) async fn dump(&self) -> Tables {
        dump(&self.served.world.dynamodb.client()).await
    }
}

fn the(event_type: &str, suffix: &str) -> Value {
    let cast = Cast::new("free-user", suffix, at(START));
    let events = Story::render(Scenario::Subscribe, &cast, ApiVersion::Dahlia);
    let mut events = events.into_iter().map(|event| event.body);
    events.find(|event| event["type"] == event_type).unwrap()
}

/// Every command that does something, as it is typed, with what it takes.
pub(crate) fn commands() -> Vec<(String, clap::Command)> {
    fn below(path: &str, command: &clap::Command, all: &mut Vec<(String, clap::Command)>) {
        let mut names = command.get_subcommands().peekable();
        if names.peek().is_none() {
            all.push((path.trim().to_string(), command.clone()));
        }
        for sub in names.filter(|sub| sub.get_name() != "help") {
            below(&format!("{path} {}", sub.get_name()), sub, all);
        }
    }
    let mut all = Vec::new();
    below("", &ops::command_line(), &mut all);
    all
}

/// Whether a line is one of a command.
pub(crate) fn is_of(line: &str, command: &str) -> bool {
    let rest = line.strip_prefix(command);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

/// What takes a name, by the name of its argument.
pub(crate) fn takes(command: &clap::Command, name: &str) -> bool {
    command
        .get_arguments()
        .any(|argument| argument.get_id() == name)
}
