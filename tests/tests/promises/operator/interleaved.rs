//! An operator's act and a delivery of Stripe's at once: at each request of the
//! one the other happens whole. Whichever it is, credits come at most once, who
//! came too late is reported so, and nothing waits that is not open.

mod cases;
mod held_wire;

use std::collections::BTreeSet;
use std::net::SocketAddr;

use seeds::SeedData;
use serde_json::Value;
use shared::host::entropy::SystemEntropy;
use tests::{Operator, Said};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::webhook::ground::{Ground, SETTLED_AT, now};
use crate::webhook::holds_true::Scene;
use crate::webhook::post::Endpoint;
pub(super) use held_wire::HeldWire;

/// More requests than any of it makes.
const ALL: usize = 1_000;

/// An operator's act and what is delivered meanwhile.
struct Case {
    name: &'static str,
    /// What was delivered before.
    before: Vec<Value>,
    /// The operator's words.
    act: Vec<String>,
    /// The event they are about, or that waits for it.
    about: String,
    /// What Stripe delivers at the same time.
    delivered: Value,
    /// All that it may come to: outcome of the event, pro credits of both users,
    /// exit code of the act. Each of them has to be seen.
    ends: &'static [End],
}

/// Outcome, pro credits of the user and of another, exit code.
type End = (&'static str, i64, i64, u8);

/// Tables that are served, and a webhook at them.
struct Stage {
    ground: Ground,
    address: SocketAddr,
    serving: JoinHandle<()>,
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Stage {
    async fn of(ground: &Ground) -> Self {
        let ground = ground.copy();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let database = ground.connection().database().unwrap().clone();
        let serving = tokio::spawn(async move {
            let for_ever = std::future::pending();
            let served = local::dynamodb::serve(listener, database, for_ever);
            served.await.unwrap();
        });
        Stage {
            ground,
            address,
            serving,
        }
    }

    /// Runs a command, as an operator whom nobody holds up.
    async fn creditsctl(&self, words: &[&str]) -> Said {
        let url = format!("http://{}", self.address);
        Operator::at(&url, SETTLED_AT).run(words).await
    }

    /// Stripe delivers an event until it is taken.
    async fn deliver(&self, event: &Value) {
        let endpoint = Endpoint::on(&self.ground.connection());
        for _ in 0..3 {
            if endpoint.deliver_text(&event.to_string()).await.status() == 200 {
                return;
            }
        }
        panic!("{event} is not taken");
    }
}

impl Case {
    /// The tables before it.
    async fn ground(&self) -> Ground {
        let ground = Ground::with(&[]).await;
        let mut data = SeedData::read().unwrap();
        // No more than it takes: all of it is verified at each moment.
        data.clients.clear();
        data.models.clear();
        data.users
            .retain(|user| user.user_id.as_str() == cases::USER);
        let store = ground.store();
        let seeded = seeds::apply(&store, &data, now(), &SystemEntropy).await;
        seeded.unwrap();
        let stage = Stage::of(&ground).await;
        for event in &self.before {
            stage.deliver(event).await;
        }
        stage.ground.copy()
    }

    /// Both ways; how often something happened between two requests.
    async fn run(&self) -> usize {
        let ground = self.ground().await;
        let mut seen = BTreeSet::new();
        let mut moments = 0;
        for passed in 0.. {
            let stage = Stage::of(&ground).await;
            let (said, was_held) = self.act_around_delivery(&stage, passed).await;
            self.check(&stage, &said, passed, &mut seen).await;
            moments += 1;
            if !was_held {
                break;
            }
        }
        for passed in 0.. {
            let stage = Stage::of(&ground).await;
            let (said, was_held) = self.delivery_around_act(&stage, passed).await;
            self.check(&stage, &said, passed, &mut seen).await;
            moments += 1;
            if !was_held {
                break;
            }
        }
        let expected: BTreeSet<End> = self.ends.iter().copied().collect();
        assert_eq!(seen, expected, "{}", self.name);
        println!("{}: {moments} moments, {} ends", self.name, seen.len());
        moments
    }

    /// The act stops after so many requests, and the delivery happens whole.
    async fn act_around_delivery(&self, stage: &Stage, passed: usize) -> (Said, bool) {
        let wire = HeldWire::before(stage.address).await;
        let operator = Operator::at(&wire.url, SETTLED_AT);
        let words: Vec<&str> = self.act.iter().map(String::as_str).collect();
        let mut act = Box::pin(operator.run(&words));
        wire.let_pass(passed);
        let ended = tokio::select! {
            biased;
            said = &mut act => Some(said),
            () = wire.arrived(passed + 1) => None,
        };
        stage.deliver(&self.delivered).await;
        match ended {
            Some(said) => (said, false),
            None => {
                wire.let_pass(ALL);
                (act.await, true)
            }
        }
    }

    /// The delivery stops after so many requests, and the act happens whole.
    async fn delivery_around_act(&self, stage: &Stage, passed: usize) -> (Said, bool) {
        let connection = stage.ground.connection();
        let steps = connection.faults().step_by_step();
        let body = self.delivered.to_string();
        let mut delivery = tokio::spawn(async move {
            let endpoint = Endpoint::on(&connection);
            endpoint.deliver_text(&body).await.status()
        });
        steps.let_pass(passed);
        let was_held = tokio::select! {
            biased;
            _ = &mut delivery => false,
            () = steps.arrived(passed + 1) => true,
        };
        let words: Vec<&str> = self.act.iter().map(String::as_str).collect();
        let said = stage.creditsctl(&words).await;
        if was_held {
            steps.let_pass(ALL);
            if delivery.await.unwrap() != 200 {
                stage.deliver(&self.delivered).await;
            }
        }
        (said, was_held)
    }

    async fn check(&self, stage: &Stage, said: &Said, passed: usize, seen: &mut BTreeSet<End>) {
        let what = format!("{} after {passed} requests: {}", self.name, said.text);
        let scene = self.look(stage, said, &what).await;
        let outcome = &scene.records[&self.about];
        let pro = async |id| stage.ground.shown(id).await.pro.remaining;
        let pro = [pro(cases::USER).await, pro(cases::OTHER).await];
        let mut ends = self.ends.iter();
        let end = ends.find(|(is, one, other, code)| {
            (is, [*one, *other], *code) == (&outcome.as_str(), pro, said.code)
        });
        let end = end.unwrap_or_else(|| panic!("{outcome}, {pro:?}, {}: {what}", said.code));
        seen.insert(*end);
        // Who asked for something else than what became of it is reported so.
        let names_outcome = ["is", "still"].map(|word| format!("{word} {outcome}"));
        let is_about_one = self.act[0] != "verify" && self.act[1] != "assign";
        if is_about_one && (said.code == 0 || self.act[1] == "dismiss" && said.code == 3) {
            let mut names = names_outcome.iter();
            assert!(names.any(|words| said.text.contains(words)), "{what}");
        }
        // Whatever is delivered again changes nothing.
        for event in self.before.iter().chain([&self.delivered]) {
            stage.deliver(event).await;
        }
        let again = Scene::of(&stage.ground).await;
        assert_eq!(again.entries, scene.entries, "{what}");
        assert_eq!(again.waiting, scene.waiting, "{what}");
    }

    /// Nothing waits that is not open, nothing was given twice, all adds up.
    async fn look(&self, stage: &Stage, said: &Said, what: &str) -> Scene {
        let scene = Scene::of(&stage.ground).await;
        let open = scene.records.iter();
        let open =
            open.filter(|(_, outcome)| ["parked", "needs_operator"].contains(&outcome.as_str()));
        let open: BTreeSet<&str> = open.map(|(id, _)| id.as_str()).collect();
        let waiting = scene.waiting.iter();
        let waiting: BTreeSet<&str> = waiting.map(|key| key.rsplit('#').next().unwrap()).collect();
        assert_eq!(waiting, open, "{what}");
        assert_eq!(waiting.len(), scene.waiting.len(), "{what}");
        let given = [cases::USER, cases::OTHER].map(|id| scene.entries_of(id, "invoice:in_I_1"));
        assert!(given.iter().sum::<usize>() <= 1, "{given:?}: {what}");
        let verified = stage.creditsctl(&["verify", "--all"]).await;
        assert_eq!(verified.code, 0, "{}: {what}", verified.text);
        assert!([0, 1, 3].contains(&said.code), "{what}");
        scene
    }
}
