//! Loading an endpoint that a command names.

use shared::domain::{Endpoint, EndpointId};

use crate::context::CommandContext;
use crate::ending::Failure;

/// An endpoint that must be there.
pub(super) async fn known(context: &CommandContext, id: &EndpointId) -> Result<Endpoint, Failure> {
    let found = context.store.load_endpoint(id).await?;
    found.ok_or_else(|| {
        let text = format!("there is no endpoint {id}; `creditsctl endpoint list` names them");
        Failure::Usage(text)
    })
}
