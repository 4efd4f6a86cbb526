//! What `openapi.yaml` says of the token route. Its body is a form and its errors are
//! OAuth's, so both are described here.

use serde_json::{Value, json};
use shared::http::openapi::{Described, ErrorCode, Moment, Route, UserIdText};

use crate::data::{CreditsData, UserData};
use crate::routes::post_token::ROUTE_KEY;

/// Tokens as the issuer gave them, and what was asked for beside them.
#[derive(utoipa::ToSchema)]
#[schema(as = Tokens)]
#[expect(dead_code, reason = "the answer is the issuer's, letter by letter")]
struct TokensBody {
    access_token: String,
    token_type: Option<String>,
    expires_in: Option<u64>,
    refresh_token: Option<String>,
    id_token: Option<String>,
    scope: Option<String>,
    /// With `include_user_data=true`, beside the tokens of a code.
    user: Option<UserData>,
    /// With `include_credits=true`, beside refreshed tokens.
    credits: Option<CreditsData>,
}

/// An error in OAuth's form (RFC 6749, 5.2).
#[derive(utoipa::ToSchema)]
#[schema(as = OAuthError)]
#[expect(
    dead_code,
    reason = "errors are written by `ApiError`, or by the issuer"
)]
struct OAuthErrorBody {
    error: String,
    error_description: Option<String>,
    /// Names the request in our logs; not there where the issuer's own error goes back.
    #[serde(rename = "requestId")]
    request_id: Option<String>,
}

const TEXT: &str = "Exchanges a code (with PKCE, S256) or a refresh token at the issuer and returns its \
answer as it is. For public clients of the OAuth client table. With `include_user_data=true` a code's answer gains `user`, if \
the fresh token has the scopes `user.info` and `credits.read`; with `include_credits=true` a refresh gains \
`credits`, with `credits.read`. Where these cannot be read, the tokens come alone. The issuer's errors go back as \
they came, with any status from 400 on.";

/// The description.
pub(crate) fn describe() -> Described {
    let text = "Not sent, not tokens of this API, or not fit: OAuth's codes";
    let mut route = Route::open(
        ROUTE_KEY,
        "exchangeToken",
        "Tokens, and what an app shows first",
    );
    route.named::<Moment>();
    route.named::<UserIdText>();
    route
        .text(TEXT)
        .body_as(
            "application/x-www-form-urlencoded",
            "TokenRequest",
            form(),
            true,
        )
        .answers::<TokensBody>(200, "The issuer's tokens.", &[])
        .answers::<OAuthErrorBody>(400, text, &[])
        .answers::<OAuthErrorBody>(401, "`invalid_client`", &[])
        .answers::<OAuthErrorBody>(
            413,
            "`invalid_request`: the form is longer than 16 KiB",
            &[],
        )
        .answers::<OAuthErrorBody>(
            502,
            "`server_error`: the issuer's answer cannot be used",
            &[],
        )
        .answers::<OAuthErrorBody>(503, "`temporarily_unavailable`", &[])
        .without(&[ErrorCode::TryAgain])
        .finish()
}

fn form() -> Value {
    let flag = || json!({"type": "string", "enum": ["true", "false"]});
    let text = |description: &str| json!({"type": "string", "description": description});
    json!({
        "type": "object",
        "required": ["grant_type", "client_id"],
        "properties": {
            "grant_type": {"type": "string", "enum": ["authorization_code", "refresh_token"]},
            "client_id": text("A public client of the OAuth client table."),
            "code": text("Of an authorization_code grant."),
            "redirect_uri": text("The one that the code was sent to."),
            "code_verifier": text("The verifier of the code's challenge (PKCE)."),
            "refresh_token": text("Of a refresh_token grant."),
            "include_user_data": flag(),
            "include_credits": flag(),
        },
    })
}
