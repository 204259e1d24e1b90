//! Several runs of one folder of migrations on one database: the history has each file's effects once, and every run
//! ends with 0.

use super::*;

/// One race, after which the folder is applied, once.
fn race(runs: usize, seed: u64, folder: &Path, goal: &Goal) -> Vec<String> {
    let simulation = counted_migrations::simulation(seed, folder);
    let seats = Turns::seeded(runs, seed);
    let all = at_once(&simulation, &roads(&seats), |terms, _| {
        counted_migrations::migrate(&simulation, terms, folder)
    });
    let mut wrong = counted_migrations::effects(&simulation.account);
    wrong.extend(invariants::account(&simulation.account));
    for finished in &all {
        // A rival costs a run requests: it is asked for the ledger after every refusal.
        wrong.extend(invariants::run(finished, goal, &simulation.account));
        if finished.report.exit != 0 {
            wrong.push(format!("a run ends with {}: {:?}", finished.report.exit, finished.said));
        }
    }
    wrong.extend(invariants::again(&simulation, goal, |terms| {
        counted_migrations::migrate(&simulation, terms, folder)
    }));
    wrong
}

fn races(runs: usize, number: u64) {
    let folder = counted_migrations::folder();
    let goal = goal(folder.path());
    each_seed(&format!("migrations-{runs}"), number, |seed| race(runs, seed, folder.path(), &goal));
}

/// What an undisturbed run on the same database comes to.
fn goal(folder: &Path) -> Goal {
    let simulation = counted_migrations::simulation(1, folder);
    let finished = counted_migrations::migrate(&simulation, simulation.terms(Mode::Apply), folder);
    Goal::of(&simulation, &finished)
}

#[test]
fn two_runs_of_one_folder() {
    races(2, 60);
}

#[test]
fn four_runs_of_one_folder() {
    races(4, 25);
}

#[test]
fn eight_runs_of_one_folder() {
    races(8, 10);
}

#[test]
fn thirty_two_runs_of_one_folder() {
    races(32, 2);
}

