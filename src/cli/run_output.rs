//! The event sinks of one run: progress, text report, JSON, report files, GitHub.

use super::Stopped;
use super::command_context::CommandContext;
use super::diagnostics::draw_all;
use super::globals::Format;
use crate::events::{Finding, Problem, Recorder, Sink, Tee};
use crate::report::{
    Builder, Console, Exit, GitHub, Heading, LiveView, Ndjson, Plan, PlanBasis, Report, ReportContext,
    ReportFile, RunEnding, TextReport,
};
use crate::run::RecipeRun;
use crate::run::exit;
use crate::run::preflight::PreflightEnd;
use crate::run::problem::finding;
use crate::script::diagnostics::{Diagnostic, Sources};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The sinks of one run.
pub struct RunOutput {
    /// Where its events go.
    pub events: Arc<dyn Sink>,
    console: Arc<Console>,
    builder: Arc<Builder>,
    text: Option<Arc<TextReport>>,
    live: Arc<LiveView>,
    format: Format,
    reports: Vec<ReportFile>,
    /// What a report shows beside the document.
    recorder: Arc<Recorder>,
    github: Option<GitHub>,
    root: PathBuf,
    plan: Option<(PathBuf, PlanBasis)>,
    says_timing: bool,
    opened_for: Duration,
    begun: Instant,
}

impl RunOutput {
    /// Sets it up and prints the heading. Requests are timed by a clock that says `opened_for` now.
    pub fn set(shell: &CommandContext, heading: Heading, opened_for: Duration) -> Result<RunOutput, Stopped> {
        let format = shell.globals.format;
        let verbosity = shell.globals.verbosity();
        let live = Arc::new(LiveView::new(shell.console.clone(), verbosity));
        let builder = Arc::new(Builder::new(heading));
        let text = (format == Format::Text)
            .then(|| Arc::new(TextReport::begin(shell.console.clone(), builder.clone(), verbosity)));
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
        Ok(RunOutput {
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
    pub fn plan_to(&mut self, path: PathBuf, basis: PlanBasis) {
        self.plan = Some((path, basis));
    }

    /// Ends a run, which may not have begun: draws what went wrong, prints the report, writes the file.
    pub fn end(self, ended: &Result<RecipeRun, PreflightEnd>, count_differences: bool) -> Exit {
        let report = self.finish(exit::ending_of(ended, count_differences));
        match ended {
            Ok(performed) | Err(PreflightEnd::Stopped(performed)) => {
                self.draw(&report, &performed.ran.diagnostics, &performed.sources);
            }
            Err(PreflightEnd::Files(found)) => self.draw(&report, &found.diagnostics, &found.sources),
            Err(PreflightEnd::Refused(..) | PreflightEnd::Held(_)) => self.live.finish(&report, &[]),
        }
        self.save(report)
    }

    /// Shows what went wrong: in the text of the script where that is known.
    fn draw(&self, report: &Report, diagnostics: &[Diagnostic], sources: &Sources) {
        self.live.clear();
        draw_all(diagnostics, sources, &self.console);
        let drawn: Vec<Finding> = diagnostics.iter().map(finding).collect();
        self.live.finish(report, &drawn);
    }

    fn finish(&self, ending: RunEnding) -> Report {
        let ms = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let report = self.builder.finish(&RunEnding { ms, ..ending }, exit::of_report);
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
            let timing = TextReport::timing(&report, &events, self.opened_for, self.console.redactor());
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
            let beside = ReportContext { root: &self.root, reports: &saved };
            if !github.finish(&self.console, &report, &beside) {
                exit = exit::of_lost_report(exit, &report);
            }
        }
        exit
    }
}
