//! Where Stripe's API is: at `api.stripe.com` over TLS, or, for tests and the local
//! world, on this machine over plain HTTP. Anything else would be given the key.

use std::str::FromStr;

use outbound::NotThisMachine;

/// The address of Stripe's API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint(pub(crate) outbound::Endpoint);

/// A URL that is not one of this machine.
pub type EndpointError = NotThisMachine;

const STRIPE: &str = "api.stripe.com";

impl Default for Endpoint {
    /// Stripe's own.
    fn default() -> Self {
        Endpoint(outbound::Endpoint::https(STRIPE))
    }
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    /// Parses `http://127.0.0.1:12111`, `http://localhost` or `http://[::1]:12111`, with
    /// or without a slash at the end.
    fn from_str(text: &str) -> Result<Self, EndpointError> {
        Ok(Endpoint(text.parse()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_goes_to_stripe_or_to_this_machine() {
        assert_eq!(Endpoint::default().0.authority(), "api.stripe.com");
        assert!("http://127.0.0.1:12111".parse::<Endpoint>().is_ok());
        for bad in ["https://api.stripe.com", "http://10.0.0.1"] {
            assert_eq!(bad.parse::<Endpoint>(), Err(NotThisMachine), "{bad}");
        }
    }
}
