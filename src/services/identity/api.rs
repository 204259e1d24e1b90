//! Calls about users, tokens and accounts.

use super::wire::{Token, Verified};
use crate::http::{Class, Client, Endpoint, ReadError};

macro_rules! read {
    ($name:ident, $path:literal, $permission:literal, $doing:literal) => {
        #[doc = concat!("GET `", $path, "`.")]
        pub static $name: Endpoint = Endpoint {
            method: "GET",
            path: $path,
            permission: $permission,
            class: Class::Read,
            doing: $doing,
            meanings: &[],
        };
    };
}

read!(VERIFY_OF_USER, "/user/tokens/verify", "", "verify the token");
read!(VERIFY_OF_ACCOUNT, "/accounts/{account_id}/tokens/verify", "", "verify the token");
read!(TOKEN_OF_USER, "/user/tokens/{token_id}", "API Tokens Read", "read what the token may do");
read!(
    TOKEN_OF_ACCOUNT,
    "/accounts/{account_id}/tokens/{token_id}",
    "Account API Tokens Read",
    "read what the token may do"
);

/// Whose token it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// A person's.
    User,
    Account,
}

/// Whose token this is and whether it is valid; a token that nobody knows is an error. One path knows the tokens of
/// people, the other those of accounts.
pub async fn verify(client: &Client) -> Result<(Owner, Verified), ReadError> {
    let of_user = match client.read(VERIFY_OF_USER.call()).await {
        Ok(verified) => return Ok((Owner::User, verified)),
        Err(ReadError::Rejected(error)) => error,
        Err(error) => return Err(error),
    };
    match client.read(VERIFY_OF_ACCOUNT.call()).await {
        Ok(verified) => Ok((Owner::Account, verified)),
        Err(ReadError::Rejected(_)) => Err(ReadError::Rejected(of_user)),
        Err(error) => Err(error),
    }
}

/// The rules of the token; `None` where it may not read its own.
pub async fn rules(client: &Client, owner: Owner, id: &str) -> Result<Option<Token>, ReadError> {
    let endpoint = match owner {
        Owner::User => &TOKEN_OF_USER,
        Owner::Account => &TOKEN_OF_ACCOUNT,
    };
    match client.read(endpoint.call().path("token_id", id)).await {
        Ok(token) => Ok(Some(token)),
        Err(ReadError::Rejected(error)) if error.is_denied() || error.status == 404 => Ok(None),
        Err(error) => Err(error),
    }
}
