//! `eval`: one expression against the account.

use super::Stopped;
use super::confirm::Confirm;
use super::draw::draw;
use super::shell::Shell;
use crate::events::Recorder;
use crate::op::{Mode, RunInfo};
use crate::reconcile::Placeholders;
use crate::report::{Exit, Live};
use crate::run::exit;
use crate::run::perform;
use crate::run::setting::setting;
use crate::run::target::run_info;
use crate::script::host::Bound;
use crate::script::run::Recipe;
use crate::script::show;
use std::sync::Arc;

/// Evaluate an expression against the account and print its value
///
/// Nothing is written: an `ensure` is planned. With `--write` it is done.
///
/// Examples:
///   larder eval -e development 'kv::list().map(|ns| ns.title)'
///   larder eval --local 'd1::list()'
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
#[allow(clippy::doc_markdown)] // A shell would take the marks for its own.
pub struct Eval {
    /// A script; its last expression is printed
    expression: String,
    /// Let it write
    #[arg(long)]
    write: bool,
    #[command(flatten)]
    confirm: Confirm,
}

impl Eval {
    /// Runs it.
    pub fn run(self, shell: &Shell) -> Result<Exit, Stopped> {
        let root = shell.root()?;
        let chosen = shell.options.env.is_some() || shell.environment.get("LARDER_ENV").is_some();
        let selected = if chosen { shell.selected()? } else { None };
        let guard = self.confirm.guard(selected.as_ref())?;
        let target = shell.open(selected.as_ref(), &root)?;
        let mode = if self.write { Mode::Apply } else { Mode::Plan };
        let info = RunInfo { guard, ..run_info(target.clock.as_ref()) };
        let recorder = Arc::new(Recorder::default());
        let live = Arc::new(Live::new(shell.console.clone(), shell.globals.verbosity()));
        let events = Arc::new(crate::events::Tee(vec![recorder.clone(), live.clone()]));
        let context = target.context(mode, events, &root, info)?;
        let placeholders = context.shelf::<Placeholders>();
        let setting = setting(shell, selected.as_ref(), context, &target, &root, Bound::default());
        let recipe = Recipe { name: "<eval>".to_owned(), text: self.expression };
        let performed = perform(&target, setting, &recipe);
        live.clear();
        draw(&performed, &shell.console);
        shell.console.talk(&show::planned(&recorder.events()));
        if let Some(value) = &performed.ran.value {
            shell.console.data(&placeholders.hide(&show::value(value)));
        }
        Ok(exit::of_performed(&performed, &recorder.events()))
    }
}
