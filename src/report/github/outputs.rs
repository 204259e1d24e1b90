//! The outputs of a step: ids, how the run ended, and each `output(..)` of the recipe.

use super::file_command::is_name;
use crate::events::{Action, Status};
use crate::report::document::{Op, Report, Step};
use crate::report::json::to_line;
use crate::secret::Redactor;
use serde_json::{Map, Value as Json};
use std::path::{Path, PathBuf};

/// GitHub's limit for the outputs of a job (GH-4).
const BYTES_MAX: usize = 1 << 20;

/// The name of the output that has every `output(..)`.
const ALL: &str = "outputs";

/// Every output, Larder's own first; with them, why others are left out.
pub(super) fn of(
    report: &Report,
    reports: &[PathBuf],
    redactor: &Redactor,
) -> (Vec<(String, String)>, Vec<String>) {
    let clean = |text: &Option<String>| redactor.redact(text.as_deref().unwrap_or_default()).into_owned();
    let paths: Vec<String> = reports.iter().map(|path| shown(path)).collect();
    let own = [
        ("ids", ids(report, redactor)),
        ("changed", report.changed.to_string()),
        ("complete", report.complete.to_string()),
        ("exit", report.exit.to_string()),
        ("environment", clean(&report.env)),
        ("recipe", clean(&report.recipe)),
        ("run", report.run.clone()),
        ("report", redactor.redact(&paths.join("\n")).into_owned()),
    ];
    let mut outputs: Vec<(String, String)> = own.map(|(name, value)| (name.to_owned(), value)).into();
    let mut left_out = Vec::new();
    let mut bytes: usize = outputs.iter().map(|(name, value)| name.len() + value.len()).sum();
    let all = (ALL.to_owned(), to_line(&report.outputs, redactor));
    let each = report.outputs.iter().map(|(key, value)| match value {
        Json::String(text) => (key.clone(), redactor.redact(text).into_owned()),
        other => (key.clone(), to_line(other, redactor)),
    });
    for (index, (key, value)) in std::iter::once(all).chain(each).enumerate() {
        // Names are compared as the runner does, without case (GH-4).
        let why = if !is_name(&key) {
            Some("it is no name that GitHub takes")
        } else if outputs.iter().any(|(name, _)| name.eq_ignore_ascii_case(&key))
            || (index > 0 && key.eq_ignore_ascii_case(ALL))
        {
            Some("there is another of that name")
        } else if bytes + key.len() + value.len() > BYTES_MAX {
            Some("all outputs together would be larger than 1 MiB")
        } else {
            None
        };
        if let Some(why) = why {
            left_out.push(format!("the output `{key}` is only in the report: {why}"));
        } else {
            bytes += key.len() + value.len();
            outputs.push((key, value));
        }
    }
    (outputs, left_out)
}

/// The ids of all that the recipe made sure of, by service and logical name, as one line of JSON.
pub(super) fn ids(report: &Report, redactor: &Redactor) -> String {
    let mut services = Map::new();
    let calls = report.steps.iter().flat_map(Step::calls);
    for op in calls.filter(|op| has_id(op)) {
        let mut name = op.logical.clone().unwrap_or_else(|| op.resource.clone());
        if let Some(jurisdiction) = &op.jurisdiction {
            name = format!("{jurisdiction}/{name}");
        }
        let service = services.entry(op.service.clone()).or_insert_with(|| Json::Object(Map::new()));
        if let Some(service) = service.as_object_mut() {
            service.insert(name, op.id.clone().into());
        }
    }
    to_line(&services, redactor)
}

/// Whether an op tells the id of a resource that is there.
fn has_id(op: &Op) -> bool {
    let is_there = match op.status {
        Status::Done => op.action != Action::Delete,
        Status::Planned => matches!(op.action, Action::None | Action::Update),
        _ => false,
    };
    is_there && op.id.is_some() && matches!(op.op.as_str(), "ensure" | "find")
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{self, CANARY, ID};
    use serde_json::json;

    fn outputs(report: &Report) -> (Vec<(String, String)>, Vec<String>) {
        of(report, &[], &sample::redactor())
    }

    #[test]
    fn ids_are_those_of_what_is_there() {
        let op = |logical: &str, action, status| Op {
            logical: Some(logical.into()),
            ..sample::op(action, status)
        };
        let report = sample::report_of(vec![
            op("CREATED", Action::Create, Status::Done),
            op("THERE", Action::None, Status::Done),
            op("PLANNED", Action::Create, Status::Planned),
            op("GONE", Action::Delete, Status::Done),
            op("FAILED", Action::Create, Status::Failed),
            Op { jurisdiction: Some("eu".into()), ..op("EU", Action::None, Status::Done) },
            Op { op: "put".into(), ..op("KEY", Action::Write, Status::Done) },
        ]);
        let expected = json!({"kv": {"CREATED": ID, "THERE": ID, "eu/EU": ID}});
        assert_eq!(ids(&report, &Redactor::default()), expected.to_string());
    }

    #[test]
    fn own_outputs_come_first_and_stay() {
        let mut report = sample::report();
        for (key, value) in [
            ("a", json!("x\ny")),
            ("A", json!(1)),
            ("Changed", json!("no")),
            ("b c", json!(1)),
            ("list", json!([1, CANARY])),
            ("large", json!("x".repeat(BYTES_MAX))),
        ] {
            report.outputs.insert(key.into(), value);
        }
        let (outputs, left_out) = outputs(&report);
        let names: Vec<&str> = outputs.iter().map(|(name, _)| name.as_str()).collect();
        let own = ["ids", "changed", "complete", "exit", "environment", "recipe", "run", "report"];
        assert_eq!(names[..8], own);
        assert_eq!(names[8..], ["A", "list"]);
        assert_eq!(outputs[9].1, r#"[1,"[secret]"]"#);
        let told = |name: &str, why: &str| format!("the output `{name}` is only in the report: {why}");
        assert_eq!(
            left_out,
            [
                told("outputs", "all outputs together would be larger than 1 MiB"),
                told("Changed", "there is another of that name"),
                told("a", "there is another of that name"),
                told("b c", "it is no name that GitHub takes"),
                told("large", "all outputs together would be larger than 1 MiB"),
            ]
        );
    }
}
