//! The simulator: whole lives of users on the real handlers and tables, with every fault
//! and every order of requests that a seed draws, in virtual time.
//!
//! Machines, clients, Stripe and operators are tasks on one thread. Each request to a
//! table takes a drawn time on its way there and back, so tasks meet in every order;
//! on the way requests are lost, refused or doubled, and machines are killed. The same
//! seed gives the same run.

mod alerts;
mod book;
mod checks;
mod clients;
mod demands;
mod faults;
mod fleet;
mod money;
mod network;
mod plan;
mod random;
mod receivers;
mod refusals;
mod requests;
mod rules;
mod run;
mod shrink;
mod small_world;
mod time;
mod wire;

pub use book::Violation;
pub use checks::to_come;
pub use clients::Failure;
pub use money::{prices, unlike};
pub use plan::{Act, Burst, Plan, Step};
pub use run::{Report, plan_of, run_plan, run_plan_at};
pub use shrink::shrunk;
pub use small_world::{Explored, Explorer, SmallAct, SmallWorld, small_worlds};
