//! Reading a file of reference data: a mistyped field is refused, with its line.

use std::path::Path;

use serde::Deserialize;
use toml::de::{DeArray, DeTable, DeValue};

use crate::act;
use crate::ending::Failure;

/// The text of a file.
pub(crate) fn text(file: &Path) -> Result<String, Failure> {
    String::from_utf8(act::read_file(file)?)
        .map_err(|_| Failure::Usage(format!("{} is not a text in UTF-8", file.display())))
}

/// What the text of a TOML file says.
pub(crate) fn parse<T: for<'de> Deserialize<'de>>(file: &Path, text: &str) -> Result<T, Failure> {
    let could = |problem: String| Failure::Usage(format!("{}: {problem}", file.display()));
    let at_line = |error: toml::de::Error| could(with_line(text, &error));
    let reader = toml::Deserializer::parse(text).map_err(at_line)?;
    let mut ignored = Vec::new();
    let read = serde_ignored::deserialize(reader, |path| ignored.push(path.to_string()));
    let read = read.map_err(at_line)?;
    // A field whose name is mistyped must not be taken for one that is absent.
    match ignored.first() {
        Some(field) => {
            let table = DeTable::parse(text).map_err(at_line)?;
            let line = line_at(text, offset_of(table.get_ref(), field));
            Err(could(format!("line {line}: there is no field {field}")))
        }
        None => Ok(read),
    }
}

/// What is wrong, on one line, and in which line of the file.
fn with_line(text: &str, error: &toml::de::Error) -> String {
    let problem = error.message().replace('\n', " ");
    match error.span() {
        Some(span) => format!("line {}: {problem}", line_at(text, span.start)),
        None => problem,
    }
}

/// The number of the line in which a byte of a text stands.
pub(crate) fn line_at(text: &str, offset: usize) -> usize {
    let before = text.bytes().take(offset);
    let ends = before.filter(|byte| *byte == b'\n').count();
    ends.saturating_add(1)
}

/// Refuses a file that has problems.
pub(crate) fn refuse(file: &Path, problems: &[String]) -> Result<(), Failure> {
    if problems.is_empty() {
        return Ok(());
    }
    let (place, problems) = (file.display(), problems.join("; "));
    Err(Failure::Usage(format!("{place}: {problems}")))
}

/// Where the field of a path such as `cards.2.tiers.0.above_input_tokens` stands in the
/// text, or what of the path is there.
pub(crate) fn offset_of(table: &DeTable<'_>, path: &str) -> usize {
    let mut offset = 0;
    let mut place = Place::Table(table);
    for part in path.split('.') {
        let value = match place {
            Place::Table(table) => {
                let mut fields = table.iter();
                let Some((key, value)) = fields.find(|(key, _)| key.get_ref() == part) else {
                    return offset;
                };
                offset = key.span().start;
                value
            }
            Place::Array(array) => {
                let element = part
                    .parse()
                    .ok()
                    .and_then(|number: usize| array.get(number));
                let Some(element) = element else {
                    return offset;
                };
                offset = first_key(element.get_ref()).unwrap_or(element.span().start);
                element
            }
            Place::Other => return offset,
        };
        place = match (value.get_ref().as_table(), value.get_ref().as_array()) {
            (Some(table), _) => Place::Table(table),
            (None, Some(array)) => Place::Array(array),
            (None, None) => Place::Other,
        };
    }
    offset
}

/// What a part of a path may lead into.
enum Place<'a, 'i> {
    Table(&'a DeTable<'i>),
    Array(&'a DeArray<'i>),
    Other,
}

/// Where the first field of a table stands: a table in an array may have no place itself.
fn first_key(value: &DeValue<'_>) -> Option<usize> {
    let keys = value.as_table()?.keys();
    keys.map(|key| key.span().start).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
# a comment

[[cards]]
id = 'a@2026-01-01'
[cards.milli_per_million]
input = 1

[[cards]]
id = 'b@2026-01-01'
[[cards.tiers]]
above_input_tokens = 5
[cards.tiers.milli_per_million]
output = 2
";

    #[test]
    fn a_field_is_found_in_its_line_and_a_missing_one_where_it_should_be() {
        let table = DeTable::parse(TEXT).unwrap();
        for (path, line) in [
            ("cards.0.id", 4),
            ("cards.0.milli_per_million.input", 6),
            ("cards.0.milli_per_million.output", 5),
            ("cards.1.effective_from", 9),
            ("cards.1.tiers.0.milli_per_million.output", 13),
            ("cards.1.tiers", 10),
            ("cards.7.id", 3),
            ("models", 1),
        ] {
            assert_eq!(
                line_at(TEXT, offset_of(table.get_ref(), path)),
                line,
                "{path}"
            );
        }
    }
}
