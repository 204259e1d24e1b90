//! Annotations: failures and warnings at their source lines.

use super::command::{error, warning};
use crate::events::{Finding, Problem, Site, Status};
use crate::report::document::{Op, Report};
use crate::report::failure_groups::alike;
use crate::report::failures::{is_told, place};
use crate::report::text_style::TextStyle;
use crate::system::{Root, files};
use std::path::Path;

/// The runner shows no more than ten of each in a step (GH-3).
const SHOWN_MAX: usize = 10;

pub(super) struct Annotation<'a> {
    is_error: bool,
    title: String,
    message: &'a str,
    /// How many others failed for the same reason.
    others: usize,
    hint: Option<&'a str>,
    at: Option<&'a Site>,
}

/// What went wrong, then what is odd; each failure once.
pub(super) fn of(report: &Report) -> Vec<Annotation<'_>> {
    let mut errors = Vec::new();
    for group in alike(report.ops().filter(|op| is_told(op))) {
        let op: &Op = group.first;
        if let Some(problem) = &op.error {
            let title = format!("{}::{} {}", op.service, op.op, op.resource);
            // The outcome of a write is told even if the script went on; what it caught is told nowhere.
            let at = Some(&op.at).filter(|_| op.status == Status::Unknown || !op.caught);
            let of_op = annotations(problem, &title, at);
            errors.extend(of_op.into_iter().map(|one| Annotation { others: group.others.len(), ..one }));
        }
    }
    if let Some(problem) = &report.error {
        let of_run = annotations(problem, &format!("larder: {}", problem.kind), None);
        errors.extend(of_run.into_iter().filter(|annotation| is_news(report, annotation.message)));
    }
    errors.truncate(SHOWN_MAX);
    let warnings = report.warnings.iter().take(SHOWN_MAX).map(|odd| Annotation {
        is_error: false,
        title: "larder".to_owned(),
        message: &odd.message,
        others: 0,
        hint: None,
        at: odd.at.as_ref(),
    });
    errors.into_iter().chain(warnings).collect()
}

/// What is wrong in files, before there was a report.
pub(super) fn of_files(found: &[Finding]) -> impl Iterator<Item = Annotation<'_>> {
    found.iter().take(SHOWN_MAX).map(|finding| Annotation {
        is_error: true,
        title: "larder".to_owned(),
        message: &finding.message,
        others: 0,
        hint: finding.hint.as_deref(),
        at: Some(&finding.at),
    })
}

/// Whether no op tells it: what ended the run is often the failure of an op, thrown through the script.
pub(super) fn is_news(report: &Report, message: &str) -> bool {
    let mut told = report.ops().filter(|op| is_told(op)).filter_map(|op| op.error.as_ref());
    !told.any(|error| {
        error.message == message || error.findings.iter().any(|finding| finding.message == message)
    })
}

/// One for each finding; for the problem itself if there is none.
fn annotations<'a>(problem: &'a Problem, title: &str, at: Option<&'a Site>) -> Vec<Annotation<'a>> {
    let annotation = |message: &'a str, hint: &'a Option<String>, at| Annotation {
        is_error: true,
        title: title.to_owned(),
        message,
        others: 0,
        hint: hint.as_deref(),
        at,
    };
    if problem.findings.is_empty() {
        return vec![annotation(&problem.message, &problem.hint, at)];
    }
    let of_finding = |finding: &'a Finding| annotation(&finding.message, &finding.hint, Some(&finding.at));
    problem.findings.iter().map(of_finding).collect()
}

impl Annotation<'_> {
    /// The command; a place that is no file of the workspace is told in the message.
    pub(super) fn command(&self, ink: &TextStyle, workspace: Option<&Path>, root: &Path) -> String {
        let mut message = ink.message(self.message);
        if self.others > 0 {
            message = format!("{message}\nthe same of {} more", self.others);
        }
        if let Some(hint) = self.hint {
            message = format!("{message}\nhint: {}", ink.message(hint));
        }
        let file = self.at.and_then(|at| in_workspace(at, workspace, root));
        if file.is_none()
            && let Some(at) = self.at.filter(|at| !at.file.is_empty())
        {
            message = format!("{message}\n--> {}", place(at, ink));
        }
        let number = |number: usize| if number == 0 { String::new() } else { number.to_string() };
        let known = self.at.filter(|_| file.is_some());
        let line = known.map(|at| number(at.line)).unwrap_or_default();
        let column = known.filter(|at| at.line > 0).map(|at| number(at.column)).unwrap_or_default();
        let title = ink.show(&self.title);
        let file = file.map(|file| ink.show(&file)).unwrap_or_default();
        let properties =
            [("file", file.as_str()), ("line", line.as_str()), ("col", column.as_str()), ("title", &title)];
        if self.is_error { error(&properties, &message) } else { warning(&properties, &message) }
    }
}

/// The file as seen from the workspace's folder, or the project's where there is none; recipes that are compiled in are not
/// there.
fn in_workspace(at: &Site, workspace: Option<&Path>, root: &Path) -> Option<String> {
    let root = Root::new(root).ok()?;
    let path = root.resolve(&at.file).ok().filter(|path| files::is_regular_file(path))?;
    let beneath = path.strip_prefix(workspace.unwrap_or(root.path())).ok()?;
    Some(beneath.to_string_lossy().replace('\\', "/"))
}
