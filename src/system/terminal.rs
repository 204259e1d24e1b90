//! Saves and restores the settings of the terminal, and ends the process from any thread.

/// The key Escape, with which others begin.
#[cfg(unix)]
const ESCAPE: u8 = 27;

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

/// How many lines the terminal on a stream has; `None` where it is none, or does not say.
#[cfg(unix)]
pub fn rows(stream: impl std::os::fd::AsFd) -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(stream).ok()?;
    (size.ws_row > 0).then_some(usize::from(size.ws_row))
}

/// How many lines the terminal on a stream has: not known here.
#[cfg(not(unix))]
pub fn rows<S>(_: S) -> Option<usize> {
    None
}

/// A key pressed at the terminal on standard input, without an end of line; Ctrl-C is one, too. `None` at the end of input.
#[cfg(unix)]
pub fn read_key() -> Option<u8> {
    use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, tcgetattr, tcsetattr};
    let stdin = std::io::stdin();
    let kept = tcgetattr(&stdin).ok()?;
    let mut keys = kept.clone();
    keys.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG);
    keys.special_codes[SpecialCodeIndex::VMIN] = 1;
    keys.special_codes[SpecialCodeIndex::VTIME] = 0;
    tcsetattr(&stdin, OptionalActions::Now, &keys).ok()?;
    let key = read_byte(&stdin);
    if key == Some(ESCAPE) {
        // What follows belongs to the same key.
        keys.special_codes[SpecialCodeIndex::VMIN] = 0;
        let _ = tcsetattr(&stdin, OptionalActions::Now, &keys);
        while read_byte(&stdin).is_some() {}
    }
    let _ = tcsetattr(&stdin, OptionalActions::Now, &kept);
    key
}

#[cfg(unix)]
fn read_byte(stdin: &std::io::Stdin) -> Option<u8> {
    let mut byte = [0];
    loop {
        match rustix::io::read(stdin, &mut byte) {
            Ok(1) => return Some(byte[0]),
            Err(rustix::io::Errno::INTR) => {}
            Ok(_) | Err(_) => return None,
        }
    }
}

/// A key pressed at the terminal: not known here.
#[cfg(not(unix))]
pub fn read_key() -> Option<u8> {
    None
}

/// Ends the process from a thread that is not the first, whatever the first one waits for.
#[allow(clippy::disallowed_methods)]
pub fn end_process(code: u8) -> ! {
    std::process::exit(i32::from(code))
}
