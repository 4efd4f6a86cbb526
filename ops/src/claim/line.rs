//! The report line of a claim.

use std::fmt;

use serde::Serialize;
use serde_json::Value;
use shared::domain::UserId;
use shared::domain::billing::OperatorNote;

#[derive(Serialize)]
pub(super) struct Line<'a> {
    pub(super) claim: Parts<'a>,
}

#[derive(Default, Serialize)]
pub(super) struct Parts<'a> {
    pub(super) name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) owner: Option<&'a UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) was: Option<&'a UserId>,
    pub(super) needed_by: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) note: Option<&'a OperatorNote>,
    /// Who released it while it named nobody.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub(super) releases: &'a [OperatorNote],
    /// What is wrong with the item, and the item, if it cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) damage: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) item: Option<Value>,
    /// Nothing was written.
    pub(super) dry_run: bool,
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts {
            name,
            owner,
            was,
            needed_by,
            note,
            releases,
            damage,
            item,
            dry_run,
        } = &self.claim;
        let is = if *dry_run { "would be" } else { "is" };
        match (owner, was) {
            (Some(owner), Some(was)) => {
                writeln!(formatter, "{name} {is} {owner}'s, and was {was}'s")?;
            }
            (Some(owner), None) => writeln!(formatter, "{name} {is} {owner}'s")?,
            (None, Some(was)) => writeln!(formatter, "{name} {is} nobody's, and was {was}'s")?,
            (None, None) => writeln!(formatter, "{name} {is} nobody's")?,
        }
        if let (Some(damage), Some(item)) = (damage, item) {
            writeln!(formatter, "    it cannot be read: {damage}\n    {item}")?;
        }
        for need in *needed_by {
            writeln!(formatter, "    {need} needs it")?;
        }
        if let Some(note) = note {
            let (actor, at, reason) = (&note.actor, note.at, &note.reason);
            writeln!(formatter, "    by {actor} at {at}: {reason}")?;
        }
        for release in *releases {
            let (actor, at, reason) = (&release.actor, release.at, &release.reason);
            writeln!(
                formatter,
                "    it named nobody and was released by {actor} at {at}: {reason}"
            )?;
        }
        if *dry_run {
            writeln!(formatter, "Nothing was written.")?;
        }
        Ok(())
    }
}
