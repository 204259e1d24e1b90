//! Report files: the extension decides the format.

use super::document::Report;
use super::json::{to_line, to_pretty};
use super::suites::Suite;
use super::{html, junit, suites};
use crate::events::Event;
use crate::secret::Redactor;
use crate::system::files;
use serde::Serialize;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What a report file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ReportFormat {
    Json,
    Ndjson,
    Junit,
    Html,
}

/// A report that is written to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportFile {
    pub path: PathBuf,
    kind: ReportFormat,
}

impl ReportFile {
    /// A file, by the ending of its name.
    pub fn parse(name: &str) -> Result<ReportFile, String> {
        let path = PathBuf::from(name);
        let kind = match path.extension().and_then(|ending| ending.to_str()) {
            Some("json") => ReportFormat::Json,
            Some("ndjson") => ReportFormat::Ndjson,
            Some("xml") => ReportFormat::Junit,
            Some("html") => ReportFormat::Html,
            _ => return Err("the name of a report ends in `.json`, `.ndjson`, `.xml` or `.html`".to_owned()),
        };
        Ok(ReportFile { path, kind })
    }

    /// The same file, seen from a folder.
    pub fn below(&self, folder: &Path) -> ReportFile {
        ReportFile { path: folder.join(&self.path), kind: self.kind }
    }

    /// Whether tests can be told in such a file.
    pub fn is_of_tests(&self) -> bool {
        matches!(self.kind, ReportFormat::Json | ReportFormat::Junit)
    }

    /// Writes what came of tests: the document, or its suites; whole or not at all, with every secret masked.
    pub fn save_tests(
        &self,
        document: &impl Serialize,
        (suites, took): (&[Suite], Duration),
        redactor: &Redactor,
    ) -> io::Result<()> {
        let text = match self.kind {
            ReportFormat::Json => to_pretty(document, redactor),
            _ => suites::render(suites, took, redactor),
        };
        files::write_whole(&self.path, text.as_bytes())
    }

    /// Writes it, whole or not at all, with every secret masked.
    pub fn save(&self, report: &Report, events: &[Event], redactor: &Redactor) -> io::Result<()> {
        let text = match self.kind {
            ReportFormat::Json => to_pretty(report, redactor),
            ReportFormat::Ndjson => events.iter().map(|event| to_line(event, redactor) + "\n").collect(),
            ReportFormat::Junit => junit::render(report, redactor),
            ReportFormat::Html => html::render(report, events, redactor),
        };
        files::write_whole(&self.path, text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;
    use crate::secret::Secret;

    #[test]
    fn the_ending_says_what_is_written() {
        let kind = |name: &str| ReportFile::parse(name).map(|file| file.kind);
        assert_eq!(kind("a/b.json"), Ok(ReportFormat::Json));
        assert_eq!(kind("b.ndjson"), Ok(ReportFormat::Ndjson));
        assert_eq!(kind("b.xml"), Ok(ReportFormat::Junit));
        assert_eq!(kind("b.html"), Ok(ReportFormat::Html));
        for name in ["", "b", ".json", "b.txt", "b.JSON"] {
            assert!(kind(name).is_err(), "{name}");
        }
    }

    #[test]
    fn no_file_holds_a_secret_and_each_replaces_the_old_one_whole() {
        let folder = tempfile::tempdir().unwrap();
        let redactor = Redactor::default();
        redactor.register(&Secret::new("SESSIONS".into()));
        let events = [sample::started(1, 1, "kv", "SESSIONS"), sample::request(Some(1), "POST", Some(200))];
        for (name, end) in
            [("a.json", "}\n"), ("a.ndjson", "}\n"), ("a.xml", "</testsuites>\n"), ("a.html", "</html>\n")]
        {
            let file = ReportFile::parse(name).unwrap().below(folder.path());
            file.save(&sample::report(), &events, &redactor).unwrap();
            file.save(&sample::report(), &events, &redactor).unwrap();
            let text = files::read_text(&file.path, 1 << 20).unwrap();
            assert!(!text.contains("SESSIONS") && text.contains("[secret]"), "{text}");
            assert!(text.ends_with(end), "{text}");
        }
    }
}
