//! The output streams: data on standard output, messages on standard error. Secrets are masked in both; in CI,
//! where logs may be public, so are account ids and e-mail addresses.
//!
//! **Invariant:** nothing else in the program prints. A reader that went away is remembered and told once to whom it
//! concerns.

use super::failures::failure;
use super::json::{to_line, to_pretty};
use super::text_style::TextStyle;
use crate::escape::wrap::COLUMNS;
use crate::events::Problem;
use crate::secret::{Identities, Redactor};
use crate::system::{Environment, Stopwatch, columns};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use parking_lot::Mutex;
use serde::Serialize;
use std::borrow::Cow;
use std::fmt;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// Whether to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Color {
    /// On a terminal, unless the environment says no.
    #[default]
    Auto,
    Always,
    /// Never.
    Never,
}

/// What the two streams can show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // Each is an answer of its own about a stream.
pub struct Terminal {
    /// Colours on standard output.
    pub stdout_colored: bool,
    /// Colours on standard error.
    pub stderr_colored: bool,
    /// A moving line on standard error.
    pub animated: bool,
    /// Others may read it: no account ids, no e-mail addresses.
    pub public: bool,
    /// Columns of standard output, where it is a terminal.
    pub stdout_columns: Option<usize>,
    /// Columns of standard error, where it is a terminal.
    pub stderr_columns: Option<usize>,
}

/// Standard output and standard error.
pub struct Console {
    stdout: Mutex<Channel>,
    stderr: Mutex<Channel>,
    redactor: Arc<Redactor>,
    /// What is not shown although it is no secret; `None` where only its owner reads.
    identities: Option<Identities>,
    animated: bool,
    columns: [Option<usize>; 2],
    /// Told when the reader of standard output went away.
    on_closed: OnceLock<Box<dyn Fn() + Send + Sync>>,
    /// The moving line, while there is something to show on it.
    bar: Mutex<Option<ProgressBar>>,
    /// A wait that is counted down on it.
    wait: Arc<Mutex<Option<Wait>>>,
}

/// Since when something is waited for, and how long.
struct Wait {
    since: Stopwatch,
    ms: u64,
}

struct Channel {
    out: Box<dyn Write + Send>,
    colored: bool,
    failure: Option<ErrorKind>,
    is_told: bool,
}

impl Terminal {
    /// What to show on streams of which these are terminals: `NO_COLOR`, `CLICOLOR_FORCE`, `TERM`, and the variables by
    /// which CI systems are known are heeded. A log of theirs is ordinary lines, also where a job has a terminal.
    pub fn of(color: Color, environment: &Environment, stdout_tty: bool, stderr_tty: bool) -> Self {
        let dumb = environment.get("TERM") == Some("dumb");
        let in_ci = ["CI", "GITHUB_ACTIONS", "GITLAB_CI"]
            .into_iter()
            .filter_map(|name| environment.get(name))
            .any(|value| !["false", "0"].contains(&value));
        let forced = environment.get("CLICOLOR_FORCE").is_some_and(|value| value != "0");
        let colored = |tty: bool| match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => environment.get("NO_COLOR").is_none() && (forced || (tty && !dumb && !in_ci)),
        };
        Terminal {
            stdout_colored: colored(stdout_tty),
            stderr_colored: colored(stderr_tty),
            animated: stderr_tty && !dumb && !in_ci,
            public: in_ci,
            stdout_columns: None,
            stderr_columns: None,
        }
    }
}

impl Console {
    /// The streams of this process.
    pub fn of_process(color: Color, environment: &Environment, redactor: Arc<Redactor>) -> Self {
        let (stdout, stderr) = (io::stdout(), io::stderr());
        // A log is as wide as its lines, also where a job has a terminal.
        let wide =
            |is_terminal: bool, columns: Option<usize>| is_terminal.then(|| columns.unwrap_or(COLUMNS));
        let (is_out, is_err) = (stdout.is_terminal(), stderr.is_terminal());
        let terminal = Terminal::of(color, environment, is_out, is_err);
        let terminal = Terminal {
            stdout_columns: wide(is_out && !terminal.public, columns(&stdout)),
            stderr_columns: wide(is_err && !terminal.public, columns(&stderr)),
            ..terminal
        };
        Console::new(Box::new(stdout), Box::new(stderr), terminal, redactor)
    }

