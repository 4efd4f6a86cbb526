//! The operator's tool `creditsctl` over the wire: what it says of tables, and
//! what it leaves in them.

mod changes;
mod erase;
mod explain;
mod ground;
mod imported;
mod interleaved;
mod mend;
mod migrate;
mod parked;
mod planted;
mod reconciled;
mod reference;
mod standing;
mod users;
mod verify;
mod version_0;
