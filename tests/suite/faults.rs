//! Every single fault at every request of the bundled recipe: what the report says is what the account's history says, a
//! clean run afterwards reaches the state of an undisturbed one, and a third run writes nothing.

use super::lab::{Finished, Lab};
use larder::events::{Action, Status};
use larder::local::fault::{Fault, Kind, NAMED, Strike};
use larder::op::Mode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The state that an undisturbed run reaches, and the number of requests it takes.
fn undisturbed() -> (String, u64) {
    let lab = Lab::new(1);
    let finished = lab.provision(Mode::Apply, "development");
    assert_eq!((finished.report.exit, &finished.said), (0, &vec![]), "{:?}", finished.said);
    assert_eq!(finished.report.requests.retries, 0, "a sweep over a run with retries proves nothing");
    (lab.account.digest().unwrap(), finished.history.len() as u64)
}

/// What must hold of any run, whatever happened to it.
fn check(finished: &Finished, reached: bool) -> Result<(), String> {
    let report = &finished.report;
    let wrote = finished.changes() > 0;
    let require = |holds: bool, rule: &str| {
        let ops: Vec<String> = report
            .ops()
            .filter(|op| op.status != Status::Done || op.action != Action::None)
            .map(|op| format!("{} {} {:?} {:?}", op.service, op.resource, op.action, op.status))
            .collect();
        if holds {
            Ok(())
        } else {
            Err(format!("{rule}; exit {}, {ops:?}, {:?}", report.exit, finished.said))
        }
    };
    require(report.exit != 0 || reached, "exit 0 without the state that was asked for")?;
    require(matches!(report.exit, 0 | 1 | 4 | 5), "an exit code that no run of this kind has")?;
    require(report.changed || !wrote, "the history has a change, the report has none")?;
    require(report.exit != 1 || !wrote, "exit 1 says that nothing was changed")?;
    require(report.exit == 0 || !finished.said.is_empty(), "a failure without a word")?;
    let created = report.ops().filter(|op| op.status == Status::Done && op.action == Action::Create).count();
    let creates =
        finished.history.iter().filter(|e| e.changed && e.method == "POST" && !e.path.ends_with("/query"));
    require(created <= creates.count(), "more resources reported as created than were created")?;
    require(
        (report.exit == 5) == report.ops().any(|op| op.status == Status::Unknown),
        "5 means that something is unknown",
    )
}

/// No create is sent again after a lost answer before the account was asked (reliability notes 4, S4).
fn blind_resend(finished: &Finished) -> Option<String> {
    let history = &finished.history;
    let creates =
        history.iter().enumerate().filter(|(_, e)| e.method == "POST" && !e.path.ends_with("/query"));
    for (first, create) in creates {
        let again = (first + 1..history.len()).find(|later| {
            let later = &history[*later];
            later.method == "POST" && later.path == create.path && later.body == create.body
        });
        let Some(again) = again else { continue };
        let asked =
            history[first + 1..again].iter().any(|e| e.method == "GET" && e.path.starts_with(&create.path));
        if !asked {
            return Some(format!("{} was sent twice without a look in between", create.body));
        }
    }
    None
}

/// One cell of the sweep: the fault, then a clean run, then a third.
fn cell(fault: Fault, name: &str, seed: u64, goal: &str) -> Result<(), String> {
    let told = |rule: String| format!("{name} at {:?}: {rule}", fault.strike);
    let lab = Lab::new(seed);
    lab.account.inject(fault);
    let first = lab.provision(Mode::Apply, "development");
    let reached = lab.account.digest().unwrap() == goal;
    check(&first, reached).map_err(told)?;
    // A request that was throttled has not been looked at: it may simply come again.
    let throttled = matches!(fault.kind, Kind::Throttled(_) | Kind::ThrottledUntil);
    if let Some(rule) = blind_resend(&first).filter(|_| !throttled) {
        return Err(told(rule));
    }
    lab.account.heal();
    let second = lab.provision(Mode::Apply, "development");
    if second.report.exit != 0 || lab.account.digest().unwrap() != goal {
        return Err(told(format!("the clean run ends with {}: {:?}", second.report.exit, second.said)));
    }
    let third = lab.provision(Mode::Apply, "development");
    let writes = third.report.requests.writes;
    if third.changes() != 0 || writes != 0 {
        return Err(told(format!("a third run sends {writes} writes")));
    }
    Ok(())
}

/// Runs cells on all cores; gives what is wrong.
fn sweep(cells: &[(Fault, &'static str, u64)], goal: &str) -> Vec<String> {
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while let Some((fault, name, seed)) = cells.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(rule) = cell(*fault, name, *seed, goal) {
                        wrong.lock().unwrap().push(rule);
                    }
                }
            });
        }
    });
    wrong.into_inner().unwrap()
}

#[test]
fn every_single_fault_at_every_request() {
    let (goal, requests) = undisturbed();
    assert!(requests >= 20, "only {requests} requests");
    let cells: Vec<(Fault, &'static str, u64)> = NAMED
        .iter()
        .flat_map(|(name, kind, effect)| {
            (1..=requests).map(move |at| {
                (Fault { kind: *kind, effect: *effect, strike: Strike::Request(at) }, *name, at)
            })
        })
        .collect();
    let wrong = sweep(&cells, &goal);
    assert!(wrong.is_empty(), "{} of {} cells:\n{}", wrong.len(), cells.len(), wrong.join("\n"));
}

#[test]
fn every_fault_on_all_requests() {
    let (goal, _) = undisturbed();
    let cells: Vec<(Fault, &'static str, u64)> = NAMED
        .iter()
        .map(|(name, kind, effect)| (Fault { kind: *kind, effect: *effect, strike: Strike::All }, *name, 1))
        .collect();
    let wrong = sweep(&cells, &goal);
    assert!(wrong.is_empty(), "{} of {} cells:\n{}", wrong.len(), cells.len(), wrong.join("\n"));
}
