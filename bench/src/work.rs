//! The DynamoDB use of a call, counted in the world's transport, and its cost
//! by the price list.

use local::World;
use local::gateway::Request;
use local::identity::TokenRequest;
use local::stripe::{ApiVersion, Cast, Scenario, Story, sign};
use shared::host::clock::Clock;

use crate::report::{Report, Table};

/// The use of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Work {
    pub(crate) status: u16,
    pub(crate) requests: u64,
    /// Read capacity units, in halves.
    pub(crate) half_reads: u64,
    /// Write capacity units, in halves: all of ours are whole.
    pub(crate) half_writes: u64,
    /// The length of the answer's body.
    pub(crate) bytes: usize,
}

/// US dollars of N. Virginia for a million of each, in cents; from the pages of
/// API Gateway, Lambda and DynamoDB (on demand) as of November 2026, the same
/// as in docs/deploy.md.
mod cents_a_million {
    pub(super) const HTTP_API_CALLS: u64 = 100;
    pub(super) const LAMBDA_CALLS: u64 = 20;
    /// 10 ms of 128 MB on arm64: 0.00125 GB-seconds at $0.0000133334, rounded up.
    pub(super) const LAMBDA_TEN_MS: u64 = 2;
    /// $0.125, in halves of a unit and tenths of a cent, as it is no whole cent.
    pub(super) const TENTHS_A_HALF_READ: u64 = 62;
    /// $0.625 likewise.
    pub(super) const TENTHS_A_HALF_WRITE: u64 = 312;
}

impl Work {
    /// DynamoDB's price of a million such calls, in tenths of a cent. Half a
    /// unit is 6.25 or 31.25 cents, so two halves are added up together.
    fn dynamodb_tenths(self) -> u64 {
        use cents_a_million::{TENTHS_A_HALF_READ, TENTHS_A_HALF_WRITE};
        let (reads, writes) = (self.half_reads, self.half_writes);
        reads * TENTHS_A_HALF_READ + reads / 2 + writes * TENTHS_A_HALF_WRITE + writes / 2
    }

    /// Total cost of a million such calls without logs, in tenths of a cent.
    fn all_tenths(self) -> u64 {
        use cents_a_million::{HTTP_API_CALLS, LAMBDA_CALLS, LAMBDA_TEN_MS};
        self.dynamodb_tenths() + 10 * (HTTP_API_CALLS + LAMBDA_CALLS + LAMBDA_TEN_MS)
    }
}

