//! The events of a run: one enum and one sink. Every report is built from this stream alone.
//!
//! **Invariant:** an event is plain data; it holds no secret, and no renderer's words.

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// A place in a text that a person wrote, as reports and messages name it; the only type for that.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, schemars::JsonSchema,
)]
pub struct Site {
    /// As it is shown: `recipes/provision.rhai`, `std/provision`, `<eval>`, `larder.toml`.
    pub file: String,
    /// From 1; 0 when unknown.
    pub line: usize,
    /// From 1, in characters; 0 when unknown.
    pub column: usize,
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            // Of a file as a whole.
            0 => f.write_str(&self.file),
            line => write!(f, "{}:{line}:{}", self.file, self.column),
        }
    }
}

/// What an op does to a resource.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Made it.
    Create,
    /// Changed fields of it.
    Update,
    /// Removed it.
    Delete,
    /// Applied migrations.
    Apply,
    /// Wrote data.
    Write,
    /// Left it as it is.
    None,
}

/// How an op ended.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// A plan: it would be done.
    Planned,
    /// Done, as its evidence says.
    Done,
    /// What is there can't be made into what is asked.
    Conflict,
    /// Not done.
    Failed,
    /// The answer to a write was lost, and the server could not be asked.
    Unknown,
    /// Not begun, because something before it failed or the run was interrupted.
    Skipped,
}

/// What the word `done` rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Evidence {
    /// The server's answer to the write itself.
    Response,
    /// The server was asked afterwards.
    Probe,
}

/// One field that differs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Change {
    /// A JSON pointer such as `/cache_ttl`.
    pub field: String,
    /// What the account has.
    pub from: Json,
    /// What the recipe asks for.
    pub to: Json,
}

/// One thing that is wrong in a file: a statement of a migration, a line of a recipe.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Finding {
    /// The file, from the project's folder; line 0 where it is the file as a whole.
    pub at: Site,
    /// One sentence.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

/// What requests something takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Cost {
    /// Those that can't change the account.
    pub reads: u64,
    /// Those that can.
    pub writes: u64,
}

impl Cost {
    /// So many writes and nothing else.
    pub const fn writes(writes: u64) -> Self {
        Cost { reads: 0, writes }
    }
}

/// A migration that a plan would apply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PendingFile {
    /// As ledgers know it.
    pub name: String,
    /// What ledgers know its text by.
    pub sha256: String,
}

/// What is known of an op beside what every report shows: what applying it is held to, and what that costs.
/// All of it is known of a plan; of a run, what is asked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Foreseen {
    /// What the recipe asks for, by field; nothing that the API never returns.
    pub asked: BTreeMap<String, Json>,
    /// What the account has, by field that can be set; empty where there is nothing.
    pub observed: BTreeMap<String, Json>,
    /// Which of many entries would be written.
    pub entries: BTreeSet<String>,
    /// SHA-256 of what a raw write would send.
    pub contents: Option<String>,
    /// The folder of the migrations, as the recipe names it.
    pub folder: Option<String>,
    /// Migrations that the ledger has.
    pub applied: Vec<String>,
    /// Migrations that it does not have, in order.
    pub pending: Vec<PendingFile>,
    /// Requests that applying takes beside those that planning took.
    pub cost: Cost,
}

/// Why something failed, as reports show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Problem {
    /// A stable word: `conflict`, `rejected`, `unknown`, `unreachable`, `denied`, `argument`, `migration`, ...
    pub kind: String,
    /// One sentence.
    pub message: String,
    /// The service's error code.
    pub code: Option<i64>,
    /// The `cf-ray` of the answer.
    pub ray: Option<String>,
    /// What to do.
    pub hint: Option<String>,
    /// What exactly is wrong, and in which file, where that is known.
    pub findings: Vec<Finding>,
}

impl Problem {
    /// One without more to say of it.
    pub fn new(kind: &str, message: impl Into<String>) -> Self {
        let (kind, message) = (kind.to_owned(), message.into());
        Problem { kind, message, code: None, ray: None, hint: None, findings: Vec::new() }
    }

    /// The same with what to do.
    #[must_use]
    pub fn with_hint(self, hint: impl Into<String>) -> Self {
        Problem { hint: Some(hint.into()), ..self }
    }
}

/// What an op is about, known when it starts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct OpStarted {
    /// Counts from 1 in the order of starting.
    pub id: u64,
    /// The step it belongs to.
    pub step: u64,
    /// `kv`, `r2`, ...
    pub service: String,
    /// `ensure`, `put`, ...
    pub op: String,
    /// The handle's type, e.g. `KvNamespace`.
    pub kind: String,
    /// The name before the naming policy, where the policy was asked.
    pub logical: Option<String>,
    /// The name in the account.
    pub resource: String,
    /// The jurisdiction that is part of the key.
    pub jurisdiction: Option<String>,
    /// Whether other environments use the same resource.
    pub shared: bool,
    /// Of `destroy`: what data it holds, such as `keys`, `objects`, `2 vectors` or `rows in jobs`; null where it holds none
    /// that would be missed.
    pub holds: Option<String>,
    /// Whether it only asks: reports leave it out, unless it fails.
    pub reads: bool,
    /// Of a raw write, what tells it from others on the same resource: its key, how its statement begins, its method.
    pub subject: Option<String>,
    /// Where the recipe asked for it.
    pub at: Site,
}

