//! GitHub Actions: masks for the log, annotations, outputs and the step summary.
//!
//! A run inside a job is noticed by `GITHUB_ACTIONS`. Commands to the runner go to standard error, which it reads as it
//! reads standard output, so that standard output carries data alone. What the runner reads from files (`GITHUB_OUTPUT`,
//! `GITHUB_STEP_SUMMARY`) is added with one write each. `GITHUB_ENV` and `GITHUB_PATH` are never written: what stands
//! there is run by later steps.
//!
//! **Invariant:** a secret's mask is printed before anything that could hold the secret.
//! **Invariant:** whatever names and values are, the runner reads exactly the commands, outputs and annotations that are
//! meant (GH-1, GH-2).

mod annotations;
mod command;
mod comment;
mod file_command;
mod markdown;
mod outputs;
mod summary;

use super::console::Console;
use super::document::Report;
use super::text_style::TextStyle;
use crate::events::{Finding, Problem};
use crate::secret::Redactor;
use crate::system::{Environment, files};
pub use comment::Comment;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use summary::Trigger;

/// The job that this process is a part of.
#[derive(Clone)]
pub struct GitHub {
    output: Option<PathBuf>,
    summary: Option<PathBuf>,
    workspace: Option<PathBuf>,
    trigger: Trigger,
}

/// What a report says beside itself.
pub struct ReportContext<'a> {
    /// The project's folder, which places in files are told from.
    pub root: &'a Path,
    /// The report files that were written.
    pub reports: &'a [PathBuf],
}

impl GitHub {
    /// The job, if this is one.
    pub fn detect(environment: &Environment) -> Option<GitHub> {
        if environment.get("GITHUB_ACTIONS") != Some("true") {
            return None;
        }
        let file = |key| environment.get(key).map(PathBuf::from);
        Some(GitHub {
            output: file("GITHUB_OUTPUT"),
            summary: file("GITHUB_STEP_SUMMARY"),
            workspace: file("GITHUB_WORKSPACE").and_then(|path| files::canonical(&path).ok()),
            trigger: Trigger::of(environment),
        })
    }

    /// Masks every secret in the log from the moment it is known.
    pub fn mask_all(console: &Arc<Console>, redactor: &Redactor) {
        let console = Arc::downgrade(console);
        redactor.tell(move |secret| {
            if let Some(console) = console.upgrade() {
                console.command(&command::masks(secret));
            }
        });
    }

    /// Shows an error that ended the command before there was a report.
    pub fn refuse(console: &Console, message: &str) {
        let ink = TextStyle::new(console.redactor());
        let message = anstream::adapter::strip_str(message).to_string();
        let lines: Vec<String> = message.lines().map(|line| ink.message(line)).collect();
        let line = lines.first().map_or("", |line| line.strip_prefix("error: ").unwrap_or(line));
        let rest = lines.iter().skip(1).fold(line.to_owned(), |text, line| text + "\n" + line.as_str());
        console.talk(&command::error(&[("title", "larder")], &rest));
    }

    /// Shows what is wrong in the project's files, each at its line; `false` if there is nothing to show.
    pub fn refuse_at(&self, console: &Console, found: &[Finding], root: &Path) -> bool {
        let ink = TextStyle::new(console.redactor());
        for annotation in annotations::of_files(found) {
            console.talk(&annotation.command(&ink, self.workspace.as_deref(), root));
        }
        !found.is_empty()
    }

    /// Annotates, and writes summary and outputs; `false` if a file could not be written, which was told.
    pub fn finish(&self, console: &Console, report: &Report, beside: &ReportContext) -> bool {
        let redactor = console.redactor();
        let ink = TextStyle::new(redactor).knowing(&report.steps);
        for annotation in annotations::of(report) {
            console.talk(&annotation.command(&ink, self.workspace.as_deref(), beside.root));
        }
        let (outputs, left_out) = outputs::of(report, beside.reports, redactor);
        for why in left_out {
            console.talk(&command::warning(&[("title", "larder: output left out")], &ink.message(&why)));
        }
        let summary = summary::render(report, &self.trigger, &ink);
        let told = [
            self.append("GITHUB_STEP_SUMMARY", self.summary.as_deref(), &summary, console),
            self.append("GITHUB_OUTPUT", self.output.as_deref(), &file_command::block(&outputs), console),
        ];
        let is_written = told.iter().all(|written| *written);
        if !is_written {
            // What the next step would have read is at least in the log.
            console.talk(&format!("ids: {}\n", outputs::ids(report, redactor)));
        }
        is_written
    }

    fn append(&self, name: &str, path: Option<&Path>, block: &str, console: &Console) -> bool {
        let Some(path) = path else { return true };
        match files::append_block(path, block) {
            Ok(()) => true,
            Err(error) => {
                let path = path.display();
                let message = format!("can't write to `{name}`, the file `{path}`: {error}");
                console.failure(&Problem::new("file", message));
                false
            }
        }
    }
}
