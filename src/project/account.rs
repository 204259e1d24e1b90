//! Which Cloudflare account a run is about.
//!
//! **Invariant:** when two places name an account, they name the same one, or the run does not start.

use super::source::LocatedText;
use crate::system::Environment;
use std::fmt;
use thiserror::Error;

/// The variable that names the account.
pub const ACCOUNT_VARIABLE: &str = "CLOUDFLARE_ACCOUNT_ID";

/// The id of an account: 32 lower-case hexadecimal digits (API-1).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(String);

impl AccountId {
    /// The id, if it is one; blanks and line breaks around it are what an editor or a shell has left there.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let is_id = text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        is_id.then(|| AccountId(text.to_owned()))
    }

    /// The id that a file names; nothing but zeros stand for one that is yet to come.
    pub fn written(text: &str) -> Option<Self> {
        Self::parse(text).filter(|_| text.bytes().any(|digit| digit != b'0'))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// An account that a file names, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountClaim {
    /// As a person would say it: `larder.toml`, `wrangler.toml:3:1`.
    pub place: String,
    pub id: AccountId,
}

/// Why there is no account to work on; a malformed value is not shown, since it may be a token in the wrong place.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum AccountError {
    #[error("no account id: `account_id` at {} is `{}`, which is still to be substituted\nhint: set `{ACCOUNT_VARIABLE}`, or render the file first", written.at, written.value)]
    Unsubstituted { written: LocatedText },
    #[error("no account id\nhint: set `{ACCOUNT_VARIABLE}`, or `account_id` of the environment in larder.toml{}; `--local` needs none", legacy_hint(*.has_legacy))]
    NotSet { has_legacy: Legacy },
    #[error(
        "`{ACCOUNT_VARIABLE}` is not an account id: {characters} characters\nhint: an account id is 32 characters of `0-9` and `a-f`"
    )]
    Malformed { characters: usize },
    #[error(
        "two accounts are named: `{first}` by {first_place}, `{second}` by {second_place}\nhint: remove one of them"
    )]
    Contradiction { first: AccountId, first_place: String, second: AccountId, second_place: String },
}

/// Whether the variable's old name is set, which Larder does not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Legacy {
    /// `CF_ACCOUNT_ID` is set.
    Set,
    Absent,
}

fn legacy_hint(legacy: Legacy) -> &'static str {
    match legacy {
        Legacy::Set => " (`CF_ACCOUNT_ID` is not read)",
        Legacy::Absent => "",
    }
}

/// The account that the environment variables and all `claims` agree on; `blanks` are what a file says in the place of one.
pub fn resolve(
    environment: &Environment,
    claims: &[AccountClaim],
    blanks: &[LocatedText],
) -> Result<AccountId, AccountError> {
    // A secret that was pasted into a CI system may end in a line break, as a token may.
    let variable = environment.get(ACCOUNT_VARIABLE).map(str::trim).map(|text| {
        let id = AccountId::parse(text)
            .ok_or_else(|| AccountError::Malformed { characters: text.chars().count() })?;
        Ok(AccountClaim { place: format!("`{ACCOUNT_VARIABLE}`"), id })
    });
    let claims: Vec<AccountClaim> = variable.transpose()?.into_iter().chain(claims.iter().cloned()).collect();
    let Some(first) = claims.first() else {
        if let Some(written) = blanks.first() {
            return Err(AccountError::Unsubstituted { written: written.clone() });
        }
        let has_legacy =
            if environment.get("CF_ACCOUNT_ID").is_some() { Legacy::Set } else { Legacy::Absent };
        return Err(AccountError::NotSet { has_legacy });
    };
    match claims.iter().find(|claim| claim.id != first.id) {
        Some(second) => Err(AccountError::Contradiction {
            first: first.id.clone(),
            first_place: first.place.clone(),
            second: second.id.clone(),
            second_place: second.place.clone(),
        }),
        None => Ok(first.id.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "0123456789abcdef0123456789abcdef";
    const B: &str = "ffffffffffffffffffffffffffffffff";

    fn resolved(variables: &[(&str, &str)], files: &[(&str, &str)]) -> Result<String, String> {
        let claims: Vec<AccountClaim> = files
            .iter()
            .map(|(place, id)| AccountClaim { place: (*place).into(), id: AccountId::parse(id).unwrap() })
            .collect();
        resolve(&variables.iter().copied().collect(), &claims, &[])
            .map(|id| id.to_string())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn variable_and_files_must_agree() {
        assert_eq!(resolved(&[(ACCOUNT_VARIABLE, A)], &[]), Ok(A.into()));
        assert_eq!(resolved(&[], &[("larder.toml", B)]), Ok(B.into()));
        for written in [format!("{A}\n"), format!("{A}\r\n"), format!(" {A} ")] {
            assert_eq!(resolved(&[(ACCOUNT_VARIABLE, &written)], &[("larder.toml", A)]), Ok(A.into()));
        }
        assert_eq!(
            resolved(&[(ACCOUNT_VARIABLE, A)], &[("larder.toml", A), ("wrangler.toml", A)]),
            Ok(A.into())
        );
        assert_eq!(
            resolved(&[(ACCOUNT_VARIABLE, A)], &[("larder.toml", B)]),
            Err(format!(
                "two accounts are named: `{A}` by `CLOUDFLARE_ACCOUNT_ID`, `{B}` by larder.toml\nhint: remove one of them"
            ))
        );
    }

    #[test]
    fn malformed_and_missing_accounts_say_what_to_do() {
        assert_eq!(
            resolved(&[(ACCOUNT_VARIABLE, "0123")], &[]),
            Err("`CLOUDFLARE_ACCOUNT_ID` is not an account id: 4 characters\nhint: an account id is 32 characters of `0-9` and `a-f`".into())
        );
        assert_eq!(
            resolved(&[("CF_ACCOUNT_ID", A)], &[]),
            Err("no account id\nhint: set `CLOUDFLARE_ACCOUNT_ID`, or `account_id` of the environment in larder.toml (`CF_ACCOUNT_ID` is not read); `--local` needs none".into())
        );
        assert_eq!(AccountId::parse(&A.to_uppercase()), None);
        assert_eq!(AccountId::parse(&format!(" {A}\r\n")).unwrap().as_str(), A);
    }
}
