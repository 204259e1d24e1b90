//! Writes names and ids of bindings into a wrangler config and keeps the rest of the file as it was.
//!
//! **Invariant:** what is returned reads back as asked, and no byte outside of the written fields changes; only where an
//! entry is added, the lines around it may be laid out anew.

use super::id_edit::{EditError, IdEdit, entries, parsed};
use super::{Format, edit_json, edit_toml, splice};

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
