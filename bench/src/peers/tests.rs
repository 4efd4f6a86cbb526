//! Tests the peers' sources, and with PEERS=1 also their answers, which takes
//! the network, Node, Python, Postgres and minutes.

use std::fs;
use std::path::{Path, PathBuf};

use local::identity::{TokenIssuer, TokenRequest};
use serde_json::{Value, json};
use shared::host::clock::{Clock, SystemClock};
use shared::host::environment::Variables;

use super::workshop::Workshop;
use super::{Balance, ExpressPg, FUNCTIONS, Identity, functions};

mod http;

/// A workshop in an empty folder of its own.
fn workshop(name: &'static str) -> Workshop {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/bench-peers-tests");
    let folder = target.join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    fs::create_dir_all(folder.join("sources")).unwrap();
    Workshop {
        peer: name,
        sources: folder.join("sources"),
        built: folder.join("built"),
    }
}

#[test]
fn a_tool_that_is_missing_is_named_together_with_what_is_not_measured() {
    let error = Workshop::of("node")
        .version("a-tool-that-nobody-has", "install it")
        .unwrap_err();
    let text = "a-tool-that-nobody-has is not on PATH (install it): the node peer is not measured";
    assert_eq!(error.to_string(), text);
}

#[cfg(unix)]
#[test]
fn a_step_that_fails_says_which() {
    let workshop = workshop("failing-step");
    let mut step = std::process::Command::new("false");
    let error = workshop.step(step.arg("--really")).unwrap_err().to_string();
    assert!(
        error.starts_with("false --really ended with exit status: 1"),
        "{error}"
    );
}

#[test]
fn a_peer_is_built_again_when_a_source_or_a_tool_changed_and_only_then() {
    let workshop = workshop("changing-peer");
    let source = workshop.sources.join("index.js");
    let mut builds = 0;
    let mut build = |text: &str, tool: &str| {
        fs::write(&source, text).unwrap();
        let built = || {
            builds += 1;
            Ok(())
        };
        workshop.build_once(&["index.js"], tool, built).unwrap();
        let copied = fs::read_to_string(workshop.built.join("index.js")).unwrap();
        assert_eq!(copied, text);
        builds
    };
    assert_eq!(build("one", "v20"), 1);
    assert_eq!(build("one", "v20"), 1);
    assert_eq!(build("two", "v20"), 2);
    assert_eq!(build("two", "v22"), 3);
    assert_eq!(build("two", "v22"), 3);
}

#[test]
fn a_build_that_failed_is_tried_again() {
    let workshop = workshop("failing-peer");
    fs::write(workshop.sources.join("index.js"), "one").unwrap();
    let build = |result| workshop.build_once(&["index.js"], "v20", || result);
    assert!(build(Err(workshop.not_measured("no network"))).is_err());
    let mut built = false;
    workshop
        .build_once(&["index.js"], "v20", || {
            built = true;
            Ok(())
        })
        .unwrap();
    assert!(built);
}

#[test]
fn a_peer_is_the_same_everywhere_because_every_package_is_pinned() {
    let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
    let read = |file: &str| fs::read_to_string(peers.join(file)).unwrap();
    for file in ["requirements.txt", "runtime-requirements.txt"] {
        let text = read(&format!("python/{file}"));
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let (_, version) = line
                .split_once("==")
                .unwrap_or_else(|| panic!("{file}: {line}"));
            assert!(version.split('.').count() >= 3, "{file}: {line}");
        }
    }
    for peer in ["node", "express-pg"] {
        let package: Value = serde_json::from_str(&read(&format!("{peer}/package.json"))).unwrap();
        let lock = read(&format!("{peer}/package-lock.json"));
        for group in ["dependencies", "devDependencies"] {
            for (name, version) in package[group].as_object().into_iter().flatten() {
                let version = version.as_str().unwrap();
                assert!(
                    version.starts_with(|first: char| first.is_ascii_digit()),
                    "{name}"
                );
            }
        }
        // Which registry it comes from is the machine's own business.
        assert!(!lock.contains("\"resolved\""), "{peer}");
        assert!(lock.contains("\"integrity\""), "{peer}");
    }
}

#[test]
fn the_major_version_of_node_is_read_from_what_it_says() {
    assert_eq!(functions::major("v20.20.2"), Some(20));
    assert_eq!(functions::major("v8.0.0"), Some(8));
    assert_eq!(functions::major("nodejs"), None);
}

