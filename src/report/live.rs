//! The output on standard error during a run: the progress line of a terminal, warnings, log messages of the
//! recipe, requests with `-v`, and the errors at the end.
//!
//! **Invariant:** in quiet mode only failures are told.

use super::console::Console;
use super::document::Report;
use super::failures::{failures, place};
use super::running::{Running, RunningOp};
use super::text::Verbosity;
use super::text_style::{DIM, TextStyle, YELLOW, duration, paint};
use crate::events::{Event, Finding, RequestDone, Sink, Site};
use parking_lot::Mutex;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Talks while the run goes.
pub struct LiveView {
    console: Arc<Console>,
    verbosity: Verbosity,
    shows_requests: AtomicBool,
    running: Mutex<Running>,
}

impl LiveView {
    /// Talks to standard error of `console`.
    pub fn new(console: Arc<Console>, verbosity: Verbosity) -> Self {
        let shows_requests = AtomicBool::new(verbosity == Verbosity::Verbose);
        LiveView { console, verbosity, shows_requests, running: Mutex::default() }
    }

    /// Whether requests are said, too, from now on; gives whether they were.
    pub fn show_requests(&self, is_wanted: bool) -> bool {
        self.shows_requests.swap(is_wanted, Ordering::Relaxed)
    }

    /// Takes the moving line away and tells what went wrong, but for failures that were `drawn` already.
    pub fn finish(&self, report: &Report, drawn: &[Finding]) {
        self.console.status("");
        let ink = TextStyle::new(self.console.redactor())
            .within(self.console.stderr_columns())
            .knowing(&report.steps);
        self.console.talk(&failures(report, &ink, drawn));
    }

    /// Takes the moving line away.
    pub fn clear(&self) {
        self.console.status("");
    }

    fn say(&self, event: &Event, ink: &TextStyle) {
        match event {
            Event::Warning { message, at } => self.console.talk(&warning(message, at.as_ref(), ink)),
            Event::Waiting { reason, ms } => {
                self.console.count_down(*ms);
                let line = format!("waiting {}: {}", duration(*ms), ink.show(reason));
                self.console.talk(&format!("{} {line}\n", paint(YELLOW, "note:")));
            }
            Event::Log { message } => self.console.talk(&format!("{}\n", ink.own_lines(message))),
            Event::Request(request) if self.shows_requests.load(Ordering::Relaxed) => {
                self.console.talk(&request_line(request, ink));
            }
            _ => {}
        }
    }
}

impl Sink for LiveView {
    fn emit(&self, event: Event) {
        let ink = TextStyle::new(self.console.redactor()).within(self.console.stderr_columns());
        if self.verbosity > Verbosity::Quiet {
            self.say(&event, &ink);
        }
        let mut running = self.running.lock();
        if running.take(&event) && self.verbosity > Verbosity::Quiet {
            self.console.status(&status(&running, &ink));
        }
    }
}

/// `3 done, running: kv ensure SESSIONS, kv ensure RATE_LIMITS and 4 more`.
fn status(running: &Running, ink: &TextStyle) -> String {
    const NAMED_MAX: usize = 3;
    let name = |op: &RunningOp| {
        let how_far =
            op.progress.as_deref().map(|words| format!(" ({})", ink.show(words))).unwrap_or_default();
        format!("{} {} {}{how_far}", ink.show(&op.service), op.op, ink.show(&op.resource))
    };
    let named = running.ops().take(NAMED_MAX).map(name).collect::<Vec<_>>().join(", ");
    let more = match running.ops().len().saturating_sub(NAMED_MAX) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let now = if named.is_empty() { String::new() } else { format!(", running: {named}{more}") };
    let of = running.expected().map(|all| format!(" of {all}")).unwrap_or_default();
    format!("{}{of} done{now}", running.finished())
}

fn warning(message: &str, at: Option<&Site>, ink: &TextStyle) -> String {
    let at = at.map(|at| format!("  {} {}\n", paint(DIM, "-->"), place(at, ink))).unwrap_or_default();
    let message = ink.wrapped(&ink.message(message), "warning: ".len(), 2);
    format!("{} {message}\n{at}", paint(YELLOW, "warning:"))
}

