//! The text report, block by block: heading, one block for each step, outputs, summary.
//!
//! ```text
//! kv                                             84 ms
//!   + SESSIONS                      created    0f2ac74b498b48028cb68387c421e279
//! ```
//!
//! **Invariant:** nothing from outside reaches a line but through [`TextStyle`].

use super::document::{Heading, Mode, Report, Step, Summary};
use super::entry::{Entry, entries};
use super::failure_groups::{FailureGroup, alike};
use super::failures::is_told;
use super::op_line::{self, NAME_COLUMNS, VERB_COLUMNS, padded};
use super::plan::{WINDOW_REQUESTS, WINDOW_S};
use super::status_words::{applied, counted, verb};
use super::text_style::{BOLD, DIM, RED, TextStyle, duration, paint};
use crate::events::{Action, Cost, Status, StepStatus};
use serde_json::Value as Json;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;

/// What runs, where; ends with a blank line.
pub(super) fn heading(heading: &Heading, ink: &TextStyle) -> String {
    let mut line = match heading.mode {
        Mode::Apply => String::new(),
        Mode::Plan => "plan of ".to_owned(),
        Mode::Destroy => "destroy of ".to_owned(),
        Mode::Sweep => "sweep of ".to_owned(),
    };
    line += &ink.show(heading.recipe.as_deref().unwrap_or("(no recipe)"));
    if let Some(env) = &heading.env {
        line = line + " -> " + ink.show(env).as_str();
    }
    let account = account(heading.account.as_deref(), heading.is_local, ink);
    let account = account.map(|account| format!(" ({account})"));
    format!("{}{}\n\n", paint(BOLD, &line), account.unwrap_or_default())
}

