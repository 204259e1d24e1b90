//! The plan file `larder.plan/1`, which `plan --out` writes and `apply` enforces. Its schema is committed as
//! `schemas/plan-1.json`.
//!
//! **Invariant:** a plan file that was cut, or edited after it was written, is not read: its digest is that of the rest.

use super::document::{Op, Report, Step, Summary};
use super::json;
use crate::events::{Action, Cost};
use crate::op::{Permit, Planned};
use crate::secret::Redactor;
use crate::system::files;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use std::io;
use std::path::Path;
use thiserror::Error;

/// The name and number of the schema.
pub const PLAN_SCHEMA: &str = "larder.plan/1";

/// Requests that Cloudflare allows a user in [`WINDOW_S`] seconds, whatever the token (API-10).
pub const WINDOW_REQUESTS: u64 = 1200;

/// See [`WINDOW_REQUESTS`].
pub const WINDOW_S: u64 = 300;

/// Larger than the plan of any recipe that the script's limits allow.
const BYTES_MAX: u64 = 64 << 20;

/// One plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Always `larder.plan/1`.
    pub schema: String,
    /// SHA-256 of everything else.
    pub digest: String,
    /// The version of Larder that wrote it.
    pub larder: String,
    /// The id of the run that made it.
    pub run: String,
    /// RFC 3339, in UTC, with milliseconds.
    pub made_at: String,
    /// What `time::now` gives, also when it is applied: RFC 3339, in UTC, with whole seconds.
    pub now: String,
    /// The recipe, by the name of its source.
    pub recipe: String,
    /// The environment's full name; null where there is no project.
    pub env: Option<String>,
    /// The account's id.
    pub account: String,
    /// What `--set` said.
    pub sets: Vec<String>,
    /// The steps that `--only` named.
    pub only: Vec<String>,
    /// The steps that `--skip` named.
    pub skip: Vec<String>,
    /// Whether write-only fields are sent although nothing else differs.
    pub rewrite_secrets: bool,
    /// Whether the recipe was planned to its end without a failure; only such a plan can be applied.
    pub complete: bool,
    /// The files that it rests on: recipe, imports, project file, wrangler config, migrations.
    pub inputs: Vec<Input>,
    /// Requests that applying it takes.
    pub cost: Cost,
    /// What Cloudflare allows.
    pub window: Window,
    /// Ops by what would become of them.
    pub summary: Summary,
    /// In the order of the recipe.
    pub steps: Vec<PlannedStep>,
}

/// A file that a plan rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// From the project's folder, or the name of something that is compiled in.
    pub path: String,
    /// SHA-256 of its text.
    pub sha256: String,
}

/// The limit on requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// So many requests
    pub requests: u64,
    /// in so many seconds.
    pub seconds: u64,
}

/// A step of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlannedStep {
    /// Its title; "" for what stands outside every step.
    pub name: String,
    /// In the order of starting.
    pub ops: Vec<Planned>,
}

/// What a plan is about, beside its report.
#[derive(Clone, Debug)]
pub struct PlanBasis {
    /// What `time::now` gave.
    pub now: Timestamp,
    /// The recipe, by the name of its source.
    pub recipe: String,
    /// What `--set` said.
    pub sets: Vec<String>,
    /// The steps that `--only` named.
    pub only: Vec<String>,
    /// The steps that `--skip` named.
    pub skip: Vec<String>,
    /// Whether write-only fields are sent although nothing else differs.
    pub rewrite_secrets: bool,
    /// The files that it rests on.
    pub inputs: Vec<Input>,
}

/// Why a plan file can't be used.
#[derive(Debug, Error)]
pub enum PlanError {
    /// It can't be read.
    #[error("can't read the plan `{path}`: {source}")]
    Unreadable { path: String, source: io::Error },
    /// It is no plan.
    #[error("{path}:{line}:{column}: this is no plan: {words}\nhint: `larder plan --out FILE` writes one")]
    Malformed {
        path: String,
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        words: String,
    },
    /// It is of another kind.
    #[error(
        "{path}: the schema is `{found}`, not `{PLAN_SCHEMA}`\nhint: `larder plan --out FILE` writes one"
    )]
    Schema { path: String, found: String },
    /// Its digest is another.
    #[error(
        "{path}: the plan was edited after it was written: its digest is not that of the rest\nhint: change the recipe or the project file, and plan again"
    )]
    Edited { path: String },
}

impl Plan {
    /// Of a report of a plan.
    pub fn new(report: &Report, basis: PlanBasis) -> Plan {
        let PlanBasis { now, recipe, sets, only, skip, rewrite_secrets, inputs } = basis;
        Plan {
            schema: PLAN_SCHEMA.to_owned(),
            digest: String::new(),
            larder: report.larder.clone(),
            run: report.run.clone(),
            made_at: report.started_at.clone(),
            now: format!("{now:.0}"),
            recipe,
            env: report.env.clone(),
            account: report.account.clone().unwrap_or_default(),
            sets,
            only,
            skip,
            rewrite_secrets,
            complete: report.complete,
            inputs,
            cost: report.cost(),
            window: Window { requests: WINDOW_REQUESTS, seconds: WINDOW_S },
            summary: report.summary,
            steps: report.steps.iter().map(planned_step).collect(),
        }
    }

    /// Writes it to a file, whole or not at all, with every secret masked.
    pub fn save(&self, path: &Path, redactor: &Redactor) -> io::Result<()> {
        let masked = json::to_line(self, redactor);
        let mut plan: Plan = serde_json::from_str(&masked)?;
        plan.digest = plan.digest_of_rest();
        files::write_whole(path, json::to_pretty(&plan, redactor).as_bytes())
    }

