//! The JSON report `larder.report/1`: what a run did, for programs. Its schema is committed as `schemas/report-1.json`.
//!
//! **Invariant:** the order of the fields is the published one; a change that a reader could notice needs a new number.

use super::exit::{Exit, Signal};
use crate::events::{Action, Change, Cost, Evidence, Foreseen, Problem, Site, Status, StepStatus};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// The name and number of the schema.
pub const SCHEMA: &str = "larder.report/1";

/// What a run does with its recipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Does it.
    Apply,
    /// Shows what `apply` would do.
    Plan,
    /// Deletes what the recipe names.
    Destroy,
    /// Deletes what branches that are gone have left.
    Sweep,
}

/// What is known about a run when it begins.
#[derive(Clone, Debug, PartialEq)]
pub struct Heading {
    pub larder: String,
    /// The run's id, which sorts by time.
    pub run: String,
    /// What the run does.
    pub mode: Mode,
    pub recipe: Option<String>,
    /// The environment's full name.
    pub env: Option<String>,
    pub account: Option<String>,
    /// Whether that is the local account.
    pub is_local: bool,
    pub started_at: jiff::Timestamp,
}

/// What is known about a run when it ends, beside its events.
#[derive(Clone, Debug, PartialEq)]
pub struct RunEnding {
    /// How long it took.
    pub ms: u64,
    /// What the events can't say: `Usage`, `Bug`, `Failed` of a script that failed without an op; else `Done`.
    pub exit: Exit,
    /// What ended the run, if something did.
    pub error: Option<Problem>,
    /// Whether the recipe was run to its end.
    pub complete: bool,
    /// The signal that ended it.
    pub interrupted: Option<Signal>,
    /// Whether differences are worth an exit code of their own (`--exit-code`).
    pub count_differences: bool,
}

/// One run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Report {
    /// Always `larder.report/1`.
    pub schema: String,
    /// The version of Larder that wrote it.
    pub larder: String,
    /// The run's id.
    pub run: String,
    /// What the run did with its recipe.
    pub mode: Mode,
    /// The recipe; null if the run ended before it was known.
    pub recipe: Option<String>,
    /// The environment; null if the run ended before it was known.
    pub env: Option<String>,
    /// The account; null if the run ended before it was known.
    pub account: Option<String>,
    /// Whether that is the local account: for people, not part of `larder.report/1`.
    #[serde(skip)]
    pub is_local: bool,
    /// RFC 3339, in UTC, with milliseconds.
    pub started_at: String,
    /// How long the run took.
    pub ms: u64,
    /// The exit code.
    pub exit: u8,
    /// Whether anything was written, or may have been.
    pub changed: bool,
    /// Whether the recipe was run to its end.
    pub complete: bool,
    /// What ended the run, if something did.
    pub error: Option<Problem>,
    /// Resources by what became of them.
    pub summary: Summary,
    /// Requests by what they can do.
    pub requests: Requests,
    /// Odd things that are no failure.
    pub warnings: Vec<Warning>,
    /// In the order of the recipe; ops outside every step come last, in a step named "".
    #[serde(serialize_with = "with_a_name_or_ops")]
    #[schemars(with = "Vec<Step>")]
    pub steps: Vec<Step>,
    /// What the recipe put out.
    pub outputs: BTreeMap<String, Json>,
}

/// How much was done: by action if done or planned, else by status. A database and its migrations are one, and so is what is asked for again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Summary {
    /// Made something.
    pub create: u64,
    /// Changed fields.
    pub update: u64,
    /// Removed something.
    pub delete: u64,
    /// Migration files that were applied.
    pub apply: u64,
    /// Wrote data.
    pub write: u64,
    /// Left something as it is.
    pub none: u64,
    /// Refused: what is there can't become what is asked.
    pub conflict: u64,
    /// Not done.
    pub failed: u64,
    /// Nobody knows.
    pub unknown: u64,
    /// Not begun.
    pub skipped: u64,
}

/// How many requests were sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Requests {
    /// Those that can't change the account.
    pub reads: u64,
    /// Those that can.
    pub writes: u64,
    /// How many of both repeated an earlier one.
    pub retries: u64,
}

/// Something odd that is no failure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Warning {
    /// One sentence.
    pub message: String,
    /// Where, if a recipe's line is to blame.
    pub at: Option<Site>,
}

/// A step of the recipe.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Step {
    /// Its title; "" for what stands outside every step.
    pub name: String,
    /// Steps that ran together share a number; 0 for "" and for what the order left out.
    pub group: u64,
    /// How it ended.
    pub status: StepStatus,
    /// How long it took; of the step "", its longest op.
    pub ms: u64,
    /// In the order of starting; none that only asked, unless it failed.
    pub ops: Vec<Op>,
    /// Those that only asked: for the text report that shows calls, not part of `larder.report/1`.
    #[serde(skip)]
    pub reads: Vec<Op>,
}

