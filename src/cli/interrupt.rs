//! From a signal to the end of a run: the first begins nothing new, the second gives up what is under way. A reader of
//! standard output that goes away asks for the same as a signal does.
//!
//! **Invariant:** once listened to, no signal is lost, whatever the command does at that moment.

use crate::http::Stop;
use crate::report::{Console, Signal};
use crate::script::engine::Meter;
use crate::system::signals::{Ask, Signals};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

/// After a signal a run has this long: a CI runner kills at 10 s (design 6).
const LAST_WORDS_MAX: Duration = Duration::from_secs(7);
/// What takes longer to end is waited for visibly.
const PATIENCE: Duration = Duration::from_millis(500);

/// Hears the signals of a command.
#[derive(Clone, Default)]
pub struct Interrupt(Arc<Heard>);

#[derive(Default)]
struct Heard {
    console: Option<Arc<Console>>,
    listening: OnceLock<()>,
    signal: OnceLock<Signal>,
    /// Of the script that runs now.
    meter: Mutex<Option<Arc<Meter>>>,
}

impl Interrupt {
    /// One that says on this console what it waits for.
    pub fn on(console: Arc<Console>) -> Self {
        Interrupt(Arc::new(Heard { console: Some(console), ..Heard::default() }))
    }

    /// Listens from now on: signals no longer end the process by themselves.
    pub fn listen(&self, runtime: &Handle, stop: &Stop) {
        if self.0.listening.set(()).is_err() {
            return;
        }
        let _inside = runtime.enter();
        // Where the system has no signals to give, they go on ending the process.
        let Ok(signals) = Signals::listen() else { return };
        let closed = CancellationToken::new();
        runtime.spawn(self.clone().hear(signals, stop.clone(), closed.clone()));
        if let Some(console) = &self.0.console {
            let (heard, stop) = (Arc::downgrade(&self.0), stop.clone());
            console.on_stdout_closed(move || {
                if let Some(heard) = heard.upgrade() {
                    heard.ask(Signal::Terminate, &stop);
                }
                closed.cancel();
            });
        }
    }

    /// The signal that came first, if one came.
    pub fn signal(&self) -> Option<Signal> {
        self.0.signal.get().copied()
    }

    /// Stops this script when a signal comes, or came.
    pub fn watch(&self, meter: Arc<Meter>) {
        let mut watched = self.0.meter.lock().unwrap_or_else(PoisonError::into_inner);
        if self.signal().is_some() {
            meter.cancel();
        }
        *watched = Some(meter);
    }

    async fn hear(self, mut signals: Signals, stop: Stop, closed: CancellationToken) {
        tokio::select! {
            ask = signals.next() => self.0.ask(signal_of(ask), &stop),
            () = closed.cancelled() => {}
        }
        last_words(self.0.console.as_deref(), &mut signals).await;
        stop.hard.cancel();
    }
}

impl Heard {
    fn ask(&self, signal: Signal, stop: &Stop) {
        let watched = self.meter.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = self.signal.set(signal);
        stop.soft.cancel();
        if let Some(meter) = watched.as_ref() {
            meter.cancel();
        }
    }
}

/// As exit codes tell it.
pub(super) fn signal_of(ask: Ask) -> Signal {
    match ask {
        Ask::Interrupt => Signal::Interrupt,
        Ask::Terminate => Signal::Terminate,
    }
}

/// After the first signal: until what is under way must be given up.
pub(super) async fn last_words(console: Option<&Console>, signals: &mut Signals) {
    let patience = async {
        tokio::time::sleep(PATIENCE).await;
        if let Some(console) = console {
            console.talk("interrupted: waiting for what is under way; interrupt again to give it up\n");
        }
        tokio::time::sleep(LAST_WORDS_MAX.saturating_sub(PATIENCE)).await;
    };
    tokio::select! {
        _ = signals.next() => {}
        () = patience => {}
    }
}
