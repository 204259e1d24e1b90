//! Replaces every secret of a run in any of its encodings.
//!
//! **Invariant:** secrets that overlap in a text are masked as one, so that no end of one of them stays.

use super::finder::{Finder, SearchForm};
use super::{Secret, encodings};
use parking_lot::RwLock;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::OnceLock;

/// What stands in a text where a secret was.
pub const MASK: &str = "[secret]";

/// Knows every secret of a run and replaces it, in any of its encodings, by [`MASK`].
#[derive(Default)]
pub struct Redactor {
    known: RwLock<KnownSecrets>,
    listener: OnceLock<Listener>,
}

type Listener = Box<dyn Fn(&Secret) + Send + Sync>;

#[derive(Default)]
struct KnownSecrets {
    values: BTreeSet<String>,
    forms: BTreeSet<SearchForm>,
    finder: Finder,
}

impl Redactor {
    /// Tells each new secret to `listener` before it is looked for; the first listener stays.
    pub fn tell(&self, listener: impl Fn(&Secret) + Send + Sync + 'static) {
        let _ = self.listener.set(Box::new(listener));
    }

    /// Looks for `secret` in everything from now on.
    pub fn register(&self, secret: &Secret) {
        let is_known = |known: &KnownSecrets| known.values.contains(secret.expose());
        if is_known(&self.known.read()) {
            return;
        }
        if let Some(listener) = self.listener.get() {
            listener(secret);
        }
        let forms = encodings::of(secret.expose());
        let mut known = self.known.write();
        known.values.insert(secret.expose().to_owned());
        for form in forms {
            if known.forms.insert(form.clone()) {
                known.finder.add(form);
            }
        }
    }

    /// `text` with every secret replaced.
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let spans = self.spans(text.as_bytes());
        if spans.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut clean = String::with_capacity(text.len());
        let mut from = 0;
        for span in spans {
            // A text is found in another only at its character boundaries.
            clean.push_str(text.get(from..span.start).unwrap_or_default());
            clean.push_str(MASK);
            from = span.end;
        }
        clean.push_str(text.get(from..).unwrap_or_default());
        Cow::Owned(clean)
    }

    /// Where secrets are: in order, apart from each other.
    pub(super) fn spans(&self, text: &[u8]) -> Vec<Range<usize>> {
        let known = self.known.read();
        let mut spans: Vec<Range<usize>> = Vec::new();
        for span in known.finder.find(text) {
            match spans.last_mut() {
                Some(last) if span.start < last.end => last.end = last.end.max(span.end),
                _ => spans.push(span),
            }
        }
        spans
    }

    /// The longest form of any secret, in bytes.
    pub(super) fn bytes_max(&self) -> usize {
        self.known.read().finder.bytes_max
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};
    use proptest::prelude::*;

    const CANARY: &str = "c4n&ry/tok en+0";

    fn redactor(secrets: &[&str]) -> Redactor {
        let redactor = Redactor::default();
        for secret in secrets {
            redactor.register(&Secret::new((*secret).into()));
        }
        redactor
    }

    #[test]
    fn finds_a_secret_in_every_encoding() {
        let redactor = redactor(&[CANARY]);
        for SearchForm { text, .. } in encodings::of(CANARY) {
            assert_eq!(redactor.redact(&format!("a {text} b")), "a [secret] b", "{text}");
        }
        for before in ["", "a", "ab", "abc"] {
            let whole = format!("{before}{CANARY}zz");
            for text in [STANDARD.encode(&whole), URL_SAFE.encode(&whole)] {
                assert!(redactor.redact(&text).contains(MASK), "{text}");
            }
        }
    }

    #[test]
    fn finds_a_secret_whose_letters_are_written_by_their_numbers() {
        for text in [
            r"\u017c\u00f3\u0142\u0107!",
            "%u017C%u00F3%u0142%u0107!",
            "%C5%BC%C3%B3%C5%82%C4%87!",
            "&#380;&#243;&#x142;&#263;&#33;",
            "=C5=BC=C3=B3=C5=82=C4=87=21",
        ] {
            assert_eq!(redactor(&["żółć!"]).redact(&format!("a{text}b")), "a[secret]b", "{text}");
        }
    }

    #[test]
    fn finds_a_secret_that_is_quoted_or_broken_anywhere() {
        let redactor = redactor(&["abcab", CANARY]);
        for at in 0..5 {
            let quoted = format!("{}%{:02x}{}", &"abcab"[..at], "abcab".as_bytes()[at], &"abcab"[at + 1..]);
            assert_eq!(redactor.redact(&format!("-{quoted}-")), "-[secret]-", "{quoted}");
            let other = format!("{}-{}", &"abcab"[..at], &"abcab"[at..]);
            assert_eq!(redactor.redact(&other), if at == 0 { "-[secret]".to_owned() } else { other.clone() });
        }
        let encoded = STANDARD.encode("c4n&ry/tok en+0");
        for at in 1..encoded.len() {
            for between in ["\n", "\r\n", "\n \t", r"\n", "%0A "] {
                let folded = format!("-{}{between}{}-", &encoded[..at], &encoded[at..]);
                assert_eq!(redactor.redact(&folded), "-[secret]-", "{folded:?}");
            }
        }
        let broken = "c4n&ry/\ntok en+0";
        assert_eq!(redactor.redact(broken), broken, "only an encoding is broken into lines");
    }

    #[test]
    fn who_listens_first_is_told_of_each_secret_once() {
        let (redactor, told) =
            (Redactor::default(), std::sync::Arc::new(parking_lot::Mutex::new(Vec::new())));
        for name in ["first", "second"] {
            let told = told.clone();
            redactor.tell(move |secret| told.lock().push(format!("{name} {}", secret.expose())));
        }
        for secret in ["abcab", "abcab", "defde"] {
            redactor.register(&Secret::new(secret.into()));
        }
        assert_eq!(*told.lock(), ["first abcab", "first defde"]);
    }

    #[test]
    fn leaves_other_text_alone() {
        assert!(matches!(redactor(&[CANARY]).redact("nothing here"), Cow::Borrowed("nothing here")));
        assert!(matches!(redactor(&[]).redact("nothing here"), Cow::Borrowed("nothing here")));
        assert!(matches!(redactor(&["word"]).redact("a word"), Cow::Borrowed("a word")));
    }

    #[test]
    fn overlapping_secrets_are_one_mask() {
        let redactor = redactor(&["abcdefgh", "efghijkl", "[secret]x", "ghghghgh"]);
        assert_eq!(redactor.redact("abcdefghijkl"), MASK);
        assert_eq!(redactor.redact("-ghghghghgh-"), "-[secret]-");
        assert_eq!(redactor.redact("abcdefghx"), "[secret]x", "what was put in is not looked at again");
        assert_eq!(redactor.redact("abcdefghabcdefgh"), "[secret][secret]");
    }

    proptest! {
        #[test]
        fn nothing_of_a_secret_stays(secret in "[a-c+/ \"ż]{5,12}", before in "[a-c]{0,6}", after in "[a-c]{0,6}") {
            let clean = redactor(&[&secret]).redact(&format!("{before}{secret}{after}")).into_owned();
            prop_assert!(!clean.contains(&secret));
            prop_assert!(clean.contains(MASK));
        }
    }
}
