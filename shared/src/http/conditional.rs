//! Conditional answers: a client that already has the current state gets a 304 without
//! a body.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{Event, Response};
use crate::domain::Digester;

/// The response with caching headers, or a 304 with the same headers if the client's
/// `If-None-Match` names the current state. `state` is everything that distinguishes
/// two answers; the tag is weak, because the time of the answer may differ.
pub fn conditional(event: &Event, state: &str, max_age_seconds: u32, full: Response) -> Response {
    let tag = weak_tag(state);
    let answer = if event
        .header("if-none-match")
        .is_some_and(|sent| names(sent, &tag))
    {
        Response::empty(304)
    } else {
        full
    };
    answer
        .with_header("etag", tag)
        .with_header(
            "cache-control",
            format!("private, max-age={max_age_seconds}"),
        )
        // Two users of one machine must not share a cache entry.
        .with_header("vary", "Authorization")
}

/// `W/"…"` around 128 bits of the state's digest.
fn weak_tag(state: &str) -> String {
    let mut digester = Digester::new("etag/1");
    digester.text("state", state);
    let digest = digester.finish();
    let short = digest.as_bytes().first_chunk::<16>().copied();
    let text = URL_SAFE_NO_PAD.encode(short.unwrap_or_default());
    format!("W/\"{text}\"")
}

/// Weak comparison with each of a list of tags, or `*` (RFC 9110, 13.1.2).
fn names(if_none_match: &str, tag: &str) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_string();
    if_none_match.trim() == "*"
        || if_none_match
            .split(',')
            .any(|sent| opaque(sent) == opaque(tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(if_none_match: &str) -> Event {
        let headers = serde_json::json!({"headers": {"if-none-match": if_none_match}});
        serde_json::from_value(headers).unwrap()
    }

    #[track_caller]
    fn check(if_none_match: &str, status_code: u16) {
        let full = Response::json(200, "{}".into());
        let answer = conditional(&event(if_none_match), "state", 300, full);
        assert_eq!(answer.status_code(), status_code, "{if_none_match:?}");
        assert_eq!(answer.header("etag"), Some(weak_tag("state").as_str()));
        assert_eq!(answer.header("cache-control"), Some("private, max-age=300"));
        assert_eq!(answer.header("vary"), Some("Authorization"));
    }

    #[test]
    fn a_client_that_names_the_state_gets_304_with_the_same_headers() {
        let tag = weak_tag("state");
        let strong = tag.trim_start_matches("W/").to_string();
        for sent in [
            tag.clone(),
            strong,
            "*".into(),
            format!("\"other\", {tag}"),
            format!(" {tag} "),
        ] {
            check(&sent, 304);
        }
        for sent in ["", "\"other\"", "W/", "state", ",,,", "W/\"\""] {
            check(sent, 200);
        }
    }

    #[test]
    fn another_state_has_another_tag() {
        assert_ne!(weak_tag("a"), weak_tag("b"));
    }
}
