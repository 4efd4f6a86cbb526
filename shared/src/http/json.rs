//! The JSON of a request body, read strictly. An object that names a member twice has no
//! agreed meaning (RFC 8259, 4): one reader takes the first, another the last. So it is
//! refused at any depth, and so is what is nested deeper than any body of ours.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// How many objects and arrays may lie in each other.
pub(super) const MAX_DEPTH: usize = 32;

/// The maximum length of the path that an error names; its parts come from the client.
const MAX_PATH_CHARS: usize = 64;

/// Why a body is not taken as JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum JsonError {
    /// It is not JSON.
    NotJson,
    /// It is nested deeper than [`MAX_DEPTH`].
    TooDeep,
    /// An object has two members of one name: the path of the second.
    Repeated(String),
}

/// Reads a whole text as one JSON value.
pub(super) fn parse(text: &[u8]) -> Result<Value, JsonError> {
    let trouble = Cell::new(None);
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let strict = Strict {
        place: &Place::Root,
        depth: 0,
        trouble: &trouble,
    };
    let read = strict.deserialize(&mut deserializer);
    let read = read.and_then(|value| deserializer.end().map(|()| value));
    read.map_err(|_| trouble.take().unwrap_or(JsonError::NotJson))
}

/// Where a value stands.
enum Place<'a> {
    Root,
    Member(&'a Place<'a>, &'a str),
    Element(&'a Place<'a>, usize),
}

impl fmt::Display for Place<'_> {
    /// `lines[2].id`; nothing for the root.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Root => Ok(()),
            Place::Member(Place::Root, name) => formatter.write_str(name),
            Place::Member(parent, name) => write!(formatter, "{parent}.{name}"),
            Place::Element(parent, index) => write!(formatter, "{parent}[{index}]"),
        }
    }
}

/// Reads one value at a place.
struct Strict<'a> {
    place: &'a Place<'a>,
    depth: usize,
    /// Serde's errors are texts; what was wrong is kept here.
    trouble: &'a Cell<Option<JsonError>>,
}

impl Strict<'_> {
    fn fails<E: Error>(&self, trouble: JsonError) -> E {
        self.trouble.set(Some(trouble));
        E::custom("refused")
    }

    /// The depth of what lies in this value.
    fn deeper<E: Error>(&self) -> Result<usize, E> {
        if self.depth < MAX_DEPTH {
            Ok(self.depth.saturating_add(1))
        } else {
            Err(self.fails(JsonError::TooDeep))
        }
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let depth = self.deeper()?;
        let mut elements = Vec::new();
        loop {
            let place = Place::Element(self.place, elements.len());
            let element = access.next_element_seed(Strict {
                place: &place,
                depth,
                trouble: self.trouble,
            })?;
            match element {
                Some(element) => elements.push(element),
                None => return Ok(Value::Array(elements)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let depth = self.deeper()?;
        let mut members = Map::new();
        while let Some(name) = access.next_key::<String>()? {
            let place = Place::Member(self.place, &name);
            if members.contains_key(&name) {
                let path = place.to_string().chars().take(MAX_PATH_CHARS).collect();
                return Err(self.fails(JsonError::Repeated(path)));
            }
            let value = access.next_value_seed(Strict {
                place: &place,
                depth,
                trouble: self.trouble,
            })?;
            members.insert(name, value);
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repeated(path: &str) -> Result<Value, JsonError> {
        Err(JsonError::Repeated(path.to_string()))
    }

    #[test]
    fn a_text_without_repeated_members_is_read_as_any_reader_reads_it() {
        for text in [
            "null",
            "true",
            "-1",
            "18446744073709551615",
            "0.7",
            "1.0",
            "1e300",
            r#""\u00e9\ud83d\ude00""#,
            "[]",
            " {} \n",
            r#"[1,[2,{"a":null}],"x"]"#,
            r#"{"a":{"a":{"a":1}},"A":2,"b":[{"a":1},{"a":1}]}"#,
        ] {
            let expected: Value = serde_json::from_str(text).unwrap();
            assert_eq!(parse(text.as_bytes()), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_not_json_is_not_read() {
        for text in [
            "",
            " ",
            "{",
            "{}}",
            "{} {}",
            "{'a':1}",
            r#"{"a":1,}"#,
            "[1,]",
            "NaN",
            "01",
            "1e999",
            r#"{"a" 1}"#,
            r#""\ud83d""#,
        ] {
            assert_eq!(parse(text.as_bytes()), Err(JsonError::NotJson), "{text}");
        }
        assert_eq!(parse(b"\"\xff\""), Err(JsonError::NotJson));
    }

    #[test]
    fn a_repeated_member_is_named_by_its_path_at_any_depth() {
        for (text, path) in [
            (r#"{"a":1,"a":1}"#, "a"),
            (r#"{"a":1,"b":2,"a":3}"#, "a"),
            (r#"{"a":1,"\u0061":2}"#, "a"),
            (r#"{"":1,"":2}"#, ""),
            (r#"{"a":{"b":1,"b":2}}"#, "a.b"),
            (r#"{"a":[0,{"b":[{"c":1,"c":2}]}]}"#, "a[1].b[0].c"),
            (r#"[{"a":1},{"b":1,"b":2}]"#, "[1].b"),
            // The first mistake counts.
            (r#"{"a":1,"a":2"#, "a"),
        ] {
            assert_eq!(parse(text.as_bytes()), repeated(path), "{text}");
        }
        let long = "ü".repeat(100);
        let text = format!(r#"{{"{long}":1,"{long}":2}}"#);
        assert_eq!(parse(text.as_bytes()), repeated(&"ü".repeat(64)));
    }

    #[test]
    fn what_is_nested_too_deeply_is_refused_before_it_can_do_harm() {
        let arrays = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        let objects = |depth: usize| r#"{"a":"#.repeat(depth) + "1" + &"}".repeat(depth);
        for text in [arrays(MAX_DEPTH), objects(MAX_DEPTH)] {
            assert!(parse(text.as_bytes()).is_ok(), "{text}");
        }
        for text in [
            arrays(MAX_DEPTH + 1),
            objects(MAX_DEPTH + 1),
            "[".repeat(16_000),
            r#"{"a":"#.repeat(3_000),
        ] {
            assert_eq!(parse(text.as_bytes()), Err(JsonError::TooDeep));
        }
    }
}
