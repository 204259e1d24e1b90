//! Ids of the local account, and digests in hex.

use md5::Md5;
use rusqlite::Connection;
use sha2::{Digest, Sha256};

/// A fresh id of 32 hex characters, which begin with `10ca1`, so that it can be told from one of the real account:
/// steered by the account's seed, so that a run with a steered clock repeats.
pub(super) fn new_id(store: &Connection) -> rusqlite::Result<String> {
    let (seed, given): (String, i64) =
        store.query_row("UPDATE account_ids SET given = given + 1 RETURNING seed, given", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    Ok(format!("10ca1{}", &sha256_hex(format!("{seed}/{given}").as_bytes())[..27]))
}

/// SHA-256 in lower-case hex.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// MD5 in lower-case hex.
pub fn md5_hex(bytes: &[u8]) -> String {
    hex::encode(Md5::digest(bytes))
}
