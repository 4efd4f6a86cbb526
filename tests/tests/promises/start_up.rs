//! Starting a function: its environment is read once, and whatever is missing
//! or cannot be used stops it with one line that names the variable.
//! The reading is that of `main.rs`: tables, connection, then its own settings.

use std::collections::BTreeMap;

use shared::host::environment::{VariableError, Variables};
use shared::store::{Connection, Table, TableNames};

/// A function as its `main.rs` starts it.
struct Function {
    name: &'static str,
    tables: &'static [Table],
    settings: fn(&Variables) -> Result<(), VariableError>,
    /// The variables of its rate limits.
    limits: &'static [&'static str],
}

const FUNCTIONS: [Function; 2] = [
    Function {
        name: "credits",
        tables: credits::TABLES,
        settings: |variables| credits::Settings::read(variables).map(|_| ()),
        limits: &["RATE_LIMIT_CREDITS_PER_MINUTE"],
    },
    Function {
        name: "profile",
        tables: profile::TABLES,
        settings: |variables| profile::Settings::read(variables).map(|_| ()),
        limits: &["RATE_LIMIT_PROFILE_PER_MINUTE"],
    },
];

/// What Lambda and the template give at least.
const ENOUGH: [(&str, &str); 6] = [
    ("AWS_REGION", "eu-central-1"),
    ("AWS_ACCESS_KEY_ID", "key"),
    ("AWS_SECRET_ACCESS_KEY", "secret"),
    ("AWS_SESSION_TOKEN", "token"),
    ("USERS_TABLE", "users"),
    ("CREDITS_TABLE", "credits"),
];

fn start(function: &Function, changes: &[(&str, &str)]) -> Result<(), VariableError> {
    let pairs = ENOUGH.iter().chain(changes);
    let variables: BTreeMap<String, String> = pairs
        .map(|(name, value)| (name.to_string(), value.to_string()))
        .collect();
    let variables: Variables = variables.into_iter().collect();
    TableNames::read(&variables, function.tables)?;
    Connection::read(&variables)?;
    (function.settings)(&variables)
}

/// With one variable set to something, every function stops with that line.
fn check(functions: &[Function], variable: &str, value: &str, line: &str) {
    for function in functions {
        let outcome = start(function, &[(variable, value)]);
        let what = format!("{} with {variable}={value:?}", function.name);
        let error = outcome.err().unwrap_or_else(|| panic!("{what} starts"));
        let text = error.to_string();
        assert!(text.contains(line), "{what}: {text}");
        assert!(text.contains(variable), "{what}: {text}");
        assert!(!text.contains('\n'), "{what}: {text}");
        assert!(!text.contains("secret"), "{what}: {text}");
    }
}

#[test]
fn with_what_lambda_and_the_template_give_every_function_starts() {
    for function in &FUNCTIONS {
        assert_eq!(start(function, &[]), Ok(()), "{}", function.name);
        for limit in function.limits {
            for calls in ["", "0", "1", "60", "18446744073709551615"] {
                let outcome = start(function, &[(limit, calls)]);
                assert_eq!(outcome, Ok(()), "{limit}={calls:?}");
            }
        }
        for url in ["http://127.0.0.1:8000", "https://dynamodb.example.com"] {
            let outcome = start(function, &[("AWS_ENDPOINT_URL_DYNAMODB", url)]);
            assert_eq!(outcome, Ok(()), "{url}");
        }
        // Only temporary credentials have one.
        assert_eq!(start(function, &[("AWS_SESSION_TOKEN", "")]), Ok(()));
    }
}

#[test]
fn a_variable_that_is_missing_is_named_with_what_it_is_for() {
    for (variable, line) in [
        (
            "USERS_TABLE",
            "set USERS_TABLE: the name of a DynamoDB table",
        ),
        (
            "CREDITS_TABLE",
            "set CREDITS_TABLE: the name of a DynamoDB table",
        ),
        ("AWS_REGION", "set AWS_REGION: the region of the tables"),
        (
            "AWS_ACCESS_KEY_ID",
            "set AWS_ACCESS_KEY_ID: Lambda sets it from the role",
        ),
        (
            "AWS_SECRET_ACCESS_KEY",
            "set AWS_SECRET_ACCESS_KEY: Lambda sets it from the role",
        ),
    ] {
        check(&FUNCTIONS, variable, "", line);
    }
}

#[test]
fn a_limit_that_is_no_number_is_named_with_what_it_should_be() {
    for function in FUNCTIONS {
        for &limit in function.limits {
            let functions = [Function { ..function }];
            for value in ["x", "-1", "1.5", "60/min", " 60", "18446744073709551616"] {
                let line = format!(
                    "must be a number of calls per minute, or 0 for no limit, not {value:?}"
                );
                check(&functions, limit, value, &line);
            }
        }
    }
}

#[test]
fn an_address_of_the_tables_that_would_leave_this_machine_unencrypted_is_refused() {
    for url in [
        "http://dynamodb.eu-central-1.amazonaws.com",
        "http://10.0.0.1:8000",
        "http://127.0.0.1.example.com",
        "http://localhost:8000@example.com",
        "http://127.0.0.1:8000@example.com/",
        "HTTP://example.com",
        "dynamodb.example.com",
    ] {
        let line = "must be https, or http to this machine";
        check(&FUNCTIONS, "AWS_ENDPOINT_URL_DYNAMODB", url, line);
    }
}

#[test]
fn extra_certificates_that_cannot_be_read_are_refused() {
    let no_certificate = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    for (file, line) in [
        ("/nowhere/roots.pem", "cannot be read"),
        (env!("CARGO_MANIFEST_DIR"), "cannot be read"),
        (no_certificate, "holds no PEM certificate"),
    ] {
        check(&FUNCTIONS, "AWS_CA_BUNDLE", file, line);
    }
}

#[test]
fn a_function_asks_only_for_the_tables_it_may_touch() {
    for function in &FUNCTIONS {
        assert!(
            !function.tables.contains(&Table::Billing),
            "{}",
            function.name
        );
        let outcome = start(function, &[("BILLING_TABLE", "")]);
        assert_eq!(outcome, Ok(()), "{}", function.name);
    }
}
