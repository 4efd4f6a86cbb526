//! Forms as OAuth clients send them: `application/x-www-form-urlencoded`, each name once,
//! and a parameter without a value is one that is not there (RFC 6749, 3.2 and
//! appendix B). Debug output shows nothing of them.

use shared::domain::Redacted;
use shared::http::{BodyError, Event, OAuthError};

/// The maximum length of a token request: 16 KiB.
const MAX_BODY_BYTES: usize = 16 * 1024;
const MEDIA_TYPE: &str = "application/x-www-form-urlencoded";

const TOO_LARGE: OAuthError = OAuthError::new(
    413,
    "invalid_request",
    "The body must be at most 16384 bytes long.",
);
const NO_FORM: OAuthError = OAuthError::new(
    400,
    "invalid_request",
    "The body must be a form: application/x-www-form-urlencoded.",
);
const REPEATED: OAuthError = OAuthError::new(
    400,
    "invalid_request",
    "A parameter is repeated. Send each of them once.",
);

/// The parameters of a request, in the order in which they were sent.
#[derive(Clone, Debug)]
pub(crate) struct Form(Redacted<Vec<(String, String)>>);

impl Form {
    /// The form in an event's body.
    pub(crate) fn of(event: &Event) -> Result<Self, OAuthError> {
        let kind = event.header("content-type").unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case(MEDIA_TYPE) {
            return Err(NO_FORM);
        }
        let body = event.body(MAX_BODY_BYTES).map_err(|error| match error {
            BodyError::TooLarge => TOO_LARGE,
            BodyError::NotBase64 => NO_FORM,
        })?;
        let text = std::str::from_utf8(&body).map_err(|_| NO_FORM)?;
        let mut pairs: Vec<(String, String)> = Vec::new();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').ok_or(NO_FORM)?;
            let (name, value) = (decoded(name), decoded(value));
            let (name, value) = (name.ok_or(NO_FORM)?, value.ok_or(NO_FORM)?);
            if pairs.iter().any(|(known, _)| *known == name) {
                return Err(REPEATED);
            }
            pairs.push((name, value));
        }
        Ok(Form(Redacted::new(pairs)))
    }

    /// A parameter; an empty one counts as absent.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let mut pairs = self.0.expose().iter();
        let (_, value) = pairs.find(|(known, _)| known == name)?;
        Some(value.as_str()).filter(|value| !value.is_empty())
    }

    /// The form encoded again, without the parameters that are `ours`.
    pub(crate) fn encoded_without(&self, ours: &[&str]) -> String {
        let mut text = String::new();
        for (name, value) in self.0.expose() {
            if value.is_empty() || ours.contains(&name.as_str()) {
                continue;
            }
            if !text.is_empty() {
                text.push('&');
            }
            encode(name, &mut text);
            text.push('=');
            encode(value, &mut text);
        }
        text
    }
}

/// None for a broken escape or bytes that are not UTF-8.
fn decoded(text: &str) -> Option<String> {
    let mut plain = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        plain.push(match byte {
            b'%' => digit(bytes.next()?)? << 4 | digit(bytes.next()?)?,
            b'+' => b' ',
            other => other,
        });
    }
    String::from_utf8(plain).ok()
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16)?.try_into().ok()
}

fn encode(text: &str, into: &mut String) {
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                into.push(char::from(byte));
            }
            other => into.push_str(&format!("%{other:02X}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn form(kind: &str, body: &str) -> Result<Form, OAuthError> {
        let event = json!({"headers": {"content-type": kind}, "body": body});
        Form::of(&serde_json::from_value(event).unwrap())
    }

    #[test]
    fn a_form_is_read_and_written_again_without_what_is_ours() {
        let kind = "Application/X-WWW-Form-Urlencoded; charset=utf-8";
        let form = form(kind, "a=1+%2B%C3%A9&empty=&ours=true&b=x%3Dy").unwrap();
        assert_eq!(form.get("a"), Some("1 +\u{e9}"));
        assert_eq!(form.get("empty"), None);
        assert_eq!(form.encoded_without(&["ours"]), "a=1%20%2B%C3%A9&b=x%3Dy");
        assert!(!format!("{form:?}").contains("true"));
    }

    #[test]
    fn what_is_no_form_is_refused() {
        for (kind, body, expected) in [
            ("application/json", "{}", NO_FORM),
            ("", "a=1", NO_FORM),
            (MEDIA_TYPE, "{\"a\":1}", NO_FORM),
            (MEDIA_TYPE, "a=%4", NO_FORM),
            (MEDIA_TYPE, "a=%zz", NO_FORM),
            (MEDIA_TYPE, "a=%FF", NO_FORM),
            (MEDIA_TYPE, "a=1&b=2&%61=", REPEATED),
        ] {
            assert_eq!(form(kind, body).err(), Some(expected), "{kind} {body}");
        }
        let fits = format!("a={}", "x".repeat(MAX_BODY_BYTES - 2));
        assert!(form(MEDIA_TYPE, &fits).is_ok());
        assert_eq!(form(MEDIA_TYPE, &format!("{fits}x")).err(), Some(TOO_LARGE));
    }
}
