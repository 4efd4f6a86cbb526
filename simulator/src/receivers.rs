//! Who is told: the receivers of webhooks, which record what they get and often fail, and
//! SQS and SES. Each is a host within the process.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use local::notices::{LocalQueue, MailFault, Mailbox};
use notify::{Dialled, Hosts};
use outbound::{Destination, Stream, Url};
use serde_json::Value;
use shared::domain::Endpoint;

use crate::book::Violation;
use crate::faults::{Climate, Weather};
use crate::random::Random;
use crate::wire::{Arrived, Host, connected};

/// Where SQS and SES are.
pub(crate) const SERVICES: &str = "http://127.0.0.1:1";
/// The port of the first receiver; the others follow.
const FIRST: u16 = 2;
/// Longer than the function waits.
const LONG: Duration = Duration::from_secs(7);

/// What one receiver got.
#[derive(Debug, Default)]
pub(crate) struct Got {
    /// The body of each message, by its id, and how often it came.
    pub(crate) messages: BTreeMap<String, (String, u64)>,
    /// Whether it answers nobody.
    is_down: bool,
}

/// All receivers and what they got, with SQS and SES. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Receivers {
    pub(crate) queue: LocalQueue,
    pub(crate) mailbox: Mailbox,
    endpoints: Arc<Vec<Endpoint>>,
    got: Arc<Mutex<Vec<Got>>>,
    broken: Arc<Mutex<Option<Violation>>>,
}

/// The address of a receiver.
pub(crate) fn address_of(number: usize) -> String {
    let port = u16::try_from(number).unwrap_or(0).saturating_add(FIRST);
    format!("http://127.0.0.1:{port}/alerts")
}

impl Receivers {
    pub(crate) fn new(queue: LocalQueue, mailbox: Mailbox, endpoints: Vec<Endpoint>) -> Self {
        let got = endpoints.iter().map(|_| Got::default()).collect();
        Receivers {
            queue,
            mailbox,
            endpoints: Arc::new(endpoints),
            got: Arc::new(Mutex::new(got)),
            broken: Arc::default(),
        }
    }

    /// What each of them got, in their order.
    pub(crate) fn got(&self) -> MutexGuard<'_, Vec<Got>> {
        self.got.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first promise that a message broke.
    pub(crate) fn broken(&self) -> Option<Violation> {
        let broken = self.broken.lock().unwrap_or_else(PoisonError::into_inner);
        broken.clone()
    }

    /// One of them answers nobody for a while, or answers again.
    pub(crate) fn turn(&self, drawn: u64) {
        let mut got = self.got();
        let place = Random::new(drawn).place(got.len());
        if let Some(got) = got.get_mut(place) {
            got.is_down = !got.is_down;
        }
    }

    /// All of them answer.
    pub(crate) fn stand_up(&self) {
        for got in self.got().iter_mut() {
            got.is_down = false;
        }
    }

    /// So many alerts that were demanded, the messages that brought them, and e-mails.
    pub(crate) fn counts(&self, demanded: usize) -> (u64, u64, u64) {
        let as_u64 = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        let got = self.got();
        let messages = got.iter().flat_map(|got| got.messages.values());
        let messages = messages.map(|(_, count)| *count).sum();
        (
            as_u64(demanded),
            messages,
            as_u64(self.mailbox.mails().len()),
        )
    }

    fn is_down(&self, number: usize) -> bool {
        self.got().get(number).is_some_and(|it| it.is_down)
    }

    /// Records a message, and what is wrong with it.
    fn note(&self, number: usize, request: &Arrived) {
        let id = request.header("webhook-id").to_string();
        let problem = self.problem(number, &id, request);
        if let Some(problem) = problem {
            let mut broken = self.broken.lock().unwrap_or_else(PoisonError::into_inner);
            broken.get_or_insert(problem);
        }
        if let Some(got) = self.got().get_mut(number) {
            let known = got.messages.entry(id);
            let (_, count) = known.or_insert_with(|| (request.body.clone(), 0));
            *count = count.saturating_add(1);
        }
    }

