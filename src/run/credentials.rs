//! Explains why the API rejects every request: reads the status of the token after a dry run could read nothing.
//!
//! **Invariant:** only reads are sent.

use super::dry_run::DryRunResult;
use crate::events::{Event, Problem};
use crate::http::{AccountVisibility, Client, ReadError};
use crate::op::Failure;
use crate::services::identity::api;
use tokio::runtime::Handle;

/// Codes whose refusal says of the token no more than that it is not enough (API-6).
const VAGUE: [i64; 3] = [7403, 9109, 10000];

/// Puts the reason in place of the hint of each refusal that the account gave without one.
pub fn explain(played: &mut DryRunResult, runtime: &Handle) {
    let is_refused = |event: &Event| match event {
        Event::OpFinished(done) => done.error.as_ref().is_some_and(is_vague),
        _ => false,
    };
    if !played.has_seen_nothing() || !played.heard.iter().any(is_refused) {
        return;
    }
    let Some(reason) = runtime.block_on(reason(&played.context.client)) else { return };
    for event in &mut played.heard {
        if let Event::OpFinished(done) = event
            && let Some(problem) = done.error.as_mut().filter(|problem| is_vague(problem))
        {
            problem.hint = Some(reason.clone());
        }
    }
    for found in &mut played.performed.ran.diagnostics {
        if let Some(problem) = found.cause.as_mut().filter(|problem| is_vague(problem)) {
            problem.hint = Some(reason.clone());
            found.helps = vec![reason.clone()];
        }
    }
}

fn is_vague(problem: &Problem) -> bool {
    problem.kind == Failure::DENIED && problem.code.is_some_and(|code| VAGUE.contains(&code))
}

/// What is wrong with the token, or with the account that is asked for; `None` where it is a permission that is missing.
async fn reason(client: &Client) -> Option<String> {
    match api::verify(client).await {
        Ok((_, token)) if token.status == "active" => {}
        Ok((_, token)) => {
            let since = token.expires_on.filter(|_| token.status == "expired");
            let since = since.map(|time| format!(" since {time}")).unwrap_or_default();
            return Some(format!(
                "the token is {}{since}: make it valid again in the dashboard, or take another: `larder token` says what it has to be allowed",
                token.status
            ));
        }
        Err(ReadError::Rejected(error)) if error.is_denied() => {
            return Failure::rejected("the token", error).hint();
        }
        Err(_) => return None,
    }
    match client.reach().await {
        Ok(AccountVisibility::Others(others)) => {
            let others: Vec<String> = others.iter().map(|id| format!("`{id}`")).collect();
            Some(format!(
                "the token is for the account {}, not for `{}`: the account is `account_id` of the environment or `CLOUDFLARE_ACCOUNT_ID`",
                others.join(", "),
                client.account()
            ))
        }
        _ => None,
    }
}
