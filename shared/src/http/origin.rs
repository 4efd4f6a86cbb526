//! The origin header: behind an edge, only calls that came through it are answered.
//!
//! CloudFront adds a secret as `x-origin-verify`. The settings hold digests of the
//! values that are accepted, two while one replaces the other, so neither settings nor
//! logs have the secret. Without digests every call is let in.

use sha2::{Digest, Sha256};

use super::Event;
use crate::host::environment::{VariableError, Variables};

/// The variable with the digests, in hexadecimal digits, separated by a comma.
const DIGESTS: &str = "ORIGIN_DIGESTS";

/// The header that the edge adds.
const HEADER: &str = "x-origin-verify";

/// Which calls came through the edge.
#[derive(Clone, Debug, Default)]
pub struct Origin(Vec<[u8; 32]>);

impl Origin {
    /// Reads the digests; none if the variable is absent.
    pub fn read(variables: &Variables) -> Result<Self, VariableError> {
        let listed = variables.optional(DIGESTS).into_iter();
        let digests = listed.flat_map(|text| text.split(',')).map(|text| {
            let mut digest = [0; 32];
            match hex::decode_to_slice(text, &mut digest) {
                Ok(()) => Ok(digest),
                Err(_) => Err(VariableError::Unusable {
                    name: DIGESTS,
                    problem: "must be SHA-256 digests in hexadecimal digits".to_string(),
                }),
            }
        });
        Ok(Origin(digests.collect::<Result<_, _>>()?))
    }

    /// The event as it came, or without its route: then it is answered 404, as the
    /// gateway answers a route that nobody has.
    pub fn checked(&self, event: Event) -> Event {
        let is_digest_of = |value: &str| self.0.contains(&Sha256::digest(value).into());
        if self.0.is_empty() || event.header(HEADER).is_some_and(is_digest_of) {
            event
        } else {
            event.without_route()
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn origin(digests: &str) -> Result<Origin, VariableError> {
        let variable = (DIGESTS.to_string(), digests.to_string());
        Origin::read(&[variable].into_iter().collect())
    }

    fn route(origin: &Origin, headers: serde_json::Value) -> String {
        let event = json!({"routeKey": "GET /x", "headers": headers});
        let event = serde_json::from_value(event).unwrap();
        origin.checked(event).route_key().to_string()
    }

    fn digest(value: &str) -> String {
        hex::encode(Sha256::digest(value))
    }

    #[test]
    fn without_digests_every_call_is_let_in() {
        let origin = origin("").unwrap();
        assert_eq!(route(&origin, json!({})), "GET /x");
        assert_eq!(route(&origin, json!({"x-origin-verify": "any"})), "GET /x");
    }

    #[test]
    fn a_call_beside_the_edge_has_no_route() {
        let origin = origin(&format!("{},{}", digest("new"), digest("old"))).unwrap();
        for value in ["new", "old"] {
            assert_eq!(route(&origin, json!({"x-origin-verify": value})), "GET /x");
            assert_eq!(route(&origin, json!({"X-Origin-Verify": value})), "GET /x");
        }
        for headers in [
            json!({}),
            json!(null),
            json!({"x-origin-verify": ""}),
            json!({"x-origin-verify": "neither"}),
            json!({"x-origin-verify": "new,new"}),
            json!({"x-origin-verify": digest("new")}),
            json!({"authorization": "new"}),
        ] {
            assert_eq!(route(&origin, headers.clone()), "", "{headers}");
        }
    }

    #[test]
    fn a_function_with_half_a_digest_does_not_start() {
        for digests in ["0", &digest("a")[1..], "secret", ","] {
            let error = origin(digests).unwrap_err().to_string();
            assert!(error.starts_with("ORIGIN_DIGESTS must be"), "{error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
