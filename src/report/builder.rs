//! Builds a [`Report`] from events.
//!
//! **Invariant:** `changed` is never false when an op or an answered write says otherwise.

use super::document::{Heading, Op, Report, RunEnding, SCHEMA, Step, Summary};
use super::exit::Exit;
use super::tracker::Tracker;
use crate::events::{Event, Sink};
use parking_lot::Mutex;

/// Collects the events of a run for its report.
pub struct Builder {
    heading: Heading,
    tracker: Mutex<Tracker>,
}

impl Builder {
    /// Begins with what is known before the first event.
    pub fn new(heading: Heading) -> Self {
        Builder { heading, tracker: Mutex::default() }
    }

    /// What was known before the first event.
    pub(super) fn heading(&self) -> &Heading {
        &self.heading
    }

    /// The steps so far.
    pub fn so_far(&self) -> Vec<Step> {
        self.tracker.lock().steps()
    }

    /// The steps from `from` on that have ended, and before which none is still running.
    pub(super) fn settled(&self, from: usize) -> Vec<Step> {
        self.tracker.lock().settled(from)
    }

    /// The report of everything that was emitted so far. Ops that haven't ended are `unknown` if a write was sent for
    /// them, else `skipped`. `exit` decides how the run ends.
    pub fn finish(&self, ending: &RunEnding, exit: fn(&Report, &RunEnding) -> Exit) -> Report {
        let tracker = self.tracker.lock();
        let Heading { larder, run, mode, recipe, env, account, is_local, started_at } = self.heading.clone();
        let mut report = Report {
            schema: SCHEMA.to_owned(),
            larder,
            run,
            mode,
            recipe,
            env,
            account,
            is_local,
            started_at: format!("{started_at:.3}"),
            ms: ending.ms,
            exit: 0,
            changed: false,
            complete: ending.complete,
            error: ending.error.clone(),
            summary: Summary::default(),
            requests: tracker.requests(),
            warnings: tracker.warnings().to_vec(),
            steps: tracker.steps(),
            outputs: tracker.outputs().clone(),
        };
        report.summary = Summary::of(report.ops());
        // An op that failed may have written before it did: the third of five migrations, say.
        report.changed = tracker.has_written() || report.ops().any(Op::has_changed);
        report.exit = exit(&report, ending).code();
        report
    }
}

impl Sink for Builder {
    fn emit(&self, event: Event) {
        self.tracker.lock().take(event);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::{Action, Status, StepStatus};
    use crate::report::exit::Signal;
    use crate::report::sample::{self, finished, started};
    use crate::report::to_line;
    use crate::run::exit::of_report;
    use crate::secret::Redactor;

    fn build(events: Vec<Event>, ending: &RunEnding) -> Report {
        let builder = Builder::new(sample::heading());
        for event in events {
            builder.emit(event);
        }
        builder.finish(ending, of_report)
    }

    #[test]
    fn one_op_gives_exactly_the_published_document() {
        let report = build(
            vec![
                sample::step_started(1, "kv", 1),
                started(1, 1, "kv", "SESSIONS"),
                Event::WriteSent { op: 1 },
                sample::request(Some(1), "POST", Some(200)),
                finished(1, Action::Create, Status::Done),
                sample::step_finished(1, StepStatus::Ok, 84),
                Event::Warning { message: "odd".into(), at: None },
                Event::Output { key: "id".into(), value: "x".into() },
            ],
            &sample::ending(),
        );
        let expected = concat!(
            r#"{"schema":"larder.report/1","larder":"0.1.0","run":"01J0","mode":"apply","recipe":"provision","#,
            r#""env":"development","account":"0123456789abcdef0123456789abcdef","#,
            r#""started_at":"2026-01-01T00:00:00.000Z","ms":812,"exit":0,"changed":true,"complete":true,"#,
            r#""error":null,"summary":{"create":1,"update":0,"delete":0,"apply":0,"write":0,"none":0,"#,
            r#""conflict":0,"failed":0,"unknown":0,"skipped":0},"#,
            r#""requests":{"reads":0,"writes":1,"retries":0},"#,
            r#""warnings":[{"message":"odd","at":null}],"#,
            r#""steps":[{"name":"kv","group":1,"status":"ok","ms":84,"ops":[{"service":"kv","op":"ensure","#,
            r#""kind":"KvNamespace","logical":"SESSIONS","resource":"SESSIONS","jurisdiction":null,"#,
            r#""shared":false,"holds":null,"subject":null,"action":"create","status":"done","evidence":"response","#,
            r#""id":"0f2ac74b498b48028cb68387c421e279","changes":[],"migrations":[],"bookmark":null,"#,
            r#""error":null,"caught":false,"at":{"file":"std/provision","line":6,"column":42},"ms":81,"attempts":1}]}],"#,
            r#""outputs":{"id":"x"}}"#,
        );
        assert_eq!(to_line(&report, &Redactor::default()), expected);
    }

    #[test]
    fn a_run_killed_while_a_write_is_in_flight_is_unknown_and_changed() {
        let interrupted =
            RunEnding { interrupted: Some(Signal::Interrupt), complete: false, ..sample::ending() };
        let mut events = vec![started(1, 0, "kv", "A"), started(2, 0, "kv", "B")];
        let report = build(events.clone(), &interrupted);
        assert_eq!((report.exit, report.changed, report.summary.skipped), (130, false, 2));
        events.push(Event::WriteSent { op: 2 });
        let report = build(events, &interrupted);
        assert_eq!((report.exit, report.changed), (5, true));
        assert_eq!((report.summary.skipped, report.summary.unknown), (1, 1));
    }

    #[test]
    fn an_op_that_failed_after_a_write_of_its_own_has_changed_the_account() {
        let events = |answer| {
            vec![
                started(1, 0, "d1", "db"),
                sample::request(Some(1), "POST", Some(answer)),
                finished(1, Action::Apply, Status::Failed),
            ]
        };
        let report = build(events(200), &sample::ending());
        assert_eq!((report.exit, report.changed), (4, true));
        let report = build(events(400), &sample::ending());
        assert_eq!((report.exit, report.changed), (1, false));
    }

    #[test]
    fn caught_failures_stay_in_the_report() {
        let events = vec![
            started(1, 0, "kv", "A"),
            finished(1, Action::Create, Status::Failed),
            Event::OpCaught { id: 1 },
        ];
        let report = build(events, &sample::ending());
        assert_eq!((report.exit, report.summary.failed), (0, 1));
        assert!(report.steps[0].ops[0].caught);
        assert_eq!(report.steps[0].status, StepStatus::Ok);
    }

    #[test]
    fn a_report_without_any_event_is_one() {
        let usage = RunEnding { exit: Exit::Usage, complete: false, ..sample::ending() };
        let report = build(Vec::new(), &usage);
        assert_eq!((report.exit, report.changed, report.steps.len()), (2, false, 0));
    }
}
