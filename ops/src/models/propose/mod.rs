//! `creditsctl models propose`: a card file to review, from a public price list and a
//! margin. It reads no table and writes none.
//!
//! Prices are read from the text of their numbers and multiplied exactly. What a card
//! cannot say is named, never guessed.

mod card;
mod decimal;
mod listed;
mod litellm;
mod models_dev;

use std::collections::BTreeMap;
use std::fmt;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::Serialize;
use shared::domain::Timestamp;
use shared::domain::rating::MIN_LEAD_SECONDS;

use crate::act;
use crate::context::CommandContext;
use crate::ending::{Ending, Failure};
use crate::reference::file;
use card::{Proposed, Terms};
use decimal::Decimal;
use listed::PriceList;

const EXAMPLES: &str = "\
Examples:
  creditsctl models propose --from model_prices_and_context_window.json --credits-per-unit 400 \\
      --margin 30 --model gpt-5 --model claude-3.5-sonnet=claude-3-5-sonnet-20241022 --out cards.toml
  creditsctl models propose --from models.dev/providers/openai/models --credits-per-unit 400

Two shapes are read: LiteLLM's JSON (US dollars per token), and models.dev's TOML (US dollars per
million tokens), of which --from names one file, named after its model, or a folder of them. The
program fetches nothing.

A rate is the maker's price, plus the margin, times the credits of a dollar. It is computed without
floats and rounded up to a thousandth of a credit per million tokens. A model that reasons and has no
price for it pays as for output. Prices of batches, of other service levels and of caches kept for an
hour are passed over.

A model without a price per token that can be read is left out, and a price that a card cannot have (per
image, per search) is not in its card. Both are named, in the file as comments: exit code 3. No file
is written over.";

/// Propose rate cards from a public price list, as a file to review
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ProposeArgs {
    /// Price list: a JSON file, a TOML file, or a folder of TOML files
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// Credits that a US dollar of ours buys
    #[arg(long, value_name = "NUMBER")]
    credits_per_unit: Decimal,
    /// What to add to the maker's price, in percent of it
    #[arg(long, value_name = "PERCENT", default_value = "0")]
    margin: Decimal,
    /// When the cards begin [default: the next midnight UTC that is an hour or more away]
    #[arg(long, value_name = "RFC 3339")]
    effective_from: Option<Timestamp>,
    /// A model to take, with its name in the list if that is another; again for more [default: all]
    #[arg(long = "model", value_name = "ID[=NAME]")]
    models: Vec<Wanted>,
    /// File to write, which must not be there yet [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// A model to take: its id here, and its name in the list.
#[derive(Clone, Debug)]
struct Wanted {
    id: String,
    name: String,
}

impl FromStr for Wanted {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (id, name) = text.split_once('=').unwrap_or((text, text));
        if id.is_empty() || name.is_empty() {
            return Err("must be a model's id, or ID=NAME");
        }
        Ok(Wanted {
            id: id.to_string(),
            name: name.to_string(),
        })
    }
}

pub(super) fn run(context: &CommandContext, args: &ProposeArgs) -> Result<Ending, Failure> {
    let terms = terms(context, args)?;
    let list = read(&args.from)?;
    let mut cards = Vec::new();
    let mut left_out = Vec::new();
    for (id, name) in chosen(args, &list)? {
        let proposed = match list.get(&name) {
            Some(Ok(listed)) => Proposed::of(&id, listed, terms),
            Some(Err(problem)) => Err(problem.clone()),
            None => Err("it is not in the list".to_string()),
        };
        match proposed {
            Ok(card) => cards.push(card),
            Err(problem) => left_out.push(LeftOut { model: id, problem }),
        }
    }
    report(context, args, &cards, &left_out)?;
    let is_whole = left_out.is_empty() && cards.iter().all(|card| card.not_taken.is_empty());
    Ok(act::ending(!is_whole))
}

/// An hour, and a day, in seconds.
const HOUR: i64 = 3600;
const DAY: i64 = 86_400;

fn terms(context: &CommandContext, args: &ProposeArgs) -> Result<Terms, Failure> {
    if args.credits_per_unit.is_zero() {
        let problem = "--credits-per-unit must be above 0".to_string();
        return Err(Failure::Usage(problem));
    }
    let soon = context.now.plus_seconds(HOUR).unix_seconds();
    let next_day = soon.saturating_sub(1).div_euclid(DAY).saturating_add(1);
    let midnight = Timestamp::from_unix_seconds_clamped(next_day.saturating_mul(DAY));
    let effective_from = args.effective_from.unwrap_or(midnight);
    if effective_from.seconds_since(context.now) < MIN_LEAD_SECONDS {
        let problem = "--effective-from must be at least ten minutes from now".to_string();
        return Err(Failure::Usage(problem));
    }
    Ok(Terms {
        margin: args.margin,
        credits_per_unit: args.credits_per_unit,
        effective_from,
    })
}

