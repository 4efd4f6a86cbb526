//! Who may say something: the functions and what they share speak through the
//! log, which is written in one place.

use crate::architecture::{all_sources, check};

#[test]
fn functions_say_nothing_but_through_the_log() {
    let loud = [
        "println!(",
        "eprintln!(",
        "print!(",
        "eprint!(",
        "stdout()",
        "stderr()",
        "dbg!(",
    ];
    let mut findings = Vec::new();
    for source in all_sources() {
        let path = &source.path;
        let speaks_through_the_log =
            path.starts_with("shared/src") || path.starts_with("functions/");
        let is_sink = path == "shared/src/host/sink.rs";
        if !speaks_through_the_log || is_sink || path.contains("/tests") {
            continue;
        }
        for (number, line) in source.code() {
            for call in loud.iter().filter(|call| line.contains(**call)) {
                findings.push(format!("{path}:{number}: {call} take the function's Log"));
            }
        }
    }
    check(findings);
}
