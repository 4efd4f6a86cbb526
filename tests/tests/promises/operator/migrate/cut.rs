//! A run that is killed, and started again, ends where one clean run ends.

use tests::dump;
use tokio::task::yield_now;

use super::super::ground::Ground;
use super::super::version_0::{Items, all, restore};
use super::{old_world, run, undo_the_newest};

/// Runs a command and drops it after so many turns of everything that runs;
/// gives back how many it took if it ended.
async fn killed_after(ground: &Ground, words: &[&str], turns: usize) -> Option<usize> {
    let counting = async {
        for _ in 0..turns {
            yield_now().await;
        }
    };
    let mut taken = 0;
    let ended = async {
        let running = ground.operator.run(words);
        let mut running = std::pin::pin!(running);
        loop {
            tokio::select! {
                biased;
                said = &mut running => return said,
                () = yield_now() => taken += 1,
            }
        }
    };
    tokio::select! {
        biased;
        _ = ended => {}
        () = counting => return None,
    }
    Some(taken)
}

/// What was on its way when the process was killed arrives or does not.
async fn settle() {
    for _ in 0..500 {
        yield_now().await;
    }
}

async fn check(ground: &Ground, words: &[&str], before: &Items) {
    let client = ground.world.dynamodb.client();
    restore(&client, before).await;
    let turns = killed_after(ground, words, usize::MAX).await.unwrap();
    let clean = dump(&client).await;
    let clean_items = all(&client).await;
    let mut halfway = 0;
    for point in 0..20 {
        restore(&client, before).await;
        // Spread over the run by the golden section, so that no two are alike.
        let at = 1 + (point * 618 + 37) % 1_000 * turns / 1_000;
        let ended = killed_after(ground, words, at).await;
        settle().await;
        let now = all(&client).await;
        halfway += u32::from(now != *before && now != clean_items);
        if ended.is_none() {
            run(ground, words, 0).await;
        }
        assert_eq!(
            dump(&client).await,
            clean,
            "{words:?} killed after {at} of {turns} turns"
        );
    }
    println!("{words:?}: 20 kills within {turns} turns, {halfway} of them halfway");
    assert!(halfway >= 10, "{halfway} of 20 kills were halfway");
}

#[tokio::test]
async fn going_up_and_down_may_be_killed_anywhere() {
    let (ground, before) = old_world().await;
    let client = ground.world.dynamodb.client();
    let up = ["migrate", "up", "--segments", "9"];
    check(&ground, &up, &before).await;
    undo_the_newest(&ground).await;
    let after = all(&client).await;
    check(&ground, &["migrate", "down", "--segments", "9"], &after).await;
    assert_eq!(all(&client).await, before);
}

#[tokio::test]
async fn whoever_ends_it_finds_what_was_committed_and_goes_on() {
    let (ground, before) = old_world().await;
    let mut ground = ground;
    let client = ground.world.dynamodb.client();
    run(&ground, &["migrate", "up"], 0).await;
    let clean = dump(&client).await;
    restore(&client, &before).await;
    let mut interrupted = 0;
    for turns in [2, 5, 8, 11, 14] {
        let stop = ground.operator.stop.clone();
        let ends = async {
            for _ in 0..turns {
                yield_now().await;
            }
            stop.ask();
        };
        let (said, ()) = tokio::join!(ground.operator.run(&["migrate", "up"]), ends);
        assert!([0, 130].contains(&said.code), "{}", said.text);
        interrupted += u32::from(said.code == 130);
        ground.operator.stop = terminal::Stop::new();
    }
    assert!(interrupted >= 3, "{interrupted}");
    run(&ground, &["migrate", "up"], 0).await;
    assert_eq!(dump(&client).await, clean);
}
