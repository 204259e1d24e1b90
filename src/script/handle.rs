//! The script's side of handles, which may belong to an op in progress, and of secrets.
//!
//! **Invariant:** the text of a handle never depends on whether it is finished, and no op takes it for a name.

use crate::op::Pending;
use crate::secret::Secret;
use std::sync::Arc;

/// Stands in the text of a handle, so that a text made from one is recognised (RHAI-4).
pub const MARK: char = '\u{f8ff}';

/// Stands in the text of a secret, so that nobody sends a text in which only the word stands.
pub const SECRET_MARK: char = '\u{f8fe}';

/// Stands in the text of `()`: nobody means to name a thing after what is missing.
pub const NOTHING_MARK: char = '\u{f8fd}';

/// What a text was made from that has no text of its own, and what to write in its place.
pub fn made_from(text: &str) -> Option<&'static str> {
    if text.contains(MARK) {
        Some("text made from a handle (write `.name` or `.id`)")
    } else if text.contains(SECRET_MARK) {
        Some("text made from a secret (`+` joins it into another secret)")
    } else if text.contains(NOTHING_MARK) {
        Some("text made from `()`, a missing value (`x ?? \"..\"` stands in for it)")
    } else {
        None
    }
}

/// The script's side of a [`Pending`].
#[derive(Clone, Debug)]
pub struct Handle(pub Arc<Pending>);

impl Handle {
    /// `KvNamespace(SESSIONS)`, with the mark.
    pub fn text(&self) -> String {
        format!("{MARK}{}({})", self.0.kind, self.0.key.name)
    }
}

/// The script's side of a [`Secret`].
#[derive(Clone, Debug)]
pub struct ScriptSecret(pub Secret);

impl ScriptSecret {
    /// `Secret`, with the mark, whatever the value.
    pub fn text(&self) -> String {
        format!("{SECRET_MARK}Secret")
    }
}

/// `text` as people may see it.
pub fn unmarked(text: &str) -> String {
    text.replace([MARK, SECRET_MARK, NOTHING_MARK], "")
}
