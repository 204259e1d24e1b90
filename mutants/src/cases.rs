//! The tests of the copy: which there are, what each comes to, and which mutants it comes by.

use crate::compile::Built;
use crate::mutant::Mutant;
use crate::tree::Tree;
use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process_group};
use std::collections::HashSet;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A test that needs longer without any mutant is left out.
const BASELINE_MAX: Duration = Duration::from_mins(1);

#[derive(Clone, Debug)]
pub struct Case {
    pub name: String,
    pub program: PathBuf,
    pub is_unit: bool,
    /// How long it takes without a mutant.
    pub time: Duration,
    /// Numbers of the mutants that it comes by.
    pub reaches: HashSet<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    Passed,
    Failed,
    TimedOut,
}

/// What a test is told of mutants.
pub enum Setting<'a> {
    Off,
    On(usize),
    Trace(&'a Path),
}

pub fn run(case: &Case, tree: &Tree, setting: &Setting<'_>, limit: Duration) -> Result<Ended> {
    let mut command = Command::new(&case.program);
    match setting {
        Setting::Off => {}
        Setting::On(number) => {
            command.env("MUTANT_ON", number.to_string());
        }
        Setting::Trace(path) => {
            command.env("MUTANT_TRACE", path);
        }
    }
    let mut child = command
        .args([&case.name, "--exact", "--test-threads=1"])
        .env("CARGO_MANIFEST_DIR", tree.copy())
        .env("RUST_BACKTRACE", "0")
        .current_dir(tree.copy())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .context("the test can't be started")?;
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(if status.success() { Ended::Passed } else { Ended::Failed });
        }
        if begun.elapsed() > limit {
            if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
                // It may have ended by itself meanwhile.
                let _ = kill_process_group(group, Signal::KILL);
            }
            child.wait()?;
            return Ok(Ended::TimedOut);
        }
        std::thread::sleep(Duration::from_millis(4));
    }
}

/// How the tests are run without a mutant.
pub struct Baseline<'a> {
    pub threads: usize,
    /// Although it was done before with the same mutants.
    pub is_fresh: bool,
    /// Of the suite only tests whose name holds one of these; all where there is none.
    pub suite: &'a [String],
}

impl Baseline<'_> {
    /// The tests that pass, with the mutants that they come by.
    pub fn cases(&self, tree: &Tree, built: &Built) -> Result<Vec<Case>> {
        let traces = self.traces(tree)?;
        let queue = Mutex::new(self.chosen(tree, built)?);
        let (done, begun) = (Mutex::new(Vec::new()), Instant::now());
        println!("{} tests without a mutant ...", locked(&queue).len());
        in_threads(self.threads, || {
            loop {
                let Some(case) = locked(&queue).pop() else { return Ok(()) };
                let tried = try_one(case, tree, &traces)?;
                locked(&done).push(tried);
            }
        })?;
        let done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        let (passed, others): (Vec<_>, Vec<_>) =
            done.into_iter().partition(|(_, ended)| *ended == Ended::Passed);
        println!("{} pass, in {} s", passed.len(), begun.elapsed().as_secs());
        for (case, ended) in &others {
            println!("left out: `{}` ({ended:?})", case.name);
        }
        Ok(passed.into_iter().map(|(case, _)| case).collect())
    }

    /// The folder of what was seen before, emptied where it is of other mutants.
    fn traces(&self, tree: &Tree) -> Result<PathBuf> {
        let traces = tree.work.join("traces");
        let key: Vec<String> = tree.mutants.iter().map(Mutant::id).collect();
        let key = key.join("\n");
        if self.is_fresh || fs::read_to_string(traces.join("mutants.txt")).ok().as_ref() != Some(&key) {
            if traces.exists() {
                fs::remove_dir_all(&traces)?;
            }
            fs::create_dir_all(&traces)?;
            fs::write(traces.join("mutants.txt"), key)?;
        }
        Ok(traces)
    }

    /// The last is run first.
    fn chosen(&self, tree: &Tree, built: &Built) -> Result<Vec<Case>> {
        let mut chosen = Vec::new();
        let suite = built.suite.iter().map(|program| (program, false));
        for (program, is_unit) in suite.chain([(&built.unit, true)]) {
            for name in names(program, tree)? {
                let is_chosen =
                    self.suite.is_empty() || self.suite.iter().any(|text| name.contains(text.as_str()));
                if is_unit || is_chosen {
                    let (time, reaches) = (Duration::ZERO, HashSet::new());
                    chosen.push(Case { name, program: program.clone(), is_unit, time, reaches });
                }
            }
        }
        Ok(chosen)
    }
}

/// Does the same in so many threads, until each has ended or one has failed.
pub fn in_threads(count: usize, work: impl Fn() -> Result<()> + Sync) -> Result<()> {
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..count).map(|_| scope.spawn(&work)).collect();
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().unwrap_or_else(|_| bail!("a thread has panicked")))
    })
}

pub fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs it, or reads what it came to before.
fn try_one(mut case: Case, tree: &Tree, traces: &Path) -> Result<(Case, Ended)> {
    let name = format!("{}-{}", if case.is_unit { "unit" } else { "suite" }, case.name.replace("::", "-"));
    let (trace, result) = (traces.join(format!("{name}.trace")), traces.join(format!("{name}.result")));
    let known = fs::read_to_string(&result).ok();
    let (ended, time) = if let Some(known) = known {
        let (word, ms) = known.trim().split_once(' ').unwrap_or_default();
        let ended = match word {
            "Passed" => Ended::Passed,
            "TimedOut" => Ended::TimedOut,
            _ => Ended::Failed,
        };
        (ended, Duration::from_millis(ms.parse().unwrap_or(0)))
    } else {
        // What an interrupted run has left.
        let _ = fs::remove_file(&trace);
        let begun = Instant::now();
        let ended = run(&case, tree, &Setting::Trace(&trace), BASELINE_MAX)?;
        let time = begun.elapsed();
        fs::write(&result, format!("{ended:?} {}\n", time.as_millis()))?;
        (ended, time)
    };
    let reached = fs::read_to_string(&trace).unwrap_or_default();
    case.reaches = reached.lines().filter_map(|line| line.parse().ok()).collect();
    case.time = time;
    Ok((case, ended))
}

fn names(program: &Path, tree: &Tree) -> Result<Vec<String>> {
    let listed =
        Command::new(program).args(["--list", "--format=terse"]).current_dir(tree.copy()).output()?;
    if !listed.status.success() {
        bail!("`{}` can't list its tests", program.display());
    }
    let text = String::from_utf8_lossy(&listed.stdout);
    Ok(text.lines().filter_map(|line| line.strip_suffix(": test")).map(str::to_owned).collect())
}
