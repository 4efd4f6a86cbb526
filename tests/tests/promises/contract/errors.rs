//! Every error is described as it is answered: code, status, fields and headers.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use shared::domain::Credits;
use shared::http::openapi::ErrorCode;
use shared::http::{Allowance, ApiError, Portal};

use super::{check_body, generated};
use tests::{NOW, at};

/// The code in the API's list.
fn listed(error: &ApiError) -> ErrorCode {
    let mut codes = ErrorCode::ALL.iter();
    let code = codes.find(|code| code.as_str() == error.code());
    *code.unwrap_or_else(|| panic!("{} is not listed", error.code()))
}

fn errors() -> Vec<ApiError> {
    let (required, available) = (Credits::from_milli(1500), Credits::from_milli(250));
    let allowance = Allowance {
        limit: 60,
        remaining: 0,
        resets_in_seconds: 30,
    };
    let url = Some("https://app.example.com/renew".to_string());
    let problems = [("amount".to_string(), "is required".to_string())];
    let expired = |renew_url| ApiError::SubscriptionExpired {
        required,
        available,
        renew_url,
    };
    vec![
        ApiError::InvalidRequest("a"),
        ApiError::Unreadable("a".into()),
        ApiError::TooLarge { limit: 1 },
        ApiError::ValidationFailed(problems.clone().into()),
        ApiError::InvalidQuery(problems.into()),
        ApiError::RepeatedMember { path: "a".into() },
        ApiError::InsufficientCredits {
            required,
            available,
        },
        expired(None),
        expired(url),
        ApiError::UserInactive,
        ApiError::WrongCaller("a"),
        ApiError::InsufficientScope { needed: "a".into() },
        ApiError::HoldNotOpen,
        ApiError::TooManyHolds { limit: 1 },
        ApiError::AlreadySubscribed { portal: None },
        ApiError::AlreadySubscribed {
            portal: Some(Portal {
                url: "https://billing.stripe.com/p/session/x".to_string().into(),
                expires_at: at(NOW),
            }),
        },
        ApiError::NothingBought,
        ApiError::IdempotencyKeyReused,
        ApiError::RangeTooLarge("a"),
        ApiError::Unauthorized("a"),
        ApiError::NotFound,
        ApiError::RateLimited(allowance),
        ApiError::Internal("a".into()),
        ApiError::Damaged("a".into()),
        ApiError::TryAgain("a".into()),
    ]
}

#[test]
fn every_error_is_answered_as_it_is_described() {
    let document = generated(openapi::API).value;
    let mut seen = BTreeSet::new();
    for error in errors() {
        let failure = listed(&error);
        seen.insert(failure);
        let (status, code) = (failure.status(), failure.as_str());
        let response = error.to_response("id");
        assert_eq!((response.status_code(), error.code()), (status, code));
        let body: Value = serde_json::from_str(response.body()).unwrap();
        let name = failure.schema_name();
        let schema = json!({"$ref": format!("#/components/schemas/{name}")});
        check_body(&document, &schema, &body, code);
        let known = document["components"]["schemas"][&name]["properties"]
            .as_object()
            .unwrap();
        for field in body.as_object().unwrap().keys() {
            assert!(
                known.contains_key(field),
                "{code}: {field} is not described"
            );
        }
    }
    assert_eq!(
        seen.len(),
        ErrorCode::ALL.len(),
        "give every error a sample here"
    );
}

#[test]
fn every_code_is_an_error_of_some_route() {
    let document = generated(openapi::API).value;
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for failure in ErrorCode::ALL {
        let name = failure.schema_name();
        assert!(schemas.contains_key(&name), "no route answers {name}");
    }
}
