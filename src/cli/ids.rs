//! `ids`: what the Worker's bindings need.

use super::Stopped;
use super::bindings::{self, Look, Use};
use super::globals::Format;
use super::perform::exit_of;
use super::place::{Place, Selected};
use super::target::{Target, run_info};
use crate::events::{Recorder, Sink};
use crate::project::wrangler::{Binding, BindingKind, Format as FileFormat, IdEdit, write_ids};
use crate::report::Exit;
use crate::system::files;
use anyhow::{Context as _, anyhow};
use serde_json::{Map, Value as Json, json};
use std::fmt::Write as _;
use std::sync::Arc;

/// Print the ids and names that the Worker's bindings need
///
/// Looks up what the recipe makes sure of in the chosen environment. With `--format toml` the result can be pasted into
/// a `wrangler.toml`, with `--write` it is written there, every other byte kept.
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
    /// End with 3 when something does not exist yet
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
    pub fn run(self, place: &Place) -> Result<Exit, Stopped> {
        let selected = place.needs_selected()?;
        let root = selected.folder.clone();
        let recipe = place.chosen_recipe(self.recipe.as_deref(), &root)?;
        let target = Target::open(place, Some(&selected), &root)?;
        let info = run_info(target.clock.as_ref());
        let events: Arc<dyn Sink> = Arc::new(Recorder::default());
        let (selected, choice) = (&selected, Arc::default());
        let (target, recipe, info) = (&target, &recipe, &info);
        let look = Look { place, selected, target, recipe, info, events, choice, held: None };
        let agreed = match bindings::preflight(&look)? {
            Ok(agreed) => agreed,
            Err(refused) => return Ok(refused.tell(&place.console)),
        };
        let looked = match agreed.looked {
            Some(looked) => looked,
            None => bindings::uses(&look, agreed.bound)?,
        };
        // What could not be looked at is not missing.
        let exit = exit_of(&looked.performed, &[]);
        if exit != Exit::Done && !looked.performed.ran.incomplete {
            looked.performed.tell(&place.console);
            return Ok(exit);
        }
        let lines = lines(selected, &looked.uses);
        let missing: Vec<&Line> = lines.iter().filter(|line| line.id.is_none()).collect();
        for line in &missing {
            place.console.talk(&format!("`{}` does not exist yet: `{}`\n", line.binding, line.name));
        }
        if self.write {
            write(place, selected, &lines)?;
        } else {
            place.console.data(&render(place.globals.format, &lines)?);
        }
        let differs = self.exit_code && !missing.is_empty();
        Ok(if differs { Exit::Differences } else { Exit::Done })
    }
}

fn kind_of(service: &str) -> Option<BindingKind> {
    BindingKind::ALL.into_iter().find(|kind| kind.as_str() == service)
}

/// One line per binding; where the config has none for a resource, its logical name stands in.
fn lines(selected: &Selected, uses: &[Use]) -> Vec<Line> {
    let bindings: &[Binding] = selected.worker.as_ref().map_or(&[], |(_, worker)| &worker.bindings);
    let mut lines = Vec::new();
    for found in uses {
        let Some(kind) = kind_of(&found.op.service) else { continue };
        let logical = found.op.logical.clone().unwrap_or_else(|| found.op.resource.clone());
        let declared = selected.config.services.get(kind.as_str()).and_then(|table| {
            let mut maps = table.as_object()?.values().filter_map(|named| named.get(&logical));
            maps.find_map(|settings| settings["binding"].as_str().map(str::to_owned))
        });
        let bound = bindings.iter().find(|binding| {
            binding.kind == kind
                && bindings::use_of(selected, binding, uses).is_some_and(|used| used.op.id == found.op.id)
        });
        let binding = bound.map(|binding| binding.binding.clone()).or(declared);
        lines.push(Line {
            kind,
            binding: binding.unwrap_or_else(|| logical.to_uppercase().replace('-', "_")),
            name: found.op.resource.clone(),
            id: found.id.clone(),
        });
    }
    lines
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

fn write(place: &Place, selected: &Selected, lines: &[Line]) -> Result<(), Stopped> {
    let Some((wrangler, worker)) = &selected.worker else {
        return Err(anyhow!(
            "the project names no wrangler config\nhint: `wrangler = \"wrangler.toml\"` in larder.toml"
        )
        .into());
    };
    let edits: Vec<IdEdit> = lines
        .iter()
        .filter(|line| {
            worker.bindings.iter().any(|known| known.kind == line.kind && known.binding == line.binding)
        })
        .flat_map(|line| {
            line.fields().into_iter().map(|(field, value)| IdEdit {
                kind: line.kind,
                binding: line.binding.clone(),
                field: field.to_owned(),
                value,
            })
        })
        .collect();
    let text = files::read_text(&wrangler.path, 1 << 20)?;
    let format: FileFormat = wrangler.format;
    let written = write_ids(&text, format, selected.config.environment.wrangler_env.as_deref(), &edits)?;
    if written == text {
        place.console.talk(&format!("`{}` has them already\n", wrangler.name()));
        return Ok(());
    }
    files::write_whole(&wrangler.path, written.as_bytes())
        .with_context(|| format!("can't write `{}`", wrangler.path.display()))?;
    place.console.talk(&format!("wrote the ids into `{}`\n", wrangler.name()));
    Ok(())
}
