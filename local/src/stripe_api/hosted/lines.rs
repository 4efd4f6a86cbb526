//! Lines that both pages have.

use crate::frame::escaped;

/// What the last button came to, if it could not be done.
pub(super) fn problem(said: Option<&str>) -> String {
    let line = |said| {
        format!(
            "<p class=\"problem\" role=\"alert\">{}</p>\n",
            escaped(said)
        )
    };
    said.map(line).unwrap_or_default()
}

/// Whose page it is, after a word: `For` or `Of`.
pub(super) fn whose(word: &str, email: Option<&str>) -> String {
    let line = |email| format!("<p>{word} {}.</p>\n", escaped(email));
    email.map(line).unwrap_or_default()
}
