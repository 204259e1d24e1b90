//! Measures whole processes against `larder local serve`, whose answers take a known time.
//!
//! `larder-network-bench PATH_OF_LARDER [--quick] [--only WORDS] [--json FILE] [MS...]` prints a table for each case and time per answer
//! (20, 80 and 200 ms where none is named), and the same with 80 ms more for each new connection. Requests, connections and
//! the most in flight are counted by a forwarder between client and server, which also makes connections slow.

mod cases;
mod client;
mod clients;
mod forwarder;
mod machine;
mod measured;
mod project;
mod site;
mod table;

use cases::{CASES, Case};
use client::Client;
use clients::Clients;
use measured::{Measured, measure, measure_over, median};
use site::{Delays, Folder, Site, copy_of};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use table::Row;

/// As many runs as there are of each line, unless they take longer than the time below.
const RUNS: usize = 5;
const LINE_TIME: Duration = Duration::from_secs(10);

const ANSWERS_MS: [u64; 3] = [20, 80, 200];

/// The one time per answer of the second table, and what a connection costs there.
const SLOW_CONNECTIONS: Delays = Delays { answer_ms: 80, connection_ms: 80 };

struct Arguments {
    binary: PathBuf,
    /// One run of each line, with the shortest answers.
    is_quick: bool,
    json: Option<PathBuf>,
    /// Words in the names of the cases that are measured.
    only: String,
    answers_ms: Vec<u64>,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == measured::MEASURE) {
        return measured::run(&arguments[1..]);
    }
    let Some(arguments) = parse(arguments) else {
        eprintln!(
            "usage: larder-network-bench PATH_OF_LARDER [--quick] [--only WORDS] [--json FILE] [MS...]"
        );
        std::process::exit(2);
    };
    let bench = Bench { clients: Clients::install(), arguments };
    let machine = machine::describe();
    println!("{machine}");
    let version = bench.version();
    println!("larder --version: {:.2} ms of CPU", version.cpu_ms);
    let cases = || CASES.iter().filter(|case| case.name.contains(&bench.arguments.only));
    let prepared: Vec<_> = cases().map(|case| bench.prepare(case)).collect();
    let answers = bench.arguments.answers_ms.iter();
    let mut all: Vec<Delays> =
        answers.map(|answer_ms| Delays { answer_ms: *answer_ms, connection_ms: 0 }).collect();
    if !bench.arguments.is_quick {
        all.push(SLOW_CONNECTIONS);
    }
    let mut rows = Vec::new();
    for delays in all {
        println!("\n== {} ms per answer, {} ms more per connection", delays.answer_ms, delays.connection_ms);
        let is_first = rows.is_empty();
        for (case, folders) in cases().zip(&prepared).filter(|(case, _)| is_first || !case.is_large) {
            bench.case(case, folders, delays, &mut rows);
        }
    }
    if let Some(file) = &bench.arguments.json {
        std::fs::write(file, table::json(&machine, version, &rows) + "\n").expect("the file for JSON");
    }
}

fn parse(arguments: Vec<String>) -> Option<Arguments> {
    let (mut binary, mut is_quick, mut json, mut only) = (None, false, None, String::new());
    let mut answers_ms = Vec::new();
    let mut left = arguments.into_iter();
    while let Some(argument) = left.next() {
        match argument.as_str() {
            "--quick" => is_quick = true,
            "--only" => only = left.next()?,
            "--json" => json = Some(PathBuf::from(left.next()?)),
            _ if binary.is_none() => binary = Some(PathBuf::from(argument)),
            _ => answers_ms.push(argument.parse().ok().filter(|ms| *ms > 0)?),
        }
    }
    if answers_ms.is_empty() {
        answers_ms = if is_quick { vec![ANSWERS_MS[0]] } else { ANSWERS_MS.to_vec() };
    }
    let binary = binary?.canonicalize().expect("the path of a built larder");
    Some(Arguments { binary, is_quick, json, only, answers_ms })
}

struct Bench {
    arguments: Arguments,
    clients: Clients,
}

impl Bench {
    fn runs_max(&self) -> usize {
        if self.arguments.is_quick { 1 } else { RUNS }
    }

    /// The least that the program can do.
    fn version(&self) -> measured::Used {
        let mut command = Command::new(&self.arguments.binary);
        command.arg("--version");
        let runs = (0..RUNS).map(|_| (measure(&command), forwarder::Passed::default()));
        median(runs.collect()).used
    }

    /// What each client of a case begins with; nothing where it is missing.
    fn prepare(&self, case: &Case) -> Vec<Option<Folder>> {
        let folder = |client: &Client| {
            let is_there = client.missing(&self.clients).is_none();
            is_there.then(|| Site::prepared(&self.arguments.binary, case, *client, &self.clients))
        };
        case.clients.iter().map(folder).collect()
    }

    fn case(&self, case: &Case, folders: &[Option<Folder>], delays: Delays, rows: &mut Vec<Row>) {
        table::head(case.name);
        let mut of_larder_ms = None;
        for (client, folder) in case.clients.iter().zip(folders) {
            let result = match folder {
                Some(folder) => Ok(self.measured(*client, folder, delays)),
                None => Err(client.missing(&self.clients).unwrap_or_default()),
            };
            if let (Client::Larder, Ok(measured)) = (client, &result) {
                of_larder_ms = Some(measured.used.wall_ms);
            }
            let row = Row { case: case.name, client: client.name(&self.clients), delays, result };
            table::line(&row, of_larder_ms);
            rows.push(row);
        }
    }

    fn measured(&self, client: Client, folder: &Folder, delays: Delays) -> Measured {
        let begun = Instant::now();
        let mut runs = Vec::new();
        while runs.is_empty() || runs.len() < self.runs_max() && begun.elapsed() < LINE_TIME {
            runs.push(self.one(client, copy_of(folder), delays, &self.arguments.binary));
        }
        median(runs)
    }

    fn one(
        &self,
        client: Client,
        folder: Folder,
        delays: Delays,
        binary: &Path,
    ) -> (measured::Used, forwarder::Passed) {
        let site = Site::new(binary, folder, delays);
        measure_over(&client.command(&site, &self.clients), &site.forwarder)
    }
}