/// One op of a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Op {
    /// `kv`, `r2`, ...
    pub service: String,
    /// `ensure`, `put`, ...
    pub op: String,
    /// The handle's type, e.g. `KvNamespace`.
    pub kind: String,
    /// The name before the naming policy.
    pub logical: Option<String>,
    /// The name in the account.
    pub resource: String,
    /// The jurisdiction that is part of the key.
    pub jurisdiction: Option<String>,
    /// Whether other environments use the same resource.
    pub shared: bool,
    /// Of `destroy`: what data it holds, or held, such as `keys`, `objects`, `2 vectors` or `rows in jobs`; null where it
    /// holds none that would be missed.
    pub holds: Option<String>,
    /// Of a raw write, what tells it from others on the same resource: its key, how its statement begins, its method.
    pub subject: Option<String>,
    /// What was or would be done to the resource.
    pub action: Action,
    /// What became of it.
    pub status: Status,
    /// What `done` rests on; null where nothing was written.
    pub evidence: Option<Evidence>,
    /// The id in the account; a placeholder where a creation is planned.
    pub id: Option<String>,
    /// Fields that were or would be changed, or that stand in the way.
    pub changes: Vec<Change>,
    /// Of `migrate`: the files that were or would be applied, also where a later one failed.
    pub migrations: Vec<String>,
    /// Of D1: the Time Travel bookmark from before the op's first write, the way back.
    pub bookmark: Option<String>,
    /// Why it failed.
    pub error: Option<Problem>,
    /// Whether the script caught the failure.
    pub caught: bool,
    /// Where the recipe asked for it.
    pub at: Site,
    /// How long it took, queueing included.
    pub ms: u64,
    /// Requests sent for it, retries included.
    pub attempts: u64,
    /// Its place in the order of starting: not part of `larder.report/1`.
    #[serde(skip)]
    pub number: u64,
    /// Whether a write of it was answered with success: not part of `larder.report/1`.
    #[serde(skip)]
    pub wrote: bool,
    /// Things worth knowing, such as the migrations applied: for the text report, not part of `larder.report/1`.
    #[serde(skip)]
    pub notes: Vec<String>,
    /// What a plan knows beside: for the text report and for plan files, not part of `larder.report/1`.
    #[serde(skip)]
    pub foreseen: Box<Foreseen>,
}

impl Step {
    /// Every op, those that only asked among them, in the order of starting.
    pub(super) fn calls(&self) -> Vec<&Op> {
        let mut calls: Vec<&Op> = self.ops.iter().chain(&self.reads).collect();
        calls.sort_by_key(|op| op.number);
        calls
    }
}

/// What stands outside every step is a step only where something is listed in it.
fn with_a_name_or_ops<S: Serializer>(steps: &[Step], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(steps.iter().filter(|step| !step.name.is_empty() || !step.ops.is_empty()))
}

impl Op {
    /// Whether it left its resource as it is.
    pub(super) fn is_unchanged(&self) -> bool {
        self.action == Action::None && matches!(self.status, Status::Done | Status::Planned)
    }

    /// Whether something was or would be written by it.
    fn is_difference(&self) -> bool {
        self.action != Action::None
    }

    /// Whether it wrote to the account, or may have; what is written into the project's folder rests on no answer of it.
    pub(super) fn has_changed(&self) -> bool {
        let is_done = self.status == Status::Done && self.is_difference() && self.evidence.is_some();
        self.status == Status::Unknown || is_done
    }
}

impl Report {
    /// Every op, in the order of the steps.
    pub fn ops(&self) -> impl Iterator<Item = &Op> {
        self.steps.iter().flat_map(|step| &step.ops)
    }

    /// Whether a plan found something to do.
    pub fn differs(&self) -> bool {
        self.ops().any(|op| op.status == Status::Planned && op.is_difference())
    }

    /// Of a plan: the requests that applying it takes, from those that planning took.
    pub fn cost(&self) -> Cost {
        let planned = self.ops().map(|op| op.foreseen.cost);
        let asked = Cost { reads: self.requests.reads.saturating_sub(self.requests.retries), writes: 0 };
        let sum =
            |sum: Cost, one: Cost| Cost { reads: sum.reads + one.reads, writes: sum.writes + one.writes };
        let mut cost = planned.fold(asked, sum);
        // Whether the credentials reach the account is asked for before the first write.
        cost.reads += u64::from(cost.writes > 0);
        cost
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{json, sample};
    use crate::secret::Redactor;
    use crate::system::committed;

    /// Renewed by `LARDER_BLESS=1 cargo test --lib report`.
    #[test]
    fn committed_schema_is_the_one_of_the_code() {
        committed::schema::<Report>("report-1.json");
    }

    #[test]
    fn reads_back_as_it_was_written() {
        let report = sample::report();
        let text = json::to_pretty(&report, &Redactor::default());
        let mut read: Report = serde_json::from_str(&text).unwrap();
        for (read, wrote) in read.steps.iter_mut().flat_map(|step| &mut step.ops).zip(report.ops()) {
            read.notes.clone_from(&wrote.notes);
            read.number = wrote.number;
            read.wrote = wrote.wrote;
        }
        assert_eq!(read, report);
    }

    #[test]
    fn fields_come_in_the_published_order() {
        let text = json::to_line(&sample::report(), &Redactor::default());
        let find = |field: &str| text.find(&format!("\"{field}\":")).unwrap_or_else(|| panic!("{field}"));
        let run = "schema larder run mode recipe env account started_at ms exit changed complete error summary \
                   requests warnings steps outputs";
        let places: Vec<usize> = run.split_whitespace().map(find).collect();
        assert!(places.is_sorted_by(|a, b| a < b), "{text}");
        let op = "service op kind logical resource jurisdiction shared holds subject action status evidence id changes migrations bookmark \
                  error caught at ms attempts";
        let op_text = json::to_line(&sample::op(Action::Create, Status::Done), &Redactor::default());
        let keys: Vec<&str> = op_text
            .split(['{', ','])
            .filter_map(|part| part.strip_prefix('"')?.split_once("\":").map(|(key, _)| key))
            .filter(|key| !["file", "line", "column"].contains(key))
            .collect();
        assert_eq!(keys, op.split_whitespace().collect::<Vec<_>>());
    }
}
