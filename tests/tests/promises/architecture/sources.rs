//! Rules about the text of sources: where a banned call may stand, no floats
//! and no casts near money, files that fit a head.

use super::{Source, all_sources, check, root, sources};

/// The banned calls of clippy.toml, as they would stand in a source: the last
/// two parts of the path and the opening parenthesis.
fn banned_calls() -> Vec<(String, String)> {
    let text = std::fs::read_to_string(root().join("clippy.toml")).unwrap();
    let rules: toml::Table = text.parse().unwrap();
    let methods = rules["disallowed-methods"].as_array().unwrap();
    let calls = methods.iter().map(|rule| {
        let parts: Vec<&str> = rule["path"].as_str().unwrap().rsplitn(3, "::").collect();
        let reason = rule["reason"].as_str().unwrap().to_string();
        (format!("{}::{}(", parts[1], parts[0]), reason)
    });
    calls.collect()
}

/// The files in which one of them may stand. A client stands alone and has one of its own.
const HOST_FILES: [&str; 4] = [
    "clients/rust/src/machine.rs",
    "shared/src/host/clock.rs",
    "shared/src/host/entropy.rs",
    "shared/src/host/environment.rs",
];

#[test]
fn the_machine_is_asked_for_time_randomness_and_variables_in_one_file_each() {
    let banned = banned_calls();
    assert!(banned.len() >= 10, "{banned:?}");
    let mut findings = Vec::new();
    for source in all_sources() {
        if HOST_FILES.contains(&source.path.as_str()) {
            continue;
        }
        for (number, line) in source.code() {
            for (call, reason) in banned.iter().filter(|(call, _)| line.contains(call)) {
                findings.push(format!("{}:{number}: {call}…): {reason}", source.path));
            }
            // The lint must not be switched off anywhere else either.
            if line.contains(concat!("clippy::disallowed_", "methods")) {
                let path = &source.path;
                findings.push(format!(
                    "{path}:{number}: the lint stays on outside {HOST_FILES:?}"
                ));
            }
        }
    }
    check(findings);
}

#[test]
fn every_banned_call_has_its_host_file() {
    let host: String = sources(&root().join("shared/src/host"))
        .into_iter()
        .map(|source| source.text)
        .collect();
    for call in ["Utc::now", "Instant::now", "Uuid::new_v4", "env::vars_os"] {
        let calls = host.matches(&format!("{call}(")).count();
        assert_eq!(calls, 1, "{call} is called in one place");
    }
}

/// What has no place in the domain, and what to do instead.
fn banned_in_domain() -> Vec<(String, &'static str)> {
    let mut banned = Vec::new();
    let numbers = [
        "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize",
    ];
    for number in numbers.iter().chain(&["f32", "f64", "char"]) {
        banned.push((
            format!(" as {number}"),
            "use From, TryFrom or a method that says what happens",
        ));
    }
    for float in ["f32", "f64"] {
        banned.push((
            float.to_string(),
            "credits are integers of milli-credits: use Credits",
        ));
    }
    for word in [
        "async ",
        ".await",
        "Utc::now",
        "SystemTime",
        "unsafe ",
        "println!",
        "static mut",
    ] {
        banned.push((
            word.to_string(),
            "domain is pure: take the value as an argument",
        ));
    }
    banned
}

/// Whether a word stands in a line as a word of its own.
fn names(line: &str, word: &str) -> bool {
    let part = |letter: Option<char>| {
        letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_')
    };
    line.match_indices(word).any(|(at, _)| {
        let starts_inside =
            word.starts_with(char::is_alphanumeric) && part(line[..at].chars().next_back());
        let ends_inside =
            word.ends_with(char::is_alphanumeric) && part(line[at + word.len()..].chars().next());
        !starts_inside && !ends_inside
    })
}

/// The lines that are compiled into the product. The domain's own tests may
/// print and wait as they like.
fn outside_tests(source: &Source) -> impl Iterator<Item = (usize, &str)> {
    let path = &source.path;
    let is_test =
        path.contains("/tests/") || path.ends_with("/tests.rs") || path.ends_with("/fixtures.rs");
    let lines = source.code().take_while(|(_, line)| *line != "mod tests {");
    lines.filter(move |_| !is_test)
}

#[test]
fn the_domain_has_no_floats_no_casts_no_waiting_and_no_clock() {
    let banned = banned_in_domain();
    let mut findings = Vec::new();
    for source in sources(&root().join("shared/domain/src")) {
        for (number, line) in outside_tests(&source) {
            for (word, instead) in banned.iter().filter(|(word, _)| names(line, word)) {
                let (path, word) = (&source.path, word.trim());
                findings.push(format!("{path}:{number}: {word:?} in domain; {instead}"));
            }
        }
    }
    check(findings);
}

#[test]
fn the_search_for_words_finds_words_and_nothing_else() {
    for (line, word, found) in [
        ("let x = y as u64;", " as u64", true),
        ("use a::Digest as _;", " as u64", false),
        ("let f: f64 = 1.0;", "f64", true),
        ("let buf64 = f641;", "f64", false),
        ("async fn f()", "async ", true),
    ] {
        assert_eq!(names(line, word), found, "{line:?} {word:?}");
    }
}

/// More does not fit a reader's head.
const MAX_FILE: usize = 400;

#[test]
fn files_open_with_what_they_are_for_and_stay_short() {
    let mut findings = Vec::new();
    for source in all_sources() {
        let Source { path, text } = &source;
        let lines = text.lines().count();
        if lines > MAX_FILE {
            findings.push(format!(
                "{path} has {lines} lines: split it by what it is for, at most {MAX_FILE}"
            ));
        }
        if !text.starts_with("//! ") {
            findings.push(format!(
                "{path} opens without //!: say in two to five lines what it is for"
            ));
        }
    }
    check(findings);
}

#[test]
fn tests_are_named_with_sentences() {
    let mut findings = Vec::new();
    for source in all_sources() {
        let lines: Vec<&str> = source.text.lines().map(str::trim).collect();
        for (number, pair) in (2..).zip(lines.windows(2)) {
            let is_test = ["#[test]", "#[tokio::test"]
                .iter()
                .any(|mark| pair[0].starts_with(mark));
            let name = pair[1].trim_start_matches("async ").strip_prefix("fn ");
            let name = name.and_then(|rest| rest.split('(').next());
            if let (true, Some(name)) = (is_test, name)
                && name.matches('_').count() < 2
            {
                let path = &source.path;
                findings.push(format!(
                    "{path}:{number}: {name} is no sentence: say what is promised"
                ));
            }
        }
    }
    check(findings);
}
