//! Authentication: tokens and keys, stored as hashes, and the permissions of each.

use super::ids::{new_id, sha256_hex};
use super::permissions::{PermissionGroup, find as known};
use super::reply::ErrorReply;
use super::request::Request;
use rusqlite::{Connection, OptionalExtension, params};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

/// The address of the local account's one user, for `X-Auth-Email`.
pub const EMAIL: &str = "larder@localhost.invalid";

/// A known token or key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// 32 hex characters.
    pub id: String,
    /// What it was issued for.
    pub name: String,
    /// What it may do.
    pub permissions: Vec<PermissionGroup>,
}

impl Caller {
    /// Whether it may use a route that asks for `permission`.
    pub fn may(&self, permission: &str) -> bool {
        self.permissions.iter().any(|group| group.covers(permission))
    }
}

/// A name that is no permission group.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("no permission group is called `{0}`")]
pub struct UnknownPermission(pub String);

/// What a request shows to say who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PresentedCredential<'a> {
    Token(&'a str),
    Key(&'a str),
}

impl PresentedCredential<'_> {
    fn kind_and_value(&self) -> (&'static str, &str) {
        match self {
            PresentedCredential::Token(value) => ("token", value),
            PresentedCredential::Key(value) => ("key", value),
        }
    }

    pub(super) fn hash(&self) -> String {
        sha256_hex(self.kind_and_value().1.as_bytes())
    }
}

/// Reads the headers; key and e-mail win over a token, as real clients have it (WR-2). What is missing or
/// garbled is refused before anything else (API-5).
pub(super) fn presented(request: &Request) -> Result<PresentedCredential<'_>, ErrorReply> {
    let garbled = |code: i64, message: &str| {
        ErrorReply::new(400, 6003, "Invalid request headers")
            .with("error_chain", json!([{"code": code, "message": message}]))
    };
    if let Some(key) = request.header("x-auth-key") {
        if !request.header("x-auth-email").is_some_and(|email| email.contains('@')) {
            return Err(garbled(6102, "Invalid format for X-Auth-Email header"));
        }
        return if well_formed(key) {
            Ok(PresentedCredential::Key(key))
        } else {
            Err(garbled(6103, "Invalid format for X-Auth-Key header"))
        };
    }
    request
        .header("authorization")
        .and_then(|header| header.split_once(' '))
        .filter(|(scheme, token)| scheme.eq_ignore_ascii_case("bearer") && well_formed(token))
        .map(|(_, token)| PresentedCredential::Token(token))
        .ok_or_else(|| garbled(6111, "Invalid format for Authorization header"))
}

fn well_formed(value: &str) -> bool {
    !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte))
}

/// The token or key with that hash, if this account issued it.
pub(super) fn find(
    store: &Connection,
    groups: &[PermissionGroup],
    presented: PresentedCredential<'_>,
    request: &Request,
) -> rusqlite::Result<Option<Caller>> {
    let (kind, _) = presented.kind_and_value();
    if kind == "key" && request.header("x-auth-email") != Some(EMAIL) {
        return Ok(None);
    }
    store
        .query_row(
            "SELECT id, name, permissions FROM account_tokens WHERE kind = ?1 AND hash = ?2",
            params![kind, presented.hash()],
            |row| {
                let permissions: String = row.get(2)?;
                let permissions = permissions.lines().filter_map(|name| known(groups, name)).collect();
                Ok(Caller { id: row.get(0)?, name: row.get(1)?, permissions })
            },
        )
        .optional()
}

/// Issues a token with the named permission groups; its value exists only in what is returned.
pub(super) fn issue_token(
    store: &Connection,
    groups: &[PermissionGroup],
    permissions: &[&str],
) -> rusqlite::Result<Result<SecretString, UnknownPermission>> {
    if let Some(unknown) = permissions.iter().find(|name| known(groups, name).is_none()) {
        return Ok(Err(UnknownPermission((*unknown).to_owned())));
    }
    issue(store, "token", permissions).map(Ok)
}

/// Takes a value for a token with the named permission groups, and with no others that it had before.
pub(super) fn keep_token(
    store: &Connection,
    groups: &[PermissionGroup],
    value: &SecretString,
    permissions: &[&str],
) -> rusqlite::Result<Result<(), UnknownPermission>> {
    if let Some(unknown) = permissions.iter().find(|name| known(groups, name).is_none()) {
        return Ok(Err(UnknownPermission((*unknown).to_owned())));
    }
    let hash = sha256_hex(value.expose_secret().as_bytes());
    store.execute(
        "INSERT INTO account_tokens (id, name, kind, hash, permissions) VALUES (?1, 'kept', 'token', ?2, ?3)
         ON CONFLICT (hash) DO UPDATE SET permissions = excluded.permissions",
        params![new_id(store)?, hash, permissions.join("\n")],
    )?;
    Ok(Ok(()))
}

/// Issues a global key, which may do everything, for [`EMAIL`].
pub(super) fn issue_key(store: &Connection, groups: &[PermissionGroup]) -> rusqlite::Result<SecretString> {
    let all: Vec<&str> = groups.iter().map(|group| group.name).collect();
    issue(store, "key", &all)
}

fn issue(store: &Connection, kind: &str, permissions: &[&str]) -> rusqlite::Result<SecretString> {
    let value = random_value(store)?;
    let id = new_id(store)?;
    store.execute(
        "INSERT INTO account_tokens (id, name, kind, hash, permissions) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![id, "issued", kind, sha256_hex(value.expose_secret().as_bytes()), permissions.join("\n")],
    )?;
    Ok(value)
}

/// A value nobody can guess: SQLite's generator is seeded by the operating system, unlike the steered clock's chance.
pub(super) fn random_value(store: &Connection) -> rusqlite::Result<SecretString> {
    store
        .query_row("SELECT 'local_' || lower(hex(randomblob(20)))", [], |row| row.get::<_, String>(0))
        .map(SecretString::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(request: &Request) -> (i64, i64) {
        let failure = presented(request).unwrap_err();
        assert_eq!(failure.status, 400);
        (failure.code().unwrap(), failure.errors[0]["error_chain"][0]["code"].as_i64().unwrap())
    }

    #[test]
    fn garbled_headers_are_refused_with_their_chain() {
        let request = || Request::new("GET", "/user");
        assert_eq!(refusal(&request()), (6003, 6111));
        for header in ["", "Bearer", "Bearer ", "Bearer a b", "Bearer a\u{e9}", "Basic abc", "token"] {
            assert_eq!(refusal(&request().with_header("Authorization", header)), (6003, 6111), "{header}");
        }
        assert_eq!(refusal(&request().with_header("X-Auth-Key", "abc")), (6003, 6102));
        let bad_key = request().with_header("X-Auth-Key", "a b").with_header("X-Auth-Email", EMAIL);
        assert_eq!(refusal(&bad_key), (6003, 6103));
    }

    #[test]
    fn key_and_email_win_over_a_token() {
        let request = Request::new("GET", "/user")
            .with_header("Authorization", "Bearer abc")
            .with_header("X-Auth-Key", "k")
            .with_header("X-Auth-Email", EMAIL);
        assert_eq!(presented(&request).unwrap(), PresentedCredential::Key("k"));
    }
}
