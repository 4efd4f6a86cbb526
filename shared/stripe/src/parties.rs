//! The customer, subscription and user of an object. A user id that is invalid is
//! ignored, never believed.

use domain::billing::Parties;
use domain::{StripeId, UserId};

use crate::error::Problem;
use crate::node::Node;

/// The `metadata` key that names the user; only holders of the secret key can set it.
const USER_KEY: &str = "user_id";

/// Customer, subscription and user of an object. `named` are the places that may name
/// the user, the most trustworthy first.
pub(crate) fn parties(
    object: &Node<'_>,
    subscription: Option<StripeId>,
    named: &[Node<'_>],
) -> Result<Parties, Problem> {
    Ok(Parties {
        user: first_user(named)?,
        customer: object.field("customer")?.optional_id()?,
        subscription,
    })
}

/// Where an object's metadata names the user.
pub(crate) fn in_metadata<'a>(object: &Node<'a>) -> Result<Node<'a>, Problem> {
    object.field("metadata")?.field(USER_KEY)
}

/// The first text that is a valid user id. An invalid one names nobody: it must neither
/// be believed nor block a purchase.
fn first_user(named: &[Node<'_>]) -> Result<Option<UserId>, Problem> {
    for place in named.iter().filter(|place| place.is_some()) {
        if let Ok(user) = place.text()?.parse() {
            return Ok(Some(user));
        }
    }
    Ok(None)
}
