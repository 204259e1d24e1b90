//! Reads the file of a load in parts: checks that D1 accepts its text, and counts its statements.
//!
//! **Invariant:** a file that is too large to be checked is not held as a whole.

use super::super::split::StatementSplitter;
use crate::op::{Context, Failure};
use crate::project::similar_path;
use crate::services::d1::migrations::{CHECKED_BYTES_MAX, check_load};
use crate::system::files::Source;
use crate::system::{RootError, plain};
use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::Arc;

/// What the API takes (D1-22).
const BYTES_MAX: u64 = 5_000_000_000;
const PART_BYTES: usize = 256 << 10;
/// What a database file begins with.
const BINARY: &[u8] = b"SQLite format 3\0";
const MARK: &[u8] = "\u{feff}".as_bytes();

/// A file that can be loaded.
#[derive(Clone)]
pub(super) struct LoadText {
    file: String,
    pub(super) source: Arc<Source>,
    /// After a byte-order mark.
    pub(super) begin: u64,
}

/// What a file holds.
pub(super) struct Survey {
    pub(super) statements: u64,
    /// What has to follow it so that more statements may.
    pub(super) closing: String,
}

impl LoadText {
    /// Opens a file of the project and checks it; also the whole of it, where it is small enough to be played.
    pub(super) fn checked(context: &Context, file: &str) -> Result<(Self, Option<String>), Failure> {
        let refuse = |why: String| refused(file, &why);
        let path = context.root.resolve(file).map_err(|error| unresolved(context, file, &error))?;
        let source = Source::open(&path, BYTES_MAX).map_err(|error| refuse(error.to_string()))?;
        let head = source.part(0, BINARY.len()).map_err(|error| refuse(error.to_string()))?;
        if head.starts_with(BINARY) {
            return Err(refuse("it is a database file, and D1 takes SQL text".to_owned()));
        }
        let begin = if head.starts_with(MARK) { MARK.len() as u64 } else { 0 };
        let text = LoadText { file: file.to_owned(), source: Arc::new(source), begin };
        if text.bytes() > CHECKED_BYTES_MAX {
            let survey = text.survey(|_| ())?;
            return if survey.statements == 0 { Err(empty(file)) } else { Ok((text, None)) };
        }
        let mut whole = Vec::new();
        text.survey(|part| whole.extend_from_slice(part))?;
        let whole = String::from_utf8(whole).map_err(|error| refuse(error.to_string()))?;
        check_load(file, &whole)?;
        Ok((text, Some(whole)))
    }

    /// How many bytes are loaded.
    pub(super) fn bytes(&self) -> u64 {
        self.source.bytes() - self.begin
    }

    /// Reads it once, and hands each part on.
    pub(super) fn survey(&self, mut each: impl FnMut(&[u8])) -> Result<Survey, Failure> {
        let refuse = |why: String| refused(&self.file, &why);
        let (mut cutter, mut check) =
            (StatementSplitter::default(), Check { at: self.begin, ..Check::default() });
        let (mut at, mut statements) = (self.begin, 0);
        loop {
            let part = self.source.part(at, PART_BYTES).map_err(|error| refuse(changed(&error)))?;
            check.part(&part).map_err(refuse)?;
            if part.is_empty() {
                break;
            }
            at += part.len() as u64;
            let mut rest = part.as_slice();
            while !rest.is_empty() {
                let (cut, read) = cutter.feed(rest);
                statements += u64::from(cut.is_some());
                rest = &rest[read..];
            }
            each(&part);
        }
        let closing = cutter.closing();
        statements += u64::from(closing.ends_with(';'));
        Ok(Survey { statements, closing })
    }
}

fn changed(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => "it has become shorter while it was read".to_owned(),
        _ => error.to_string(),
    }
}

/// Where there is no file of that name, one of almost that name may be meant.
fn unresolved(context: &Context, file: &str, error: &RootError) -> Failure {
    let is_absent =
        matches!(error, RootError::Unreadable { source, .. } if source.kind() == ErrorKind::NotFound);
    let wanted = plain(Path::new(file)).display().to_string();
    match is_absent.then(|| similar_path::file(context.root.path(), &wanted, ".sql")).flatten() {
        Some(near) => {
            let (message, hint) =
                (format!("can't load `{file}`: {error}"), format!("did you mean `{near}`?"));
            Failure::refused_with_hint("file", message, hint)
        }
        None => refused(file, &error.to_string()),
    }
}

fn refused(file: &str, why: &str) -> Failure {
    let hint = "the path is read from the project's folder; a file to load is UTF-8 text of at most 5 GB";
    Failure::refused_with_hint("file", format!("can't load `{file}`: {why}"), hint)
}

fn empty(file: &str) -> Failure {
    let message = format!("`{file}` holds no statement");
    Failure::refused_with_hint("argument", message, "D1 refuses an empty file")
}

/// Whether parts make a text.
#[derive(Default)]
struct Check {
    /// Where in the file the part begins.
    at: u64,
    lines: usize,
    /// The beginning of a character whose rest is in the next part.
    begun: Vec<u8>,
}

impl Check {
    /// Checks a part; an empty one is the end.
    fn part(&mut self, part: &[u8]) -> Result<(), String> {
        let begin = self.at - self.begun.len() as u64;
        let not_text = |valid: usize| format!("not UTF-8 at byte {}", begin + valid as u64);
        if part.is_empty() {
            return if self.begun.is_empty() { Ok(()) } else { Err(not_text(0)) };
        }
        if let Some(at) = part.iter().position(|byte| *byte == 0) {
            let line = self.lines + newlines(&part[..at]) + 1;
            return Err(format!("it holds a NUL byte in line {line}"));
        }
        self.lines += newlines(part);
        self.at += part.len() as u64;
        // Only the first character may have begun before.
        let joined = if self.begun.is_empty() { None } else { Some([&self.begun, part].concat()) };
        let text = joined.as_deref().unwrap_or(part);
        let rest = match std::str::from_utf8(text) {
            Ok(_) => &[],
            Err(error) if error.error_len().is_none() => &text[error.valid_up_to()..],
            Err(error) => return Err(not_text(error.valid_up_to())),
        };
        self.begun = rest.to_vec();
        Ok(())
    }
}

fn newlines(bytes: &[u8]) -> usize {
    bytes.split(|byte| *byte == b'\n').count() - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &[u8], parts: usize) -> Result<(), String> {
        let mut check = Check::default();
        text.chunks(parts).chain([&[][..]]).try_for_each(|part| check.part(part))
    }

    #[test]
    fn what_is_no_text_is_found_wherever_a_part_ends() {
        let wrong = [
            (&b"a\n\xc3\xa9\n\0"[..], "it holds a NUL byte in line 3"),
            (b"\xc3\xa9\xff", "not UTF-8 at byte 2"),
            (b"a\xe2\x82", "not UTF-8 at byte 1"),
            (b"a\xe2\x82b", "not UTF-8 at byte 1"),
        ];
        for parts in 1..6 {
            for (text, said) in wrong {
                assert_eq!(check(text, parts).unwrap_err(), said, "{text:?} in parts of {parts}");
            }
            assert_eq!(check("é€😀\n".as_bytes(), parts), Ok(()));
        }
    }
}
