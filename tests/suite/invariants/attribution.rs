//! T4: an op that failed because of an answer, or without one, names the request.
//!
//! **Invariant:** what each request was sent for is noted where it leaves the client, what became of it where it arrives;
//! of what a client says of itself, only the message is read.

use super::super::simulation::{Carried, Finished};
use super::is_read;
use larder::events::Problem;
use regex::Regex;
use serde_json::Value as Json;
use std::sync::LazyLock;

/// What is wrong with the names of failed requests.
pub fn attributed(finished: &Finished) -> Vec<String> {
    let failures = finished.ended.iter().filter_map(|done| Some((done.id, done.error.as_ref()?)));
    failures.filter_map(|(op, problem)| names_the_request(op, problem, &finished.asked)).collect()
}

/// What is wrong with the request that a failure names; `asked` is all that left the client.
pub fn names_the_request(op: u64, problem: &Problem, asked: &[Carried]) -> Option<String> {
    let message = &problem.message;
    let Some(named) = named(message) else {
        let by_answer = matches!(problem.kind.as_str(), "rejected" | "denied" | "unreachable");
        return by_answer.then(|| format!("T4: {message:?} names no request"));
    };
    let is_named = |one: &Carried| one.request.endpoint.doing == named;
    let own = || asked.iter().filter(|one| one.op == op);
    let failed = || own().filter(|one| !succeeded(one));
    // A write that was refused is the reason, whatever becomes of the reads that look into it. Where every answer was in
    // order, it is the content of the last that was of no use. Listings are shared: another op, or none, may have sent the
    // one that it waited for.
    let is_right = match failed().next_back() {
        Some(last) => is_named(last) || failed().rfind(|one| !is_read(one)).is_some_and(is_named),
        None => {
            own().next_back().is_some_and(is_named)
                || asked.iter().any(|one| one.op != op && is_read(one) && is_named(one))
        }
    };
    // The request limit is one for all: what one op has met holds back the request of another before it leaves.
    let is_held_back = !own().any(is_named) && asked.iter().any(is_throttled);
    let told: Vec<&str> = failed().map(|one| one.request.endpoint.doing).collect();
    (!is_right && !is_held_back).then(|| format!("T4: {message:?} is told, and what failed was {told:?}"))
}

/// Whether the account's request limit was met.
fn is_throttled(one: &Carried) -> bool {
    one.arrival.as_ref().is_ok_and(|answer| answer.status == 429)
}

/// The request that a message names: `can't create the namespace for ..`.
fn named(message: &str) -> Option<&str> {
    static NAMED: LazyLock<Regex> = LazyLock::new(|| Regex::new("^can't ([^`:]+) for `").unwrap());
    NAMED.captures(message).map(|found| found.get(1).unwrap().as_str())
}

/// Whether the client got what it asked for.
fn succeeded(one: &Carried) -> bool {
    let Ok(answer) = &one.arrival else { return false };
    let body: Option<Json> = serde_json::from_slice(&answer.body).ok();
    let is_value = one.request.path.contains("/values/");
    let denied = |body: &Json| {
        let parts = [body, &body["result"], &body["result"][0]];
        parts.iter().any(|part| part["success"] == false)
    };
    answer.status < 400 && (is_value || body.is_some_and(|body| !denied(&body)))
}
