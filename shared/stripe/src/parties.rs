//! Who an object says it belongs to.

use domain::billing::Parties;
use domain::{StripeId, UserId};

use crate::error::Problem;
use crate::node::Node;

/// The key in `metadata` under which whoever holds the secret key names the user.
const USER_KEY: &str = "user_id";

/// Customer, subscription and user of an object. `named` are the places that
/// may name the user, the most trustworthy first.
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

/// Where the metadata of an object name the user.
pub(crate) fn in_metadata<'a>(object: &Node<'a>) -> Result<Node<'a>, Problem> {
    object.field("metadata")?.field(USER_KEY)
}

/// The first text that can be a user's id. One that cannot names nobody: it
/// must neither be believed nor hold up a purchase.
fn first_user(named: &[Node<'_>]) -> Result<Option<UserId>, Problem> {
    for place in named.iter().filter(|place| place.is_some()) {
        if let Ok(user) = place.text()?.parse() {
            return Ok(Some(user));
        }
    }
    Ok(None)
}
