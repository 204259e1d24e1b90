//! `ids`: what the Worker's bindings need.

mod write;

use super::Stopped;
use super::bindings::{self, Agreed, Asked, Look, Use, unmade};
use super::draw::draw;
use super::globals::Format;
use super::shell::Shell;
use crate::events::{Event, Recorder, Sink};
use crate::project::wrangler::{Binding, BindingKind};
use crate::report::Exit;
use crate::run::Selected;
use crate::run::exit;
use crate::run::target::run_info;
use crate::script::host::Bound;
use anyhow::anyhow;
use serde_json::{Map, Value as Json, json};
use std::fmt::Write as _;
use std::sync::Arc;
use write::{Writing, refuse_local};

/// Print the ids and names that the Worker's bindings need
///
/// Looks up what the recipe makes sure of in the chosen environment. With `--format toml` the result can be pasted into
/// a `wrangler.toml`, with `--write` it is written there, every other byte kept. An id that is replaced, and ids of a local
/// account, are written after a question or with `--yes`.
///
/// Examples:
///   larder ids -e production --format json
///   larder ids -e production --write
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Ids {
    /// The recipe whose resources are meant; default: the one that `run` would take
    #[arg(long)]
    recipe: Option<String>,
    /// Write the ids into the wrangler config that the project names
    #[arg(long)]
    write: bool,
    /// End with 3 when something does not exist yet, or a binding without id or name is not made by the recipe
    #[arg(long)]
    exit_code: bool,
}

/// One line of the result.
struct Line {
    kind: BindingKind,
    binding: String,
    name: String,
    id: Option<String>,
}

impl Line {
    /// What the binding's entry holds, as wrangler calls it.
    fn fields(&self) -> Vec<(&'static str, String)> {
        let by_name = self.kind.name_field().map(|field| (field, self.name.clone()));
        let by_id = self.kind.id_field().zip(self.id.clone());
        by_name.into_iter().chain(by_id).collect()
    }
}

impl Ids {
    /// Runs it.
    pub fn run(self, shell: &Shell) -> Result<Exit, Stopped> {
        let selected = shell.needs_selected()?;
        if self.write {
            refuse_local(shell, &selected)?;
        }
        let root = selected.folder.clone();
        let recipe = shell.chosen_recipe(self.recipe.as_deref(), &root)?;
        let target = shell.open(Some(&selected), &root)?;
        let info = run_info(target.clock.as_ref());
        let recorder = Arc::new(Recorder::default());
        let events: Arc<dyn Sink> = recorder.clone();
        let (selected, choice) = (&selected, Arc::default());
        let (target, recipe, info) = (&target, &recipe, &info);
        let (held, asked) = (None, Asked::Names);
        let look = Look { place: shell, selected, target, recipe, info, events, choice, held, asked };
        let Agreed { bound, looked } = match bindings::preflight(&look)? {
            Ok(agreed) => agreed,
            Err(refused) => return Ok(refused.tell(&shell.console)),
        };
        let looked = match looked {
            Some(looked) => looked,
            None => bindings::uses(&look, bound.clone())?,
        };
        warn(shell, &recorder);
        // What could not be looked at is not missing.
        let exit = exit::of_performed(&looked.performed, &[]);
        if exit != Exit::Done {
            draw(&looked.performed, &shell.console);
            if !looked.performed.ran.incomplete {
                return Ok(exit);
            }
        }
        let lines = lines(selected, &bound, &looked.uses);
        let missing: Vec<&Line> = lines.iter().filter(|line| line.id.is_none()).collect();
        for line in &missing {
            shell.console.talk(&format!("`{}` does not exist yet: `{}`\n", line.binding, line.name));
        }
        let unmade = unmade::left_out(selected, &bound, look.bindings(), &looked.uses);
        if !unmade.is_empty() {
            let told = unmade::message(recipe, &unmade);
            shell.console.talk(&format!("{told}\n"));
        }
        if self.write {
            let is_local = looked.context.client.met_local_account();
            let exit = Writing { shell, selected, target, is_local, lines: &lines }.run()?;
            if exit != Exit::Done {
                return Ok(exit);
            }
        } else {
            shell.console.data(&render(shell.globals.format, &lines)?);
        }
        let differs = !missing.is_empty() || unmade.iter().any(|binding| bindings::is_open(binding));
        Ok(exit::of_differences(self.exit_code, differs))
    }
}

