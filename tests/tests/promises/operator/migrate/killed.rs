//! `creditsctl` as a process that is killed, and started again, leaves the
//! tables as one clean run does.

use shared::host::environment::Variables;
use tests::{Operator, dump};

use super::super::ground::LATER;
use super::super::version_0::{all, restore};
use super::{old_world, run, undo_the_newest};
use crate::processes::{self, End, URL, points};

const UP: [&str; 4] = ["migrate", "up", "--segments", "3"];
const DOWN: [&str; 4] = ["migrate", "down", "--segments", "3"];

async fn run_here(words: &[&str]) {
    let variables = Variables::of_this_process();
    let operator = Operator::at(variables.optional(URL).unwrap(), LATER);
    let said = operator.run(words).await;
    assert_eq!(said.code, 0, "{}", said.text);
}

#[tokio::test]
#[ignore = "is a process that the test below starts and kills"]
async fn the_process_that_goes_up() {
    run_here(&UP).await;
}

#[tokio::test]
#[ignore = "is a process that the test below starts and kills"]
async fn the_process_that_goes_down() {
    run_here(&DOWN).await;
}

#[tokio::test]
async fn a_process_that_goes_up_or_down_may_be_killed_anywhere() {
    let (ground, before) = old_world().await;
    let client = ground.world.dynamodb.client();
    let mut before = before;
    for (way, words) in [("up", UP), ("down", DOWN)] {
        let test = format!("operator::migrate::killed::the_process_that_goes_{way}");
        let End::ByItself(said) = processes::run(&ground.world, &test, usize::MAX).await else {
            panic!("nobody killed it");
        };
        let (clean, clean_items) = (dump(&client).await, all(&client).await);
        let (mut killed, mut halfway) = (0, 0);
        for point in points(said) {
            restore(&client, &before).await;
            killed += u32::from(processes::run(&ground.world, &test, point).await == End::Killed);
            let now = all(&client).await;
            halfway += u32::from(now != before && now != clean_items);
            run(&ground, &words, 0).await;
            let end = dump(&client).await;
            assert_eq!(end, clean, "going {way}, killed after {point} of {said}");
        }
        println!("{way}: {killed} of 20 killed within {said} requests, {halfway} halfway");
        assert!(killed >= 15 && halfway >= 10, "{killed}, {halfway}");
        if way == "up" {
            undo_the_newest(&ground).await;
            before = all(&client).await;
        }
    }
}
