//! `creditsctl models`: the models on offer and their rate cards. A file is compared
//! with the tables and applied, proposed from a public price list, or tried on past use.
//!
//! Cards never change, so `apply` only adds them.

mod cards;
mod propose;
mod replay;

use std::path::Path;
use std::sync::Arc;

use clap::Subcommand;

use crate::context::CommandContext;
use crate::ending::{Ending, Failure};
use crate::reference::{Acts, Revisions, Run, WithFile, check, file};
use cards::CardFile;

const EXAMPLES: &str = "\
Examples:
  creditsctl models propose --from prices.json --margin 30 --credits-per-unit 400 --out cards.toml
  creditsctl models replay cards.toml --since 2026-03-01T00:00:00Z
  creditsctl models diff cards.toml
  creditsctl models apply cards.toml --dry-run
  creditsctl models apply cards.toml

The file has the form of seeds/data/models.toml: [[models]], [[cards]], or both. Models and cards that
only the tables have are named and left alone: past use names them. `available = false` takes a model
off the list.

A stored card cannot change; a new price is a new card. A new card must begin at least ten minutes from
now, since functions keep cards for five. A file that is refused names the line and the field, and
nothing of it is written.

Exit code 3 of `diff`: the tables differ from the file.";

/// Compare the models and their rate cards with a file, apply, propose or try one.
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ModelsArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    #[command(flatten)]
    WithFile(WithFile),
    Propose(propose::ProposeArgs),
    Replay(replay::ReplayArgs),
}

pub(crate) async fn run(context: Arc<CommandContext>, args: ModelsArgs) -> Result<Ending, Failure> {
    match args.what {
        What::WithFile(what) => {
            let (file, acts) = what.parts();
            compare(&context, file, acts).await
        }
        What::Propose(args) => propose::run(&context, &args),
        What::Replay(args) => replay::run(context, args).await,
    }
}

async fn compare(context: &CommandContext, path: &Path, acts: Acts) -> Result<Ending, Failure> {
    let read = CardFile::read(path)?;
    file::refuse(path, &check::models(&read.models))?;
    let model_ids = context.stop.unless_asked(context.store.load_model_ids());
    let model_ids = model_ids.await??;
    // Before the cards: whatever is added later is then noticed when one is written.
    let revisions = context.stop.unless_asked(revisions(context, &read));
    let revisions = revisions.await??;
    let stored = context.stop.unless_asked(context.store.load_rate_cards());
    let stored = stored.await??;
    read.check_against(&model_ids, &stored, context.now)?;
    let run = |kind, revisions| Run {
        context,
        kind,
        acts,
        revisions,
    };
    // A file of cards alone says nothing of models.
    let model_ids = if read.models.is_empty() {
        Vec::new()
    } else {
        model_ids
    };
    let models = run("model", Revisions::new());
    let models = models.all(&read.models, model_ids, |model| model.id.as_str());
    let models = models.await?;
    let card_ids = if read.cards.is_empty() {
        Vec::new()
    } else {
        stored.into_iter().map(|(id, _)| id).collect()
    };
    let cards = run("rate card", revisions);
    let cards = cards.all(&read.cards, card_ids, |card| card.id.as_str());
    models.and(cards.await?).ending(acts, context)
}

/// The revisions of the rate cards of all models that a file has cards of.
async fn revisions(context: &CommandContext, read: &CardFile) -> Result<Revisions, Failure> {
    let mut revisions = Revisions::new();
    for card in &read.cards {
        let model = card.model_id();
        if !revisions.contains_key(model) {
            let revision = context.store.load_card_revision(model).await?;
            revisions.insert(model.to_string(), revision);
        }
    }
    Ok(revisions)
}
