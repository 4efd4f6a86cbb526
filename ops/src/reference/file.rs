//! Reading a file of reference data: a mistyped field is refused, with its line.

use std::path::Path;

use serde::Deserialize;

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
        Some(field) => Err(could(format!("there is no field {field}"))),
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
