//! A query or a form as Stripe encodes it: `a=1`, `a[b]=1`, `a[]=1`, `a[0]=1`.
//! Each parameter is taken once; what is left over at the end is unknown.

use std::collections::BTreeSet;

use reqwest::Url;
use serde_json::{Map, Value};

use super::refusal::Refusal;

/// The most parameters of a request.
const MAX_PARAMETERS: usize = 500;

/// What is still to be read.
#[derive(Clone, Debug, Default)]
pub(super) struct Parameters {
    left: Vec<Parameter>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Parameter {
    name: String,
    /// What stands in brackets behind the name, without them.
    inner: Option<String>,
    value: String,
}

/// A bound of a moment or a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    from: i64,
    to: i64,
}

impl Bounds {
    pub(super) fn hold(self, number: i64) -> bool {
        (self.from..=self.to).contains(&number)
    }
}

fn pairs(text: &str) -> Vec<(String, String)> {
    // Any URL will do: it only reads what stands behind its question mark.
    let Ok(mut url) = Url::parse("http://localhost/") else {
        return Vec::new();
    };
    url.set_query(Some(text));
    url.query_pairs().into_owned().collect()
}

impl Parameters {
    /// Reads a query and a form.
    pub(super) fn read(query: &str, form: &str) -> Result<Self, Refusal> {
        let mut left = Vec::new();
        for (key, value) in pairs(query).into_iter().chain(pairs(form)) {
            if key.is_empty() {
                continue;
            }
            let (name, inner) = match key.strip_suffix(']').and_then(|key| key.split_once('[')) {
                Some((name, inner)) => (name.to_string(), Some(inner.to_string())),
                None => (key, None),
            };
            left.push(Parameter { name, inner, value });
        }
        if left.len() > MAX_PARAMETERS {
            let text = format!("At most {MAX_PARAMETERS} parameters are read.");
            return Err(Refusal::invalid(text));
        }
        Ok(Parameters { left })
    }

    /// All of them in a fixed order, to compare two requests.
    pub(super) fn fingerprint(&self) -> String {
        let mut all = self.left.clone();
        all.sort();
        format!("{all:?}")
    }

    fn take(&mut self, wanted: impl Fn(&Parameter) -> bool) -> Vec<Parameter> {
        let (taken, left) = self.left.drain(..).partition(wanted);
        self.left = left;
        taken
    }

    /// `name=value` or, for `a[b]`, `a[b]=value`; an empty text counts.
    pub(super) fn text_or_empty(&mut self, name: &str) -> Option<String> {
        let (name, inner) = match name.strip_suffix(']').and_then(|name| name.split_once('[')) {
            Some((name, inner)) => (name, Some(inner)),
            None => (name, None),
        };
        let mut taken = self.take(|it| it.name == name && it.inner.as_deref() == inner);
        taken.pop().map(|parameter| parameter.value)
    }

    /// The same, where an empty text is refused.
    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, Refusal> {
        match self.text_or_empty(name) {
            Some(text) if text.is_empty() => {
                let message = format!("{name} is empty: leave it out or give it a value.");
                let refusal = Refusal::invalid(message).code("parameter_invalid_empty");
                Err(refusal.param(name))
            }
            text => Ok(text),
        }
    }

    /// A whole number.
    pub(super) fn integer(&mut self, name: &str) -> Result<Option<i64>, Refusal> {
        let text = self.text(name)?;
        text.map(|text| integer(name, &text)).transpose()
    }

    /// `name[]=a` or `name[0]=a`, in the order of the request.
    pub(super) fn list(&mut self, name: &str) -> Vec<String> {
        let is_member = |inner: &str| inner.bytes().all(|byte| byte.is_ascii_digit());
        let taken = self.take(|it| it.name == name && it.inner.as_deref().is_some_and(is_member));
        taken.into_iter().map(|parameter| parameter.value).collect()
    }

