//! A change, its digest, and the key that is derived from it, so that the same command
//! line acts once.

use shared::domain::{Digest, Digester, IdempotencyKey, UserId};

use crate::ending::Failure;

/// Digits of the digest in a derived key.
const DIGITS: usize = 32;

/// What an operator asks for.
#[derive(Debug)]
pub(crate) struct Change<'a> {
    /// The command's word, with which a derived key begins.
    pub(crate) word: &'static str,
    /// The owner of the ledger.
    pub(crate) user_id: &'a UserId,
    /// What distinguishes it from other changes of this word and user.
    pub(crate) terms: Vec<(&'static str, String)>,
    /// The version of the account that a derived key is for, if the same change may be
    /// asked for again later: a setting may be changed back and forth.
    pub(crate) version: Option<u64>,
    /// Whether the user is active afterwards, if the change is about that.
    pub(crate) status: Option<bool>,
}

impl Change<'_> {
    fn digester(&self, kind: &str) -> Digester {
        let mut digester = Digester::new(kind);
        digester
            .text("word", self.word)
            .text("user_id", self.user_id.as_str());
        for (name, value) in &self.terms {
            digester.text(name, value);
        }
        digester
    }

    /// Distinguishes a repeat from another change under the same key.
    pub(super) fn request_digest(&self) -> Digest {
        self.digester("operator-change/1").finish()
    }

    /// The key of this change for this reason.
    pub(super) fn derived_key(&self, reason: &str) -> Result<IdempotencyKey, Failure> {
        let mut digester = self.digester("operator-key/1");
        digester.text("reason", reason);
        if let Some(version) = self.version {
            digester.integer("version", version);
        }
        let digits = digester.finish().to_string();
        let digits: String = digits.chars().take(DIGITS).collect();
        let key = format!("{}-{digits}", self.word).parse();
        key.map_err(|_| Failure::Could("no key can be derived; pass --key".to_string()))
    }
}
