//! Secrets as a type, and the one redactor that every sink goes through.
//!
//! Reading order: `escapes` (how a character may be quoted), `finder` (finds what is written so), `encodings` (what else a value may look like),
//! `redactor` (masks all of it), `stream` (the same
//! for text that comes in pieces), `identities` (what public logs don't show although it is no secret).
//!
//! **Invariant:** a [`Secret`] has no `Display`, no `Serialize`, no equality and no conversion into text; its `Debug`
//! shows nothing. The compiler holds this: see the proof at the end of this file.

mod encodings;
mod escapes;
mod finder;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod identities;
mod redactor;
mod stream;

pub use encodings::BYTES_MIN;
pub use identities::Identities;
pub use redactor::{MASK, Redactor};
pub use stream::Masked;

use secrecy::{ExposeSecret, SecretString};

/// A value that must never be shown.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Takes the value; the given string is moved, not copied.
    pub fn new(value: String) -> Self {
        Secret(SecretString::from(value))
    }

    /// The value, for the one place that needs it.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Both values in a row: what is made with a secret is a secret.
    #[must_use]
    pub fn join(&self, other: &Secret) -> Secret {
        Secret::new([self.expose(), other.expose()].concat())
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Does not compile if the type has the trait: the compiler could not tell which `held` is meant.
    macro_rules! never {
        ($type:ty: $($trait:tt)+) => {
            const _: fn() = || {
                trait Held<Which> {
                    fn held() {}
                }
                struct Has;
                impl<T: ?Sized> Held<()> for T {}
                impl<T: ?Sized + $($trait)+> Held<Has> for T {}
                let _ = <$type as Held<_>>::held;
            };
        };
    }

    never!(Secret: std::fmt::Display);
    never!(Secret: serde::Serialize);
    never!(Secret: PartialEq);
    never!(Secret: PartialEq<str>);
    never!(Secret: PartialOrd);
    never!(Secret: std::hash::Hash);
    never!(Secret: std::ops::Deref);
    never!(Secret: AsRef<str>);
    never!(Secret: AsRef<[u8]>);
    never!(Secret: std::borrow::Borrow<str>);
    never!(Secret: Into<String>);
    never!(Secret: Into<serde_json::Value>);
    never!(Secret: Default);
    never!(Secret: Copy);

    #[test]
    fn debug_shows_nothing_however_it_is_asked() {
        let secret = Secret::new("c4n&ry/tok en+0".into());
        assert_eq!(format!("{secret:?} {secret:#?}"), "Secret Secret");
    }

    #[test]
    fn a_joined_secret_is_both_in_a_row() {
        let joined = Secret::new("one".into()).join(&Secret::new("two".into()));
        assert_eq!(joined.expose(), "onetwo");
    }
}