    /// `name[key]=value`; `name=` alone means an empty map.
    pub(super) fn map(&mut self, name: &str) -> Option<Map<String, Value>> {
        let taken = self.take(|it| it.name == name);
        if taken.is_empty() {
            return None;
        }
        let named = taken
            .into_iter()
            .filter_map(|it| Some((it.inner?, it.value)));
        Some(
            named
                .map(|(key, value)| (key, Value::from(value)))
                .collect(),
        )
    }

    /// `name[inner][key]=value`; `name[inner]=` alone means an empty map.
    pub(super) fn map_in(&mut self, name: &str, inner: &str) -> Option<Map<String, Value>> {
        let start = format!("{inner}][");
        let belongs = |it: &str| it == inner || it.starts_with(&start);
        let taken = self.take(|it| it.name == name && it.inner.as_deref().is_some_and(belongs));
        if taken.is_empty() {
            return None;
        }
        let named = taken.into_iter().filter_map(|it| {
            let key = it.inner?.strip_prefix(&start)?.to_string();
            Some((key, Value::from(it.value)))
        });
        Some(named.collect())
    }

    /// The numbers `n` of what is given as `name[n][...]`, in order.
    pub(super) fn positions(&self, name: &str) -> Vec<u32> {
        let ours = self.left.iter().filter(|it| it.name == name);
        let inner = ours.filter_map(|it| it.inner.as_deref()?.split(']').next()?.parse().ok());
        let positions: BTreeSet<u32> = inner.collect();
        positions.into_iter().collect()
    }

    /// `true` or `false`.
    pub(super) fn flag(&mut self, name: &str) -> Result<Option<bool>, Refusal> {
        match self.text(name)?.as_deref() {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(other) => {
                let text = format!("Invalid boolean: {other}");
                Err(Refusal::invalid(text).param(name))
            }
        }
    }

    /// A text that must be there.
    pub(super) fn required(&mut self, name: &str) -> Result<String, Refusal> {
        self.text(name)?.ok_or_else(|| Refusal::required(name))
    }

    /// Whether anything below a name is given.
    pub(super) fn has(&self, name: &str) -> bool {
        self.left.iter().any(|it| it.name == name)
    }

    /// `name=number`, or bounds as `name[gte]=number`.
    pub(super) fn bounds(&mut self, name: &str) -> Result<Option<Bounds>, Refusal> {
        let taken = self.take(|it| it.name == name);
        let mut bounds = Bounds {
            from: i64::MIN,
            to: i64::MAX,
        };
        if taken.is_empty() {
            return Ok(None);
        }
        for parameter in taken {
            let number = integer(name, &parameter.value)?;
            match parameter.inner.as_deref() {
                None => {
                    bounds.from = bounds.from.max(number);
                    bounds.to = bounds.to.min(number);
                }
                Some("gte") => bounds.from = bounds.from.max(number),
                Some("gt") => bounds.from = bounds.from.max(number.saturating_add(1)),
                Some("lte") => bounds.to = bounds.to.min(number),
                Some("lt") => bounds.to = bounds.to.min(number.saturating_sub(1)),
                Some(other) => return Err(unknown(&format!("{name}[{other}]"))),
            }
        }
        Ok(Some(bounds))
    }

    /// Refuses what nobody has read.
    pub(super) fn done(&self) -> Result<(), Refusal> {
        match self.left.first() {
            None => Ok(()),
            Some(Parameter { name, inner, .. }) => Err(unknown(&match inner {
                Some(inner) => format!("{name}[{inner}]"),
                None => name.clone(),
            })),
        }
    }
}

fn unknown(name: &str) -> Refusal {
    let refusal = Refusal::invalid(format!("Received unknown parameter: {name}"));
    refusal.code("parameter_unknown").param(name)
}

fn integer(name: &str, text: &str) -> Result<i64, Refusal> {
    text.parse().map_err(|_| {
        let refusal = Refusal::invalid(format!("Invalid integer: {text}"));
        refusal.code("parameter_invalid_integer").param(name)
    })
}
