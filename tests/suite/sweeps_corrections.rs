//! Every fault at every request of `migrations baseline` and `migrations repair`: the ledger is as it was or wholly right,
//! what is said is what is so, no SQL of a file runs, and a clean repetition ends the work.

use super::counted_migrations;
use super::interceptors::{CutOff, Twice};
use super::invariants::{names_the_request, rows};
use super::parallel_cases::each;
use super::simulation::{Corrected, Decide, Simulation};
use larder::events::Status;
use larder::local::fault::{Fault, FaultTarget, NAMED};
use larder::op::Mode;
use larder::services::d1::migrations::Repairs;
use larder::system::files;
use serde_json::{Value as Json, json};
use std::path::Path;

/// A ledger that is wrong, and how it is set right.
struct Bench<'a> {
    folder: &'a Path,
    new: &'a (dyn Fn(&Path) -> Simulation + Sync),
    decide: &'a Decide<'a>,
    /// Both ledgers, before and after.
    before: Vec<Json>,
    after: Vec<Json>,
    corrections: usize,
    requests: u64,
}

impl<'a> Bench<'a> {
    fn new(folder: &'a Path, new: &'a (dyn Fn(&Path) -> Simulation + Sync), decide: &'a Decide<'a>) -> Self {
        let simulation = new(folder);
        let before = ledgers(&simulation);
        let corrected = simulation.correct(simulation.terms(Mode::Apply), folder, decide);
        let corrections = corrected.result.unwrap();
        let after = ledgers(&simulation);
        let bodies: Vec<String> = corrected.history.iter().map(|one| one.body.clone()).collect();
        assert!(corrections >= 4 && before != after, "{corrections}");
        let requests = corrected.history.len() as u64;
        assert!(requests >= 4, "only {requests} requests");
        let bench = Bench { folder, new, decide, before, after, corrections, requests };
        assert_eq!([bench.ran(&bodies), bench.settled(&simulation)].concat(), Vec::<String>::new());
        bench
    }

    /// What is wrong with a correction, and with those after it once all is well.
    fn judge(&self, simulation: &Simulation, corrected: &Corrected) -> Vec<String> {
        let mut wrong = Vec::new();
        let now = ledgers(simulation);
        if now != self.before && now != self.after {
            wrong.push(format!("a ledger that is neither as it was nor right: {now:?}"));
        }
        let status = corrected.result.as_ref().err().map(larder::op::Failure::status);
        match &corrected.result {
            Ok(count) if *count != self.corrections || now != self.after => {
                wrong.push(format!("{count} are said to be written, and the ledger is {now:?}"));
            }
            Err(failure) if status != Some(Status::Unknown) && now == self.after => {
                wrong.push(format!("it is written, and said to have failed: {failure}"));
            }
            Err(failure) if failure.to_string().is_empty() => wrong.push("a failure without a word".into()),
            _ => {}
        }
        if corrected.took.as_secs() > 600 || corrected.history.len() as u64 > 6 * self.requests {
            let (took, requests) = (corrected.took, corrected.history.len());
            wrong.push(format!("it took {took:?} and {requests} requests"));
        }
        if let Err(failure) = &corrected.result {
            wrong.extend(names_the_request(0, &failure.problem(), &corrected.asked));
        }
        wrong.extend(self.ran(&corrected.history.iter().map(|one| one.body.clone()).collect::<Vec<_>>()));
        simulation.account.heal();
        if now == self.before {
            let again = simulation.correct(simulation.terms(Mode::Apply), self.folder, self.decide);
            if again.result.as_ref().ok() != Some(&self.corrections) || ledgers(simulation) != self.after {
                wrong.push(format!("the next is not right: {:?}", again.result));
            }
        }
        wrong.extend(effects(simulation));
        wrong
    }

    /// What is wrong with what comes after a ledger that is right; where it is, all cells are alike.
    fn settled(&self, simulation: &Simulation) -> Vec<String> {
        let mut wrong = Vec::new();
        // What is right is not written again: there is nothing to record, or nothing that asks for the repair.
        let idle = simulation.correct(simulation.terms(Mode::Apply), self.folder, self.decide);
        let is_idle = match &idle.result {
            Ok(count) => *count == 0,
            Err(failure) => failure.kind() == "migration",
        };
        if !is_idle || idle.history.iter().any(|one| one.changed) || ledgers(simulation) != self.after {
            wrong.push(format!("a correction of what is right: {:?}", idle.result));
        }
        // And a run finds every file applied.
        let run = counted_migrations::migrate(simulation, simulation.terms(Mode::Apply), self.folder);
        if run.report.exit != 0 || run.changes() > 0 {
            wrong.push(format!("a run after it ends with {}: {:?}", run.report.exit, run.said));
        }
        wrong.extend(effects(simulation));
        wrong
    }

    /// No file's SQL was sent.
    fn ran(&self, bodies: &[String]) -> Vec<String> {
        let sent = bodies.iter().filter(|body| body.contains("INTO effects") || body.contains("users"));
        sent.map(|body| format!("SQL of a file was sent: {body}")).collect()
    }

