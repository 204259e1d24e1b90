//! Converts findings to diagnostics of the protocol.

use super::documents::{Document, Documents, Language};
use super::lines::{Lines, Units};
use super::projects::Project;
use crate::events::Site;
use crate::project::file::PROJECT_FILE_BYTES_MAX;
use crate::run::check::{CheckFinding, rule, while_editing};
use crate::run::workspace::RECIPE_BYTES_MAX;
use crate::script::check::Lint;
use crate::script::diagnostics::{CallPart, Diagnostic as Found, DiagnosticKind, Severity, Sources, span};
use crate::script::run::Recipe;
use lsp_types::{
    Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, DiagnosticTag, Location, NumberOrString,
    Range, Uri,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What a look at one text has found.
#[derive(Default)]
pub(super) struct TextFindings {
    /// By file, as the client calls it; the text itself is always among them.
    pub(super) by_file: BTreeMap<String, Vec<Diagnostic>>,
    /// The names of the files that it rests on.
    pub(super) rests_on: BTreeSet<String>,
}

/// So many findings are shown of one text.
const SHOWN_MAX: usize = 100;

/// Looks at a text.
pub(super) fn of(
    document: &Document,
    documents: &Documents,
    project: &Project,
    units: Units,
) -> TextFindings {
    let mut findings = found(document, project);
    // Errors first: nobody reads more than that, and each is looked for in its text.
    findings.sort_by_key(|finding| finding.diagnostic.severity);
    let more = findings.len().saturating_sub(SHOWN_MAX);
    findings.truncate(SHOWN_MAX);
    if more > 0 {
        findings.push(CheckFinding::alone(and_more(project.name_of(document), more)));
    }
    let mut seen = TextFindings::default();
    seen.by_file.insert(document.uri.as_str().to_owned(), Vec::new());
    for finding in &findings {
        seen.rests_on.insert(finding.diagnostic.at.file.clone());
        seen.rests_on.extend(finding.sources.all().into_iter().map(|(name, _)| name));
        let places = FindingLocator { document, documents, project, units, sources: &finding.sources };
        let (location, diagnostic) = places.diagnostic(&finding.diagnostic);
        let of_file = seen.by_file.entry(location.as_str().to_owned()).or_default();
        if !of_file.contains(&diagnostic) {
            of_file.push(diagnostic);
        }
    }
    if let Some(room) =
        project.room(&project.name_of(document)).filter(|_| document.language == Language::Recipe)
    {
        seen.rests_on.extend(room.sources.all().into_iter().map(|(name, _)| name));
    }
    seen
}

/// At the first line, that there is more.
fn and_more(name: String, count: usize) -> Found {
    let at = Site { file: name, line: 1, column: 1 };
    let title = format!("{count} more findings are not shown here; `larder check` prints all");
    Found::error(DiagnosticKind::Limit, at, title).as_note()
}

/// The most bytes that a text may have, and what it is.
fn limit(language: Language) -> (u64, &'static str) {
    match language {
        Language::Recipe => (RECIPE_BYTES_MAX, "a recipe"),
        Language::Project => (PROJECT_FILE_BYTES_MAX, "a project file"),
    }
}

/// Whether a text is larger than one of its kind may be.
pub(super) fn is_too_large(document: &Document) -> bool {
    document.text.len() as u64 > limit(document.language).0
}

fn found(document: &Document, project: &Project) -> Vec<CheckFinding> {
    if is_too_large(document) {
        let (bytes_max, what) = limit(document.language);
        let at = Site { file: project.name_of(document), line: 1, column: 1 };
        let title = format!("this text is larger than {what} may be: {} KiB", bytes_max / 1024);
        return vec![CheckFinding::alone(Found::error(DiagnosticKind::Limit, at, title))];
    }
    match document.language {
        Language::Project => while_editing::in_project(&project.place),
        Language::Recipe => {
            let recipe = Recipe { name: project.name_of(document), text: document.text.to_string() };
            let room = project.room(&recipe.name);
            room.map(|room| while_editing::in_recipe(room, &recipe, project.declared())).unwrap_or_default()
        }
    }
}

/// What places in findings are places of.
struct FindingLocator<'a> {
    document: &'a Document,
    documents: &'a Documents,
    project: &'a Project,
    units: Units,
    sources: &'a Sources,
}

impl FindingLocator<'_> {
    /// Where a finding stands, and what it says.
    fn diagnostic(&self, found: &Found) -> (Uri, Diagnostic) {
        let whole = CallPart::default();
        let frames = found.frames.iter().map(|frame| (&frame.at, &whole));
        let mut places = std::iter::once((&found.at, &found.target)).chain(frames);
        // In a file that is compiled in, the nearest call of it that can be shown.
        let location = places.find_map(|(at, target)| self.location(at, target));
        let location = location.unwrap_or_else(|| Location::new(self.document.uri.clone(), Range::default()));
        let related = found.frames.iter().filter_map(|frame| {
            let location = self.location(&frame.at, &whole)?;
            Some(DiagnosticRelatedInformation { location, message: frame.what.clone() })
        });
        let related: Vec<_> = related.filter(|one| one.location != location).collect();
        let diagnostic = Diagnostic {
            range: location.range,
            severity: Some(severity(found.severity)),
            code: Some(NumberOrString::String(rule(found).to_owned())),
            source: Some("larder".to_owned()),
            message: message(found),
            related_information: Some(related).filter(|related| !related.is_empty()),
            tags: is_faded(found).then(|| vec![DiagnosticTag::UNNECESSARY]),
            ..Diagnostic::default()
        };
        (location.uri, diagnostic)
    }

    fn location(&self, at: &Site, target: &CallPart) -> Option<Location> {
        if at.file.is_empty() {
            return None;
        }
        if at.file == self.project.name_of(self.document) {
            let range = self.range(&self.document.text, at, target);
            return Some(Location::new(self.document.uri.clone(), range));
        }
        let path = self.project.path_of(&at.file)?;
        let uri = self.documents.uri_of(&path)?;
        let text: Option<Arc<str>> = self.sources.get(&at.file);
        let range = text.map(|text| self.range(&text, at, target)).unwrap_or_default();
        Some(Location::new(uri, range))
    }

    /// Places of findings do not count a byte-order mark.
    fn range(&self, text: &str, at: &Site, target: &CallPart) -> Range {
        let plain = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mark = text.len() - plain.len();
        let bytes = span(plain, at, target);
        Lines::of(text, self.units).range(bytes.start + mark..bytes.end + mark)
    }
}

fn severity(severity: Severity) -> DiagnosticSeverity {
    match severity {
        Severity::Error => DiagnosticSeverity::ERROR,
        Severity::Warning => DiagnosticSeverity::WARNING,
        Severity::Note => DiagnosticSeverity::INFORMATION,
    }
}

/// All that `check` prints of it beside the text.
fn message(found: &Found) -> String {
    let label = Some(&found.label).filter(|label| !label.is_empty() && !found.helps.contains(label));
    let notes = found.notes.iter().map(|note| format!("note: {note}"));
    let helps = found.helps.iter().map(|help| format!("help: {help}"));
    let lines = std::iter::once(found.title.clone()).chain(label.cloned()).chain(notes).chain(helps);
    lines.collect::<Vec<_>>().join("\n")
}

/// What is there for nothing is shown so.
fn is_faded(found: &Found) -> bool {
    [Lint::Unused, Lint::Unreachable].iter().any(|lint| found.lint == Some(lint.name()))
}
