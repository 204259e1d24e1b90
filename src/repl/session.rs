//! The state that lasts from entry to entry: variables, functions, imports.
//!
//! The entries are lines of one text, [`SOURCE`], so that a place in a function or closure of an earlier entry is a place in
//! that entry, whoever calls it.

use super::carried_session::{CarriedSession, holds_handle, holds_planned};
use super::entry::Entry;
use crate::op::{Mode, Scheduler};
use crate::reconcile::Placeholders;
use crate::script::check::{SessionNames, check_entry};
use crate::script::diagnostics::{Color, Diagnostic, from_parse_error, render, site_at};
use crate::script::known::FunctionForm;
use crate::script::last_value::{LAST_VALUE, LastValue};
use crate::script::run::{ScriptResult, ScriptRuntime};
use crate::script::show::ends_in_value;
use rhai::{AST, Dynamic, Scope};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The source of all entries.
pub const SOURCE: &str = "<repl>";

/// The state of a session.
pub struct Session {
    room: ScriptRuntime,
    scope: Scope<'static>,
    /// Functions of earlier entries.
    functions: AST,
    /// `import` statements of earlier entries: an import ends with its entry, so it is repeated.
    imports: String,
    entries: usize,
    /// The texts of those that succeeded.
    succeeded: Vec<String>,
    /// Where an entry means the last value.
    last_value: LastValue,
}

/// The result of an entry.
pub struct EntryResult {
    pub ran: ScriptResult,
    /// What went wrong, drawn.
    pub errors: String,
}

impl Session {
    /// A session in a room; unknown variables are found by the check of an entry.
    pub fn new(mut room: ScriptRuntime) -> Self {
        // An entry is compiled apart from the imports and functions before it.
        room.engine.set_strict_variables(false);
        let last_value = LastValue::of(&mut room.engine);
        let mut scope = Scope::new();
        scope.push(LAST_VALUE, Dynamic::UNIT);
        let (functions, imports, succeeded) = (AST::empty(), String::new(), Vec::new());
        Session { room, scope, functions, imports, entries: 0, succeeded, last_value }
    }

    pub fn room(&self) -> &ScriptRuntime {
        &self.room
    }

    /// Functions of earlier entries, and their imports.
    pub fn earlier(&self) -> (&AST, &str) {
        (&self.functions, &self.imports)
    }

    /// The texts of the entries that succeeded, in order.
    pub fn succeeded(&self) -> &[String] {
        &self.succeeded
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

    /// What another session goes on with: everything.
    pub fn carried(self) -> CarriedSession {
        let Session { scope, functions, imports, entries, succeeded, .. } = self;
        CarriedSession { scope, functions, imports, entries, succeeded }
    }

    /// Goes on with what another session had. Handles are of its account: unless that is this one's, what holds them is left
    /// out; gives its names.
    pub fn take(&mut self, carried: CarriedSession, is_same_account: bool) -> Vec<String> {
        let CarriedSession { scope, functions, imports, entries, succeeded } = carried;
        let mut dropped = Vec::new();
        for (name, is_constant, value) in scope.iter() {
            if name == LAST_VALUE {
                if is_same_account || !holds_handle(&value) {
                    self.scope.set_value(LAST_VALUE, value);
                }
            } else if !is_same_account && holds_handle(&value) {
                dropped.push(name.to_owned());
            } else if is_constant {
                self.scope.push_constant_dynamic(name, value);
            } else {
                self.scope.push_dynamic(name, value);
            }
        }
        (self.functions, self.imports) = (functions, imports);
        (self.entries, self.succeeded) = (entries, succeeded);
        dropped
    }

    /// Drops what holds something that was only planned, before its run is left; gives its names.
    pub fn drop_planned(&mut self) -> Vec<String> {
        let made_up = self.room.host.scheduler().context().extension::<Placeholders>();
        let (mut kept, mut dropped) = (Scope::new(), Vec::new());
        for (name, is_constant, value) in self.scope.iter() {
            let is_planned = holds_planned(&value, &made_up);
            match (is_planned, name == LAST_VALUE) {
                (true, true) => _ = kept.push(LAST_VALUE, Dynamic::UNIT),
                (true, false) => dropped.push(name.to_owned()),
                (false, _) if is_constant => _ = kept.push_constant_dynamic(name, value),
                (false, _) => _ = kept.push_dynamic(name, value),
            }
        }
        self.scope = kept;
        dropped
    }

    /// Checks an entry, then runs it; one that fails leaves no variable behind.
    pub fn enter(&mut self, entry: &Entry) -> EntryResult {
        let text = entry.text.as_str();
        let ast = match self.compiled(entry) {
            Ok(ast) => ast,
            Err(refused) => return refused,
        };
        let whole = self.whole(&ast);
        let before = self.scope.len();
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
            self.succeeded.push(text.to_owned());
            if let Some(value) = ran.value.as_ref().filter(|value| !value.is_unit()) {
                self.scope.set_value(LAST_VALUE, value.clone());
            }
        } else {
            self.scope.rewind(before);
            // The person has seen it, and goes on.
            self.room.host.scheduler().forget_failures();
        }
        EntryResult { errors: self.drawn(&ran.diagnostics), ran }
    }

