//! Errors in Stripe's form: a type, often a code, a message and the parameter.
//! Source: <https://docs.stripe.com/api/errors>.

use serde_json::{Value, json};

/// Why a request gets no object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    kind: &'static str,
    code: Option<&'static str>,
    message: String,
    param: Option<String>,
}

impl Refusal {
    /// An error of this status and type.
    pub(super) fn new(status: u16, kind: &'static str, message: impl Into<String>) -> Self {
        Refusal {
            status,
            kind,
            code: None,
            message: message.into(),
            param: None,
        }
    }

    /// 400, `invalid_request_error`.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Refusal::new(400, "invalid_request_error", message)
    }

    pub(super) fn code(self, code: &'static str) -> Self {
        Refusal {
            code: Some(code),
            ..self
        }
    }

    pub(super) fn param(self, param: impl Into<String>) -> Self {
        Refusal {
            param: Some(param.into()),
            ..self
        }
    }

    /// There is no such object; 404 where the path names it, else 400.
    pub(super) fn missing(word: &str, id: &str, param: &str) -> Self {
        let status = if param == "id" { 404 } else { 400 };
        Refusal::new(
            status,
            "invalid_request_error",
            format!("No such {word}: '{id}'"),
        )
        .code("resource_missing")
        .param(param)
    }

    /// A parameter that must be there is not.
    pub(super) fn required(name: &str) -> Self {
        let refusal = Refusal::invalid(format!("Missing required param: {name}."));
        refusal.code("parameter_missing").param(name)
    }

    /// 404: no route.
    pub(super) fn no_route(method: &str, path: &str) -> Self {
        Refusal::new(
            404,
            "invalid_request_error",
            format!(
                "Unrecognized request URL ({method}: {path}); the local Stripe has no such route in this API version."
            ),
        )
    }

    /// The body.
    pub(super) fn body(&self) -> Value {
        let mut error = json!({"type": self.kind, "message": self.message});
        if let Value::Object(error) = &mut error {
            if let Some(code) = self.code {
                error.insert("code".to_string(), json!(code));
            }
            if let Some(param) = &self.param {
                error.insert("param".to_string(), json!(param));
            }
        }
        json!({"error": error})
    }
}
