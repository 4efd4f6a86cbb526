//! The keys of imported rows. They derive from the rows' ids, so a repeated row
//! is recognised.

use std::str::FromStr;

use shared::domain::{Digester, EntryKey, IdempotencyKey, LotId, ParseIdentifierError};

/// Prefix of all imported names.
const PREFIX: &str = "import:";

/// Digits of a digest that replace an id.
const DIGITS: usize = 24;

type Named<T> = Result<T, ParseIdentifierError>;

/// The entry of one row.
pub(crate) fn entry_key(kind: &str, id: &str) -> Named<EntryKey> {
    let beginning = [PREFIX, kind, ":"].concat();
    Ok(EntryKey::Ops(fitting::<IdempotencyKey>(&beginning, id)?))
}

/// The entry that opens a user's account.
pub(crate) fn opening_key() -> Named<EntryKey> {
    Ok(EntryKey::Ops(fitting(PREFIX, "opening")?))
}

/// The entry that closes the account of an inactive user.
pub(crate) fn inactive_key() -> Named<EntryKey> {
    Ok(EntryKey::Ops(fitting(PREFIX, "inactive")?))
}

/// The entries that close an account while it is unreadable whether its user
/// may spend, and that reopen it later.
pub(crate) fn unread_key() -> Named<EntryKey> {
    Ok(EntryKey::Ops(fitting(PREFIX, "unread")?))
}

pub(crate) fn read_after_all_key() -> Named<EntryKey> {
    Ok(EntryKey::Ops(fitting(PREFIX, "read-after-all")?))
}

/// The lot of a row of `credits`.
pub(crate) fn lot_name(id: &str) -> Named<LotId> {
    fitting(PREFIX, id)
}

/// The prefix and the id, or a digest of an id that is not a valid name.
fn fitting<T>(beginning: &str, id: &str) -> Named<T>
where
    T: FromStr<Err = ParseIdentifierError>,
{
    [beginning, id].concat().parse().or_else(|_| {
        let mut digester = Digester::new("import-name/1");
        digester.text("id", id);
        let digest = digester.finish().to_string();
        let digits: String = digest.chars().take(DIGITS).collect();
        [beginning, "sha256-", &digits].concat().parse()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_has_a_name_and_no_two_have_the_same() {
        let uuid = "6f0c8a54-2f1b-4f0e-9b57-0d3c5b8f7a11";
        let named = |id: &str| entry_key("credits", id).unwrap().to_string();
        assert_eq!(named(uuid), format!("ops#import:credits:{uuid}"));
        assert_eq!(named("17"), "ops#import:credits:17");
        let odd = ["a#b", "a b", "é", "", &"x".repeat(500), &"y".repeat(500)];
        let names: std::collections::BTreeSet<String> = odd.iter().map(|id| named(id)).collect();
        // An empty id gives a valid name too: the prefix.
        assert_eq!(names.len(), odd.len());
        for name in names.iter().filter(|name| name.contains("sha256")) {
            assert_eq!(name.len(), "ops#import:credits:sha256-".len() + DIGITS);
        }
        assert_eq!(
            lot_name(uuid).unwrap().to_string(),
            format!("import:{uuid}")
        );
    }
}
