//! What must hold of every run, whatever happened to it. One module, so that faults, races and
//! crashes are held to the same.
//!
//! - Of one run ([`run`]): S3 nothing is written that the recipe does not name, and nothing is deleted; S4 no write is sent
//!   again after a lost answer before the account was asked; S5 what is in conflict is left alone; L3 the run ends in
//!   time and with few requests; T1 the exit code is true; T2 what is reported as written is what the history has, both
//!   ways; T3 a failure says what, where and what to do; T4 it names the request that failed.
//! - Of the account ([`account`]): S1 one resource of a name; S2 the ledgers of a database agree, and each file was
//!   committed exactly as often as they say.
//! - Of the runs after it ([`again`]): L1 the next reaches the state of an undisturbed run, L2 one more sends no write,
//!   and a plan is empty.
//! - Of a folder ([`folder`]): F1 each file is old, or complete and new; H1 nothing else is left. Of the machine
//!   ([`orphans`]): H2.
//!
//! **Invariant:** what was written is read from the account's history, never from what a client says of itself.

pub use attribution::{attributed, names_the_request};
pub use machine::{folder, names, orphans};

use super::beacon_service;
use super::simulation::{Carried, Finished, Simulation, Terms};
use larder::events::{Action, Status};
use larder::local::{Account, RecordedExchange, Request};
use larder::op::Mode;
use larder::report::Op;
use regex::Regex;
use secrecy::ExposeSecret;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;
use std::time::Duration;

/// What an undisturbed run comes to.
pub struct Goal {
    /// What the account holds afterwards.
    pub state: String,
    /// How many requests it takes.
    pub requests: usize,
    /// Everything it writes.
    writes: BTreeSet<String>,
}

impl Goal {
    /// From a run on an account of its own, to which nothing happened.
    pub fn of(simulation: &Simulation, finished: &Finished) -> Goal {
        assert_eq!((finished.report.exit, &finished.said), (0, &vec![]), "{:?}", finished.said);
        assert_eq!(finished.report.requests.retries, 0, "a sweep over a run with retries proves nothing");
        Goal {
            state: state(&simulation.account),
            requests: finished.history.len(),
            writes: finished.history.iter().filter(|one| one.changed).flat_map(writes_of).collect(),
        }
    }

    /// Whether the account is in that state.
    pub fn is_reached(&self, account: &Account) -> bool {
        state(account) == self.state
    }
}

/// All that an account holds, in words that can be compared: without ids, times and the runs in ledgers.
pub fn state(account: &Account) -> String {
    let lines = account.contents().unwrap().into_iter().map(|(service, resource, mut content)| {
        let rows = content.pointer_mut("/rows/larder_migrations").and_then(Json::as_array_mut);
        for row in rows.into_iter().flatten() {
            row[4] = Json::Null;
        }
        format!("{service} {} {} {:?} {content}", resource.kind, resource.name, resource.jurisdiction)
    });
    let mut lines: Vec<String> = lines.collect();
    lines.sort();
    lines.join("\n")
}

/// Deadline of a run by its own clock.
const DEADLINE: Duration = Duration::from_mins(10);

/// A run that takes fewer requests may still ask as often as one that takes so many.
const REQUESTS_LEAST: usize = 6;

/// What is wrong with one run.
pub fn run(finished: &Finished, goal: &Goal, account: &Account) -> Vec<String> {
    let mut wrong = truth(finished, goal.is_reached(account));
    let foreign = finished.history.iter().filter(|one| one.changed).flat_map(writes_of);
    let foreign = foreign.filter(|write| !goal.writes.contains(write));
    wrong.extend(foreign.map(|write| format!("S3: {write} is nothing that the recipe names")));
    if finished.took > DEADLINE {
        wrong.push(format!("L3: it took {:?}", finished.took));
    }
    if finished.history.len() > 4 * goal.requests.max(REQUESTS_LEAST) {
        wrong.push(format!("L3: {} requests, {} undisturbed", finished.history.len(), goal.requests));
    }
    wrong
}

/// What is wrong with one run, wherever it was meant to lead: `reached` says whether it is what was asked for.
pub fn truth(finished: &Finished, reached: bool) -> Vec<String> {
    let mut wrong = Vec::new();
    let deleted = finished.history.iter().filter(|one| one.method == "DELETE");
    wrong.extend(deleted.map(|one| format!("S3: {} was deleted", one.path)));
    wrong.extend(blind_resends(&finished.carried));
    wrong.extend(touched(finished));
    wrong.extend(exit_code(finished, reached));
    wrong.extend(told_and_done(finished));
    wrong.extend(without_words(finished));
    wrong.extend(attributed(finished));
    let ops: Vec<String> = finished
        .report
        .ops()
        .filter(|op| op.status != Status::Done || op.action != Action::None)
        .map(|op| format!("{}::{} {} {:?} {:?}", op.service, op.op, op.resource, op.action, op.status))
        .collect();
    let about = format!("\n  exit {}, {ops:?}, {:?}", finished.report.exit, finished.said);
    wrong.into_iter().map(|rule| rule + about.as_str()).collect()
}

