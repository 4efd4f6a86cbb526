//! An import in a process of its own that is killed, and started again, leaves
//! the tables as one that ran through.

use std::sync::Arc;

use clap::Parser;
use ops::import::{CostUnit, Import, import};
use shared::host::entropy::SystemEntropy;
use shared::host::environment::Variables;
use terminal::{ConnectionArgs, Progress, Stop};
use tests::{NOW, at, world};

use super::{Process, SameSalts, fixture, tables_of};
use crate::processes::{self, End, URL, points};

const PROCESS: &str = "import::killed::the_process_that_imports";

#[derive(Parser)]
struct Connected {
    #[command(flatten)]
    connection: ConnectionArgs,
}

#[tokio::test]
#[ignore = "is a process that the test below starts and kills"]
async fn the_process_that_imports() {
    let variables = Variables::of_this_process();
    let url = variables.optional(URL).unwrap();
    let line = ["import", "--endpoint-url", url, "--region", "local"];
    let connection = Connected::parse_from(line).connection;
    let store = connection.connect(Arc::new(SystemEntropy)).await.unwrap();
    let (folder, stop) = (fixture("after"), Stop::new());
    let summary = import(Import {
        store: &store,
        from: &folder,
        now: at(NOW),
        entropy: Arc::new(SameSalts),
        stop: &stop,
        dry_run: false,
        report: None,
        force: false,
        cost_unit: CostUnit::Cents,
        cutover: None,
        progress: &|rows| Progress::of("importing", Some(rows)),
    });
    let summary = summary.await.unwrap();
    assert!(summary.is_clean(), "{summary}");
}

#[tokio::test]
async fn an_import_whose_process_is_killed_anywhere_is_completed_by_the_next() {
    let whole = world().await;
    let End::ByItself(said) = processes::run(&whole, PROCESS, usize::MAX).await else {
        panic!("nobody killed it");
    };
    let clean = tables_of(&whole).await;
    let (mut killed, mut halfway) = (0, 0);
    for point in points(said) {
        let world = world().await;
        let at_start = tables_of(&world).await;
        killed += u32::from(processes::run(&world, PROCESS, point).await == End::Killed);
        let left = tables_of(&world).await;
        halfway += u32::from(left != at_start && left != clean);
        let again = Process::on(&world).import(&fixture("after")).await.unwrap();
        assert!(
            again.is_clean(),
            "killed after {point} of {said} requests: {again}"
        );
        let end = tables_of(&world).await;
        assert_eq!(end, clean, "killed after {point} of {said}");
    }
    println!("{killed} of 20 killed within {said} requests, {halfway} halfway");
    assert!(killed >= 15 && halfway >= 10, "{killed}, {halfway}");
}
