//! Somebody with a token at a served world: the same few calls, without
//! spelling out the header each time.

use crate::{Answer, Served};

/// A token in use.
#[derive(Clone, Copy)]
pub struct SignedIn<'a> {
    served: &'a Served,
    token: &'a str,
}

impl Served {
    /// Calls with a token at hand.
    pub fn with<'a>(&'a self, token: &'a str) -> SignedIn<'a> {
        SignedIn {
            served: self,
            token,
        }
    }
}

impl SignedIn<'_> {
    /// A GET.
    pub async fn get(self, path: &str) -> Answer {
        self.send("GET", path, &[], None).await
    }

    /// A GET of what this client may hold already.
    pub async fn get_unless(self, path: &str, tag: &str) -> Answer {
        self.send("GET", path, &[("if-none-match", tag)], None)
            .await
    }

    /// A PATCH of JSON, well-formed or not.
    pub async fn patch(self, path: &str, body: &str) -> Answer {
        let json = [("content-type", "application/json")];
        self.send("PATCH", path, &json, Some(body)).await
    }

    /// Any request with the token.
    pub async fn send(
        self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&str>,
    ) -> Answer {
        let bearer = format!("Bearer {}", self.token);
        let mut all = vec![("authorization", bearer.as_str())];
        all.extend(headers);
        self.served.send(method, path, &all, body).await
    }
}