/// 1500.5 free of 2000, 5000 pro of 6000.
fn balance() -> Balance {
    Balance {
        free_remaining_milli: 1_500_500,
        free_allocation_milli: 2_000_000,
        free_used_milli: 499_500,
        pro_remaining_milli: 5_000_000,
        pro_total_milli: 6_000_000,
        pro_used_milli: 1_000_000,
        reset_date: "2099-12-01T00:00:00Z".into(),
    }
}

#[test]
fn the_first_item_of_a_user_is_in_dynamodbs_json() {
    let item = balance().item("u-1");
    assert_eq!(item["pk"], json!({"S": "USER#u-1"}));
    assert_eq!(item["sk"], json!({"S": "BALANCE"}));
    assert_eq!(item["free_used_milli"], json!({"N": "499500"}));
    assert_eq!(item["pro_total_milli"], json!({"N": "6000000"}));
    assert_eq!(item["version"], json!({"N": "1"}));
}

/// Whether anything missing on this machine is a failure.
fn all_of_them() -> bool {
    let asked = Variables::of_this_process().optional("PEERS") == Some("1");
    if !asked {
        println!("not run: set PEERS=1 to build the peers and ask them");
    }
    asked
}

#[test]
fn every_function_is_built_packed_and_left_alone_the_second_time() {
    if !all_of_them() {
        return;
    }
    for peer in &FUNCTIONS {
        let built = peer.build().unwrap();
        let again = peer.build().unwrap();
        println!(
            "{}: {} bytes, {}",
            peer.what, built.zip_bytes, built.versions
        );
        assert!(built.zip_bytes > 100_000, "{}", peer.name);
        assert_eq!(built.zip_bytes, again.zip_bytes, "{}", peer.name);
        assert!(built.folder.is_dir());
        let authority = built.folder.join("authority.pem");
        fs::write(&authority, "an authority").unwrap();
        let environment = built.environment(&authority).unwrap();
        fs::remove_file(&authority).unwrap();
        let roots = fs::read_to_string(PathBuf::from(&environment[0].1)).unwrap();
        assert!(roots.ends_with("\nan authority"), "{}", peer.name);
    }
}

#[test]
fn the_server_reads_charges_repeats_and_refuses_and_ends_with_its_database() {
    if !all_of_them() {
        return;
    }
    let issuer = TokenIssuer::new("https://issuer.invalid".into(), "peers".into()).unwrap();
    let identity = Identity {
        key: issuer.jwks()["keys"][0].clone(),
        issuer: issuer.issuer().to_string(),
        audience: issuer.audience().to_string(),
    };
    let now = SystemClock.now().unix_seconds();
    let token = |request| format!("Bearer {}", issuer.issue(&request, now).unwrap());
    let user = token(TokenRequest::access("u-1", "credits.read", "t-1"));
    let service = token(TokenRequest::client_credentials(
        "s",
        "credits.charge",
        "t-2",
    ));

    let peer = ExpressPg::build().unwrap();
    println!("{}: {} bytes", peer.versions, peer.zip_bytes);
    let running = peer.start(&identity, &["u-1".into()], &balance()).unwrap();
    let read = |token: &str| http::send(&running.base_url, "/api/user/credits", token, None);
    let charge = |key: &str, amount: &str| {
        let body = json!({ "amount": amount }).to_string();
        let sent = Some((key, body.as_str()));
        http::send(&running.base_url, "/api/users/u-1/charges", &service, sent)
    };

    let (status, credits) = read(&user);
    assert_eq!(status, 200, "{credits}");
    assert_eq!(credits["freeCredits"]["remaining"], 1500);
    assert_eq!(credits["freeCredits"]["used"], 500);
    assert_eq!(credits["freeCredits"]["resetDate"], "2099-12-01T00:00:00Z");
    assert_eq!(credits["proCredits"]["purchasedTotal"], 6000);
    assert_eq!(credits["totalAvailable"], 6500);
    assert_eq!(read("Bearer nonsense").0, 401);
    assert_eq!(read(&service).0, 403);

    let first = charge("k-1", "1600.25");
    assert_eq!(first.0, 201, "{}", first.1);
    assert_eq!(first.1["freeUsed"], "1500.5");
    assert_eq!(first.1["proUsed"], "99.75");
    assert_eq!(charge("k-1", "1600.25"), (200, first.1));
    assert_eq!(charge("k-2", "4900.251").0, 402);
    assert_eq!(charge("k-3", "4900.25").0, 201);
    assert_eq!(read(&user).1["totalAvailable"], 0);

    let processes = running.processes();
    drop(running);
    for process in processes {
        assert!(!Path::new("/proc").join(process.to_string()).exists());
    }
}
