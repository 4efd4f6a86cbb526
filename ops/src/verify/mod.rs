//! `creditsctl verify`: checks every account against its ledger and every record
//! against its claims. Writes nothing.

mod accounts;

use std::fmt;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use serde::Serialize;
use shared::domain::{Timestamp, UserId};
use shared::store::{AuditSink, Audited, Finding, Segment, Store, StoreError, Table};
use terminal::Progress;
use tokio::task::JoinSet;

use crate::context::{CommandContext, SegmentsArgs};
use crate::ending::{Ending, Failure};
use crate::finding::FindingLine;
use accounts::Places;

const EXAMPLES: &str = "\
Examples:
  creditsctl verify --all --region eu-central-1
  creditsctl verify --user free-user --endpoint-url http://127.0.0.1:8000
  creditsctl verify --since 2026-03-01T00:00:00Z --region eu-central-1
  creditsctl verify --sample 100 --region eu-central-1
  creditsctl verify --all --json | jq -r 'select(.finding) | .finding.key'

Each finding names an item by its table and key. Verify checks:
  - each ledger has no gaps, each entry is unchanged and has the hash of the entry before it,
    and every item that follows from an entry exists;
  - each account and its past credits equal the fold of its ledger;
  - each unique value has a claim that points at its owner, and each account's plans are those
    of its subscriptions that have not ended;
  - each settled Stripe event has its ledger entry; payments, invoices, trials, books and lots
    match each other; subscriptions match their latest snapshots;
  - each parked event has its queue item and its record and is counted, and none that carries
    money waits for longer than an hour.

Not verifiable are what settled events recorded about themselves, what the catalogue said when a
subscription was recorded, and the contents of profiles, preferences, models and prices.

--since checks everything stored about the users whose accounts were written since, --sample about
users picked at random: not the places of parked events, nor items that are no user's. If a --since
is interrupted, it says with which --resume it goes on.

The tables may be in use. Exit code 3 if there are findings.";

/// Check balances against ledgers, and claims against owners.
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
#[command(group = clap::ArgGroup::new("whom").required(true).args(["user", "all", "since", "sample"]))]
pub(crate) struct VerifyArgs {
    /// Check everything stored about one user
    #[arg(long, value_name = "ID")]
    user: Option<UserId>,
    /// Check everything in all tables
    #[arg(long)]
    all: bool,
    /// Check the users whose accounts were written since, for example 2026-03-01T00:00:00Z
    #[arg(long, value_name = "RFC 3339")]
    since: Option<Timestamp>,
    /// Check so many users, picked at random
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    sample: Option<u32>,
    /// Go on where an interrupted --since said that it stopped
    #[arg(long, value_name = "JSON", requires = "since")]
    resume: Option<Places>,
    #[command(flatten)]
    segments: SegmentsArgs,
}

/// Counts of what was checked, reported at the end.
#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Seen {
    accounts: u64,
    entries: u64,
    past_credits: u64,
    /// Items of the users and billing tables.
    other_items: u64,
    findings: u64,
}

/// What nothing else in the tables says.
const NOT_VERIFIABLE: &str = "Not verifiable: settled events' own records, the catalogue of the past, contents of profiles and reference data (see `creditsctl help verify`)";

#[derive(Serialize)]
struct Verdict {
    verified: Seen,
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Seen {
            accounts,
            entries,
            past_credits,
            other_items,
            findings,
        } = self.verified;
        let verdict = match findings {
            0 => "No findings".to_string(),
            1 => "1 finding".to_string(),
            many => format!("{many} findings"),
        };
        write!(
            formatter,
            "{verdict}: {accounts} accounts, {entries} entries, {past_credits} past credits, {other_items} other items\n{NOT_VERIFIABLE}"
        )
    }
}

/// Counts and prints what is reported along the way.
struct Telling {
    context: Arc<CommandContext>,
    progress: Progress,
    so_far: Mutex<(Seen, std::io::Result<()>)>,
}

impl Telling {
    fn take(&self, audited: Audited) {
        let mut so_far = self.so_far.lock().unwrap_or_else(PoisonError::into_inner);
        let (seen, written) = &mut *so_far;
        match audited {
            Audited::Account {
                entries,
                past_credits,
            } => {
                seen.accounts += 1;
                seen.entries += entries;
                seen.past_credits += past_credits;
                self.progress.advance(1);
            }
            Audited::Items(items) => {
                seen.other_items += items;
                self.progress.advance(items);
            }
            Audited::Finding(finding) => {
                seen.findings += 1;
                if written.is_ok() {
                    *written = self.print(&finding);
                }
            }
        }
    }

    fn print(&self, finding: &Finding) -> std::io::Result<()> {
        let output = &self.context.output;
        self.progress
            .aside(|| output.report(&FindingLine::of(finding)))
    }
}

pub(crate) async fn run(context: Arc<CommandContext>, args: VerifyArgs) -> Result<Ending, Failure> {
    let telling = Arc::new(Telling {
        context: context.clone(),
        progress: context.progress("accounts and records verified", None),
        so_far: Mutex::new((Seen::default(), Ok(()))),
    });
    let heard = telling.clone();
    let report: AuditSink = Arc::new(move |audited| heard.take(audited));
    match (&args.user, args.since, args.sample) {
        (Some(user_id), ..) => {
            let looking = context.store.audit_user(user_id, context.now, &report);
            let is_known = context.stop.unless_asked(looking).await??;
            if !is_known {
                let problem = format!("there is no data about user {user_id}; check the id");
                return Err(Failure::Usage(problem));
            }
        }
        (None, Some(since), _) => {
            let places = match args.resume {
                Some(places) => places,
                None => Places::first(context.segments(args.segments.segments)),
            };
            accounts::since(&context, since, places, &report).await?;
        }
        (None, None, Some(number)) => accounts::sample(&context, number, &report).await?,
        (None, None, None) => {
            let segments = context.segments(args.segments.segments);
            let looking = look_at_all(&context.store, segments, context.now, &report);
            context.stop.unless_asked(looking).await??;
        }
    }
    let mut so_far = telling
        .so_far
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    let verified = so_far.0;
    std::mem::replace(&mut so_far.1, Ok(()))?;
    telling
        .progress
        .aside(|| context.output.report(&Verdict { verified }))?;
    Ok(match verified.findings {
        0 => Ending::Done,
        _ => Ending::Findings,
    })
}

/// Audits all tables, the segments of each in parallel.
async fn look_at_all(
    store: &Store,
    segments: i32,
    now: Timestamp,
    report: &AuditSink,
) -> Result<(), StoreError> {
    for table in Table::ALL {
        let mut tasks = JoinSet::new();
        for number in 0..segments {
            let (store, report) = (store.clone(), report.clone());
            let segment = Segment {
                number,
                of: segments,
            };
            tasks.spawn(async move { store.audit_segment(table, segment, now, &report).await });
        }
        while let Some(ended) = tasks.join_next().await {
            match ended {
                Ok(result) => result?,
                Err(error) => {
                    let problem = format!("a segment of the table could not be read: {error}");
                    return Err(StoreError::Rejected(problem));
                }
            }
        }
    }
    Ok(())
}
