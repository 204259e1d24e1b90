//! Env files: `KEY=value` lines, read only when `--env-file` names the file.
//!
//! Quotes as in a shell, no expansion: `${X}` outside of single quotes is refused rather than taken literally.
//!
//! **Invariant:** no message holds a value, nor a key that is not one: a line without `=` may be a secret.

use crate::system::{Environment, Root, RootError, files};
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// An env file is written by hand.
pub const ENV_FILE_BYTES_MAX: u64 = 256 * 1024;

/// Why an env file is not used.
#[derive(Debug, Error)]
pub enum EnvFileError {
    #[error("cannot read the env file `{}`: {source}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("cannot read the env file `{}`: {error}\nhint: name the file that the link leads to", path.display())]
    OutOfReach { path: PathBuf, error: RootError },
    #[error("{}:{line}: {flaw}", path.display())]
    Malformed { path: PathBuf, line: usize, flaw: LineError },
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LineError {
    #[error("expected `KEY=value`")]
    NotAnAssignment,
    #[error("a key is letters, digits and `_`, and does not begin with a digit")]
    BadKey,
    #[error("the quote is not closed")]
    OpenQuote,
    #[error("only a comment may follow the closing quote")]
    AfterQuote,
    #[error("`{key}` is set twice, first in line {first}")]
    SetTwice { key: String, first: usize },
    #[error("variables are not expanded\nhint: in single quotes, `${{` is taken as it is")]
    Expansion,
    #[error("a NUL character")]
    Nul,
}

/// Reads `path`, which begins at `folder`, and adds what the environment does not set itself; from the repository around `root`
/// no link leads out.
pub fn load(
    root: &Root,
    folder: &Path,
    path: &Path,
    environment: &mut Environment,
) -> Result<(), EnvFileError> {
    let unreadable = |source| EnvFileError::Unreadable { path: path.to_owned(), source };
    let real = match root.follow(&folder.join(path)) {
        Err(RootError::Unreadable { source, .. }) => Err(unreadable(source)),
        real => real.map_err(|error| EnvFileError::OutOfReach { path: path.to_owned(), error }),
    };
    let text = files::read_text(&real?, ENV_FILE_BYTES_MAX).map_err(unreadable)?;
    let pairs =
        parse(&text).map_err(|(line, flaw)| EnvFileError::Malformed { path: path.to_owned(), line, flaw })?;
    for (key, value) in &pairs {
        environment.fill(key, value);
    }
    Ok(())
}

/// The assignments in order, or the first line that is wrong.
pub fn parse(text: &str) -> Result<Vec<(String, String)>, (usize, LineError)> {
    let mut reader = Reader { rest: text.strip_prefix('\u{feff}').unwrap_or(text), line: 1 };
    let mut found: Vec<(String, String, usize)> = Vec::new();
    while !reader.rest.is_empty() {
        let line = reader.line;
        let Some((key, value)) = reader.assignment().map_err(|flaw| (line, flaw))? else { continue };
        if let Some((_, _, first)) = found.iter().find(|(known, ..)| *known == key) {
            return Err((line, LineError::SetTwice { key, first: *first }));
        }
        if value.contains('\0') {
            return Err((line, LineError::Nul));
        }
        found.push((key, value, line));
    }
    Ok(found.into_iter().map(|(key, value, _)| (key, value)).collect())
}

struct Reader<'a> {
    rest: &'a str,
    line: usize,
}

impl Reader<'_> {
    /// One line, or more if quotes span them; `None` for an empty one or a comment.
    fn assignment(&mut self) -> Result<Option<(String, String)>, LineError> {
        let line = self.rest.split('\n').next().unwrap_or_default();
        let content = line.trim();
        if content.is_empty() || content.starts_with('#') {
            self.skip(line.len());
            return Ok(None);
        }
        let equals = line.find('=').ok_or(LineError::NotAnAssignment)?;
        let key = line[..equals].trim();
        let key =
            key.strip_prefix("export").filter(|rest| rest.starts_with([' ', '\t'])).map_or(key, str::trim);
        if !is_key(key) {
            return Err(LineError::BadKey);
        }
        self.skip_in_line(equals + 1);
        Ok(Some((key.to_owned(), self.value()?)))
    }

    fn value(&mut self) -> Result<String, LineError> {
        let blank = self.rest.len() - self.rest.trim_start_matches([' ', '\t']).len();
        self.skip_in_line(blank);
        let value = match self.rest.chars().next() {
            Some('\'') => self.single_quoted()?,
            Some('"') => self.double_quoted()?,
            _ => return self.unquoted(blank),
        };
        let line = self.rest.split('\n').next().unwrap_or_default();
        let after = line.trim();
        if !after.is_empty() && !after.starts_with('#') {
            return Err(LineError::AfterQuote);
        }
        self.skip(line.len());
        Ok(value)
    }

    /// Up to the end of the line or a `#` after a blank.
    fn unquoted(&mut self, blank: usize) -> Result<String, LineError> {
        let line = self.rest.split('\n').next().unwrap_or_default();
        let is_comment = |at: usize| if at == 0 { blank > 0 } else { line[..at].ends_with([' ', '\t']) };
        let end = line.match_indices('#').map(|(at, _)| at).find(|at| is_comment(*at)).unwrap_or(line.len());
        let value = line[..end].trim();
        if value.contains("${") {
            return Err(LineError::Expansion);
        }
        self.skip(line.len());
        Ok(value.to_owned())
    }

    fn single_quoted(&mut self) -> Result<String, LineError> {
        let end = self.rest[1..].find('\'').ok_or(LineError::OpenQuote)?;
        let value = self.rest[1..=end].to_owned();
        self.skip_in_line(end + 2);
        Ok(value)
    }

    fn double_quoted(&mut self) -> Result<String, LineError> {
        let mut value = String::new();
        let mut letters = self.rest.char_indices().skip(1);
        while let Some((at, letter)) = letters.next() {
            match letter {
                '"' => {
                    self.skip_in_line(at + 1);
                    return Ok(value);
                }
                '$' if self.rest[at..].starts_with("${") => return Err(LineError::Expansion),
                '\\' => match letters.next() {
                    Some((_, 'n')) => value.push('\n'),
                    Some((_, 'r')) => value.push('\r'),
                    Some((_, 't')) => value.push('\t'),
                    Some((_, escaped @ ('"' | '\\' | '$'))) => value.push(escaped),
                    Some((_, other)) => value.extend(['\\', other]),
                    None => return Err(LineError::OpenQuote),
                },
                other => value.push(other),
            }
        }
        Err(LineError::OpenQuote)
    }

    fn skip_in_line(&mut self, bytes: usize) {
        let (skipped, rest) = self.rest.split_at(bytes);
        self.line += skipped.matches('\n').count();
        self.rest = rest;
    }

    /// Goes on behind the line break that follows.
    fn skip(&mut self, bytes: usize) {
        self.skip_in_line((bytes + 1).min(self.rest.len()));
    }
}

