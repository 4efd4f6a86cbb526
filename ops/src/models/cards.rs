//! The file of models and cards, and what it may not say. Every problem is named with
//! its line and field.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use shared::domain::rating::{CardsError, RateCard, RateCardId, RateCards};
use shared::domain::{Model, Timestamp};
use shared::store::StoredCard;
use toml::de::DeTable;

use crate::ending::Failure;
use crate::reference::file::{self, line_at, offset_of};

/// A file as it was read.
pub(super) struct CardFile {
    pub(super) models: Vec<Model>,
    pub(super) cards: Vec<RateCard>,
    path: PathBuf,
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lists {
    #[serde(default)]
    models: Vec<Model>,
    #[serde(default)]
    cards: Vec<RateCard>,
}

impl CardFile {
    /// Reads a file, and refuses cards that are wrong whatever the tables hold.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let text = file::text(path)?;
        let Lists { models, cards } = file::parse(path, &text)?;
        let read = CardFile {
            models,
            cards,
            path: path.to_path_buf(),
            text,
        };
        if read.models.is_empty() && read.cards.is_empty() {
            let problem = "it has neither [[models]] nor [[cards]]".to_string();
            file::refuse(path, &[problem])?;
        }
        let (_, wrong) = RateCards::usable(read.cards.iter().cloned());
        read.refuse(&wrong)?;
        Ok(read)
    }

    /// Refuses cards of unknown models, changed and late cards, and cards that contradict
    /// stored ones.
    pub(super) fn check_against(
        &self,
        model_ids: &[String],
        stored: &[StoredCard],
        now: Timestamp,
    ) -> Result<(), Failure> {
        let is_known = |id: &str| {
            self.models.iter().any(|model| model.id == id) || model_ids.iter().any(|it| it == id)
        };
        let mut cards = self.cards.iter();
        if let Some(card) = cards.find(|card| !is_known(card.model_id())) {
            let line = self.line_of(&card.id, "id");
            let model = card.model_id();
            let problem =
                format!("line {line}: id: neither the file nor the tables have the model {model}");
            file::refuse(&self.path, &[problem])?;
        }
        let own = |id: &str| self.cards.iter().find(|card| card.id.as_str() == id);
        // One that cannot be read is mended by the file's.
        let before = stored.iter().filter_map(|(id, card)| match card {
            Ok(card) => Some(card.clone()),
            Err(_) => own(id).cloned(),
        });
        let (before, _) = RateCards::usable(before);
        let others = before.iter().filter(|card| own(card.id.as_str()).is_none());
        let (after, wrong) = RateCards::usable(self.cards.iter().chain(others).cloned());
        self.refuse(&wrong)?;
        match after.may_replace(&before, now) {
            Ok(()) => Ok(()),
            Err(error) => self.refuse(&[error]),
        }
    }

    fn refuse(&self, wrong: &[CardsError]) -> Result<(), Failure> {
        let problems: Vec<String> = wrong.iter().map(|error| self.in_words(error)).collect();
        file::refuse(&self.path, &problems)
    }

    fn in_words(&self, error: &CardsError) -> String {
        let at = |id: &RateCardId, field: &str| {
            let line = self.line_of(id, field);
            format!("line {line}: {field}: {error}")
        };
        match error {
            CardsError::Card(problem) => {
                let named = problem.card.parse::<RateCardId>();
                let line = named.map_or(1, |id| self.line_of(&id, &problem.field));
                format!("line {line}: {problem}")
            }
            CardsError::Overlap { one, other } => {
                // The file may have only one of the two.
                let has_other = self.cards.iter().any(|card| card.id == *other);
                at(if has_other { other } else { one }, "effective_from")
            }
            CardsError::Twice(id) | CardsError::Changed(id) => at(id, "id"),
            CardsError::TooSoon(id) => at(id, "effective_from"),
        }
    }

    /// The line of a field of a card, the last of that id, or of what of its path is there.
    fn line_of(&self, id: &RateCardId, field: &str) -> usize {
        let number = self.cards.iter().rposition(|card| card.id == *id);
        let table = DeTable::parse(&self.text);
        let offset = match (number, &table) {
            (Some(number), Ok(table)) => {
                let field = field.replace('[', ".").replace(']', "");
                offset_of(table.get_ref(), &format!("cards.{number}.{field}"))
            }
            _ => 0,
        };
        line_at(&self.text, offset)
    }
}
