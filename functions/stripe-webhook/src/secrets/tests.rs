//! Where secrets come from, how long they are cached, and that a rolled secret works at
//! once. Secrets Manager is called through the real SDK.

use serde_json::json;
use shared::host::log::Log;
use shared::host::sink::KeptLines;

use super::*;
use crate::fixtures::{SecretsManager, TestClock, sign, variables};

const ONE: &str = "whsec_one_0123456789abcdef";
const TWO: &str = "whsec_two_0123456789abcdef";
const ARN: &str = "arn:aws:secretsmanager:eu-central-1:1:secret:stripe";
const BODY: &[u8] = b"{}";

struct Setting {
    secrets: SigningSecrets,
    manager: SecretsManager,
    clock: TestClock,
    lines: KeptLines,
}

impl Setting {
    /// The secrets are in Secrets Manager, and nothing is fetched yet.
    fn kept() -> Self {
        let (manager, clock, lines) = (
            SecretsManager::default(),
            TestClock::new(),
            KeptLines::default(),
        );
        let log = Log::new("stripe-webhook", Arc::new(clock.clone()), lines.clone());
        let shared: SharedClock = Arc::new(clock.clone());
        let variables = variables(&[(KEPT, ARN)]);
        let aws = manager.aws();
        let secrets = SigningSecrets::read(&variables, Some(&aws), shared, log).unwrap();
        Setting {
            secrets,
            manager,
            clock,
            lines,
        }
    }

    /// The outcome of a request signed now with that secret.
    async fn outcome(&self, secret: &str) -> Result<(), Unverified> {
        use shared::host::clock::Clock;
        let header = sign(secret, self.clock.now().unix_seconds(), BODY);
        self.secrets.verify(Some(&header), BODY).await
    }

    /// The number of calls of Secrets Manager since the last time.
    fn asked(&self) -> usize {
        self.manager.asked().len()
    }
}

const NO_MATCH: Result<(), Unverified> = Err(Unverified::Signature(SignatureError::NoMatch));

fn read(pairs: &[(&str, &str)], aws: Option<&SdkConfig>) -> Result<SigningSecrets, VariableError> {
    let clock: SharedClock = Arc::new(TestClock::new());
    let log = Log::new("stripe-webhook", clock.clone(), KeptLines::default());
    SigningSecrets::read(&variables(pairs), aws, clock, log)
}

#[track_caller]
fn check_start(pairs: &[(&str, &str)], expected: Result<(), &str>) {
    let outcome = read(pairs, Some(&SecretsManager::default().aws())).map(|_| ());
    let outcome = outcome.map_err(|error| error.to_string());
    match (&outcome, expected) {
        (Ok(()), Ok(())) => {}
        (Err(text), Err(part)) => assert!(text.contains(part), "{text}"),
        _ => panic!("{pairs:?}: {outcome:?}, expected {expected:?}"),
    }
}

#[test]
fn a_start_without_usable_secrets_names_the_variable() {
    let many = [ONE; MAX_SECRETS + 1].join(",");
    check_start(&[], Err("set STRIPE_WEBHOOK_SECRET_ARN"));
    check_start(
        &[(LISTED, ONE), (KEPT, ARN)],
        Err("STRIPE_WEBHOOK_SECRETS and STRIPE_WEBHOOK_SECRET_ARN are both set"),
    );
    for (text, part) in [
        (" , ,", "STRIPE_WEBHOOK_SECRETS holds no secret"),
        (
            "whsec_short",
            "STRIPE_WEBHOOK_SECRETS holds a secret that cannot be used",
        ),
        (&format!("{ONE},x"), "at least 16 printable characters"),
        (&many, "more than 10"),
        (&format!("{{\"secret\":\"{ONE}\"}}"), "a JSON list"),
        ("[1]", "a JSON list"),
    ] {
        check_start(&[(LISTED, text)], Err(part));
    }
    for text in [ONE, &format!("{ONE}, {TWO},"), &format!("[\"{ONE}\"]")] {
        check_start(&[(LISTED, text)], Ok(()));
    }
    check_start(&[(KEPT, ARN)], Ok(()));
    let error = read(&[(KEPT, ARN)], None).unwrap_err().to_string();
    assert!(
        error.contains("STRIPE_WEBHOOK_SECRET_ARN needs AWS"),
        "{error}"
    );
}

#[test]
fn no_error_and_no_debug_text_shows_a_secret() {
    let short = "whsec_hush";
    let error = read(&[(LISTED, &format!("{ONE},{short}"))], None).unwrap_err();
    for text in [error.to_string(), format!("{error:?}")] {
        assert!(!text.contains("hush") && !text.contains(ONE), "{text}");
    }
    let secrets = read(&[(LISTED, ONE)], None).unwrap();
    assert_eq!(format!("{secrets:?}"), "SigningSecrets(listed)");
    let setting = Setting::kept();
    assert_eq!(format!("{:?}", setting.secrets), "SigningSecrets(kept)");
}

#[test]
fn a_list_is_json_or_lines_or_commas() {
    for (text, expected) in [
        (format!("[\"{ONE}\", \" {TWO} \"]"), 2),
        (format!("{ONE}\n{TWO}\r\n"), 2),
        (format!(" {ONE} ,{TWO}"), 2),
        (ONE.to_string(), 1),
    ] {
        assert_eq!(list(&text).map(|list| list.len()), Ok(expected), "{text}");
    }
}

