//! Issues tokens and keys. Only their hashes are stored.

use super::super::credentials::{self, UnknownPermission};
use super::Account;
use secrecy::SecretString;

impl Account {
    /// A token with every permission, made when the account was opened and valid until it is dropped.
    pub fn session_token(&self) -> SecretString {
        self.session.clone()
    }

    /// Issues a token with the named permission groups.
    pub fn issue_token(&self, permissions: &[&str]) -> Result<SecretString, IssueError> {
        Ok(credentials::issue_token(&self.inner.lock().store.connection, &self.groups, permissions)??)
    }

    /// Issues a global key for [`EMAIL`](credentials::EMAIL), which may do everything.
    pub fn issue_key(&self) -> Result<SecretString, IssueError> {
        Ok(credentials::issue_key(&self.inner.lock().store.connection, &self.groups)?)
    }

    /// A value for a token that nobody can guess; the account does not know it.
    pub fn new_token(&self) -> Result<SecretString, IssueError> {
        Ok(credentials::random_value(&self.inner.lock().store.connection)?)
    }

    /// Takes a value that is kept elsewhere for a token with the named permission groups, all where none is named.
    pub fn keep_token(&self, value: &SecretString, permissions: &[&str]) -> Result<(), IssueError> {
        let all: Vec<&str> = self.groups.iter().map(|group| group.name).collect();
        let permissions = if permissions.is_empty() { &all[..] } else { permissions };
        Ok(credentials::keep_token(&self.inner.lock().store.connection, &self.groups, value, permissions)??)
    }
}

/// Why no token was issued.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// A permission that is not known.
    #[error(transparent)]
    Permission(#[from] UnknownPermission),
    #[error("storing the hash of a token: {0}")]
    Store(#[from] rusqlite::Error),
}
