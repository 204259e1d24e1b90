//! Documents the functions of services and of the host, and the properties of their handles.

use super::item::{Item, ItemKind, Section};
use super::{op_page, options, signature};
use crate::op::{HandleDoc, Op};
use crate::script::builtins::{BUILTINS, Builtin};
use crate::script::functions;
use crate::services::Services;

/// A section for each service, and one for `cf`.
pub(super) fn services(services: Services) -> Vec<Section> {
    let known: Vec<&HandleDoc> = services.handles().collect();
    let section = |title: &str, name: &str| {
        let ops: Vec<&'static Op> = services.ops().filter(|op| op.service == name).collect();
        let mut items: Vec<Item> = ops.iter().copied().map(function).collect();
        let mut seen = Vec::new();
        for op in &ops {
            let kind = op.shape.handle();
            if let Some(handle) = known.iter().find(|one| one.kind == kind)
                && !seen.contains(&kind)
            {
                seen.push(kind);
                items.extend(properties(
                    handle,
                    ops.iter().find(|op| op.name == "ensure" && op.shape.handle() == kind),
                ));
            }
        }
        items.extend(ops.iter().copied().flat_map(option_items));
        Section { title: title.to_owned(), name: name.to_owned(), about: String::new(), items }
    };
    let mut sections: Vec<Section> = services.iter().map(|one| section(one.title, one.name)).collect();
    sections.push(section("Any other endpoint", "cf"));
    sections
}

fn function(op: &'static Op) -> Item {
    let mut item = Item::new(op.title(), ItemKind::Function, signature(op), op.doc.summary);
    item.page = op_page(op);
    item.op = Some(op);
    item
}

/// What a handle has: what is written down of it, and the options of what makes it.
fn properties(handle: &HandleDoc, ensure: Option<&&'static Op>) -> Vec<Item> {
    let property = |name: &str, kind: &str, meaning: &str| {
        let name = format!("{}.{name}", handle.kind);
        Item::new(&name, ItemKind::Property, format!("{name}: {kind}"), meaning)
    };
    let own = handle.properties.iter().map(|(name, kind, meaning)| property(name, kind, meaning));
    let of_options = ensure.map(|op| options(op)).unwrap_or_default();
    let is_own = |name: &str| handle.properties.iter().any(|(own, ..)| *own == name);
    let rest = of_options.iter().filter(|(name, ..)| !is_own(name));
    own.chain(rest.map(|(name, kind, meaning)| property(name, kind, meaning))).collect()
}

fn option_items(op: &'static Op) -> Vec<Item> {
    let item = |(name, kind, meaning): (String, String, String)| {
        Item::new(
            format!("{}.{name}", op.path()),
            ItemKind::Option,
            format!("{} #{{ {name}: {kind} }}", op.title()),
            meaning,
        )
    };
    options(op).into_iter().map(item).collect()
}

/// The functions that send nothing.
pub(super) fn computing() -> Section {
    let item = |function: &'static functions::Function| {
        let builtin = &function.builtin;
        let item = Item::new(builtin.name, ItemKind::Function, "", builtin.summary);
        Item { forms: function.forms(), page: function.page(), function: Some(function), ..item }
    };
    Section {
        title: "Functions that send nothing".to_owned(),
        name: "functions".to_owned(),
        about: String::new(),
        items: functions::all().map(item).collect(),
    }
}

/// The functions of the host that belong to no service.
pub(super) fn everywhere() -> Section {
    let item = |builtin: &Builtin| {
        let forms =
            builtin.forms.iter().map(|params| format!("{}({})", builtin.name, params.join(", "))).collect();
        Item { forms, ..Item::new(builtin.name, ItemKind::Function, "", builtin.summary) }
    };
    Section {
        title: "Everywhere".to_owned(),
        name: "everywhere".to_owned(),
        about: String::new(),
        items: BUILTINS.iter().map(item).collect(),
    }
}
