//! `test`: runs each test of a project on its own local account in this process.
//!
//! **Invariant:** nothing but these accounts is reached, whatever flags and variables there are: a test is handed an account,
//! and never opens one.
//! **Invariant:** no file is written but the snapshots, and those only where it is asked for.

mod bench;
mod case;
mod files;
mod pool;
mod report;
mod snapshots;

pub use case::{Case, CaseRun};
pub use files::{TestFile, below, names, room};

use super::Workspace;
use super::interrupt::Interrupt;
use crate::http::Stop;
use crate::report::Signal;
use crate::script::diagnostics::{Diagnostic, Severity, Sources};
use crate::script::testing::Test;
use case::TestContext;
use files::ChosenTests;
use snapshots::Snapshots;
use std::sync::Arc;
use std::time::Duration;

/// What becomes of snapshots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Update {
    /// They are compared with.
    Keep,
    /// They are written as they are now.
    Write,
}

/// The results of all files.
pub struct TestResults {
    /// In order.
    pub files: Vec<FileResult>,
    /// How long it took.
    pub took: Duration,
    /// The signal that ended it.
    pub signal: Option<Signal>,
}

/// The result of one file.
pub struct FileResult {
    /// Below the project's folder.
    pub name: String,
    /// What is wrong with it, so that none of its tests was run.
    pub wrong: Vec<Diagnostic>,
    /// The texts that this quotes.
    pub sources: Sources,
    /// Its tests, in its order.
    pub cases: Vec<Case>,
    /// What became of its snapshots, in words.
    pub snapshots: Vec<String>,
}

impl FileResult {
    /// Whether it can't be run.
    pub fn is_broken(&self) -> bool {
        self.wrong.iter().any(|found| found.severity == Severity::Error)
    }
}

impl TestResults {
    /// Every test that was run.
    pub fn cases(&self) -> impl Iterator<Item = &Case> {
        self.files.iter().flat_map(|file| &file.cases)
    }

    pub fn is_passed(&self) -> bool {
        self.files.iter().all(|file| !file.is_broken()) && self.cases().all(Case::is_passed)
    }

    /// Whether Larder itself failed.
    pub fn has_bug(&self) -> bool {
        self.cases().any(|case| case.bug.is_some())
    }
}

/// Runs those that are asked for, by file or by a part of their name, or all.
pub fn test(
    place: &Workspace,
    asked: &[String],
    update: Update,
    interrupt: &Interrupt,
) -> anyhow::Result<TestResults> {
    let watch = crate::system::Stopwatch::start();
    let root = place.root()?;
    let stop = Stop::default();
    interrupt.listen(&stop);
    let ChosenTests { files, is_whole } = files::chosen(place, &root, asked)?;
    let snapshots: Vec<Arc<Snapshots>> = files
        .iter()
        .map(|file| Snapshots::open(&root, &file.name, update).map(Arc::new))
        .collect::<anyhow::Result<_>>()?;
    let ground = TestContext { place, root: &root, interrupt, stop: &stop };
    let wanted: Vec<(&TestFile, &Test, &Arc<Snapshots>)> = files
        .iter()
        .zip(&snapshots)
        .flat_map(|(file, kept)| file.tests.iter().map(move |test| (file, test, kept)))
        .collect();
    let mut cases = pool::each(&wanted, |(file, test, kept)| ground.run(file, test, kept)).into_iter();
    let mut tested = Vec::new();
    for (file, kept) in files.into_iter().zip(snapshots) {
        let cases: Vec<Case> = cases.by_ref().take(file.tests.len()).collect();
        let is_over = is_whole && cases.iter().all(Case::is_passed) && interrupt.signal().is_none();
        let snapshots =
            kept.close(if is_over { snapshots::Unused::Known } else { snapshots::Unused::Unknown })?;
        let TestFile { name, wrong, sources, .. } = file;
        tested.push(FileResult { name, wrong, sources, cases, snapshots });
    }
    Ok(TestResults { files: tested, took: watch.elapsed(), signal: interrupt.signal() })
}
