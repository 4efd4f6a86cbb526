//! Members of a JSON object as text. Hand-written: a log line has a dozen of them, and
//! a warm request takes a fraction of a millisecond.

use std::fmt::Write;

/// The maximum length of a text in a line, in characters. CloudWatch accepts a
/// megabyte, but a reader needs only the beginning.
const MAX_TEXT: usize = 500;

/// `"name":"value",` with the value truncated to 500 characters and escaped, so that
/// any value stays on one line.
pub(super) fn push_text(json: &mut String, name: &str, value: &str) {
    push_name(json, name);
    json.push('"');
    let end = value
        .char_indices()
        .nth(MAX_TEXT)
        .map(|(at, _)| at)
        .unwrap_or(value.len());
    let (shown, rest) = value.split_at_checked(end).unwrap_or((value, ""));
    for letter in shown.chars() {
        push_letter(json, letter);
    }
    if !rest.is_empty() {
        json.push('…');
    }
    json.push_str("\",");
}

/// `"name":value,` with a value that is already JSON.
pub(super) fn push_raw(json: &mut String, name: &str, value: impl std::fmt::Display) {
    push_name(json, name);
    // Writing to a string cannot fail.
    let _ = write!(json, "{value},");
}

/// Names are ours and need no escaping.
fn push_name(json: &mut String, name: &str) {
    json.push('"');
    json.push_str(name);
    json.push_str("\":");
}

fn push_letter(json: &mut String, letter: char) {
    match letter {
        '"' => json.push_str("\\\""),
        '\\' => json.push_str("\\\\"),
        // Some log readers treat the last two as line ends.
        letter if letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}') => {
            let _ = write!(json, "\\u{:04x}", u32::from(letter));
        }
        letter => json.push(letter),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: &str, expected: &str) {
        let mut json = String::new();
        push_text(&mut json, "text", value);
        assert_eq!(json, format!("\"text\":\"{expected}\","));
    }

    #[test]
    fn a_text_stands_on_one_line_whatever_it_is() {
        check("", "");
        check("a \"b\" \\ c", "a \\\"b\\\" \\\\ c");
        check("1\n2\r\t\0\u{7f}", "1\\u000a2\\u000d\\u0009\\u0000\\u007f");
        check("\u{85}\u{2028}\u{2029}", "\\u0085\\u2028\\u2029");
        check("é😀", "é😀");
    }

    #[test]
    fn a_long_text_is_cut_between_two_characters() {
        for (letter, written) in [("x", "x"), ("é", "é"), ("😀", "😀"), ("\n", "\\u000a")] {
            let whole = written.repeat(MAX_TEXT);
            check(&letter.repeat(MAX_TEXT), &whole);
            check(&letter.repeat(MAX_TEXT + 1), &format!("{whole}…"));
            check(&letter.repeat(1_000_000), &format!("{whole}…"));
        }
    }
}
