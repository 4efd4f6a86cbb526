//! Tokens: asked for once, kept, and renewed once when the API refuses them, however many calls are under way.
//!
//! A renewal is a task of its own. A caller who gives up does not interrupt it, because a refresh token that rotates
//! is spent as soon as it is sent.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Mutex;

/// Why there is no token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The issuer cannot be reached now; answers from memory may be shown.
    #[error("no token can be had now: {0}")]
    Unavailable(String),
    /// The user or service must sign in again.
    #[error("no token without signing in: {0}")]
    SignedOut(String),
}

/// A token that is on its way.
pub type TokenFuture<'a> = Pin<Box<dyn Future<Output = Result<String, TokenError>> + Send + 'a>>;

/// Where access tokens come from: a sign-in of the app, or an exchange of client credentials.
pub trait TokenSource: Send + Sync + 'static {
    /// A token to call with. `refused` is the one that the API has just refused; then it must be another. It is never
    /// called twice at once.
    fn fetch(&self, refused: Option<&str>) -> TokenFuture<'_>;
}

/// One token and no other.
#[derive(Clone)]
pub struct FixedToken(String);

impl FixedToken {
    /// A token, as it is sent after `Bearer`.
    pub fn new(token: impl Into<String>) -> Self {
        FixedToken(token.into())
    }
}

impl fmt::Debug for FixedToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("FixedToken")
    }
}

impl TokenSource for FixedToken {
    fn fetch(&self, refused: Option<&str>) -> TokenFuture<'_> {
        let result = match refused {
            None => Ok(self.0.clone()),
            Some(_) => Err(TokenError::SignedOut(
                "the API refused the only token".into(),
            )),
        };
        Box::pin(std::future::ready(result))
    }
}

/// Tokens from an async closure, which is called for the first and after each refusal.
pub struct FetchedTokens<F>(F);

impl<F, Fetching> FetchedTokens<F>
where
    F: Fn() -> Fetching + Send + Sync + 'static,
    Fetching: Future<Output = Result<String, TokenError>> + Send + 'static,
{
    /// Tokens from this closure.
    pub fn new(fetch: F) -> Self {
        FetchedTokens(fetch)
    }
}

impl<F> fmt::Debug for FetchedTokens<F> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("FetchedTokens")
    }
}

impl<F, Fetching> TokenSource for FetchedTokens<F>
where
    F: Fn() -> Fetching + Send + Sync + 'static,
    Fetching: Future<Output = Result<String, TokenError>> + Send + 'static,
{
    fn fetch(&self, _refused: Option<&str>) -> TokenFuture<'_> {
        Box::pin((self.0)())
    }
}

/// A token and its number, which tells it from the ones before.
#[derive(Clone)]
pub(crate) struct NumberedToken {
    pub(crate) text: Arc<str>,
    number: u64,
}

/// The token in use.
pub(crate) struct Tokens {
    source: Box<dyn TokenSource>,
    kept: Mutex<Kept>,
    /// How often the source was asked.
    asked: AtomicU64,
}

#[derive(Default)]
struct Kept {
    token: Option<NumberedToken>,
    /// Why the source had none when it was last asked.
    failure: Option<TokenError>,
}

impl Tokens {
    pub(crate) fn of(source: impl TokenSource) -> Arc<Self> {
        Arc::new(Tokens {
            source: Box::new(source),
            kept: Mutex::default(),
            asked: AtomicU64::new(0),
        })
    }

    /// The token in use, or the first.
    pub(crate) async fn current(self: &Arc<Self>) -> Result<NumberedToken, TokenError> {
        self.other_than(None).await
    }

    /// Another token than the one that was refused: one that another call has fetched since, or a new one.
    pub(crate) async fn after(
        self: &Arc<Self>,
        refused: &NumberedToken,
    ) -> Result<NumberedToken, TokenError> {
        self.other_than(Some(refused.number)).await
    }

    /// Forgets the token; the next call asks for one.
    pub(crate) async fn forget(&self) {
        self.kept.lock().await.token = None;
    }

    async fn other_than(
        self: &Arc<Self>,
        refused: Option<u64>,
    ) -> Result<NumberedToken, TokenError> {
        let asked_before = self.asked.load(Ordering::Acquire);
        let tokens = self.clone();
        let task = tokio::spawn(async move { tokens.fetch(refused, asked_before).await });
        task.await.unwrap_or_else(|_| {
            Err(TokenError::Unavailable(
                "the source of tokens panicked".into(),
            ))
        })
    }

