//! The operator's tool `creditsctl` over the wire: what it says of tables, and
//! what it leaves in them.

mod explain;
mod ground;
mod planted;
mod verify;
