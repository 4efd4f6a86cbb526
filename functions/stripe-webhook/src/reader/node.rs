//! A place in the event: a value that may be missing, and the path to it.
//!
//! Stepping into something that is not there leads to nothing; stepping into
//! something of another type is a problem. So absence is passed on until
//! somebody needs the value, and a surprise is never taken for absence.

use serde_json::Value;
use shared::domain::{StripeId, Timestamp};

use super::Problem;

pub(super) struct Node<'a> {
    value: Option<&'a Value>,
    path: String,
}

impl<'a> Node<'a> {
    /// The whole of a JSON text.
    pub(super) fn root(value: &'a Value) -> Self {
        Node {
            value: Some(value),
            path: "$".to_string(),
        }
    }

    /// A field of this object; missing if it or the object is missing or null.
    pub(super) fn field(&self, name: &str) -> Result<Node<'a>, Problem> {
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

    /// A field within fields: `period.end`.
    pub(super) fn at(&self, names: &str) -> Result<Node<'a>, Problem> {
        let mut names = names.split('.');
        let first = self.field(names.next().unwrap_or_default());
        names.try_fold(first?, |node, name| node.field(name))
    }

    /// The members of this list; none if it is missing or null.
    pub(super) fn members(&self) -> Result<Vec<Node<'a>>, Problem> {
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

    /// Whether the field is there, be it null.
    pub(super) fn is_told(&self) -> bool {
        self.value.is_some()
    }

    /// Whether there is a value.
    pub(super) fn is_some(&self) -> bool {
        self.some().is_some()
    }

    /// The same, if the field is there, be it null: Stripe writes out that
    /// there is nothing, so a field that is not there was moved or renamed.
    pub(super) fn told(self) -> Result<Self, Problem> {
        if self.is_told() {
            Ok(self)
        } else {
            Err(self.problem("is missing"))
        }
    }

    /// The same, if there is a value.
    pub(super) fn present(self) -> Result<Self, Problem> {
        self.needed()?;
        Ok(self)
    }

    /// The same, or none if there is no value.
    pub(super) fn optional(self) -> Option<Self> {
        self.is_some().then_some(self)
    }

    pub(super) fn text(&self) -> Result<&'a str, Problem> {
        let text = self.needed()?.as_str();
        text.ok_or_else(|| self.problem("must be a text"))
    }

    pub(super) fn flag(&self) -> Result<bool, Problem> {
        let flag = self.needed()?.as_bool();
        flag.ok_or_else(|| self.problem("must be true or false"))
    }

    /// An amount of money that cannot be negative, in the smallest unit. What
    /// the tables hold are signed numbers, so it must fit those as well.
    pub(super) fn amount(&self) -> Result<u64, Problem> {
        let amount = self.needed()?.as_i64();
        let amount = amount.and_then(|amount| u64::try_from(amount).ok());
        amount.ok_or_else(|| self.problem("must be a whole number from 0"))
    }

    /// An amount of money of either sign, in the smallest unit.
    pub(super) fn signed_amount(&self) -> Result<i64, Problem> {
        let amount = self.needed()?.as_i64();
        amount.ok_or_else(|| self.problem("must be a whole number"))
    }

    /// A number of things.
    pub(super) fn count(&self) -> Result<u32, Problem> {
        let count = self.needed()?.as_u64();
        let count = count.and_then(|count| u32::try_from(count).ok());
        count.ok_or_else(|| self.problem("must be a whole number from 0 to 4294967295"))
    }

    /// A moment, in seconds since 1970.
    pub(super) fn time(&self) -> Result<Timestamp, Problem> {
        let seconds = self.needed()?.as_i64().filter(|seconds| *seconds >= 0);
        let moment = seconds.and_then(|seconds| Timestamp::from_unix_seconds(seconds).ok());
        moment.ok_or_else(|| self.problem("must be a time in seconds since 1970"))
    }

    /// The id of something: a text, or the object itself where Stripe shows it whole.
    pub(super) fn id(&self) -> Result<StripeId, Problem> {
        if let Value::Object(_) = self.needed()? {
            return self.field("id")?.plain_id();
        }
        self.plain_id()
    }

    /// The same, or none if there is no value.
    pub(super) fn optional_id(&self) -> Result<Option<StripeId>, Problem> {
        self.some().map(|_| self.id()).transpose()
    }

    pub(super) fn problem(&self, problem: &'static str) -> Problem {
        Problem {
            path: self.path.clone(),
            problem,
        }
    }

    fn plain_id(&self) -> Result<StripeId, Problem> {
        let id = self.needed()?.as_str().and_then(|text| text.parse().ok());
        id.ok_or_else(|| self.problem("must be an id of Stripe's"))
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
