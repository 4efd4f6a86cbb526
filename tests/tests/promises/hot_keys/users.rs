//! What users do: some of them come over from another system, and when a month begins
//! all of them either look at their credits or spend some. One endpoint hears of each month
//! that begins, from the first minute to the last.

use local::notices::Source;
use notices::generate;
use serde_json::{Value, json};
use shared::domain::Endpoint;
use shared::host::clock::Clock;
use shared::host::entropy::SystemEntropy;
use tests::at;

use super::{IMPORTED, Play, users_played};
use crate::import::export::Export;
use crate::import::{Process, old_user};
use crate::notices::Receiver;
use crate::routes::recorded;

/// One user in so many pays.
const PAYS: u32 = 20;
/// The name of the endpoint.
const ENDPOINT: &str = "everything";

/// Every user with this month's credits, and some with a subscription.
pub(super) async fn import(play: &mut Play) {
    let users = (1..=users_played() / IMPORTED).fold(Export::default(), |export, user| {
        let export = export.user(user, &format!("u{user}@old.example"));
        let export = export.month(user, &format!("c{user}"), 11, "100");
        match user % PAYS {
            0 => {
                let (stripe, customer) = (format!("sub_o{user}"), format!("cus_o{user}"));
                export.subscription(user, &format!("s{user}"), &stripe, &customer)
            }
            _ => export,
        }
    });
    let process = Process::on(&play.world);
    process.dynamodb.touched().start();
    let summary = process.import(&users.write()).await.unwrap();
    assert!(summary.is_clean(), "{summary}");
    play.judge("an import", &[&process.dynamodb]);
}

/// The first minute of a month: what was granted ends, and the next is granted as soon
/// as somebody looks or spends. Who spends has a notice of it sent.
pub(super) async fn a_new_month(play: &mut Play) {
    let receiver = an_endpoint(play).await;
    play.world.clock.set(at("2025-12-01T00:00:00Z"));
    let (mut look, mut charge) = (recorded("get-credits.json"), recorded("post-charge.json"));
    charge["body"] = json!({"amount": "1"}).to_string().into();
    play.begin();
    for number in 1..=users_played() {
        let user = old_user(number);
        if number % 2 == 0 {
            look["requestContext"]["authorizer"]["jwt"]["claims"]["sub"] = json!(user);
            answered(play, &look).await;
        } else {
            charge["rawPath"] = json!(format!("/api/users/{user}/charges"));
            charge["pathParameters"]["userId"] = json!(user);
            charge["headers"]["idempotency-key"] = json!(format!("first-{number}"));
            answered(play, &charge).await;
        }
    }
    send_notices(play).await;
    play.end("a new month");
    let got = receiver.events(ENDPOINT).into_iter();
    let months = got.filter(|event| event == "credits.reset").count();
    let spend = usize::try_from(users_played().div_ceil(2)).unwrap();
    assert_eq!(months, spend, "a month that began, for each who spends");
}

/// Both streams in full batches, then the queue: nothing is written that asks again.
async fn send_notices(play: &Play) {
    let sender = &play.world.notices;
    for source in [Source::Entries, Source::Deliveries] {
        let left = sender.hand_over(sender.take_records(source)).await.unwrap();
        assert!(left.is_empty(), "{left:?}");
    }
    while sender.poll().await.unwrap() > 0 {}
}

/// An endpoint that gets everything, and answers at once.
async fn an_endpoint(play: &Play) -> Receiver {
    let (receiver, address) = Receiver::start().await;
    let id = format!("ep_{ENDPOINT}").parse().unwrap();
    let url = format!("http://{address}/{ENDPOINT}");
    let now = play.world.clock.now();
    let endpoint = Endpoint::new(id, url, generate(&SystemEntropy), now);
    assert!(play.world.store.add_endpoint(&endpoint).await.unwrap());
    receiver
}

async fn answered(play: &Play, event: &Value) {
    let response = play.functions.respond(event).await;
    let status = response["statusCode"].as_u64().unwrap();
    assert!((200..300).contains(&status), "{response}");
}