    pub fn new(
        stdout: Box<dyn Write + Send>,
        stderr: Box<dyn Write + Send>,
        terminal: Terminal,
        redactor: Arc<Redactor>,
    ) -> Self {
        let channel = |out, colored| Mutex::new(Channel { out, colored, failure: None, is_told: false });
        Console {
            stdout: channel(stdout, terminal.stdout_colored),
            stderr: channel(stderr, terminal.stderr_colored),
            redactor,
            identities: terminal.public.then(Identities::default),
            animated: terminal.animated,
            columns: [terminal.stdout_columns, terminal.stderr_columns],
            on_closed: OnceLock::new(),
            bar: Mutex::default(),
            wait: Arc::default(),
        }
    }

    /// Prints a text to standard output, as it is but for secrets (and colours, where they can't be shown).
    pub fn data(&self, text: &str) {
        self.print(&self.stdout, &self.redactor.redact(text));
    }

    /// Prints a text to standard output with every character that it has, but for secrets: for a program that reads it.
    pub fn verbatim(&self, text: &str) {
        self.write(&self.stdout, |channel| channel.write(&self.redactor.redact(text)));
    }

    /// Whether standard output is read by a program: it is neither a terminal nor a log that others read.
    pub fn is_for_programs(&self) -> bool {
        self.columns[0].is_none() && self.identities.is_none()
    }

    /// Prints an indented JSON document to standard output.
    pub fn document(&self, value: &impl Serialize) {
        self.print(&self.stdout, &to_pretty(value, &self.redactor));
    }

    /// Prints one line of JSON to standard output.
    pub fn record(&self, value: &impl Serialize) {
        self.print(&self.stdout, &(to_line(value, &self.redactor) + "\n"));
    }

    /// Prints a text to standard error.
    pub fn talk(&self, text: &str) {
        self.print(&self.stderr, &self.redactor.redact(text));
    }

    /// Says why something failed, where there is no text of a script to show it in.
    pub fn failure(&self, problem: &Problem) {
        self.talk(&failure(problem, None, &TextStyle::new(&self.redactor).within(self.stderr_columns())));
    }

    /// Prints lines to standard error as they are: only for commands to a CI runner that must hold a secret.
    pub(super) fn command(&self, lines: &str) {
        self.write(&self.stderr, |channel| channel.write(lines));
    }

    /// Where the public may read, this account's id is not shown from now on.
    pub fn hide_account(&self, id: &str) {
        if let Some(identities) = &self.identities {
            identities.account(id);
        }
    }

    /// Calls this once when the reader of standard output goes away, at once if it went already.
    pub fn on_stdout_closed(&self, tell: impl Fn() + Send + Sync + 'static) {
        let tell = self.on_closed.get_or_init(|| Box::new(tell));
        if self.stdout_failure() == Some(ErrorKind::BrokenPipe) {
            tell();
        }
    }

    /// What standard output failed with, first; [`ErrorKind::BrokenPipe`] if its reader went away.
    pub fn stdout_failure(&self) -> Option<ErrorKind> {
        self.stdout.lock().failure
    }

    /// The same for whoever tells it: once.
    pub fn take_stdout_failure(&self) -> Option<ErrorKind> {
        let mut stdout = self.stdout.lock();
        let is_told = std::mem::replace(&mut stdout.is_told, true);
        stdout.failure.filter(|_| !is_told)
    }

    /// Whether standard output shows colours.
    pub fn stdout_colored(&self) -> bool {
        self.stdout.lock().colored
    }

    /// Columns of standard output, where it is a terminal.
    pub fn stdout_columns(&self) -> Option<usize> {
        self.columns[0]
    }

    /// Columns of standard error, where it is a terminal.
    pub fn stderr_columns(&self) -> Option<usize> {
        self.columns[1]
    }

    /// Masks what must not be shown.
    pub fn redactor(&self) -> &Arc<Redactor> {
        &self.redactor
    }

