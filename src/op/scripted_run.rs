//! A run for tests of the scheduler: its ops are closures, and its API answers every request with a yes.

use super::{
    Call, CallOrigin, Context, Doc, Effect, Failure, HandleOrId, Key, Mode, Op, OpResult, Pending, Permit,
    ReturnShape, RunInfo, RunOp, Scheduler, StartedOp, Ty, Value,
};
use crate::events::{Event, OpFinished, OpStarted, Recorder, Sink, Site};
use crate::http::{Client, Credentials, InProcess, RawResponse, Settings, Stop, WireRequest};
use crate::secret::Secret;
use crate::system::{Clock, ManualClock, Root};
use std::path::Path;
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

/// Both halves of an op.
struct Halves<F>(F);

impl<F: Fn(Call, Vec<Value>) -> Result<StartedOp, Failure> + Sync> RunOp for Halves<F> {
    fn types(&self) -> &'static [Ty] {
        &[]
    }

    fn takes_options(&self) -> bool {
        false
    }

    fn options(&self) -> Option<schemars::Schema> {
        None
    }

    fn start(&self, call: Call, args: Vec<Value>) -> Result<StartedOp, Failure> {
        (self.0)(call, args)
    }
}

/// `kv::NAME`, which gives a handle.
pub(super) fn op(name: &'static str, effect: Effect, start: impl Fn() -> StartedOp + Sync + 'static) -> Op {
    Op {
        service: "kv",
        name,
        receiver: None,
        effect,
        shape: ReturnShape::Handle("KvNamespace"),
        endpoints: &[],
        doc: Doc { summary: "", params: &[], example: "", result: "" },
        run: Box::leak(Box::new(Halves(move |_, _| Ok(start())))),
    }
}

/// An op on `kv/NAME` that ends so at once.
pub(super) fn ends(name: &str, result: Result<OpResult, Failure>) -> StartedOp {
    StartedOp::new(Key::new("kv", name), move |_| async move { result })
}

/// The same, with a value that says nothing.
pub(super) fn done(name: &str) -> StartedOp {
    ends(name, Ok(OpResult::default()))
}

/// The same, with a failure.
pub(super) fn fails(name: &str) -> StartedOp {
    ends(name, Err(failure()))
}

pub(super) fn failure() -> Failure {
    Failure::refused("failed", "no")
}

/// Something that a test lets go on when it likes.
pub(super) fn signal() -> Arc<Pending> {
    Pending::new(0, "", Key::new("", ""), Site::default())
}

pub(super) fn give(signal: &Pending) {
    signal.finish(Ok(Value::Unit));
}

/// The line of a recipe.
pub(super) fn at(line: usize) -> Site {
    Site { file: "main.rhai".into(), line, column: 1 }
}

/// Keeps events. A report of one may ask about the run, from any thread: nothing holds the run back meanwhile.
#[derive(Default)]
struct AskingSink {
    kept: Recorder,
    scheduler: OnceLock<Weak<Scheduler>>,
}

impl Sink for AskingSink {
    fn emit(&self, event: Event) {
        self.kept.emit(event);
        if let Some(scheduler) = self.scheduler.get().and_then(Weak::upgrade) {
            let (answers, answer) = std::sync::mpsc::channel();
            std::thread::spawn(move || answers.send(scheduler.next_group()));
            answer
                .recv_timeout(Duration::from_secs(10))
                .expect("the run is held back while an event is reported");
        }
    }
}

pub(super) struct ScriptedRun {
    pub(super) scheduler: Arc<Scheduler>,
    clock: Arc<ManualClock>,
    pub(super) stop: Stop,
    events: Arc<AskingSink>,
    _runtime: Runtime,
}

impl ScriptedRun {
    pub(super) fn new(mode: Mode) -> Self {
        ScriptedRun::of(mode, RunInfo::default(), None)
    }

    pub(super) fn held(mode: Mode, permit: Permit) -> Self {
        ScriptedRun::of(mode, RunInfo::default(), Some(permit))
    }

    pub(super) fn of(mode: Mode, info: RunInfo, permit: Option<Permit>) -> Self {
        let transport = InProcess(|_: WireRequest| {
            let body = br#"{"success": true, "errors": [], "result": {}}"#.to_vec();
            Ok(RawResponse { status: 200, body, ..RawResponse::default() })
        });
        let (events, clock) = (Arc::new(AskingSink::default()), Arc::new(ManualClock::seeded(1)));
        let stop = Stop::default();
        let client = Client::new(Settings {
            transport: Arc::new(transport),
            account: "acc".into(),
            credentials: Credentials::Token(Secret::new("token".into())),
            clock: clock.clone(),
            events: events.clone(),
            stop: stop.clone(),
        });
        let root = Root::new(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
        let context = match permit {
            Some(permit) => Context::held(client, mode, events.clone(), root, info, permit),
            None => Context::new(client, mode, events.clone(), root, info),
        };
        let runtime = Builder::new_multi_thread().worker_threads(1).build().unwrap();
        let scheduler = Scheduler::new(context, runtime.handle().clone());
        events.scheduler.set(Arc::downgrade(&scheduler)).unwrap();
        ScriptedRun { scheduler, clock, stop, events, _runtime: runtime }
    }

    /// Lets so much time pass.
    pub(super) fn passes(&self, time: Duration) {
        drop(self.clock.sleep(time));
    }

    pub(super) fn context(&self) -> &Arc<Context> {
        self.scheduler.context()
    }

    /// Starts it with all that a call has.
    pub(super) fn call(
        &self,
        op: Op,
        receiver: Option<HandleOrId>,
        args: Vec<Value>,
        origin: CallOrigin,
    ) -> Result<Arc<Pending>, Failure> {
        let op: &'static Op = Box::leak(Box::new(op));
        let call = Call { context: self.context().clone(), op, receiver, logical: None };
        self.scheduler.start(op, call, args, origin)
    }

    /// Starts it on that line of the recipe.
    pub(super) fn start_at(&self, line: usize, op: Op) -> Arc<Pending> {
        let origin = CallOrigin { at: at(line), ..CallOrigin::default() };
        self.call(op, None, Vec::new(), origin).unwrap()
    }

    pub(super) fn start(&self, op: Op) -> Arc<Pending> {
        self.start_at(0, op)
    }

    /// Starts it and waits; gives what is said of its end.
    pub(super) fn end(&self, op: Op) -> OpFinished {
        self.ended(&self.start(op))
    }

    /// Waits for it; gives what is said of its end.
    pub(super) fn ended(&self, pending: &Pending) -> OpFinished {
        let _ = pending.wait();
        let all = self.events.kept.events();
        let mut finished = all.into_iter().filter_map(|event| match event {
            Event::OpFinished(finished) if finished.id == pending.id => Some(finished),
            _ => None,
        });
        finished.next().unwrap()
    }

    /// What is said of the starts so far.
    pub(super) fn started(&self) -> Vec<OpStarted> {
        let started = self.events.kept.events().into_iter().filter_map(|event| match event {
            Event::OpStarted(started) => Some(started),
            _ => None,
        });
        started.collect()
    }

    /// The events since the last call, without requests.
    pub(super) fn events(&self) -> Vec<Event> {
        let mut events = self.events.kept.take();
        events.retain(|event| !matches!(event, Event::Request(_)));
        events
    }
}

/// The words of a failure.
#[track_caller]
pub(super) fn words(pending: &Pending) -> String {
    pending.wait().as_ref().unwrap_err().to_string()
}
