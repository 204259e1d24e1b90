//! Where a run is told: the sinks that its events go to, and its end.

use super::Stopped;
use super::draw::draw_all;
use super::globals::Format;
use super::shell::Shell;
use crate::events::{Finding, Problem, Recorder, Sink, Tee};
use crate::op::Ground;
use crate::report::{
    Basis, Beside, Builder, Console, Ending, Exit, GitHub, Heading, Live, Ndjson, Plan, Report, ReportFile,
    Text,
};
use crate::run::Performed;
use crate::run::exit;
use crate::run::preflight::End;
use crate::run::problem::{finding, problem_of};
use crate::script::diagnostics::{Diagnostic, Sources};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The sinks of one run.
pub struct Stage {
    /// Where its events go.
    pub events: Arc<dyn Sink>,
    console: Arc<Console>,
    builder: Arc<Builder>,
    text: Option<Arc<Text>>,
    live: Arc<Live>,
    format: Format,
    reports: Vec<ReportFile>,
    /// What a report shows beside the document.
    recorder: Arc<Recorder>,
    github: Option<GitHub>,
    root: PathBuf,
    plan: Option<(PathBuf, Basis)>,
    says_timing: bool,
    opened_for: Duration,
    begun: Instant,
}

impl Stage {
    /// Sets it up and prints the heading. Requests are timed by a clock that says `opened_for` now.
    pub fn set(shell: &Shell, heading: Heading, opened_for: Duration) -> Result<Stage, Stopped> {
        let format = shell.globals.format;
        let verbosity = shell.globals.verbosity();
        let live = Arc::new(Live::new(shell.console.clone(), verbosity));
        let builder = Arc::new(Builder::new(heading));
        let text = (format == Format::Text)
            .then(|| Arc::new(Text::begin(shell.console.clone(), builder.clone(), verbosity)));
        let mut sinks: Vec<Arc<dyn Sink>> = vec![builder.clone()];
        sinks.extend(text.clone().map(|text| text as Arc<dyn Sink>));
        sinks.push(live.clone());
        let recorder = Arc::new(Recorder::default());
        if !shell.globals.reports.is_empty() || shell.globals.timing() {
            sinks.push(recorder.clone());
        }
        if format == Format::Ndjson {
            sinks.push(Arc::new(Ndjson::new(shell.console.clone())));
        }
        Ok(Stage {
            events: Arc::new(Tee(sinks)),
            console: shell.console.clone(),
            builder,
            text,
            live,
            format,
            reports: shell.globals.reports.iter().map(|file| file.below(&shell.folder)).collect(),
            recorder,
            github: shell.github.clone(),
            root: shell.root()?,
            plan: None,
            says_timing: shell.globals.timing(),
            opened_for,
            begun: Instant::now(),
        })
    }

    /// Writes the plan to a file at the end.
    pub fn plan_to(&mut self, path: PathBuf, basis: Basis) {
        self.plan = Some((path, basis));
    }

    /// Ends a run that may not begin.
    pub fn stop(self, end: End, count_differences: bool) -> Exit {
        match end {
            End::Files(found) => self.refuse_files(&found.diagnostics, &found.sources),
            End::Refused(problem, ground) => self.refuse(problem, ground),
            End::Held(problem) => self.hold(problem),
            End::Stopped(performed) => self.end(&performed, count_differences),
        }
    }

    /// Ends a run that was refused before it began.
    fn refuse(self, problem: Problem, ground: Ground) -> Exit {
        self.end_before(exit::ending_refused(Some(problem), ground, false))
    }

    /// Ends a run that knows what it would do and may not: the report contains what that is.
    fn hold(self, problem: Problem) -> Exit {
        self.end_before(exit::ending_refused(Some(problem), Ground::Account, true))
    }

    fn end_before(self, ending: Ending) -> Exit {
        let report = self.finish(ending);
        self.live.finish(&report, &[]);
        self.save(report)
    }

    /// Ends a run that was refused before it began for what is wrong in the project's files.
    fn refuse_files(self, diagnostics: &[Diagnostic], sources: &Sources) -> Exit {
        let problem =
            problem_of(diagnostics).map(|problem| Problem { kind: "project".to_owned(), ..problem });
        let report = self.finish(exit::ending_refused(problem, Ground::Config, false));
        self.draw(&report, diagnostics, sources);
        self.save(report)
    }

    /// Ends a run: draws what went wrong, prints the report, writes the file.
    pub fn end(self, performed: &Performed, count_differences: bool) -> Exit {
        let ran = &performed.ran;
        let error = match &performed.bug {
            Some(bug) => Some(Problem::new("bug", bug)),
            None => problem_of(&ran.diagnostics).filter(|_| performed.signal.is_none()),
        };
        let report = self.finish(exit::ending(performed, error, count_differences));
        self.draw(&report, &ran.diagnostics, &performed.sources);
        self.save(report)
    }

    /// Shows what went wrong: in the text of the script where that is known.
    fn draw(&self, report: &Report, diagnostics: &[Diagnostic], sources: &Sources) {
        self.live.clear();
        draw_all(diagnostics, sources, &self.console);
        let drawn: Vec<Finding> = diagnostics.iter().map(finding).collect();
        self.live.finish(report, &drawn);
    }

    fn finish(&self, ending: Ending) -> Report {
        let ms = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let report = self.builder.finish(&Ending { ms, ..ending }, exit::of_report);
        match (&self.text, self.format) {
            (Some(text), _) => text.finish(&report),
            (None, Format::Json) => self.console.document(&report),
            _ => {}
        }
        report
    }

    /// Says what could not be written.
    fn lost(&self, message: String) {
        self.console.failure(&Problem::new("file", message));
    }

    /// Writes `--report`, and what GitHub reads; either that can't be written, or a report that could not be printed,
    /// fails the run.
    fn save(&self, mut report: Report) -> Exit {
        if self.says_timing {
            let events = self.recorder.events();
            let timing = Text::timing(&report, &events, self.opened_for, self.console.redactor());
            self.console.talk(&timing);
        }
        let mut exit = exit::told_by(&report);
        if let Some((path, basis)) = &self.plan
            && let Err(error) = Plan::new(&report, basis.clone()).save(path, self.console.redactor())
        {
            self.lost(format!("can't write the plan `{}`: {error}", path.display()));
            exit = exit::of_lost_plan(exit);
        }
        if let Some(kind) = self.console.take_stdout_failure() {
            self.lost(format!("can't write to standard output: {kind}"));
            exit = exit::of_lost_report(exit, &report);
            report.exit = exit.code();
        }
        let (mut saved, events) = (Vec::new(), self.recorder.events());
        for file in &self.reports {
            match file.save(&report, &events, self.console.redactor()) {
                Ok(()) => saved.push(file.path.clone()),
                Err(error) => {
                    self.lost(format!("can't write the report `{}`: {error}", file.path.display()));
                    exit = exit::of_lost_report(exit, &report);
                }
            }
        }
        if let Some(github) = &self.github {
            report.exit = exit.code();
            let beside = Beside { root: &self.root, reports: &saved };
            if !github.finish(&self.console, &report, &beside) {
                exit = exit::of_lost_report(exit, &report);
            }
        }
        exit
    }
}
