//! What the issuer answered: tokens, an OAuth error, or nonsense. Tokens and errors go
//! back as they came.

use outbound::Answer;
use serde_json::{Map, Value};
use shared::domain::Redacted;
use shared::http::{OAuthError, Response};

use crate::issuer::{DOWN, NONSENSE};

/// The codes that may stand in a log: whatever else an issuer writes may quote anything.
const CODES: [&str; 8] = [
    "invalid_client",
    "invalid_grant",
    "invalid_request",
    "invalid_scope",
    "server_error",
    "temporarily_unavailable",
    "unauthorized_client",
    "unsupported_grant_type",
];

/// Tokens as the issuer gave them.
#[derive(Clone, Debug)]
pub(crate) struct Tokens {
    status: u16,
    text: Redacted<String>,
    members: Redacted<Map<String, Value>>,
}

/// An answer that goes back to the client.
#[derive(Clone, Debug)]
pub(crate) enum Judged {
    /// Tokens.
    Tokens(Tokens),
    /// The issuer's refusal; the text is for the log.
    Refused(Response, String),
}

/// Reads the issuer's answer.
pub(crate) fn judge(answer: Answer) -> Result<Judged, OAuthError> {
    let status = answer.status;
    let retry_after = answer.header("retry-after").map(str::to_string);
    let text = String::from_utf8(answer.body).ok();
    let members = text
        .as_ref()
        .and_then(|text| serde_json::from_str(text).ok());
    let (Some(text), Some(Value::Object(members))) = (text, members) else {
        return Err(unreadable(status));
    };
    let is_text = |name: &str| members.get(name).is_some_and(Value::is_string);
    match status {
        200..=299 if is_text("access_token") => Ok(Judged::Tokens(Tokens {
            status,
            text: text.into(),
            members: members.into(),
        })),
        400..=599 if is_text("error") => {
            let code = members.get("error").and_then(Value::as_str);
            let known = CODES.iter().find(|known| Some(**known) == code);
            let known = known.unwrap_or(&"an error of its own");
            let response = uncached(Response::json(status, text));
            let seconds = retry_after.filter(|text| text.bytes().all(|it| it.is_ascii_digit()));
            Ok(Judged::Refused(
                response.with_headers(seconds.map(|seconds| ("retry-after", seconds))),
                format!("the issuer answered {status}: {known}"),
            ))
        }
        _ => Err(unreadable(status)),
    }
}

/// An issuer that is overloaded or broken may answer anything.
fn unreadable(status: u16) -> OAuthError {
    let reason = format!("the issuer answered {status} and neither tokens nor an error");
    match status {
        429 | 500..=599 => DOWN.because(reason),
        _ => NONSENSE.because(reason),
    }
}

fn uncached(response: Response) -> Response {
    response
        .with_header("cache-control", "no-store")
        .with_header("pragma", "no-cache")
}

impl Tokens {
    /// A token by the name of its member.
    pub(crate) fn token(&self, name: &str) -> Option<&str> {
        self.members.expose().get(name)?.as_str()
    }

    /// The answer to the client: the issuer's own, letter by letter, or with one member
    /// more.
    pub(crate) fn response(self, added: Option<(&'static str, Value)>) -> Response {
        let text = match added {
            None => self.text.into_exposed(),
            Some((name, value)) => {
                let mut members = self.members.into_exposed();
                members.insert(name.to_string(), value);
                Value::Object(members).to_string()
            }
        };
        uncached(Response::json(self.status, text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::http::ApiError;

    fn judged(status: u16, body: &str) -> Result<Judged, u16> {
        let answer = Answer {
            status,
            body: body.as_bytes().to_vec(),
            ..Answer::default()
        };
        judge(answer).map_err(|error| ApiError::from(error).to_response("r").status_code())
    }

    #[test]
    fn tokens_go_back_letter_by_letter_unless_something_is_added() {
        let body = "{ \"token_type\": \"Bearer\",  \"access_token\":\"a\", \"expires_in\": 3600 }";
        let Ok(Judged::Tokens(tokens)) = judged(200, body) else {
            panic!("these are tokens");
        };
        assert_eq!(tokens.token("access_token"), Some("a"));
        let plain = tokens.clone().response(None);
        assert_eq!(
            (plain.body(), plain.header("pragma")),
            (body, Some("no-cache"))
        );
        let more = tokens.response(Some(("credits", Value::from(1))));
        let more: Value = serde_json::from_str(more.body()).unwrap();
        assert_eq!(
            (&more["credits"], &more["expires_in"]),
            (&Value::from(1), &Value::from(3600))
        );
    }

    #[test]
    fn errors_of_the_issuer_go_back_and_nonsense_does_not() {
        let refused = r#"{"error":"invalid_grant","more":1}"#;
        let Ok(Judged::Refused(response, reason)) = judged(400, refused) else {
            panic!("it is refused");
        };
        assert_eq!((response.status_code(), response.body()), (400, refused));
        assert_eq!(reason, "the issuer answered 400: invalid_grant");
        let Ok(Judged::Refused(_, reason)) = judged(400, r#"{"error":"code abc is used"}"#) else {
            panic!("it is refused");
        };
        assert!(!reason.contains("abc"), "{reason}");
        for (status, body, expected) in [
            (200, "", 502),
            (200, "<html>", 502),
            (200, "[]", 502),
            (200, r#"{"access_token":1}"#, 502),
            (200, r#"{"error":"invalid_grant"}"#, 502),
            (302, r#"{"access_token":"a"}"#, 502),
            (400, r#"{"message":"no"}"#, 502),
            (429, "slow down", 503),
            (503, "<html>", 503),
        ] {
            assert_eq!(
                judged(status, body).err(),
                Some(expected),
                "{status} {body}"
            );
        }
    }
}