/// What is wrong with the account: S1, S2.
pub fn account(account: &Account) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    for (service, resource) in account.resources().unwrap() {
        let key = (service, resource.kind, resource.name.clone(), resource.jurisdiction.clone());
        if !seen.insert(key) {
            wrong.push(format!("S1: two of {service} {}", resource.name));
        }
        if resource.kind == "database" || service == "d1" {
            wrong.extend(ledgers(account, &resource.id));
        }
    }
    wrong
}

/// S2 of one database: no gap, no file twice, and committed as often as recorded.
fn ledgers(account: &Account, id: &str) -> Vec<String> {
    let ledger = |sql: &str| rows(account, id, sql).unwrap_or_default();
    let wrangler: Vec<String> =
        ledger("SELECT name FROM d1_migrations ORDER BY id").iter().map(|row| text(&row["name"])).collect();
    let larder = ledger("SELECT seq, name, before FROM larder_migrations ORDER BY seq");
    let mut wrong = Vec::new();
    for (at, row) in larder.iter().enumerate() {
        if row["seq"] != json!(at + 1) {
            wrong.push(format!("S2: a gap before row {} of larder_migrations", row["seq"]));
        }
        match wrangler.iter().position(|name| *name == row["name"]) {
            None => wrong.push(format!("S2: {} is in one ledger only", row["name"])),
            Some(before) if row["before"] != json!(before) => {
                wrong.push(format!("S2: {} was applied behind rows that it had not seen", row["name"]));
            }
            Some(_) => {}
        }
    }
    let mut committed: BTreeMap<String, usize> = BTreeMap::new();
    for one in account.history().iter().filter(|one| one.changed && one.path.contains(id)) {
        for name in migrations_of(&one.body) {
            *committed.entry(name).or_default() += 1;
        }
    }
    let recorded: BTreeSet<String> = larder.iter().map(|row| text(&row["name"])).collect();
    for name in recorded.iter().chain(committed.keys()).collect::<BTreeSet<_>>() {
        let (times, expected) =
            (committed.get(name).copied().unwrap_or(0), usize::from(recorded.contains(name)));
        if times != expected {
            wrong.push(format!("S2: {name} was committed {times} times and is recorded {expected} times"));
        }
    }
    wrong
}

/// The rows of a query that somebody else sends; `None` where it is refused.
pub fn rows(account: &Account, id: &str, sql: &str) -> Option<Vec<Json>> {
    let (status, body) = ask(account, "POST", &format!("/d1/database/{id}/query"), &json!({ "sql": sql }));
    (status == 200).then(|| body["result"][0]["results"].as_array().cloned().unwrap_or_default())
}

/// A request that somebody else sends; gives status and body.
pub fn ask(account: &Account, method: &str, path: &str, body: &Json) -> (u16, Json) {
    let token = format!("Bearer {}", account.session_token().expose_secret());
    let target = format!("/client/v4/accounts/{}{path}", account.id());
    let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    let request = Request::new(method, &target).with_header("authorization", &token).with_body(body);
    let reply = account.answer(&request);
    (reply.status, reply.to_json())
}

/// What is wrong with the runs that follow once nothing goes wrong any more: L1, L2.
pub fn again(simulation: &Simulation, goal: &Goal, once_more: impl Fn(Terms) -> Finished) -> Vec<String> {
    let told = |wrong: Vec<String>, which: &str| -> Vec<String> {
        wrong.into_iter().map(|rule| format!("{which}: {rule}")).collect()
    };
    let second = once_more(simulation.terms(Mode::Apply));
    let mut wrong = told(run(&second, goal, &simulation.account), "the run after it");
    if second.report.exit != 0 || !goal.is_reached(&simulation.account) {
        wrong.push(format!("L1: the run after it ends with {}: {:?}", second.report.exit, second.said));
        return wrong;
    }
    let writes = |run: &Finished| run.carried.iter().filter(|one| !is_read(one)).count();
    if second.report.requests.writes == 0 && second.changes() + writes(&second) == 0 {
        // There was nothing left to do for it: it is the run that must not write.
        wrong.extend(account(&simulation.account));
        return wrong;
    }
    let third = once_more(simulation.terms(Mode::Apply));
    let sent = writes(&third);
    if third.report.exit != 0 || third.changes() + sent > 0 || third.report.requests.writes != 0 {
        wrong.push(format!("L2: a third run ends with {} and sends {sent} writes", third.report.exit));
    }
    let planned = once_more(simulation.terms(Mode::Plan));
    if planned.report.exit != 0 || planned.report.differs() {
        wrong.push(format!("L2: a plan after that is not empty: {:?}", planned.said));
    }
    wrong.extend(account(&simulation.account));
    wrong
}

