//! `ids --write`: the ids of what exists, written into the wrangler config.
//!
//! **Invariant:** an id of the embedded account is never written, and one that is replaced only after a yes.

use crate::cli::Stopped;
use crate::cli::question::{self, Heard};
use crate::cli::shell::Shell;
use crate::project::wrangler::{Binding, IdEdit, Worker, WranglerFile, write_ids};
use crate::run::exit;
use crate::run::ids::Line;
use crate::run::{Selected, Session};
use crate::system::files;
use anyhow::{Context as _, anyhow};

const CONFIG_BYTES_MAX: u64 = 1 << 20;

/// Ids of the account in this process are of no use to a Worker that is deployed.
pub fn refuse_local(shell: &Shell, selected: &Selected) -> Result<(), Stopped> {
    if !shell.is_local() {
        return Ok(());
    }
    let flag = selected.env_flag();
    Err(anyhow!(
        "`ids --write` does not take `--local`: the ids of the embedded account are not those of the real one\n\
         hint: `larder ids{flag} --local` prints them, `larder ids{flag} --write` writes the real ones"
    )
    .into())
}

/// What is written, and where.
pub struct Writing<'a> {
    /// Where the command works.
    pub shell: &'a Shell,
    /// The project and its environment.
    pub selected: &'a Selected,
    /// The account.
    pub session: &'a Session<'a>,
    /// Whether a local account has answered.
    pub is_local: bool,
    /// What was found.
    pub lines: &'a [Line],
}

impl Writing<'_> {
    /// Writes what exists.
    pub fn run(&self) -> Result<(), Stopped> {
        let Some((file, worker)) = &self.selected.worker else {
            return Err(anyhow!(
                "the project names no wrangler config\nhint: `wrangler = \"wrangler.toml\"` in larder.toml"
            )
            .into());
        };
        let bound = |line: &&Line| {
            worker.bindings.iter().any(|known| known.kind == line.kind && known.binding == line.binding)
        };
        let lines: Vec<&Line> = self.lines.iter().filter(bound).collect();
        let there: Vec<&Line> = lines.iter().copied().filter(|line| line.id.is_some()).collect();
        let of = if there.len() == lines.len() { "" } else { " of what exists" };
        let name = file.name();
        let say = |text: String| {
            self.shell.console.talk(&format!("{text}\n"));
            Ok(())
        };
        if lines.is_empty() {
            return say(format!("nothing to write: the recipe makes nothing that `{name}` binds"));
        }
        if there.is_empty() {
            return say(format!("nothing to write: nothing of what `{name}` binds exists yet"));
        }
        let edits: Vec<IdEdit> = there.iter().flat_map(|line| edits(line)).collect();
        let text = files::read_text(&file.path, CONFIG_BYTES_MAX)?;
        let environment = self.selected.config.environment.wrangler_env.as_deref();
        let written = write_ids(&text, file.format, environment, &edits)?;
        if written == text {
            return say(format!("`{name}` has the ids{of} already"));
        }
        self.ask(worker, file, &edits)?;
        // A link stays one: what it leads to is written, if it lies in the repository.
        let root = self.shell.repository(&self.selected.folder)?;
        let path = root.name(&file.path.to_string_lossy())?;
        files::write_whole(&path, written.as_bytes())
            .with_context(|| format!("can't write `{}`", file.path.display()))?;
        say(format!("wrote the ids{of} into `{name}`"))
    }

    /// Asks where what is written takes the place of something, or is worth nothing elsewhere.
    fn ask(&self, worker: &Worker, file: &WranglerFile, edits: &[IdEdit]) -> Result<(), Stopped> {
        let replaced = replaced(&worker.bindings, edits);
        if replaced.is_empty() && !self.is_local {
            return Ok(());
        }
        for line in &replaced {
            self.shell.console.talk(&format!("{line}\n"));
        }
        let why =
            if self.is_local { "the server is a local account, whose ids are nowhere else" } else { "" };
        if self.shell.globals.yes {
            return Ok(());
        }
        if question::is_anybody_there() {
            let why = if why.is_empty() { String::new() } else { format!("{why}: ") };
            let asked = format!("{why}write into `{}`?", file.name());
            if question::ask(&self.shell.console, self.session, &asked) == Heard::Yes {
                return Ok(());
            }
            self.shell.console.talk("nothing was written\n");
            return Err(Stopped::Told(exit::of_no(self.session.signal())));
        }
        let why = if why.is_empty() { "ids would be replaced" } else { why };
        self.shell.console.talk(&format!("error: nothing was written: {why}\nhint: `--yes`\n"));
        Err(Stopped::Told(exit::of_no(None)))
    }
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
        let old = if is_id { known.id.as_ref() } else { known.name.as_ref() }?;
        (*old != edit.value)
            .then(|| format!("`{}` of `{}`: {old} -> {}", edit.field, edit.binding, edit.value))
    };
    edits.iter().filter_map(of).collect()
}
