//! Ledger entries in words: what `creditsctl explain` prints and the local world's page
//! shows. It reads nothing and computes no balance.

mod entry;
mod posting;

pub use entry::{EntryLine, PostingLine};
pub use posting::in_words;
