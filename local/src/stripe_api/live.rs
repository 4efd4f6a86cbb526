//! The local Stripe as a whole: what it is told, and how it answers.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use shared::domain::Price;
use shared::host::clock::SharedClock;
use shared::host::entropy::SharedEntropy;

use super::call::{Call, api_key, check_account, version};
use super::expansion::{check_of_write, expand};
use super::faults::{Faults, UnknownFault};
use super::keys::{Answered, Keys, essence};
use super::parameters::Parameters;
use super::refusal::Refusal;
use super::resources::{ITEMS, target};
use super::selling::{self, SeededSubscription, Selling};
use super::shelf::{Full, Shelf};
use super::writer::Writer;
use super::{reads, writes};
use crate::stripe::{ApiVersion, Cast, Effect, Scenario, Shapes, Story};

/// How many requests are remembered.
const MAX_REQUESTS: usize = 1_000;

/// A request as it came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `POST` or `DELETE`.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// What stands behind the question mark.
    pub query: String,
    /// Headers by their names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The form.
    pub body: String,
}

/// A request that was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// The request, without its key.
    pub request: Request,
    /// The status of the answer.
    pub status: u16,
}

/// What is answered: the body is JSON.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// Headers besides the content's type.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Value,
}

/// Why a story cannot be told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TellError {
    /// There is no room.
    #[error(transparent)]
    Full(#[from] Full),
    /// The story has no such event.
    #[error("{0:?} is no event of this story")]
    NoSuchEvent(String),
}

/// A Stripe in memory. Clones share it.
#[derive(Clone)]
pub struct LocalStripe {
    state: Arc<Mutex<State>>,
    /// Held while events are delivered.
    delivering: Arc<tokio::sync::Mutex<()>>,
    clock: SharedClock,
    entropy: SharedEntropy,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) shelf: Shelf,
    pub(super) selling: Selling,
    keys: Keys,
    faults: Faults,
    /// How many events of each story have happened.
    told: BTreeMap<(Scenario, String), usize>,
    requests: VecDeque<Recorded>,
}

impl LocalStripe {
    /// A Stripe that sells at these prices and where nothing has happened. Its pages
    /// are at that address, its events in that version.
    pub fn new(
        prices: &[Price],
        (url, version): (&str, ApiVersion),
        clock: SharedClock,
        entropy: SharedEntropy,
    ) -> Self {
        let mut state = State {
            selling: Selling::new(prices, url, version),
            ..State::default()
        };
        let objects = prices
            .iter()
            .flat_map(|price| Story::price(price, clock.now()));
        for object in objects {
            // A catalogue is far smaller than the shelf.
            let _ = state.shelf.apply(Effect::Put(object));
        }
        LocalStripe {
            state: Arc::new(Mutex::new(state)),
            delivering: Arc::default(),
            clock,
            entropy,
        }
    }

