//! The body of a form, bounded.

use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::{StatusCode, header};

/// The largest form and the longest query.
pub(crate) const MAX_FORM_BYTES: usize = 16 * 1024;
/// How much is read, so that the sender of a larger form hears the answer.
const MAX_READ_BYTES: usize = 64 * MAX_FORM_BYTES;

/// The body of a form, or why there is none.
pub(crate) async fn body_of(request: Request) -> Result<String, (StatusCode, &'static str)> {
    let (parts, body) = request.into_parts();
    let kind = parts.headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let is_form = kind.eq_ignore_ascii_case("application/x-www-form-urlencoded");
    let body = to_bytes(body, MAX_READ_BYTES).await.ok();
    let Some(body) = body.filter(|body| body.len() <= MAX_FORM_BYTES) else {
        let text = "the form has more than 16384 bytes";
        return Err((StatusCode::PAYLOAD_TOO_LARGE, text));
    };
    let text = "send a form: content-type application/x-www-form-urlencoded";
    let bad = (StatusCode::BAD_REQUEST, text);
    match String::from_utf8(body.to_vec()) {
        Ok(body) if is_form => Ok(body),
        Ok(_) | Err(_) => Err(bad),
    }
}
