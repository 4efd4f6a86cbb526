//! `creditsctl catalogue` and `creditsctl models`: a file is compared with the
//! tables, and applied.
//!
//! What a price or a model is belongs under version control: who changed it and why
//! stands there. What was granted never changes with it.

mod check;
mod words;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Subcommand;
use serde::Deserialize;
use shared::domain::billing::{BillingTerms, ParkReason};
use shared::domain::{Model, Price};
use shared::host::clock::Deadline;
use shared::store::{CatalogueCache, DrainRequest, FieldChange, Record, Stored};

use crate::act;
use crate::context::{CommandContext, DryRun};
use crate::ending::{Ending, Failure};
use words::{Change, Difference};

const CATALOGUE_EXAMPLES: &str = "\
Examples:
  creditsctl catalogue diff catalogue.toml
  creditsctl catalogue apply catalogue.toml --dry-run
  creditsctl catalogue apply catalogue.toml

The file has the form of seeds/data/catalogue.toml. Prices that only the tables have are named and
left alone: paid invoices may still name them. What was granted never changes. Events that waited
for a price, its payment link or a fitting amount are settled.

Exit code 3 of `diff`: the tables differ from the file. Of `apply`: an event still waits.";

const MODELS_EXAMPLES: &str = "\
Examples:
  creditsctl models diff models.toml
  creditsctl models apply models.toml --dry-run
  creditsctl models apply models.toml

The file has the form of seeds/data/models.toml. Models that only the tables have are named and left
alone: past use names them. `available = false` takes a model off the list.

Exit code 3 of `diff`: the tables differ from the file.";

/// Time limit for the events that wait for one price.
const PATIENCE: Duration = Duration::from_secs(300);

/// Compare the catalogue of prices with a file, or apply the file.
#[derive(clap::Args, Debug)]
#[command(after_help = CATALOGUE_EXAMPLES)]
pub(crate) struct CatalogueArgs {
    #[command(subcommand)]
    what: What,
}

/// Compare the list of models with a file, or apply the file.
#[derive(clap::Args, Debug)]
#[command(after_help = MODELS_EXAMPLES)]
pub(crate) struct ModelsArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Show how the tables differ from the file
    Diff {
        /// TOML file
        file: PathBuf,
    },
    /// Make the tables as the file says; nothing is deleted
    Apply {
        /// TOML file
        file: PathBuf,
        #[command(flatten)]
        dry_run: DryRun,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Prices {
    prices: Vec<Price>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Models {
    models: Vec<Model>,
}

pub(crate) async fn catalogue(
    context: Arc<CommandContext>,
    args: CatalogueArgs,
) -> Result<Ending, Failure> {
    let (file, acts) = of(&args.what);
    let Prices { prices } = parse(file)?;
    refuse(file, check::prices(&prices))?;
    let here = context.stop.unless_asked(context.store.load_price_ids());
    let run = Run {
        context: &context,
        kind: "price",
        acts,
    };
    run.all(&prices, here.await??, |price| price.price_id.as_str())
        .await
}

pub(crate) async fn models(
    context: Arc<CommandContext>,
    args: ModelsArgs,
) -> Result<Ending, Failure> {
    let (file, acts) = of(&args.what);
    let Models { models } = parse(file)?;
    refuse(file, check::models(&models))?;
    let here = context.stop.unless_asked(context.store.load_model_ids());
    let run = Run {
        context: &context,
        kind: "model",
        acts,
    };
    run.all(&models, here.await??, |model| model.id.as_str())
        .await
}

fn of(what: &What) -> (&Path, Acts) {
    match what {
        What::Diff { file } => (file, Acts::Compares),
        What::Apply { file, dry_run } if dry_run.dry_run => (file, Acts::Pretends),
        What::Apply { file, .. } => (file, Acts::Writes),
    }
}

fn parse<T: for<'de> Deserialize<'de>>(file: &Path) -> Result<T, Failure> {
    let place = file.display();
    let bytes = act::read_file(file)?;
    let text = String::from_utf8(bytes)
        .map_err(|_| Failure::Usage(format!("{place} is not a text in UTF-8")))?;
    let could = |problem: String| Failure::Usage(format!("{place}: {problem}"));
    let at_line = |error: toml::de::Error| could(with_line(&text, &error));
    let reader = toml::Deserializer::parse(&text).map_err(at_line)?;
    let mut ignored = Vec::new();
    let read = serde_ignored::deserialize(reader, |path| ignored.push(path.to_string()));
    let read = read.map_err(at_line)?;
    // A field whose name is mistyped must not be taken for one that is absent.
    match ignored.first() {
        Some(field) => Err(could(format!("there is no field {field}"))),
        None => Ok(read),
    }
}

/// What is wrong, on one line, and in which line of the file.
fn with_line(text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.get(..span.start));
    match before {
        Some(before) => {
            let line = before.matches('\n').count().saturating_add(1);
            format!("line {line}: {}", error.message())
        }
        None => error.message().to_string(),
    }
}

fn refuse(file: &Path, problems: Vec<String>) -> Result<(), Failure> {
    if problems.is_empty() {
        return Ok(());
    }
    let (place, problems) = (file.display(), problems.join("; "));
    Err(Failure::Usage(format!("{place}: {problems}")))
}

/// What a run does with a difference.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Acts {
    Compares,
    Pretends,
    Writes,
}

