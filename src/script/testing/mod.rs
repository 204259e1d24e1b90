//! The functions of test files: assertions, initial resources, runs of recipes, snapshots.
//!
//! **Invariant:** knows no account: what a test works on is behind [`Bench`].

mod asserts;
mod differences;
mod file;
mod given;
mod idle_bench;
mod raised;
mod runs;
mod values;

pub use file::{BEGINNING, ENDING, Test, found_in, is_test, linted};
pub use given::forms as given_forms;
pub use runs::{RunOptions, TestRunRequest};

use super::builtins::Builtin;
use super::catalog;
use super::host::Host;
use super::known::KnownFunctions;
use super::run::ScriptRuntime;
use crate::op::Failure;
use crate::secret::Secret;
use crate::services::Services;
use rhai::Engine;
use serde_json::Value as Json;
use std::sync::Arc;

/// What a test works on.
pub trait Bench: Send + Sync {
    /// Runs or plans a recipe; gives its report.
    fn run(&self, asked: TestRunRequest) -> Result<Json, Failure>;

    /// Plays a fault, such as `reset-applied@3`, in the next run.
    fn fault(&self, fault: &str, counted: Counted) -> Result<(), Failure>;

    /// Sets an environment variable of the runs.
    fn variable(&self, name: &str, value: &Secret);

    /// Compares a text with the snapshot of that name.
    fn snapshot(&self, name: &str, text: &str) -> SnapshotResult;
}

/// What a fault counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    Requests,
    /// Those that can change the account.
    Writes,
}

/// How a text is to its snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SnapshotResult {
    /// The same, or written as it is now.
    Same,
    /// Another than this one.
    Differs(String),
    Missing,
    /// The test has compared another text by that name.
    Twice,
}

/// What every test file can call; a test compares this with what is registered.
pub const BUILTINS: &[Builtin] = &[
    Builtin {
        name: "assert",
        forms: &[&["condition: bool"], &["condition: bool", "message: string"]],
        summary: "Fails the test unless this holds.",
    },
    Builtin {
        name: "assert_eq",
        forms: &[&["left: data", "right: data"]],
        summary: "Fails the test unless both are the same data; waits for handles in it, and shows what differs.",
    },
    Builtin {
        name: "assert_ne",
        forms: &[&["left: data", "right: data"]],
        summary: "Fails the test if both are the same data.",
    },
    Builtin {
        name: "assert_fails",
        forms: &[&["closure: closure"], &["closure: closure", "error: string"]],
        summary: "Fails the test unless the closure, or what it starts, fails; with `error`, with an error of that kind or with that text in its message. Gives the error.",
    },
    Builtin {
        name: "assert_snapshot",
        forms: &[&["name: string", "value: data"]],
        summary: "Fails the test unless the value is the snapshot of that name, kept beside the test file; of what `plan` gives, its text. `larder test --update` writes it.",
    },
    Builtin {
        name: "given::entries",
        forms: &[&["namespace: KvNamespace or title", "entries: map"]],
        summary: "A KV namespace with these entries, as `put_all` takes them; made where it is not there.",
    },
    Builtin {
        name: "given::env",
        forms: &[&["name: string", "value: string"]],
        summary: "An environment variable of the runs that follow; they see no other.",
    },
    Builtin {
        name: "given::secret",
        forms: &[&["name: string", "value: string"]],
        summary: "The same with a value that no output shows.",
    },
    Builtin {
        name: "given::fault",
        forms: &[&["fault: string"], &["fault: string", "request: int"], &["fault: string", "at: map"]],
        summary: "Plays a fault in the next run, at its request of that number, or its write, `#{ write: 1 }`; without a number at every request. `larder local faults` lists them.",
    },
    Builtin {
        name: "run",
        forms: &[&["recipe: string"]],
        summary: "Runs a recipe as `larder run` does, on the account of this test; gives its report.",
    },
    Builtin {
        name: "plan",
        forms: &[&["recipe: string"]],
        summary: "Plans a recipe as `larder plan` does, on the account of this test; gives its report.",
    },
];

/// Functions that take [`RunOptions`], too.
const RUNS: [&str; 2] = ["run", "plan"];

/// Whether it is one of those.
pub fn takes_options(builtin: &Builtin) -> bool {
    RUNS.contains(&builtin.name)
}

/// Adds them to a room, and to what is known of it.
pub fn install(room: &mut ScriptRuntime, bench: &Arc<dyn Bench>) {
    let services = room.services;
    register(&mut room.engine, &room.host, services, bench);
    know(&mut room.known, services);
}

/// The same where a file is only checked.
pub fn install_idle(room: &mut ScriptRuntime) {
    let bench: Arc<dyn Bench> = Arc::new(idle_bench::Idle);
    install(room, &bench);
}

fn register(engine: &mut Engine, host: &Arc<Host>, services: Services, bench: &Arc<dyn Bench>) {
    asserts::register(engine, host);
    asserts::register_snapshots(engine, host, bench);
    given::register(engine, host, services, bench);
    runs::register(engine, host, bench);
}

fn know(known: &mut KnownFunctions, services: Services) {
    for builtin in BUILTINS {
        let mut forms = catalog::forms_of(builtin);
        if takes_options(builtin) {
            let options = catalog::keys_of::<RunOptions>();
            for form in &mut forms {
                form.options = Some(options.clone());
            }
        }
        known.define(builtin.name, forms);
    }
    for (name, forms) in given::forms(services) {
        known.define(&name, forms);
    }
}
