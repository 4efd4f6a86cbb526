//! `creditsctl import` as an operator runs it, over the wire: what it prints,
//! how it ends, and that what it leaves stands up to `verify`.

use ops::import::Source;
use tests::{NOW, Operator, Tables, world};

use super::export::Export;
use super::{fixture, old_user, scratch, tables_of};
use crate::wire::expose;

fn path_of(folder: &std::path::Path) -> &str {
    folder.to_str().unwrap()
}

#[tokio::test]
async fn imported_accounts_pass_verify_and_can_be_explained() {
    let world = world().await;
    let (url, _stop) = expose(&world).await;
    let operator = Operator::at(&url, NOW);
    let folder = fixture("after");
    let report = scratch("report").join("report.csv");
    let words = [
        "import",
        "--from",
        path_of(&folder),
        "--report",
        path_of(&report),
    ];
    let said = operator.run(&words).await;
    assert_eq!(said.code, 0, "{}", said.text);
    let last = "no difference between source and target\n";
    assert!(said.text.ends_with(last), "{}", said.text);
    assert!(said.text.contains("users.password_hash"), "{}", said.text);
    let report = std::fs::read_to_string(report).unwrap();
    let header = "table,line,id,user_id,verdict,why";
    assert_eq!(report.lines().next(), Some(header));

    let said = operator.run(&["verify", "--all"]).await;
    assert_eq!(said.code, 0, "{}", said.text);
    let said = operator.run(&["explain", "--user", &old_user(1)]).await;
    assert_eq!(said.code, 0, "{}", said.text);

    let said = operator
        .run(&["import", "--from", path_of(&folder), "--json"])
        .await;
    assert_eq!(said.code, 0, "{}", said.text);
    let [summary] = &said.json()[..] else {
        panic!("{}", said.text);
    };
    assert_eq!(summary["is_clean"], true);
    assert_eq!(summary["rows"]["credits"]["source"], 22);
    assert_eq!(summary["rows"]["credits"]["written"], 0);
    assert_eq!(summary["sums"]["credits_used"]["difference"], "0");
}

#[tokio::test]
async fn it_ends_as_scripts_expect() {
    let world = world().await;
    let (url, _stop) = expose(&world).await;
    let operator = Operator::at(&url, NOW);
    let run = async |words: &[&str]| operator.run(words).await.code;
    assert_eq!(run(&["import"]).await, 2);
    let nowhere = scratch("nowhere");
    assert_eq!(run(&["import", "--from", path_of(&nowhere)]).await, 2);

    let refused = Export::default().line(Source::UsageHistory, ",2025-10-01 00:00:00,u1,5");
    let refused = refused.write();
    for more in [&["--dry-run"][..], &[]] {
        let words = [&["import", "--from", path_of(&refused)], more].concat();
        assert_eq!(run(&words).await, 3, "{more:?}");
    }
    let report = nowhere.join("no/folder/report.csv");
    let good = Export::default().user(1, "one@old.example").write();
    let words = [
        "import",
        "--from",
        path_of(&good),
        "--report",
        path_of(&report),
    ];
    assert_eq!(run(&words).await, 1);

    let before: Tables = tables_of(&world).await;
    operator.stop.ask();
    assert_eq!(run(&["import", "--from", path_of(&good)]).await, 130);
    assert_eq!(tables_of(&world).await, before);
}

#[tokio::test]
async fn tables_that_cannot_be_reached_end_it_with_1() {
    let good = Export::default().user(1, "one@old.example").write();
    let operator = Operator::at("http://127.0.0.1:1", NOW);
    let said = operator.run(&["import", "--from", path_of(&good)]).await;
    assert_eq!((said.code, said.text.as_str()), (1, ""));
}

#[tokio::test]
async fn a_report_replaces_a_report_and_no_other_file_unless_it_is_forced() {
    let world = world().await;
    let (url, _stop) = expose(&world).await;
    let operator = Operator::at(&url, NOW);
    let export = Export::default().user(1, "one@old.example").write();
    let before: Tables = tables_of(&world).await;
    let users = export.join("users.csv");
    let kept = std::fs::read(&users).unwrap();
    let import = async |report: &std::path::Path, more: &[&str]| {
        let (from, report) = (path_of(&export), path_of(report));
        let words = ["import", "--from", from, "--report", report];
        let words: Vec<&str> = words.iter().chain(more).copied().collect();
        operator.run(&words).await.code
    };
    for more in [&["--dry-run"][..], &[]] {
        assert_eq!(import(&users, more).await, 1, "{more:?}");
        assert_eq!(std::fs::read(&users).unwrap(), kept, "{more:?}");
    }
    assert_eq!(tables_of(&world).await, before, "something was imported");
    let folder = scratch("reports");
    for name in ["report.csv", "report.jsonl"] {
        let report = folder.join(name);
        for round in 0..3 {
            assert_eq!(import(&report, &["--dry-run"]).await, 0, "{name} {round}");
        }
        std::fs::write(&report, "a letter\n").unwrap();
        assert_eq!(import(&report, &["--dry-run"]).await, 1, "{name}");
        assert_eq!(
            import(&report, &["--dry-run", "--force"]).await,
            0,
            "{name}"
        );
    }
}
