//! The ids of what exists, written into the wrangler config.
//!
//! **Invariant:** an id of the embedded account is never written.

use super::Line;
use crate::project::wrangler::{Binding, IdEdit, WranglerFile, write_ids};
use crate::run::{Place, Selected};
use crate::system::files;
use anyhow::{Context as _, anyhow};

const CONFIG_BYTES_MAX: u64 = 1 << 20;

/// Ids of the account in this process are of no use to a Worker that is deployed.
pub fn refuse_local(place: &Place, selected: &Selected) -> anyhow::Result<()> {
    if !place.is_local() {
        return Ok(());
    }
    let flag = selected.env_flag();
    Err(anyhow!(
        "`ids --write` does not take `--local`: the ids of the embedded account are not those of the real one\n\
         hint: `larder ids{flag} --local` prints them, `larder ids{flag} --write` writes the real ones"
    ))
}

/// What comes of it.
pub enum Writing<'a> {
    /// Nothing is to be written, and why.
    Nothing(String),
    /// This is.
    Edited(Edited<'a>),
}

/// A config with the ids in it, which is not written yet.
pub struct Edited<'a> {
    /// The config.
    pub file: &'a WranglerFile,
    /// Each id that would go, with the one that takes its place.
    pub replaced: Vec<String>,
    text: String,
    is_whole: bool,
}

impl<'a> Writing<'a> {
    /// Puts what exists into the config of an environment.
    pub fn of(selected: &'a Selected, lines: &[Line]) -> anyhow::Result<Self> {
        let Some((file, worker)) = &selected.worker else {
            return Err(anyhow!(
                "the project names no wrangler config\nhint: `wrangler = \"wrangler.toml\"` in larder.toml"
            ));
        };
        let bound = |line: &&Line| {
            worker.bindings.iter().any(|known| known.kind == line.kind && known.binding == line.binding)
        };
        let lines: Vec<&Line> = lines.iter().filter(bound).collect();
        let there: Vec<&Line> = lines.iter().copied().filter(|line| line.id.is_some()).collect();
        let (name, is_whole) = (file.name(), there.len() == lines.len());
        let nothing = |why: String| Ok(Writing::Nothing(why));
        if lines.is_empty() {
            return nothing(format!("nothing to write: the recipe makes nothing that `{name}` binds"));
        }
        if there.is_empty() {
            return nothing(format!("nothing to write: nothing of what `{name}` binds exists yet"));
        }
        let edits: Vec<IdEdit> = there.iter().flat_map(|line| edits(line)).collect();
        let before = files::read_text(&file.path, CONFIG_BYTES_MAX)?;
        let environment = selected.config.environment.wrangler_env.as_deref();
        let text = write_ids(&before, file.format, environment, &edits)?;
        if text == before {
            return nothing(format!("`{name}` has the ids{} already", of(is_whole)));
        }
        let replaced = replaced(&worker.bindings, &edits);
        Ok(Writing::Edited(Edited { file, replaced, text, is_whole }))
    }
}

impl Edited<'_> {
    /// Writes it; gives what was done.
    pub fn write(&self, place: &Place, selected: &Selected) -> anyhow::Result<String> {
        // A link stays one: what it leads to is written, if it lies in the repository.
        let path = place.repository(&selected.folder)?.name(&self.file.path.to_string_lossy())?;
        files::write_whole(&path, self.text.as_bytes())
            .with_context(|| format!("can't write `{}`", self.file.path.display()))?;
        Ok(format!("wrote the ids{} into `{}`", of(self.is_whole), self.file.name()))
    }
}

fn of(is_whole: bool) -> &'static str {
    if is_whole { "" } else { " of what exists" }
}

/// What the binding's entry holds of one that exists.
fn edits(line: &Line) -> impl Iterator<Item = IdEdit> {
    let (kind, binding) = (line.kind, line.binding.clone());
    line.fields().into_iter().map(move |(field, value)| IdEdit {
        kind,
        binding: binding.clone(),
        field: field.to_owned(),
        value,
    })
}

/// Each id that would go, with the one that takes its place.
fn replaced(bindings: &[Binding], edits: &[IdEdit]) -> Vec<String> {
    let of = |edit: &IdEdit| {
        let known = bindings.iter().find(|known| known.kind == edit.kind && known.binding == edit.binding)?;
        let is_id = edit.kind.id_field() == Some(edit.field.as_str());
        let old = if is_id { known.id.as_deref().or(known.variable_id()) } else { known.name.as_deref() }?;
        (old != edit.value)
            .then(|| format!("`{}` of `{}`: {old} -> {}", edit.field, edit.binding, edit.value))
    };
    edits.iter().filter_map(of).collect()
}
