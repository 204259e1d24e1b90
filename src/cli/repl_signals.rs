//! Signal handling in a session: Ctrl-C stops the current entry and the session continues; when input is a pipe,
//! and for SIGTERM, the session ends.
//!
//! **Invariant:** a signal that ends the session ends it at the prompt, too, with the terminal as it was found.

use super::Stopped;
use super::command_context::CommandContext;
use super::interrupt::{grace, last_words, say, signal_of};
use crate::http::Stop;
use crate::report::{Console, Signal};
use crate::run::exit;
use crate::script::engine::Meter;
use crate::system::signals::{Signals, StopSignal};
use crate::system::{TerminalState, end_process};
use anyhow::Context as _;
use parking_lot::Mutex;
use std::io::IsTerminal;
use std::sync::{Arc, OnceLock};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

/// Hears the signals of a session.
pub(super) struct SessionSignals {
    console: Arc<Console>,
    terminal: TerminalState,
    is_interactive: bool,
    running: Mutex<Option<Entry>>,
    ending: OnceLock<Signal>,
}

/// An entry that runs.
#[derive(Clone)]
struct Entry {
    stop: Stop,
    meter: Arc<Meter>,
    over: CancellationToken,
}

impl SessionSignals {
    /// Listens from now on.
    ///
    /// Before the line editor begins: it puts back, after each line, the signal handlers that it found.
    pub fn of(runtime: &Handle, shell: &CommandContext) -> Result<Arc<Self>, Stopped> {
        let is_interactive = std::io::stdin().is_terminal();
        let listening = SessionSignals::listen(runtime, shell.console.clone(), is_interactive);
        Ok(listening.context("can't listen for signals")?)
    }

    fn listen(runtime: &Handle, console: Arc<Console>, is_interactive: bool) -> std::io::Result<Arc<Self>> {
        let _inside = runtime.enter();
        let signals = Signals::listen()?;
        let terminal = TerminalState::keep();
        let (running, ending) = (Mutex::default(), OnceLock::new());
        let heard = Arc::new(SessionSignals { console, terminal, is_interactive, running, ending });
        runtime.spawn(heard.clone().hear(signals));
        Ok(heard)
    }

    /// Runs an entry that signals stop.
    pub fn during<T>(&self, stop: &Stop, meter: &Arc<Meter>, enter: impl FnOnce() -> T) -> T {
        let entry = Entry { stop: stop.clone(), meter: meter.clone(), over: CancellationToken::new() };
        *self.running.lock() = Some(entry.clone());
        let entered = enter();
        *self.running.lock() = None;
        entry.over.cancel();
        entered
    }

    /// The signal that ends the session, if one came.
    pub fn ending(&self) -> Option<Signal> {
        self.ending.get().copied()
    }

    async fn hear(self: Arc<Self>, mut signals: Signals) {
        loop {
            let ask = signals.next().await;
            let ends = !self.is_interactive || ask == StopSignal::Terminate;
            let entry = {
                let running = self.running.lock();
                if ends {
                    let _ = self.ending.set(signal_of(ask));
                }
                match running.as_ref() {
                    Some(entry) => {
                        entry.stop.soft.cancel();
                        entry.meter.cancel();
                        entry.clone()
                    }
                    None if ends => self.leave(signal_of(ask)),
                    None => continue,
                }
            };
            tokio::select! {
                () = entry.over.cancelled() => continue,
                () = last_words(Some(self.console.clone()), &mut signals) => entry.stop.hard.cancel(),
            }
            tokio::select! {
                () = entry.over.cancelled() => {}
                () = grace(&mut signals) => self.leave(signal_of(ask)),
            }
        }
    }

    /// Ends the process: nothing is under way that can be waited for, and nothing wakes the line editor.
    fn leave(&self, signal: Signal) -> ! {
        self.terminal.restore();
        let said = if self.is_interactive { "\ninterrupted\n" } else { "interrupted\n" };
        say(&self.console, said);
        end_process(exit::of_signal(signal).code())
    }
}
