//! Digests: SHA-256 over values in one canonical form, and texts that can be erased
//! without breaking the hash chain.

use std::fmt;

use sha2::{Digest as _, Sha256};

/// A SHA-256 digest.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The previous hash of the first entry of a chain.
    pub const ZERO: Digest = Digest([0; 32]);

    /// From its 32 bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Digest(bytes)
    }

    /// Its 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// Builds a digest from named fields. Each field is hashed as its name and its
/// value, both with their lengths, so that two different sequences of fields never
/// give the same bytes. Absent fields are left out, so a field added later does not
/// change the digests of older values.
pub struct Digester(Sha256);

impl Digester {
    /// Starts the digest of one kind of value. The kind separates digests of
    /// different types.
    pub fn new(kind: &str) -> Self {
        let mut digester = Digester(Sha256::new());
        digester.bytes("kind", kind.as_bytes());
        digester
    }

    /// Adds a field of bytes.
    pub fn bytes(&mut self, name: &str, value: &[u8]) -> &mut Self {
        for part in [name.as_bytes(), value] {
            // A length always fits 64 bits: a usize is never wider here.
            let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
            self.0.update(length.to_be_bytes());
            self.0.update(part);
        }
        self
    }

    /// Adds a text field.
    pub fn text(&mut self, name: &str, value: &str) -> &mut Self {
        self.bytes(name, value.as_bytes())
    }

    /// Adds an integer field.
    pub fn integer(&mut self, name: &str, value: impl Into<i128>) -> &mut Self {
        self.bytes(name, &value.into().to_be_bytes())
    }

    /// The digest of all fields added.
    pub fn finish(self) -> Digest {
        Digest(self.0.finalize().into())
    }
}

/// A personal text of an entry (the actor, a caller's label). The chain holds only
/// its salted digest, so the text and the salt can be erased on request and the
/// chain still verifies.
#[derive(Clone, PartialEq, Eq)]
pub struct Erasable {
    /// The salted digest, which is never erased.
    pub digest: Digest,
    /// The text and its salt; none once erased.
    pub text: Option<(String, [u8; 16])>,
}

impl Erasable {
    /// Seals a text. The salt must be random, so that a short text cannot be
    /// guessed from the digest once text and salt are erased.
    pub fn new(text: &str, salt: [u8; 16]) -> Self {
        Erasable {
            digest: Self::seal(text, &salt),
            text: Some((text.to_string(), salt)),
        }
    }

    /// Whether the digest matches the text, or the text is erased.
    pub fn is_consistent(&self) -> bool {
        self.text
            .as_ref()
            .is_none_or(|(text, salt)| Self::seal(text, salt) == self.digest)
    }

    fn seal(text: &str, salt: &[u8; 16]) -> Digest {
        let mut digester = Digester::new("erasable/1");
        digester.bytes("salt", salt).text("text", text);
        digester.finish()
    }
}

/// Never shows the text: it may be personal, and debug output ends up in logs.
impl fmt::Debug for Erasable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Erasable({})", self.digest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_cannot_run_into_each_other() {
        let digest = |fields: &[(&str, &str)]| {
            let mut digester = Digester::new("test");
            for (name, value) in fields {
                digester.text(name, value);
            }
            digester.finish()
        };
        assert_ne!(
            digest(&[("a", "bc"), ("d", "e")]),
            digest(&[("a", "b"), ("cd", "e")])
        );
        assert_ne!(digest(&[("a", "")]), digest(&[]));
        assert_ne!(
            Digester::new("one").finish(),
            Digester::new("other").finish()
        );
    }

    #[test]
    fn an_erased_text_leaves_its_digest_and_a_changed_one_shows() {
        let mut sealed = Erasable::new("somebody", [7; 16]);
        assert!(sealed.is_consistent());
        assert_ne!(
            sealed.digest,
            Erasable::new("somebody", [8; 16]).digest,
            "the salt matters"
        );
        sealed.text = Some(("nobody".to_string(), [7; 16]));
        assert!(!sealed.is_consistent());
        sealed.text = None;
        assert!(sealed.is_consistent());
        assert!(!format!("{:?}", Erasable::new("somebody", [7; 16])).contains("somebody"));
    }
}
