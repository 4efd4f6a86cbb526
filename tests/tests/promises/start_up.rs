//! Starting a function: its environment is read once, and whatever is missing
//! or cannot be used stops it with one line that names the variable.
//! The reading is that of `main.rs`: tables, connection, then its own settings.

mod secrets;

use std::collections::BTreeMap;
use std::sync::Arc;

use shared::host::clock::SystemClock;
use shared::host::entropy::SystemEntropy;
use shared::host::environment::{VariableError, Variables};
use shared::host::log::Log;
use shared::host::sink::KeptLines;
use shared::store::{Connection, Table, TableNames};
use stripe_webhook::SigningSecrets;

/// A function as its `main.rs` starts it.
struct Function {
    name: &'static str,
    tables: &'static [Table],
    settings: fn(&Variables) -> Result<(), VariableError>,
    /// The variables of its rate limits.
    limits: &'static [&'static str],
}

const FUNCTIONS: [Function; 8] = [
    BILLING,
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
    WEBHOOK,
    TOKEN,
    Function {
        name: "notify",
        tables: notify::TABLES,
        settings: |variables| notify::Settings::read(variables).map(|_| ()),
        limits: &[],
    },
    Function {
        name: "watch",
        tables: watch::TABLES,
        settings: |_| Ok(()),
        limits: &[],
    },
    Function {
        name: "sign-up",
        tables: sign_up::TABLES,
        settings: |variables| sign_up::Settings::read(variables).map(|_| ()),
        limits: &[],
    },
];

const BILLING: Function = Function {
    name: "billing",
    tables: billing::TABLES,
    settings: |variables| {
        let connection = Connection::read(variables)?;
        let aws = Some(connection.sdk_config());
        stripe_client::Client::read(variables, aws, Arc::new(SystemEntropy))?;
        billing::Settings::read(variables).map(|_| ())
    },
    limits: &["RATE_LIMIT_BILLING_PER_MINUTE"],
};

const TOKEN: Function = Function {
    name: "token",
    tables: token::TABLES,
    settings: |variables| token::Settings::read(variables).map(|_| ()),
    limits: &[],
};

const WEBHOOK: Function = Function {
    name: "stripe-webhook",
    tables: stripe_webhook::TABLES,
    settings: |variables| {
        stripe_webhook::Settings::read(variables)?;
        let clock = Arc::new(SystemClock);
        let log = Log::new("stripe-webhook", clock.clone(), KeptLines::default());
        let connection = Connection::read(variables)?;
        let aws = Some(connection.sdk_config());
        stripe_client::Client::read(variables, aws, Arc::new(SystemEntropy))?;
        SigningSecrets::read(variables, aws, clock, log).map(|_| ())
    },
    limits: &[],
};

/// What Lambda and the template give at least.
const ENOUGH: [(&str, &str); 15] = [
    ("AWS_REGION", "eu-central-1"),
    ("AWS_ACCESS_KEY_ID", "key"),
    ("AWS_SECRET_ACCESS_KEY", "hush-hush"),
    ("AWS_SESSION_TOKEN", "token"),
    ("USERS_TABLE", "users"),
    ("CREDITS_TABLE", "credits"),
    ("BILLING_TABLE", "billing"),
    ("NOTICES_TABLE", "notices"),
    (
        "QUEUE_URL",
        "https://sqs.eu-central-1.amazonaws.com/1/notify",
    ),
    ("STRIPE_LIVEMODE", "false"),
    ("TOKEN_ISSUER", "https://issuer.example.com"),
    ("TOKEN_ENDPOINT", "https://issuer.example.com/token"),
    ("JWKS_URI", "https://issuer.example.com/keys"),
    ("TOKEN_AUDIENCES", "app,service"),
    (
        "STRIPE_WEBHOOK_SECRET_ARN",
        "arn:aws:secretsmanager:eu-central-1:123456789012:secret:stripe",
    ),
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
        let text = check_stop(function, &[(variable, value)], line);
        assert!(text.contains(variable), "{}: {text}", function.name);
    }
}

/// With some variables set, a function stops with one line that shows no secret.
fn check_stop(function: &Function, changes: &[(&str, &str)], line: &str) -> String {
    let outcome = start(function, changes);
    let what = format!("{} with {changes:?}", function.name);
    let error = outcome.err().unwrap_or_else(|| panic!("{what} starts"));
    let text = error.to_string();
    assert!(text.contains(line), "{what}: {text}");
    assert!(!text.contains('\n'), "{what}: {text}");
    assert!(!text.contains("hush"), "{what}: {text}");
    text
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
    let with_credits = FUNCTIONS
        .into_iter()
        .filter(|function| function.tables.contains(&Table::Credits));
    let line = "set CREDITS_TABLE: the name of a DynamoDB table";
    check(&with_credits.collect::<Vec<_>>(), "CREDITS_TABLE", "", line);
}