/// The models to take: ids here, and names in the list.
fn chosen(args: &ProposeArgs, list: &PriceList) -> Result<BTreeMap<String, String>, Failure> {
    if args.models.is_empty() {
        let all = list.keys().map(|name| (name.clone(), name.clone()));
        return Ok(all.collect());
    }
    let mut chosen = BTreeMap::new();
    for Wanted { id, name } in &args.models {
        if !list.contains_key(name) {
            let place = args.from.display();
            return Err(Failure::Usage(format!("{place} has no model {name}")));
        }
        if chosen.insert(id.clone(), name.clone()).is_some() {
            return Err(Failure::Usage(format!("--model names {id} twice")));
        }
    }
    Ok(chosen)
}

/// A list by the ending of its name.
fn read(from: &Path) -> Result<PriceList, Failure> {
    let failed = |problem: String| Failure::Usage(format!("{}: {problem}", from.display()));
    if from.is_dir() {
        let mut list = PriceList::new();
        let entries = std::fs::read_dir(from).map_err(|error| failed(error.to_string()))?;
        for entry in entries {
            let path = entry.map_err(|error| failed(error.to_string()))?.path();
            if has_ending(&path, "toml") {
                list.insert(name_of(&path), models_dev::read(&file::text(&path)?));
            }
        }
        return match list.is_empty() {
            true => Err(failed("the folder has no TOML file".to_string())),
            false => Ok(list),
        };
    }
    let text = file::text(from)?;
    if has_ending(from, "toml") {
        return Ok([(name_of(from), models_dev::read(&text))].into());
    }
    let list = litellm::read(&text);
    list.map_err(|problem| failed(format!("it is no price list in JSON: {problem}")))
}

fn has_ending(path: &Path, ending: &str) -> bool {
    path.extension().is_some_and(|it| it == ending)
}

fn name_of(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default();
    stem.to_string_lossy().into_owned()
}

/// A model that cannot have a card.
#[derive(Serialize)]
struct LeftOut {
    model: String,
    problem: String,
}

/// A line of its own in JSON.
#[derive(Serialize)]
struct LeftOutLine<'a> {
    left_out: &'a LeftOut,
}

#[derive(Serialize)]
struct Written<'a> {
    written: &'a Path,
    cards: usize,
    left_out: usize,
}

impl fmt::Display for LeftOutLine<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let LeftOut { model, problem } = self.left_out;
        // One line each, whatever the list has in a name.
        let text = format!("{model}: {problem}").replace(char::is_control, " ");
        write!(formatter, "# left out: {text}")
    }
}

impl fmt::Display for Written<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cards = match self.cards {
            1 => "1 card".to_string(),
            many => format!("{many} cards"),
        };
        let models = match self.left_out {
            1 => "1 model".to_string(),
            many => format!("{many} models"),
        };
        let place = self.written.display();
        write!(formatter, "{place}: {cards}, {models} left out")
    }
}

fn report(
    context: &CommandContext,
    args: &ProposeArgs,
    cards: &[Proposed],
    left_out: &[LeftOut],
) -> Result<(), Failure> {
    let (output, head) = (&context.output, head(args));
    let Some(out) = &args.out else {
        output.say(&head)?;
        for card in cards {
            output.report(card)?;
        }
        for left_out in left_out {
            output.report(&LeftOutLine { left_out })?;
        }
        return Ok(());
    };
    let mut text = format!("{head}\n");
    for card in cards {
        text.push_str(&card.to_string());
    }
    for left_out in left_out {
        text.push_str(&format!("\n{}\n", LeftOutLine { left_out }));
    }
    create(out, &text)?;
    for left_out in left_out {
        output.report(&LeftOutLine { left_out })?;
    }
    Ok(output.report(&Written {
        written: out,
        cards: cards.len(),
        left_out: left_out.len(),
    })?)
}

/// The first lines of the file.
fn head(args: &ProposeArgs) -> String {
    let name = args.from.file_name().unwrap_or_default().to_string_lossy();
    let name = name.replace(char::is_control, " ");
    let (margin, credits) = (args.margin, args.credits_per_unit);
    format!(
        "# Proposed from {name}: {margin} percent on the maker's price, {credits} credits to the dollar.\n\
         # Rates are in thousandths of a credit per million tokens, rounded up. Review before `models apply`."
    )
}

/// Writes a new file.
fn create(path: &Path, text: &str) -> Result<(), Failure> {
    let place = path.display();
    let file = OpenOptions::new().write(true).create_new(true).open(path);
    let mut file = file.map_err(|error| {
        Failure::Usage(match error.kind() {
            ErrorKind::AlreadyExists => format!("{place} is there already: name a new file"),
            _ => format!("{place} cannot be written: {error}"),
        })
    })?;
    file.write_all(text.as_bytes())
        .map_err(|error| Failure::Could(format!("{place} cannot be written: {error}")))
}
