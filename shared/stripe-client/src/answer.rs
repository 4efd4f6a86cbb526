//! What an answer means: the object, an error of a type, and whether to try again.
//! Pure: nothing here waits or asks.
//!
//! Source: <https://docs.stripe.com/api/errors>,
//! <https://docs.stripe.com/error-low-level>.

use std::time::Duration;

use serde_json::Value;

use crate::error::{Refusal, StripeError};

/// Longer texts of Stripe's are cut.
const MAX_TEXT: usize = 300;

/// An HTTP answer with the headers that matter.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// `Request-Id`.
    pub(crate) request_id: Option<String>,
    /// `Stripe-Should-Retry`: Stripe knows better than the status.
    pub(crate) should_retry: Option<bool>,
    /// `Retry-After`, in seconds.
    pub(crate) retry_after: Option<u64>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn of(answer: outbound::Answer) -> Self {
        Answer {
            status: answer.status,
            request_id: answer.header("request-id").map(str::to_string),
            should_retry: answer
                .header("stripe-should-retry")
                .and_then(|word| word.parse().ok()),
            retry_after: answer
                .header("retry-after")
                .and_then(|word| word.parse().ok()),
            body: answer.body,
        }
    }
}

/// A failed attempt.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Failed {
    pub(crate) error: StripeError,
    /// Whether to try again, and the shortest pause before that.
    pub(crate) again: Option<Duration>,
}

impl Failed {
    /// No answer: the request is tried again at once.
    pub(crate) fn unanswered(problem: impl Into<String>) -> Self {
        Failed {
            error: StripeError::unavailable(problem, None),
            again: Some(Duration::ZERO),
        }
    }

    pub(crate) fn for_good(error: StripeError) -> Self {
        Failed { error, again: None }
    }
}

/// The object in an answer, or why there is none.
pub(crate) fn read(answer: Answer) -> Result<Value, Failed> {
    let request_id = answer.request_id.as_deref().map(one_line);
    let json = serde_json::from_slice::<Value>(&answer.body).ok();
    match answer.status {
        200..=299 => match json {
            Some(object @ Value::Object(_)) => Ok(object),
            // Cut short, or by something between us and Stripe.
            Some(_) | None => Err(Failed {
                error: StripeError::unavailable("its answer is no JSON object", request_id),
                again: Some(Duration::ZERO),
            }),
        },
        status @ (100..=199 | 300..=399) => Err(Failed::for_good(StripeError::unusable(
            format!("status {status}; redirects are not followed"),
            request_id,
        ))),
        _ => Err(refused(&answer, json.as_ref(), request_id)),
    }
}

fn refused(answer: &Answer, json: Option<&Value>, request_id: Option<String>) -> Failed {
    let status = answer.status;
    let field = |name: &str| {
        let text = json?.get("error")?.get(name)?.as_str()?;
        Some(one_line(text)).filter(|text| !text.is_empty())
    };
    let is_lock = field("code").as_deref() == Some("lock_timeout");
    let refusal = Box::new(Refusal {
        status,
        code: field("code"),
        param: field("param"),
        message: field("message").unwrap_or_default(),
        request_id: request_id.clone(),
    });
    let error = match status {
        401 => StripeError::Authentication(refusal),
        402 => StripeError::Declined(refusal),
        403 => StripeError::Permission(refusal),
        404 => StripeError::NotFound(refusal),
        429 if !is_lock => StripeError::RateLimited(refusal),
        // 409: another request holds the object, or uses the same key.
        409 | 429 | 500.. => StripeError::unavailable(format!("status {status}"), request_id),
        _ => StripeError::InvalidRequest(refusal),
    };
    let usual = matches!(status, 409 | 429 | 500..);
    let tries = answer.should_retry.unwrap_or(usual);
    let pause = Duration::from_secs(answer.retry_after.unwrap_or(0));
    Failed {
        error,
        again: tries.then_some(pause),
    }
}

