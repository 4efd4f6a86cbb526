//! A place in the JSON: a value that may be missing, and its path.
//!
//! A field of a missing value is missing; a field of a value of another type is a
//! problem. So absence propagates until a value is required, and a wrong type never
//! counts as absence, except for the lenient accessors.

use domain::{StripeId, Timestamp};
use serde_json::Value;

use crate::error::Problem;

pub(crate) struct Node<'a> {
    value: Option<&'a Value>,
    path: String,
}

impl<'a> Node<'a> {
    /// The whole of a JSON text.
    pub(crate) fn root(value: &'a Value) -> Self {
        Node {
            value: Some(value),
            path: "$".to_string(),
        }
    }

    /// A field of this object; missing if the field or the object is missing or null.
    pub(crate) fn field(&self, name: &str) -> Result<Node<'a>, Problem> {
        let value = match self.some() {
            None => None,
            Some(Value::Object(fields)) => fields.get(name),
            Some(_) => return Err(self.problem("must be an object")),
        };
        Ok(Node {
            value,
            path: format!("{}.{name}", self.path),
        })
    }

    /// A nested field: `period.end`.
    pub(crate) fn at(&self, names: &str) -> Result<Node<'a>, Problem> {
        let mut names = names.split('.');
        let first = self.field(names.next().unwrap_or_default());
        names.try_fold(first?, |node, name| node.field(name))
    }

    /// The same for optional fields that must not cause a problem: where the path
    /// cannot be followed, the value is missing.
    pub(crate) fn look(&self, names: &str) -> Node<'a> {
        self.at(names)
            .unwrap_or_else(|Problem { path, .. }| Node { value: None, path })
    }

    /// The first readable value among these nested fields.
    pub(crate) fn first_readable<T>(
        &self,
        places: &[&str],
        read: impl Fn(&Node<'a>) -> Result<T, Problem>,
    ) -> Option<T> {
        let mut places = places.iter();
        places.find_map(|place| read(&self.look(place)).ok())
    }

    /// Whether this list of Stripe's is complete, with no members on further pages. A
    /// list whose flag cannot be read may be incomplete.
    pub(crate) fn has_all(&self) -> bool {
        let more = self.field("has_more");
        more.is_ok_and(|more| !more.is_some() || more.flag() == Ok(false))
    }

    /// The members of this list; empty if it is missing or null.
    pub(crate) fn members(&self) -> Result<Vec<Node<'a>>, Problem> {
        let list = match self.some() {
            None => return Ok(Vec::new()),
            Some(Value::Array(list)) => list,
            Some(_) => return Err(self.problem("must be a list")),
        };
        let member = |(number, value)| Node {
            value: Some(value),
            path: format!("{}[{number}]", self.path),
        };
        Ok(list.iter().enumerate().map(member).collect())
    }

    /// Whether the field is present, even if null.
    pub(crate) fn is_reported(&self) -> bool {
        self.value.is_some()
    }

    /// Whether there is a value.
    pub(crate) fn is_some(&self) -> bool {
        self.some().is_some()
    }

    /// The same place, if the field is present, even if null: Stripe writes null for an
    /// empty field, so an absent field was moved or renamed.
    pub(crate) fn reported(self) -> Result<Self, Problem> {
        if self.is_reported() {
            Ok(self)
        } else {
            Err(self.problem("is missing"))
        }
    }

    /// The same place, if there is a value.
    pub(crate) fn present(self) -> Result<Self, Problem> {
        self.needed()?;
        Ok(self)
    }

    /// The same place, or none if there is no value.
    pub(crate) fn optional(self) -> Option<Self> {
        self.is_some().then_some(self)
    }

    pub(crate) fn text(&self) -> Result<&'a str, Problem> {
        let text = self.needed()?.as_str();
        text.ok_or_else(|| self.problem("must be a text"))
    }

    pub(crate) fn flag(&self) -> Result<bool, Problem> {
        let flag = self.needed()?.as_bool();
        flag.ok_or_else(|| self.problem("must be true or false"))
    }

    /// A non-negative amount of money, in the smallest currency unit. It must fit a
    /// signed number too, because the tables store signed numbers.
    pub(crate) fn amount(&self) -> Result<u64, Problem> {
        let amount = self.needed()?.as_i64();
        let amount = amount.and_then(|amount| u64::try_from(amount).ok());
        amount.ok_or_else(|| self.problem("must be a whole number from 0"))
    }

    /// An amount of money of either sign, in the smallest currency unit.
    pub(crate) fn signed_amount(&self) -> Result<i64, Problem> {
        let amount = self.needed()?.as_i64();
        amount.ok_or_else(|| self.problem("must be a whole number"))
    }

    /// A currency: three letters in lower case (<https://docs.stripe.com/currencies>).
    pub(crate) fn currency(&self) -> Result<String, Problem> {
        let text = self.text()?;
        if text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_lowercase()) {
            Ok(text.to_string())
        } else {
            Err(self.problem("must be three letters in lower case"))
        }
    }

    /// A time, in seconds since 1970.
    pub(crate) fn time(&self) -> Result<Timestamp, Problem> {
        let seconds = self.needed()?.as_i64().filter(|seconds| *seconds >= 0);
        let moment = seconds.and_then(|seconds| Timestamp::from_unix_seconds(seconds).ok());
        moment.ok_or_else(|| self.problem("must be a time in seconds since 1970"))
    }

    /// An id: a string, or the object itself where Stripe expands it.
    pub(crate) fn id(&self) -> Result<StripeId, Problem> {
        if let Value::Object(_) = self.needed()? {
            return self.field("id")?.plain_id();
        }
        self.plain_id()
    }

    /// The same, or none if there is no value.
    pub(crate) fn optional_id(&self) -> Result<Option<StripeId>, Problem> {
        self.some().map(|_| self.id()).transpose()
    }

    pub(crate) fn problem(&self, problem: &'static str) -> Problem {
        Problem {
            path: self.path.clone(),
            problem,
        }
    }

    fn plain_id(&self) -> Result<StripeId, Problem> {
        let id = self.needed()?.as_str().and_then(|text| text.parse().ok());
        id.ok_or_else(|| self.problem("must be a Stripe id"))
    }

    fn some(&self) -> Option<&'a Value> {
        self.value.filter(|value| !value.is_null())
    }

    fn needed(&self) -> Result<&'a Value, Problem> {
        match self.value {
            None => Err(self.problem("is missing")),
            Some(Value::Null) => Err(self.problem("is null")),
            Some(value) => Ok(value),
        }
    }
}

/// The first of two places that holds a value.
pub(crate) fn first<'a>(one: Node<'a>, other: Node<'a>) -> Node<'a> {
    if one.is_some() || !other.is_some() {
        one
    } else {
        other
    }
}