#[test]
fn an_invalid_limit_is_named_with_what_it_should_be() {
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
    for function in FUNCTIONS {
        if function.tables.contains(&Table::Billing) {
            let may = ["billing", "stripe-webhook", "watch"].contains(&function.name);
            assert!(may, "{}", function.name);
            let line = "set BILLING_TABLE: the name of a DynamoDB table";
            check(&[function], "BILLING_TABLE", "", line);
        } else {
            let outcome = start(&function, &[("BILLING_TABLE", "")]);
            assert_eq!(outcome, Ok(()), "{}", function.name);
        }
    }
}

#[test]
fn the_webhook_must_be_told_whether_money_is_real() {
    let line = "set STRIPE_LIVEMODE: true where Stripe's live events arrive, else false";
    check(&[WEBHOOK], "STRIPE_LIVEMODE", "", line);
    for value in ["yes", "1", "True", " true", "live"] {
        let line = format!("must be true or false, not {value:?}");
        check(&[WEBHOOK], "STRIPE_LIVEMODE", value, &line);
    }
    assert_eq!(start(&WEBHOOK, &[("STRIPE_LIVEMODE", "true")]), Ok(()));
}

#[test]
fn the_billing_function_must_be_told_whether_money_is_real_and_sends_nobody_anywhere() {
    let line = "set STRIPE_LIVEMODE: true where purchases are real, else false";
    check(&[BILLING], "STRIPE_LIVEMODE", "", line);
    for url in [
        "app.example.com",
        "http://app.example.com",
        "https://app.example.com,javascript://x",
        "https://user@app.example.com",
    ] {
        check(&[BILLING], "RETURN_URLS", url, "must list https addresses");
    }
    let several = "https://app.example.com, myapp://,http://localhost:8080/callback";
    assert_eq!(start(&BILLING, &[("RETURN_URLS", several)]), Ok(()));
}

#[test]
fn the_token_function_must_be_told_of_its_issuer() {
    for (variable, line) in [
        ("TOKEN_ISSUER", "set TOKEN_ISSUER: the issuer"),
        (
            "TOKEN_ENDPOINT",
            "set TOKEN_ENDPOINT: the issuer's token endpoint",
        ),
        ("JWKS_URI", "set JWKS_URI: the address of the issuer's keys"),
        (
            "TOKEN_AUDIENCES",
            "set TOKEN_AUDIENCES: the accepted audiences",
        ),
    ] {
        check(&[TOKEN], variable, "", line);
    }
    for variable in ["TOKEN_ENDPOINT", "JWKS_URI"] {
        for url in [
            "http://issuer.example.com/",
            "issuer.example.com",
            "https://a@b/",
        ] {
            let line = "must be https, or http to this machine";
            check(&[TOKEN], variable, url, line);
        }
        let local = (variable, "http://127.0.0.1:8787/_local/oauth/token");
        assert_eq!(start(&TOKEN, &[local]), Ok(()));
    }
}

const LISTED: &str = "STRIPE_WEBHOOK_SECRETS";
const KEPT: &str = "STRIPE_WEBHOOK_SECRET_ARN";

#[test]
fn the_webhook_takes_its_secrets_from_one_place_and_takes_no_weak_one() {
    let good = "whsec_hush_0123456789";
    for (listed, line) in [
        ("", "set STRIPE_WEBHOOK_SECRET_ARN: the secret that holds"),
        (",", "STRIPE_WEBHOOK_SECRETS holds no secret"),
        ("whsec_hush", "each must be at least 16 printable"),
        ("whsec_hush_0123456789,hush", "each must be at least 16"),
        (
            "whsec hush 0123456789",
            "each must be at least 16 printable",
        ),
        ("{\"hush\":1}", "STRIPE_WEBHOOK_SECRETS must be a JSON list"),
    ] {
        check_stop(&WEBHOOK, &[(LISTED, listed), (KEPT, "")], line);
    }
    assert_eq!(start(&WEBHOOK, &[(LISTED, good), (KEPT, "")]), Ok(()));
    let line = "STRIPE_WEBHOOK_SECRETS and STRIPE_WEBHOOK_SECRET_ARN are both set";
    check_stop(&WEBHOOK, &[(LISTED, good)], line);
}

#[test]
fn the_webhook_takes_a_key_of_stripes_from_one_place_and_starts_without_one() {
    const GIVEN: &str = "STRIPE_API_KEY";
    const KEPT: &str = "STRIPE_KEY_SECRET_ARN";
    let arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:key";
    for good in [(GIVEN, "rk_test_0123456789"), (KEPT, arn), (GIVEN, "")] {
        assert_eq!(start(&WEBHOOK, &[good]), Ok(()), "{good:?}");
    }
    let line = "STRIPE_API_KEY is unusable: it is no secret or restricted key";
    check_stop(&WEBHOOK, &[(GIVEN, "pk_hush_0123456789")], line);
    let both = [(GIVEN, "rk_test_0123456789"), (KEPT, arn)];
    let line = "STRIPE_API_KEY and STRIPE_KEY_SECRET_ARN are both set";
    check_stop(&WEBHOOK, &both, line);
    for url in ["https://api.stripe.com", "http://10.0.0.1", "localhost"] {
        let line = "must be http to this machine";
        check(&[WEBHOOK], "STRIPE_API_URL", url, line);
    }
}
