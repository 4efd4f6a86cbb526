//! Texts as HTML: escaped, with the little Markdown that descriptions use.

/// A text without markup.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// Paragraphs and lists of lines that start with `- `.
pub(super) fn prose(text: &str) -> String {
    let mut html = String::new();
    for block in text.split("\n\n") {
        if block.starts_with("- ") {
            let items = block.lines().map(|line| line.trim_start_matches("- "));
            let items: String = items.map(|item| format!("<li>{}", inline(item))).collect();
            html.push_str(&format!("<ul>{items}</ul>"));
        } else {
            html.push_str(&format!("<p>{}</p>", inline(block)));
        }
    }
    html
}

/// `` `code` `` and `**strong**` within a line.
pub(super) fn inline(text: &str) -> String {
    let mut html = String::new();
    for (number, part) in text.split('`').enumerate() {
        let part = escaped(part);
        if number % 2 == 1 {
            html.push_str(&format!("<code>{part}</code>"));
            continue;
        }
        for (number, part) in part.split("**").enumerate() {
            if number % 2 == 1 {
                html.push_str(&format!("<strong>{part}</strong>"));
            } else {
                html.push_str(part);
            }
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_ours_and_never_the_texts() {
        assert_eq!(
            inline("a `<b>` **c** & d"),
            "a <code>&lt;b&gt;</code> <strong>c</strong> &amp; d"
        );
        assert_eq!(
            prose("one\n\n- two\n- three"),
            "<p>one</p><ul><li>two<li>three</ul>"
        );
        assert_eq!(escaped("\"<script>\""), "&quot;&lt;script&gt;&quot;");
    }
}
