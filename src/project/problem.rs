//! Errors in files that people write, as data, each with its message and hint.
//!
//! **Invariant:** a message never needs the file to be understood; where it stands is the [`ProjectFinding`]'s business.

use super::meant::did_you_mean;
use super::source::Span;
use crate::events::Site;
use thiserror::Error;

/// One thing that is wrong, and where.
#[derive(Clone, Debug, PartialEq)]
pub struct ProjectFinding {
    pub problem: ProjectProblem,
    pub span: Span,
}

impl ProjectFinding {
    /// Something wrong at a place.
    pub fn new(span: Span, problem: ProjectProblem) -> Self {
        ProjectFinding { problem, span }
    }
}

/// A path, or the file where it is empty.
fn whole_or(path: &str) -> String {
    if path.is_empty() { "the file".to_owned() } else { format!("`{path}`") }
}

/// How far paths of a project's files lead.
pub const REACH: &str = "a path may lead anywhere in the repository: below the nearest `.git`, else below the nearest `pnpm-workspace.yaml` or `package.json` with `workspaces`, else in the project's folder";

#[derive(Clone, Debug, PartialEq, Error)]
pub enum ProjectProblem {
    #[error("syntax error: {message}")]
    Syntax { message: String },
    #[error("unknown key `{key}`{}", in_table(.table))]
    UnknownKey { table: String, key: String, known: Vec<String> },
    #[error("missing key `{key}`{}", in_table(.table))]
    MissingKey { table: String, key: String },
    #[error("{} must be {expected}, found {found}", whole_or(.path))]
    WrongType { path: String, expected: String, found: String },
    #[error("`{path}` must be one of {}, found {found}", listed(.known))]
    NotOneOf { path: String, found: String, known: Vec<String> },
    #[error("`{path}` must be {bound}, found {found}")]
    OutOfBounds { path: String, bound: String, found: String },
    #[error("`{path}` must not be empty")]
    Empty { path: String },
    #[error("`{path}` holds the same value twice: `{value}`")]
    Repeated { path: String, value: String },
    #[error(
        "the {what} `{found}` must be 1 to 63 letters, digits, `-` and `_`, and begin with a letter or digit"
    )]
    BadIdentifier { what: &'static str, found: String },
    #[error("not an account id: `{found}`")]
    BadAccountId { found: String },
    #[error("the environments `{first}` and `{second}` have the same {what}: `{value}`")]
    SameTwice { what: &'static str, value: String, first: String, second: String, first_at: Site },
    #[error("the alias `{alias}` of environment `{environment}` is the name of another environment")]
    AliasIsName { alias: String, environment: String, other_at: Site },
    #[error("the step `{step}` is named twice")]
    StepTwice { step: String },
    #[error("unknown placeholder `{{{placeholder}}}` in `naming.{kind}`")]
    UnknownPlaceholder { kind: String, placeholder: String, known: Vec<String> },
    #[error("`{written}` in `naming.{kind}` is no placeholder: the `$` would stay in every name")]
    ForeignPlaceholder { kind: String, written: String, name: &'static str },
    #[error("unbalanced `{brace}` in `naming.{kind}`")]
    UnbalancedBrace { kind: String, brace: char },
    #[error("`--set` cannot change `{key}`")]
    NotSettable { key: String },
    #[error(
        "`branch` must be 1 to 63 small letters, digits and `-`, without `-` at either end, found `{found}`"
    )]
    BadBranch { found: String },
    #[error("`branch` cannot be `{found}`: that names an environment")]
    BranchIsEnvironment { found: String },
    #[error("`--set` needs `key=value`")]
    NotAnAssignment,
    #[error("the binding `{binding}` is declared twice")]
    BindingTwice { binding: String, first_at: Site },
    #[error("{what} is not a value here")]
    NoValue { what: &'static str },
    #[error("`{name}` can't be read: {reason}")]
    Unreadable { name: String, reason: String },
    #[error("{reason}")]
    OutOfReach { reason: String },
}

impl ProjectProblem {
    /// What to do about it, if there is one thing to say.
    pub fn hint(&self) -> Option<String> {
        match self {
            ProjectProblem::UnknownKey { key, known, .. } => suggest(key, known).or_else(|| known_keys(known)),
            ProjectProblem::NotOneOf { found, known, .. } => suggest(found.trim_matches('`'), known),
            ProjectProblem::UnknownPlaceholder { placeholder, known, .. } => {
                suggest(placeholder, known).or_else(|| Some(format!("known placeholders: {}", listed(known))))
            }
            ProjectProblem::BadAccountId { .. } => Some(
                "an account id is 32 characters of `0-9` and `a-f`, as in the address bar of the dashboard"
                    .into(),
            ),
            ProjectProblem::SameTwice { first_at, .. } | ProjectProblem::BindingTwice { first_at, .. } => {
                Some(format!("the first is at {first_at}"))
            }
            ProjectProblem::AliasIsName { other_at, .. } => Some(format!("that environment is at {other_at}")),
            ProjectProblem::ForeignPlaceholder { name, .. } => Some(format!("write `{{{name}}}`")),
            ProjectProblem::UnbalancedBrace { .. } => Some("write a placeholder as `{name}`".into()),
            ProjectProblem::NotSettable { key } if key == "branch" => Some(
                "only the project file decides which branch chooses an environment; in its names, `{branch}` is what this fills"
                    .into(),
            ),
            ProjectProblem::NotSettable { .. } => Some("only the project file decides it".into()),
            ProjectProblem::BadBranch { found } => {
                let slug = slug(found);
                (!slug.is_empty()).then(|| format!("for example `--set branch={slug}`"))
            }
            ProjectProblem::NotAnAssignment => Some("for example `--set vars.size=3`".into()),
            ProjectProblem::NoValue { .. } => Some("write it as a string".into()),
            ProjectProblem::OutOfReach { .. } => Some(REACH.into()),
            _ => None,
        }
    }
}

/// What a text might be as a branch: small letters and digits, with one `-` for each run of anything else.
fn slug(text: &str) -> String {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let mut slug = words.collect::<Vec<_>>().join("-").to_ascii_lowercase();
    slug.truncate(63);
    slug.trim_end_matches('-').to_owned()
}

/// `a`, `b`, `c`: literals in backticks.
pub(super) fn listed<S: AsRef<str>>(names: &[S]) -> String {
    names.iter().map(|name| format!("`{}`", name.as_ref())).collect::<Vec<_>>().join(", ")
}

fn suggest(wrong: &str, known: &[String]) -> Option<String> {
    did_you_mean(wrong, known).map(|name| format!("did you mean `{name}`?"))
}

fn known_keys(known: &[String]) -> Option<String> {
    (!known.is_empty()).then(|| format!("known keys: {}", listed(known)))
}

fn in_table(table: &str) -> String {
    if table.is_empty() { String::new() } else { format!(" in `{table}`") }
}
