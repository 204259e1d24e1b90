//! Turns the mutants on, one after the other, until a test fails.

use crate::cases::{Case, Ended, Setting, in_threads, locked, run};
use crate::mutant::Mutant;
use crate::tree::Tree;
use anyhow::Result;
use std::collections::HashMap;
use std::fs;
use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// By this test.
    Killed(String),
    /// A test did not end in four times its time, and does without the change.
    TimedOut(String),
    /// So many tests come by, of which so many were run, and all pass.
    Survived { run: usize, of: usize },
}

/// Which test has killed which mutant, and in which file, so that it is asked first the next time.
#[derive(Default)]
struct Killers {
    of_mutant: HashMap<String, String>,
    of_file: HashMap<(String, String), usize>,
}

pub struct Hunt<'a> {
    tree: &'a Tree,
    cases: &'a [Case],
    killers: Mutex<Killers>,
    log: Mutex<fs::File>,
    seconds: u64,
}

impl<'a> Hunt<'a> {
    /// `seconds` is how long one mutant is looked at that no test has killed.
    pub fn new(tree: &'a Tree, cases: &'a [Case], seconds: u64) -> Result<Self> {
        let path = tree.work.join("killers.txt");
        let mut killers = Killers::default();
        for line in fs::read_to_string(&path).unwrap_or_default().lines() {
            if let Some((test, id)) = line.split_once('\t') {
                killers.note(id, test);
            }
        }
        let log = fs::OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Hunt { tree, cases, killers: Mutex::new(killers), log: Mutex::new(log), seconds })
    }

    /// The fate of each, in the order in which they were given.
    pub fn all(&self, numbers: &[usize], threads: usize) -> Result<Vec<(usize, Fate)>> {
        let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
        in_threads(threads, || {
            while let Some(number) = numbers.get(next.fetch_add(1, Ordering::Relaxed)) {
                let fate = self.one(*number)?;
                let mut done = locked(&done);
                let id = self.tree.mutants[*number].id();
                println!("{}/{} {}", done.len() + 1, numbers.len(), described(&id, &fate));
                done.push((*number, fate));
            }
            Ok(())
        })?;
        let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        done.sort_by_key(|(number, _)| *number);
        Ok(done)
    }

    fn one(&self, number: usize) -> Result<Fate> {
        let mutant = &self.tree.mutants[number];
        let order = self.order(number, mutant);
        let begun = Instant::now();
        for (index, case) in order.iter().enumerate() {
            if begun.elapsed() > Duration::from_secs(self.seconds) {
                return Ok(Fate::Survived { run: index, of: order.len() });
            }
            // Others are at work on the machine, too.
            let limit = case.time * 4 + Duration::from_secs(15);
            let ended = run(case, self.tree, &Setting::On(number), limit)?;
            // On a machine that is too busy the test would not have ended without the change either.
            let is_busy = || anyhow::Ok(run(case, self.tree, &Setting::Off, limit)? == Ended::TimedOut);
            if ended == Ended::TimedOut && is_busy()? {
                continue;
            }
            if ended != Ended::Passed {
                let id = mutant.id();
                locked(&self.killers).note(&id, &case.name);
                writeln!(locked(&self.log), "{}\t{id}", case.name)?;
                return Ok(match ended {
                    Ended::TimedOut => Fate::TimedOut(case.name.clone()),
                    Ended::Failed | Ended::Passed => Fate::Killed(case.name.clone()),
                });
            }
        }
        Ok(Fate::Survived { run: order.len(), of: order.len() })
    }

    /// The tests that come by it: first the one that has killed it before, then unit tests beside the code, then those that
    /// have killed others of the file, then the quick ones.
    fn order(&self, number: usize, mutant: &Mutant) -> Vec<&'a Case> {
        let module = mutant.file.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
        let module = module.replace('/', "::");
        let killers = locked(&self.killers);
        let known = killers.of_mutant.get(&mutant.id());
        let mut order: Vec<_> = self.cases.iter().filter(|case| case.reaches.contains(&number)).collect();
        order.sort_by_cached_key(|case| {
            let kills = killers.of_file.get(&(mutant.file.clone(), case.name.clone())).copied().unwrap_or(0);
            let is_beside = case.is_unit && case.name.starts_with(&module);
            // A test of a minute that has killed once comes after one of a second that has not.
            let worth = case.time.as_millis() / (1 + kills as u128);
            (known != Some(&case.name), !is_beside, !case.is_unit, worth, case.name.clone())
        });
        order
    }
}

impl Killers {
    fn note(&mut self, id: &str, test: &str) {
        self.of_mutant.insert(id.to_owned(), test.to_owned());
        let file = id.split(' ').next().unwrap_or_default();
        *self.of_file.entry((file.to_owned(), test.to_owned())).or_default() += 1;
    }
}

fn described(id: &str, fate: &Fate) -> String {
    match fate {
        Fate::Killed(test) => format!("killed: {id} (by `{test}`)"),
        Fate::TimedOut(test) => format!("timed out: {id} (in `{test}`)"),
        Fate::Survived { of: 0, .. } => format!("SURVIVED: {id} (no test comes by)"),
        Fate::Survived { run, of } => format!("SURVIVED: {id} ({run} of {of} tests run)"),
    }
}
