//! From a signal to the end of a run: the first begins nothing new, the second gives up what is under way. A reader of
//! standard output that goes away asks for the same as a signal does.
//!
//! **Invariant:** once listened to, no signal is lost, whatever the command does at that moment.

use crate::http::Stop;
use crate::report::{Console, Signal};
use crate::run::interrupt::{Interrupt, Listener};
use crate::system::signals::{Ask, Signals};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

/// After a signal a run has this long: a CI runner kills at 10 s (design 6).
const LAST_WORDS_MAX: Duration = Duration::from_secs(7);
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
    fn listen(&self, interrupt: &Interrupt, runtime: &Handle, stop: &Stop) {
        let _inside = runtime.enter();
        // Where the system has no signals to give, they go on ending the process.
        let Ok(signals) = Signals::listen() else { return };
        let closed = CancellationToken::new();
        let (ask, hard) = (interrupt.asker(stop), stop.hard.clone());
        let heard = hear(signals, self.console.clone(), ask, closed.clone());
        runtime.spawn(async move {
            heard.await;
            hard.cancel();
        });
        if let Some(console) = &self.console {
            let ask = interrupt.asker(stop);
            console.on_stdout_closed(move || {
                ask(Signal::Terminate);
                closed.cancel();
            });
        }
    }
}

async fn hear(
    mut signals: Signals,
    console: Option<Arc<Console>>,
    ask: impl Fn(Signal),
    closed: CancellationToken,
) {
    tokio::select! {
        asked = signals.next() => ask(signal_of(asked)),
        () = closed.cancelled() => {}
    }
    last_words(console.as_deref(), &mut signals).await;
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
