//! Every fault at every request of six migrations, on the database of a running app and on one without tables, alone and
//! beside a rival: each file takes effect once, and what can't be decided ends with 5 and the query that decides it.

use super::counted_migrations::{self, Start};
use super::interceptors::{Both, CutOff, Impatient, Turns, Twice};
use super::invariants::{self, Goal};
use super::parallel_cases::{each, each_seed};
use super::races::at_once;
use super::simulation::{Finished, Interceptor, Simulation};
use larder::events::Status;
use larder::local::fault::{Fault, FaultEffect, FaultKind, FaultTarget, NAMED};
use larder::op::Mode;
use std::path::Path;
use std::sync::Arc;

/// Six files, a database, and what an undisturbed run comes to.
struct Bench {
    start: Start,
    folder: tempfile::TempDir,
    goal: Goal,
    /// Requests that the account has seen before the run.
    before: u64,
    /// Which requests of the run apply something, from 1.
    writes: Vec<u64>,
}

impl Bench {
    /// On the database of a running app, file by file; and on one without tables, in one call.
    fn both() -> [Self; 2] {
        [Bench::new(Start::Table, 6), Bench::new(Start::Nothing, 1)]
    }

    fn new(start: Start, calls: usize) -> Self {
        let folder = counted_migrations::folder();
        let simulation = start.simulation(1, folder.path());
        let before = simulation.account.history().len() as u64;
        let finished = counted_migrations::migrate(&simulation, simulation.terms(Mode::Apply), folder.path());
        let goal = Goal::of(&simulation, &finished);
        let writes: Vec<u64> =
            finished.history.iter().filter(|one| one.changed).map(|one| one.sequence - before).collect();
        assert_eq!(writes.len(), calls);
        Bench { start, folder, goal, before, writes }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn simulation(&self) -> Simulation {
        self.start.simulation(1, self.path())
    }

    fn requests(&self) -> u64 {
        self.goal.requests as u64
    }

    fn run(&self, simulation: &Simulation, road: Arc<dyn Interceptor>) -> Finished {
        let mut terms = simulation.terms(Mode::Apply);
        terms.road = road;
        counted_migrations::migrate(simulation, terms, self.path())
    }

    /// What is wrong with a run, and with those after it once all is well.
    fn judge(&self, simulation: &Simulation, finished: &Finished) -> Vec<String> {
        let mut wrong = invariants::run(finished, &self.goal, &simulation.account);
        wrong.extend(counted_migrations::effects(&simulation.account));
        simulation.account.heal();
        wrong.extend(invariants::again(simulation, &self.goal, |terms| {
            counted_migrations::migrate(simulation, terms, self.path())
        }));
        wrong.extend(counted_migrations::effects(&simulation.account));
        wrong
    }

    fn sweep<T: Sync + std::fmt::Debug>(
        &self,
        cells: &[T],
        play: impl Fn(&Simulation, &T) -> Vec<String> + Sync,
    ) {
        let wrong = each(cells, |cell| {
            let wrong = play(&self.simulation(), cell);
            if wrong.is_empty() {
                Ok(())
            } else {
                Err(format!("{:?} {cell:?}: {}", self.start, wrong.join("\n  ")))
            }
        });
        assert!(wrong.is_empty(), "{} of {} cells:\n{}", wrong.len(), cells.len(), wrong.join("\n"));
    }
}

/// The action of the one op that migrates.
fn migrated(finished: &Finished) -> Status {
    finished.report.ops().find(|op| op.op == "migrate").unwrap().status
}

#[test]
fn every_single_fault_at_every_request() {
    for bench in Bench::both() {
        let at = |number| FaultTarget::Request(bench.before + number);
        let cells: Vec<(&str, Fault)> = NAMED
            .iter()
            .flat_map(|(name, kind, effect)| {
                let fault = move |number| Fault { kind: *kind, effect: *effect, strike: at(number) };
                (1..=bench.requests()).map(move |number| (*name, fault(number)))
            })
            .collect();
        bench.sweep(&cells, |simulation, (_, fault)| {
            simulation.account.inject(*fault);
            bench.judge(simulation, &bench.run(simulation, Arc::new(super::simulation::Open)))
        });
    }
}

/// The answer is lost at once, and the call commits while it is looked for, after that, or after the call was sent again:
/// as long as the ledger can be read, all ends well.
#[test]
fn a_commit_that_lands_later() {
    for bench in Bench::both() {
        let cells: Vec<(u64, u64)> = bench
            .writes
            .iter()
            .flat_map(|at| [1, 2, 10, 29, 30, 35, 37, 73, 110].map(|seconds| (*at, seconds)))
            .collect();
        bench.sweep(&cells, |simulation, (at, seconds)| {
            let strike = FaultTarget::Request(bench.before + at);
            simulation.account.inject(Fault {
                kind: FaultKind::Late(*seconds),
                effect: FaultEffect::Applied,
                strike,
            });
            let finished = bench.run(simulation, Arc::new(Impatient));
            let mut wrong = bench.judge(simulation, &finished);
            wrong.extend((finished.report.exit != 0).then(|| format!("{:?}", finished.said)));
            wrong
        });
    }
}

#[test]
fn a_call_that_arrives_twice() {
    for bench in Bench::both() {
        let cells: Vec<(u64, bool)> =
            bench.writes.iter().flat_map(|at| [(*at, true), (*at, false)]).collect();
        bench.sweep(&cells, |simulation, (at, first)| {
            let finished = bench.run(simulation, Twice::at(*at, *first));
            let mut wrong = bench.judge(simulation, &finished);
            wrong.extend((finished.report.exit != 0).then(|| format!("{:?}", finished.said)));
            wrong
        });
    }
}

/// The ledger can't be read after the answer was lost: nobody knows, and the error says what would tell.
#[test]
fn what_cannot_be_decided_comes_with_the_query_that_decides_it() {
    for bench in Bench::both() {
        let cells: Vec<u64> = (1..=bench.requests()).collect();
        bench.sweep(&cells, |simulation, from| {
            let finished = bench.run(simulation, CutOff::from(*from));
            let mut wrong = bench.judge(simulation, &finished);
            // The bookmark before the first write refuses nothing if it has no answer: that write is sent, and is lost.
            let is_write =
                bench.writes.contains(from) || bench.start == Start::Table && bench.writes[0] == from + 1;
            if is_write != (finished.report.exit == 5) && *from != bench.requests() {
                wrong.push(format!("ends with {}: {:?}", finished.report.exit, finished.said));
            }
            if is_write {
                let op = finished.report.ops().find(|op| op.op == "migrate").unwrap();
                let hint = op.error.as_ref().and_then(|error| error.hint.clone()).unwrap_or_default();
                let query = "`SELECT name FROM \"d1_migrations\" ORDER BY id`";
                if migrated(&finished) != Status::Unknown || !hint.contains(query) {
                    wrong.push(format!("{:?}: {hint}", migrated(&finished)));
                }
            }
            wrong
        });
    }
}

/// The answer to a call is lost, and the next reads come from a replica that lags: it is not believed, and where nobody
/// else answers, nobody knows.
#[test]
fn a_lost_answer_and_a_ledger_read_from_a_replica() {
    for bench in Bench::both() {
        let lost = [(FaultEffect::Applied, FaultKind::Reset), (FaultEffect::NotApplied, FaultKind::Reset)];
        let cells: Vec<(u64, usize, u64)> = bench
            .writes
            .iter()
            .flat_map(|at| [0, 1].map(|kind| (*at, kind)))
            .flat_map(|(at, kind)| [1, 3, u64::MAX].map(|reads| (at, kind, reads)))
            .collect();
        bench.sweep(&cells, |simulation, (at, kind, reads)| {
            let at = bench.before + at;
            let (effect, kind) = lost[*kind];
            simulation.account.inject(Fault { kind, effect, strike: FaultTarget::Request(at) });
            let replica = |strike| Fault { kind: FaultKind::Replica, effect: FaultEffect::Applied, strike };
            match *reads {
                u64::MAX => simulation.account.inject(replica(FaultTarget::From(at + 1))),
                reads => (1..=reads)
                    .for_each(|next| simulation.account.inject(replica(FaultTarget::Request(at + next)))),
            }
            let finished = bench.run(simulation, Arc::new(super::simulation::Open));
            let exit = if *reads == u64::MAX { 5 } else { 0 };
            let mut wrong = bench.judge(simulation, &finished);
            wrong.extend(
                (finished.report.exit != exit)
                    .then(|| format!("{} {:?}", finished.report.exit, finished.said)),
            );
            wrong
        });
    }
}

/// Two runs at once, one fault of any kind at any request of either.
#[test]
fn a_fault_beside_a_rival() {
    for bench in Bench::both() {
        each_seed("rival", 100, |seed| {
            let mut chance = fastrand::Rng::with_seed(seed);
            let (name, kind, effect) = NAMED[chance.usize(..NAMED.len())];
            let strike = FaultTarget::Request(bench.before + chance.u64(1..=2 * bench.requests()));
            let simulation = bench.start.simulation(seed, bench.path());
            simulation.account.inject(Fault { kind, effect, strike });
            let impatient = chance.bool();
            let roads: Vec<Arc<dyn Interceptor>> = Turns::seeded(2, seed)
                .into_iter()
                .map(|seat| {
                    if impatient {
                        Arc::new(Both(seat, Arc::new(Impatient))) as Arc<dyn Interceptor>
                    } else {
                        seat as Arc<dyn Interceptor>
                    }
                })
                .collect();
            let all = at_once(&simulation, &roads, |terms, _| {
                counted_migrations::migrate(&simulation, terms, bench.path())
            });
            let mut wrong: Vec<String> = Vec::new();
            for finished in &all {
                wrong.extend(invariants::run(finished, &bench.goal, &simulation.account));
            }
            wrong.extend(bench.judge(&simulation, &all[0]));
            let told = |rule: String| format!("{name} at {strike:?}: {rule}");
            wrong.into_iter().map(told).collect()
        });
    }
}