/// Dollars and cents, to the nearest.
fn dollars(tenths: u64) -> String {
    let cents = (tenths + 5) / 10;
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// Half units as units: 1.5.
pub(crate) fn units(halves: u64) -> String {
    match halves % 2 {
        0 => format!("{}", halves / 2),
        _ => format!("{}.5", halves / 2),
    }
}

/// Sends a request to the world and counts its use.
pub(crate) async fn of(world: &World, request: Request) -> Work {
    world.dynamodb.meter().reset();
    let reply = world.gateway.handle(request).await;
    let total = world.dynamodb.meter().snapshot().total;
    Work {
        status: reply.status,
        requests: total.requests,
        half_reads: total.read_units.half_units(),
        half_writes: total.write_units.half_units(),
        bytes: reply.body.len(),
    }
}

/// A request with a token from the world's issuer.
pub(crate) fn asked(
    world: &World,
    token: &TokenRequest,
    method: &str,
    path: &str,
    (key, body): (&str, &str),
) -> Result<Request, Box<dyn std::error::Error>> {
    let token = world
        .issuer
        .issue(token, world.clock.now().unix_seconds())?;
    let headers = [
        ("authorization", format!("Bearer {token}")),
        ("idempotency-key", key.to_string()),
    ];
    Ok(request(
        method,
        path,
        headers.map(|(name, text)| (name.to_string(), text)),
        body,
    ))
}

fn request(method: &str, path: &str, headers: [(String, String); 2], body: &str) -> Request {
    Request {
        method: method.to_string(),
        path: path.to_string(),
        query: String::new(),
        headers: headers.into(),
        body: body.as_bytes().to_vec(),
        source_ip: "127.0.0.1".to_string(),
    }
}

/// An app's token.
pub(crate) fn app(user: &str) -> TokenRequest {
    TokenRequest::access(user, "credits.read user.info models.read", "bench")
}

/// The inference service's token.
pub(crate) fn service() -> TokenRequest {
    TokenRequest::client_credentials("inference-service", "credits.charge", "bench")
}

/// The table of each kind of call's use.
pub(crate) async fn run(
    report: &mut Report,
    world: &World,
) -> Result<(), Box<dyn std::error::Error>> {
    let columns = [
        "a call",
        "requests",
        "read units",
        "write units",
        "answer bytes",
        "DynamoDB $/M",
        "all $/M",
    ];
    let mut table = Table::new("Work per call", &columns);
    let mut line = |what: &str, work: Work| {
        table.row(vec![
            format!("{what}: {}", work.status),
            work.requests.to_string(),
            units(work.half_reads),
            units(work.half_writes),
            work.bytes.to_string(),
            dollars(work.dynamodb_tenths()),
            dollars(work.all_tenths()),
        ]);
    };
    let user = "pro-user";
    for path in ["/api/user/credits", "/api/user/profile", "/api/user"] {
        let request = asked(world, &app(user), "GET", path, ("", ""))?;
        line(&format!("GET {path}"), of(world, request).await);
    }
    writes(world, user, &mut line).await?;
    deliveries(world, &mut line).await;
    table.note(
        "The limiter is off; it costs each GET 1 write unit and one request beside the other. Prices of N. Virginia as of \
         November 2026, on demand, arm64; all = DynamoDB, HTTP API, Lambda's calls and 10 ms of 128 MB each; logs apart.",
    );
    report.table(&table);
    Ok(())
}

/// Lines of charges and holds.
async fn writes(
    world: &World,
    user: &str,
    line: &mut impl FnMut(&str, Work),
) -> Result<(), Box<dyn std::error::Error>> {
    let (charges, holds) = (
        format!("/api/users/{user}/charges"),
        format!("/api/users/{user}/holds"),
    );
    for (what, path, key, body) in [
        (
            "charge, by a process that knows the user",
            charges.clone(),
            "work-1",
            "0.001",
        ),
        ("the same again", charges.clone(), "work-1", "0.001"),
        ("charge of too much", charges, "work-2", "900000"),
        ("hold", holds.clone(), "work-3", "1"),
        (
            "its commit",
            format!("{holds}/work-3/commit"),
            "work-4",
            "1",
        ),
    ] {
        let body = format!("{{\"amount\":\"{body}\"}}");
        // The first call fills caches that later calls use.
        let before = asked(
            world,
            &service(),
            "POST",
            &format!("/api/users/{user}/charges"),
            (&format!("{key}-before"), "{\"amount\":\"0.001\"}"),
        )?;
        of(world, before).await;
        let request = asked(world, &service(), "POST", &path, (key, &body))?;
        line(what, of(world, request).await);
    }
    Ok(())
}

/// Lines of Stripe deliveries.
async fn deliveries(world: &World, line: &mut impl FnMut(&str, Work)) {
    let now = world.clock.now();
    let cast = Cast::new("bench-work", "bench-work", now);
    for event in Story::render(Scenario::RefundInvoice, &cast, ApiVersion::Dahlia) {
        let payload = event.payload();
        let signature = sign(local::STRIPE_WEBHOOK_SECRET, now, payload.as_bytes());
        for what in ["webhook", "the same again"] {
            let headers = [("stripe-signature", signature.as_str()), ("x-none", "")];
            let headers = headers.map(|(name, text)| (name.to_string(), text.to_string()));
            let request = request("POST", "/webhooks/stripe", headers, &payload);
            let work = of(world, request).await;
            if what == "webhook" || event.event_type == "invoice.paid" {
                line(&format!("{what}, {}", event.event_type), work);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_calls_cost_what_the_price_list_says() {
        let work = |half_reads, half_writes| Work {
            status: 200,
            requests: 1,
            half_reads,
            half_writes,
            bytes: 0,
        };
        for (work, dynamodb, all) in [
            (work(0, 0), "0.00", "1.22"),
            (work(1, 0), "0.06", "1.28"),
            (work(1, 2), "0.69", "1.91"),
            (work(0, 10), "3.13", "4.35"),
            (work(10, 30), "10.00", "11.22"),
        ] {
            assert_eq!(dollars(work.dynamodb_tenths()), dynamodb);
            assert_eq!(dollars(work.all_tenths()), all);
        }
        assert_eq!(units(3), "1.5");
        assert_eq!(units(4), "2");
    }
}
