//! What must hold of every `destroy`, whatever happened to it: only what the plan lists goes, nothing else is touched,
//! the exit code and each entry of the report are what the account's history says, and the run after it ends the work.

use super::{Account, Action, Carried, DEADLINE, Finished, Op, Simulation, Status, exit_code, is_lost};
use crate::suite::simulation::GOES;
use larder::op::Mode;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// An account before a `destroy`.
pub struct Before {
    /// What goes: its name, by what its path ends with.
    paths: BTreeMap<String, String>,
    /// All that it holds, in words.
    all: Vec<String>,
    /// The part of it that stays.
    rest: Vec<String>,
}

impl Before {
    pub fn of(account: &Account) -> Before {
        let resources = account.resources().unwrap();
        let goes = resources.into_iter().filter(|(_, one)| GOES.contains(&one.name.as_str()));
        let paths = goes.map(|(_, one)| (format!("/{}", one.id), one.name)).collect();
        Before { paths, all: held(account, |_| true), rest: rest(account) }
    }

    /// Whether a `destroy` from here on is one that was looked at already: nothing has gone, or all.
    fn is_known(&self, account: &Account) -> bool {
        let now = held(account, |_| true);
        now == self.all || now == self.rest
    }

    /// The name of the resource that a request deletes, or out of which it deletes something.
    fn target(&self, path: &str) -> Option<(&str, bool)> {
        let whole = self.paths.iter().find(|(end, _)| path.ends_with(end.as_str()));
        let is_of = |end: &str| {
            let objects = format!("/buckets{end}/objects");
            path.ends_with(&objects) || path.contains(&format!("{objects}/"))
        };
        let part = || self.paths.iter().find(|(end, _)| is_of(end));
        let found = whole.map(|found| (found, true)).or_else(|| part().map(|found| (found, false)));
        found.map(|((_, name), is_whole)| (name.as_str(), is_whole))
    }
}

/// What is left of that which goes.
pub fn left(account: &Account) -> Vec<String> {
    let names = account.resources().unwrap().into_iter().map(|(_, one)| one.name);
    names.filter(|name| GOES.contains(&name.as_str())).collect()
}

/// All else that an account holds.
fn rest(account: &Account) -> Vec<String> {
    held(account, |name| !GOES.contains(&name))
}

fn held(account: &Account, of: impl Fn(&str) -> bool) -> Vec<String> {
    let contents = account.contents().unwrap().into_iter().filter(|(_, one, _)| of(&one.name));
    contents.map(|(service, one, content)| format!("{service} {} {} {content}", one.id, one.name)).collect()
}

/// What is wrong with one `destroy` of an account on which nobody else was at work.
pub fn destroyed(finished: &Finished, before: &Before, account: &Account, requests: usize) -> Vec<String> {
    let left = left(account);
    let mut wrong = entries(finished, before, Some(&left));
    wrong.extend(exit_code(finished, left.is_empty()));
    wrong.extend(untouched(finished, before, account));
    if finished.took > DEADLINE {
        wrong.push(format!("L3: it took {:?}", finished.took));
    }
    if finished.history.len() > 4 * requests {
        wrong.push(format!("L3: {} requests, {requests} undisturbed", finished.history.len()));
    }
    let (exit, ops) = (finished.report.exit, finished.report.ops());
    let ops: Vec<String> =
        ops.map(|op| format!("{} {:?} {:?} {:?}", op.resource, op.action, op.status, op.notes)).collect();
    let about = format!("\n  exit {exit}, left {left:?}, {ops:?}, {:?}", finished.said);
    wrong.into_iter().map(|rule| rule + about.as_str()).collect()
}

/// D1: nothing else is deleted, changed or made.
pub fn untouched(finished: &Finished, before: &Before, account: &Account) -> Vec<String> {
    let mut wrong = Vec::new();
    for one in finished.history.iter().filter(|one| one.changed) {
        if one.method != "DELETE" || before.target(&one.path).is_none() {
            wrong.push(format!("D1: {} {} is not in the plan", one.method, one.path));
        }
    }
    if rest(account) != before.rest {
        wrong.push("D1: what was not to go was touched".into());
    }
    wrong
}

