//! A Stripe that cannot be reached any more half-way through a run.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};

use crate::shop::Shop;

/// Passes on the first few requests to an address, and hangs up from then on.
struct Line {
    url: String,
    asked: Arc<AtomicUsize>,
}

impl Line {
    async fn to(server: &str, passes: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let line = Line {
            url: format!("http://{}", listener.local_addr().unwrap()),
            asked: Arc::default(),
        };
        let server = server.strip_prefix("http://").unwrap().to_string();
        let asked = line.asked.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass_on(client, server.clone(), asked.clone(), passes));
            }
        });
        line
    }
}

async fn pass_on(client: TcpStream, server: String, asked: Arc<AtomicUsize>, passes: usize) {
    let server = TcpStream::connect(server).await.unwrap();
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let answers = tokio::spawn(async move {
        // Whoever has hung up takes no answer.
        let _ = copy(&mut from_server, &mut to_client).await;
    });
    let mut piece = [0; 64 * 1024];
    while let Ok(length @ 1..) = from_client.read(&mut piece).await {
        if asked.fetch_add(1, Ordering::Relaxed) >= passes {
            answers.abort();
            return;
        }
        to_server.write_all(&piece[..length]).await.unwrap();
    }
}

#[tokio::test]
async fn a_run_that_loses_stripe_half_way_says_so_and_goes_on_when_it_is_started_again() {
    let mut shop = Shop::rich().await;
    let stripe = shop.stripe_url.clone();
    for line in [
        "stripe reconcile --all --apply",
        "stripe sync --since 2025-11-01T00:00:00Z --dry-run",
    ] {
        for passes in [0, 3] {
            let before = shop.dump().await;
            let relay = Line::to(&stripe, passes).await;
            shop.stripe_url = relay.url.clone();
            let ended = shop.run(line).await;
            if relay.asked.load(Ordering::Relaxed) <= passes {
                continue;
            }
            assert_eq!(ended.code, Some(2), "{line}: {ended:?}");
            let is_one_line = ended.err.lines().count() == 1;
            assert!(
                is_one_line && ended.err.contains("Stripe cannot be reached"),
                "{line}: {ended:?}"
            );
            if passes == 0 || line.contains("dry-run") {
                assert_eq!(shop.dump().await, before, "{line} wrote something");
            }
        }
    }
    shop.stripe_url = stripe;
    shop.run("stripe reconcile --all --apply").await;
    let again = shop.dump().await;
    let said = shop.run("stripe reconcile --all --apply").await;
    assert!(said.out.contains("\"missed\":0"), "{}", said.out);
    assert_eq!(shop.dump().await, again);
}
