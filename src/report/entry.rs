//! The entries of a report: resources. A database and its migrations are one entry, and so is what is asked for again.
//!
//! **Invariant:** every op that is given is in exactly one entry.

use super::document::{Op, Summary};
use super::status_words::{applied, outcome};
use crate::events::{Action, Status};
use std::collections::HashMap;

/// An op, with the migrations of its database.
pub(super) struct Entry<'a> {
    /// The `ensure` of a database with migrations; else the op itself.
    pub(super) op: &'a Op,
    /// In the order of starting, and what else belongs to it.
    pub(super) migrations: Vec<&'a Op>,
}

/// The entries of some ops, in the order of their first.
pub(super) fn entries<'a>(ops: impl IntoIterator<Item = &'a Op>) -> Vec<Entry<'a>> {
    let mut all: Vec<Entry<'a>> = Vec::new();
    // The first entry that migrations of one thing belong to.
    let mut homes: HashMap<_, usize> = HashMap::new();
    for op in ops {
        let thing = (&op.service, &op.resource, &op.jurisdiction);
        if let Some(home) = homes.get(&thing).filter(|_| op.is_migrate() || op.is_quiet_part()) {
            all[*home].migrations.push(op);
            continue;
        }
        if op.is_migrate() || op.op == "ensure" {
            homes.entry(thing).or_insert(all.len());
        }
        all.push(Entry { op, migrations: Vec::new() });
    }
    all
}

impl Op {
    /// Whether it found a resource, or what it holds, as it should be, which the line of the resource says.
    fn is_quiet_part(&self) -> bool {
        let is_of_one =
            self.op == "ensure" || (self.service.as_str(), self.op.as_str()) == ("kv", "ensure_entries");
        is_of_one && self.is_unchanged() && self.notes.is_empty()
    }

    /// Whether it brings a database to its last migration.
    pub(super) fn is_migrate(&self) -> bool {
        (self.service.as_str(), self.op.as_str()) == ("d1", "migrate")
    }
}

impl<'a> Entry<'a> {
    /// Every op of it.
    pub(super) fn ops(&self) -> impl Iterator<Item = &'a Op> {
        std::iter::once(self.op).chain(self.migrations.iter().copied())
    }

    /// How long its ops took.
    pub(super) fn ms(&self) -> u64 {
        self.ops().map(|op| op.ms).sum()
    }

    /// The op that decides how the entry as a whole has ended.
    pub(super) fn decisive(&self) -> &'a Op {
        let weight = |op: &Op| match (op.status, op.action) {
            (Status::Failed | Status::Conflict, _) => 5,
            (Status::Unknown, _) => 4,
            (Status::Done | Status::Planned, Action::None) => 0,
            (Status::Done | Status::Planned, Action::Apply) => 2,
            (Status::Done | Status::Planned, _) => 3,
            (Status::Skipped, _) => 1,
        };
        // Of several, the first.
        self.ops().fold(self.op, |found, op| if weight(op) > weight(found) { op } else { found })
    }

    /// Whether it was left as it is and there is nothing else to say.
    pub(super) fn is_unchanged(&self) -> bool {
        self.ops().all(|op| {
            op.is_unchanged() && op.notes.is_empty() && op.changes.is_empty() && op.subject.is_none()
        })
    }

    /// What became of it: `created, 6 migrations applied`.
    pub(super) fn outcome(&self) -> String {
        let migrates: Vec<&Op> = self.ops().filter(|op| op.is_migrate()).collect();
        let mut words: Vec<String> = Vec::new();
        if !self.op.is_migrate() && (!self.op.is_unchanged() || self.ops().all(Op::is_unchanged)) {
            words.push(outcome(self.op).to_owned());
        }
        let files = migrates.iter().map(|op| op.migrations.len() as u64).sum();
        if files > 0 {
            let is_planned = migrates.iter().any(|op| op.status == Status::Planned);
            words.push(format!("{files} {}", applied(files, is_planned)));
        }
        let ended = migrates.iter().filter(|op| !matches!(op.status, Status::Done | Status::Planned));
        let whose = if self.op.is_migrate() && files == 0 { "" } else { "migrations " };
        words.extend(ended.map(|op| format!("{whose}{}", outcome(op))));
        if words.is_empty() {
            words.push(outcome(self.op).to_owned());
        }
        words.dedup();
        words.join(", ")
    }
}