    /// Runs an entry with other ops than those of the session, and keeps nothing of it.
    pub fn try_out(&mut self, entry: &Entry, scheduler: Arc<Scheduler>) -> EntryResult {
        let ast = match self.compiled(entry) {
            Ok(ast) => ast,
            Err(refused) => return refused,
        };
        let (whole, mut scope) = (self.whole(&ast), self.scope.clone());
        let own = self.room.host.scheduler();
        self.room.host.continue_with(scheduler);
        let ran = self.room.eval(&whole, &mut scope);
        self.room.host.scheduler().forget_failures();
        self.room.host.continue_with(own);
        EntryResult { errors: self.drawn(&ran.diagnostics), ran }
    }

    /// The tree of an entry, once nothing is wrong with it.
    fn compiled(&mut self, entry: &Entry) -> Result<AST, EntryResult> {
        self.entries += 1;
        let text = entry.text.as_str();
        let sources = &self.room.sources;
        let (name, line) = if let Some((file, line)) = &entry.file {
            (file.clone(), *line)
        } else {
            let name = format!("{}:{}>", SOURCE.trim_end_matches('>'), self.entries);
            sources.add(&name, text);
            (name, 1)
        };
        let placed = "\n".repeat(sources.append(SOURCE, text, &name, line)) + text;
        let refused = |found: &[Diagnostic]| EntryResult {
            errors: self.drawn(found),
            ran: ScriptResult { refused: true, ..ScriptResult::default() },
        };
        let marked = self.last_value.mark(&placed);
        let ast = match self.room.engine.compile_with_scope(&self.scope, &placed) {
            Ok(ast) => ast,
            Err(error) => {
                let at = site_at(SOURCE, error.position());
                let found = from_parse_error(error.err_type(), at, sources, &self.room.known);
                return Err(refused(&[found]));
            }
        };
        let all = sources.get(SOURCE).unwrap_or_default();
        let found = self.check(&placed);
        drop(marked);
        // The check takes a text that it is given for all of its source.
        sources.add(SOURCE, &all);
        if found.is_empty() { Ok(ast) } else { Err(refused(&found)) }
    }

    /// An entry with what the earlier ones have left.
    fn whole(&self, ast: &AST) -> AST {
        let imports = self.room.engine.compile_with_scope(&self.scope, &self.imports);
        let mut whole = self.functions.merge(&imports.unwrap_or_else(|_| AST::empty())).merge(ast);
        whole.set_source(SOURCE);
        self.room.host.facts.texts.clear();
        whole
    }

    /// What is wrong with an entry, told before any of it runs.
    fn check(&self, text: &str) -> Vec<Diagnostic> {
        let mut known = self.room.known.clone();
        let mut names: BTreeSet<&str> = self.scope.iter_raw().map(|(name, _, _)| name).collect();
        for function in self.functions.iter_functions() {
            known.add(function.name, FunctionForm::of(&function.params));
            names.insert(function.name);
        }
        let before = SessionNames { names, imports: &self.imports };
        check_entry(&self.room.engine, SOURCE, text, &self.room.resolver, &known, &before)
    }

    fn drawn(&self, found: &[Diagnostic]) -> String {
        let sources = &self.room.sources;
        let drawn = found.iter().map(|found| {
            let mut found = found.clone();
            found.at = sources.original(found.at);
            for frame in &mut found.frames {
                frame.at = sources.original(std::mem::take(&mut frame.at));
            }
            render(&found, sources, Color::Always) + "\n"
        });
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