    fn problem(&self, number: usize, id: &str, request: &Arrived) -> Option<Violation> {
        let endpoint = self.endpoints.get(number)?;
        let timestamp = request.header("webhook-timestamp").parse().unwrap_or(0);
        let secrets = endpoint
            .secrets
            .iter()
            .map(|it| it.secret.expose().as_str());
        let signature = notices::sign(secrets, id, timestamp, &request.body).ok();
        if signature.as_deref() != Some(request.header("webhook-signature")) {
            let what = format!("{id} came to {}", endpoint.endpoint_id);
            return Some(Violation::of("an alert is signed for its receiver", what));
        }
        let all = self.got();
        let mut known = all.iter().filter_map(|got| got.messages.get(id));
        let differs = known.any(|(body, _)| *body != request.body);
        let what = || format!("{id} came with {}", request.body);
        differs.then(|| Violation::of("an alert that is repeated stays the same", what()))
    }
}

/// The hosts as one machine reaches them.
#[derive(Clone, Debug)]
pub(crate) struct Reach {
    pub(crate) receivers: Receivers,
    pub(crate) climate: Climate,
}

impl Hosts for Reach {
    fn allow(&self, _: &Url, address: IpAddr) -> bool {
        address.is_loopback()
    }

    fn dial<'a>(&'a self, to: Destination<'a>) -> Dialled<'a> {
        Box::pin(async move {
            let weather = self.climate.now();
            tokio::time::sleep(weather.latency()).await;
            let receivers = self.receivers.clone();
            let stream: Box<dyn Stream> = match place(to) {
                None => Box::new(connected(Service { receivers, weather })),
                Some(number) => {
                    if receivers.is_down(number) || weather.strikes("receiver not reached", 40) {
                        return Err(io::Error::other("nobody listens"));
                    }
                    Box::new(connected(Receiver {
                        number,
                        receivers,
                        weather,
                    }))
                }
            };
            Ok(stream)
        })
    }
}

/// The number of a receiver; none for SQS and SES.
fn place(to: Destination<'_>) -> Option<usize> {
    let port = match to {
        Destination::Address(address) => SocketAddr::port(&address),
        Destination::Name(_, port) => port,
    };
    port.checked_sub(FIRST).map(usize::from)
}

struct Receiver {
    number: usize,
    receivers: Receivers,
    weather: Weather,
}

impl Host for Receiver {
    async fn answer(&mut self, request: Arrived) -> Option<(u16, String)> {
        let weather = &self.weather;
        tokio::time::sleep(weather.latency()).await;
        if weather.strikes("receiver answers 500", 120) {
            return Some((500, String::new()));
        }
        if weather.strikes("receiver does not answer", 30) {
            tokio::time::sleep(LONG).await;
            return None;
        }
        self.receivers.note(self.number, &request);
        if weather.strikes("receiver's answer lost", 60) {
            return None;
        }
        if weather.strikes("receiver answers too late", 30) {
            tokio::time::sleep(LONG).await;
        }
        tokio::time::sleep(weather.latency()).await;
        Some((204, String::new()))
    }
}

/// SQS and SES.
struct Service {
    receivers: Receivers,
    weather: Weather,
}

impl Host for Service {
    async fn answer(&mut self, request: Arrived) -> Option<(u16, String)> {
        let weather = &self.weather;
        tokio::time::sleep(weather.latency()).await;
        let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
        let target = request.header("x-amz-target");
        let answer = match target.strip_prefix("AmazonSQS.") {
            Some(operation) => {
                if weather.strikes("queue answers 500", 10) {
                    return Some((500, String::new()));
                }
                Some(self.receivers.queue.answer(operation, &body))
            }
            None => {
                if weather.strikes("e-mail refused", 60) {
                    self.receivers.mailbox.fail([MailFault::Refused(503)]);
                }
                self.receivers.mailbox.answer(&body)
            }
        };
        if weather.strikes("service's answer lost", 15) {
            return None;
        }
        tokio::time::sleep(weather.latency()).await;
        answer.map(|(status, body)| (status, body.to_string()))
    }
}