impl Summary {
    /// Counts what ops did.
    pub fn of<'a>(ops: impl Iterator<Item = &'a Op>) -> Summary {
        let mut summary = Summary::default();
        for entry in entries(ops) {
            summary.none += u64::from(entry.ops().all(Op::is_unchanged));
            for op in entry.ops() {
                summary.apply += op.migrations.len() as u64;
                if let Some(slot) = summary.slot(op.action, op.status) {
                    *slot += 1;
                }
            }
        }
        summary
    }

    /// Where an op counts by itself.
    fn slot(&mut self, action: Action, status: Status) -> Option<&mut u64> {
        Some(match (status, action) {
            (Status::Conflict, _) => &mut self.conflict,
            (Status::Failed, _) => &mut self.failed,
            (Status::Unknown, _) => &mut self.unknown,
            (Status::Skipped, _) => &mut self.skipped,
            (Status::Done | Status::Planned, Action::Create) => &mut self.create,
            (Status::Done | Status::Planned, Action::Update) => &mut self.update,
            (Status::Done | Status::Planned, Action::Delete) => &mut self.delete,
            (Status::Done | Status::Planned, Action::Write) => &mut self.write,
            (Status::Done | Status::Planned, Action::Apply | Action::None) => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn database(op: &str, action: Action, status: Status, files: &[&str]) -> Op {
        let migrations = files.iter().map(ToString::to_string).collect();
        let (service, op, resource) = ("d1".into(), op.into(), "jobs".into());
        Op { service, op, resource, migrations, ..sample::op(action, status) }
    }

    fn told(ops: &[Op]) -> Vec<String> {
        entries(ops).iter().map(Entry::outcome).collect()
    }

    #[test]
    fn a_database_and_its_migrations_are_one() {
        use Action::{Apply, Create, None, Write};
        use Status::{Done, Failed, Planned, Skipped};
        let ensure = |action, status| database("ensure", action, status, &[]);
        let migrate = |action, status, files: &[&str]| database("migrate", action, status, files);
        for (ops, words) in [
            (vec![ensure(Create, Done), migrate(Apply, Done, &["1", "2"])], "created, 2 migrations applied"),
            (
                vec![ensure(Create, Planned), migrate(Apply, Planned, &["1"])],
                "to create, 1 migration to apply",
            ),
            (vec![ensure(None, Done), migrate(Apply, Done, &["1"])], "1 migration applied"),
            (vec![ensure(None, Done), migrate(None, Done, &[])], "unchanged"),
            (vec![ensure(Create, Done), migrate(None, Done, &[])], "created"),
            (vec![ensure(None, Done), migrate(Apply, Failed, &[])], "migrations failed"),
            (
                vec![ensure(None, Done), migrate(Apply, Failed, &["1"])],
                "1 migration applied, migrations failed",
            ),
            (vec![ensure(Create, Failed), migrate(None, Skipped, &[])], "failed, migrations skipped"),
            (vec![migrate(Apply, Done, &["1"]), migrate(Apply, Done, &["a"])], "2 migrations applied"),
            (vec![migrate(Apply, Failed, &[])], "failed"),
        ] {
            assert_eq!(told(&ops), [words]);
        }
        let mut other = migrate(Apply, Done, &["1"]);
        other.jurisdiction = Some("eu".into());
        let apart = [ensure(Create, Done), database("execute", Write, Done, &[]), other];
        assert_eq!(told(&apart), ["created", "written", "1 migration applied"]);
    }

    #[test]
    fn files_are_counted_and_a_database_is_unchanged_once() {
        use Action::{Apply, Create, None};
        use Status::{Done, Failed};
        let of = |ops: &[Op]| Summary::of(ops.iter());
        let migrate = |action, status, files: &[&str]| database("migrate", action, status, files);
        let ensure = |action| database("ensure", action, Done, &[]);
        let counts = Summary { create: 1, apply: 2, ..Summary::default() };
        assert_eq!(of(&[ensure(Create), migrate(Apply, Done, &["1", "2"])]), counts);
        let counts = Summary { none: 1, ..Summary::default() };
        assert_eq!(of(&[ensure(None), migrate(None, Done, &[])]), counts);
        let counts = Summary { apply: 1, failed: 1, ..Summary::default() };
        assert_eq!(of(&[ensure(None), migrate(Apply, Failed, &["1"])]), counts);
        // Two Workers bind it.
        let counts = Summary { create: 1, apply: 1, ..Summary::default() };
        assert_eq!(of(&[ensure(Create), migrate(Apply, Done, &["1"]), ensure(None)]), counts);
        let counts = Summary { none: 1, ..Summary::default() };
        assert_eq!(of(&[ensure(None), migrate(None, Done, &[]), ensure(None)]), counts);
        let mut elsewhere = ensure(None);
        elsewhere.jurisdiction = Some("eu".into());
        let counts = Summary { none: 2, ..Summary::default() };
        assert_eq!(of(&[ensure(None), elsewhere]), counts);
    }
}
