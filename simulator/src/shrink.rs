//! Shrinking: the shortest story that still fails the same way.

use crate::clients::Failure;
use crate::plan::{Burst, Plan};
use crate::run::run_plan;

/// So many attempts at most.
const MOST_TRIES: u32 = 2_000;

/// A shorter plan that breaks the same promise: the shortest that is found before it is
/// stopped.
pub fn shrunk(plan: &Plan, failure: &Failure, is_stopped: &dyn Fn() -> bool) -> (Plan, Failure) {
    let mut shortest = (plan.clone(), failure.clone());
    let mut tries = 0;
    let mut chunk = plan.steps().max(1);
    while chunk > 0 && tries < MOST_TRIES && !is_stopped() {
        let mut from = 0;
        let mut is_shorter = false;
        while from < shortest.0.steps() && tries < MOST_TRIES && !is_stopped() {
            let candidate = without(&shortest.0, from, chunk);
            tries += 1;
            match fails_alike(&candidate, failure) {
                Some(found) => {
                    shortest = (candidate, found);
                    is_shorter = true;
                }
                None => from = from.saturating_add(chunk),
            }
        }
        if !is_shorter || chunk > 1 {
            chunk /= 2;
        }
    }
    for number in (0..shortest.0.history.steps.len()).rev() {
        if is_stopped() {
            break;
        }
        let mut candidate = shortest.0.clone();
        candidate.history.steps.remove(number);
        if let Some(found) = fails_alike(&candidate, failure) {
            shortest = (candidate, found);
        }
    }
    shortest
}

fn fails_alike(plan: &Plan, failure: &Failure) -> Option<Failure> {
    match (run_plan(plan), failure) {
        (Err(Failure::Broken(found)), Failure::Broken(wanted))
            if found.promise == wanted.promise =>
        {
            Some(Failure::Broken(found))
        }
        _ => None,
    }
}

/// The same without some steps. Waits stay, so that what remains meets the same time.
fn without(plan: &Plan, from: usize, count: usize) -> Plan {
    let mut place = 0_usize;
    let mut bursts: Vec<Burst> = Vec::new();
    let mut waited = 0_i64;
    for burst in &plan.bursts {
        let mut left = burst.clone();
        left.steps.retain(|_| {
            let is_out = (from..from.saturating_add(count)).contains(&place);
            place = place.saturating_add(1);
            !is_out
        });
        waited = waited.saturating_add(burst.wait_s);
        if !left.steps.is_empty() {
            left.wait_s = waited;
            waited = 0;
            bursts.push(left);
        }
    }
    Plan {
        bursts,
        ..plan.clone()
    }
}
