//! `creditsctl stats`: how many users there are, what they have, and what lapsed. Each
//! table is read once, page by page.

mod count;
mod totals;

use std::sync::Arc;

use shared::store::{Segment, Store, StoreError};
use terminal::Progress;
use tokio::task::JoinSet;

use crate::act;
use crate::context::{CommandContext, SegmentsArgs};
use crate::ending::{Ending, Failure};
use count::{HoldingsCount, PeopleCount};
use totals::{Line, Totals};

const EXAMPLES: &str = "\
Examples:
  creditsctl stats --region eu-central-1
  creditsctl stats --json | jq .stats.outstanding_milli

Credits are counted as of now, or of --now: months that nobody has looked at yet are counted as they
would be shown. Users without an account have the free credits of everybody and are not counted
there. The tables may be in use; figures of one user belong together, those of all are of no single
moment.

Exit code 3 if an item cannot be read and is not counted; `creditsctl verify --all` names it.";

/// Show totals: users, plans, credits, lapsed credits, holds and parked events
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct StatsArgs {
    #[command(flatten)]
    segments: SegmentsArgs,
}

/// What a task that counts a segment needs.
#[derive(Clone)]
struct Counting {
    context: Arc<CommandContext>,
    progress: Progress,
    segment: Segment,
}

pub(crate) async fn run(context: Arc<CommandContext>, args: StatsArgs) -> Result<Ending, Failure> {
    let progress = context.progress("accounts and profiles counted", None);
    let segments = context.segments(args.segments.segments);
    let counting = count_all(&context, &progress, segments);
    let mut totals = context.stop.unless_asked(counting).await??;
    count_parked(&context, &mut totals).await?;
    progress.aside(|| context.output.report(&Line { stats: &totals }))?;
    Ok(if totals.unreadable == 0 {
        Ending::Done
    } else {
        Ending::Findings
    })
}

/// Counts the segments of both tables in parallel.
async fn count_all(
    context: &Arc<CommandContext>,
    progress: &Progress,
    segments: i32,
) -> Result<Totals, Failure> {
    let mut tasks = JoinSet::new();
    for number in 0..segments {
        let counting = Counting {
            context: context.clone(),
            progress: progress.clone(),
            segment: Segment {
                number,
                of: segments,
            },
        };
        tasks.spawn(count_people(counting.clone()));
        tasks.spawn(count_holdings(counting));
    }
    let mut totals = Totals::default();
    while let Some(ended) = tasks.join_next().await {
        let counted = ended.map_err(|error| {
            Failure::Could(format!(
                "a segment of a table could not be counted: {error}"
            ))
        })?;
        totals.add(counted?)?;
    }
    Ok(totals)
}

async fn count_people(counting: Counting) -> Result<Totals, Failure> {
    let store: &Store = &counting.context.store;
    let mut count = PeopleCount::at(counting.context.now);
    let mut start = None;
    loop {
        let page = store.people_page(counting.segment, start).await?;
        counting.progress.advance(page.rows.len() as u64);
        page.rows.into_iter().for_each(|row| count.take(row));
        start = page.next;
        if start.is_none() {
            return Ok(count.finish());
        }
    }
}

async fn count_holdings(counting: Counting) -> Result<Totals, Failure> {
    let store: &Store = &counting.context.store;
    let mut count = HoldingsCount::at(counting.context.now);
    let mut start = None;
    loop {
        let page = store.holdings_page(counting.segment, start).await?;
        counting.progress.advance(page.rows.len() as u64);
        for row in page.rows {
            count.take(row)?;
        }
        start = page.next;
        if start.is_none() {
            return Ok(count.finish());
        }
    }
}

async fn count_parked(context: &CommandContext, totals: &mut Totals) -> Result<(), Failure> {
    let mut walk = context.store.walk_waiting(context.now, true);
    loop {
        let reading = walk.next_page(act::deadline());
        let events: Result<_, StoreError> = context.stop.unless_asked(reading).await?;
        let Some(events) = events? else {
            return Ok(());
        };
        for event in &events {
            totals.parked.count(event);
        }
    }
}
