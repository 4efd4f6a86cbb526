//! `creditsctl catalogue`: a file of prices is compared with the tables, and applied;
//! and what `creditsctl models` shares with it.
//!
//! What a price or a model is belongs under version control: who changed it and why
//! stands there. What was granted never changes with it.

pub(crate) mod check;
mod compare;
pub(crate) mod file;
mod words;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Subcommand;
use serde::Deserialize;
use shared::domain::Price;

use crate::context::{CommandContext, DryRun};
use crate::ending::{Ending, Failure};
pub(crate) use compare::{Acts, Revisions, Run};

const CATALOGUE_EXAMPLES: &str = "\
Examples:
  creditsctl catalogue diff catalogue.toml
  creditsctl catalogue apply catalogue.toml --dry-run
  creditsctl catalogue apply catalogue.toml

The file has the form of seeds/data/catalogue.toml. Prices that only the tables have are named and
left alone: paid invoices may still name them. What was granted never changes. Events that waited
for a price, its payment link or a fitting amount are settled.

Exit code 3 of `diff`: the tables differ from the file. Of `apply`: an event still waits.";

/// Compare the catalogue of prices with a file, or apply the file.
#[derive(clap::Args, Debug)]
#[command(after_help = CATALOGUE_EXAMPLES)]
pub(crate) struct CatalogueArgs {
    #[command(subcommand)]
    what: WithFile,
}

/// What can be done with a file of reference data.
#[derive(Debug, Subcommand)]
pub(crate) enum WithFile {
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

impl WithFile {
    /// The file, and what a run does with a difference.
    pub(crate) fn parts(&self) -> (&Path, Acts) {
        match self {
            WithFile::Diff { file } => (file, Acts::Compares),
            WithFile::Apply { file, dry_run } => (file, Acts::of(*dry_run)),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Prices {
    prices: Vec<Price>,
}

pub(crate) async fn catalogue(
    context: Arc<CommandContext>,
    args: CatalogueArgs,
) -> Result<Ending, Failure> {
    let (path, acts) = args.what.parts();
    let Prices { prices } = file::parse(path, &file::text(path)?)?;
    file::refuse(path, &check::prices(&prices))?;
    let here = context.stop.unless_asked(context.store.load_price_ids());
    let run = Run {
        context: &context,
        kind: "price",
        acts,
        revisions: Revisions::new(),
    };
    let found = run.all(&prices, here.await??, |price| price.price_id.as_str());
    found.await?.ending(acts, &context)
}