    async fn fetch(
        &self,
        refused: Option<u64>,
        asked_before: u64,
    ) -> Result<NumberedToken, TokenError> {
        let mut kept = self.kept.lock().await;
        if let Some(token) = &kept.token
            && Some(token.number) != refused
        {
            return Ok(token.clone());
        }
        let asked = self.asked.load(Ordering::Acquire);
        // Whoever waited for a request that failed does not send the same one again.
        if let Some(failure) = kept.failure.as_ref().filter(|_| asked != asked_before) {
            return Err(failure.clone());
        }
        self.asked.fetch_add(1, Ordering::AcqRel);
        let old = kept.token.as_ref().map(|token| token.text.clone());
        let fetched = self.source.fetch(old.as_deref()).await;
        kept.failure = fetched.as_ref().err().cloned();
        let token = NumberedToken {
            text: fetched?.into(),
            number: asked + 1,
        };
        kept.token = Some(token.clone());
        Ok(token)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    /// Tokens that are numbered from 1, every second of them unavailable if so wished.
    fn counted(fails: bool) -> (Arc<Tokens>, Arc<AtomicUsize>) {
        let count = Arc::new(AtomicUsize::new(0));
        let counter = count.clone();
        let source = FetchedTokens::new(move || {
            let counter = counter.clone();
            async move {
                tokio::task::yield_now().await;
                let number = counter.fetch_add(1, Ordering::SeqCst) + 1;
                if fails && number.is_multiple_of(2) {
                    return Err(TokenError::Unavailable("offline".into()));
                }
                Ok(format!("token-{number}"))
            }
        });
        (Tokens::of(source), count)
    }

    #[tokio::test]
    async fn many_calls_with_a_refused_token_renew_it_once() {
        let (tokens, count) = counted(false);
        let first = tokens.current().await.unwrap();
        let calls = (0..20).map(|_| {
            let (tokens, first) = (tokens.clone(), first.clone());
            tokio::spawn(async move { tokens.after(&first).await.unwrap() })
        });
        for call in calls.collect::<Vec<_>>() {
            assert_eq!(&*call.await.unwrap().text, "token-2");
        }
        assert_eq!(count.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_renewal_that_fails_fails_for_all_who_waited_and_is_tried_again_by_the_next() {
        let (tokens, count) = counted(true);
        let first = tokens.current().await.unwrap();
        let held = tokens.kept.lock().await;
        let calls: Vec<_> = (0..5)
            .map(|_| {
                let (tokens, first) = (tokens.clone(), first.clone());
                tokio::spawn(async move { tokens.after(&first).await.err() })
            })
            .collect();
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
        drop(held);
        for call in calls {
            let failure = call.await.unwrap();
            assert_eq!(failure, Some(TokenError::Unavailable("offline".into())));
        }
        assert_eq!(count.load(Ordering::SeqCst), 2);
        assert_eq!(&*tokens.after(&first).await.unwrap().text, "token-3");
    }

    #[tokio::test]
    async fn a_caller_who_gives_up_does_not_interrupt_a_renewal() {
        let (tokens, count) = counted(false);
        let first = tokens.current().await.unwrap();
        let held = tokens.kept.lock().await;
        {
            let renewal = tokens.after(&first);
            tokio::pin!(renewal);
            tokio::select! {
                biased;
                _ = &mut renewal => panic!("it must wait"),
                () = tokio::task::yield_now() => {}
            }
        }
        drop(held);
        // The task has the lock before this call does.
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
        assert_eq!(count.load(Ordering::SeqCst), 2);
        assert_eq!(&*tokens.current().await.unwrap().text, "token-2");
    }

    #[tokio::test]
    async fn a_fixed_token_that_is_refused_has_no_other() {
        let tokens = Tokens::of(FixedToken::new("secret"));
        let token = tokens.current().await.unwrap();
        let refused = tokens.after(&token).await.err();
        assert!(matches!(refused, Some(TokenError::SignedOut(_))));
        assert_eq!(format!("{:?}", FixedToken::new("secret")), "FixedToken");
    }
}
