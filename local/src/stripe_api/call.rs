//! A request as the local Stripe understands it, once its key and its version
//! are accepted. Sources: <https://docs.stripe.com/api/authentication>,
//! <https://docs.stripe.com/api/versioning>.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::parameters::Parameters;
use super::refusal::Refusal;
use crate::stripe::ApiVersion;

/// Headers by their names in lower case.
pub(super) type Headers = BTreeMap<String, String>;

/// What is asked.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) method: String,
    /// The whole path.
    pub(super) path: String,
    pub(super) version: ApiVersion,
    pub(super) parameters: Parameters,
}

/// The key of a request, which must be one for tests.
pub(super) fn api_key(headers: &Headers) -> Result<String, Refusal> {
    let unauthorized = |text| Refusal::new(401, "invalid_request_error", text);
    let given = headers.get("authorization").map(String::as_str);
    let key = match given.and_then(|given| given.split_once(' ')) {
        Some((scheme, key)) if scheme.eq_ignore_ascii_case("bearer") => key.trim().to_string(),
        Some((scheme, pair)) if scheme.eq_ignore_ascii_case("basic") => user_of(pair),
        _ => {
            let text = "No API key was given: send it as a bearer token, or as the user of basic authentication.";
            return Err(unauthorized(text));
        }
    };
    let rest = ["sk_test_", "rk_test_"]
        .iter()
        .find_map(|start| key.strip_prefix(start));
    match rest {
        Some(rest) if !rest.is_empty() => Ok(key),
        _ => Err(unauthorized(
            "Invalid API key: the local Stripe takes keys that begin with sk_test_ or rk_test_.",
        )),
    }
}

fn user_of(pair: &str) -> String {
    let decoded = STANDARD.decode(pair.trim()).unwrap_or_default();
    let text = String::from_utf8_lossy(&decoded);
    text.split(':').next().unwrap_or_default().to_string()
}

/// The version of a request: the account's default if it names none.
pub(super) fn version(headers: &Headers) -> Result<ApiVersion, Refusal> {
    let Some(named) = headers.get("stripe-version") else {
        return Ok(ApiVersion::default());
    };
    let mut known = ApiVersion::ALL.into_iter();
    known
        .find(|version| version.api_version() == named)
        .ok_or_else(|| {
            let known = ApiVersion::ALL.map(ApiVersion::api_version).join(", ");
            let text = format!("Invalid Stripe API version: the local Stripe knows {known}.");
            Refusal::invalid(text)
        })
}

/// Refuses requests for other accounts.
pub(super) fn check_account(headers: &Headers) -> Result<(), Refusal> {
    if headers.contains_key("stripe-account") {
        let text = "The local Stripe has no connected accounts: leave out Stripe-Account.";
        let refusal = Refusal::new(403, "invalid_request_error", text);
        return Err(refusal.code("account_invalid"));
    }
    Ok(())
}
