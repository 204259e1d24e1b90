//! Masks secrets in text that arrives in pieces.
//!
//! **Invariant:** however the text is cut, what comes out is what [`Redactor::redact`] makes of the whole.

use super::{MASK, Redactor};
use std::io::{self, Write};
use std::sync::Arc;

/// A writer that holds back what may be the beginning of a secret until it is known.
pub struct Masked<W: Write> {
    redactor: Arc<Redactor>,
    held: Vec<u8>,
    out: W,
}

impl<W: Write> Masked<W> {
    /// In front of `out`.
    pub fn new(redactor: Arc<Redactor>, out: W) -> Self {
        Masked { redactor, held: Vec::new(), out }
    }

    /// Writes what was held back: nothing follows.
    pub fn finish(mut self) -> io::Result<W> {
        let end = self.held.len();
        self.release(end)?;
        self.out.flush()?;
        Ok(self.out)
    }

    /// Writes what is held, up to `end` or to the secret that lies across it.
    fn release(&mut self, end: usize) -> io::Result<()> {
        let mut from = 0;
        let mut end = end;
        for span in self.redactor.spans(&self.held) {
            if span.start >= end {
                break;
            }
            if span.end > end {
                // It may go on in what is still to come.
                end = span.start;
                break;
            }
            self.out.write_all(&self.held[from..span.start])?;
            self.out.write_all(MASK.as_bytes())?;
            from = span.end;
        }
        self.out.write_all(&self.held[from..end])?;
        self.held.drain(..end);
        Ok(())
    }
}

impl<W: Write> Write for Masked<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.held.extend_from_slice(bytes);
        let undecided = self.redactor.bytes_max().saturating_sub(1);
        self.release(self.held.len().saturating_sub(undecided))?;
        Ok(bytes.len())
    }

    /// What is held back stays held.
    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;
    use proptest::prelude::*;

    fn redactor() -> Arc<Redactor> {
        let redactor = Redactor::default();
        for secret in ["s3cret-canary", "abcab", "cabca/bc", "żółć!"] {
            redactor.register(&Secret::new(secret.into()));
        }
        Arc::new(redactor)
    }

    fn streamed(pieces: &[&[u8]]) -> String {
        let mut masked = Masked::new(redactor(), Vec::new());
        for piece in pieces {
            masked.write_all(piece).unwrap();
            masked.flush().unwrap();
        }
        String::from_utf8(masked.finish().unwrap()).unwrap()
    }

    #[test]
    fn a_secret_in_two_pieces_is_masked_at_every_cut() {
        let text = "Bearer s3cret-canary, żółć! and czNjcmV0LWNhbmFyeQ== end".as_bytes();
        for cut in 0..=text.len() {
            assert_eq!(
                streamed(&[&text[..cut], &text[cut..]]),
                "Bearer [secret], [secret] and [secret]Q== end",
                "{cut}"
            );
        }
    }

    #[test]
    fn the_longest_writing_of_the_longest_form_is_held_back() {
        let longest = |text: &str| {
            text.bytes().fold(String::new(), |all, byte| format!("{all}{}U{byte:08x}", r"\\\\\\\\"))
        };
        let masked = Arc::new(Redactor::default());
        masked.register(&Secret::new("abcab".into()));
        let text = format!("a {} b", longest("6162636162"));
        for cut in 0..=text.len() {
            let mut stream = Masked::new(masked.clone(), Vec::new());
            stream.write_all(&text.as_bytes()[..cut]).unwrap();
            stream.write_all(&text.as_bytes()[cut..]).unwrap();
            assert_eq!(String::from_utf8(stream.finish().unwrap()).unwrap(), "a [secret] b", "{cut}");
        }
    }

    /// What is let go, and how often it was flushed.
    #[derive(Default)]
    struct Out(Vec<u8>, usize);

    impl Write for Out {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            self.1 += 1;
            Ok(())
        }
    }

    #[test]
    fn a_long_text_is_let_go_but_for_what_may_begin_a_secret() {
        let redactor = redactor();
        let undecided = redactor.bytes_max() - 1;
        let lines = "-".repeat(undecided + 60);
        let text = format!("{lines}s3cret-canary{lines}abcabca/bc{lines}");
        for size in [3, 7, 39, 500] {
            let mut masked = Masked::new(redactor.clone(), Out::default());
            for piece in text.as_bytes().chunks(size) {
                masked.write_all(piece).unwrap();
            }
            assert_eq!(masked.held, &lines.as_bytes()[..undecided], "{size}");
            masked.flush().unwrap();
            assert_eq!(masked.out.1, 1);
            let out = masked.finish().unwrap();
            assert_eq!(out.1, 2);
            assert_eq!(String::from_utf8(out.0).unwrap(), format!("{lines}[secret]{lines}[secret]{lines}"));
        }
    }

    #[test]
    fn what_stands_before_a_secret_may_begin_a_longer_one() {
        let redactor = Redactor::default();
        for secret in ["abcab", "xabcabzz"] {
            redactor.register(&Secret::new(secret.into()));
        }
        let mut masked = Masked::new(Arc::new(redactor), Vec::new());
        masked.write_all(b"xabcab").unwrap();
        masked.write_all(b"zz").unwrap();
        assert_eq!(masked.finish().unwrap(), MASK.as_bytes());
    }

    #[test]
    fn without_secrets_nothing_is_held_back() {
        let mut masked = Masked::new(Arc::default(), Vec::new());
        masked.write_all(b"abc").unwrap();
        assert_eq!(masked.out, b"abc");
    }

    proptest! {
        #[test]
        fn pieces_are_as_good_as_the_whole(
            text in "[abc/ż]{0,60}(s3cret-canary|abcab|cabca/bc)?[abc/]{0,60}",
            sizes in prop::collection::vec(1_usize..9, 1..40),
        ) {
            let mut rest = text.as_bytes();
            let mut pieces = Vec::new();
            for size in sizes.iter().cycle() {
                if rest.is_empty() { break; }
                let (piece, more) = rest.split_at((*size).min(rest.len()));
                pieces.push(piece);
                rest = more;
            }
            prop_assert_eq!(streamed(&pieces), redactor().redact(&text).into_owned());
        }
    }
}
