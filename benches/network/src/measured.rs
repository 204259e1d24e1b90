//! Runs one process to its end: how long it took, and what it used.

use crate::forwarder::{Forwarder, Passed};
use nix::sys::resource::{UsageWho, getrusage};
use std::process::{Command, Stdio};
use std::time::Instant;

/// This program, as the parent of one process: what its children have used is what that process has used.
pub const MEASURE: &str = "--measure";

/// What one run took.
#[derive(Clone, Debug)]
pub struct Measured {
    /// From its start to its end.
    pub wall_ms: f64,
    cpu_ms: f64,
    peak_mb: f64,
    passed: Passed,
}

/// Measures a command, whose output is dropped; one that fails ends the benchmark.
pub fn measure(command: Command, forwarder: &Forwarder) -> Measured {
    let own = std::env::current_exe().expect("the path of this program");
    let mut parent = Command::new(own);
    parent.arg(MEASURE).arg(command.get_program()).args(command.get_args());
    parent.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    if let Some(folder) = command.get_current_dir() {
        parent.current_dir(folder);
    }
    forwarder.take();
    let output = parent.stderr(Stdio::inherit()).output().expect("a process");
    assert!(output.status.success(), "{command:?} failed");
    let text = String::from_utf8(output.stdout).expect("text");
    let numbers: Vec<f64> = text.split_whitespace().map(|word| word.parse().expect("a number")).collect();
    let [wall_ms, cpu_ms, peak_mb] = numbers[..] else { panic!("three numbers: {text}") };
    Measured { wall_ms, cpu_ms, peak_mb, passed: forwarder.take() }
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

impl Measured {
    /// The run that is in the middle by its time.
    pub fn median(mut runs: Vec<Measured>) -> Measured {
        runs.sort_by(|one, other| one.wall_ms.total_cmp(&other.wall_ms));
        runs.swap_remove(runs.len() / 2)
    }

    /// A line of the table; how many answers in a row would take as long is the ratio.
    pub fn line(&self, name: &str, latency: u64) -> String {
        let Measured { wall_ms, cpu_ms, peak_mb, passed } = self;
        let Passed { requests, connections, in_flight_max } = passed;
        let waits = wall_ms / latency as f64;
        format!(
            "{name:<32} {wall_ms:>8.0} {waits:>6.1} {cpu_ms:>8.0} {peak_mb:>8.1} {requests:>9} {connections:>12} {in_flight_max:>10}"
        )
    }

    pub fn json(&self, name: &str, latency: u64) -> String {
        let Measured { wall_ms, cpu_ms, peak_mb, passed } = self;
        let Passed { requests, connections, in_flight_max } = passed;
        format!(
            "{{\"case\":{name:?},\"latency_ms\":{latency},\"wall_ms\":{wall_ms:.1},\"cpu_ms\":{cpu_ms:.1},\"peak_mb\":{peak_mb:.1},\
             \"requests\":{requests},\"connections\":{connections},\"in_flight_max\":{in_flight_max}}}"
        )
    }
}