/// A record of a file that may release parked events.
trait Listed: Record {
    fn releases(&self) -> Vec<ParkReason> {
        Vec::new()
    }
}

impl Listed for Price {
    fn releases(&self) -> Vec<ParkReason> {
        ParkReason::of_price(self)
    }
}

impl Listed for Model {}

struct Run<'a> {
    context: &'a CommandContext,
    kind: &'static str,
    acts: Acts,
}

impl Run<'_> {
    async fn all<T: Listed>(
        &self,
        records: &[T],
        here: Vec<String>,
        id: impl Fn(&T) -> &str,
    ) -> Result<Ending, Failure> {
        let mut differs = false;
        let mut waits = false;
        for record in records {
            self.context.stop.check()?;
            let change = self.one(record, id(record)).await?;
            differs |= change != Change::None;
            if self.acts == Acts::Writes {
                waits |= self.drain(record).await?;
            }
        }
        for known in here {
            if !records.iter().any(|record| id(record) == known) {
                self.report(&known, Change::OnlyInTables, 0)?;
            }
        }
        if self.acts != Acts::Writes {
            self.context.output.say("Nothing was written.")?;
        }
        let found = match self.acts {
            Acts::Compares => differs,
            Acts::Pretends => false,
            Acts::Writes => waits,
        };
        Ok(act::ending(found))
    }

    /// Compares one record, and writes it if that is asked.
    async fn one<T: Listed>(&self, record: &T, id: &str) -> Result<Change, Failure> {
        let store = &self.context.store;
        loop {
            let key = record.key();
            let loading = store.load_stored::<T>(&key);
            let stored = self.context.stop.unless_asked(loading).await??;
            let change = change_of(record, stored.as_ref());
            if self.acts == Acts::Writes
                && change != Change::None
                && !store.replace(record, stored.as_ref()).await?
            {
                // Somebody else has just written it.
                continue;
            }
            self.report(id, change.clone(), self.waiting(record).await?)?;
            return Ok(change);
        }
    }

    fn report(&self, id: &str, change: Change, waiting: u64) -> Result<(), Failure> {
        let would = self.acts != Acts::Writes;
        let difference = Difference::of(self.kind, id, change, waiting, would);
        Ok(self.context.output.report(&difference)?)
    }

    /// How many events wait for this record.
    async fn waiting<T: Listed>(&self, record: &T) -> Result<u64, Failure> {
        let mut waiting = 0_u64;
        for reason in record.releases() {
            let mut start = None;
            loop {
                let reading = self.context.store.waiting_for(&reason, start);
                let (ids, next) = self.context.stop.unless_asked(reading).await??;
                waiting = waiting.saturating_add(u64::try_from(ids.len()).unwrap_or(u64::MAX));
                start = next;
                if start.is_none() {
                    break;
                }
            }
        }
        Ok(waiting)
    }

    /// Settles the events that wait for this record. Returns whether any still waits.
    async fn drain<T: Listed>(&self, record: &T) -> Result<bool, Failure> {
        let context = self.context;
        let catalogue = CatalogueCache::default();
        let mut waits = false;
        for reason in record.releases() {
            let request = DrainRequest {
                // Parked events passed the terms when they arrived.
                terms: &BillingTerms::default(),
                catalogue: &catalogue,
                now: context.now,
                deadline: Deadline::after(PATIENCE),
            };
            let drained = context.store.drain(&reason, request).await?;
            act::report_drained(context, &drained.drained)?;
            let mut open = drained.drained.iter();
            waits |= drained.still_waiting > 0 || open.any(|event| event.outcome.is_open());
        }
        Ok(waits)
    }
}

fn change_of<T: Record>(record: &T, stored: Option<&Stored<T>>) -> Change {
    match stored.map(|stored| &stored.record) {
        None => Change::New,
        Some(Err(damage)) => Change::Unreadable(damage.problem().to_string()),
        Some(Ok(known)) => match FieldChange::between(known, record) {
            fields if fields.is_empty() => Change::None,
            fields => Change::Fields(fields),
        },
    }
}
