//! Calls a recipe's `real_name` without running the recipe.

use super::diagnostics::Diagnostic;
use super::engine;
use super::run::{Recipe, ScriptRuntime};
use rhai::Scope;

impl ScriptRuntime {
    /// What `name(kind, logical)` would be in `recipe`, whose `real_name` is asked where it has one.
    pub fn real_name(&self, recipe: &Recipe, kind: &str, logical: &str) -> Result<String, Vec<Diagnostic>> {
        let compile =
            |name: &str, text: &str| engine::compile(&self.engine, name, text, &self.sources, &self.known);
        let whole = compile(&recipe.name, &recipe.text).map_err(|diagnostic| vec![*diagnostic])?;
        let asked = format!("name({}, {})", literal(kind), literal(logical));
        let asked = compile("<name>", &asked).map_err(|diagnostic| vec![*diagnostic])?;
        let ran = self.eval(&whole.clone_functions_only().merge(&asked), &mut Scope::new());
        let name = ran.value.and_then(|value| value.into_string().ok());
        name.ok_or(ran.diagnostics)
    }
}

/// A text as Rhai writes it.
fn literal(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', r"\\").replace('"', "\\\""))
}
