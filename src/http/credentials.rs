//! The credentials of a run, and how a token is read again after the API has rejected it.
//!
//! **Invariant:** a source is looked into again once in a run, however often it is refused.

use crate::secret::Secret;
use parking_lot::Mutex;
use std::fmt;
use std::sync::Arc;

const AUTHORIZATION: &str = "authorization";
const EMAIL: &str = "x-auth-email";
const KEY: &str = "x-auth-key";
/// The headers that say who asks.
pub(super) const HEADERS: [&str; 3] = [AUTHORIZATION, EMAIL, KEY];

#[derive(Clone, Debug)]
pub enum Credentials {
    /// `Authorization: Bearer`.
    Token(Secret),
    /// A token of a source that may contain another one by the time it is rejected.
    Renewed(Arc<TokenSource>),
    Key {
        /// The account holder's address.
        email: String,
        key: Secret,
    },
}

/// Where a token came from, such as a file that somebody else keeps fresh.
pub struct TokenSource {
    read: Box<dyn Fn() -> Option<Secret> + Send + Sync>,
    state: Mutex<State>,
}

struct State {
    token: Secret,
    /// How many tokens there were before this one.
    generation: u32,
    was_asked: bool,
}

impl TokenSource {
    /// A source that gave `token`; `read` returns its later content.
    pub fn new(token: Secret, read: impl Fn() -> Option<Secret> + Send + Sync + 'static) -> Self {
        let state = State { token, generation: 0, was_asked: false };
        TokenSource { read: Box::new(read), state: Mutex::new(state) }
    }
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenSource").finish_non_exhaustive()
    }
}

impl Credentials {
    /// The headers that go along with a request; lower-case names.
    pub(super) fn present(&self) -> Vec<(String, String)> {
        let bearer = |token: &Secret| vec![(AUTHORIZATION.into(), format!("Bearer {}", token.expose()))];
        match self {
            Credentials::Token(token) => bearer(token),
            Credentials::Renewed(source) => bearer(&source.state.lock().token),
            Credentials::Key { email, key } => {
                vec![(EMAIL.into(), email.clone()), (KEY.into(), key.expose().to_owned())]
            }
        }
    }

    /// Whether there are others than those of that generation, which were refused.
    pub(super) fn are_newer_than(&self, generation: u32) -> bool {
        let Credentials::Renewed(source) = self else { return false };
        let mut state = source.state.lock();
        if state.generation == generation && !state.was_asked {
            state.was_asked = true;
            if let Some(token) = (source.read)()
                && token.expose() != state.token.expose()
            {
                state.token = token;
                state.generation += 1;
            }
        }
        state.generation > generation
    }

    /// Of which generation a request's are that is sent now, or older than they.
    pub(super) fn generation(&self) -> u32 {
        match self {
            Credentials::Renewed(source) => source.state.lock().generation,
            Credentials::Token(_) | Credentials::Key { .. } => 0,
        }
    }
}