#[tokio::test]
async fn listed_secrets_are_never_fetched() {
    let secrets = read(&[(LISTED, ONE)], None).unwrap();
    secrets.warm_up().await.unwrap();
    let right = sign(ONE, crate::fixtures::START, BODY);
    assert_eq!(secrets.verify(Some(&right), BODY).await, Ok(()));
    let wrong = sign(TWO, crate::fixtures::START, BODY);
    assert_eq!(secrets.verify(Some(&wrong), BODY).await, NO_MATCH);
}

#[tokio::test]
async fn secrets_are_fetched_once_in_five_minutes() {
    let setting = Setting::kept();
    setting.manager.will_say(ONE);
    setting.secrets.warm_up().await.unwrap();
    assert_eq!(setting.manager.asked(), [json!({"SecretId": ARN})]);
    for _ in 0..3 {
        assert_eq!(setting.outcome(ONE).await, Ok(()));
    }
    setting.clock.advance(GOOD_FOR - 1);
    assert_eq!(setting.outcome(ONE).await, Ok(()));
    assert_eq!(setting.asked(), 0);
    setting.clock.advance(1);
    setting.manager.will_say(TWO);
    assert_eq!(setting.outcome(TWO).await, Ok(()));
    assert_eq!(setting.asked(), 1);
    setting.clock.advance(1);
    assert_eq!(setting.outcome(TWO).await, Ok(()));
    assert_eq!(setting.asked(), 0);
}

#[tokio::test]
async fn a_secret_that_was_just_rolled_works_at_once() {
    let setting = Setting::kept();
    setting.manager.will_say(ONE);
    assert_eq!(setting.outcome(ONE).await, Ok(()));
    setting.manager.will_say(&format!("[\"{TWO}\",\"{ONE}\"]"));
    assert_eq!(setting.outcome(TWO).await, Ok(()));
    assert_eq!(setting.asked(), 2);
    assert_eq!(setting.outcome(ONE).await, Ok(()));
    assert_eq!(setting.asked(), 0);
}

#[tokio::test]
async fn forged_requests_cannot_hammer_secrets_manager() {
    let setting = Setting::kept();
    for _ in 0..4 {
        setting.manager.will_say(ONE);
    }
    for _ in 0..50 {
        assert_eq!(setting.outcome(TWO).await, NO_MATCH);
    }
    // The first fetch for the list itself, the second for the mismatch.
    assert_eq!(setting.asked(), 2);
    setting.clock.advance(PAUSE - 1);
    assert_eq!(setting.outcome(TWO).await, NO_MATCH);
    assert_eq!(setting.asked(), 0);
    setting.clock.advance(1);
    assert_eq!(setting.outcome(TWO).await, NO_MATCH);
    assert_eq!(setting.outcome(TWO).await, NO_MATCH);
    assert_eq!(setting.asked(), 1);
}

#[tokio::test]
async fn a_clock_that_was_moved_back_keeps_nothing_for_longer() {
    let setting = Setting::kept();
    setting.manager.will_say(ONE);
    setting.secrets.warm_up().await.unwrap();
    setting.clock.advance(-10 * GOOD_FOR);
    setting.manager.will_say(TWO);
    assert_eq!(setting.outcome(ONE).await, NO_MATCH);
    assert_eq!(setting.outcome(TWO).await, Ok(()));
    // At the start, after five minutes, and for the mismatch.
    assert_eq!(setting.asked(), 3);
}

#[tokio::test]
async fn a_header_that_cannot_be_right_fetches_nothing_again() {
    let setting = Setting::kept();
    setting.manager.will_say(ONE);
    setting.secrets.warm_up().await.unwrap();
    setting.asked();
    for header in [None, Some("t=1,v1=x"), Some("t=1")] {
        assert!(setting.secrets.verify(header, BODY).await.is_err());
    }
    assert_eq!(setting.asked(), 0);
}

#[tokio::test]
async fn old_secrets_are_kept_while_new_ones_cannot_be_had() {
    let setting = Setting::kept();
    setting.manager.will_say(ONE);
    assert_eq!(setting.outcome(ONE).await, Ok(()));
    setting.lines.take();
    setting.clock.advance(GOOD_FOR);
    setting.manager.will_say("short");
    assert_eq!(setting.outcome(ONE).await, Ok(()));
    assert!(setting.lines.take()[0].contains(r#""Outcome":"unusable","SigningSecrets":1"#));
    setting.clock.advance(PAUSE);
    let denied = json!({"__type": "AccessDeniedException", "Message": "no"});
    setting.manager.will_answer(400, denied);
    assert_eq!(setting.outcome(ONE).await, Ok(()));
    assert!(setting.lines.take()[0].contains(r#""Outcome":"unreachable","SigningSecrets":1"#));
    assert_eq!(setting.asked(), 3);
    // During the pause nothing is fetched.
    assert_eq!(setting.outcome(ONE).await, Ok(()));
    assert_eq!(setting.asked(), 0);
}

#[tokio::test]
async fn without_any_secret_nothing_is_distinguished_from_forgery() {
    let setting = Setting::kept();
    setting.secrets.warm_up().await.unwrap();
    assert_eq!(setting.outcome(ONE).await, Err(Unverified::NoSecrets));
    assert_eq!(setting.asked(), 1);
    setting.clock.advance(PAUSE_WITHOUT_ANY);
    setting.manager.will_say(ONE);
    assert_eq!(setting.outcome(ONE).await, Ok(()));
}

#[tokio::test]
async fn a_start_with_a_kept_secret_that_cannot_be_used_fails() {
    for value in ["", "short", "{}", "[]"] {
        let setting = Setting::kept();
        setting.manager.will_say(value);
        let error = setting.secrets.warm_up().await.unwrap_err().to_string();
        assert!(
            error.starts_with("STRIPE_WEBHOOK_SECRET_ARN names a secret that cannot be used"),
            "{error}"
        );
    }
}
