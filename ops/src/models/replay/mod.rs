//! `creditsctl models replay`: what past use would have cost by other cards. It reads
//! the ledgers once, page by page, and writes nothing.

mod past;
mod totals;
mod words;

use std::path::PathBuf;
use std::sync::Arc;

use shared::domain::Timestamp;
use shared::domain::rating::RateCards;
use shared::store::Segment;
use terminal::Progress;
use tokio::task::JoinSet;

use super::cards::CardFile;
use crate::act;
use crate::context::{CommandContext, SegmentsArgs};
use crate::ending::{Ending, Failure};
use past::OtherCards;
use totals::{Counting, Totals};
use words::Report;

const EXAMPLES: &str = "\
Examples:
  creditsctl models replay cards.toml --since 2026-03-01T00:00:00Z --region eu-central-1
  creditsctl models replay cards.toml --since 2026-03-01T00:00:00Z --json | jq .replay

Each charge and each committed hold since then is rated by the file's card of its model, by the last one
if the file has several, whenever it begins. Shown are what it cost and would have cost, per model and
per tenth of the users from those who used the least, and how many users would have run dry. What the
maker charged in money is taken to be in the card's currency.

A charge without counts of what was used, or of a model without a card in the file, costs what it cost.
So does one for which the card has no rate; it is counted and named: exit code 3.

Whether a user would have run dry is an estimate: nobody knows what they had done with less. What would
have been used more is taken from what lapsed meanwhile, and what would have been saved ends with the
month of free credits. What the expiry of a hold charged stays as it was.

The tables may be in use. Nothing is written; 48 bytes per user are held in memory.";

/// Show what past use would have cost by other cards
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ReplayArgs {
    /// TOML file with the other cards
    file: PathBuf,
    /// The earliest use to rate, for example 2026-03-01T00:00:00Z
    #[arg(long, value_name = "RFC 3339")]
    since: Timestamp,
    #[command(flatten)]
    segments: SegmentsArgs,
}

/// What a task that reads a segment needs.
#[derive(Clone)]
struct Reading {
    context: Arc<CommandContext>,
    cards: Arc<OtherCards>,
    progress: Progress,
    since: Timestamp,
    segment: Segment,
}

pub(crate) async fn run(context: Arc<CommandContext>, args: ReplayArgs) -> Result<Ending, Failure> {
    let read = CardFile::read(&args.file)?;
    let (cards, _) = RateCards::usable(read.cards);
    let cards = Arc::new(OtherCards::of(&cards));
    if cards.len() == 0 {
        let place = args.file.display();
        return Err(Failure::Usage(format!("{place} has no [[cards]]")));
    }
    let progress = context.progress("entries rated", None);
    let segments = context.segments(args.segments.segments);
    let mut tasks = JoinSet::new();
    for number in 0..segments {
        tasks.spawn(read_segment(Reading {
            context: context.clone(),
            cards: cards.clone(),
            progress: progress.clone(),
            since: args.since,
            segment: Segment {
                number,
                of: segments,
            },
        }));
    }
    let totals = context.stop.unless_asked(add_up(tasks)).await??;
    let report = Report::of(totals, args.since, cards.len());
    let output = &context.output;
    progress.aside(|| output.say(&report))?;
    for line in &report.lines {
        progress.aside(|| output.data(line))?;
    }
    Ok(act::ending(report.is_incomplete))
}

async fn add_up(mut tasks: JoinSet<Result<Totals, Failure>>) -> Result<Totals, Failure> {
    let mut totals = Totals::default();
    while let Some(ended) = tasks.join_next().await {
        let ended = ended.map_err(|error| {
            Failure::Could(format!("a segment of the table could not be read: {error}"))
        })?;
        totals.add(ended?);
    }
    Ok(totals)
}

async fn read_segment(reading: Reading) -> Result<Totals, Failure> {
    let store = &reading.context.store;
    let mut counting = Counting::by(&reading.cards);
    let mut start = None;
    loop {
        let page = store.entries_page(reading.segment, reading.since, start);
        let page = page.await?;
        reading.progress.advance(page.rows.len() as u64);
        counting.skip(page.unreadable);
        for (user_id, row) in page.rows {
            counting.take(user_id, row)?;
        }
        start = page.next;
        if start.is_none() {
            return Ok(counting.finish());
        }
    }
}
