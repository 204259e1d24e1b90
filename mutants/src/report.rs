//! What the run has found, by room, and what is wrong with it.

use crate::hunt::Fate;
use crate::kept;
use crate::rooms::{ROOMS, room_of};
use crate::tree::Tree;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Prints it; whether everything is as it is kept.
pub fn report(
    tree: &Tree,
    left_out: &HashSet<String>,
    fates: &[(usize, Fate)],
    kept: &BTreeMap<String, String>,
) -> bool {
    let mut rows: HashMap<&str, [usize; 5]> = HashMap::new();
    for mutant in tree.mutants.iter().filter(|mutant| !left_out.contains(&mutant.id())) {
        rows.entry(room_of(&mutant.file)).or_default()[0] += 1;
    }
    let mut survivors = Vec::new();
    let mut stale = Vec::new();
    for (number, fate) in fates {
        let mutant = &tree.mutants[*number];
        let row = rows.entry(room_of(&mutant.file)).or_default();
        row[1] += 1;
        let is_kept = kept.contains_key(&mutant.id());
        match fate {
            Fate::Killed(_) => row[2] += 1,
            Fate::TimedOut(_) => row[3] += 1,
            Fate::Survived { .. } => row[4] += 1,
        }
        match fate {
            Fate::Killed(test) | Fate::TimedOut(test) if is_kept => {
                stale.push(format!("{} (killed by `{test}`)", mutant.id()));
            }
            Fate::Survived { run, of } if !is_kept => survivors.push((mutant, *run, *of)),
            _ => {}
        }
    }
    let exist: HashSet<String> = tree.mutants.iter().map(crate::mutant::Mutant::id).collect();
    let gone: Vec<&String> = kept.keys().filter(|id| !exist.contains(*id)).collect();

    println!(
        "\n{:<20}{:>8}{:>8}{:>8}{:>11}{:>10}",
        "room", "mutants", "run", "killed", "timed out", "survived"
    );
    let mut sum = [0; 5];
    for (room, _) in ROOMS {
        let row = rows.get(room).copied().unwrap_or_default();
        print_row(room, row);
        for (total, one) in sum.iter_mut().zip(row) {
            *total += one;
        }
    }
    print_row("all", sum);
    println!("{} changes do not compile and are not counted", left_out.len());
    if !survivors.is_empty() {
        println!("\nNo test notices these, and {} does not explain them:", kept::FILE);
    }
    for (mutant, run, of) in &survivors {
        println!(
            "{}\n    {}:{}, {run} of {of} tests that come by were run",
            mutant.id(),
            mutant.file,
            mutant.line
        );
    }
    if !stale.is_empty() {
        println!("\nThese are kept in {} and a test kills them; take them out:", kept::FILE);
        for line in &stale {
            println!("{line}");
        }
    }
    if !gone.is_empty() {
        println!("\nThese are kept in {} and there is no such change any more; take them out:", kept::FILE);
        for id in &gone {
            println!("{id}");
        }
    }
    survivors.is_empty() && stale.is_empty() && gone.is_empty()
}

fn print_row(room: &str, [exist, run, killed, timed_out, survived]: [usize; 5]) {
    println!("{room:<20}{exist:>8}{run:>8}{killed:>8}{timed_out:>11}{survived:>10}");
}
