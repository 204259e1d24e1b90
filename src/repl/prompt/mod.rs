//! The line editor's helper: completion, hints, colours, and whether an entry is complete.
//!
//! **Invariant:** nothing here writes, prints or fails: where something can't be known, there is no candidate.

mod command_line;
mod highlight;
mod hint;
mod layout;
mod names;

#[cfg(test)]
mod tests;

use super::commands::split;
use super::exploration::Exploration;
use crate::run::reference::reference;
use crate::script::complete::{Candidate, Completion, SessionScope};
use crate::script::docs::Reference;
use crate::script::host::Host;
use crate::script::known::KnownFunctions;
use crate::script::lex;
use crate::script::resolver::Resolver;
use crate::services::Services;
use hint::InlineHint;
use layout::laid_out;
use names::AccountNames;
use rustyline::completion::{Completer, Pair};
use rustyline::hint::Hinter;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Context, Helper, Result};
use std::cell::{Cell, OnceCell, RefCell};
use std::path::PathBuf;
use std::sync::Arc;

/// What the line editor asks.
pub struct Prompt {
    services: Services,
    known: KnownFunctions,
    host: Arc<Host>,
    resolver: Resolver,
    folder: PathBuf,
    environments: Vec<String>,
    /// Made when it is first asked for.
    reference: OnceCell<Reference>,
    names: AccountNames,
    near: RefCell<SessionScope>,
    /// An entry that is not finished yet.
    open: RefCell<String>,
    looks: PromptStyle,
}

/// The terminal, and how it shows things.
#[allow(clippy::struct_excessive_bools)] // Each is an answer of its own.
pub struct PromptStyle {
    is_colored: bool,
    is_interactive: bool,
    is_protected: bool,
    /// Whether the line is still being typed.
    is_typing: Cell<bool>,
    columns: Cell<usize>,
    label_width: Cell<usize>,
}

impl PromptStyle {
    /// Of a terminal that can show colours or not; somebody types, or a pipe is read.
    pub fn new(is_colored: bool, is_interactive: bool) -> Self {
        let (is_typing, columns, label_width) = (Cell::new(true), Cell::new(80), Cell::new(0));
        PromptStyle { is_colored, is_interactive, is_protected: false, is_typing, columns, label_width }
    }
}

impl Prompt {
    /// Over what an exploration can call and has; nothing is asked of the account yet.
    pub fn of(exploration: &Exploration<'_>, looks: PromptStyle) -> Self {
        let (room, opened) = (exploration.session().room(), exploration.opened());
        Prompt {
            services: room.services,
            known: room.known.clone(),
            host: room.host.clone(),
            resolver: Resolver::new(Some(opened.root), crate::script::Sources::default()),
            folder: opened.root.to_owned(),
            environments: exploration.environments(),
            reference: OnceCell::new(),
            names: AccountNames::new(
                room.services,
                opened.runtime().clone(),
                exploration.silent_context().ok(),
            ),
            near: RefCell::default(),
            open: RefCell::default(),
            looks: PromptStyle { is_protected: exploration.protected().is_some(), ..looks },
        }
    }

    /// Takes note of the terminal before a line is read: its columns, and those of the label.
    pub fn measure(&self, columns: usize, label: &str) {
        self.looks.columns.set(columns);
        self.looks.label_width.set(label.chars().count());
    }

    /// What was begun and never finished when the input ended.
    pub fn unfinished(&self) -> Option<String> {
        Some(self.open.take()).filter(|text| !text.is_empty())
    }

    /// Takes note of what entries have left.
    pub fn note(&self, exploration: &Exploration<'_>) {
        let session = exploration.session();
        let (functions, imports) = session.earlier();
        let (functions, imports) = (functions.clone(), imports.to_owned());
        self.names.ask_by(exploration.silent_context().ok());
        *self.near.borrow_mut() =
            SessionScope { variables: session.variables(), functions, imports, ..SessionScope::default() };
    }

    /// What the account has may have changed.
    pub fn forget_names(&self) {
        self.names.forget();
    }

    fn reference(&self) -> &Reference {
        self.reference.get_or_init(|| reference(self.services))
    }

    /// Asks of what is known where an entry is written.
    fn completion<T>(&self, ask: impl FnOnce(&Completion<'_>) -> T) -> T {
        let near = self.near.borrow();
        ask(&Completion {
            services: self.services,
            known: &self.known,
            facts: &self.host.facts,
            naming: &self.host.naming,
            resolver: &self.resolver,
            source: None,
            folder: &self.folder,
            reference: self.reference(),
            left: &near,
            listed: &|service| self.names.of(service),
        })
    }

    /// What the line can become whose cursor stands at `at`, and where that begins.
    fn candidates(&self, line: &str, at: usize) -> (usize, Vec<Candidate>) {
        let before = line.get(..at).unwrap_or_default();
        if before.starts_with(':') {
            if let Some(found) = self.command_line(before) {
                return found;
            }
            let entry = split(before).map_or("", |(_, entry)| entry);
            // The entry keeps the space after its last word.
            let begin = before.len() - before[before.find(entry).unwrap_or(before.len())..].len();
            let (at, found) = self.completion(|on| on.candidates(&before[begin..]));
            return (begin + at, found);
        }
        self.completion(|on| on.candidates(before))
    }
}

impl Completer for Prompt {
    type Candidate = Pair;

    fn complete(&self, line: &str, at: usize, _: &Context<'_>) -> Result<(usize, Vec<Pair>)> {
        let (begin, mut found) = self.candidates(line, at);
        // The list goes to the terminal as it is.
        let is_shown = |text: &str| self.host.redactor.redact(text) == text;
        found.retain(|one| is_shown(&one.insert) && is_shown(&one.about));
        Ok((begin, laid_out(found, self.looks.columns.get())))
    }
}

impl Hinter for Prompt {
    type Hint = InlineHint;

    fn hint(&self, line: &str, at: usize, context: &Context<'_>) -> Option<InlineHint> {
        self.inline_hint(line, at, context)
    }
}

impl Validator for Prompt {
    fn validate(&self, context: &mut ValidationContext) -> Result<ValidationResult> {
        let input = context.input();
        // Two empty lines end what nobody finishes.
        let is_given_up = self.looks.is_interactive && input.ends_with("\n\n");
        let open = !input.trim_start().starts_with(':') && lex::incomplete(input) && !is_given_up;
        self.open.replace(if open { input.to_owned() } else { String::new() });
        Ok(if open { ValidationResult::Incomplete } else { ValidationResult::Valid(None) })
    }
}

impl Helper for Prompt {}