    /// `text` without what the public may not read.
    pub(super) fn veiled<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.identities.as_ref().map_or(Cow::Borrowed(text), |identities| identities.mask(text))
    }

    /// Shows a status on the moving line, if there is one; an empty text takes the line away.
    pub(super) fn status(&self, text: &str) {
        if !self.animated {
            return;
        }
        let mut bar = self.bar.lock();
        if text.is_empty() {
            if let Some(bar) = bar.take() {
                bar.finish_and_clear();
            }
        } else {
            bar.get_or_insert_with(|| spinner(&self.wait))
                .set_message(self.redactor.redact(text).into_owned());
        }
    }

    /// Counts a wait down on the moving line, if there is one.
    pub(super) fn count_down(&self, ms: u64) {
        if !self.animated {
            return;
        }
        let wait = Wait { since: Stopwatch::start(), ms };
        *self.wait.lock() = Some(wait);
        self.bar.lock().get_or_insert_with(|| spinner(&self.wait));
    }

    fn print(&self, channel: &Mutex<Channel>, text: &str) {
        if text.is_empty() {
            return;
        }
        // A runner takes this for a command wherever in a line it stands; quoted source has it as it is written (GH-1).
        let text = text.replace("##[", "#\\u{23}[");
        let text = self.veiled(&text);
        self.write(channel, |channel| channel.print(&text));
    }

    fn write(&self, channel: &Mutex<Channel>, print: impl FnOnce(&mut Channel) -> bool) {
        // Both streams may be the same terminal: the moving line makes way for either.
        let bar = self.bar.lock();
        let print = || print(&mut channel.lock());
        let newly_closed = match bar.as_ref() {
            Some(bar) => bar.suspend(print),
            None => print(),
        };
        drop(bar);
        if let Some(tell) =
            self.on_closed.get().filter(|_| newly_closed && std::ptr::eq(channel, &raw const self.stdout))
        {
            tell();
        }
    }
}

impl Channel {
    /// Gives whether the reader went away just now.
    fn print(&mut self, text: &str) -> bool {
        let text = if self.colored {
            Cow::Borrowed(text)
        } else {
            Cow::Owned(anstream::adapter::strip_str(text).to_string())
        };
        self.write(&text)
    }

    fn write(&mut self, text: &str) -> bool {
        if self.failure.is_some() {
            return false;
        }
        let written = self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush());
        self.failure = written.err().map(|error| error.kind());
        self.failure == Some(ErrorKind::BrokenPipe)
    }
}

fn spinner(wait: &Arc<Mutex<Option<Wait>>>) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    let wait = wait.clone();
    let left = move |_: &ProgressState, line: &mut dyn fmt::Write| {
        let wait = wait.lock();
        if let Some(left) = wait.as_ref().and_then(Wait::left_s) {
            let _ = write!(line, "waiting, {left} s left  ");
        }
    };
    if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {left}{wide_msg}") {
        bar.set_style(style.with_key("left", left));
    }
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

