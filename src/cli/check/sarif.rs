//! The result of `check` as a SARIF 2.1.0 (OASIS) document, the format that code scanning reads.
//!
//! **Invariant:** every `uri` is relative to the repository, and every result names a rule of the run.

use super::document::word;
use crate::events::Site;
use crate::project::file::PROJECT_FILE;
use crate::run::Workspace;
use crate::run::check::{CheckFinding, CheckResult, extent, rule};
use crate::run::explain;
use crate::script::diagnostics::{CallPart, Diagnostic, Sources};
use crate::system::{Root, files, plain};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde_json::{Value as Json, json};
use std::path::Component;

/// What stays as it is in a segment of a path.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The document.
#[derive(Serialize)]
pub struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Json; 1],
}

impl Log {
    /// What came of a check.
    pub fn of(place: &Workspace, checked: &CheckResult) -> anyhow::Result<Self> {
        let folder = place.project_folder().unwrap_or_else(|| place.folder.clone());
        let root = place.repository(&folder)?;
        let mut rules: Vec<&str> = checked.findings.iter().map(|one| rule(&one.diagnostic)).collect();
        rules.sort_unstable();
        rules.dedup();
        let result = |finding: &CheckFinding| {
            let id = rule(&finding.diagnostic);
            let location = location(&root, finding);
            json!({
                "ruleId": id,
                "ruleIndex": rules.iter().position(|known| *known == id),
                "level": word(finding.diagnostic.severity),
                "message": { "text": message(&finding.diagnostic) },
                "locations": location.into_iter().collect::<Vec<_>>(),
            })
        };
        let results: Vec<Json> = checked.findings.iter().map(result).collect();
        let rules: Vec<Json> = rules
            .iter()
            .map(|id| json!({ "id": id, "shortDescription": { "text": explain::summary(id) } }))
            .collect();
        let driver = json!({ "name": "larder", "version": env!("CARGO_PKG_VERSION"), "rules": rules });
        let run = json!({
            "tool": { "driver": driver },
            "columnKind": "unicodeCodePoints",
            "results": results,
        });
        Ok(Log {
            schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
            version: "2.1.0",
            runs: [run],
        })
    }
}

fn message(found: &Diagnostic) -> String {
    let notes = found.notes.iter().map(|note| format!("note: {note}"));
    let helps = found.helps.iter().map(|help| format!("help: {help}"));
    std::iter::once(found.title.clone()).chain(notes).chain(helps).collect::<Vec<_>>().join("\n")
}

/// The place itself, or, where that is in a file that is compiled in, the nearest call of it in one of the repository; else
/// the project file, since what reads it shows nothing without a place.
fn location(root: &Root, CheckFinding { diagnostic, sources, .. }: &CheckFinding) -> Option<Json> {
    let whole = CallPart::default();
    let frames = diagnostic.frames.iter().map(|frame| (&frame.at, &whole));
    let mut places = std::iter::once((&diagnostic.at, &diagnostic.target)).chain(frames);
    let found = places.find_map(|(at, target)| {
        let mut physical = json!({ "artifactLocation": { "uri": uri(root, &at.file)? } });
        if let Some(region) = region(at, target, sources) {
            physical["region"] = region;
        }
        Some(json!({ "physicalLocation": physical }))
    });
    found.or_else(|| {
        let artifact = json!({ "uri": uri(root, PROJECT_FILE)? });
        Some(json!({ "physicalLocation": { "artifactLocation": artifact, "region": { "startLine": 1 } } }))
    })
}

/// Of a file that is there.
fn uri(root: &Root, file: &str) -> Option<String> {
    let path = plain(&root.path().join(file));
    let relative = path.strip_prefix(root.repository()).ok()?;
    if file.is_empty() || !files::is_regular_file(&path) {
        return None;
    }
    let segment =
        |part: Component| utf8_percent_encode(&part.as_os_str().to_string_lossy(), ESCAPED).to_string();
    Some(relative.components().map(segment).collect::<Vec<_>>().join("/"))
}

fn region(at: &Site, target: &CallPart, sources: &Sources) -> Option<Json> {
    let (begin, end) = extent(at, target, sources)?;
    Some(json!({
        "startLine": begin.line, "startColumn": begin.column.max(1),
        "endLine": end.line, "endColumn": end.column.max(1),
    }))
}
