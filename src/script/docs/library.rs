//! Documents the standard library from its comments.

use super::item::{Item, ItemKind, Section};
use crate::script::engine;
use crate::script::resolver::{library, library_text};
use rhai::FnAccess;

/// A section for each module.
pub(super) fn sections() -> Vec<Section> {
    library().filter_map(|name| module(name, library_text(name)?)).collect()
}

/// The functions of a file that is imported as `name`.
pub fn module(name: &str, text: &str) -> Option<Section> {
    let ast = engine::lenient().compile(text).ok()?;
    let about: Vec<&str> = text
        .lines()
        .map_while(|line| line.strip_prefix("//!"))
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let public = ast.iter_functions().filter(|function| function.access == FnAccess::Public);
    // In the order of the text.
    let place = |function: &str| text.find(&format!("fn {function}("));
    let mut items: Vec<(Option<usize>, Item)> = public
        .filter(|function| !function.name.contains('$'))
        .map(|function| {
            let path = format!("{name}::{}", function.name);
            let comment = function.comments.join("\n");
            let lines = comment.lines().map(|line| line.trim_start_matches('/').trim());
            let form = format!("{path}({})", function.params.join(", "));
            let summary = lines.collect::<Vec<_>>().join(" ");
            (place(function.name), Item::new(path, ItemKind::Function, form, summary))
        })
        .collect();
    items.sort_by_key(|(place, _)| *place);
    Some(Section {
        title: format!("`{name}`"),
        name: name.to_owned(),
        about: format!("`import \"{name}\" as name;` {}", about.join(" ")),
        items: items.into_iter().map(|(_, item)| item).collect(),
    })
}
