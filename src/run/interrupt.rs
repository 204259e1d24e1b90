//! Ends a run on request. Signals and closed pipes are handled elsewhere.

use crate::events::{Event, Sink, Status, Tee};
use crate::http::Stop;
use crate::report::Signal;
use crate::script::engine::Meter;
use parking_lot::Mutex;
use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock, Weak};

/// Hears what asks a run to end, and asks it by [`Interrupt::asker`].
pub trait Listener: Send + Sync {
    /// Listens from now on.
    fn listen(&self, interrupt: &Interrupt, stop: &Stop);
}

/// How a run is asked to end, and whether it was.
#[derive(Clone, Default)]
pub struct Interrupt(Arc<State>);

#[derive(Default)]
struct State {
    /// Nobody listens where there is none.
    listener: Option<Box<dyn Listener>>,
    listening: OnceLock<()>,
    signal: OnceLock<Signal>,
    /// Of the scripts that run now.
    meters: Mutex<Vec<Weak<Meter>>>,
    in_doubt: Arc<UnansweredWrites>,
}

/// The ops that have sent a write of which it is not known what became of it.
#[derive(Default)]
pub struct UnansweredWrites(Mutex<BTreeSet<u64>>);

impl Interrupt {
    /// One that a listener asks.
    pub fn by(listener: impl Listener + 'static) -> Self {
        Interrupt(Arc::new(State { listener: Some(Box::new(listener)), ..State::default() }))
    }

    /// Lets the listener listen, once.
    pub fn listen(&self, stop: &Stop) {
        if self.0.listening.set(()).is_ok()
            && let Some(listener) = &self.0.listener
        {
            listener.listen(self, stop);
        }
    }

    /// The signal that came first, if one came.
    pub fn signal(&self) -> Option<Signal> {
        self.0.signal.get().copied()
    }

    /// The events of a run, with an eye on its writes.
    pub fn watched(&self, events: Arc<dyn Sink>) -> Arc<dyn Sink> {
        Arc::new(Tee(vec![self.0.in_doubt.clone(), events]))
    }

    /// What a process that ends now would leave in doubt.
    pub fn in_doubt(&self) -> Arc<UnansweredWrites> {
        self.0.in_doubt.clone()
    }

    /// Stops this script, too, when a signal comes, or came.
    pub fn watch(&self, meter: &Arc<Meter>) {
        let mut watched = self.0.meters.lock();
        if self.signal().is_some() {
            meter.cancel();
        }
        watched.retain(|other| other.strong_count() > 0);
        watched.push(Arc::downgrade(meter));
    }

    /// Asks the run to begin nothing new, as long as there is a run.
    pub fn asker(&self, stop: &Stop) -> impl Fn(Signal) + Send + Sync + 'static {
        let (state, stop) = (Arc::downgrade(&self.0), stop.clone());
        move |signal| {
            if let Some(state) = state.upgrade() {
                state.ask(signal, &stop);
            }
        }
    }
}

impl UnansweredWrites {
    /// Whether there is one.
    pub fn is_any(&self) -> bool {
        !self.0.lock().is_empty()
    }
}

impl Sink for UnansweredWrites {
    fn emit(&self, event: Event) {
        match event {
            Event::WriteSent { op } => {
                self.0.lock().insert(op);
            }
            // What is given up stays unknown.
            Event::OpFinished(finished) if finished.status != Status::Unknown => {
                self.0.lock().remove(&finished.id);
            }
            _ => {}
        }
    }
}

impl State {
    fn ask(&self, signal: Signal, stop: &Stop) {
        let watched = self.meters.lock();
        let _ = self.signal.set(signal);
        stop.soft.cancel();
        watched.iter().filter_map(Weak::upgrade).for_each(|meter| meter.cancel());
    }
}
