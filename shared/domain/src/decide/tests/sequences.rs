//! Suite: random sequences of commands, each given to the rules and to an
//! independent model of them, with everything compared after each command.
//!
//! A failure names its seed and a minimal list of commands that still fails.

use super::super::super::{Action, Timestamp};
use super::model::{Calendar, DAY};
use super::script::Script;
use super::world::World;

type Played = Vec<(Action, Timestamp)>;

/// Runs one sequence; on a difference, returns it with the commands that led to it.
fn play(seed: u64, calendar: &Calendar) -> Result<(u64, u64), (String, Played)> {
    let mut script = Script::new(seed);
    let mut world = World::new(calendar);
    let mut played = Vec::new();
    for _ in 0..100 + script.random.upto(300) {
        let (action, now) = script.next(&world);
        played.push((action.clone(), now));
        let ahead = script.random.upto(90 * DAY);
        let looks = script.random.percent(6);
        let result = world.step(&action, now).and_then(|()| {
            if looks && world.account.version > 0 {
                return world.look(world.account.as_of.plus_seconds(ahead));
            }
            Ok(())
        });
        if let Err(difference) = result {
            return Err((difference, played));
        }
    }
    Ok((world.steps, world.accepted))
}

fn replay(played: &Played, calendar: &Calendar) -> Option<String> {
    let mut world = World::new(calendar);
    let steps = played.iter().try_for_each(|(action, now)| {
        world.step(action, *now)?;
        match world.account.version {
            0 => Ok(()),
            _ => world.look(world.account.as_of.plus_seconds(45 * DAY)),
        }
    });
    steps.err()
}

/// Removes every command without which the sequence still fails.
fn shortened(mut played: Played, calendar: &Calendar) -> (Option<String>, Played) {
    let mut width = played.len() / 2;
    while width > 0 {
        let mut start = 0;
        while start < played.len() {
            let mut fewer = played.clone();
            fewer.drain(start..(start + width).min(played.len()));
            if replay(&fewer, calendar).is_some() {
                played = fewer;
            } else {
                start += width;
            }
        }
        width /= 2;
    }
    (replay(&played, calendar), played)
}

/// Runs `count` sequences from seed `first` on.
fn check(first: u64, count: u64) {
    let calendar = Calendar::walked();
    let (mut steps, mut accepted) = (0, 0);
    for seed in first..first + count {
        match play(seed, &calendar) {
            Ok((of_this, accepted_of_this)) => {
                steps += of_this;
                accepted += accepted_of_this;
            }
            Err((difference, played)) => {
                let (shorter, fewest) = shortened(played, &calendar);
                for (action, now) in &fewest {
                    println!("{now} {action:?}");
                }
                let difference = shorter.unwrap_or(difference);
                panic!("seed {seed}, {} commands: {difference}", fewest.len());
            }
        }
    }
    println!("{steps} commands compared in {count} sequences, {accepted} of them accepted");
    assert!(
        accepted * 2 > steps,
        "most commands must get past a refusal"
    );
}

#[test]
fn the_rules_agree_with_the_model_over_random_sequences() {
    check(1, 415);
}

#[test]
fn the_rules_agree_with_the_model_over_as_many_other_sequences() {
    check(5001, 415);
}
