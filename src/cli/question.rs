//! Asks a person at a terminal.
//!
//! **Invariant:** silence, the end of input and all but a yes is a no, and a signal ends the wait for an answer.

use crate::report::Console;
use crate::run::Session;
use std::io::IsTerminal;

/// What came of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Yes.
    Yes,
    /// No, or nothing.
    No,
    /// A signal came first.
    Interrupted,
}

/// Whether there is somebody to ask.
pub fn is_anybody_there() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks, with signals listened to.
pub fn ask(console: &Console, session: &Session, question: &str) -> Reply {
    match ask_for_line(console, session, &format!("{question} [y/N] ")) {
        Some(line) if matches!(line.as_str(), "y" | "Y" | "yes") => Reply::Yes,
        Some(_) => Reply::No,
        None => Reply::Interrupted,
    }
}

/// Asks for a line, with signals listened to; empty at the end of input, and `None` where a signal came first.
pub fn ask_for_line(console: &Console, session: &Session, question: &str) -> Option<String> {
    session.listen();
    console.talk(question);
    let begun = session.target.clock.elapsed();
    let (tell, told) = tokio::sync::oneshot::channel();
    // A read of a terminal can't be called off: who waits for it must be able to go.
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = std::io::stdin().read_line(&mut line);
        let _ = tell.send(if read.is_ok() { line.trim().to_owned() } else { String::new() });
    });
    let stop = session.target.stop.soft.clone();
    let heard = session.runtime().block_on(async {
        tokio::select! {
            biased;
            () = stop.cancelled() => None,
            told = told => Some(told.unwrap_or_default()),
        }
    });
    // The time that a person takes is none that the run does.
    session.target.excuse(session.target.clock.elapsed().saturating_sub(begun));
    if heard.is_none() {
        console.talk("\n");
    }
    heard
}
