//! `ids`: prints the ids and names that the Worker's bindings need.

mod write;

use super::Stopped;
use super::command_context::CommandContext;
use super::diagnostics::draw;
use super::globals::Format;
use crate::events::{Event, Recorder};
use crate::op::Guard;
use crate::project::wrangler::{BindingKinds, Entries};
use crate::report::Exit;
use crate::run::Selected;
use crate::run::bindings::not_provisioned;
use crate::run::dry_run::DryRun;
use crate::run::exit;
use crate::run::ids::copy::{ConfigCopy, ReplacePolicy};
use crate::run::ids::write::refuse;
use crate::run::ids::{self, BindingLine};
use serde_json::{Map, Value as Json, json};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

/// The formats that it has.
pub const FORMATS: &[Format] = &[Format::Text, Format::Json, Format::Toml, Format::Dotenv];

/// Print the ids and names that the Worker's bindings need
///
/// Looks up what the recipe makes sure of in the chosen environment. With `--format toml` the result can be pasted into
/// a `wrangler.toml`, with `--write` it is written there, every other byte kept; with `--out` into a copy of the config. An id
/// that is replaced, and ids of a local account, are written after a question or with `--yes`.
///
/// Examples:
///   larder ids -e production --format json
///   larder ids -e production --write
///   larder ids -e preview --set branch=pr-7 --out wrangler.pr-7.toml
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Ids {
    /// The recipe whose resources are meant; default: the one that `run` would take
    #[arg(long)]
    recipe: Option<String>,
    /// Write the ids into the wrangler configs that the project names
    #[arg(long)]
    write: bool,
    /// Write a copy of the wrangler config, with the ids and names in it
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// The wrangler config that is copied, where the project names several
    #[arg(long, value_name = "PATH", requires = "out")]
    config: Option<String>,
    /// End with 3 when something does not exist yet, or a binding without id or name is not made by the recipe
    #[arg(long)]
    exit_code: bool,
}

impl Ids {
    pub fn run(self, shell: &CommandContext) -> Result<Exit, Stopped> {
        let selected = shell.needs_selected()?;
        if self.write {
            refuse(shell, &selected)?;
        }
        let root = selected.folder.clone();
        let recipe = shell.chosen_recipe(self.recipe.as_deref(), &root)?;
        let session = &shell.open(Some(&selected), &root)?;
        let info = &session.info(Guard::default());
        let recorder = Arc::new(Recorder::default());
        let run = DryRun::of_names(session, &recipe, info, recorder.clone());
        let found = ids::find(&run, &selected)?;
        warn(shell, &recorder);
        draw(&found.played.performed, &shell.console);
        if let Some(exit) = found.ended {
            return Ok(exit);
        }
        for line in found.lines.iter().filter(|line| line.id.is_none()) {
            shell.console.talk(&format!("`{}` does not exist yet: `{}`\n", line.label, line.name));
        }
        if !found.unmade.is_empty() {
            shell.console.talk(&format!("{}\n", not_provisioned::message(&recipe, &found.unmade)));
        }
        if let Some(out) = &self.out {
            let replace = if shell.globals.yes { ReplacePolicy::Any } else { ReplacePolicy::CopiesOnly };
            let copy = ConfigCopy::of(shell, &selected, &found.lines, self.config.as_deref())?;
            for said in copy.write(&selected, &shell.folder.join(out), &out.to_string_lossy(), replace)? {
                shell.console.talk(&format!("{said}\n"));
            }
            if found.played.context.client.met_local_account() {
                shell.console.talk("note: its ids are those of a local account: no other account has them\n");
            }
        }
        if self.write {
            write::write(shell, &selected, session, &found)?;
        } else if self.out.is_none() {
            let kinds = shell.services.binding_kinds();
            shell.console.data(&render(shell.globals.format, &kinds, &selected, &found.lines));
        }
        Ok(exit::of_differences(self.exit_code, found.differs()))
    }
}

/// Says what the names rest on, where that is not certain.
fn warn(shell: &CommandContext, recorder: &Recorder) {
    for event in recorder.events() {
        if let Event::Warning { message, .. } = event {
            shell.console.talk(&format!("warning: {message}\n"));
        }
    }
}

fn render(format: Format, kinds: &BindingKinds, selected: &Selected, lines: &[BindingLine]) -> String {
    match format {
        Format::Text | Format::Ndjson | Format::Csv | Format::Sarif => {
            let width = lines.iter().map(|line| line.label.len()).max().unwrap_or_default();
            lines.iter().fold(String::new(), |mut text, line| {
                let id = line.id.as_deref().unwrap_or("(does not exist yet)");
                let _ =
                    writeln!(text, "{:<9}  {:<width$}  {}  {id}", line.kind.as_str(), line.label, line.name);
                text
            })
        }
        Format::Json => {
            let mut all = Map::new();
            for line in lines {
                let entry = json!({ "kind": line.kind.as_str(), "name": line.name, "id": line.id });
                all.insert(line.label.clone(), entry);
            }
            format!("{:#}\n", Json::Object(all))
        }
        Format::Toml => {
            let environment = selected.config.environment.wrangler_env.as_deref();
            let of_config = environment.filter(|_| !selected.workers.is_empty());
            let [_, _, ..] = selected.workers.as_slice() else {
                return toml_entries(kinds, of_config, lines);
            };
            selected.workers.iter().fold(String::new(), |text, (file, _)| {
                let lines = lines.iter().filter(|line| line.is_in(&file.name()));
                format!("{text}# {}\n{}", file.name(), toml_entries(kinds, of_config, lines))
            })
        }
        Format::Dotenv => lines.iter().filter_map(|line| Some((line, line.id.as_ref()?))).fold(
            String::new(),
            |mut text, (line, id)| {
                let _ = writeln!(text, "{}_ID={id}", variable(&line.label));
                text
            },
        ),
    }
}

/// A label as part of a variable's name.
fn variable(label: &str) -> String {
    if label.contains('/') { label.to_uppercase().replace(['/', '-', '.'], "_") } else { label.to_owned() }
}

/// `environment` is that of the wrangler config in which they stand.
fn toml_entries<'a>(
    kinds: &BindingKinds,
    environment: Option<&str>,
    lines: impl IntoIterator<Item = &'a BindingLine>,
) -> String {
    let lines: Vec<&BindingLine> = lines.into_iter().collect();
    let above = environment.map(|name| format!("env.{}.", toml_edit::Key::new(name))).unwrap_or_default();
    let mut text = String::new();
    for kind in kinds.iter() {
        for line in lines.iter().filter(|line| line.kind == kind) {
            let mut entry = toml_edit::Table::new();
            entry["binding"] = toml_edit::value(line.binding.as_str());
            for (field, value) in line.fields() {
                entry[field] = toml_edit::value(value);
            }
            let table = format!("{above}{}", kind.table());
            let _ = match kind.written_as() {
                Entries::List => write!(text, "[[{table}]]\n{entry}\n"),
                Entries::One => write!(text, "[{table}]\n{entry}\n"),
            };
        }
    }
    text
}
