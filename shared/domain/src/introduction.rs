//! What an issuer says of somebody, as far as it can be kept: an address that it has
//! verified, and a name.

use super::{Redacted, Timestamp, User, UserId};

/// The longest address that mail can be delivered to (RFC 5321, 4.5.3.1.3).
const MAX_ADDRESS: usize = 254;

/// The longest name that is kept of what an issuer says, in characters.
const MAX_NAME: usize = 200;

/// What an issuer says of somebody who signs in or confirms their address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Introduction {
    /// The address, if the issuer has verified it.
    pub email: Option<Redacted<String>>,
    /// The name.
    pub display_name: Option<Redacted<String>>,
}

impl Introduction {
    /// What can be kept of an address and a name: no address that is not verified or
    /// cannot be one, and no name that is blank or longer than 200 characters.
    pub fn of(email: Option<&str>, is_verified: bool, name: Option<&str>) -> Self {
        let email = email.filter(|email| is_verified && is_address(email));
        let name = name.map(str::trim).filter(|name| {
            let is_text = |letter: char| !letter.is_control();
            !name.is_empty() && name.chars().count() <= MAX_NAME && name.chars().all(is_text)
        });
        Introduction {
            email: email.map(|email| email.to_string().into()),
            display_name: name.map(|name| name.to_string().into()),
        }
    }

    /// The user as created at `now`.
    pub fn user(self, user_id: UserId, now: Timestamp, last_login_at: Option<Timestamp>) -> User {
        User {
            email: self.email,
            display_name: self.display_name,
            last_login_at,
            ..User::known_by_id(user_id, now)
        }
    }
}

/// Whether a text can be an address: `somebody@example.com`, at most 254 bytes.
pub fn is_address(text: &str) -> bool {
    let is_plain = |part: &str| {
        let odd = |letter: char| letter.is_whitespace() || letter.is_control() || letter == '@';
        !part.is_empty() && !part.contains(odd)
    };
    let parts = text.rsplit_once('@');
    text.len() <= MAX_ADDRESS && parts.is_some_and(|(who, at)| is_plain(who) && is_plain(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_verified_address_and_a_proper_name_are_kept() {
        let long = "n".repeat(MAX_NAME + 1);
        for (email, is_verified, name, kept) in [
            (
                Some("a@b.example"),
                true,
                Some(" Ann "),
                (Some("a@b.example"), Some("Ann")),
            ),
            (Some("a@b.example"), false, Some("Ann"), (None, Some("Ann"))),
            (Some("no address"), true, Some("  "), (None, None)),
            (None, true, Some("A\nB"), (None, None)),
            (None, false, Some(long.as_str()), (None, None)),
            (None, false, None, (None, None)),
        ] {
            let introduction = Introduction::of(email, is_verified, name);
            let user = introduction.user("u".parse().unwrap(), Timestamp::MIN, None);
            assert_eq!((user.address(), user.name()), kept, "{email:?} {name:?}");
        }
    }

    #[test]
    fn a_user_has_last_signed_in_when_their_sign_in_created_them() {
        let signed_in: Timestamp = "2025-11-06T14:30:00Z".parse().unwrap();
        for last_login_at in [Some(signed_in), None] {
            let user_id: UserId = "u".parse().unwrap();
            let user = Introduction::default().user(user_id, signed_in, last_login_at);
            assert_eq!(
                (user.created_at, user.last_login_at),
                (signed_in, last_login_at)
            );
        }
    }
}
