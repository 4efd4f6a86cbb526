//! The operator's tool `creditsctl` over the wire: what it says of tables, and
//! what it leaves in them.

mod cards;
mod changes;
mod erase;
mod explain;
pub(crate) mod ground;
mod imported;
mod interleaved;
mod mend;
mod migrate;
mod parked;
mod planted;
mod proposed;
mod reconciled;
mod reference;
mod replayed;
mod standing;
mod users;
mod verify;
mod version_0;