impl Wait {
    /// Whole seconds until it is over; `None` when it is.
    fn left_s(&self) -> Option<u64> {
        let left = Duration::from_millis(self.ms).checked_sub(self.since.elapsed())?;
        u64::try_from(left.as_millis().div_ceil(1000)).ok().filter(|left| *left > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{self, CANARY, Stream};
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn data_and_talk_go_their_own_ways_without_secrets() {
        let (console, stdout, stderr) = sample::console();
        console.data(&format!("id {CANARY}\n"));
        console.talk(&format!("Bearer {CANARY}\n"));
        console.record(&serde_json::json!({"a": CANARY}));
        console.document(&serde_json::json!({"a": CANARY}));
        let records = "{\"a\":\"[secret]\"}\n{\n  \"a\": \"[secret]\"\n}\n";
        assert_eq!(stdout.text(), format!("id [secret]\n{records}"));
        assert_eq!(stderr.text(), "Bearer [secret]\n");
    }

    #[test]
    fn colours_go_where_they_can_be_shown() {
        let (stdout, stderr) = (Stream::default(), Stream::default());
        let terminal = Terminal { stdout_colored: true, ..Terminal::default() };
        let console =
            Console::new(Box::new(stdout.clone()), Box::new(stderr.clone()), terminal, sample::redactor());
        console.data("\u{1b}[1mkv\u{1b}[0m\n");
        console.talk("\u{1b}[1mkv\u{1b}[0m\n");
        assert_eq!((stdout.text().as_str(), stderr.text().as_str()), ("\u{1b}[1mkv\u{1b}[0m\n", "kv\n"));
    }

    #[test]
    fn a_reader_that_went_away_is_remembered_and_not_written_to_again() {
        for kind in [ErrorKind::BrokenPipe, ErrorKind::StorageFull] {
            let (stdout, stderr) = (Stream::failing(kind), Stream::default());
            let terminal = Terminal::default();
            let console = Console::new(
                Box::new(stdout.clone()),
                Box::new(stderr.clone()),
                terminal,
                sample::redactor(),
            );
            let told = Arc::new(AtomicUsize::new(0));
            let count = told.clone();
            console.on_stdout_closed(move || {
                count.fetch_add(1, Ordering::SeqCst);
            });
            assert_eq!(console.stdout_failure(), None);
            console.data("one\n");
            console.data("two\n");
            console.talk("still here\n");
            assert_eq!(told.load(Ordering::SeqCst), usize::from(kind == ErrorKind::BrokenPipe));
            assert_eq!(console.stdout_failure(), Some(kind));
            assert_eq!(*stdout.writes.lock(), 1);
            assert_eq!(stderr.text(), "still here\n");
        }
    }

    #[test]
    fn public_logs_show_neither_accounts_nor_addresses() {
        const ID: &str = "0123456789abcdef0123456789abcdef";
        let shown = |public| {
            let (stdout, stderr) = (Stream::default(), Stream::default());
            let terminal = Terminal { public, ..Terminal::default() };
            let console = Console::new(
                Box::new(stdout.clone()),
                Box::new(stderr.clone()),
                terminal,
                sample::redactor(),
            );
            console.hide_account(ID);
            console.data(&format!("{ID} a@b.cd\n"));
            console.record(&serde_json::json!({"account": ID}));
            console.talk(&format!("to /accounts/{ID}/x\n"));
            [stdout.text(), stderr.text()].concat()
        };
        assert_eq!(shown(true), "[account] [email]\n{\"account\":\"[account]\"}\nto /accounts/[account]/x\n");
        assert_eq!(shown(false).matches(ID).count(), 3);
        let of = |pairs: &[(&str, &str)]| {
            Terminal::of(Color::Auto, &pairs.iter().copied().collect(), false, false).public
        };
        assert!(of(&[("CI", "true")]) && of(&[("GITHUB_ACTIONS", "true")]) && of(&[("CI", "1")]));
        assert!(!of(&[]) && !of(&[("CI", "false")]) && !of(&[("CI", "0")]) && !of(&[("CI", "")]));
    }

    #[test]
    fn terminal_follows_flag_then_environment() {
        let of = |color, pairs: &[(&str, &str)], tty| {
            let environment: Environment = pairs.iter().copied().collect();
            let terminal = Terminal::of(color, &environment, tty, tty);
            assert_eq!(terminal.stdout_colored, terminal.stderr_colored);
            (terminal.stdout_colored, terminal.animated)
        };
        assert_eq!(of(Color::Auto, &[], true), (true, true));
        assert_eq!(of(Color::Auto, &[], false), (false, false));
        assert_eq!(of(Color::Auto, &[("NO_COLOR", "1")], true), (false, true));
        assert_eq!(of(Color::Always, &[("NO_COLOR", "1")], false), (true, false));
        assert_eq!(of(Color::Never, &[("CLICOLOR_FORCE", "1")], true), (false, true));
        assert_eq!(of(Color::Auto, &[("CLICOLOR_FORCE", "1")], false), (true, false));
        assert_eq!(of(Color::Auto, &[("CLICOLOR_FORCE", "0")], false), (false, false));
        assert_eq!(of(Color::Auto, &[("TERM", "dumb")], true), (false, false));
        assert_eq!(of(Color::Auto, &[("CI", "true")], true), (false, false));
        assert_eq!(of(Color::Auto, &[("CI", "false")], true), (true, true));
        assert_eq!(of(Color::Auto, &[("CI", "true"), ("CLICOLOR_FORCE", "1")], false), (true, false));
        assert_eq!(of(Color::Always, &[("CI", "true")], false), (true, false));
    }
}
