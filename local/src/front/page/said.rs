//! What the last button came to, with the call of the API behind it.

use serde_json::Value;

use super::parts::hidden;
use crate::frame::escaped;
use crate::front::call::Answered;
use crate::front::notice::Notice;
use crate::front::wire::FRONT_PATH;

/// How many lines are shown at once; the rest is folded.
const MAX_LINES: usize = 2;

pub(super) fn html(notice: &Notice) -> String {
    let (class, role) = if notice.done {
        ("card said", "status")
    } else {
        ("card said failed", "alert")
    };
    let title = escaped(&notice.title);
    let line = |line: &String| format!("<p>{}</p>\n", escaped(line));
    let lines: String = notice.lines.iter().take(MAX_LINES).map(line).collect();
    let rest: Vec<&String> = notice.lines.iter().skip(MAX_LINES).collect();
    let rest = folded(&rest);
    let call = notice.answered.as_ref().map(call).unwrap_or_default();
    let again = again(&notice.again);
    let link = notice.link.as_ref().map(|(href, text)| {
        let (href, text) = (escaped(href), escaped(text));
        format!("<p><a href=\"{href}\">{text}</a></p>\n")
    });
    let link = link.unwrap_or_default();
    format!(
        "<section class=\"{class}\" role=\"{role}\" aria-labelledby=\"said\">\n<h2 id=\"said\">{title}</h2>\n{lines}{link}{rest}{call}{again}</section>\n"
    )
}

fn folded(lines: &[&String]) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let items = lines
        .iter()
        .map(|line| format!("<li>{}</li>\n", escaped(line)));
    let items: String = items.collect();
    format!(
        "<details><summary>The events and their answers</summary>\n<ol>\n{items}</ol></details>\n"
    )
}

/// The request and the answer, as they went over the wire.
fn call(answered: &Answered) -> String {
    let (asked, status) = (escaped(&answered.asked), answered.status);
    let key = answered
        .key
        .as_ref()
        .map(|key| format!("Idempotency-Key: {key}\n"));
    let sent = answered.sent.as_ref().map(|body| format!("{body}\n"));
    let replayed = if answered.replayed {
        "Idempotent-Replayed: true\n"
    } else {
        ""
    };
    let body = match &answered.body {
        Value::Null => String::new(),
        body => format!("{body:#}"),
    };
    let request = format!(
        "{asked}\n{}{}",
        key.unwrap_or_default(),
        sent.unwrap_or_default()
    );
    let text = escaped(&format!("{request}\n{status}\n{replayed}{body}"));
    format!(
        "<details><summary><code>{asked}</code> answered {status}</summary>\n<pre>{text}</pre></details>\n"
    )
}

/// A button that sends the same request under the same key.
fn again(fields: &[(String, String)]) -> String {
    if fields.is_empty() {
        return String::new();
    }
    let fields = fields
        .iter()
        .map(|(name, value)| hidden(&escaped(name), &escaped(value)));
    let fields: String = fields.collect();
    format!(
        "<form method=\"post\" action=\"{FRONT_PATH}\" aria-label=\"The same request\">\n{fields}<button>Send the same request again</button>\n</form>\n"
    )
}
