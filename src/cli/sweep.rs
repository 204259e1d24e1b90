//! `sweep`: deletes the resources of branches that no longer exist.

use super::Stopped;
use super::command_context::CommandContext;
use super::confirm::Confirm;
use super::destroy::consent::DestroyPrompt;
use super::run_output::RunOutput;
use crate::op::Mode;
use crate::reconcile::DataPolicy;
use crate::report::{self, Exit, Heading};
use crate::run::dry_run::DryRun;
use crate::run::sweep::{BranchList, SweepJob, keep, sweep};
use crate::system::files;
use anyhow::{Context as _, anyhow};
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// A list of branches is no larger.
const LIST_BYTES_MAX: u64 = 1 << 20;

/// Delete what branches that are gone have left
///
/// Of an environment that every branch has for itself (`{branch}` in its templates): each name in the account is held
/// against the templates, and what belongs to a branch that is not kept goes, as with `destroy`. What something else in
/// the project could be called is listed and stays. Names that neither the project file nor the recipe has any more are not
/// looked for. An empty list of branches is refused: it rather comes from a command that has failed. Without a terminal and
/// without --yes the plan is shown and nothing is deleted.
///
/// Examples:
///   larder sweep -e preview --keep pr-7,pr-9
///   larder sweep -e preview --keep-file open.txt --with-data --yes
///   gh pr list --limit 1000 --json number --jq '.[] | "pr-\(.number)"' |
///     larder sweep -e preview --keep main --keep-file - --yes
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Sweep {
    /// A recipe of the project or a bundled one, by name or path
    ///
    /// Default: `recipe` of the project file, else `provision`
    recipe: Option<String>,
    /// Branches that are kept, as `--set branch=` has them, with commas between; repeatable
    #[arg(long, value_name = "BRANCH", value_delimiter = ',')]
    keep: Vec<String>,
    /// A file with branches that are kept, one a line, `#` begins a comment; `-` is standard input
    #[arg(long, value_name = "FILE")]
    keep_file: Option<PathBuf>,
    /// Delete what holds data, too: keys, objects, vectors, rows
    #[arg(long)]
    with_data: bool,
    #[command(flatten)]
    confirm: Confirm,
}

impl Sweep {
    pub fn run(self, shell: &CommandContext) -> Result<Exit, Stopped> {
        let selected = shell.needs_branches()?;
        let file = self.keep_file.as_deref().map(listed).transpose()?;
        let file = file.as_ref().map(|(name, text)| BranchList { name, text });
        let keep = keep(&self.keep, file.as_ref(), &selected.environments)?;
        let root = selected.folder.clone();
        let recipe = shell.chosen_recipe(self.recipe.as_deref(), &root)?;
        let guard = self.confirm.guard(Some(&selected))?;
        let session = &shell.open(Some(&selected), &root)?;
        let info = &session.info(guard);
        let heading = Heading { mode: report::Mode::Sweep, ..session.heading(Mode::Destroy, &recipe, info) };
        session.listen();
        let stage = RunOutput::set(shell, heading.clone(), session.target.clock.elapsed())?;
        let run = DryRun::of_names(session, &recipe, info, stage.events.clone());
        let data = if self.with_data { DataPolicy::Lost } else { DataPolicy::Kept };
        let consent = &DestroyPrompt { shell, session, selected: &selected, heading };
        let job = SweepJob { run: &run, selected: &selected, keep: &keep, data, consent };
        Ok(stage.end(&sweep(&job)?, false))
    }
}

/// A list of branches, and what messages call it.
fn listed(file: &Path) -> Result<(String, String), Stopped> {
    if file == Path::new("-") {
        let (name, mut text) = ("standard input".to_owned(), String::new());
        let read = std::io::stdin().take(LIST_BYTES_MAX + 1).read_to_string(&mut text);
        read.with_context(|| format!("can't read the branches that are kept from {name}"))?;
        if text.len() as u64 > LIST_BYTES_MAX {
            return Err(anyhow!("{name} has more than {LIST_BYTES_MAX} bytes").into());
        }
        return Ok((name, text));
    }
    let name = format!("`{}`", file.display());
    let text = files::read_text(file, LIST_BYTES_MAX);
    let text = text.with_context(|| format!("can't read the branches that are kept from {name}"))?;
    Ok((name, text))
}
