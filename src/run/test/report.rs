//! The report of a run as tests read it: that of `--format json`, with shortcuts for common values.

use crate::report::{Report, TextReport};
use crate::secret::Redactor;
use serde_json::{Value as Json, json};

/// As a map: `exit`, `changed`, `complete`, `error`, `requests`, `reads`, `writes`, `retries`, `summary`, `ops`, `steps`,
/// `outputs`, `warnings`, `log` and `text`.
pub(super) fn map(report: &Report, log: &[String], redactor: &Redactor) -> Json {
    let mut map = serde_json::to_value(report).unwrap_or_default();
    let ops = report.steps.iter().flat_map(|step| {
        step.ops.iter().map(|op| {
            let mut op = serde_json::to_value(op).unwrap_or_default();
            op["step"] = Json::from(step.name.as_str());
            op
        })
    });
    map["ops"] = ops.collect();
    let steps = report.steps.iter().filter(|step| !step.name.is_empty() || !step.ops.is_empty());
    map["steps"] = steps.map(|step| json!({ "name": step.name, "status": step.status })).collect();
    let requests = report.requests;
    map["requests"] = (requests.reads + requests.writes).into();
    map["reads"] = requests.reads.into();
    map["writes"] = requests.writes.into();
    map["retries"] = requests.retries.into();
    map["warnings"] = report.warnings.iter().map(|warning| warning.message.as_str()).collect();
    map["log"] = log.iter().map(String::as_str).collect();
    map["text"] = TextReport::untimed(report, redactor).into();
    for moment in ["schema", "larder", "run", "started_at", "ms"] {
        if let Some(map) = map.as_object_mut() {
            map.remove(moment);
        }
    }
    map
}
