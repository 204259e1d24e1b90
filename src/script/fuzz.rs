//! Properties for any text that is read as a recipe.

use super::Sources;
use super::check::{check, fixture};
use super::diagnostics::{Color, render};
use super::engine::run_on_big_stack;

/// A recipe is runnable or its findings can be drawn; nothing runs, nothing panics.
///
/// # Panics
/// Where the property is violated.
pub fn recipe(text: &str) {
    let checked = run_on_big_stack(|| {
        let sources = Sources::default();
        let (engine, resolver, known) = fixture::host(None, &sources);
        let checked = check(&engine, "recipes/main.rhai", text, &resolver, &known);
        for finding in &checked.diagnostics {
            assert!(!render(finding, &sources, Color::Never).is_empty());
        }
        let is_runnable = checked.is_runnable();
        let linted = checked.linted(&resolver, &known, None);
        for finding in &linted {
            assert!(!render(finding, &sources, Color::Never).is_empty());
        }
        assert!(is_runnable || !linted.is_empty());
    });
    assert!(checked.is_ok(), "{checked:?}");
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_kept_recipes_are_checked() {
        crate::system::corpus::replay("recipe", super::recipe);
    }
}
