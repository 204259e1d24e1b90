//! One change of a wrangler config: the binding, the field and the value.

use super::{BindingKind, Format};
use crate::project::source::Sources;
use crate::project::tree::{Node, jsonc, toml};
use thiserror::Error;

/// One field of one binding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdEdit {
    /// To what it is bound.
    pub kind: BindingKind,
    /// The variable of the Worker; a binding that is not there is added.
    pub binding: String,
    /// The field, e.g. `id`.
    pub field: String,
    /// What it shall hold.
    pub value: String,
}

/// Why a config cannot be edited.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EditError {
    #[error("the wrangler config cannot be edited: {detail}")]
    Syntax { detail: String },
    #[error("the wrangler config has no environment `{environment}` to write to")]
    UnknownEnvironment { environment: String },
    #[error("the wrangler config cannot be edited: `{key}` is not {expected}")]
    Shape { key: String, expected: &'static str },
    #[error("`{field}` of the binding `{binding}` could not be written into the wrangler config")]
    NotWritten { binding: String, field: String },
}

/// The tree of a config's text.
pub(super) fn parsed(text: &str, format: Format) -> Node {
    let sources = Sources::of("", text);
    match format {
        Format::Toml => toml::parse(&sources, 0).0,
        Format::Json => jsonc::parse(&sources, 0).0,
    }
}

/// The entries of an edit's kind in an environment.
pub(super) fn entries<'a>(
    root: &'a Node,
    environment: Option<&str>,
    edit: &IdEdit,
) -> impl Iterator<Item = &'a Node> + use<'a> {
    let table: Option<&Node> = match environment {
        Some(name) => root.get("env").and_then(|all| all.get(name)),
        None => Some(root),
    };
    let kind = edit.kind;
    table.into_iter().flat_map(move |table| kind.entries(table))
}
