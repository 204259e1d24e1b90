//! Writes the ids of existing resources into the wrangler configs, or into a copy of one.
//!
//! **Invariant:** an id of the embedded account is written into a copy alone, and a copy never keeps an id of its original where
//! another is meant.

use super::BindingLine;
use crate::project::wrangler::{Binding, IdEdit, Worker, WranglerFile, write_ids};
use crate::run::{Selected, Workspace};
use crate::system::files;
use anyhow::{Context as _, anyhow};

pub(super) const CONFIG_BYTES_MAX: u64 = 1 << 20;

/// Refuses to write into configs what would be of no use there.
pub fn refuse(place: &Workspace, selected: &Selected) -> anyhow::Result<()> {
    let flag = selected.env_flag();
    if place.is_local() {
        return Err(anyhow!(
            "`ids --write` does not take `--local`: the ids of the embedded account are not those of the real one\n\
             hint: `larder ids{flag} --local` prints them, `larder ids{flag} --write` writes the real ones"
        ));
    }
    if let Some(branch) = selected.config.branch.name() {
        return Err(anyhow!(
            "`ids --write` would write what belongs to the branch `{branch}` into the config of every branch\n\
             hint: `larder ids{flag}{} --out FILE` writes it into a copy",
            place.options.whereabouts
        ));
    }
    Ok(())
}

/// What comes of it.
pub struct Writing<'a> {
    /// What is to be written.
    pub edited: Vec<Edited<'a>>,
    /// Why other configs stay as they are.
    pub unchanged: Vec<String>,
}

/// A config with the ids in it, which is not written yet.
pub struct Edited<'a> {
    pub file: &'a WranglerFile,
    /// Each id that would go, with the one that takes its place.
    pub replaced: Vec<String>,
    text: String,
    is_whole: bool,
}

impl<'a> Writing<'a> {
    /// Puts what exists into the configs of an environment.
    pub fn of(selected: &'a Selected, lines: &[BindingLine]) -> anyhow::Result<Self> {
        if selected.workers.is_empty() {
            return Err(no_config());
        }
        let mut writing = Writing { edited: Vec::new(), unchanged: Vec::new() };
        for (file, worker) in &selected.workers {
            match one(selected, file, worker, lines)? {
                Ok(edited) => writing.edited.push(edited),
                Err(why) => writing.unchanged.push(why),
            }
        }
        Ok(writing)
    }
}

pub(super) fn no_config() -> anyhow::Error {
    anyhow!("the project names no wrangler config\nhint: `wrangler = \"wrangler.toml\"` in larder.toml")
}

/// What becomes of one config, or why nothing does.
fn one<'a>(
    selected: &Selected,
    file: &'a WranglerFile,
    worker: &Worker,
    lines: &[BindingLine],
) -> anyhow::Result<Result<Edited<'a>, String>> {
    let name = file.name();
    let lines: Vec<&BindingLine> = lines.iter().filter(|line| line.is_in(&name)).collect();
    let there: Vec<&BindingLine> = lines.iter().copied().filter(|line| line.id.is_some()).collect();
    let is_whole = there.len() == lines.len();
    let nothing = |why: String| Ok(Err(why));
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
    Ok(Ok(Edited { file, replaced, text, is_whole }))
}

impl Edited<'_> {
    /// Writes it; gives what was done.
    pub fn write(&self, place: &Workspace, selected: &Selected) -> anyhow::Result<String> {
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

/// The field of the binding's entry for an existing resource.
pub(super) fn edits(line: &BindingLine) -> impl Iterator<Item = IdEdit> {
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
