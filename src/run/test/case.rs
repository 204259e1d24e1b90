//! Runs one test on its own account.

use super::bench::AccountBench;
use super::files::TestFile;
use super::snapshots::Snapshots;
use crate::events::Site;
use crate::events::{Event, Problem, Recorder};
use crate::http::Stop;
use crate::op::Mode;
use crate::run::interrupt::Interrupt;
use crate::run::{Session, Workspace};
use crate::script::diagnostics::{Diagnostic, DiagnosticKind, Sources};
use crate::script::engine::{self, run_on_big_stack};
use crate::script::host::Bound;
use crate::script::run::ScriptRuntime;
use crate::script::testing::{self, Bench, Test};
use crate::system::Stopwatch;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// The result of one test.
pub struct Case {
    /// The name of its function.
    pub name: String,
    pub ran: CaseRun,
    /// A bug in Larder.
    pub bug: Option<String>,
    /// How long it took.
    pub took: Duration,
}

/// How a test went.
#[derive(Default)]
pub struct CaseRun {
    /// Why it failed; none where it passed.
    pub wrong: Vec<Diagnostic>,
    /// The texts that this quotes.
    pub sources: Sources,
    /// The output of the test by `print` and `log`.
    pub said: Vec<String>,
}

impl Case {
    pub fn is_passed(&self) -> bool {
        self.ran.wrong.is_empty() && self.bug.is_none()
    }
}

/// What all tests share.
pub(super) struct TestContext<'a> {
    pub(super) place: &'a Workspace,
    pub(super) root: &'a Path,
    pub(super) interrupt: &'a Interrupt,
    pub(super) stop: &'a Stop,
}

impl TestContext<'_> {
    /// Runs one; what can't even begin has failed.
    pub(super) fn run(&self, file: &TestFile, test: &Test, snapshots: &Arc<Snapshots>) -> Case {
        let watch = Stopwatch::start();
        let case = |ran, bug| Case { name: test.name.clone(), ran, bug, took: watch.elapsed() };
        if self.interrupt.signal().is_some() {
            return case(CaseRun { wrong: vec![not_begun(file)], ..CaseRun::default() }, None);
        }
        match self.call(file, test, snapshots) {
            Ok(Ok(ran)) => case(ran, None),
            Ok(Err(panic)) => case(CaseRun::default(), Some(panic)),
            Err(error) => {
                let at = Site { file: file.name.clone(), line: 0, column: 0 };
                let wrong = Diagnostic::error(DiagnosticKind::Host, at, format!("{error:#}"));
                case(CaseRun { wrong: vec![wrong], ..CaseRun::default() }, None)
            }
        }
    }

    fn call(
        &self,
        file: &TestFile,
        test: &Test,
        snapshots: &Arc<Snapshots>,
    ) -> anyhow::Result<Result<CaseRun, String>> {
        let table =
            AccountBench::new(self.place, self.root, (self.interrupt, self.stop), &test.name, snapshots)?;
        let table = Arc::new(table);
        let session =
            Session { place: table.place(), selected: None, root: self.root, target: table.target()? };
        let heard = Arc::new(Recorder::default());
        let context = session.context(Mode::Apply, heard.clone(), table.info(&session))?;
        let setting = session.setting(context, Bound::default());
        let sources = setting.sources.clone();
        let bench: Arc<dyn Bench> = table.clone();
        let ran = run_on_big_stack(|| {
            let mut room = ScriptRuntime::new(setting, &file.name);
            testing::install(&mut room, &bench);
            self.interrupt.watch(&room.host.meter);
            match engine::compile(&room.engine, &file.name, &file.text, &room.sources, &room.known) {
                Ok(ast) => room.call(&ast, &test.name).diagnostics,
                Err(wrong) => vec![*wrong],
            }
        });
        let mut wrong = match ran {
            Ok(wrong) => wrong,
            Err(panic) => return Ok(Err(panic.to_string())),
        };
        // A cap has no place of its own in a function that the host calls.
        for found in wrong.iter_mut().filter(|found| found.at.line == 0 && found.at.file == file.name) {
            found.at = test.at.clone();
        }
        if let Some(first) = wrong.first_mut() {
            first.notes.extend(table.failed_runs());
        }
        let said = |event: Event| match event {
            Event::Log { message } => Some(message),
            Event::Warning { message, .. } => Some(format!("warning: {message}")),
            _ => None,
        };
        let said = heard.take().into_iter().filter_map(said).collect();
        Ok(Ok(CaseRun { wrong, sources, said }))
    }
}

fn not_begun(file: &TestFile) -> Diagnostic {
    let at = Site { file: file.name.clone(), line: 0, column: 0 };
    Diagnostic::error(DiagnosticKind::Cancelled, at, "interrupted before it began")
        .because(Problem::new("interrupted", "interrupted before it began"))
}
