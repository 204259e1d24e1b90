//! Failures of ops, as data. All their messages are made here.

mod hint;
#[cfg(test)]
mod tests;

use super::cause::Cause;
use super::key::Key;
use super::option_error::OptionError;
use super::refusal_basis::RefusalBasis;
use super::ty::Ty;
use crate::events::{Action, Change, Finding, Problem, Site, Status};
use crate::http::{ApiError, TransportError};
use thiserror::Error;

/// A service's rule for names, and why a name breaks it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameRule {
    /// The rule in words: `a bucket name has 3 to 63 characters`.
    pub rule: &'static str,
}

#[derive(Clone, Debug, Error)]
pub enum Failure {
    /// Too many or too few arguments.
    #[error("`{op}` takes {takes}, not {got}")]
    Arity {
        /// `kv::ensure`.
        op: String,
        /// `1 or 2 arguments`.
        takes: String,
        /// How many there were.
        got: usize,
    },
    /// An argument of another type.
    #[error("argument {} must be {}, not {found}", index + 1, with_article(expected.name()))]
    Argument {
        /// From 0.
        index: usize,
        /// What the op takes.
        expected: Ty,
        found: &'static str,
    },
    /// Something in the option map.
    #[error("{error}")]
    Option {
        /// Which argument the map is, from 0.
        index: usize,
        error: OptionError,
    },
    /// A name that the service would refuse.
    #[error("`{name}` is no valid {kind} name: {}", rule.rule)]
    Name { kind: &'static str, name: String, rule: NameRule },
    /// The same resource was asked for with other options, or its name in another jurisdiction.
    #[error("{}", twice(.key, .first, .before))]
    Twice { key: Key, first: Box<Key>, before: Site },
    /// What is there can't be made into what is asked.
    #[error("{kind} `{}` exists and can't be changed: {}", key.name, differences(changes))]
    Conflict {
        kind: &'static str,
        key: Key,
        /// The fields that are fixed and differ.
        changes: Vec<Change>,
    },
    /// The server rejected it.
    #[error("can't {} for `{resource}`: {}", error.endpoint.doing, error.message())]
    Rejected {
        resource: String,
        error: Box<ApiError>,
        /// A hint that is more specific than the one for the answer.
        hint: Option<String>,
    },
    /// No usable answer, and nothing was changed by it.
    #[error("can't {} for `{resource}`: {}", trouble.endpoint.map_or("reach the API", |endpoint| endpoint.doing), trouble.detail)]
    Unreachable { resource: String, trouble: TransportError },
    /// A write whose answer was lost, and a probe that could not tell.
    #[error("it is not known whether `{resource}` was written: {why}")]
    Unknown {
        resource: String,
        why: String,
        /// How to find out.
        check: String,
    },
    /// The server refused a statement of a migration, and rolled the file back whole.
    #[error("can't apply `{file}`{} to `{resource}`: {}", at(*line_column), error.message())]
    Statement {
        resource: String,
        file: String,
        /// Where the file is, from the project's folder.
        path: String,
        /// The line in the file, from 1, if known.
        line_column: Option<(usize, usize)>,
        /// The message of the server.
        error: Box<ApiError>,
    },
    /// It failed after a part of it was done, or, where the cause is an unknown outcome, may have been.
    #[error("{cause}")]
    Partly {
        cause: Box<Failure>,
        action: Action,
        /// Migration files that were applied.
        migrations: Vec<String>,
        /// What is true now, and the way back.
        notes: Vec<String>,
    },
    /// Something before it failed.
    #[error("not done, because {because} failed")]
    Skipped { because: String },
    /// A plan can't know it.
    #[error("{what} is only known after apply")]
    NotKnown {
        what: String,
        /// The op of the same run that stands before it.
        after: Option<Cause>,
    },
    /// It depends on the account, and none is asked.
    #[error("{what} depends on the account")]
    OfAccount { what: String },
    /// The recipe reads it while it is only asked what it names.
    #[error("`{key}` is not there, so its data is not known")]
    Gone { key: Key },
    /// The token may not see it, which a plan can do without.
    #[error("{cause}")]
    Unseen {
        /// The message of the server.
        cause: Box<Failure>,
    },
    /// What was found in migrations before anything was sent.
    #[error("{message}")]
    Findings {
        /// One sentence: which database, and the first finding.
        message: String,
        /// What to do about the first.
        hint: String,
        notes: Vec<String>,
        /// All of them, each with its place.
        findings: Vec<Finding>,
    },
    /// Refused on this side, for a reason of its own.
    #[error("{message}")]
    Refused {
        kind: &'static str,
        /// On what the refusal rests.
        basis: RefusalBasis,
        message: String,
        hint: Option<String>,
    },
    /// The run was interrupted before the op began.
    #[error("not done, because the run was interrupted")]
    Interrupted,
    /// A bug in Larder.
    #[error("a bug in Larder: {0}")]
    Bug(String),
}

fn at(line_column: Option<(usize, usize)>) -> String {
    line_column.map_or_else(String::new, |(line, column)| format!(" (line {line}, column {column})"))
}

/// A type with its article; data is no single thing.
fn with_article(kind: &str) -> String {
    let article = match kind {
        "data" => "",
        _ if kind.starts_with(['a', 'i']) => "an ",
        _ => "a ",
    };
    format!("{article}{kind}")
}

fn differences(changes: &[Change]) -> String {
    let one = |change: &Change| {
        format!("`{}` is {}, not {}", change.field.trim_start_matches('/'), change.from, change.to)
    };
    changes.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn twice(key: &Key, first: &Key, before: &Site) -> String {
    if key == first {
        return format!("`{key}` was already ensured with other options at {before}");
    }
    let place = |key: &Key| match &key.jurisdiction {
        Some(jurisdiction) => format!("the jurisdiction `{jurisdiction}`"),
        None => "no jurisdiction".to_owned(),
    };
    let (name, here, there) = (&key.name, place(key), place(first));
    format!("`{name}` was already ensured in {there} at {before}, and is asked for in {here} here")
}

impl Failure {
    /// The [`kind`](Failure::kind) of a failed import.
    pub const IMPORT: &str = "import";

    /// The kind of an error that a recipe ends itself with.
    pub const FAILED: &str = "failed";

    /// A refusal on this side.
    pub fn refused(kind: &'static str, message: impl Into<String>) -> Self {
        Failure::Refused { kind, basis: RefusalBasis::of(kind), message: message.into(), hint: None }
    }

    /// A refusal on this side, with a way out.
    pub fn refused_with_hint(
        kind: &'static str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        let (message, hint) = (message.into(), Some(hint.into()));
        Failure::Refused { kind, basis: RefusalBasis::of(kind), message, hint }
    }

    /// The kind of a bug in Larder.
    pub const BUG: &str = "bug";

    /// The kind of what the credentials are not enough for.
    pub const DENIED: &str = "denied";

    /// Whether only applying would tell, or a token that may see more.
    pub fn is_not_known(&self) -> bool {
        matches!(
            self,
            Failure::NotKnown { .. }
                | Failure::OfAccount { .. }
                | Failure::Gone { .. }
                | Failure::Unseen { .. }
        )
    }

    /// A value that only applying gives.
    pub fn not_known(what: impl Into<String>) -> Self {
        Failure::NotKnown { what: what.into(), after: None }
    }

    /// A run that was interrupted and ends at once.
    pub(super) fn cut_off(resource: &str, is_writing: bool) -> Self {
        if !is_writing {
            return Failure::Interrupted;
        }
        Failure::Unknown {
            resource: resource.to_owned(),
            why: "the run was interrupted before the answer came".into(),
            check: "run again: what was written is found, what was not is written".into(),
        }
    }

    /// The same, with what was about to be done.
    pub fn while_doing(self, action: Action) -> Self {
        Failure::Partly { cause: Box::new(self), action, migrations: Vec::new(), notes: Vec::new() }
    }

    /// The same of what is refused before anything is asked of the account: but for an environment that is to be confirmed,
    /// and what this account is known to reject, it is wrong whatever the account holds.
    #[must_use]
    pub fn before_asking(self) -> Self {
        match self {
            Failure::Refused { kind, message, hint, .. } if !matches!(kind, "protected" | "rejected") => {
                Failure::Refused { kind, basis: RefusalBasis::Config, message, hint }
            }
            other => other,
        }
    }

    /// On what it rests: decides the exit of a run that it ends before the first write.
    pub fn basis(&self) -> RefusalBasis {
        match self {
            Failure::Arity { .. }
            | Failure::Argument { .. }
            | Failure::Option { .. }
            | Failure::Name { .. }
            | Failure::Twice { .. } => RefusalBasis::Config,
            Failure::Refused { basis, .. } => *basis,
            Failure::Partly { cause, .. } => cause.basis(),
            _ => RefusalBasis::Account,
        }
    }

    /// How an op that failed so has ended.
    pub fn status(&self) -> Status {
        match self {
            Failure::Conflict { .. } => Status::Conflict,
            Failure::Unknown { .. } => Status::Unknown,
            Failure::Skipped { .. }
            | Failure::Interrupted
            | Failure::NotKnown { .. }
            | Failure::OfAccount { .. }
            | Failure::Gone { .. }
            | Failure::Unseen { .. } => Status::Skipped,
            Failure::Partly { cause, .. } => match cause.status() {
                Status::Skipped => Status::Failed,
                status => status,
            },
            _ => Status::Failed,
        }
    }

    /// A stable word for scripts and reports.
    pub fn kind(&self) -> &'static str {
        match self {
            Failure::Arity { .. } | Failure::Argument { .. } => "argument",
            Failure::Option { .. } => "option",
            Failure::Name { .. } => "name",
            Failure::Twice { .. } => "twice",
            Failure::Conflict { .. } => "conflict",
            Failure::Rejected { error, .. } if error.is_denied() => Failure::DENIED,
            Failure::Rejected { .. } => "rejected",
            Failure::Unreachable { .. } => "unreachable",
            Failure::Unknown { .. } => "unknown",
            Failure::Statement { .. } | Failure::Findings { .. } => "migration",
            Failure::Partly { cause, .. } => cause.kind(),
            Failure::Skipped { .. } => "skipped",
            Failure::NotKnown { .. }
            | Failure::OfAccount { .. }
            | Failure::Gone { .. }
            | Failure::Unseen { .. } => "not_known",
            Failure::Refused { kind, .. } => kind,
            Failure::Interrupted => "interrupted",
            Failure::Bug(_) => Failure::BUG,
        }
    }

    /// The service's error code.
    pub fn code(&self) -> Option<i64> {
        self.answer().map(ApiError::code)
    }

    /// The answer of the server that it is made of.
    fn answer(&self) -> Option<&ApiError> {
        match self {
            Failure::Rejected { error, .. } | Failure::Statement { error, .. } => Some(error),
            Failure::Partly { cause, .. } => cause.answer(),
            _ => None,
        }
    }

    /// Facts beside the message.
    pub fn notes(&self) -> Vec<String> {
        match self {
            Failure::Findings { notes, .. } => return notes.clone(),
            Failure::NotKnown { after: Some(cause), .. } => {
                return vec![format!("`{}` at {} comes before it", cause.op, cause.at)];
            }
            _ => {}
        }
        let ray = self.ray().map(|ray| format!("ray id: {ray}"));
        let code = self.answer().filter(|error| error.code() != 0).map(|error| {
            format!("the API answered with code {}, HTTP status {}", error.code(), error.status)
        });
        ray.into_iter().chain(code).collect()
    }

    /// What exactly is wrong in files.
    fn findings(&self) -> Vec<Finding> {
        match self {
            Failure::Findings { findings, .. } => findings.clone(),
            Failure::Statement { path, line_column, error, .. } => {
                let (line, column) = line_column.unwrap_or_default();
                let at = Site { file: path.clone(), line, column };
                vec![Finding { at, message: error.message(), hint: self.hint() }]
            }
            Failure::Partly { cause, .. } => cause.findings(),
            _ => Vec::new(),
        }
    }

    /// The `cf-ray` of the answer.
    pub fn ray(&self) -> Option<String> {
        match self {
            Failure::Partly { cause, .. } => cause.ray(),
            Failure::Unreachable { trouble, .. } => trouble.ray.clone(),
            _ => self.answer().and_then(|error| error.ray.clone()),
        }
    }

    pub fn problem(&self) -> Problem {
        Problem {
            code: self.code(),
            ray: self.ray(),
            hint: self.hint(),
            findings: self.findings(),
            ..Problem::new(self.kind(), self.to_string())
        }
    }
}
