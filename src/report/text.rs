//! The text report on standard output. The block of a step is printed when the step and all before it have ended,
//! so that the log grows during the run and does not depend on the order of responses.
//!
//! **Invariant:** what was printed on the way and at the end together is what [`TextReport::whole`] gives.
//! **Invariant:** it keeps no ops of its own: an event goes to the builder that it reads from first.

use super::builder::Builder;
use super::console::Console;
use super::document::{Heading, Report, Step};
use super::lines::{self, ReportDetail};
use super::text_style::TextStyle;
use super::timing::timing;
use crate::events::{Event, Sink};
use crate::secret::Redactor;
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;

/// How much is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Failures and the summary line.
    Quiet,
    /// The report, warnings and what the recipe logs.
    #[default]
    Normal,
    /// Also each request, and each op as a line of its own.
    Verbose,
}

/// Prints the report as the run goes.
pub struct TextReport {
    console: Arc<Console>,
    verbosity: Verbosity,
    listed: ReportDetail,
    builder: Arc<Builder>,
    steps_printed: Mutex<usize>,
}

impl TextReport {
    /// Prints the heading of the run that `builder` collects.
    pub fn begin(console: Arc<Console>, builder: Arc<Builder>, verbosity: Verbosity) -> Self {
        if verbosity > Verbosity::Quiet {
            console.data(&lines::heading(builder.heading(), &TextStyle::new(console.redactor())));
        }
        TextReport { console, verbosity, listed: listed(verbosity), builder, steps_printed: Mutex::default() }
    }

    /// Prints what is left of the report, and the summary.
    pub fn finish(&self, report: &Report) {
        let mut printed = self.steps_printed.lock();
        let ink = TextStyle::new(self.console.redactor())
            .within(self.console.stdout_columns())
            .knowing(&report.steps);
        if self.verbosity > Verbosity::Quiet {
            for step in report.steps.iter().skip(*printed) {
                self.console.data(&lines::step(step, self.listed, &ink));
            }
            self.console.data(&lines::outputs(&report.outputs, &ink));
        }
        *printed = report.steps.len();
        self.console.data(&ink.wrapped(&lines::summary(report), 0, 2));
        if self.verbosity > Verbosity::Quiet {
            self.console.data(&ink.wrapped(&lines::cost(report), 0, 2));
        }
    }

    /// Where the time went, uncoloured; when the run began, the clock of its requests said `begun`.
    pub fn timing(report: &Report, events: &[Event], begun: Duration, redactor: &Redactor) -> String {
        let begun_ms = u64::try_from(begun.as_millis()).unwrap_or(u64::MAX);
        timing(report, events, begun_ms, &TextStyle::new(redactor).knowing(&report.steps))
    }

    /// The steps alone, coloured.
    pub fn steps(steps: &[Step], redactor: &Redactor) -> String {
        let ink = TextStyle::new(redactor).knowing(steps);
        steps.iter().map(|step| lines::step(step, ReportDetail::Resources, &ink)).collect()
    }

    /// The steps, outputs and counts without what differs from one time to the next, as plain text.
    pub fn untimed(report: &Report, redactor: &Redactor) -> String {
        let ink = TextStyle::new(redactor).knowing(&report.steps);
        let steps = report.steps.iter().map(|step| lines::untimed_step(step, &ink));
        let text: String =
            steps.chain([lines::outputs(&report.outputs, &ink), lines::counts(report) + "\n"]).collect();
        anstream::adapter::strip_str(&text).to_string()
    }

    /// The whole text of a finished report, coloured.
    pub fn whole(heading: &Heading, report: &Report, redactor: &Redactor) -> String {
        let ink = TextStyle::new(redactor).knowing(&report.steps);
        let steps = report.steps.iter().map(|step| lines::step(step, ReportDetail::Resources, &ink));
        std::iter::once(lines::heading(heading, &ink))
            .chain(steps)
            .chain([lines::outputs(&report.outputs, &ink), lines::summary(report), lines::cost(report)])
            .collect()
    }
}

fn listed(verbosity: Verbosity) -> ReportDetail {
    if verbosity == Verbosity::Verbose { ReportDetail::Calls } else { ReportDetail::Resources }
}

