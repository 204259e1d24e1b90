//! `eval`: one expression against the account.

use super::command_context::CommandContext;
use super::confirm::Confirm;
use super::diagnostics::{self, draw};
use super::{Stopped, formats, interrupt};
use crate::op::{Mode, Value};
use crate::report::values::{self, View, render};
use crate::report::{Exit, LiveView};
use crate::run::eval::{EvalContext, rests_on_environment};
use crate::run::{exit, workspace};
use crate::script::show;
use anyhow::{Context as _, anyhow};
use std::io::Read as _;
use std::path::PathBuf;
use std::sync::Arc;

/// An expression is written by hand.
const EXPRESSION_BYTES_MAX: u64 = 256 * 1024;

/// A program would take the words for the value.
const NOT_KNOWN: &str = "error: the value is only known after apply, so nothing is printed\nhint: `--write` makes it, `find` gives what is there\n";

/// Evaluate an expression against the account and print its value
///
/// Nothing is written: an `ensure` is planned. With `--write` it is done. A text prints as itself, a list of alike things as
/// a table that fits the terminal; a semicolon at the end keeps the value back. With `--format json`, `ndjson` or `csv` the
/// value alone is on standard output: handles as their properties, `()` as null. A text keeps every character where
/// a program reads it. Needs no environment, project or credentials
/// unless the expression does.
///
/// Examples:
///   larder eval -e development 'kv::list().map(|ns| ns.title)'
///   larder eval --local 'd1::list()' --format json
///   id=$(larder eval 'kv::find("SESSIONS").id')
///   larder eval - < expression.rhai
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
#[allow(clippy::doc_markdown)] // A shell would take the marks for its own.
pub struct Eval {
    /// A script; its last expression is printed; `-` reads it from standard input
    #[arg(required_unless_present = "file", allow_negative_numbers = true)]
    expression: Option<String>,
    /// Read the script from a file
    #[arg(long, value_name = "PATH", conflicts_with = "expression")]
    file: Option<PathBuf>,
    /// Let it write
    #[arg(long)]
    write: bool,
    /// Print every column, and cut nothing
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    confirm: Confirm,
}

impl Eval {
    pub fn run(self, shell: &CommandContext) -> Result<Exit, Stopped> {
        let root = shell.root()?;
        let expression = self.expression(shell)?;
        let selected = match shell.selected_if_named()? {
            // The refusal says which environments there are.
            None if rests_on_environment(&expression) => shell.selected()?,
            named => named,
        };
        let guard = self.confirm.guard(selected.as_ref())?;
        let ground =
            EvalContext::open(shell, selected.as_ref(), &root, interrupt::on(shell.console.clone()))?;
        if let Some(account) = ground.account() {
            shell.console.hide_account(account);
        }
        let mode = if self.write { Mode::Apply } else { Mode::Plan };
        let live = Arc::new(LiveView::new(shell.console.clone(), shell.globals.verbosity()));
        let evaluated = ground.eval(mode, guard, expression, live.clone())?;
        live.clear();
        draw(&evaluated.performed, &shell.console);
        shell.console.talk(&show::planned(&evaluated.events));
        let ran = &evaluated.performed.ran;
        let is_marker = ran.ends_in_value && evaluated.value.as_ref().is_some_and(Value::is_marker);
        if ran.has_errors() || is_marker {
            shell.console.talk(&show::written(&evaluated.events));
        }
        let format = formats::of_values(shell.globals.format);
        let raw = shell.console.is_for_programs();
        let view = View { all: self.all, whole: "--all", raw, ..View::of(&shell.console, format) };
        let is_wanted = evaluated.performed.ran.ends_in_value || format != values::Format::Table;
        let value = evaluated.value.as_ref().filter(|_| is_wanted);
        if matches!(value, Some(Value::NotKnown)) && raw {
            shell.console.talk(NOT_KNOWN);
            return Ok(exit::worst([evaluated.exit, exit::of_findings(true)]));
        }
        if let Some(value) = value {
            let text = render(value, &view);
            if raw { shell.console.verbatim(&text) } else { shell.console.data(&text) }
        }
        Ok(diagnostics::lost_output(&shell.console, evaluated.exit, exit::has_changed(&evaluated.events)))
    }

    /// The text that is evaluated.
    fn expression(&self, shell: &CommandContext) -> anyhow::Result<String> {
        if let Some(file) = &self.file {
            return workspace::expression(shell.script(file, &shell.folder)?);
        }
        let expression = self.expression.clone().unwrap_or_default();
        if expression != "-" {
            return workspace::expression(expression);
        }
        let mut text = String::new();
        let input = std::io::stdin().take(EXPRESSION_BYTES_MAX + 1);
        std::io::BufReader::new(input).read_to_string(&mut text).context("can't read standard input")?;
        if text.len() as u64 > EXPRESSION_BYTES_MAX {
            return Err(anyhow!(
                "the expression on standard input is longer than {EXPRESSION_BYTES_MAX} bytes"
            ));
        }
        workspace::expression(text)
    }
}
