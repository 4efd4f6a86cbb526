//! A query or a form of OAuth. A parameter without a value counts as absent, and
//! one that comes twice is an error. Source: RFC 6749, 3.1 and 3.2.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use reqwest::Url;

use crate::deployment::percent_decode;

/// The parameters. They hold secrets, so there is no debug output.
#[derive(Default)]
pub(crate) struct Form {
    values: BTreeMap<String, String>,
    repeated: BTreeSet<String>,
}

impl Form {
    /// Reads `a=1&b=2`; none if it is not form encoded UTF-8.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let mut form = Form::default();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = percent_decode(&name.replace('+', " "))?;
            let value = percent_decode(&value.replace('+', " "))?;
            if value.is_empty() {
                continue;
            }
            match form.values.entry(name) {
                Entry::Vacant(free) => _ = free.insert(value),
                Entry::Occupied(taken) => _ = form.repeated.insert(taken.key().clone()),
            }
        }
        Some(form)
    }

    /// The value of a parameter; of a repeated one the first.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// All parameters, of a repeated one the first.
    pub(crate) fn fields(&self) -> Vec<(String, String)> {
        let fields = self.values.iter();
        let copied = fields.map(|(name, value)| (name.clone(), value.clone()));
        copied.collect()
    }

    /// Whether a parameter came more than once.
    pub(super) fn repeats(&self, name: &str) -> bool {
        self.repeated.contains(name)
    }

    /// Whether any parameter came more than once.
    pub(super) fn repeats_any(&self) -> bool {
        !self.repeated.is_empty()
    }
}

/// `uri` with parameters added to its query. What stands there stays as it is.
pub(super) fn with_parameters(uri: &str, parameters: &[(&str, &str)]) -> String {
    // Any URL will do: it only encodes what stands behind its question mark.
    let Ok(mut url) = Url::parse("http://localhost/") else {
        return uri.to_string();
    };
    url.query_pairs_mut().extend_pairs(parameters);
    let separator = if uri.contains('?') { '&' } else { '?' };
    format!("{uri}{separator}{}", url.query().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_to_the_letter_or_not_at_all() {
        let form = Form::read("a=x+y%2B%C3%A9&empty=&bare&&b=1=2&a=again").unwrap();
        assert_eq!(form.get("a"), Some("x y+é"));
        assert_eq!(form.get("b"), Some("1=2"));
        assert_eq!((form.get("empty"), form.get("bare")), (None, None));
        assert!(form.repeats("a") && !form.repeats("b") && form.repeats_any());
        for broken in ["a=%", "a=%4", "a=%zz", "%ff=1", "a=%C3"] {
            assert!(Form::read(broken).is_none(), "{broken}");
        }
    }

    #[test]
    fn parameters_are_added_behind_those_of_a_uri() {
        for (uri, expected) in [
            (
                "http://localhost:8080/cb",
                "http://localhost:8080/cb?a=x+%26%3D%C3%A9&b=",
            ),
            ("app:/cb?p=%20", "app:/cb?p=%20&a=x+%26%3D%C3%A9&b="),
        ] {
            assert_eq!(with_parameters(uri, &[("a", "x &=é"), ("b", "")]), expected);
        }
    }
}