    fn sweep<T: Sync + std::fmt::Debug>(
        &self,
        cells: &[T],
        play: impl Fn(&Simulation, u64, &T) -> Corrected + Sync,
    ) {
        let wrong = each(cells, |cell| {
            let simulation = (self.new)(self.folder);
            let begun = simulation.account.history().len() as u64;
            let corrected = play(&simulation, begun, cell);
            let wrong = self.judge(&simulation, &corrected);
            let said = corrected.result.map_err(|failure| failure.to_string());
            if wrong.is_empty() {
                Ok(())
            } else {
                Err(format!("{cell:?}: {}\n  {said:?}", wrong.join("\n  ")))
            }
        });
        assert!(wrong.is_empty(), "{} of {} cells:\n{}", wrong.len(), cells.len(), wrong.join("\n"));
    }

    /// Every fault at every request, calls that arrive twice, and answers that stop coming.
    fn everything(&self) {
        let at = 1..=self.requests;
        let cells: Vec<(&str, u64)> =
            NAMED.iter().flat_map(|(name, ..)| at.clone().map(move |number| (*name, number))).collect();
        self.sweep(&cells, |simulation, begun, (name, at)| {
            let (_, kind, effect) = NAMED.iter().find(|(known, ..)| known == name).unwrap();
            simulation.account.inject(Fault {
                kind: *kind,
                effect: *effect,
                strike: FaultTarget::Request(begun + at),
            });
            simulation.correct(simulation.terms(Mode::Apply), self.folder, self.decide)
        });
        let cells: Vec<(u64, Option<bool>)> =
            at.flat_map(|at| [None, Some(true), Some(false)].map(|answer| (at, answer))).collect();
        self.sweep(&cells, |simulation, _, (at, answer)| {
            let mut terms = simulation.terms(Mode::Apply);
            match answer {
                None => terms.road = CutOff::from(*at),
                Some(first) => terms.road = Twice::at(*at, *first),
            }
            simulation.correct(terms, self.folder, self.decide)
        });
    }
}

/// The rows of both ledgers, without times, runs and versions.
fn ledgers(simulation: &Simulation) -> Vec<Json> {
    let id = counted_migrations::database(&simulation.account);
    let read = |sql: &str| rows(&simulation.account, &id, sql).unwrap_or_default();
    let mut all = read("SELECT id, name FROM d1_migrations ORDER BY id");
    all.extend(read("SELECT seq, name, sha256, before FROM larder_migrations ORDER BY seq"));
    all
}

/// What is wrong with what the files have done: each has left one row.
fn effects(simulation: &Simulation) -> Vec<String> {
    let id = counted_migrations::database(&simulation.account);
    let left = rows(&simulation.account, &id, "SELECT file FROM effects ORDER BY id").unwrap_or_default();
    let visits = rows(&simulation.account, &id, "SELECT visits FROM users").unwrap_or_default();
    let expected: Vec<Json> =
        counted_migrations::names().iter().map(|name| json!({ "file": name })).collect();
    let mut wrong = Vec::new();
    wrong.extend((left != expected).then(|| format!("the files have left {left:?}")));
    wrong.extend((visits != [json!({ "visits": 1 })]).then(|| format!("a file ran again: {visits:?}")));
    wrong
}

/// A database to which somebody has given all six by hand, without a ledger.
fn by_hand(folder: &Path) -> Simulation {
    let simulation = counted_migrations::simulation(1, folder);
    let id = counted_migrations::database(&simulation.account);
    for name in counted_migrations::names() {
        let sql = files::read_text(&folder.join("migrations").join(name), 1 << 20).unwrap();
        let path = format!("/d1/database/{id}/query");
        let (status, body) =
            super::invariants::ask(&simulation.account, "POST", &path, &json!({ "sql": sql }));
        assert_eq!(status, 200, "{body}");
    }
    simulation
}

#[test]
fn every_fault_at_every_request_of_a_baseline() {
    let folder = counted_migrations::folder();
    let decide: &Decide = &|files, ledger| files.baseline("db", ledger);
    Bench::new(folder.path(), &by_hand, decide).everything();
}

/// One file edited, one renamed, one removed, and one without its row in wrangler's table.
#[test]
fn every_fault_at_every_request_of_a_repair() {
    let folder = counted_migrations::folder();
    let path = folder.path();
    // As they were when they were applied: the folder is changed below.
    let applied = counted_migrations::folder();
    let applied = applied.path();
    let text = files::read_text(&path.join("migrations/0003_tolerant.sql"), 1 << 20).unwrap();
    counted_migrations::write(path, "0003_tolerant.sql", &format!("{text}-- said better\n"));
    let text = files::read_text(&path.join("migrations/0006_trigger.sql"), 1 << 20).unwrap();
    counted_migrations::write(path, "0006_seen.sql", &text);
    for gone in ["0006_trigger.sql", "0002_rows_only.sql"] {
        files::remove_file(&path.join("migrations").join(gone)).unwrap();
    }
    let migrated = |_: &Path| {
        let simulation = counted_migrations::simulation(1, applied);
        assert_eq!(
            counted_migrations::migrate(&simulation, simulation.terms(Mode::Apply), applied).report.exit,
            0
        );
        let id = counted_migrations::database(&simulation.account);
        rows(&simulation.account, &id, "DELETE FROM d1_migrations WHERE name = '0004_counted.sql'").unwrap();
        simulation
    };
    let repairs = Repairs {
        edited: vec!["0003_tolerant.sql".into()],
        renamed: vec!["0006_trigger.sql".into()],
        unrecorded: vec!["0004_counted.sql".into()],
        removed: vec!["0002_rows_only.sql".into()],
    };
    let decide: &Decide = &|files, ledger| files.repair("db", ledger, &repairs);
    Bench::new(path, &migrated, decide).everything();
}