/// A run that has not been told of the refusal's cause would send the same call again: with the first calls of all runs
/// held back and let go in every order, only one of each file is kept.
#[test]
fn first_calls_in_every_order() {
    let folder = counted_migrations::folder();
    let goal = goal(folder.path());
    let orders: Vec<Vec<usize>> = (2..=4).flat_map(permutations).collect();
    let wrong = crate::suite::parallel_cases::each(&orders, |order| {
        let simulation = counted_migrations::simulation(1, folder.path());
        let lanes = Barrier::lanes(order, |request| request.endpoint.is_write());
        let all = at_once(&simulation, &roads(&lanes), |terms, _| {
            counted_migrations::migrate(&simulation, terms, folder.path())
        });
        let mut wrong = counted_migrations::effects(&simulation.account);
        for finished in &all {
            wrong.extend(invariants::run(finished, &goal, &simulation.account));
            wrong.extend((finished.report.exit != 0).then(|| format!("{:?}", finished.said)));
        }
        if wrong.is_empty() { Ok(()) } else { Err(format!("{order:?}: {}", wrong.join("\n  "))) }
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// One run of Larder and one of wrangler. Wrangler takes no care: where Larder was faster, its call fails, and it ends.
/// Larder sees rows that are not its own and goes on behind them, or says that somebody else is at work.
#[test]
fn a_run_and_wrangler() {
    let folder = counted_migrations::folder();
    each_seed("wrangler", 60, |seed| {
        let simulation = counted_migrations::simulation(seed, folder.path());
        let seats = Turns::seeded(3, seed);
        let mut all = std::thread::scope(|scope| {
            scope.spawn(|| {
                let _leaving = Leaving(seats[2].as_ref());
                counted_migrations::wrangler(&simulation.account, folder.path(), &mut |act| {
                    seats[2].take(act);
                });
            });
            at_once(&simulation, &roads(&seats[..2]), |terms, _| {
                counted_migrations::migrate(&simulation, terms, folder.path())
            })
        });
        let mut wrong = counted_migrations::effects(&simulation.account);
        // Whatever it came to, one more run ends it.
        all.push(counted_migrations::migrate(&simulation, simulation.terms(Mode::Apply), folder.path()));
        let is_whole = counted_migrations::applied(&simulation.account) == counted_migrations::names();
        for (number, finished) in all.iter().enumerate() {
            wrong.extend(invariants::truth(finished, is_whole));
            if finished.report.exit != 0 && (number == 2 || !is_true_reason(finished)) {
                wrong.push(format!("a run ends with {}: {:?}", finished.report.exit, finished.said));
            }
        }
        wrong.extend(counted_migrations::effects(&simulation.account));
        wrong
    });
}

/// Somebody applies a file that these runs do not have, at a moment of chance: nothing of theirs is applied behind a row
/// that they have not seen, and who stops says why.
#[test]
fn a_row_that_comes_unseen() {
    let folder = counted_migrations::folder();
    each_seed("unseen", 60, |seed| {
        let simulation = counted_migrations::simulation(seed, folder.path());
        let seats = Turns::seeded(3, seed);
        let all = std::thread::scope(|scope| {
            scope.spawn(|| {
                let _leaving = Leaving(seats[2].as_ref());
                counted_migrations::foreign(&simulation.account, &mut |act| seats[2].take(act));
            });
            at_once(&simulation, &roads(&seats[..2]), |terms, _| {
                counted_migrations::migrate(&simulation, terms, folder.path())
            })
        });
        let mut wrong = invariants::account(&simulation.account);
        for finished in &all {
            wrong.extend(invariants::truth(
                finished,
                counted_migrations::applied(&simulation.account).len() == 7,
            ));
            let said = finished.said.join(", ");
            let is_true =
                said.contains(counted_migrations::FOREIGN) || said.contains("was changed by somebody else");
            if finished.report.exit != 0 && !is_true {
                wrong.push(format!("a run ends with {}: {said}", finished.report.exit));
            }
        }
        let after = counted_migrations::migrate(&simulation, simulation.terms(Mode::Apply), folder.path());
        if after.report.exit != 1 || !after.said.concat().contains(counted_migrations::FOREIGN) {
            wrong.push(format!("the run after it ends with {}: {:?}", after.report.exit, after.said));
        }
        wrong
    });
}

/// Two folders that part at the fourth file: one text is applied, and a run that stops names the file.
#[test]
fn two_folders_that_part() {
    let (ours, theirs) = (counted_migrations::folder(), counted_migrations::folder());
    counted_migrations::write(
        theirs.path(),
        "0004_counted.sql",
        "INSERT INTO effects (file) VALUES ('0004_counted.sql');\n",
    );
    each_seed("parted", 40, |seed| {
        let simulation = counted_migrations::simulation(seed, ours.path());
        let seats = Turns::seeded(4, seed);
        let folders = [ours.path(), theirs.path()];
        let all = at_once(&simulation, &roads(&seats), |terms, number| {
            counted_migrations::migrate(&simulation, terms, folders[number % 2])
        });
        let mut wrong = counted_migrations::effects(&simulation.account);
        wrong.extend(invariants::account(&simulation.account));
        for finished in &all {
            wrong.extend(invariants::truth(finished, true));
            let said = finished.said.join(", ");
            if finished.report.exit != 0 && !said.contains("`0004_counted.sql`") {
                wrong.push(format!("a run ends with {}: {said}", finished.report.exit));
            }
        }
        // Those of one folder end alike, and not all of them.
        let won: Vec<bool> = all.iter().map(|finished| finished.report.exit == 0).collect();
        if won[0] != won[2] || won[1] != won[3] || won[0] == won[1] {
            wrong.push(format!("these ended with 0: {won:?}"));
        }
        wrong
    });
}

/// Whether a run that did not end well was really overtaken by somebody who keeps no record of texts.
fn is_true_reason(finished: &Finished) -> bool {
    finished.report.ops().filter(|op| op.status == Status::Failed).all(|op| {
        op.error.as_ref().is_some_and(|error| error.message.contains("was changed by somebody else"))
    })
}
