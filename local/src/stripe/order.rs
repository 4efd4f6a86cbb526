//! The order of delivery. Stripe guarantees none and may send an event twice,
//! so a story can be shuffled and duplicated.

use super::StoryEvent;

/// Shuffles the events; the same seed gives the same order.
pub fn shuffle(mut events: Vec<StoryEvent>, seed: u64) -> Vec<StoryEvent> {
    let mut state = seed;
    for last in (1..events.len()).rev() {
        let bound = u64::try_from(last).unwrap_or(u64::MAX).saturating_add(1);
        // The small bias of the remainder does not matter for a handful of events.
        let chosen = usize::try_from(next(&mut state) % bound).unwrap_or(last);
        events.swap(last, chosen);
    }
    events
}

/// Every event twice, one right after the other.
pub fn duplicate(events: Vec<StoryEvent>) -> Vec<StoryEvent> {
    events
        .into_iter()
        .flat_map(|event| [event.clone(), event])
        .collect()
}

/// The generator SplitMix64: small, and good for any seed.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
