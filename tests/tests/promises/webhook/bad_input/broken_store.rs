//! A store that fails at any request of an event, in any way: the event is
//! settled or answered 503, never by half, and delivered again it ends as if
//! nothing had happened.

use local::dynamodb::Fault;
use local::stripe::{Scenario, StoryEvent};

use super::super::ground::{Ground, prices};
use super::super::holds_true::Scene;
use super::super::post::{Answered, Endpoint};
use super::{one, sent};

const LINK: &str = "checkout.session.completed";
const PAID: &str = "invoice.paid";

/// One more than the store tries.
const TOO_OFTEN: usize = 6;

/// What may go wrong, and how often in a row.
const FAULTS: [(Fault, usize); 9] = [
    (Fault::ServerError, 1),
    (Fault::ServerError, TOO_OFTEN),
    (Fault::Throttled, TOO_OFTEN),
    (Fault::LostReply, 1),
    (Fault::LostReply, TOO_OFTEN),
    (Fault::ServerErrorAfterApply, 1),
    (Fault::TransactionConflict, 1),
    (Fault::TransactionConflict, TOO_OFTEN),
    (Fault::NotSent, TOO_OFTEN),
];

/// What was settled before, and the event whose requests go wrong.
struct Case {
    what: &'static str,
    before: Vec<StoryEvent>,
    event: StoryEvent,
}

/// An undisturbed delivery: its requests by name, and what the tables said
/// after each of them.
struct Undisturbed {
    operations: Vec<String>,
    scenes: Vec<Scene>,
}

impl Case {
    async fn ground(&self) -> Ground {
        let ground = Ground::with(&prices()).await;
        let endpoint = Endpoint::on(&ground.connection());
        for event in &self.before {
            assert_eq!(endpoint.deliver(event).await.status(), 200, "{}", self.what);
        }
        ground
    }

    async fn undisturbed(&self) -> Undisturbed {
        let ground = self.ground().await;
        let connection = ground.connection();
        let steps = connection.faults().step_by_step();
        let endpoint = Endpoint::on(&connection);
        let mut seen = Undisturbed {
            operations: Vec::new(),
            scenes: vec![Scene::of(&ground).await],
        };
        let mut delivery = std::pin::pin!(endpoint.deliver(&self.event));
        loop {
            let passed = seen.operations.len();
            tokio::select! {
                biased;
                answer = &mut delivery => {
                    assert_eq!(answer.status(), 200, "{}", self.what);
                    break;
                }
                () = steps.arrived(passed + 1) => {
                    connection.meter().reset();
                    steps.let_pass(1);
                }
            }
            // It runs as far as its next request, or to its end.
            tokio::select! {
                biased;
                answer = &mut delivery => {
                    assert_eq!(answer.status(), 200, "{}", self.what);
                    seen.note(&connection, &ground).await;
                    break;
                }
                () = steps.arrived(passed + 2) => seen.note(&connection, &ground).await,
            }
        }
        seen
    }

    /// Breaks one request and looks at what came of it.
    async fn breaks(&self, seen: &Undisturbed, at: usize, (fault, times): (Fault, usize)) {
        let operation = &seen.operations[at];
        let what = format!(
            "{}: {times} {fault:?} at request {at}, {operation}",
            self.what
        );
        let ground = self.ground().await;
        let connection = ground.connection();
        let steps = connection.faults().step_by_step();
        let endpoint = Endpoint::on(&connection);
        let delivery = endpoint.deliver(&self.event);
        let disturbance = async {
            steps.let_pass(at);
            steps.arrived(at + 1).await;
            (0..times).for_each(|_| connection.faults().push(operation, fault));
            steps.let_pass(1_000);
        };
        let (answer, ()) = tokio::join!(delivery, disturbance);
        self.check_answer(&answer, &endpoint, times, &what);
        let scene = Scene::of(&ground).await;
        let whole = |before: &&Scene| before.difference(&scene).is_empty();
        assert!(
            seen.scenes.iter().any(|before| whole(&before)),
            "{what}: by half"
        );
        // Stripe comes again, and another process answers.
        let endpoint = Endpoint::on(&ground.connection());
        let again = endpoint.deliver(&self.event).await;
        assert_eq!(again.status(), 200, "{what}");
        let scene = Scene::of(&ground).await;
        let end = seen.scenes.last().unwrap();
        assert_eq!(scene.difference(end), "", "{what}");
        assert_eq!(scene.entries, end.entries, "{what}");
    }

    fn check_answer(&self, answer: &Answered, endpoint: &Endpoint, times: usize, what: &str) {
        let counted = endpoint.counted();
        let failed = format!("Events {} failed", self.event.event_type);
        if answer.status() == 503 {
            assert_eq!(times, TOO_OFTEN, "{what}: it gave up early");
            assert_eq!(answer.header("retry-after"), "1", "{what}");
            assert!(counted.contains(&failed), "{what}: {counted:?}");
        } else {
            assert_eq!(answer.status(), 200, "{what}: {answer:?}");
            assert!(!counted.contains(&failed), "{what}: {counted:?}");
        }
    }
}

impl Undisturbed {
    async fn note(&mut self, connection: &local::dynamodb::InProcessDynamoDb, ground: &Ground) {
        let operations = connection.meter().snapshot().operations;
        self.operations.extend(operations.into_keys());
        self.scenes.push(Scene::of(ground).await);
    }
}

async fn check(what: &'static str, before: &[StoryEvent], event: StoryEvent) {
    let before = before.to_vec();
    let case = Case {
        what,
        before,
        event,
    };
    let seen = case.undisturbed().await;
    let requests = seen.operations.len();
    assert!(requests >= 2, "{what}: {:?}", seen.operations);
    for at in 0..requests {
        for fault in FAULTS {
            let of_transaction = fault.0 == Fault::TransactionConflict;
            let is_transaction = seen.operations[at] == "TransactWriteItems";
            if is_transaction || !of_transaction {
                case.breaks(&seen, at, fault).await;
            }
        }
    }
    println!(
        "{what}: {requests} requests, {} faults at each",
        FAULTS.len()
    );
}

#[tokio::test(start_paused = true)]
async fn a_purchase_survives_any_fault_at_any_request() {
    let story = sent(Scenario::BuyPack);
    check("a pack", &[], one(LINK, &story)).await;
}

#[tokio::test(start_paused = true)]
async fn an_invoice_survives_any_fault_at_any_request() {
    let story = sent(Scenario::Subscribe);
    let link = one(LINK, &story);
    check("an invoice", &[link], one(PAID, &story)).await;
}

#[tokio::test(start_paused = true)]
async fn a_change_of_plan_survives_any_fault_at_any_request() {
    let story = sent(Scenario::CancelAtPeriodEnd);
    let before = [
        one(LINK, &story),
        one("customer.subscription.created", &story),
    ];
    let event = one("customer.subscription.updated", &story);
    check("a subscription", &before, event).await;
}

#[tokio::test(start_paused = true)]
async fn a_refund_survives_any_fault_at_any_request() {
    let story = sent(Scenario::RefundPartial);
    let before = [one(LINK, &story)];
    check("a refund", &before, one("refund.created", &story)).await;
}

#[tokio::test(start_paused = true)]
async fn parking_and_draining_survive_any_fault_at_any_request() {
    let story = sent(Scenario::Subscribe);
    let (link, paid) = (one(LINK, &story), one(PAID, &story));
    check("an event that has to wait", &[], paid.clone()).await;
    check("a link and what waits for it", &[paid], link).await;
}