/// A text of Stripe's as part of one line, of bounded length.
fn one_line(text: &str) -> String {
    let letters = text
        .chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter });
    letters
        .take(MAX_TEXT)
        .collect::<String>()
        .trim()
        .to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answer(status: u16, body: &Value) -> Answer {
        Answer {
            status,
            request_id: Some("req_1".to_string()),
            body: body.to_string().into_bytes(),
            ..Answer::default()
        }
    }

    fn failed(answer: Answer) -> (&'static str, bool) {
        let Failed { error, again } = read(answer).unwrap_err();
        let word = match error {
            StripeError::Key(_) => "key",
            StripeError::InvalidRequest(_) => "invalid",
            StripeError::Authentication(_) => "authentication",
            StripeError::Declined(_) => "declined",
            StripeError::Permission(_) => "permission",
            StripeError::NotFound(_) => "not found",
            StripeError::RateLimited(_) => "rate limited",
            StripeError::Unavailable(_) => "unavailable",
            StripeError::Unusable(_) => "unusable",
        };
        (word, again.is_some())
    }

    #[test]
    fn every_status_has_its_error_and_says_whether_to_try_again() {
        let body = json!({"error": {"message": "no"}});
        for (status, expected) in [
            (301, ("unusable", false)),
            (304, ("unusable", false)),
            (400, ("invalid", false)),
            (401, ("authentication", false)),
            (402, ("declined", false)),
            (403, ("permission", false)),
            (404, ("not found", false)),
            (409, ("unavailable", true)),
            (410, ("invalid", false)),
            (429, ("rate limited", true)),
            (500, ("unavailable", true)),
            (503, ("unavailable", true)),
        ] {
            assert_eq!(failed(answer(status, &body)), expected, "{status}");
        }
        let locked = json!({"error": {"code": "lock_timeout"}});
        assert_eq!(failed(answer(429, &locked)), ("unavailable", true));
        assert_eq!(failed(answer(200, &json!([1]))), ("unavailable", true));
    }

    #[test]
    fn what_stripe_says_of_trying_again_beats_the_status() {
        for (status, says, expected) in
            [(400, true, true), (429, false, false), (503, false, false)]
        {
            let answer = Answer {
                should_retry: Some(says),
                ..answer(status, &json!({}))
            };
            assert_eq!(failed(answer).1, expected, "{status}");
        }
        let answer = Answer {
            retry_after: Some(7),
            ..answer(429, &json!({}))
        };
        let again = read(answer).unwrap_err().again;
        assert_eq!(again, Some(Duration::from_secs(7)));
    }

    #[test]
    fn an_error_names_parameter_code_and_request_and_its_log_text_quotes_nothing() {
        let body = json!({"error": {
            "type": "invalid_request_error",
            "code": "parameter_invalid",
            "param": "email",
            "message": "Invalid email:\n somebody@example.com\u{1b}[2J",
        }});
        let error = read(answer(400, &body)).unwrap_err().error;
        assert_eq!(
            error.to_string(),
            "Stripe finds the request invalid: Invalid email:  somebody@example.com [2J \
             (status 400, code parameter_invalid, parameter email, request req_1)"
        );
        assert_eq!(
            error.for_log(),
            "invalid request (status 400, code parameter_invalid, parameter email, request req_1)"
        );
    }

    #[test]
    fn a_long_text_is_cut_and_a_body_that_is_no_json_is_left_out() {
        let long = "x".repeat(10_000);
        let error = read(answer(400, &json!({"error": {"message": long}})));
        assert!(error.unwrap_err().error.to_string().len() < 400);
        let page = Answer {
            status: 502,
            body: b"<html>somebody@example.com</html>".to_vec(),
            ..Answer::default()
        };
        let error = read(page).unwrap_err().error;
        assert_eq!(error.to_string(), "Stripe cannot be reached: status 502");
    }
}
