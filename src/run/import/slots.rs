//! The table of each service in the project file: a list of names, or a map of names with options.
//!
//! **Invariant:** what a table can't say is left to a recipe, and nothing is said twice.

use super::account_content::ImportedResource;
use super::templates::ImportNames;
use crate::script::resolver::library_text;
use crate::services::Service;
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// The module that makes what tables name.
const PROVISION: &str = "std/provision";

pub(super) struct Divided {
    /// By service, in their order.
    pub(super) tables: Vec<Table>,
    /// What the project file can't say.
    pub(super) by_recipe: Vec<ImportedResource>,
}

/// The table of a service.
pub(super) struct Table {
    pub(super) service: &'static Service,
    /// `namespaces`, `buckets`, ...
    pub(super) key: String,
    /// Logical names, with what they stand for.
    pub(super) entries: Vec<(String, ImportedResource)>,
    /// Whether it is a list of names.
    pub(super) is_list: bool,
}

/// Where a service's table has what it names.
struct Slot {
    key: String,
    takes_list: bool,
    /// The options that an entry of a map may have.
    options: Option<BTreeSet<String>>,
}

/// Divides things between the project file and a recipe.
pub(super) fn part(things: &[ImportedResource], names: &ImportNames) -> Divided {
    let mut divided = Divided { tables: Vec::new(), by_recipe: Vec::new() };
    for thing in things {
        let slot = slot(thing.service).filter(|slot| slot.takes(thing));
        let (Some(slot), logical) = (slot, names.logical(thing)) else {
            divided.by_recipe.push(thing.clone());
            continue;
        };
        let at = divided.tables.iter().position(|table| table.service.name == thing.service.name);
        let at = at.unwrap_or_else(|| {
            let (key, is_list) = (slot.key.clone(), slot.takes_list);
            divided.tables.push(Table { service: thing.service, key, entries: Vec::new(), is_list });
            divided.tables.len() - 1
        });
        let table = &mut divided.tables[at];
        table.is_list &= thing.options.is_empty() || slot.options.is_none();
        table.entries.push((logical, thing.clone()));
    }
    divided
}

/// The slot of a service whose table the bundled recipe goes by.
fn slot(service: &Service) -> Option<Slot> {
    let ensure = format!("{}::ensure(", service.name);
    if !library_text(PROVISION).is_some_and(|text| text.contains(&ensure)) {
        return None;
    }
    let schema = (service.table)().to_value();
    let properties = schema["properties"].as_object()?;
    properties.iter().find_map(|(key, property)| {
        let forms = alternatives(property, &schema);
        let takes_list = forms.iter().any(|form| form["items"]["type"] == "string");
        let options = forms.iter().find_map(|form| {
            let entry = form.get("additionalProperties").filter(|entry| entry.is_object())?;
            let entry = resolved(entry, &schema);
            Some(
                entry["properties"].as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect(),
            )
        });
        (takes_list || options.is_some()).then(|| Slot { key: key.clone(), takes_list, options })
    })
}

/// A schema, or those of which one is to fit.
fn alternatives<'a>(property: &'a Json, root: &'a Json) -> Vec<&'a Json> {
    let property = resolved(property, root);
    let any = ["anyOf", "oneOf"].into_iter().find_map(|key| property[key].as_array());
    any.map_or_else(|| vec![property], |any| any.iter().map(|one| resolved(one, root)).collect())
}

fn resolved<'a>(schema: &'a Json, root: &'a Json) -> &'a Json {
    let pointer = schema["$ref"].as_str().and_then(|name| name.strip_prefix('#'));
    pointer.and_then(|pointer| root.pointer(pointer)).unwrap_or(schema)
}

impl Slot {
    fn takes(&self, thing: &ImportedResource) -> bool {
        let is_known =
            |option: &String| self.options.as_ref().is_some_and(|options| options.contains(option));
        thing.options.keys().all(is_known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::SERVICES;

    #[test]
    fn every_service_has_its_slot() {
        let shown = |service: &&Service| {
            let slot = slot(service).unwrap();
            let options = slot.options.map_or(0, |options| usize::from(!options.is_empty()));
            format!("{} {} {}", slot.key, slot.takes_list, options)
        };
        let found: Vec<String> = SERVICES.iter().map(|service| shown(&&**service)).collect();
        assert_eq!(
            found,
            [
                "namespaces true 0",
                "buckets true 1",
                "indexes false 1",
                "gateways false 1",
                "databases false 1"
            ]
        );
    }
}
