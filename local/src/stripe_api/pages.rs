//! Pages of a list: `limit` from 1 to 100, `starting_after` or `ending_before`
//! an id. Source: <https://docs.stripe.com/api/pagination>.

use serde_json::{Value, json};

use super::parameters::Parameters;
use super::refusal::Refusal;

const DEFAULT_LIMIT: usize = 10;
const MAX_LIMIT: i64 = 100;

/// Which page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Page {
    limit: usize,
    cursor: Cursor,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Cursor {
    Beginning,
    After(String),
    Before(String),
}

/// The list that is paged: the name of its members, and its path.
#[derive(Clone, Copy, Debug)]
pub(super) struct Listed<'a> {
    pub(super) word: &'a str,
    pub(super) url: &'a str,
}

impl Page {
    /// The first page, as it is inside of an object.
    pub(super) fn first() -> Self {
        Page {
            limit: DEFAULT_LIMIT,
            cursor: Cursor::Beginning,
        }
    }

    pub(super) fn read(parameters: &mut Parameters) -> Result<Self, Refusal> {
        let limit = match parameters.integer("limit")? {
            None => DEFAULT_LIMIT,
            Some(limit) if (1..=MAX_LIMIT).contains(&limit) => {
                usize::try_from(limit).unwrap_or(DEFAULT_LIMIT)
            }
            Some(_) => {
                let text = format!("limit must be from 1 to {MAX_LIMIT}.");
                return Err(Refusal::invalid(text).param("limit"));
            }
        };
        let after = parameters.text("starting_after")?;
        let before = parameters.text("ending_before")?;
        let cursor = match (after, before) {
            (None, None) => Cursor::Beginning,
            (Some(id), None) => Cursor::After(id),
            (None, Some(id)) => Cursor::Before(id),
            (Some(_), Some(_)) => {
                let text = "Give either starting_after or ending_before, not both.";
                return Err(Refusal::invalid(text).param("ending_before"));
            }
        };
        Ok(Page { limit, cursor })
    }

    /// This page of the members that fit, in the order of all.
    pub(super) fn cut<'a>(
        &self,
        all: impl Iterator<Item = &'a Value>,
        fits: impl Fn(&Value) -> bool,
        listed: Listed<'_>,
    ) -> Result<Value, Refusal> {
        let all: Vec<&Value> = all.collect();
        let place = |id: &str, param: &str| {
            let is_it = |object: &&Value| object.get("id").and_then(Value::as_str) == Some(id);
            let place = all.iter().position(is_it);
            place.ok_or_else(|| Refusal::missing(listed.word, id, param))
        };
        // One more than the page holds says whether there are more.
        let more = self.limit.saturating_add(1);
        let mut data: Vec<Value> = match &self.cursor {
            Cursor::Before(id) => {
                let rest = all.iter().take(place(id, "ending_before")?).rev();
                let fitting = rest.filter(|object| fits(object));
                fitting.take(more).map(|object| (*object).clone()).collect()
            }
            Cursor::Beginning | Cursor::After(_) => {
                let skipped = match &self.cursor {
                    Cursor::After(id) => place(id, "starting_after")?.saturating_add(1),
                    Cursor::Beginning | Cursor::Before(_) => 0,
                };
                let rest = all.iter().skip(skipped);
                let fitting = rest.filter(|object| fits(object));
                fitting.take(more).map(|object| (*object).clone()).collect()
            }
        };
        let has_more = data.len() > self.limit;
        data.truncate(self.limit);
        if matches!(self.cursor, Cursor::Before(_)) {
            data.reverse();
        }
        Ok(json!({"object": "list", "data": data, "has_more": has_more, "url": listed.url}))
    }
}