/// How an op ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct OpFinished {
    /// As in [`OpStarted`].
    pub id: u64,
    /// What it did, or would do.
    pub action: Action,
    /// How it ended.
    pub status: Status,
    /// What `done` rests on; `None` where nothing was written.
    pub evidence: Option<Evidence>,
    /// The id in the account.
    pub resource_id: Option<String>,
    /// Fields that were or would be changed.
    pub changes: Vec<Change>,
    /// Migration files that were or would be applied, also where a later one failed.
    pub migrations: Vec<String>,
    /// Things worth knowing that are no failure.
    pub notes: Vec<String>,
    /// Why it failed.
    pub error: Option<Problem>,
    /// How long it took, queueing included.
    pub ms: u64,
    /// Requests sent for it, retries included.
    pub attempts: u64,
    /// What a plan knows beside.
    #[serde(skip)]
    pub foreseen: Box<Foreseen>,
}

impl OpFinished {
    /// Of an op that has left its resource as it is.
    pub fn unchanged(id: u64) -> Self {
        OpFinished {
            id,
            action: Action::None,
            status: Status::Done,
            evidence: None,
            resource_id: None,
            changes: Vec::new(),
            migrations: Vec::new(),
            notes: Vec::new(),
            error: None,
            ms: 0,
            attempts: 0,
            foreseen: Box::default(),
        }
    }
}

/// One exchange with the API.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct RequestDone {
    /// The op it was sent for; `None` for listings fetched ahead.
    pub op: Option<u64>,
    /// `GET`, ...
    pub method: String,
    /// Below the base URL, without the query.
    pub path: String,
    /// `None` when no answer came.
    pub status: Option<u16>,
    /// Whether the answer is a no, whatever its status: some services refuse with 200.
    pub refused: bool,
    /// Whether it can change the account.
    pub write: bool,
    /// From 1.
    pub attempt: u32,
    /// Milliseconds after the start of the run.
    pub started_ms: u64,
    /// How long it took.
    pub ms: u64,
    /// Why it is sent again, if it is.
    pub retry: Option<String>,
}

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum StepStatus {
    /// Everything in it was done.
    Ok,
    /// Something in it failed.
    Failed,
    /// The order left it out, or the run ended before it.
    Skipped,
    /// The run was told to end before it was over.
    Interrupted,
}

/// Everything that can happen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A step begins.
    StepStarted {
        /// Counts from 1; 0 is what stands outside every step.
        step: u64,
        /// Its title.
        name: String,
        /// Steps that run together share a number.
        group: u64,
    },
    /// A step has ended.
    StepFinished {
        /// As in `StepStarted`.
        step: u64,
        /// How.
        status: StepStatus,
        /// How long it took.
        ms: u64,
    },
    /// The order leaves a step out.
    StepSkipped {
        /// Its title.
        name: String,
    },
    /// An op begins.
    OpStarted(OpStarted),
    /// An op has ended.
    OpFinished(OpFinished),
    /// The script caught the failure of an op.
    OpCaught {
        /// As in [`OpStarted`].
        id: u64,
    },
    /// A write for an op is about to leave: said before its first byte, so that a run that is killed while it waits
    /// knows which write is in doubt.
    WriteSent {
        /// The op, as in [`OpStarted`].
        op: u64,
    },
    /// What the run is about to do was played to its end: how many ops it took.
    Expected {
        /// So many.
        ops: u64,
    },
    /// An op that takes its time says how far it is.
    Progress {
        /// The op, as in [`OpStarted`].
        op: u64,
        /// A few words, such as `uploading 1048576 bytes`.
        message: String,
    },
    /// Before its first write an op has noted how its resource can be brought back.
    Bookmark {
        /// The op, as in [`OpStarted`].
        op: u64,
        /// Of D1: the Time Travel bookmark of then.
        bookmark: String,
    },
    /// The server has taken back whole what it had accepted from an op.
    RolledBack {
        /// The op, as in [`OpStarted`].
        op: u64,
    },
    /// A request was answered, or was not.
    Request(RequestDone),
    /// Requests are held back for a while.
    Waiting {
        /// Why.
        reason: String,
        /// For how long.
        ms: u64,
    },
    /// Something is odd but no failure.
    Warning {
        /// One sentence.
        message: String,
        /// Where, if a recipe's line is to blame.
        at: Option<Site>,
    },
    /// `log(..)` or `print(..)` of a recipe.
    Log {
        /// What it says.
        message: String,
    },
    /// `output(key, value)` of a recipe.
    Output {
        /// The key.
        key: String,
        /// Plain data.
        value: Json,
    },
}

/// Takes events; must be quick and never fail.
pub trait Sink: Send + Sync {
    /// Takes one.
    fn emit(&self, event: Event);
}

/// Gives each event to several sinks, in their order.
pub struct Tee(pub Vec<Arc<dyn Sink>>);

impl Sink for Tee {
    fn emit(&self, event: Event) {
        let Some((last, others)) = self.0.split_last() else { return };
        for sink in others {
            sink.emit(event.clone());
        }
        last.emit(event);
    }
}

/// Keeps every event.
#[derive(Default)]
pub struct Recorder(Mutex<Vec<Event>>);

impl Recorder {
    /// What was emitted so far.
    pub fn events(&self) -> Vec<Event> {
        self.0.lock().clone()
    }

    /// The same, which is not kept.
    pub fn take(&self) -> Vec<Event> {
        std::mem::take(&mut self.0.lock())
    }
}

impl Sink for Recorder {
    fn emit(&self, event: Event) {
        self.0.lock().push(event);
    }
}
