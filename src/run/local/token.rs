//! A token of the local account that is kept in a file, so that clients are configured once.
//!
//! **Invariant:** a value that is no token of a local account is neither taken nor shown: it may open something else.

use crate::local::{Account, IssueError};
use crate::system::files;
use secrecy::{ExposeSecret, SecretString};
use std::io::{self, ErrorKind};
use std::path::Path;

/// How a token of a local account begins.
const BEGINS: &str = "local_";

/// Characters after that: as many as nobody guesses.
const CHARACTERS_MIN: usize = 20;

const FILE_BYTES_MAX: u64 = 1024;

/// Names of files are seldom that long and that plain; tokens are.
const PLAIN_CHARACTERS_MIN: usize = 32;

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// A token where the name of a file belongs; it is not quoted.
    #[error(
        "`--token` takes a file, and was given what may be a token\nhint: others can read a command line: name a file that holds the token, or one that is not there: a new token is written into it"
    )]
    Bare,
    /// The file can't be read.
    #[error("can't read `{file}`: {source}")]
    Read {
        /// As it was named.
        file: String,
        /// The error of the system.
        source: io::Error,
    },
    /// The file has other content.
    #[error(
        "`{0}` holds no token of a local account, which is `{BEGINS}` and {CHARACTERS_MIN} letters and digits or more\nhint: name a file that is not there: a new token is written into it"
    )]
    Other(String),
    /// The file can't be made.
    #[error("can't write `{file}`: {source}")]
    Write {
        /// As it was named.
        file: String,
        /// The error of the system.
        source: io::Error,
    },
    /// The account could not take it.
    #[error(transparent)]
    Issue(#[from] IssueError),
}

/// The token in the file, which the account then accepts; without a file, a new one is written. It has these
/// permissions, all where none is named.
pub fn kept(account: &Account, path: &Path, permissions: &[&str]) -> Result<SecretString, TokenError> {
    if path.file_name().is_some_and(|name| may_be_token(&name.to_string_lossy())) {
        return Err(TokenError::Bare);
    }
    let file = path.display().to_string();
    let token = match files::read_text(path, FILE_BYTES_MAX) {
        Ok(text) if is_token(text.trim()) => SecretString::from(text.trim().to_owned()),
        Ok(_) => return Err(TokenError::Other(file)),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let token = account.new_token()?;
            // Its owner alone may read it.
            files::write_new(path, format!("{}\n", token.expose_secret()).as_bytes())
                .map_err(|source| TokenError::Write { file, source })?;
            token
        }
        Err(source) => return Err(TokenError::Read { file, source }),
    };
    account.keep_token(&token, permissions)?;
    Ok(token)
}

/// What it opens is not known.
fn may_be_token(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    text.len() >= PLAIN_CHARACTERS_MIN && text.bytes().all(is_plain)
}

fn is_token(text: &str) -> bool {
    text.strip_prefix(BEGINS).is_some_and(|rest| {
        rest.len() >= CHARACTERS_MIN && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}