/// S4: between a write whose answer was lost and the next of the same, the account was asked.
fn blind_resends(carried: &[Carried]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (first, lost) in carried.iter().enumerate() {
        // A replacement or a deletion comes to the same when it comes twice.
        if is_read(lost) || lost.request.endpoint.method != "POST" || !is_lost(lost) {
            continue;
        }
        let rest = &carried[first + 1..];
        let same =
            |one: &&Carried| one.request.path == lost.request.path && one.request.body == lost.request.body;
        let Some(second) = rest.iter().position(|one| same(&one)) else { continue };
        let looks = rest[..second]
            .iter()
            .any(|one| is_read(one) && one.request.path.starts_with(&lost.request.path) && !is_lost(one));
        if !looks {
            let body = lost.request.whole_body().unwrap();
            let body = String::from_utf8_lossy(&body);
            wrong.push(format!("S4: {} {body} was sent again without a look", lost.request.path));
        }
    }
    wrong
}

/// Whether nobody can tell from what came back what became of it. A request that was throttled was not looked at.
fn is_lost(one: &Carried) -> bool {
    match &one.arrival {
        Err(trouble) => trouble.was_sent(),
        Ok(answer) if answer.status == 429 => false,
        Ok(answer) => {
            answer.status >= 500
                || answer.status == 408
                || serde_json::from_slice::<Json>(&answer.body)
                    .map_or(true, |body| body["success"] == true && body["result"].is_null())
        }
    }
}

/// Whether a request only reads, judged by what it says.
fn is_read(one: &Carried) -> bool {
    let body = || serde_json::from_slice::<Json>(&one.request.body).unwrap_or_default();
    match one.request.endpoint.method {
        "GET" => true,
        "POST" if one.request.path.ends_with("/bulk/get") => true,
        "POST" if one.request.path.ends_with("/query") => {
            body()["sql"].as_str().is_some_and(|sql| sql.trim_start().starts_with("SELECT"))
        }
        _ => false,
    }
}

/// S5: what the run calls a conflict was not changed by it.
fn touched(finished: &Finished) -> Vec<String> {
    let conflicts = finished.report.ops().filter(|op| op.status == Status::Conflict);
    let changes = |op: &Op| {
        let name = format!("\"{}\"", op.resource);
        let path = format!("/{}", op.resource);
        let id = op.id.clone().map(|id| format!("/{id}"));
        finished.history.iter().any(|one| {
            one.changed
                && (one.body.contains(&name)
                    || one.path.contains(&path)
                    || id.as_ref().is_some_and(|id| one.path.contains(id)))
        })
    };
    conflicts
        .filter(|op| changes(op))
        .map(|op| format!("S5: {} is in conflict, and was changed", op.resource))
        .collect()
}

/// T1.
fn exit_code(finished: &Finished, reached: bool) -> Vec<String> {
    let report = &finished.report;
    let wrote = finished.changes() > 0;
    let unknown = report.ops().any(|op| op.status == Status::Unknown);
    let rules = [
        (report.exit != 0 || reached, "exit 0 without the state that was asked for"),
        (matches!(report.exit, 0 | 1 | 4 | 5), "an exit code that no run of this kind has"),
        (report.changed || !wrote, "the history has a change, the report has none"),
        (report.exit != 1 || !wrote, "exit 1 says that nothing was changed"),
        ((report.exit == 5) == unknown, "5 means that something is unknown"),
        (!report.ops().any(is_bug), "a bug in Larder"),
    ];
    rules.into_iter().filter(|(holds, _)| !holds).map(|(_, rule)| format!("T1: {rule}")).collect()
}

fn is_bug(op: &Op) -> bool {
    op.error.as_ref().is_some_and(|error| error.kind == "bug")
}

