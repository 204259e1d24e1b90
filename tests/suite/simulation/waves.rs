//! Counts the waves of a run: the longest chain of requests of which each began only after one before it was answered.
//!
//! Every request is held until the run can do nothing without an answer: no thread of this process runs. Then all that
//! are held are answered together. So each answer takes equally long, what runs between two answers takes no time, and
//! the number of waves is the run's time divided by that of one answer.

use super::{Arrival, Finished, OnRoad, Simulation, Terms, carry};
use larder::http::{RawResponse, Transport, TransportError, WireRequest};
use larder::local::Account;
use larder::run::Selected;
use larder::script::run::Recipe;
use larder::system::files;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use tokio::sync::oneshot;

/// What a run has sent.
pub struct Waves {
    pub finished: Finished,
    /// The requests of each wave, in order: method and path below the account, without query.
    pub waves: Vec<Vec<String>>,
}

impl Waves {
    pub fn requests(&self) -> usize {
        self.waves.iter().map(Vec::len).sum()
    }

    /// Requests and waves.
    pub fn counted(&self) -> (usize, usize) {
        (self.requests(), self.waves.len())
    }
}

struct Held {
    request: WireRequest,
    answer: oneshot::Sender<Arrival>,
}

/// Holds every request until it is answered from outside.
#[derive(Default)]
pub struct Gate(Mutex<Vec<Held>>);

impl Transport for Gate {
    fn send(
        &self,
        request: WireRequest,
    ) -> Pin<Box<dyn Future<Output = Result<RawResponse, TransportError>> + Send + '_>> {
        let (answer, answered) = oneshot::channel();
        self.0.lock().push(Held { request, answer });
        Box::pin(async { answered.await.unwrap() })
    }
}

impl Simulation {
    /// Runs a recipe in a folder, wave by wave.
    pub fn waves(&self, folder: &Path, selected: &Selected, terms: Terms, recipe: &Recipe) -> Waves {
        let gate = Arc::new(Gate::default());
        let (clock, carried) = (Arc::new(OnRoad::new(self.clock.clone(), &terms)), Mutex::default());
        let target = self.reached(&terms, clock.clone(), gate.clone());
        let mut waves = Vec::new();
        let finished = std::thread::scope(|scope| {
            let run = scope
                .spawn(|| self.run_over(target, &clock, &carried, (folder, Some(selected)), &terms, recipe));
            while !run.is_finished() {
                let before = gate.0.lock().len();
                if before > 0 && is_quiet() {
                    waves.push(answer(&self.account, &gate));
                } else {
                    std::thread::yield_now();
                }
            }
            run.join().unwrap()
        });
        Waves { finished, waves }
    }
}

/// Answers all that are held; gives what they were.
fn answer(account: &Account, gate: &Gate) -> Vec<String> {
    let held = std::mem::take(&mut *gate.0.lock());
    let below = format!("/accounts/{}", account.id());
    let (mut lines, mut answers) = (Vec::new(), Vec::new());
    for Held { request, answer } in held {
        let path = request.path.strip_prefix(&below).unwrap_or(&request.path);
        lines.push(format!("{} {path}", request.endpoint.method));
        answers.push((answer, carry(account, &request).1));
    }
    for (answer, arrival) in answers {
        // Nobody waits any more for what was fetched ahead and not needed.
        drop(answer.send(arrival));
    }
    lines.sort();
    lines
}

/// Whether every other thread of this process waits: none has run between two looks, and all waited at both.
fn is_quiet() -> bool {
    matches!((waiting(), waiting()), (Some(first), Some(second)) if first == second)
}

/// How often each other thread has been switched away from; `None` where one does not wait.
fn waiting() -> Option<BTreeMap<String, Vec<String>>> {
    let own = std::fs::read_link("/proc/thread-self").unwrap();
    let own = own.file_name().unwrap().to_str().unwrap().to_owned();
    let mut threads = BTreeMap::new();
    for thread in std::fs::read_dir("/proc/self/task").unwrap() {
        let id = thread.unwrap().file_name().into_string().unwrap();
        if id == own {
            continue;
        }
        // It may have ended since.
        let status = files::read_text(Path::new(&format!("/proc/self/task/{id}/status")), 1 << 16).ok()?;
        if !status.lines().any(|line| line.starts_with("State:\tS")) {
            return None;
        }
        let switches = status.lines().filter(|line| line.contains("ctxt_switches")).map(str::to_owned);
        threads.insert(id, switches.collect());
    }
    Some(threads)
}
