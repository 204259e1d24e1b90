//! Checks whether a run could start: token, account and permissions.
//!
//! **Invariant:** only reads are sent.

use super::Session;
use super::permissions::Needs;
use super::permissions::token_permissions::{self, Has, TokenPermissions};
use crate::http::{AccountVisibility, Client};
use crate::op::Failure;
use crate::services::Services;
use crate::services::identity::api::Owner;
use serde::Serialize;

/// One check.
#[derive(Debug, Serialize)]
pub struct ReadinessCheck {
    /// `token`, `account`, `permissions`.
    pub check: &'static str,
    /// Whether a run could begin, as far as this goes.
    pub ok: bool,
    /// What was found.
    pub found: String,
    /// The way out.
    pub hint: Option<String>,
}

impl ReadinessCheck {
    fn good(check: &'static str, found: impl Into<String>) -> ReadinessCheck {
        ReadinessCheck { check, ok: true, found: found.into(), hint: None }
    }

    fn bad(check: &'static str, found: impl Into<String>, hint: impl Into<String>) -> ReadinessCheck {
        ReadinessCheck { check, ok: false, found: found.into(), hint: Some(hint.into()) }
    }

    fn of_failure(check: &'static str, failure: &Failure) -> ReadinessCheck {
        ReadinessCheck { check, ok: false, found: failure.to_string(), hint: failure.hint() }
    }
}

/// Checks what a run of a recipe would need.
pub fn check(session: &Session, needs: &Needs) -> anyhow::Result<Vec<ReadinessCheck>> {
    let context = token_permissions::context(session)?;
    Ok(session.runtime().block_on(lines(
        session.place.services,
        &context.client,
        session.target.is_key(),
        needs,
    )))
}

/// What is known of the token decides whether the rest can be known.
async fn lines(services: Services, client: &Client, is_key: bool, needs: &Needs) -> Vec<ReadinessCheck> {
    match token_permissions::look(services, client, is_key, needs).await {
        Err(error) => vec![ReadinessCheck::of_failure("token", &Failure::of_read("the token", error))],
        Ok(held) => {
            let token = token(&held);
            if !token.ok {
                return vec![token];
            }
            let account = account(client).await;
            if !account.ok {
                // What the token may do in an account that it does not reach says nothing about its permissions.
                return vec![token, account];
            }
            vec![token, account, permissions(&held, needs)]
        }
    }
}

fn token(held: &TokenPermissions) -> ReadinessCheck {
    let Some((owner, verified)) = &held.token else {
        return ReadinessCheck::good("token", "a global key, which may do everything");
    };
    let owner = match owner {
        Owner::User => "a person's",
        Owner::Account => "the account's own",
    };
    if held.is_valid() {
        return ReadinessCheck::good("token", format!("{}, {owner}", verified.status));
    }
    ReadinessCheck::bad(
        "token",
        format!("{}, {owner}", verified.status),
        "renew it, or make another: `larder token` says which",
    )
}

async fn account(client: &Client) -> ReadinessCheck {
    let id = client.account();
    match client.reach().await {
        Ok(AccountVisibility::Reached) => ReadinessCheck::good("account", format!("`{id}` is reached")),
        Ok(AccountVisibility::Untold) => ReadinessCheck::good(
            "account",
            format!("the token may not list accounts: `{id}` is taken as it is"),
        ),
        Ok(AccountVisibility::Others(others)) => {
            let others: Vec<String> = others.iter().map(|id| format!("`{id}`")).collect();
            ReadinessCheck::bad(
                "account",
                format!("`{id}` is not reached, but {}", others.join(", ")),
                "the account is `account_id` of the environment or `CLOUDFLARE_ACCOUNT_ID`: take credentials made for it",
            )
        }
        Err(error) => ReadinessCheck::of_failure("account", &Failure::of_read("the account", error)),
    }
}

fn permissions(held: &TokenPermissions, needs: &Needs) -> ReadinessCheck {
    let named = |wanted: Has| -> Vec<String> {
        let groups = held.groups.iter().filter(|(_, has)| *has == wanted);
        groups.map(|(group, _)| format!("`{}`", group.name)).collect()
    };
    let (missing, untold) = (named(Has::No), named(Has::ReadsAtLeast));
    if !missing.is_empty() {
        let hint = "add what is missing to the token: `larder token` prints a link with all of it filled in";
        return ReadinessCheck::bad("permissions", format!("the token lacks {}", missing.join(", ")), hint);
    }
    if needs.is_cut_short {
        let hint = "the recipe fails on an empty account, so what it needs after that is not known";
        return ReadinessCheck::bad("permissions", "the recipe could not be tried to its end", hint);
    }
    if untold.is_empty() {
        return ReadinessCheck::good("permissions", "the token has all that the recipe needs");
    }
    ReadinessCheck::good(
        "permissions",
        format!("all can be read; only writing tells whether the token has {}", untold.join(", ")),
    )
}