fn is_key(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|first: char| first.is_ascii_digit())
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parsed(text: &str) -> Result<Vec<(String, String)>, String> {
        parse(text).map_err(|(line, flaw)| format!("{line}: {flaw}"))
    }

    fn one(text: &str) -> String {
        let pairs = parsed(text).unwrap();
        assert_eq!(pairs.len(), 1);
        format!("{}={}", pairs[0].0, pairs[0].1)
    }

    #[test]
    fn values_are_read_as_written() {
        assert_eq!(one("A=b"), "A=b");
        assert_eq!(one("\u{feff}  export  A = b c  # why\r\n"), "A=b c");
        assert_eq!(one("A=b#c"), "A=b#c");
        assert_eq!(one("A=#c"), "A=#c");
        assert_eq!(one("A= # c"), "A=");
        assert_eq!(one("A="), "A=");
        assert_eq!(one("A=pa$$=word"), "A=pa$$=word");
        assert_eq!(one("A='${B} \"\\n # c'  # d"), "A=${B} \"\\n # c");
        assert_eq!(one(r#"A="a\tb\"\\\$\x # c""#), "A=a\tb\"\\$\\x # c");
        assert_eq!(one("A=\"one\ntwo\"\n"), "A=one\ntwo");
        assert_eq!(one("exported=1"), "exported=1");
        assert_eq!(parsed("# a\n\nA=1\nB=2").unwrap().len(), 2);
        assert_eq!(parsed("").unwrap(), []);
    }

    #[test]
    fn flaws_name_the_line_and_never_the_value() {
        let flaw = |text: &str| parsed(text).unwrap_err();
        assert_eq!(flaw("A=1\nsecret"), "2: expected `KEY=value`");
        assert_eq!(flaw("se cret=1"), "1: a key is letters, digits and `_`, and does not begin with a digit");
        assert_eq!(flaw("1A=secret"), "1: a key is letters, digits and `_`, and does not begin with a digit");
        assert_eq!(flaw("=secret"), "1: a key is letters, digits and `_`, and does not begin with a digit");
        assert_eq!(flaw("\nA='secret\nB=1"), "2: the quote is not closed");
        assert_eq!(flaw("A=\"secret"), "1: the quote is not closed");
        assert_eq!(flaw("A=\"secret\\"), "1: the quote is not closed");
        assert_eq!(flaw("A='x' secret"), "1: only a comment may follow the closing quote");
        assert_eq!(flaw("A=1\nB=\"x\ny\"\nA=secret"), "4: `A` is set twice, first in line 1");
        assert_eq!(
            flaw("A=x${SECRET}"),
            "1: variables are not expanded\nhint: in single quotes, `${` is taken as it is"
        );
        assert_eq!(flaw("A=\"${SECRET}\""), flaw("A=${SECRET}"));
        assert_eq!(flaw("A=sec\0ret"), "1: a NUL character");
    }

    #[test]
    fn the_process_environment_wins() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".env");
        let root = Root::new(folder.path()).unwrap();
        files::write_whole(&path, b"A=file\nB=file\n").unwrap();
        let mut environment: Environment = [("A", "process")].into_iter().collect();
        load(&root, folder.path(), &path, &mut environment).unwrap();
        assert_eq!((environment.get("A"), environment.get("B")), (Some("process"), Some("file")));
        files::write_whole(&path, b"A=1\nsecret").unwrap();
        assert_eq!(
            load(&root, folder.path(), &path, &mut environment).unwrap_err().to_string(),
            format!("{}:2: expected `KEY=value`", path.display())
        );
        files::write_whole(&path, &vec![b'A'; 1 << 20]).unwrap();
        assert_eq!(
            load(&root, folder.path(), &path, &mut environment).unwrap_err().to_string(),
            format!("cannot read the env file `{}`: larger than 262144 bytes", path.display())
        );
    }

    proptest! {
        #[test]
        fn single_quotes_keep_everything_but_themselves(value in "[^'\0]{0,40}") {
            prop_assert_eq!(parse(&format!("A='{value}'\nB=1")).unwrap(), vec![
                ("A".to_owned(), value),
                ("B".to_owned(), "1".to_owned()),
            ]);
        }

        #[test]
        fn nothing_panics(text in "[ -~\n\r\té'\"=#$\\\\{}]{0,60}") {
            let _ = parse(&text);
        }
    }
}
