//! The name and id of each resource that the Worker's bindings need.

pub mod copy;
pub mod write;

use super::bindings::{self, BindingCheck, CheckedBindings, PlannedResource, not_provisioned};
use super::dry_run::{DryRun, DryRunResult};
use super::preflight::PreflightEnd;
use super::{Error, Selected, exit};
use crate::project::wrangler::{Binding, BindingKind};
use crate::report::Exit;
use crate::script::host::Bound;
use crate::services::Services;

/// What one binding needs.
pub struct BindingLine {
    /// The kind of the resource.
    pub kind: BindingKind,
    pub binding: String,
    /// The wrangler configs that have it; none where it is only the recipe's.
    pub configs: Vec<String>,
    /// The binding, with its Worker where another one binds something else by that name.
    pub label: String,
    pub name: String,
    /// Its id; `None` where it does not exist yet.
    pub id: Option<String>,
}

impl BindingLine {
    /// The field of the binding's entry, as wrangler calls it.
    pub fn fields(&self) -> Vec<(&'static str, String)> {
        let by_name = self.kind.name_field().map(|field| (field, self.name.clone()));
        let by_id = self.kind.id_field().zip(self.id.clone());
        by_name.into_iter().chain(by_id).collect()
    }

    /// Whether a config has the binding.
    pub fn is_in(&self, config: &str) -> bool {
        self.configs.iter().any(|name| name == config)
    }
}

/// What a recipe makes sure of, as bindings need it.
pub struct BindingIds<'a> {
    /// One line per binding.
    pub lines: Vec<BindingLine>,
    /// The bindings to what the recipe does not make.
    pub unmade: Vec<&'a Binding>,
    /// The dry run that found it.
    pub played: DryRunResult,
    /// The exit, where it ended before everything was looked at.
    pub ended: Option<Exit>,
}

impl BindingIds<'_> {
    /// Whether something does not exist yet, or is not made by the recipe.
    pub fn differs(&self) -> bool {
        self.lines.iter().any(|line| line.id.is_none())
            || self.unmade.iter().any(|binding| bindings::is_open(binding))
    }
}

pub fn find<'a>(run: &DryRun, selected: &'a Selected) -> Result<BindingIds<'a>, Error> {
    let CheckedBindings { bound, looked } =
        bindings::preflight(&BindingCheck { run, selected })?.map_err(PreflightEnd::from)?;
    let looked = match looked {
        Some(looked) => looked,
        None => bindings::uses(run, bound.clone())?,
    };
    let lines = lines(run.session.place.services, selected, &bound, &looked.uses);
    let unmade = not_provisioned::left_out(selected, &bound, bindings::of(selected), &looked.uses);
    // What could not be looked at is not missing.
    let performed = &looked.played.performed;
    let ended = exit::of_performed(performed, &[]).unless_done().filter(|_| !performed.ran.incomplete);
    Ok(BindingIds { lines, unmade, played: looked.played, ended })
}

/// One line per binding and resource; where no config has one for a resource, its logical name stands in.
fn lines(
    services: Services,
    selected: &Selected,
    bound: &Bound,
    uses: &[PlannedResource],
) -> Vec<BindingLine> {
    let bindings = || selected.workers.iter().flat_map(|(_, worker)| &worker.bindings);
    let kinds = services.binding_kinds();
    let mut lines: Vec<BindingLine> = Vec::new();
    for found in uses {
        let Some(kind) = kinds.of_service(&found.op.service) else { continue };
        let line = |binding: &str, label: &str| BindingLine {
            kind,
            binding: binding.to_owned(),
            configs: Vec::new(),
            label: label.to_owned(),
            name: found.op.resource.clone(),
            id: found.id.clone(),
        };
        let first = lines.len();
        for binding in bindings().filter(|binding| binding.kind == kind) {
            let used = bindings::use_of(selected, bound, binding, uses);
            if used.is_none_or(|used| used.op.id != found.op.id) {
                continue;
            }
            let at = lines[first..].iter().position(|line| line.binding == binding.binding);
            let at = at.map_or(lines.len(), |at| first + at);
            if at == lines.len() {
                let label =
                    binding.alias.as_ref().filter(|_| lines.iter().any(|one| one.label == binding.binding));
                lines.push(line(&binding.binding, label.unwrap_or(&binding.binding)));
            }
            lines[at].configs.push(binding.location.file.clone());
        }
        if lines.len() == first {
            let name = declared(selected, kind, found);
            lines.push(line(&name, &name));
        }
    }
    lines
}

/// The binding that the project file names for a resource, or one after its logical name.
fn declared(selected: &Selected, kind: BindingKind, found: &PlannedResource) -> String {
    let logical = found.op.logical.as_ref().unwrap_or(&found.op.resource);
    let declared = selected.config.services.get(kind.as_str()).and_then(|table| {
        let mut maps = table.as_object()?.values().filter_map(|named| named.get(logical));
        maps.find_map(|settings| settings["binding"].as_str().map(str::to_owned))
    });
    declared.unwrap_or_else(|| logical.to_uppercase().replace('-', "_"))
}
