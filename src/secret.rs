//! Secrets as a type, and the one redactor that every sink goes through.
//!
//! **Invariant:** a [`Secret`] has no `Display`, no `Serialize` and no equality; its `Debug` shows nothing.

#[cfg(any(test, fuzzing))]
pub mod fuzz;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};
use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::{OnceLock, PoisonError, RwLock};

/// What stands in a text where a secret was.
pub const MASK: &str = "[secret]";

/// Values shorter than this are not looked for: they would mask ordinary words (reliability notes 7).
pub const BYTES_MIN: usize = 5;

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
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

/// Knows every secret of a run and replaces it, in any of its encodings, by [`MASK`].
#[derive(Default)]
pub struct Redactor {
    needles: RwLock<Vec<String>>,
    listener: OnceLock<Listener>,
}

type Listener = Box<dyn Fn(&Secret) + Send + Sync>;

impl Redactor {
    /// Tells each secret to `listener` before it is looked for; the first listener stays.
    pub fn tell(&self, listener: impl Fn(&Secret) + Send + Sync + 'static) {
        let _ = self.listener.set(Box::new(listener));
    }

    /// Looks for `secret` in everything from now on.
    pub fn register(&self, secret: &Secret) {
        if let Some(listener) = self.listener.get() {
            listener(secret);
        }
        let value = secret.expose();
        let mut found = vec![value.to_owned()];
        found.extend(value.lines().map(str::to_owned));
        found.push(percent(value));
        found.push(value.bytes().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        }));
        found.push(serde_json::Value::from(value).to_string().trim_matches('"').to_owned());
        for offset in 0..3 {
            found.extend(base64_inside(value.as_bytes(), offset));
        }
        let mut needles = self.needles.write().unwrap_or_else(PoisonError::into_inner);
        needles.extend(found.into_iter().filter(|needle| needle.len() >= BYTES_MIN));
        // The longest first, so that a value that contains another is masked whole.
        needles.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        needles.dedup();
    }

    /// `text` with every secret replaced.
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let needles = self.needles.read().unwrap_or_else(PoisonError::into_inner);
        let mut clean = Cow::Borrowed(text);
        for needle in needles.iter() {
            if clean.contains(needle.as_str()) {
                clean = Cow::Owned(clean.replace(needle.as_str(), MASK));
            }
        }
        clean
    }
}

fn percent(value: &str) -> String {
    value.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(byte as char);
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

/// The characters that stay the same wherever `value` begins inside a longer base64 text: at `offset` bytes past a
/// group of three the first and last characters mix with the neighbours, so they are cut.
fn base64_inside(value: &[u8], offset: usize) -> [String; 2] {
    let mut shifted = vec![0; offset];
    shifted.extend_from_slice(value);
    let lead = (offset * 8).div_ceil(6);
    let whole = shifted.len() * 8 / 6;
    [STANDARD_NO_PAD.encode(&shifted), URL_SAFE_NO_PAD.encode(&shifted)]
        .map(|text| text.get(lead..whole).unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::STANDARD;

    const CANARY: &str = "c4n&ry/tok en+0";

    fn redactor() -> Redactor {
        let redactor = Redactor::default();
        redactor.register(&Secret::new(CANARY.into()));
        redactor
    }

    #[test]
    fn finds_a_secret_in_every_encoding() {
        for text in [
            CANARY.to_owned(),
            percent(CANARY),
            "63346e2672792f746f6b20656e2b30".to_owned(),
            format!("\"{CANARY}\""),
        ] {
            assert!(redactor().redact(&format!("a {text} b")).contains(MASK), "{text}");
        }
        for before in ["", "a", "ab", "abc"] {
            let text = STANDARD.encode(format!("{before}{CANARY}zz"));
            assert!(redactor().redact(&text).contains(MASK), "{text}");
        }
    }

    #[test]
    fn leaves_other_text_alone() {
        assert!(matches!(redactor().redact("nothing here"), Cow::Borrowed("nothing here")));
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", Secret::new(CANARY.into())), "Secret");
    }
}