/// `local account`, or the account's id by its ends.
pub(super) fn account(id: Option<&str>, is_local: bool, ink: &TextStyle) -> Option<String> {
    if is_local {
        return Some("local account".to_owned());
    }
    id.map(|id| format!("account {}", short(&ink.show(id))))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReportDetail {
    /// What something happened to; what is left as it is in one line.
    Resources,
    /// Each op, also what only asked.
    Calls,
}

/// A step without the time that it took, which stands at the end of its title.
pub(super) fn untimed_step(of: &Step, ink: &TextStyle) -> String {
    let block = step(of, ReportDetail::Resources, ink);
    let Some((_, rest)) = block.split_once('\n') else { return block };
    let end = match of.status {
        StepStatus::Ok => "",
        StepStatus::Failed => ", failed",
        StepStatus::Skipped => ", skipped",
        StepStatus::Interrupted => ", interrupted",
    };
    let title = if of.name.is_empty() { "(outside every step)".to_owned() } else { ink.show(&of.name) };
    format!("{title}{end}\n{rest}")
}

/// A step's title and entries; nothing for what stands outside every step if nothing is listed there.
pub(super) fn step(step: &Step, listed: ReportDetail, ink: &TextStyle) -> String {
    let entries = match listed {
        ReportDetail::Resources => entries(&step.ops),
        ReportDetail::Calls => entries(step.calls()),
    };
    if entries.is_empty() && (step.name.is_empty() || step.status == StepStatus::Ok) {
        return String::new();
    }
    let title = if step.name.is_empty() { "(outside every step)".to_owned() } else { ink.show(&step.name) };
    let end = match step.status {
        StepStatus::Ok => paint(DIM, &duration(step.ms)),
        StepStatus::Failed => paint(RED, &format!("failed after {}", duration(step.ms))),
        StepStatus::Skipped => paint(DIM, "skipped"),
        StepStatus::Interrupted => paint(RED, "interrupted"),
    };
    // Marker, name, verb, and the blanks between them: the time stands above the details.
    let mut block = format!("{}  {end}\n", padded(BOLD, &title, 4 + NAME_COLUMNS + 2 + VERB_COLUMNS));
    // They are in the order of starting.
    let is_read = |number| step.reads.binary_search_by_key(&number, |read| read.number).is_ok();
    let mut unchanged = Vec::new();
    let groups = alike(entries.iter().map(Entry::decisive).filter(|op| is_told(op)));
    let others: HashSet<u64> = groups.iter().flat_map(|group| &group.others).map(|op| op.number).collect();
    let firsts: HashMap<u64, &FailureGroup> =
        groups.iter().map(|group| (group.first.number, group)).collect();
    for entry in entries {
        if listed == ReportDetail::Resources && others.contains(&entry.decisive().number) {
            continue;
        }
        if listed == ReportDetail::Calls && is_read(entry.op.number) {
            block += &op_line::read(entry.op, &step.name, ink);
        } else if listed == ReportDetail::Resources && entry.is_unchanged() {
            unchanged.push(op_line::label(entry.op, &step.name, ink));
        } else {
            block += &op_line::line(&entry, &step.name, ink);
            let own = firsts.get(&entry.decisive().number);
            if let Some(more) =
                own.filter(|_| listed == ReportDetail::Resources).and_then(|group| group.more(ink))
            {
                block += &op_line::below_line(&more, ink);
            }
        }
    }
    if !unchanged.is_empty() {
        let line = ink.wrapped(&format!("= unchanged: {}", unchanged.join(", ")), 2, 4);
        let _ = writeln!(block, "  {}", paint(DIM, &line));
    }
    block
}

/// Of a plan that would do something: what applying it takes.
pub(super) fn cost(report: &Report) -> String {
    if report.mode != Mode::Plan || !report.differs() {
        return String::new();
    }
    let Cost { reads, writes } = report.cost();
    let requests = reads + writes;
    let tenths = (requests * 1000).div_ceil(WINDOW_REQUESTS);
    let share = format!("{}.{} %", tenths / 10, tenths % 10);
    format!(
        "applying it takes {} and {}: {share} of the {WINDOW_REQUESTS} requests allowed in {} minutes\n",
        counted(writes, "write", "writes"),
        counted(reads, "read", "reads"),
        WINDOW_S / 60,
    )
}

/// What the recipe put out; nothing if it put out nothing.
pub(super) fn outputs(outputs: &BTreeMap<String, Json>, ink: &TextStyle) -> String {
    let mut block = String::new();
    for (key, value) in outputs {
        let _ = writeln!(block, "  {} = {}", ink.show(key), ink.value(value));
    }
    if block.is_empty() { block } else { format!("{}\n{block}", paint(BOLD, "outputs")) }
}

/// `12 created, 6 migrations applied`.
pub(super) fn counts(report: &Report) -> String {
    let counts: Vec<String> = report
        .summary
        .named(report.speaks_of_future())
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    match (counts.is_empty(), report.complete) {
        (false, _) => counts.join(", "),
        (true, true) => "nothing to do".to_owned(),
        (true, false) => "nothing done".to_owned(),
    }
}

impl Report {
    /// Whether ops are told as what would be done.
    pub(super) fn speaks_of_future(&self) -> bool {
        self.mode == Mode::Plan || self.ops().any(|op| op.status == Status::Planned)
    }
}

impl Summary {
    /// Each count with its word.
    pub(super) fn named(self, future: bool) -> [(u64, &'static str); 10] {
        let Summary { create, update, delete, apply, write, none, conflict, failed, unknown, skipped } = self;
        [
            (create, verb(Action::Create, future)),
            (update, verb(Action::Update, future)),
            (delete, verb(Action::Delete, future)),
            (apply, applied(apply, future)),
            (write, verb(Action::Write, future)),
            (none, verb(Action::None, future)),
            (conflict, "in conflict"),
            (failed, "failed"),
            (unknown, "unknown"),
            (skipped, "skipped"),
        ]
    }
}

pub(super) fn summary(report: &Report) -> String {
    let (what, requests) = (counts(report), requests(report));
    let rest = if report.complete { "" } else { "; incomplete" };
    format!("{} in {} ({requests}){rest}\n", paint(BOLD, &what), duration(report.ms))
}

/// `7 reads, 18 writes, 1 retry`.
pub(super) fn requests(report: &Report) -> String {
    let (reads, writes) = (report.requests.reads, report.requests.writes);
    let mut requests = format!("{}, {}", counted(reads, "read", "reads"), counted(writes, "write", "writes"));
    if report.requests.retries > 0 {
        requests = requests + ", " + counted(report.requests.retries, "retry", "retries").as_str();
    }
    requests
}

/// An account's id by its ends.
pub(super) fn short(id: &str) -> String {
    match (id.get(..4), id.get(id.len().saturating_sub(4)..)) {
        (Some(head), Some(tail)) if id.len() > 12 => format!("{head}...{tail}"),
        _ => id.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::document::Op;
    use crate::report::sample;
    use crate::secret::Redactor;
    use serde_json::json;

    #[test]
    fn titles_say_how_a_step_ended() {
        let redactor = Redactor::default();
        let ink = TextStyle::new(&redactor);
        let mut report = sample::report_of(Vec::new());
        let mut title = |name: &str, status| {
            report.steps[0].name = name.into();
            report.steps[0].status = status;
            anstream::adapter::strip_str(&step(&report.steps[0], ReportDetail::Resources, &ink)).to_string()
        };
        let blanks = " ".repeat(43);
        assert_eq!(title("kv", StepStatus::Ok), "", "nothing is there");
        assert_eq!(title("kv", StepStatus::Failed), format!("kv{blanks}failed after 84 ms\n"));
        assert_eq!(title("kv", StepStatus::Skipped), format!("kv{blanks}skipped\n"));
        assert_eq!(title("kv", StepStatus::Interrupted), format!("kv{blanks}interrupted\n"));
        assert_eq!(title("", StepStatus::Ok), "", "nothing is there");
        assert_eq!(
            title("::error::x", StepStatus::Skipped),
            format!("\\u{{3a}}:error::x{}skipped\n", &blanks[13..])
        );
    }

    #[test]
    fn heading_names_mode_environment_and_account() {
        let redactor = Redactor::default();
        let ink = TextStyle::new(&redactor);
        let shown = |head: &Heading| anstream::adapter::strip_str(&heading(head, &ink)).to_string();
        let mut head = sample::heading();
        assert_eq!(shown(&head), "provision -> development (account 0123...cdef)\n\n");
        head.is_local = true;
        assert_eq!(shown(&head), "provision -> development (local account)\n\n");
        head.is_local = false;
        head.mode = Mode::Plan;
        head.account = None;
        assert_eq!(shown(&head), "plan of provision -> development\n\n");
        head.mode = Mode::Destroy;
        head.env = None;
        assert_eq!(shown(&head), "destroy of provision\n\n");
    }

    #[test]
    fn summary_counts_what_happened() {
        let shown = |report: &Report| anstream::adapter::strip_str(&summary(report)).to_string();
        let created = sample::op(Action::Create, Status::Done);
        let other = Op { resource: "OTHER".into(), ..sample::op(Action::None, Status::Done) };
        let mut report = sample::report_of(vec![created, other]);
        assert_eq!(shown(&report), "1 created, 1 unchanged in 812 ms (7 reads, 18 writes)\n");
        report.mode = Mode::Plan;
        report.complete = false;
        assert_eq!(shown(&report), "1 to create, 1 unchanged in 812 ms (7 reads, 18 writes); incomplete\n");
        let mut report = sample::report_of(Vec::new());
        report.requests = crate::report::Requests { reads: 1, writes: 0, retries: 1 };
        assert_eq!(shown(&report), "nothing to do in 812 ms (1 read, 0 writes, 1 retry)\n");
        report.summary = Summary {
            update: 1,
            delete: 2,
            apply: 3,
            write: 4,
            conflict: 5,
            failed: 6,
            unknown: 7,
            skipped: 8,
            ..Summary::default()
        };
        assert_eq!(
            shown(&report),
            "1 updated, 2 deleted, 3 migrations applied, 4 written, 5 in conflict, 6 failed, 7 unknown, 8 skipped in 812 ms \
             (1 read, 0 writes, 1 retry)\n"
        );
    }

    #[test]
    fn outputs_are_listed_by_key() {
        let redactor = Redactor::default();
        let map = BTreeMap::from([("b".to_owned(), json!("x y")), ("a".to_owned(), json!(1))]);
        let block = outputs(&map, &TextStyle::new(&redactor));
        assert_eq!(anstream::adapter::strip_str(&block).to_string(), "outputs\n  a = 1\n  b = \"x y\"\n");
        assert_eq!(outputs(&BTreeMap::new(), &TextStyle::new(&redactor)), "");
    }
}