    /// Reads it; `shown` is its name in messages.
    pub fn load(path: &Path, shown: &str) -> Result<Plan, PlanError> {
        let at = || shown.to_owned();
        let text = files::read_text(path, BYTES_MAX)
            .map_err(|source| PlanError::Unreadable { path: at(), source })?;
        let malformed = |error: serde_json::Error| {
            let (line, column) = (error.line(), error.column());
            let place = format!(" at line {line} column {column}");
            PlanError::Malformed { path: at(), line, column, words: error.to_string().replace(&place, "") }
        };
        let any: Json = serde_json::from_str(&text).map_err(malformed)?;
        if let Some(found) = any["schema"].as_str().filter(|found| *found != PLAN_SCHEMA) {
            return Err(PlanError::Schema { path: at(), found: found.to_owned() });
        }
        let plan: Plan = serde_json::from_str(&text).map_err(malformed)?;
        if plan.digest != plan.digest_of_rest() {
            return Err(PlanError::Edited { path: at() });
        }
        Ok(plan)
    }

    /// What `time::now` gives in a run that applies it.
    pub fn now(&self) -> Option<Timestamp> {
        self.now.parse().ok()
    }

    /// What a run that is held to it may do.
    pub fn permit(&self) -> Permit {
        Permit::new(self.ops().cloned().collect())
    }

    /// Every op, in order.
    pub fn ops(&self) -> impl Iterator<Item = &Planned> {
        self.steps.iter().flat_map(|step| &step.ops)
    }

    fn digest_of_rest(&self) -> String {
        let rest = Plan { digest: String::new(), ..self.clone() };
        sha256(&serde_json::to_string(&rest).unwrap_or_default())
    }
}

/// SHA-256 of a text, in hexadecimal.
pub fn sha256(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

fn planned_step(step: &Step) -> PlannedStep {
    PlannedStep { name: step.name.clone(), ops: step.calls().into_iter().map(planned).collect() }
}

fn planned(op: &Op) -> Planned {
    let mut foreseen = (*op.foreseen).clone();
    if !matches!(op.action, Action::Update | Action::Delete) {
        foreseen.observed.clear();
    }
    Planned {
        service: op.service.clone(),
        op: op.op.clone(),
        kind: op.kind.clone(),
        logical: op.logical.clone(),
        resource: op.resource.clone(),
        jurisdiction: op.jurisdiction.clone(),
        action: op.action,
        id: op.id.clone(),
        changes: op.changes.clone(),
        observed: foreseen.observed,
        entries: foreseen.entries,
        contents: foreseen.contents,
        folder: foreseen.folder.filter(|_| op.action == Action::Apply),
        migrations: foreseen.pending,
        cost: foreseen.cost,
        at: op.at.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::Status;
    use crate::report::sample;
    use crate::system::committed;

    /// Renewed by `LARDER_BLESS=1 cargo test --lib report`.
    #[test]
    fn committed_schema_is_the_one_of_the_code() {
        committed::schema::<Plan>("plan-1.json");
    }

    fn plan() -> Plan {
        let report = sample::report_of(vec![sample::op(Action::Create, Status::Planned)]);
        let input = Input { path: "recipes/a.rhai".into(), sha256: sha256("a") };
        Plan::new(
            &report,
            PlanBasis {
                now: Timestamp::default(),
                recipe: "recipes/a.rhai".into(),
                sets: Vec::new(),
                only: Vec::new(),
                skip: Vec::new(),
                rewrite_secrets: false,
                inputs: vec![input],
            },
        )
    }

    #[test]
    fn reads_back_as_it_was_written_and_not_otherwise() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plan.json");
        plan().save(&path, &Redactor::default()).unwrap();
        let read = Plan::load(&path, "plan.json").unwrap();
        assert_eq!(Plan { digest: String::new(), ..read }, plan());
        let text = files::read_text(&path, 1 << 20).unwrap();
        let said = |text: &str| {
            files::write_whole(&path, text.as_bytes()).unwrap();
            Plan::load(&path, "plan.json").unwrap_err().to_string().lines().next().unwrap().to_owned()
        };
        let edited = text.replace("\"SESSIONS\"", "\"OTHER\"");
        let words = "plan.json: the plan was edited after it was written: its digest is not that of the rest";
        assert_eq!(said(&edited), words);
        let compact = serde_json::to_string(&serde_json::from_str::<Json>(&text).unwrap()).unwrap();
        files::write_whole(&path, compact.as_bytes()).unwrap();
        assert!(Plan::load(&path, "plan.json").is_ok(), "other blanks are the same plan");
        let cut = &text[..text.len() / 2];
        assert!(said(cut).contains("this is no plan: EOF while parsing"), "{}", said(cut));
        assert_eq!(said("{}"), "plan.json:1:2: this is no plan: missing field `schema`");
        assert_eq!(
            said("{\"schema\": \"larder.report/1\"}"),
            "plan.json: the schema is `larder.report/1`, not `larder.plan/1`"
        );
    }

    #[test]
    fn holds_no_secret() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plan.json");
        let redactor = Redactor::default();
        redactor.register(&crate::secret::Secret::new("SESSIONS".into()));
        plan().save(&path, &redactor).unwrap();
        assert!(!files::read_text(&path, 1 << 20).unwrap().contains("SESSIONS"));
        assert!(Plan::load(&path, "plan.json").is_ok());
    }
}
