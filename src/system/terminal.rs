//! How the terminal on standard input is set, kept so that it can be set again, and an end from any thread.

/// The settings of the terminal on standard input; of nothing, where it is none.
pub struct TerminalState {
    #[cfg(unix)]
    kept: Option<rustix::termios::Termios>,
}

#[cfg(unix)]
impl TerminalState {
    /// As it is now.
    pub fn keep() -> Self {
        TerminalState { kept: rustix::termios::tcgetattr(std::io::stdin()).ok() }
    }

    /// Sets it as it was.
    pub fn restore(&self) {
        use rustix::termios::{OptionalActions, tcsetattr};
        if let Some(kept) = &self.kept {
            let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, kept);
        }
    }
}

#[cfg(not(unix))]
impl TerminalState {
    /// As it is now.
    pub fn keep() -> Self {
        TerminalState {}
    }

    /// Sets it as it was.
    pub fn restore(&self) {}
}

/// How many columns the terminal on a stream has; `None` where it is none, or does not say.
#[cfg(unix)]
pub fn columns(stream: impl std::os::fd::AsFd) -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(stream).ok()?;
    (size.ws_col > 0).then_some(usize::from(size.ws_col))
}

/// How many columns the terminal on a stream has: not known here.
#[cfg(not(unix))]
pub fn columns<S>(_: S) -> Option<usize> {
    None
}

/// Ends the process from a thread that is not the first, whatever the first one waits for.
#[allow(clippy::disallowed_methods)]
pub fn end_process(code: u8) -> ! {
    std::process::exit(i32::from(code))
}
