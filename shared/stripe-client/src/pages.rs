//! Lists, page by page. A list that does not end, or that cannot be told to have ended,
//! is an error: a part must never be taken for the whole.
//!
//! Source: <https://docs.stripe.com/api/pagination>.

use serde_json::Value;
use shared::host::clock::Deadline;

use crate::client::Client;
use crate::error::StripeError;
use crate::form::Form;

/// The most that Stripe gives in one page.
const PAGE: u32 = 100;
/// A page of full invoices may be long; none has more than this many.
const MAX_PAGES: u32 = 100_000;

/// A list of Stripe's, the newest object first.
#[derive(Debug)]
pub struct Pages<'a> {
    client: &'a Client,
    path: String,
    form: Form,
    /// The last object so far.
    after: Option<String>,
    pages_left: u32,
    is_done: bool,
}

impl Client {
    /// The list at a path below `/v1/`. Nothing is read yet.
    pub fn list(&self, path: &str, form: Form) -> Pages<'_> {
        Pages {
            client: self,
            path: path.to_string(),
            form,
            after: None,
            pages_left: MAX_PAGES,
            is_done: false,
        }
    }
}

impl Pages<'_> {
    /// Reads at most so many pages; a longer list is an error.
    #[must_use]
    pub fn at_most(mut self, pages: u32) -> Self {
        self.pages_left = pages;
        self
    }

    /// The next page of up to a hundred objects; none after the last one.
    ///
    /// # Errors
    ///
    /// [`StripeError`]. The page may be asked for again.
    pub async fn next(&mut self, deadline: Deadline) -> Result<Option<Vec<Value>>, StripeError> {
        if self.is_done {
            return Ok(None);
        }
        if self.pages_left == 0 {
            return Err(self.unusable("the list has more pages than are read"));
        }
        let mut form = self.form.clone().with("limit", PAGE);
        if let Some(after) = &self.after {
            form = form.with("starting_after", after);
        }
        let mut page = self.client.get(&self.path, &form, deadline).await?;
        let has_more = page.get("has_more").and_then(Value::as_bool);
        let Some(Value::Array(objects)) = page.get_mut("data").map(Value::take) else {
            return Err(self.unusable("a page has no data"));
        };
        match has_more {
            Some(false) => self.is_done = true,
            Some(true) => {
                let last = objects.last().and_then(|object| object.get("id"));
                let last = last.and_then(Value::as_str).map(str::to_string);
                if last.is_none() || last == self.after {
                    return Err(self.unusable("a page does not say where the next one begins"));
                }
                self.after = last;
            }
            None => return Err(self.unusable("a page does not say whether it is the last")),
        }
        self.pages_left = self.pages_left.saturating_sub(1);
        Ok(Some(objects))
    }

    /// The whole list, under one deadline.
    ///
    /// # Errors
    ///
    /// [`StripeError`].
    pub async fn all(mut self, deadline: Deadline) -> Result<Vec<Value>, StripeError> {
        let mut all = Vec::new();
        while let Some(page) = self.next(deadline).await? {
            all.extend(page);
        }
        Ok(all)
    }

    fn unusable(&self, problem: &str) -> StripeError {
        StripeError::unusable(format!("{}: {problem}", self.path), None)
    }
}
