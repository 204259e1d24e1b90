//! The account against the credentials: asked once, before the first write.
//!
//! Every path carries the account's id already, so the API refuses strangers by itself; this says it in words, and before
//! anything is sent that could change something.
//!
//! **Invariant:** only a list of accounts without this one refuses. A token that may not list accounts, or sees none, is
//! left to the API (Cloudflare API notes 14).

use super::client::Client;
use super::endpoint::{Class, Endpoint};
use super::error::{ReadError, Trouble, TroubleKind};
use super::paging::Paging;
use super::scope::{self, Scope};
use serde::Deserialize;

/// The accounts that the credentials reach.
pub static ACCOUNTS: Endpoint = Endpoint {
    method: "GET",
    path: "/accounts",
    permission: "",
    class: Class::Read,
    doing: "list the accounts",
    meanings: &[],
};

/// An account, of which only the id matters here.
#[derive(Debug, Deserialize)]
struct Account {
    id: String,
}

/// What the list of accounts says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The account is in it.
    Reached,
    /// Others are, and it is not.
    Others(Vec<String>),
    /// It says nothing.
    Untold,
}

impl Client {
    /// Whether the credentials reach the account.
    pub async fn reach(&self) -> Result<Reach, ReadError> {
        let call = ACCOUNTS.call();
        let listed =
            scope::scoped(Scope::of(0), self.list_of(call, Paging::Pages { per_page: 50 }, "")).await;
        let accounts: Vec<Account> = match listed {
            Ok(accounts) => accounts,
            Err(ReadError::Rejected(_)) => return Ok(Reach::Untold),
            Err(error) => return Err(error),
        };
        Ok(match accounts.iter().any(|account| account.id == self.account()) {
            true => Reach::Reached,
            false if accounts.is_empty() => Reach::Untold,
            false => Reach::Others(accounts.into_iter().map(|account| account.id).collect()),
        })
    }

    /// What keeps this client from writing, asked for before the first write and kept.
    pub(super) async fn barred(&self) -> Option<Trouble> {
        match self.reach().await {
            Ok(Reach::Others(others)) => {
                let others: Vec<String> = others.iter().map(|id| format!("`{id}`")).collect();
                Some(Trouble::new(
                    TroubleKind::OtherAccount,
                    format!(
                        "the credentials do not reach the account `{}`, but {}",
                        self.account(),
                        others.join(", ")
                    ),
                ))
            }
            Err(ReadError::Failed(trouble)) => Some(trouble),
            Ok(Reach::Reached | Reach::Untold) | Err(ReadError::Rejected(_)) => None,
        }
    }
}
