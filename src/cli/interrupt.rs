//! Ends a run on a signal: the first signal starts nothing new, the second aborts what is in flight. A closed
//! standard output counts as a signal.
//!
//! **Invariant:** once listened to, no signal is lost, whatever the command does at that moment.
//! **Invariant:** signals are heard on a thread of their own, which never prints: whatever else hangs, the process ends.

use crate::http::Stop;
use crate::report::{Console, Signal};
use crate::run::exit;
use crate::run::interrupt::{Interrupt, Listener};
use crate::system::end_process;
use crate::system::signals::{Signals, StopSignal};
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio_util::sync::CancellationToken;

/// After a signal what is under way has this long. A run ends within 7 s: a CI runner kills at 10 s (GH-6).
const LAST_WORDS_MAX: Duration = Duration::from_millis(6300);
/// What was given up has this long to say so, before the process ends without it.
const GRACE: Duration = Duration::from_millis(700);
/// How long a line that nobody reads is waited for.
const SAYING_MAX: Duration = Duration::from_millis(100);
/// What takes longer to end is waited for visibly.
const PATIENCE: Duration = Duration::from_millis(500);

/// Hears the signals of this process.
struct Process {
    console: Option<Arc<Console>>,
}

/// An interrupt by the signals of this process; what is waited for is printed on this console.
pub fn on(console: Arc<Console>) -> Interrupt {
    Interrupt::by(Process { console: Some(console) })
}

/// The same, and nothing is printed.
pub fn silent() -> Interrupt {
    Interrupt::by(Process { console: None })
}

impl Listener for Process {
    /// Signals no longer end the process by themselves.
    fn listen(&self, interrupt: &Interrupt, stop: &Stop) {
        // Where the system has no signals to give, they go on ending the process.
        let Ok((runtime, signals)) = ears() else { return };
        let closed = CancellationToken::new();
        let (ask, hard, in_doubt) = (interrupt.asker(stop), stop.hard.clone(), interrupt.in_doubt());
        let (console, heard) = (self.console.clone(), closed.clone());
        let hear = async move {
            let mut signals = signals;
            let signal = tokio::select! {
                asked = signals.next() => signal_of(asked),
                () = heard.cancelled() => Signal::Terminate,
            };
            ask(signal);
            last_words(console, &mut signals).await;
            hard.cancel();
            grace(&mut signals).await;
            end_process(exit::of_cut_off(signal, in_doubt.is_any()).code());
        };
        let listening = thread::Builder::new().name("signals".into()).spawn(move || runtime.block_on(hear));
        if listening.is_ok()
            && let Some(console) = &self.console
        {
            let ask = interrupt.asker(stop);
            console.on_stdout_closed(move || {
                ask(Signal::Terminate);
                closed.cancel();
            });
        }
    }
}

/// Signals, and what they are waited for in: apart from the runtime of a command, which may be busy or gone.
pub(super) fn ears() -> std::io::Result<(Runtime, Signals)> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let inside = runtime.enter();
    let signals = Signals::listen()?;
    drop(inside);
    Ok((runtime, signals))
}

/// As exit codes tell it.
pub(super) fn signal_of(ask: StopSignal) -> Signal {
    match ask {
        StopSignal::Interrupt => Signal::Interrupt,
        StopSignal::Terminate => Signal::Terminate,
    }
}

/// After the first signal: until what is under way must be given up.
pub(super) async fn last_words(console: Option<Arc<Console>>, signals: &mut Signals) {
    let patience = async {
        tokio::time::sleep(PATIENCE).await;
        if let Some(console) = console {
            say(&console, "interrupted: waiting for what is under way; interrupt again to give it up\n");
        }
        tokio::time::sleep(LAST_WORDS_MAX.saturating_sub(PATIENCE)).await;
    };
    tokio::select! {
        _ = signals.next() => {}
        () = patience => {}
    }
}

/// Prints a text, and does not wait for long where nobody reads it.
pub(super) fn say(console: &Arc<Console>, text: &'static str) {
    let (console, (done, is_done)) = (console.clone(), mpsc::channel());
    let talk = move || {
        console.talk(text);
        let _ = done.send(());
    };
    if thread::Builder::new().spawn(talk).is_ok() {
        let _ = is_done.recv_timeout(SAYING_MAX);
    }
}

/// After that: until the process has had the time to end by itself.
pub(super) async fn grace(signals: &mut Signals) {
    tokio::select! {
        _ = signals.next() => {}
        () = tokio::time::sleep(GRACE) => {}
    }
}
