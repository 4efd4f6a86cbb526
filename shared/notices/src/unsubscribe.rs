//! Links that switch e-mails off with one click (RFC 8058), without signing in.
//!
//! A link carries a token: which user, and which preference. It is sealed, so that it can
//! be neither read nor made by others; it does not expire, because old e-mails are kept.
//! Sealed with ChaCha20-Poly1305 (RFC 8439) and a random nonce: with 96 bits, four
//! billion links collide with a chance of one in ten billion.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use shared::domain::{NoticeKind, PreferencesChange, UserId};
use shared::host::entropy::Entropy;
use shared::store::{LinkKeys, Store, StoreError};

/// The path of the links, below the API's own URL.
pub const UNSUBSCRIBE_PATH: &str = "/unsubscribe";
/// The parameter of the query that carries the token.
pub const UNSUBSCRIBE_PARAMETER: &str = "token";
/// Longer texts are no tokens: a user's id has at most 128 bytes.
const MAX_TOKEN: usize = 300;
/// Names what is sealed; a token of another version opens nothing.
const PURPOSE: &[u8] = b"unsubscribe/1";
/// The length of a key in hexadecimal digits.
const KEY_DIGITS: usize = 64;

/// A preference that stands for e-mails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailPreference {
    /// `usageAlerts`: thresholds.
    UsageAlerts,
    /// `emailNotifications`: payments, and credits that come and go.
    EmailNotifications,
}

impl MailPreference {
    const ALL: [MailPreference; 2] = [
        MailPreference::UsageAlerts,
        MailPreference::EmailNotifications,
    ];

    /// The preference that e-mails of a kind need; none for kinds that are not mailed.
    pub fn of(kind: NoticeKind) -> Option<Self> {
        match kind {
            NoticeKind::CreditsLow | NoticeKind::CreditsExhausted => {
                Some(MailPreference::UsageAlerts)
            }
            NoticeKind::CreditsGranted
            | NoticeKind::CreditsClawedBack
            | NoticeKind::SubscriptionChanged
            | NoticeKind::PaymentNeedsAttention => Some(MailPreference::EmailNotifications),
            NoticeKind::CreditsReset | NoticeKind::HoldExpired => None,
        }
    }

    /// The change that switches it off.
    pub fn off(self) -> PreferencesChange {
        let mut change = PreferencesChange::default();
        match self {
            MailPreference::UsageAlerts => change.usage_alerts = Some(false),
            MailPreference::EmailNotifications => change.email_notifications = Some(false),
        }
        change
    }

    /// Its letter in a token.
    fn letter(self) -> u8 {
        match self {
            MailPreference::UsageAlerts => b'u',
            MailPreference::EmailNotifications => b'e',
        }
    }
}

/// What a link switches off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsubscribe {
    /// Whose e-mails.
    pub user_id: UserId,
    /// Which of them.
    pub preference: MailPreference,
}

/// A new key.
fn new_key(entropy: &dyn Entropy) -> String {
    let bytes = [entropy.bytes(), entropy.bytes()].concat();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn key_of(digits: &str) -> Option<LessSafeKey> {
    let pairs = digits.as_bytes().chunks_exact(2);
    let bytes: Option<Vec<u8>> = pairs
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect();
    let bytes = bytes.filter(|_| digits.len() == KEY_DIGITS)?;
    let key = UnboundKey::new(&CHACHA20_POLY1305, &bytes).ok()?;
    Some(LessSafeKey::new(key))
}

impl Unsubscribe {
    /// The token; none if there is no key, or none that can be used.
    pub fn seal(&self, keys: &LinkKeys, entropy: &dyn Entropy) -> Option<String> {
        let key = key_of(keys.keys.first()?.expose())?;
        let nonce = *entropy.bytes().first_chunk::<NONCE_LEN>()?;
        let mut sealed = vec![self.preference.letter()];
        sealed.extend(self.user_id.as_str().as_bytes());
        let unique = Nonce::assume_unique_for_key(nonce);
        key.seal_in_place_append_tag(unique, Aad::from(PURPOSE), &mut sealed)
            .ok()?;
        Some(URL_SAFE_NO_PAD.encode([&nonce[..], &sealed].concat()))
    }

    /// What a token says, if one of the keys sealed it.
    pub fn open(token: &SealedToken, keys: &LinkKeys) -> Option<Self> {
        let (nonce, sealed) = token.0.split_first_chunk::<NONCE_LEN>()?;
        let mut keys = keys.keys.iter().filter_map(|key| key_of(key.expose()));
        keys.find_map(|key| {
            let mut sealed = sealed.to_vec();
            let nonce = Nonce::assume_unique_for_key(*nonce);
            let opened = key.open_in_place(nonce, Aad::from(PURPOSE), &mut sealed);
            let (letter, user_id) = opened.ok()?.split_first()?;
            let mut all = MailPreference::ALL.into_iter();
            Some(Unsubscribe {
                user_id: std::str::from_utf8(user_id).ok()?.parse().ok()?,
                preference: all.find(|it| it.letter() == *letter)?,
            })
        })
    }
}

/// A token that has the form of one; whether it is ours shows when it is opened.
#[derive(Clone, Debug)]
pub struct SealedToken(Vec<u8>);

impl SealedToken {
    /// Reads the text of a link; none if it can be no token.
    pub fn of(text: &str) -> Option<Self> {
        let fits = text.len() <= MAX_TOKEN;
        let bytes = URL_SAFE_NO_PAD.decode(text).ok().filter(|_| fits)?;
        // A nonce, a letter, an id and a tag.
        let shortest = NONCE_LEN + 2 + CHACHA20_POLY1305.tag_len();
        (bytes.len() >= shortest).then_some(SealedToken(bytes))
    }
}

/// The keys of links; makes the first one.
///
/// # Errors
///
/// [`StoreError`].
pub async fn link_keys(store: &Store, entropy: &dyn Entropy) -> Result<LinkKeys, StoreError> {
    match store.load_link_keys().await? {
        Some(keys) => Ok(keys),
        None => {
            let first = LinkKeys::first(new_key(entropy));
            store.begin_link_keys(first).await
        }
    }
}

/// Puts a new key before the others, which go on opening the links that they sealed; with
/// `forget`, they go.
pub fn roll(keys: &mut LinkKeys, forget: bool, entropy: &dyn Entropy) {
    if forget {
        keys.keys.clear();
    }
    keys.keys.insert(0, new_key(entropy).into());
}

#[cfg(test)]
mod tests;