/// T2: what the report calls written is in the history, and what is in the history is in the report.
fn told_and_done(finished: &Finished) -> Vec<String> {
    let mut wrong = Vec::new();
    let made: Vec<String> =
        finished.history.iter().filter(|one| one.changed).filter_map(created_by).collect();
    let ops: Vec<&Op> = finished.report.ops().collect();
    let put = |path: &str| finished.history.iter().any(|one| one.changed && one.path.ends_with(path));
    for op in ops.iter().filter(|op| op.status == Status::Done && op.action == Action::Create) {
        let is_made = if op.service == "cf" { put(&op.resource) } else { made.contains(&op.resource) };
        if !is_made {
            wrong.push(format!("T2: {} is reported as created, and was not by this run", op.resource));
        }
    }
    for name in &made {
        let told = ops
            .iter()
            .any(|op| op.resource == *name && (op.action == Action::Create || op.status == Status::Unknown));
        if !told {
            wrong.push(format!("T2: {name} was created, and the report does not have it"));
        }
    }
    let applied: Vec<String> =
        finished.history.iter().filter(|one| one.changed).flat_map(|one| migrations_of(&one.body)).collect();
    let said = |pattern: &Regex| -> Vec<String> {
        let notes = ops.iter().filter(|op| op.op == "migrate").flat_map(|op| &op.notes);
        notes.filter_map(|note| Some(pattern.captures(note)?[1].to_owned())).collect()
    };
    for name in said(&APPLIED) {
        if !applied.contains(&name) {
            wrong.push(format!("T2: {name} is reported as applied, and was not by this run"));
        }
    }
    // Of files in one call the first and the last are named.
    let names = |message: &str, name: &str| {
        let among = |found: regex::Captures| found[1] <= *name && *name <= found[2];
        message.contains(name) || TOGETHER.captures_iter(message).any(among)
    };
    let unknown = |name: &str| {
        ops.iter().any(|op| {
            op.status == Status::Unknown && op.error.as_ref().is_some_and(|e| names(&e.message, name))
        })
    };
    let told = said(&APPLIED);
    for name in applied.iter().filter(|name| !told.contains(name) && !unknown(name)) {
        wrong.push(format!("T2: {name} was applied, and the report does not have it"));
    }
    wrong
}

/// Files that went in one call.
static TOGETHER: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"`([^` ]+) \.\.\. ([^` ]+)`").unwrap());

/// As `migrate` notes it: applied by this run, not by another.
static APPLIED: LazyLock<Regex> = LazyLock::new(|| Regex::new("^`([^`]+)` applied(?:$|:)").unwrap());

/// T3: every failure names its resource and what to do; the ledger question comes with its SQL.
fn without_words(finished: &Finished) -> Vec<String> {
    let mut wrong = Vec::new();
    if finished.report.exit != 0 && finished.said.is_empty() {
        wrong.push("T3: a failure without a word".into());
    }
    for op in finished.report.ops().filter(|op| matches!(op.status, Status::Failed | Status::Unknown)) {
        let Some(error) = &op.error else {
            wrong.push(format!("T3: {} failed without a word", op.resource));
            continue;
        };
        if !error.message.contains(&format!("`{}`", op.resource)) {
            wrong.push(format!("T3: {:?} does not name {}", error.message, op.resource));
        }
        let hint = error.hint.as_deref().unwrap_or_default();
        if op.status == Status::Unknown && hint.is_empty() {
            wrong.push(format!("T3: {:?} does not say what to do", error.message));
        }
        if op.status == Status::Unknown && op.op == "migrate" && !hint.contains("SELECT name FROM") {
            wrong.push(format!("T3: {hint:?} has no query that decides it"));
        }
    }
    wrong
}

static IDS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}").unwrap());

/// A write in words that two accounts share: a call of migrations is one write for each, since those that were sent
/// together may go alone after a refusal.
fn writes_of(one: &RecordedExchange) -> Vec<String> {
    let path = IDS.replace_all(&one.path, "[ID]");
    match migrations_of(&one.body).as_slice() {
        [] => vec![format!("{} {path} {}", one.method, IDS.replace_all(&one.body, "[ID]"))],
        names => names.iter().map(|name| format!("{} {path} applies {name}", one.method)).collect(),
    }
}

/// The files that a call applies.
pub fn migrations_of(body: &str) -> Vec<String> {
    static GUARD: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r#"INSERT (?:OR [A-Z]+ )?INTO "larder_migrations[^"]*" \([^)]*\)\s*VALUES \(\d+, '([^']+)'"#,
        )
        .unwrap()
    });
    let body: Json = serde_json::from_str(body).unwrap_or_default();
    let sql = body["sql"].as_str().unwrap_or_default();
    GUARD.captures_iter(sql).map(|found| found[1].to_owned()).collect()
}

/// The name of what a create has made.
fn created_by(one: &RecordedExchange) -> Option<String> {
    let mut collections = beacon_service::services().iter().map(beacon_service::collection);
    if one.method != "POST" || !collections.any(|end| one.path.ends_with(end)) {
        return None;
    }
    let body: Json = serde_json::from_str(&one.body).ok()?;
    ["title", "name", "id"].iter().find_map(|key| body[*key].as_str().map(str::to_owned))
}

fn text(json: &Json) -> String {
    json.as_str().unwrap_or_default().to_owned()
}

mod attribution;
pub mod gone;
mod machine;
mod tests;
