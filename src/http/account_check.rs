//! Checks once, before the first write, that the credentials can see the account.
//!
//! Every path carries the account's id already, so the API refuses strangers by itself; this says it in words, and before
//! anything is sent that could change something.
//!
//! **Invariant:** only a list of accounts without this one refuses. A token that may not list accounts, or sees none, is
//! left to the API (API-16), and so is an account of which there is no list because that read failed.

use super::client::Client;
use super::endpoint::{Class, Endpoint};
use super::error::{ReadError, TransportError, TransportErrorKind};
use super::paging::Paging;
use super::scope::{self, Scope};
use crate::events::Event;
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
struct ListedAccount {
    id: String,
}

/// The result of reading the list of accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountVisibility {
    /// The account is in it.
    Reached,
    /// Others are, and it is not.
    Others(Vec<String>),
    Untold,
}

impl Client {
    /// Whether the credentials reach the account.
    pub async fn reach(&self) -> Result<AccountVisibility, ReadError> {
        let scope = Scope::of(0);
        let listing = self.list_of(ACCOUNTS.call(), Paging::Pages { per_page: 50 }, "");
        let accounts: Vec<ListedAccount> = match scope::scoped(scope.clone(), listing).await {
            Ok(accounts) => accounts,
            Err(ReadError::Rejected(_)) => return Ok(AccountVisibility::Untold),
            Err(error) => {
                // The ops of the run have not failed: they keep all of their retries.
                self.give_back(scope.attempts().saturating_sub(1));
                return Err(error);
            }
        };
        Ok(match accounts.iter().any(|account| account.id == self.account()) {
            true => AccountVisibility::Reached,
            false if accounts.is_empty() => AccountVisibility::Untold,
            false => AccountVisibility::Others(accounts.into_iter().map(|account| account.id).collect()),
        })
    }

    /// What keeps this client from writing, asked for before the first write and kept.
    pub(super) async fn check_account(&self) -> Option<TransportError> {
        match self.reach().await {
            Ok(AccountVisibility::Others(others)) => {
                let others: Vec<String> = others.iter().map(|id| format!("`{id}`")).collect();
                Some(TransportError::new(
                    TransportErrorKind::OtherAccount,
                    format!(
                        "the credentials do not reach the account `{}`, but {}",
                        self.account(),
                        others.join(", ")
                    ),
                ))
            }
            Err(ReadError::Failed(trouble)) => {
                self.warn_unchecked(&trouble);
                None
            }
            Ok(AccountVisibility::Reached | AccountVisibility::Untold) | Err(ReadError::Rejected(_)) => None,
        }
    }

    fn warn_unchecked(&self, trouble: &TransportError) {
        if trouble.kind == TransportErrorKind::Interrupted {
            return;
        }
        let ray = trouble.ray.as_ref().map(|ray| format!(" (ray id: {ray})")).unwrap_or_default();
        let message = format!(
            "can't {}: {}{ray}; it is not checked whether the credentials are for the account `{}`",
            ACCOUNTS.doing,
            trouble.detail,
            self.account()
        );
        self.events().emit(Event::Warning { message, at: None });
    }
}
