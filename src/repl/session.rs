//! What lives from entry to entry: variables, functions, imports.

use crate::op::Mode;
use crate::script::check::{Before, check_entry};
use crate::script::diagnostics::{Color, Diagnostic, from_parse_error, render, site_at};
use crate::script::known::Form;
use crate::script::last_value::{LAST_VALUE, LastValue};
use crate::script::run::{Ran, Room};
use crate::script::show::ends_in_value;
use rhai::{AST, Dynamic, Scope};
use std::collections::BTreeSet;

/// The state of a session.
pub struct Session {
    room: Room,
    scope: Scope<'static>,
    /// Functions of earlier entries.
    functions: AST,
    /// `import` statements of earlier entries: an import ends with its entry, so it is repeated.
    imports: String,
    entries: usize,
    /// Where an entry means the last value.
    last_value: LastValue,
}

/// What came of an entry.
pub struct Entered {
    /// How it ended.
    pub ran: Ran,
    /// What went wrong, drawn.
    pub errors: String,
}

impl Session {
    /// A session in a room; unknown variables are found by the check of an entry.
    pub fn new(mut room: Room) -> Self {
        // An entry is compiled apart from the imports and functions before it.
        room.engine.set_strict_variables(false);
        let last_value = LastValue::of(&mut room.engine);
        let mut scope = Scope::new();
        scope.push(LAST_VALUE, Dynamic::UNIT);
        Session { room, scope, functions: AST::empty(), imports: String::new(), entries: 0, last_value }
    }

    /// The room.
    pub fn room(&self) -> &Room {
        &self.room
    }

    /// Names and values of the variables, the latest first.
    pub fn variables(&self) -> Vec<(String, rhai::Dynamic)> {
        let mut seen = Vec::<(String, rhai::Dynamic)>::new();
        for (name, _, value) in self.scope.iter() {
            if name == LAST_VALUE && value.is_unit() {
                continue;
            }
            seen.retain(|(known, _)| known != name);
            seen.insert(0, (name.to_owned(), value.clone()));
        }
        seen
    }

    /// Checks an entry, then runs it; one that fails leaves no variable behind.
    pub fn enter(&mut self, text: &str) -> Entered {
        self.entries += 1;
        let name = format!("<repl:{}>", self.entries);
        self.room.sources.add(&name, text);
        let marked = self.last_value.mark(text);
        let compile = |text: &str| self.room.engine.compile_with_scope(&self.scope, text);
        let ast = match compile(text) {
            Ok(ast) => ast,
            Err(error) => {
                let at = site_at(&name, error.position());
                let found = from_parse_error(error.err_type(), at, &self.room.sources, &self.room.known);
                return Entered {
                    errors: self.drawn(&[found]),
                    ran: Ran { refused: true, ..Ran::default() },
                };
            }
        };
        let found = self.check(&name, text);
        if !found.is_empty() {
            return Entered { errors: self.drawn(&found), ran: Ran { refused: true, ..Ran::default() } };
        }
        // What it imports is read as ever.
        drop(marked);
        let imports = compile(&self.imports).unwrap_or_else(|_| AST::empty());
        let mut whole = self.functions.merge(&imports).merge(&ast);
        whole.set_source(name.as_str());
        let before = self.scope.len();
        self.room.host.facts.texts.clear();
        let mut ran = self.room.eval(&whole, &mut self.scope);
        ran.ends_in_value = ends_in_value(text, &ast);
        let scheduler = self.room.host.scheduler();
        let context = scheduler.context();
        // What was written is there; a plan has written nothing.
        if context.mode == Mode::Apply {
            context.files.forget();
        }
        if ran.diagnostics.is_empty() {
            self.functions = whole.clone_functions_only();
            self.imports.extend(import_statements(text));
            if let Some(value) = ran.value.as_ref().filter(|value| !value.is_unit()) {
                self.scope.set_value(LAST_VALUE, value.clone());
            }
        } else {
            self.scope.rewind(before);
            // The person has seen it, and goes on.
            self.room.host.scheduler().forget_failures();
        }
        Entered { errors: self.drawn(&ran.diagnostics), ran }
    }

    /// What is wrong with an entry, told before any of it runs.
    fn check(&self, name: &str, text: &str) -> Vec<Diagnostic> {
        let mut known = self.room.known.clone();
        let mut names: BTreeSet<&str> = self.scope.iter_raw().map(|(name, _, _)| name).collect();
        for function in self.functions.iter_functions() {
            known.add(function.name, Form::of(&function.params));
            names.insert(function.name);
        }
        let before = Before { names, imports: &self.imports };
        check_entry(&self.room.engine, name, text, &self.room.resolver, &known, &before)
    }

    fn drawn(&self, found: &[Diagnostic]) -> String {
        let drawn = found.iter().map(|found| render(found, &self.room.sources, Color::Always) + "\n");
        drawn.collect()
    }
}

/// The statements of an entry that import something.
fn import_statements(text: &str) -> Vec<String> {
    let statements = text.split_inclusive(';').map(str::trim);
    statements.filter(|one| one.starts_with("import ")).map(|one| format!("{one}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_found_among_other_statements() {
        let text = "import \"std/naming\" as n; let a = 1;\nimport \"./x\" as x;\na";
        assert_eq!(import_statements(text), ["import \"std/naming\" as n;\n", "import \"./x\" as x;\n"]);
    }
}