/// Says what the names rest on, where that is not certain.
fn warn(shell: &Shell, recorder: &Recorder) {
    for event in recorder.events() {
        if let Event::Warning { message, .. } = event {
            shell.console.talk(&format!("warning: {message}\n"));
        }
    }
}

fn kind_of(service: &str) -> Option<BindingKind> {
    BindingKind::ALL.into_iter().find(|kind| kind.as_str() == service)
}

/// One line per binding; where the config has none for a resource, its logical name stands in.
fn lines(selected: &Selected, bound: &Bound, uses: &[Use]) -> Vec<Line> {
    let bindings: &[Binding] = selected.worker.as_ref().map_or(&[], |(_, worker)| &worker.bindings);
    let mut lines = Vec::new();
    for found in uses {
        let Some(kind) = kind_of(&found.op.service) else { continue };
        let is_for = |binding: &&Binding| {
            let used = bindings::use_of(selected, bound, binding, uses);
            binding.kind == kind && used.is_some_and(|used| used.op.id == found.op.id)
        };
        let mut names: Vec<String> =
            bindings.iter().filter(is_for).map(|binding| binding.binding.clone()).collect();
        if names.is_empty() {
            names.push(declared(selected, kind, found));
        }
        let (name, id) = (&found.op.resource, &found.id);
        lines.extend(names.into_iter().map(|binding| {
            let (name, id) = (name.clone(), id.clone());
            Line { kind, binding, name, id }
        }));
    }
    lines
}

/// The binding that the project file names for a resource, or one after its logical name.
fn declared(selected: &Selected, kind: BindingKind, found: &Use) -> String {
    let logical = found.op.logical.as_ref().unwrap_or(&found.op.resource);
    let declared = selected.config.services.get(kind.as_str()).and_then(|table| {
        let mut maps = table.as_object()?.values().filter_map(|named| named.get(logical));
        maps.find_map(|settings| settings["binding"].as_str().map(str::to_owned))
    });
    declared.unwrap_or_else(|| logical.to_uppercase().replace('-', "_"))
}

fn render(format: Format, lines: &[Line]) -> Result<String, Stopped> {
    Ok(match format {
        Format::Text => {
            let width = lines.iter().map(|line| line.binding.len()).max().unwrap_or_default();
            lines.iter().fold(String::new(), |mut text, line| {
                let id = line.id.as_deref().unwrap_or("(does not exist yet)");
                let _ = writeln!(
                    text,
                    "{:<9}  {:<width$}  {}  {id}",
                    line.kind.as_str(),
                    line.binding,
                    line.name
                );
                text
            })
        }
        Format::Json => {
            let mut all = Map::new();
            for line in lines {
                let entry = json!({ "kind": line.kind.as_str(), "name": line.name, "id": line.id });
                all.insert(line.binding.clone(), entry);
            }
            format!("{:#}\n", Json::Object(all))
        }
        Format::Toml => toml_entries(lines),
        Format::Dotenv => lines.iter().filter_map(|line| Some((line, line.id.as_ref()?))).fold(
            String::new(),
            |mut text, (line, id)| {
                let _ = writeln!(text, "{}_ID={id}", line.binding);
                text
            },
        ),
        Format::Ndjson => {
            return Err(anyhow!("`ids` has no such format\nhint: text, json, toml or dotenv").into());
        }
    })
}

fn toml_entries(lines: &[Line]) -> String {
    let mut text = String::new();
    for kind in BindingKind::ALL {
        for line in lines.iter().filter(|line| line.kind == kind) {
            let mut entry = toml_edit::Table::new();
            entry["binding"] = toml_edit::value(line.binding.as_str());
            for (field, value) in line.fields() {
                entry[field] = toml_edit::value(value);
            }
            let _ = write!(text, "[[{}]]\n{entry}\n", kind.table());
        }
    }
    text
}
