//! What is wrong with an option map, and under which keys.

use serde::de::{self, Expected, Unexpected};
use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// No option has that name.
    UnknownKey { key: String, known: Vec<String> },
    /// The option takes one of a few words.
    UnknownWord { word: String, known: Vec<String> },
    /// An option that must be given is not.
    Missing(String),
    /// The value is of another type, or out of bounds.
    Type {
        /// What the option takes.
        expected: String,
        found: String,
    },
    /// Anything else, in words.
    Other(String),
}

/// What is wrong, and under which keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionError {
    /// From the outermost map inwards.
    pub path: Vec<String>,
    /// What is wrong there.
    pub mismatch: Mismatch,
}

impl OptionError {
    /// An error of the whole map.
    pub fn new(mismatch: Mismatch) -> Self {
        OptionError { path: Vec::new(), mismatch }
    }

    /// An error under one key, in words.
    pub fn at(key: &str, words: impl Into<String>) -> Self {
        OptionError::new(Mismatch::Other(words.into())).under(key)
    }

    /// The same error, one key further in.
    pub fn under(mut self, key: &str) -> Self {
        self.path.insert(0, key.to_owned());
        self
    }
}

impl fmt::Display for OptionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.path.join(".");
        match &self.mismatch {
            Mismatch::UnknownKey { key, .. } => write!(f, "there is no option `{key}`"),
            Mismatch::UnknownWord { word, known } => {
                write!(f, "`{at}` can't be `{word}`, it is one of {}", list(known))
            }
            Mismatch::Missing(key) => write!(f, "the option `{key}` is missing"),
            Mismatch::Type { expected, found } => write!(f, "`{at}` must be {expected}, not {found}"),
            Mismatch::Other(words) if at.is_empty() => f.write_str(words),
            Mismatch::Other(words) => write!(f, "`{at}` {words}"),
        }
    }
}

impl std::error::Error for OptionError {}

/// `a`, `b` or `c`, each in backticks.
pub(super) fn list(words: &[String]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

impl de::Error for OptionError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(Mismatch::Other(message.to_string()))
    }

    fn unknown_field(key: &str, known: &'static [&'static str]) -> Self {
        Self::new(Mismatch::UnknownKey {
            key: key.into(),
            known: known.iter().map(|name| (*name).to_owned()).collect(),
        })
    }

    fn unknown_variant(word: &str, known: &'static [&'static str]) -> Self {
        Self::new(Mismatch::UnknownWord {
            word: word.into(),
            known: known.iter().map(|name| (*name).to_owned()).collect(),
        })
    }

    fn missing_field(key: &'static str) -> Self {
        Self::new(Mismatch::Missing(key.into()))
    }

    fn invalid_type(found: Unexpected, expected: &dyn Expected) -> Self {
        let found = match found {
            Unexpected::Bool(flag) => format!("`{flag}`"),
            Unexpected::Signed(number) => number.to_string(),
            Unexpected::Unsigned(number) => number.to_string(),
            // `3.0` is no `3` here.
            Unexpected::Float(number) => format!("{number:?}"),
            Unexpected::Str(text) => format!("the string {text:?}"),
            Unexpected::Unit => "()".into(),
            Unexpected::Seq => "an array".into(),
            Unexpected::Map => "a map".into(),
            other => other.to_string(),
        };
        Self::new(Mismatch::Type { expected: plain(&expected.to_string()), found })
    }

    fn invalid_value(found: Unexpected, expected: &dyn Expected) -> Self {
        Self::invalid_type(found, expected)
    }
}

/// serde names Rust's types; recipes know fewer.
fn plain(expected: &str) -> String {
    match expected {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number, not negative".into(),
        "i8" | "i16" | "i32" | "i64" => "a whole number".into(),
        "f32" | "f64" => "a number".into(),
        "a boolean" => "true or false".into(),
        "a sequence" => "an array".into(),
        other if other.starts_with("struct ") => "a map".into(),
        other => other.into(),
    }
}
