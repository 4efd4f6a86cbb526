//! HTTP replies, from a function or from the gateway itself.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::json;
use shared::http::Response;

/// An answer over HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The headers, names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: Vec<u8>,
}

/// The format of a function's answer for API Gateway.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    status_code: u16,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    body: String,
    #[serde(default)]
    is_base64_encoded: bool,
}

impl Reply {
    /// `{"message": …}`, the form of the gateway's own answers.
    pub(super) fn message(status: u16, message: &str) -> Self {
        let content_type = ("content-type".to_string(), "application/json".to_string());
        Reply {
            status,
            headers: BTreeMap::from([content_type]),
            body: json!({ "message": message }).to_string().into_bytes(),
        }
    }

    /// 401 with the gateway's challenge.
    pub(super) fn unauthorized(reason: &str) -> Self {
        let mut reply = Self::message(401, "Unauthorized");
        let challenge = if reason == "there is no token" {
            "Bearer".to_string()
        } else {
            format!("Bearer scope=\"\" error=\"invalid_token\" error_description=\"{reason}\"")
        };
        reply.headers.insert("www-authenticate".into(), challenge);
        reply
    }

    /// The status and why, for a person at the terminal.
    pub(super) fn in_words(&self) -> String {
        let status = self.status;
        let why = match self.headers.get("www-authenticate") {
            Some(challenge) => challenge.clone(),
            None => String::from_utf8_lossy(&self.body).into_owned(),
        };
        format!("{status} {why}")
    }

    /// Parses the text of a function's answer; none if the gateway could not
    /// read it.
    pub(super) fn of_function(response: &Response) -> Option<Self> {
        let text = serde_json::to_string(response).ok()?;
        let payload: Payload = serde_json::from_str(&text).ok()?;
        let body = if payload.is_base64_encoded {
            STANDARD.decode(payload.body).ok()?
        } else {
            payload.body.into_bytes()
        };
        Some(Reply {
            status: payload.status_code,
            headers: payload.headers,
            body,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_its_status_and_why() {
        for (reply, words) in [
            (
                Reply::message(404, "Not Found"),
                r#"404 {"message":"Not Found"}"#,
            ),
            (Reply::unauthorized("there is no token"), "401 Bearer"),
            (
                Reply::unauthorized("it is expired"),
                r#"401 Bearer scope="" error="invalid_token" error_description="it is expired""#,
            ),
        ] {
            assert_eq!(reply.in_words(), words);
        }
    }
}
