//! Credits follow what stays paid: whatever is bought, changed, given back and
//! bought again, and in whatever order it is heard of.
//!
//! A model of Stripe turns a random history into the events that Stripe would
//! post; they are read from JSON and settled, and what stands is held against
//! an oracle that knows nothing of reader or planner. `HISTORIES=100000` asks
//! for more than the 5,000 histories of every run.

#[cfg(test)]
mod catalogue;
#[cfg(test)]
mod delivery;
#[cfg(test)]
mod exploits;
#[cfg(test)]
mod forgetting;
#[cfg(test)]
mod histories;
#[cfg(test)]
mod ledger;
#[cfg(test)]
mod sentences;
#[cfg(test)]
mod story;
