//! Measures whole processes against `larder local serve`, whose answers take a known time.
//!
//! `larder-network-bench PATH_OF_LARDER [MS...]` prints a table for each time per answer (20, 80 and 200 ms where none is
//! named) with ratios, and the same as JSON on the last line. Requests, connections and the most in flight are counted by a forwarder
//! between client and server.

mod forwarder;
mod measured;
mod site;

use measured::{Measured, measure};
use site::Site;
use std::path::{Path, PathBuf};
use std::process::Command;

const RUNS: usize = 5;

/// What is measured, by name: the programs that stand beside Larder come after it.
const CASES: [(&str, Case); 5] = [
    ("larder, first run", Case::First),
    ("larder, no-op", Case::NoOp),
    ("larder, one new migration", Case::Migration),
    ("curl, the listings in sequence", Case::Curl(&[])),
    ("curl, the listings together", Case::Curl(&["--parallel"])),
    // Programs that npm installs (the TypeScript SDK in sequence and in parallel, wrangler, Alchemy) go here.
];

#[derive(Clone, Copy)]
enum Case {
    First,
    NoOp,
    Migration,
    Curl(&'static [&'static str]),
}

/// The listings that a no-op needs, below the account.
const LISTINGS: [&str; 5] =
    ["storage/kv/namespaces", "r2/buckets", "vectorize/v2/indexes", "ai-gateway/gateways", "d1/database"];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == measured::MEASURE) {
        return measured::run(&arguments[1..]);
    }
    let Some((binary, latencies)) = arguments.split_first() else {
        eprintln!("usage: larder-network-bench PATH_OF_LARDER [MS...]");
        std::process::exit(2);
    };
    let binary = PathBuf::from(binary).canonicalize().expect("the path of a built larder");
    let mut latencies: Vec<u64> = latencies.iter().map(|ms| ms.parse().expect("milliseconds")).collect();
    if latencies.is_empty() {
        latencies = vec![20, 80, 200];
    }
    let mut rows = Vec::new();
    for latency in latencies {
        println!("\n{latency} ms per answer, median of {RUNS} runs");
        println!(
            "{:<32} {:>8} {:>6} {:>8} {:>8} {:>9} {:>12} {:>10}",
            "", "wall ms", "waits", "CPU ms", "peak MB", "requests", "connections", "in flight"
        );
        let mut walls = Vec::new();
        for (name, case) in CASES {
            let runs: Vec<Measured> = (0..RUNS).map(|_| one(&binary, latency, case)).collect();
            let median = Measured::median(runs);
            println!("{}", median.line(name, latency));
            rows.push(median.json(name, latency));
            walls.push((name, median.wall_ms));
        }
        let Some((last, least)) = walls.pop() else { continue };
        for (name, wall) in walls {
            println!("{name}: {:.2} times {last}", wall / least);
        }
    }
    println!("\n[{}]", rows.join(","));
}

/// One run of a case, on an account of its own.
fn one(binary: &Path, latency: u64, case: Case) -> Measured {
    let mut site = Site::new(binary, latency);
    match case {
        Case::First => {}
        Case::NoOp | Case::Curl(_) => site.run_once(),
        Case::Migration => {
            site.run_once();
            site.add_migration();
        }
    }
    let command = match case {
        Case::First | Case::NoOp | Case::Migration => site.larder(&["run", "-e", "dev"]),
        Case::Curl(options) => curl(&site, options),
    };
    measure(command, &site.forwarder)
}

fn curl(site: &Site, options: &[&str]) -> Command {
    let mut command = Command::new("curl");
    command.args(["--silent", "--no-progress-meter", "--fail"]).args(options);
    command.args(["--header", &format!("authorization: Bearer {}", site.token)]);
    for listing in LISTINGS {
        let url = format!("http://{}/client/v4/accounts/{}/{listing}", site.forwarder.address, site.account);
        command.args(["--output", "/dev/null", &url]);
    }
    command
}