    /// Puts a customer with a subscription where they were from the start.
    pub(crate) fn put_seeded(&self, seeded: &SeededSubscription, prices: &[Price]) {
        let mut state = self.state();
        let version = state.selling.version;
        // The seeds are far smaller than the shelf.
        let _ = selling::put_seeded(&mut state.shelf, seeded, prices, version);
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a story happen up to one of its events, whether that is delivered or
    /// not. What has happened does not happen again.
    pub fn tell(
        &self,
        scenario: Scenario,
        cast: &Cast,
        version: ApiVersion,
        until: &str,
    ) -> Result<(), TellError> {
        let traces = Story::traces(scenario, cast, version);
        let place = traces.iter().position(|trace| trace.id == until);
        let place = place.ok_or_else(|| TellError::NoSuchEvent(until.to_string()))?;
        self.happen(scenario, cast, version, place.saturating_add(1))
    }

    /// Lets a whole story happen.
    pub fn tell_all(
        &self,
        scenario: Scenario,
        cast: &Cast,
        version: ApiVersion,
    ) -> Result<(), TellError> {
        self.happen(scenario, cast, version, usize::MAX)
    }

    fn happen(
        &self,
        scenario: Scenario,
        cast: &Cast,
        version: ApiVersion,
        until: usize,
    ) -> Result<(), TellError> {
        let mut state = self.state();
        let story = (scenario, cast.suffix.clone());
        let done = state.told.get(&story).copied().unwrap_or_default();
        let traces = Story::traces(scenario, cast, version).into_iter();
        let new: Vec<_> = traces.take(until).skip(done).collect();
        let happened = done.saturating_add(new.len());
        let effects: usize = new.iter().map(|trace| trace.effects.len()).sum();
        state.shelf.check_room(effects.saturating_add(new.len()))?;
        for trace in new {
            for effect in trace.effects {
                state.shelf.apply(effect)?;
            }
            if let Some(event) = trace.event {
                state.shelf.apply(Effect::Put(Shapes::same(&event.body)))?;
            }
        }
        state.told.insert(story, happened);
        Ok(())
    }

    /// Changes objects by hand, as a test of something that no story has may do.
    pub fn apply(&self, effects: impl IntoIterator<Item = Effect>) -> Result<(), Full> {
        let mut state = self.state();
        effects
            .into_iter()
            .try_for_each(|effect| state.shelf.apply(effect))
    }

    /// Lets the next requests fail with this status.
    pub fn fail_next(&self, status: u16, times: u32) -> Result<(), UnknownFault> {
        self.state().faults.order(status, times)
    }

    /// The latest requests, the oldest first.
    pub fn requests(&self) -> Vec<Recorded> {
        self.state().requests.iter().cloned().collect()
    }

    /// Answers a request.
    pub fn answer(&self, request: Request) -> Reply {
        let request_id = format!("req_{}", hex::encode(self.entropy.bytes()));
        let mut state = self.state();
        let moment = self.moment(Some(&request_id));
        state.let_time_pass(&moment);
        let key = request.headers.get("idempotency-key").cloned();
        let version = version(&request.headers).unwrap_or_default();
        let mut headers = vec![("stripe-version", version.api_version().to_string())];
        if let Some(key) = key.filter(|_| request.method == "POST") {
            headers.push(("idempotency-key", key));
        }
        let (status, body) = match state.answer(&request, &moment) {
            Ok(Outcome::New(body)) => {
                headers.push(("request-id", request_id));
                (200, body)
            }
            Ok(Outcome::Replayed(answer)) => {
                headers.push(("request-id", request_id));
                headers.push(("original-request", answer.request_id));
                headers.push(("idempotent-replayed", "true".to_string()));
                (200, answer.body)
            }
            Err(refusal) => {
                headers.push(("request-id", request_id));
                (refusal.status, refusal.body())
            }
        };
        state.remember(request, status);
        Reply {
            status,
            headers,
            body,
        }
    }

    pub(super) fn moment<'a>(&'a self, request_id: Option<&'a str>) -> Moment<'a> {
        Moment {
            now: self.clock.now().unix_seconds(),
            request_id,
            entropy: &self.entropy,
        }
    }

    /// What is due by now has happened.
    pub(crate) fn let_time_pass(&self) {
        self.state().let_time_pass(&self.moment(None));
    }

    /// Its clock.
    pub(super) fn clock(&self) -> SharedClock {
        self.clock.clone()
    }

    /// Where its pages are.
    pub(super) fn url(&self) -> String {
        self.state().selling.url().to_string()
    }

    /// Waits until nobody else delivers.
    pub(super) async fn delivering(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.delivering.lock().await
    }

    /// The events that were not delivered yet, the oldest first.
    pub(super) fn undelivered(&self) -> Vec<Value> {
        self.state().selling.undelivered()
    }

    /// An event was delivered.
    pub(super) fn delivered(&self, id: &str) {
        let mut state = self.state();
        state.selling.delivered(id);
        let none = serde_json::json!({"pending_webhooks": 0});
        // Nothing is added, so there is room.
        let _ = state.shelf.apply(Effect::Patch(id.to_string(), none));
    }
}

/// When and as what a request is answered.
pub(super) struct Moment<'a> {
    pub(super) now: i64,
    /// None where a page was used, or time has passed.
    request_id: Option<&'a str>,
    entropy: &'a SharedEntropy,
}