/// Whether a deletion was answered in a way that leaves open what became of it. A yes mostly has no `result`.
pub fn is_open(one: &Carried) -> bool {
    let body = one.arrival.as_ref().ok().and_then(|answer| serde_json::from_slice(&answer.body).ok());
    let body: Json = body.unwrap_or_default();
    let is_inner_no = body["result"]["success"] == false || body["result"][0]["success"] == false;
    let is_clear = !is_lost(one) || body["success"] == true;
    one.request.endpoint.method == "DELETE" && (!is_clear || is_inner_no)
}

/// D2: each entry is what the history says, and what the history says is in the entries. `left` is what is there
/// afterwards, where nobody else makes anything.
pub fn entries(finished: &Finished, before: &Before, left: Option<&[String]>) -> Vec<String> {
    let mut wrong = Vec::new();
    let ops: Vec<&Op> = finished
        .report
        .ops()
        .filter(|op| op.op == "destroy" && GOES.contains(&op.resource.as_str()))
        .collect();
    for op in &ops {
        let name = &op.resource;
        let is_there = left.is_none_or(|left| left.contains(name));
        let is_gone = left.is_none_or(|left| !left.contains(name));
        let of_it = |path: &str, wanted: bool| {
            before.target(path).is_some_and(|(target, is_whole)| target == name && is_whole == wanted)
        };
        let changed = |whole| finished.history.iter().any(|one| one.changed && of_it(&one.path, whole));
        let told = match (op.status, op.action) {
            (Status::Done, Action::Delete) if !op.notes.is_empty() => {
                (changed(false) && !changed(true) && is_gone, "it was not emptied by this run")
            }
            (Status::Done, Action::Delete) => (changed(true) && is_gone, "it was not deleted by this run"),
            (Status::Done, Action::None) => (!changed(true) && is_gone, "it was not gone before"),
            (Status::Failed, _) => (is_there && op.error.is_some(), "it is gone, or failed without a word"),
            (Status::Unknown, _) => {
                (op.error.as_ref().is_some_and(|error| error.hint.is_some()), "no way out is told")
            }
            (Status::Skipped | Status::Planned, _) => {
                (is_there && !changed(true) && !changed(false), "something of it was deleted")
            }
            _ => (false, "no end of a deletion"),
        };
        if !told.0 {
            wrong.push(format!("D2: {name} is {:?} {:?}: {}", op.action, op.status, told.1));
        }
        if let Some(error) = op.error.as_ref().filter(|_| op.status != Status::Skipped)
            && !error.message.contains(name.as_str())
        {
            wrong.push(format!("D2: {:?} does not name {name}", error.message));
        }
    }
    for one in finished.history.iter().filter(|one| one.changed) {
        let Some((name, _)) = before.target(&one.path) else { continue };
        if !ops.iter().any(|op| op.resource == name && op.action == Action::Delete) {
            wrong.push(format!("D2: {} was deleted, and the report does not have it", one.path));
        }
    }
    wrong
}

/// What is wrong with the runs that follow once nothing goes wrong any more: the next leaves nothing of what is to go, and
/// one more finds nothing to do. Where the account is as before the first run or as after an undisturbed one, they were
/// looked at once and come to the same.
pub fn afterwards(simulation: &Simulation, before: &Before, requests: usize) -> Vec<String> {
    if before.is_known(&simulation.account) { Vec::new() } else { once_more(simulation, before, requests) }
}

/// The same, wherever the account is.
pub fn once_more(simulation: &Simulation, before: &Before, requests: usize) -> Vec<String> {
    let second = simulation.destroy(simulation.terms(Mode::Apply));
    let mut wrong = destroyed(&second, before, &simulation.account, requests);
    if second.report.exit != 0 {
        wrong.push(format!("L1: the run after it ends with {}: {:?}", second.report.exit, second.said));
    }
    let last = simulation.destroy(simulation.terms(Mode::Apply));
    let (exit, writes) = (last.report.exit, last.report.requests.writes);
    if exit != 0 || last.changes() > 0 || writes > 0 || last.report.changed {
        wrong.push(format!("L2: a run with nothing left ends with {exit} and sends {writes} writes"));
    }
    wrong.extend(untouched(&last, before, &simulation.account));
    wrong.into_iter().map(|rule| format!("afterwards: {rule}")).collect()
}
