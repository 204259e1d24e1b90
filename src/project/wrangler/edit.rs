//! Writing names and ids of bindings into a wrangler config, which stays the file that a person wrote.
//!
//! **Invariant:** what is returned reads back as asked, and no byte outside of the written fields changes; only where an
//! entry is added, the lines around it may be laid out anew.

use super::{BindingKind, Format, edit_json, edit_toml, splice};
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
#[allow(missing_docs)]
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

/// The text with all `edits` made in `environment` (`None`: the top level).
pub fn write_ids(
    text: &str,
    format: Format,
    environment: Option<&str>,
    edits: &[IdEdit],
) -> Result<String, EditError> {
    let (mark, body) = text.strip_prefix('\u{feff}').map_or(("", text), |body| ("\u{feff}", body));
    let needed: Vec<&IdEdit> = edits.iter().filter(|edit| !holds(body, format, environment, edit)).collect();
    if needed.is_empty() {
        return Ok(text.to_owned());
    }
    let edited = match spliced(body, format, environment, &needed) {
        Some(edited) => edited,
        None => rewritten(body, format, environment, &needed)?,
    };
    match edits.iter().find(|edit| !holds(&edited, format, environment, edit)) {
        Some(lost) => Err(EditError::NotWritten { binding: lost.binding.clone(), field: lost.field.clone() }),
        None => Ok(format!("{mark}{edited}")),
    }
}

/// The text with the bytes of each field written; `None` where one of them has no entry, or is not read back.
fn spliced(text: &str, format: Format, environment: Option<&str>, edits: &[&IdEdit]) -> Option<String> {
    let mut edited = text.to_owned();
    for edit in edits {
        edited = splice::write(&edited, format, environment, edit)?;
        if !holds(&edited, format, environment, edit) {
            return None;
        }
    }
    Some(edited)
}

fn rewritten(
    text: &str,
    format: Format,
    environment: Option<&str>,
    edits: &[&IdEdit],
) -> Result<String, EditError> {
    let edited = match format {
        Format::Toml => edit_toml::write(text, environment, edits)?,
        Format::Json => edit_json::write(text, environment, edits)?,
    };
    Ok(if is_crlf_only(text) { edited.replace("\r\n", "\n").replace('\n', "\r\n") } else { edited })
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

/// Whether the text says already what the edit wants.
fn holds(text: &str, format: Format, environment: Option<&str>, edit: &IdEdit) -> bool {
    let root = parsed(text, format);
    entries(&root, environment, edit).any(|entry| {
        entry.text("binding") == Some(&edit.binding) && entry.text(&edit.field) == Some(&edit.value)
    })
}

fn is_crlf_only(text: &str) -> bool {
    text.contains("\r\n") && text.matches('\n').count() == text.matches("\r\n").count()
}
