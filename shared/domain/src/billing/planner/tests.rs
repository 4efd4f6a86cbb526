//! What events do, as sentences; each story is told in every order.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "an overflow in a test is a failed test"
)]

mod drains;
mod entries;
mod exploits;
mod facts;
mod harness;
mod imported;
mod invoices;
mod lines;
mod money;
mod operator;
mod owners;
mod pack_returns;
mod packs;
mod repeats;
mod trials;
mod ways_out;