enum Outcome {
    New(Value),
    Replayed(Answered),
}

impl State {
    /// What a write needs.
    pub(super) fn parts<'a>(
        &'a mut self,
        moment: &Moment<'a>,
        key: Option<&'a str>,
    ) -> (Writer<'a>, &'a mut Selling) {
        let writer = Writer {
            shelf: &mut self.shelf,
            now: moment.now,
            entropy: moment.entropy.as_ref(),
            request: (moment.request_id, key),
            version: self.selling.version,
        };
        (writer, &mut self.selling)
    }

    /// Without room for what is due nothing more happens.
    pub(super) fn let_time_pass(&mut self, moment: &Moment<'_>) {
        if self.selling.is_idle() {
            return;
        }
        let (mut writer, selling) = self.parts(moment, None);
        let _ = selling::let_time_pass(&mut writer, selling);
    }

    fn remember(&mut self, mut request: Request, status: u16) {
        if let Some(key) = request.headers.get_mut("authorization") {
            let scheme = key.split(' ').next().unwrap_or_default();
            *key = format!("{scheme} (key)");
        }
        self.requests.push_back(Recorded { request, status });
        while self.requests.len() > MAX_REQUESTS {
            self.requests.pop_front();
        }
    }

    fn answer(&mut self, request: &Request, moment: &Moment<'_>) -> Result<Outcome, Refusal> {
        let account = api_key(&request.headers)?;
        check_account(&request.headers)?;
        let version = version(&request.headers)?;
        self.faults.meet()?;
        let call = Call {
            method: request.method.clone(),
            path: request.path.clone(),
            version,
            parameters: Parameters::read(&request.query, &request.body)?,
        };
        let key = request.headers.get("idempotency-key");
        let key = key.filter(|_| request.method == "POST");
        let Some(key) = key else {
            return self.perform(call, None, moment).map(Outcome::New);
        };
        let essence = essence(&call);
        // Another account's key is another key.
        let place = format!("{account} {key}");
        if let Some(answer) = self.keys.find(key, &place, &essence, moment.now)? {
            return Ok(Outcome::Replayed(answer));
        }
        let body = self.perform(call, Some(key), moment)?;
        let answer = Answered {
            body: body.clone(),
            request_id: moment.request_id.unwrap_or_default().to_string(),
        };
        self.keys.save(&place, essence, moment.now, answer);
        Ok(Outcome::New(body))
    }

    fn perform(
        &mut self,
        mut call: Call,
        key: Option<&String>,
        moment: &Moment<'_>,
    ) -> Result<Value, Refusal> {
        let expansions = call.parameters.list("expand");
        let no_route = Refusal::no_route(&call.method, &call.path);
        let Some(path) = call.path.strip_prefix("/v1/").map(str::to_string) else {
            return Err(no_route);
        };
        if call.method != "GET" {
            check_of_write(&path, &expansions)?;
        }
        let named = target(&path, call.version);
        let (mut writer, selling) = self.parts(moment, key.map(String::as_str));
        let asked = &mut call;
        let mut object = match (asked.method.as_str(), named) {
            ("GET", Some(target)) => reads::read(writer.shelf, asked, target, moment.now)?,
            ("GET", None) if path == ITEMS.path => reads::items(writer.shelf, asked)?,
            _ => {
                let place = (path.as_str(), named);
                let written = writes::write((&mut writer, selling), asked, place);
                written.ok_or(no_route)??
            }
        };
        expand(&self.shelf, call.version, &mut object, &expansions)?;
        Ok(object)
    }
}
