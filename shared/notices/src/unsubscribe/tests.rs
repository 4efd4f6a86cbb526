//! Tokens: only what was sealed opens, and nothing of it can be read.

use proptest::prelude::*;
use shared::host::entropy::SystemEntropy;

use super::*;
use crate::is_mailed;

fn keys() -> LinkKeys {
    LinkKeys::first(new_key(&SystemEntropy))
}

fn unsubscribe(user_id: &str, preference: MailPreference) -> Unsubscribe {
    Unsubscribe {
        user_id: user_id.parse().unwrap(),
        preference,
    }
}

fn sealed(it: &Unsubscribe, keys: &LinkKeys) -> String {
    it.seal(keys, &SystemEntropy).unwrap()
}

fn opened(token: &str, keys: &LinkKeys) -> Option<Unsubscribe> {
    Unsubscribe::open(&SealedToken::of(token)?, keys)
}

#[test]
fn a_token_opens_to_the_user_and_the_preference_that_it_was_made_for() {
    let keys = keys();
    for preference in MailPreference::ALL {
        let longest = "x".repeat(128);
        for user_id in ["u", "somebody@example.com", longest.as_str()] {
            let it = unsubscribe(user_id, preference);
            let token = sealed(&it, &keys);
            assert_eq!(opened(&token, &keys), Some(it));
        }
    }
}

#[test]
fn a_token_shows_no_user_and_no_two_are_alike() {
    let keys = keys();
    let it = unsubscribe("somebody", MailPreference::UsageAlerts);
    let (one, other) = (sealed(&it, &keys), sealed(&it, &keys));
    assert_ne!(one, other);
    let bytes = URL_SAFE_NO_PAD.decode(&one).unwrap();
    assert!(!bytes.windows(4).any(|part| part == b"some"));
    let in_a_query = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    assert!(one.bytes().all(in_a_query));
}

#[test]
fn a_rolled_key_leaves_old_links_alive_and_a_forgotten_one_does_not() {
    let mut keys = keys();
    let it = unsubscribe("u", MailPreference::EmailNotifications);
    let old = sealed(&it, &keys);
    roll(&mut keys, false, &SystemEntropy);
    assert_eq!(keys.keys.len(), 2);
    let new = sealed(&it, &keys);
    assert_eq!(opened(&old, &keys), Some(it.clone()));
    roll(&mut keys, true, &SystemEntropy);
    assert_eq!(keys.keys.len(), 1);
    for forgotten in [old, new] {
        assert_eq!(opened(&forgotten, &keys), None);
    }
}

#[test]
fn a_key_that_is_none_seals_and_opens_nothing() {
    let it = unsubscribe("u", MailPreference::UsageAlerts);
    let token = sealed(&it, &keys());
    for bad in ["", "00", &"g".repeat(64), &"é".repeat(32), &"0".repeat(65)] {
        let bad = LinkKeys::first(bad.to_string());
        assert_eq!(it.seal(&bad, &SystemEntropy), None);
        assert_eq!(opened(&token, &bad), None);
    }
    let none = LinkKeys {
        version: 1,
        keys: Vec::new(),
    };
    assert_eq!(it.seal(&none, &SystemEntropy), None);
}

#[test]
fn every_kind_that_is_mailed_has_a_preference_that_switches_it_off_and_no_other() {
    for kind in NoticeKind::ALL {
        assert_eq!(
            MailPreference::of(kind).is_some(),
            is_mailed(kind),
            "{kind}"
        );
    }
    let off = MailPreference::UsageAlerts.off();
    let expected = PreferencesChange {
        usage_alerts: Some(false),
        ..PreferencesChange::default()
    };
    assert_eq!(off, expected);
    let off = MailPreference::EmailNotifications.off();
    let expected = PreferencesChange {
        email_notifications: Some(false),
        ..PreferencesChange::default()
    };
    assert_eq!(off, expected);
}

proptest! {
    #[test]
    fn a_token_with_any_change_opens_nothing(at in 0..1000usize, bit in 0..8u32, cut in 1..40usize) {
        let keys = keys();
        let it = unsubscribe("somebody", MailPreference::UsageAlerts);
        let bytes = URL_SAFE_NO_PAD.decode(sealed(&it, &keys)).unwrap();
        let mut changed = bytes.clone();
        let at = at % bytes.len();
        changed[at] ^= 1 << bit;
        prop_assert_eq!(opened(&URL_SAFE_NO_PAD.encode(&changed), &keys), None);
        let kept = bytes.len().saturating_sub(cut);
        prop_assert_eq!(opened(&URL_SAFE_NO_PAD.encode(&bytes[..kept]), &keys), None);
        let longer = [bytes.as_slice(), &[0]].concat();
        prop_assert_eq!(opened(&URL_SAFE_NO_PAD.encode(longer), &keys), None);
    }

    #[test]
    fn any_text_is_refused_or_opens_nothing(text in "\\PC{0,400}") {
        prop_assert_eq!(opened(&text, &keys()), None);
    }
}
