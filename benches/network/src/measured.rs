//! Runs one process to its end: how long it took, and what it used.

use crate::forwarder::{Forwarder, Passed};
use nix::sys::resource::{UsageWho, getrusage};
use std::process::{Command, Stdio};
use std::time::Instant;

/// This program, as the parent of one process: what its children have used is what that process has used.
pub const MEASURE: &str = "--measure";

/// What a process has used.
#[derive(Clone, Copy, Debug)]
pub struct Used {
    /// From its start to its end.
    pub wall_ms: f64,
    /// User and system, of the process and of those that it has started.
    pub cpu_ms: f64,
    /// Of the largest of them.
    pub peak_mb: f64,
}

/// What a client took, in the run that is in the middle by its time.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    pub runs: usize,
    pub used: Used,
    pub passed: Passed,
}

/// Measures a command, whose output is dropped; one that fails ends the benchmark.
pub fn measure(command: &Command) -> Used {
    let own = std::env::current_exe().expect("the path of this program");
    let mut parent = Command::new(own);
    parent.arg(MEASURE).arg(command.get_program()).args(command.get_args());
    parent.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    if let Some(folder) = command.get_current_dir() {
        parent.current_dir(folder);
    }
    let output = parent.stdin(Stdio::null()).output().expect("a process");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} failed: {errors}");
    let text = String::from_utf8(output.stdout).expect("text");
    let numbers: Vec<f64> = text.split_whitespace().map(|word| word.parse().expect("a number")).collect();
    let [wall_ms, cpu_ms, peak_mb] = numbers[..] else { panic!("three numbers: {text}") };
    Used { wall_ms, cpu_ms, peak_mb }
}

/// The same, and what passed the forwarder meanwhile.
pub fn measure_over(command: &Command, forwarder: &Forwarder) -> (Used, Passed) {
    forwarder.take();
    (measure(command), forwarder.take())
}

/// Runs a command and prints what it took.
pub fn run(command: &[String]) {
    let begun = Instant::now();
    let mut child = Command::new(&command[0]);
    child.args(&command[1..]).stdout(Stdio::null());
    let status = child.status().expect("a process");
    let wall = begun.elapsed();
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("what was used");
    let seconds = |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    let cpu = seconds(usage.user_time()) + seconds(usage.system_time());
    println!("{} {} {}", wall.as_secs_f64() * 1e3, cpu * 1e3, usage.max_rss() as f64 / 1024.0);
    std::process::exit(status.code().unwrap_or(1));
}

/// The run that is in the middle by its time.
pub fn median(mut runs: Vec<(Used, Passed)>) -> Measured {
    runs.sort_by(|(one, _), (other, _)| one.wall_ms.total_cmp(&other.wall_ms));
    let count = runs.len();
    let (used, passed) = runs.swap_remove(count / 2);
    Measured { runs: count, used, passed }
}