fn request_line(request: &RequestDone, ink: &TextStyle) -> String {
    let RequestDone { method, path, status, attempt, ms, retry, .. } = request;
    let answer = status.map_or("no answer".to_owned(), |status| status.to_string());
    let mut line = format!("{} {} {answer} in {}", ink.show(method), ink.show(path), duration(*ms));
    if *attempt > 1 {
        let _ = write!(line, ", attempt {attempt}");
    }
    if let Some(reason) = retry {
        let _ = write!(line, ", again because: {}", ink.show(reason));
    }
    paint(DIM, &line) + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::{Action, Status};
    use crate::report::sample::{self, CANARY, finished, started};
    use crate::report::{Builder, Console};
    use crate::run::exit::of_report;

    fn talk(verbosity: Verbosity, events: Vec<Event>) -> String {
        let (console, stdout, stderr) = sample::console();
        let (builder, live) = (Builder::new(sample::heading()), LiveView::new(console, verbosity));
        for event in events {
            builder.emit(event.clone());
            live.emit(event);
        }
        live.finish(&builder.finish(&sample::ending(), of_report), &[]);
        assert_eq!(stdout.text(), "", "talk goes to standard error");
        stderr.text()
    }

    fn events() -> Vec<Event> {
        let Event::Request(request) = sample::request(Some(1), "POST", None) else { unreachable!() };
        vec![
            Event::Warning { message: "odd\nthing".into(), at: Some(sample::site()) },
            Event::Warning { message: "odder".into(), at: None },
            Event::Log { message: format!("::set-output::{CANARY}") },
            started(1, 0, "kv", "SESSIONS"),
            sample::request(Some(1), "GET", Some(200)),
            Event::Request(RequestDone { attempt: 2, retry: Some("timeout".into()), ..request }),
            finished(1, Action::Create, Status::Failed),
        ]
    }

    #[test]
    fn a_message_keeps_its_lines_and_each_is_made_harmless() {
        let said = |message: &str| {
            let text = talk(Verbosity::Normal, vec![Event::Log { message: message.into() }]);
            text.strip_suffix(&talk(Verbosity::Normal, Vec::new())).unwrap().to_owned()
        };
        assert_eq!(said("one\r\n::error::two\n"), "one\n\\u{3a}:error::two\n");
        assert_eq!(said(""), "\n");
        assert_eq!(said("\n\na"), "\n\na\n");
        // A secret that reaches over a line break is one.
        let (head, tail) = CANARY.split_at(CANARY.len() - 2);
        assert_eq!(said(&format!("{CANARY}\n{head}\n{tail}")), format!("[secret]\n{head}\n{tail}\n"));
    }

    const TALK: &str = "\
warning: odd\\nthing
  --> std/provision:6:42
warning: odder
\\u{3a}:set-output::[secret]
";

    const REQUESTS: &str = "\
GET /accounts/0123/storage/kv/namespaces 200 in 45 ms
POST /accounts/0123/storage/kv/namespaces no answer in 45 ms, attempt 2, again because: timeout
";

    const FAILURE: &str = "\
error: the index has other dimensions
  --> std/provision:6:42
  code 40013, ray 8f1c2d3e4f5a6b7c-WAW
hint: choose another name
exit 1: nothing was changed
";

    #[test]
    fn each_verbosity_says_more() {
        assert_eq!(talk(Verbosity::Quiet, events()), FAILURE);
        assert_eq!(talk(Verbosity::Normal, events()), format!("{TALK}{FAILURE}"));
        assert_eq!(talk(Verbosity::Verbose, events()), format!("{TALK}{REQUESTS}{FAILURE}"));
    }

    #[test]
    fn status_names_some_and_counts_the_rest() {
        let redactor = crate::secret::Redactor::default();
        let ink = TextStyle::new(&redactor);
        let mut running = Running::default();
        assert_eq!(status(&running, &ink), "0 done");
        (1..=5).for_each(|id| assert!(running.take(&started(id, 0, "kv", &format!("N{id}")))));
        running.take(&finished(2, Action::None, Status::Done));
        assert_eq!(
            status(&running, &ink),
            "1 done, running: kv ensure N1, kv ensure N3, kv ensure N4 and 1 more"
        );
    }

    #[test]
    fn the_console_can_be_shared_between_threads() {
        fn shared<T: Send + Sync>() {}
        shared::<Console>();
        shared::<LiveView>();
    }
}
