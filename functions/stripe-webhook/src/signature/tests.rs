//! Which headers count as Stripe's signature and which do not, case by case. One
//! digest is checked against openssl's.

use super::*;

mod mutations;
mod official_library;

/// The signing time of the examples.
const SIGNED_AT: i64 = 1_800_000_000;
const BODY: &[u8] = br#"{"id":"evt_1","object":"event","type":"invoice.paid"}"#;
const NEW: &str = "whsec_new_0123456789abcdef";
const OLD: &str = "whsec_old_0123456789abcdef";

fn secret(text: &str) -> SigningSecret {
    SigningSecret::new(text).unwrap()
}

fn moment(seconds: i64) -> Timestamp {
    Timestamp::from_unix_seconds(seconds).unwrap()
}

/// The hexadecimal signature of the example body.
fn hex_of(key: &str, time: &str) -> String {
    hex::encode(signature(&secret(key), time, BODY).unwrap())
}

/// A header part that is valid under that secret.
fn v1(key: &str) -> String {
    format!("v1={}", hex_of(key, &SIGNED_AT.to_string()))
}

#[track_caller]
fn check(header: &str, expected: Result<(), SignatureError>) {
    check_at(SIGNED_AT, header, expected);
}

#[track_caller]
fn check_at(now: i64, header: &str, expected: Result<(), SignatureError>) {
    let secrets = [secret(NEW), secret(OLD)];
    let outcome = verify(Some(header), BODY, &secrets, moment(now));
    assert_eq!(outcome, expected, "{header:?}");
}

#[test]
fn the_signature_is_the_one_other_implementations_compute() {
    // printf '1800000000.{"id":"evt_1","object":"event","type":"invoice.paid"}' |
    //   openssl dgst -sha256 -hmac whsec_new_0123456789abcdef
    assert_eq!(
        hex_of(NEW, "1800000000"),
        "828ec375eb38f503a43172950de81fddb1ed6b4980964bc37369128c9826f13b"
    );
}

#[test]
fn any_signature_may_match_any_secret() {
    let (new, old) = (v1(NEW), v1(OLD));
    let other = format!("v1={}", "0".repeat(64));
    let other_v0 = "v0=not-even-hexadecimal=";
    for header in [
        format!("t={SIGNED_AT},{new}"),
        format!("t={SIGNED_AT},{old}"),
        format!("t={SIGNED_AT},{old},{new}"),
        format!("t={SIGNED_AT},{other},{new}"),
        format!("{new},t={SIGNED_AT}"),
        format!("t={SIGNED_AT},{new},{other_v0}"),
        format!("v9=,{new},t={SIGNED_AT}"),
    ] {
        check(&header, Ok(()));
    }
    let unknown = v1("whsec_of_somebody_else");
    check(
        &format!("t={SIGNED_AT},{unknown}"),
        Err(SignatureError::NoMatch),
    );
}

#[test]
fn without_secrets_nothing_is_accepted() {
    let header = format!("t={SIGNED_AT},{}", v1(NEW));
    let outcome = verify(Some(&header), BODY, &[], moment(SIGNED_AT));
    assert_eq!(outcome, Err(SignatureError::NoMatch));
}

#[test]
fn a_missing_or_empty_header_is_refused() {
    check("", Err(SignatureError::Missing));
    let outcome = verify(None, BODY, &[secret(NEW)], moment(SIGNED_AT));
    assert_eq!(outcome, Err(SignatureError::Missing));
}

#[test]
fn other_schemes_do_not_count() {
    let right = hex_of(NEW, &SIGNED_AT.to_string());
    for scheme in ["v0", "v2", "V1", "v11", "v"] {
        check(
            &format!("t={SIGNED_AT},{scheme}={right}"),
            Err(SignatureError::NoSignature),
        );
    }
}

