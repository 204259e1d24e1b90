//! A finding of `check`, reported once, with the environments in which it was found.

use crate::events::Site;
use crate::script::diagnostics::{CallPart, Diagnostic, DiagnosticKind, Severity, Sources, span};

pub struct CheckFinding {
    /// What is wrong, and where; without a file where it is of the project as a whole.
    pub diagnostic: Diagnostic,
    /// The texts to show it in.
    pub sources: Sources,
    /// The environments in which it was found; none where it is in a file, whatever the environment.
    pub environments: Vec<String>,
}

impl CheckFinding {
    /// Without the text that it stands in.
    pub fn alone(diagnostic: Diagnostic) -> Self {
        CheckFinding::of(diagnostic, &Sources::default())
    }

    /// In a file, whatever the environment.
    pub(super) fn of(diagnostic: Diagnostic, sources: &Sources) -> Self {
        CheckFinding { diagnostic, sources: sources.clone(), environments: Vec::new() }
    }

    /// Where exactly it begins and ends in the text of its file; none where it is of a file, or the project, as a whole.
    pub fn extent(&self) -> Option<(Site, Site)> {
        extent(&self.diagnostic.at, &self.diagnostic.target, &self.sources)
    }

    fn is_same(&self, other: &CheckFinding) -> bool {
        let shown = |found: &Diagnostic| (found.at.clone(), found.title.clone());
        shown(&self.diagnostic) == shown(&other.diagnostic)
    }
}

#[derive(Default)]
pub struct CheckFindings(Vec<CheckFinding>);

impl CheckFindings {
    /// In the order of looking.
    pub fn iter(&self) -> impl Iterator<Item = &CheckFinding> {
        self.0.iter()
    }

    /// All of them, for somebody who keeps them.
    pub(super) fn into_list(self) -> Vec<CheckFinding> {
        self.0
    }

    /// How many there are of that severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.0.iter().filter(|finding| finding.diagnostic.severity == severity).count()
    }

    /// How many of them lints have found.
    pub fn lints(&self) -> usize {
        self.0.iter().filter(|finding| finding.diagnostic.lint.is_some()).count()
    }

    /// Adds what is not there yet; of what is, the environments.
    pub(super) fn add_all(&mut self, found: impl IntoIterator<Item = CheckFinding>) {
        for finding in found {
            match self.0.iter_mut().find(|known| known.is_same(&finding)) {
                None => self.0.push(finding),
                // What is wrong in a file is so in every environment.
                Some(known) if known.environments.is_empty() => {
                    // What was only likely has happened.
                    let severity = &mut known.diagnostic.severity;
                    *severity = finding.diagnostic.severity.min(*severity);
                }
                Some(known) => known.environments.extend(finding.environments),
            }
        }
    }

    /// Notes the environments of what was found in some of `count` only.
    pub(super) fn say_where(&mut self, count: usize) {
        for finding in &mut self.0 {
            let names: Vec<String> = finding.environments.iter().map(|name| format!("`{name}`")).collect();
            if !names.is_empty() && names.len() < count {
                finding.diagnostic.notes.push(format!("in {}", names.join(", ")));
            }
        }
    }
}

/// Where a part of a call begins and ends.
pub fn extent(at: &Site, target: &CallPart, sources: &Sources) -> Option<(Site, Site)> {
    if at.line == 0 {
        return None;
    }
    let Some(text) = sources.get(&at.file) else { return Some((at.clone(), at.clone())) };
    let span = span(&text, at, target);
    Some((place(&at.file, &text, span.start), place(&at.file, &text, span.end)))
}

/// The place of a byte.
fn place(file: &str, text: &str, byte: usize) -> Site {
    let before = text.get(..byte).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or_default();
    Site { file: file.to_owned(), line: before.matches('\n').count() + 1, column: line.chars().count() + 1 }
}

/// The rule of a finding that is a bug in Larder.
pub const BUG: &str = "bug";

/// The rule that a finding breaks: a code of `explain`.
pub fn rule(diagnostic: &Diagnostic) -> &str {
    if let Some(lint) = diagnostic.lint {
        return lint;
    }
    if let Some(cause) = &diagnostic.cause {
        return &cause.kind;
    }
    rule_of(diagnostic.kind)
}

/// The same of what no function of the host has failed with.
fn rule_of(kind: DiagnosticKind) -> &'static str {
    match kind {
        DiagnosticKind::Syntax => "syntax",
        DiagnosticKind::Name => "unknown-name",
        DiagnosticKind::Arguments => "arguments",
        DiagnosticKind::Value => "value",
        DiagnosticKind::Import => "import",
        DiagnosticKind::Limit => "limit",
        DiagnosticKind::Cancelled => "interrupted",
        DiagnosticKind::Thrown => "thrown",
        DiagnosticKind::Host => "failed",
    }
}
