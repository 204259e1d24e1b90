//! Vectorize indexes that a wrangler config binds and nothing describes: one that is not there can't be made from the
//! binding, so the lines for the project file that would make it are shown.

use super::{Ground, Look, Refused, problem_with};
use crate::events::Event;
use crate::op::{Context, Failure};
use crate::project::file::PROJECT_FILE;
use crate::project::wrangler::{Binding, BindingKind};
use crate::reconcile::Inventory;
use crate::run::Selected;
use crate::services::vectorize::resource::Index;
use crate::system::files;
use std::fmt::Write as _;
use std::sync::Arc;

/// Refuses what is bound and not there; with `--local` it is a warning.
pub fn check(look: &Look, context: &Arc<Context>) -> Option<Refused> {
    let open = undescribed(look.selected);
    if !look.goes_by_bindings() || open.is_empty() {
        return None;
    }
    let inventory = context.shelf::<Inventory<Index>>();
    let listed = match look.run.session.runtime().block_on(inventory.all(context, None)) {
        Ok(listed) => listed,
        Err(error) => {
            let failure = Failure::of_read("the account", error);
            let bound = names(&open);
            let message = format!("whether what is bound by {bound} is there is not known: {failure}");
            look.run
                .events
                .emit(Event::Warning { message, at: open.first().map(|first| first.location.clone()) });
            return None;
        }
    };
    let is_there = |name: &str| listed.iter().any(|index| index.name == name);
    let missing: Vec<&Binding> = open
        .into_iter()
        .filter(|binding| binding.name.as_deref().is_some_and(|name| !is_there(name)))
        .collect();
    let first = *missing.first()?;
    if look.run.session.place.is_local() {
        look.run.events.emit(Event::Warning { message: message(&missing), at: Some(first.location.clone()) });
        for line in way_out(look.selected, &missing).lines() {
            look.run.events.emit(Event::Log { message: line.to_owned() });
        }
        return None;
    }
    let hint = format!("it stands at {}: {}", first.location, way_out(look.selected, &missing));
    let problem = problem_with(message(&missing), first, hint);
    Some(Refused { problem, ground: Ground::Account })
}

/// The indexes that the Worker is bound to and the project file says nothing of.
pub fn undescribed(selected: &Selected) -> Vec<&Binding> {
    let described = &selected.config.services.get("vectorize").map(|table| &table["indexes"]);
    let is_described = |name: &str| described.is_some_and(|indexes| indexes.get(name).is_some());
    let bindings = selected.worker.iter().flat_map(|(_, worker)| &worker.bindings);
    bindings
        .filter(|binding| binding.kind == BindingKind::Vectorize)
        .filter(|binding| {
            !is_described(&binding.binding) && !binding.name.as_deref().is_some_and(is_described)
        })
        .collect()
}

/// What is missing.
fn message(missing: &[&Binding]) -> String {
    let indexes: Vec<String> =
        missing.iter().map(|one| format!("`{}`", one.name.as_deref().unwrap_or_default())).collect();
    let (noun, verb) = if missing.len() == 1 { ("index", "is") } else { ("indexes", "are") };
    format!(
        "the Vectorize {noun} {} {verb} bound and not there, and a wrangler config does not say what to make",
        indexes.join(", ")
    )
}

/// The lines that would make them. Without a project file they are the whole of one, whose recipe stays `wrangler`.
pub fn way_out(selected: &Selected, missing: &[&Binding]) -> String {
    let is_new = !files::exists(&selected.folder.join(PROJECT_FILE));
    let verb = if is_new { "begin" } else { "add to" };
    let mut text =
        format!("{verb} `{PROJECT_FILE}` with these lines, and with your dimensions and metric:\n");
    if is_new {
        text.push_str("recipe = \"wrangler\"\n");
    }
    for binding in missing {
        let _ = write!(
            text,
            "\n[vectorize.indexes.{}]\ndimensions = 768\nmetric = \"cosine\"\n",
            toml_edit::Key::new(&binding.binding)
        );
    }
    text.trim_end().to_owned()
}

fn names(bindings: &[&Binding]) -> String {
    bindings.iter().map(|one| format!("`{}`", one.binding)).collect::<Vec<_>>().join(", ")
}