#[test]
fn a_signature_that_can_be_none_is_refused() {
    let right = hex_of(NEW, &SIGNED_AT.to_string());
    for wrong in [
        String::new(),
        right[1..].to_string(),
        format!("{right}0"),
        format!("{right}="),
        format!("x{}", &right[1..]),
        right.to_uppercase(),
        "ä".repeat(32),
    ] {
        let header = format!("t={SIGNED_AT},v1={wrong},v1={right}");
        check(&header, Err(SignatureError::Malformed));
    }
}

#[test]
fn the_time_is_one_number_in_its_shortest_form() {
    let right = v1(NEW);
    for wrong in [
        "",
        "-1",
        "+1800000000",
        "01800000000",
        "0",
        "1_800_000_000",
        "1800000000.0",
        "١٨",
        "18000000000000",
        "99999999999999999999999",
    ] {
        check(
            &format!("t={wrong},{right}"),
            Err(SignatureError::Malformed),
        );
    }
    for header in [
        right.clone(),
        format!("t={SIGNED_AT},t={SIGNED_AT},{right}"),
        format!("t={SIGNED_AT},{right},t=1"),
    ] {
        check(&header, Err(SignatureError::NotOneTime));
    }
}

#[test]
fn parts_that_are_no_pairs_and_spaces_around_parts_are_refused() {
    let right = v1(NEW);
    for header in [
        format!("t={SIGNED_AT}, {right}"),
        format!(" t={SIGNED_AT},{right}"),
        format!("t={SIGNED_AT},{right} "),
        format!("t={SIGNED_AT},{right},"),
        format!("t={SIGNED_AT},,{right}"),
        format!("t={SIGNED_AT},{right},junk"),
        format!("t={SIGNED_AT},{right},=junk"),
        format!("t={SIGNED_AT},{right},x=\u{0}"),
        format!("t={SIGNED_AT},{right},ä=1"),
        ",".to_string(),
        "t".to_string(),
        " ".to_string(),
    ] {
        check(&header, Err(SignatureError::Malformed));
    }
}

#[test]
fn a_header_longer_than_stripe_sends_is_not_read() {
    let right = v1(NEW);
    let many = |parts: usize| format!("t={SIGNED_AT},{right}{}", ",v0=1".repeat(parts - 2));
    check(&many(MAX_PARTS), Ok(()));
    check(&many(MAX_PARTS + 1), Err(SignatureError::TooLong));
    let huge = format!("t={SIGNED_AT},{right},x={}", "x".repeat(1_000_000));
    check(&huge, Err(SignatureError::TooLong));
    check(&",".repeat(1_000_000), Err(SignatureError::TooLong));
}

#[test]
fn five_minutes_either_way_are_near_enough() {
    let header = format!("t={SIGNED_AT},{}", v1(NEW));
    for (distance, expected) in [
        (0, Ok(())),
        (300, Ok(())),
        (-300, Ok(())),
        (301, Err(SignatureError::OutsideTolerance)),
        (-301, Err(SignatureError::OutsideTolerance)),
    ] {
        check_at(SIGNED_AT + distance, &header, expected);
    }
    let far = format!("t=999999999999,{}", v1(NEW));
    check(&far, Err(SignatureError::OutsideTolerance));
}

#[test]
fn any_bytes_can_be_signed() {
    let body = [0, 159, 146, 150, 255, b'.', b'\n'];
    let right = signature(&secret(NEW), "1800000000", &body).unwrap();
    let header = format!("t={SIGNED_AT},v1={}", hex::encode(right));
    let secrets = [secret(NEW)];
    let now = moment(SIGNED_AT);
    assert_eq!(verify(Some(&header), &body, &secrets, now), Ok(()));
    assert_eq!(
        verify(Some(&header), &body[1..], &secrets, now),
        Err(SignatureError::NoMatch)
    );
}

#[test]
fn a_short_secret_is_none_and_none_shows_itself() {
    for weak in [
        "",
        "whsec_",
        "fifteen_letters",
        "sixteen  letters",
        "whsec_sechzehn_ä",
    ] {
        assert_eq!(SigningSecret::new(weak), Err(WeakSecret), "{weak:?}");
    }
    let debug = format!("{:?}", secret(NEW));
    assert_eq!(debug, "SigningSecret(…)");
}