impl Sink for TextReport {
    fn emit(&self, event: Event) {
        let may_settle = matches!(event, Event::StepFinished { .. } | Event::StepSkipped { .. });
        if !may_settle || self.verbosity == Verbosity::Quiet {
            return;
        }
        let mut printed = self.steps_printed.lock();
        let settled = self.builder.settled(*printed);
        if settled.is_empty() {
            return;
        }
        *printed += settled.len();
        // Placeholder ids of earlier steps, and of what stands outside, occur in later ones.
        let ink = TextStyle::new(self.console.redactor())
            .within(self.console.stdout_columns())
            .knowing(&self.builder.so_far());
        for step in &settled {
            self.console.data(&lines::step(step, self.listed, &ink));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::{Action, Change, Status, StepStatus};
    use crate::report::sample::{self, CANARY, finished, outcome, started};
    use crate::report::{Mode, RunEnding};
    use crate::run::exit::of_report;
    use serde_json::json;

    /// Prints a run; gives what stood on standard output before the end, and in all.
    fn run(
        heading: &Heading,
        events: Vec<Event>,
        ending: &RunEnding,
        verbosity: Verbosity,
    ) -> (String, String) {
        let (console, stdout, stderr) = sample::console();
        let builder = Arc::new(Builder::new(heading.clone()));
        let text = TextReport::begin(console.clone(), builder.clone(), verbosity);
        for event in events {
            builder.emit(event.clone());
            text.emit(event);
        }
        let before = stdout.text();
        let report = builder.finish(ending, of_report);
        text.finish(&report);
        assert_eq!(stderr.text(), "", "data goes to standard output");
        if verbosity > Verbosity::Quiet {
            let whole = TextReport::whole(heading, &report, console.redactor());
            assert_eq!(anstream::adapter::strip_str(&whole).to_string(), stdout.text());
        }
        (before, stdout.text())
    }

    fn provision() -> Vec<Event> {
        let mut updated = outcome(3, Action::Update, Status::Done);
        updated.changes = vec![Change {
            field: "/storage_class".into(),
            from: json!("Standard"),
            to: json!("InfrequentAccess"),
        }];
        vec![
            sample::step_started(1, "kv", 1),
            started(1, 1, "kv", "SESSIONS"),
            started(2, 1, "kv", "RATE_LIMITS"),
            sample::step_started(2, "r2", 1),
            started(3, 2, "r2", "jobmatch-ai-dev-avatars"),
            started(4, 2, "r2", "jobmatch-ai-dev-exports"),
            finished(4, Action::Update, Status::Conflict),
            Event::OpFinished(updated),
            sample::step_finished(2, StepStatus::Failed, 90),
            finished(2, Action::None, Status::Done),
            finished(1, Action::Create, Status::Done),
            sample::step_finished(1, StepStatus::Ok, 84),
            Event::StepSkipped { name: "queues".into() },
            Event::Output { key: "sessions".into(), value: json!(sample::ID) },
            sample::request(Some(1), "POST", Some(200)),
        ]
    }

    const PROVISION: &str = "\
provision -> development (account 0123...cdef)

kv                                           84 ms
  + SESSIONS                      created    0f2ac74b498b48028cb68387c421e279
  = unchanged: RATE_LIMITS
r2                                           failed after 90 ms
  ~ jobmatch-ai-dev-avatars       updated    storage_class: Standard -> InfrequentAccess
  ! jobmatch-ai-dev-exports       conflict   at std/provision:6:42
queues                                       skipped
outputs
  sessions = \"0f2ac74b498b48028cb68387c421e279\"
1 created, 1 updated, 1 unchanged, 1 in conflict in 812 ms (0 reads, 1 write)
";

    #[test]
    fn a_run_reads_like_this() {
        let (before, all) = run(&sample::heading(), provision(), &sample::ending(), Verbosity::Normal);
        assert_eq!(all, PROVISION);
        assert_eq!(before, PROVISION.split_once("outputs").unwrap().0, "steps are printed as they end");
    }

    #[test]
    fn a_later_step_that_ends_first_is_printed_second() {
        let events: Vec<Event> = provision().into_iter().take(9).collect();
        let (before, all) = run(&sample::heading(), events, &sample::ending(), Verbosity::Normal);
        assert_eq!(before, "provision -> development (account 0123...cdef)\n\n");
        assert!(all.find("\nkv ").unwrap() < all.find("\nr2 ").unwrap(), "{all}");
    }

    #[test]
    fn quiet_is_the_summary_alone() {
        let (before, all) = run(&sample::heading(), provision(), &sample::ending(), Verbosity::Quiet);
        assert_eq!(before, "");
        assert_eq!(all, format!("{}\n", PROVISION.lines().last().unwrap()));
    }

    #[test]
    fn a_plan_shows_no_id_it_made_up() {
        let heading = Heading { mode: Mode::Plan, ..sample::heading() };
        let mut bound = outcome(2, Action::Update, Status::Planned);
        bound.changes =
            vec![Change { field: "/bindings/KV".into(), from: json!(null), to: json!(sample::ID) }];
        let events = vec![
            started(1, 0, "kv", "OUTSIDE"),
            finished(1, Action::Create, Status::Planned),
            sample::step_started(1, "workers", 1),
            started(2, 1, "workers", "api"),
            Event::OpFinished(bound),
            sample::step_finished(1, StepStatus::Ok, 1250),
            Event::Output { key: "kv".into(), value: json!(sample::ID) },
        ];
        let (_, all) = run(&heading, events, &sample::ending(), Verbosity::Normal);
        assert_eq!(
            all,
            "\
plan of provision -> development (account 0123...cdef)

workers                                      1.2 s
  ~ api                           to update  bindings.KV: null -> (known after apply)
(outside every step)                         81 ms
  + kv OUTSIDE                    to create  (known after apply)
outputs
  kv = (known after apply)
1 to create, 1 to update in 812 ms (0 reads, 0 writes)
applying it takes 0 writes and 0 reads: 0.0 % of the 1200 requests allowed in 5 minutes
"
        );
    }

    #[test]
    fn no_secret_and_no_hostile_name_gets_through() {
        let events = vec![
            sample::step_started(1, &format!("::error::{CANARY}"), 1),
            started(1, 1, "kv", &format!("\u{202e}\n{CANARY}")),
            finished(1, Action::None, Status::Done),
            sample::step_finished(1, StepStatus::Ok, 1),
        ];
        let (_, all) = run(&sample::heading(), events, &sample::ending(), Verbosity::Normal);
        let block: Vec<&str> = all.lines().skip(2).take(2).collect();
        assert_eq!(
            block,
            ["\\u{3a}:error::[secret]                       1 ms", "  = unchanged: kv \\u{202e}\\n[secret]"]
        );
    }
}
