//! Events and documents for the tests of this room.

use super::console::{Console, Terminal};
use super::document::{Heading, Mode, Op, Report, Requests, RunEnding, SCHEMA, Step, Summary};
use super::exit::Exit;
use crate::events::{
    Action, Event, Evidence, OpFinished, OpStarted, Problem, RequestDone, Site, Status, StepStatus,
};
use crate::secret::{Redactor, Secret};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Write};
use std::sync::Arc;

/// What the redactor of [`console`] looks for.
pub(crate) const CANARY: &str = "s3cret-canary";

pub(crate) const ID: &str = "0f2ac74b498b48028cb68387c421e279";

pub(crate) fn heading() -> Heading {
    Heading {
        larder: "0.1.0".into(),
        run: "01J0".into(),
        mode: Mode::Apply,
        recipe: Some("provision".into()),
        env: Some("development".into()),
        account: Some("0123456789abcdef0123456789abcdef".into()),
        is_local: false,
        started_at: "2026-01-01T00:00:00Z".parse().unwrap(),
    }
}

pub(crate) fn ending() -> RunEnding {
    RunEnding {
        ms: 812,
        exit: Exit::Done,
        error: None,
        complete: true,
        interrupted: None,
        count_differences: false,
    }
}

pub(crate) fn problem(kind: &str) -> Problem {
    Problem {
        kind: kind.into(),
        message: "the index has other dimensions".into(),
        code: Some(40013),
        ray: Some("8f1c2d3e4f5a6b7c-WAW".into()),
        hint: Some("choose another name".into()),
        findings: Vec::new(),
    }
}

pub(crate) fn site() -> Site {
    Site { file: "std/provision".into(), line: 6, column: 42 }
}

pub(crate) fn step_started(step: u64, name: &str, group: u64) -> Event {
    Event::StepStarted { step, name: name.into(), group }
}

pub(crate) fn step_finished(step: u64, status: StepStatus, ms: u64) -> Event {
    Event::StepFinished { step, status, ms }
}

pub(crate) fn started(id: u64, step: u64, service: &str, resource: &str) -> Event {
    Event::OpStarted(OpStarted {
        id,
        step,
        service: service.into(),
        op: "ensure".into(),
        kind: "KvNamespace".into(),
        logical: Some(resource.into()),
        resource: resource.into(),
        jurisdiction: None,
        shared: false,
        holds: None,
        reads: false,
        subject: None,
        at: site(),
    })
}

pub(crate) fn finished(id: u64, action: Action, status: Status) -> Event {
    Event::OpFinished(outcome(id, action, status))
}

/// What an op that ended so usually says beside.
pub(crate) fn outcome(id: u64, action: Action, status: Status) -> OpFinished {
    let ended_well = matches!(status, Status::Done | Status::Planned);
    let kind = if status == Status::Conflict { "conflict" } else { "rejected" };
    OpFinished {
        id,
        action,
        status,
        evidence: (status == Status::Done && action != Action::None).then_some(Evidence::Response),
        resource_id: ended_well.then(|| ID.to_owned()),
        changes: Vec::new(),
        migrations: Vec::new(),
        notes: Vec::new(),
        error: (!ended_well && status != Status::Skipped).then(|| problem(kind)),
        ms: 81,
        attempts: 1,
        foreseen: Box::default(),
    }
}

pub(crate) fn request(op: Option<u64>, method: &str, status: Option<u16>) -> Event {
    Event::Request(RequestDone {
        op,
        method: method.into(),
        path: "/accounts/0123/storage/kv/namespaces".into(),
        status,
        refused: status.is_some_and(|status| status >= 400),
        write: method != "GET",
        attempt: 1,
        started_ms: 3,
        ms: 45,
        retry: None,
    })
}

pub(crate) fn op(action: Action, status: Status) -> Op {
    let outcome = outcome(1, action, status);
    Op {
        service: "kv".into(),
        op: "ensure".into(),
        kind: "KvNamespace".into(),
        logical: Some("SESSIONS".into()),
        resource: "SESSIONS".into(),
        jurisdiction: None,
        shared: false,
        holds: None,
        subject: None,
        action,
        status,
        evidence: outcome.evidence,
        id: outcome.resource_id,
        changes: Vec::new(),
        migrations: Vec::new(),
        bookmark: None,
        error: outcome.error,
        caught: false,
        at: site(),
        ms: 81,
        attempts: 1,
        number: 1,
        wrote: false,
        notes: Vec::new(),
        foreseen: Box::default(),
    }
}

/// A report of one step with these ops.
pub(crate) fn report_of(ops: Vec<Op>) -> Report {
    let Heading { larder, run, mode, recipe, env, account, is_local, started_at } = heading();
    Report {
        schema: SCHEMA.into(),
        larder,
        run,
        mode,
        recipe,
        env,
        account,
        is_local,
        started_at: started_at.to_string(),
        ms: 812,
        exit: 0,
        changed: false,
        complete: true,
        error: None,
        summary: Summary::of(ops.iter()),
        requests: Requests { reads: 7, writes: 18, retries: 0 },
        warnings: Vec::new(),
        steps: vec![Step {
            name: "kv".into(),
            group: 1,
            status: StepStatus::Ok,
            ms: 84,
            ops,
            reads: Vec::new(),
        }],
        outputs: BTreeMap::new(),
    }
}

pub(crate) fn report() -> Report {
    report_of(vec![op(Action::Create, Status::Done), op(Action::None, Status::Done)])
}

/// A stream kept in memory; with a failure set, it takes nothing.
#[derive(Clone, Default)]
pub(crate) struct Stream {
    bytes: Arc<Mutex<Vec<u8>>>,
    pub(crate) failure: Option<ErrorKind>,
    pub(crate) writes: Arc<Mutex<u64>>,
}

impl Stream {
    pub(crate) fn failing(kind: ErrorKind) -> Self {
        Stream { failure: Some(kind), ..Stream::default() }
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.bytes.lock().clone()).unwrap()
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        *self.writes.lock() += 1;
        if let Some(kind) = self.failure {
            return Err(kind.into());
        }
        self.bytes.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub(crate) fn redactor() -> Arc<Redactor> {
    let redactor = Redactor::default();
    redactor.register(&Secret::new(CANARY.into()));
    Arc::new(redactor)
}

/// A console without colours, and what it prints to standard output and standard error.
pub(crate) fn console() -> (Arc<Console>, Stream, Stream) {
    let (stdout, stderr) = (Stream::default(), Stream::default());
    let terminal = Terminal::default();
    let console = Console::new(Box::new(stdout.clone()), Box::new(stderr.clone()), terminal, redactor());
    (Arc::new(console), stdout, stderr)
}
