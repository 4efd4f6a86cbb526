//! Tables kept in a folder: they are there again the next time. What stands in
//! the way of a start is reported in one clear line.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use local::{Server, WorldOptions};
use shared::host::clock::Clock;
use tests::{Served, at, dump, frozen};

/// A folder of this test alone, gone when the test is over.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("credits-api-tests-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        Folder(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Nothing depends on it: the system empties its temporary folder itself.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn kept_in(folder: &Path) -> WorldOptions {
    WorldOptions {
        data: Some(folder.to_path_buf()),
        ..frozen()
    }
}

#[tokio::test]
async fn a_world_that_keeps_its_tables_finds_them_again() {
    let folder = Folder::new();
    let data = folder.0.join("made/when/missing");
    let served = Served::start_with(kept_in(&data)).await;
    let first = served.credits("free-user").await;
    let before = dump(&served.world.dynamodb.client()).await;
    served.end().await;

    let served = Served::start_with(kept_in(&data)).await;
    assert_eq!(dump(&served.world.dynamodb.client()).await, before);
    assert!(served.world.seed_report.to_string().contains("unchanged"));
    assert!(!served.world.seed_report.to_string().contains("created"));
    let again = served.credits("free-user").await;
    assert_eq!(again.text, first.text);
    // The counter of the running minute was kept as well.
    assert_eq!(again.header("ratelimit-remaining"), "58");
    served.end().await;
}

#[tokio::test]
async fn a_clock_that_was_moved_is_kept_beside_the_tables() {
    let folder = Folder::new();
    let options = |now: Option<&str>| WorldOptions {
        data: Some(folder.0.clone()),
        now: now.map(at),
        ..WorldOptions::default()
    };
    let served = Served::start_with(options(Some("2026-01-05T00:00:00Z"))).await;
    let body = serde_json::json!({"advance": "P2M", "frozen": true});
    let moved = served.post("/_local/clock", &body).await;
    assert_eq!(moved.status, 200, "{}", moved.text);
    let stands = served.world.clock.now();
    assert!(stands >= at("2026-03-05T00:00:00Z"));
    served.end().await;

    let served = Served::start_with(options(None)).await;
    assert_eq!(served.world.clock.now(), stands);
    assert!(served.world.clock.is_frozen());
    let body = serde_json::json!({"frozen": false});
    served.post("/_local/clock", &body).await;
    served.end().await;

    let served = Served::start_with(options(None)).await;
    assert!(!served.world.clock.is_frozen());
    let late = served.world.clock.now();
    assert!(
        late >= stands && late < stands.plus_seconds(3_600),
        "{late}"
    );
    served.end().await;

    let asked = "2027-01-01T00:00:00Z";
    let served = Served::start_with(options(Some(asked))).await;
    assert!(
        served.world.clock.now() >= at(asked),
        "it is asked for another"
    );
    served.end().await;
}

#[tokio::test]
async fn a_world_in_memory_forgets() {
    let served = Served::start().await;
    served.credits("free-user").await;
    served.end().await;
    let served = Served::start().await;
    assert_eq!(
        served
            .credits("free-user")
            .await
            .header("ratelimit-remaining"),
        "59"
    );
}

/// A start that is refused with one line that begins and ends so.
async fn check(options: &WorldOptions, begins: &str, ends: &str) {
    let Err(refused) = Server::bind(0, options).await else {
        panic!("it started, expected: {begins} … {ends}");
    };
    let line = refused.to_string();
    assert!(!line.contains('\n'), "{line}");
    assert!(line.starts_with(begins) && line.ends_with(ends), "{line}");
}

#[tokio::test]
async fn a_folder_that_cannot_be_used_is_named_with_what_to_do() {
    let folder = Folder::new();
    let file = folder.0.join("file");
    std::fs::write(&file, "a file where the folder should be").unwrap();
    let begins = format!("cannot keep data in {} (", file.display());
    check(
        &kept_in(&file),
        &begins,
        "): name a folder you may write to",
    )
    .await;
    let below = file.join("folder");
    let begins = format!("cannot keep data in {} (", below.display());
    check(
        &kept_in(&below),
        &begins,
        "): name a folder you may write to",
    )
    .await;

    std::fs::write(
        folder.0.join("dynamodb.sqlite"),
        "no database at all".repeat(99),
    )
    .unwrap();
    let begins = format!(
        "cannot open {} (",
        folder.0.join("dynamodb.sqlite").display()
    );
    check(
        &kept_in(&folder.0),
        &begins,
        "): move it away to start with empty tables",
    )
    .await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_folder_without_permission_is_named_with_what_to_do() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let closed = folder.0.join("closed");
    std::fs::create_dir(&closed).unwrap();
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o500)).unwrap();
    if std::fs::write(closed.join("probe"), "").is_ok() {
        // The superuser may write everywhere; nothing can be seen from there.
        return;
    }
    let begins = format!("cannot open {} (", closed.join("dynamodb.sqlite").display());
    check(
        &kept_in(&closed),
        &begins,
        "): move it away to start with empty tables",
    )
    .await;
}

#[tokio::test]
async fn a_busy_port_is_named_with_the_way_out() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let refused = Server::bind(port, &frozen())
        .await
        .err()
        .unwrap()
        .to_string();
    assert!(
        refused.starts_with(&format!("port {port} cannot be used (")),
        "{refused}"
    );
    let way_out = "stop what uses it or choose another with --port";
    assert!(
        refused.ends_with(way_out) && !refused.contains('\n'),
        "{refused}"
    );
}

#[tokio::test]
async fn a_template_that_cannot_be_followed_is_reported_with_its_place() {
    let folder = Folder::new();
    let template = folder.0.join("template.yaml");
    let with = |template: PathBuf| WorldOptions {
        template,
        ..frozen()
    };
    check(
        &with(folder.0.join("none.yaml")),
        &folder.0.display().to_string(),
        "check the path",
    )
    .await;
    for broken in [
        "",
        "Resources: [",
        "a: b: c",
        "Resources: {}",
        "- a list",
        "\u{0}",
    ] {
        std::fs::write(&template, broken).unwrap();
        check(&with(template.clone()), &template.display().to_string(), "").await;
    }
}
