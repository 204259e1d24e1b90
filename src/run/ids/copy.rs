//! Writes a copy of a wrangler config with the ids and names of an environment or branch.
//!
//! **Invariant:** in the copy, no binding that the recipe makes is bound to what another environment has.

use super::BindingLine;
use super::write::{CONFIG_BYTES_MAX, edits, no_config};
use crate::project::file::PROJECT_FILE;
use crate::project::wrangler::{Format, IdEdit, WranglerFile, write_ids};
use crate::run::{Selected, Workspace};
use crate::system::{files, plain};
use anyhow::{Context as _, anyhow};
use std::path::Path;

/// A copy that is not written yet.
pub struct ConfigCopy<'a> {
    file: &'a WranglerFile,
    environment: Option<&'a str>,
    edits: Vec<IdEdit>,
    text: String,
}

/// Whether a file that is no earlier copy may be replaced.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ReplacePolicy {
    CopiesOnly,
    /// Anything.
    Any,
}

impl<'a> ConfigCopy<'a> {
    /// Puts the ids and names into a copy of the config that is named, or of the only one.
    pub fn of(
        place: &Workspace,
        selected: &'a Selected,
        lines: &[BindingLine],
        config: Option<&str>,
    ) -> anyhow::Result<Self> {
        let file = chosen(selected, config)?;
        let name = file.name();
        let lines: Vec<&BindingLine> = lines.iter().filter(|line| line.is_in(&name)).collect();
        let missing: Vec<String> =
            lines.iter().filter(|line| line.id.is_none()).map(|line| format!("`{}`", line.binding)).collect();
        if !missing.is_empty() {
            return Err(anyhow!(
                "no copy of `{name}` was written: what {} is bound to does not exist yet, and a copy would keep what it is \
                 bound to now\nhint: `larder run{}{}` makes it",
                missing.join(", "),
                selected.env_flag(),
                place.options.whereabouts
            ));
        }
        let edits: Vec<IdEdit> = lines.iter().flat_map(|line| edits(line)).collect();
        let before = files::read_text(&file.path, CONFIG_BYTES_MAX)?;
        let environment = selected.config.environment.wrangler_env.as_deref();
        let text = write_ids(&before, file.format, environment, &edits)?;
        Ok(ConfigCopy { file, environment, edits, text })
    }

    /// Writes it; gives what was done, and what to know of it.
    pub fn write(
        &self,
        selected: &Selected,
        path: &Path,
        shown: &str,
        replace: ReplacePolicy,
    ) -> anyhow::Result<Vec<String>> {
        let own = selected.config.wrangler.iter().map(|name| selected.folder.join(name));
        let mut own = own.chain([selected.folder.join(PROJECT_FILE), self.file.path.clone()]);
        if own.any(|own| is_one(&own, path)) {
            return Err(anyhow!(
                "`{shown}` is a file of the project, not a copy\nhint: another name after `--out`"
            ));
        }
        let (is_toml, language) = match self.file.format {
            Format::Toml => (true, "TOML"),
            Format::Json => (false, "JSON"),
        };
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        if (ending == "toml") != is_toml || !["toml", "json", "jsonc"].contains(&ending) {
            let endings = if is_toml { "`.toml`" } else { "`.json` or `.jsonc`" };
            return Err(anyhow!(
                "`{shown}` can't be a copy of `{}`, which is {language}\nhint: a name that ends in {endings}",
                self.file.name()
            ));
        }
        let real =
            files::canonical(folder_of(path)).unwrap_or_default().join(path.file_name().unwrap_or_default());
        let is_git = |path: &Path| path.components().any(|part| part.as_os_str() == ".git");
        if is_git(path) || is_git(&real) {
            return Err(anyhow!("`{shown}` lies inside `.git`\nhint: another name after `--out`"));
        }
        if replace == ReplacePolicy::CopiesOnly && files::exists(path) && !self.is_earlier(path) {
            return Err(anyhow!(
                "`{shown}` is there, and is no copy of `{}` as it is now: nothing was written\nhint: `--yes` replaces it, or \
                 another name after `--out`",
                self.file.name()
            ));
        }
        files::write_whole(path, self.text.as_bytes()).with_context(|| format!("can't write `{shown}`"))?;
        let mut said = vec![format!("wrote a copy of `{}` with the ids into `{shown}`", self.file.name())];
        if !is_one(folder_of(path), folder_of(&self.file.path)) {
            said.push(format!(
                "note: the paths in `{shown}` begin at its own folder, not at that of `{}`",
                self.file.name()
            ));
        }
        Ok(said)
    }
}

impl ConfigCopy<'_> {
    /// Whether a file is such a copy but for its ids and names.
    fn is_earlier(&self, path: &Path) -> bool {
        let Ok(before) = files::read_text(path, CONFIG_BYTES_MAX) else { return false };
        let anew = write_ids(&before, self.file.format, self.environment, &self.edits);
        anew.is_ok_and(|anew| anew == self.text)
    }
}

/// The config of which a copy is wanted.
fn chosen<'a>(selected: &'a Selected, config: Option<&str>) -> anyhow::Result<&'a WranglerFile> {
    let files: Vec<&WranglerFile> = selected.workers.iter().map(|(file, _)| file).collect();
    let names = || files.iter().map(|file| format!("`{}`", file.name())).collect::<Vec<_>>().join(", ");
    match (files.as_slice(), config) {
        ([], None) => Err(no_config()),
        ([only], None) => Ok(only),
        (_, None) => {
            Err(anyhow!("there are several wrangler configs\nhint: `--config` with one of {}", names()))
        }
        (_, Some(config)) => {
            let is_it = |file: &&&WranglerFile| plain(Path::new(&file.name())) == plain(Path::new(config));
            let found = files.iter().find(is_it).copied();
            let known = || if files.is_empty() { "none".to_owned() } else { names() };
            found.ok_or_else(|| {
                anyhow!("`{config}` is no wrangler config of this environment\nhint: it has {}", known())
            })
        }
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new(""))
}

fn is_one(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| files::canonical(path).ok();
    plain(one) == plain(other) || real(one).is_some_and(|path| real(other) == Some(path))
}
