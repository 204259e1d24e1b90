//! The machine and the day, for whoever quotes the numbers.

use std::fs;
use std::process::Command;

/// One line; says when the machine is busy with something else.
pub fn describe() -> String {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model =
        info.lines().find(|line| line.starts_with("model name")).and_then(|line| line.split(": ").nth(1));
    let day =
        Command::new("date").args(["-u", "+%F"]).output().map(|output| output.stdout).unwrap_or_default();
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("unknown").to_owned();
    let is_busy = load.parse::<f64>().is_ok_and(|load| load > 0.5);
    let remark = if is_busy { ": busy, so do not quote what follows" } else { "" };
    format!(
        "{}, {cores} cores of {}, load {load}{remark}",
        String::from_utf8_lossy(&day).trim(),
        model.unwrap_or("an unknown kind")
    )
}
