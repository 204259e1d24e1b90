//! Completion at a position of a text, for the session and for editors.
//!
//! **Invariant:** nothing here runs, writes, prints or fails: where something can't be known, there is no candidate.

mod candidate;
mod keys;
mod members;
mod cursor_context;
mod receiver;
mod signatures;
mod texts;
mod words;

use super::docs::Reference;
use super::host::HostFacts;
use super::known::KnownFunctions;
use super::naming::Naming;
use super::resolver::Resolver;
use crate::reconcile::ListedName;
use crate::services::Services;
pub use candidate::{Candidate, without_types};
pub use cursor_context::{Callee, CursorContext, Slot, call_around, call_at, place};
pub use receiver::path_start;
use rhai::{AST, Dynamic};
pub use signatures::Signatures;
use std::path::Path;
use std::sync::Arc;

/// What is known where something is written.
pub struct Completion<'a> {
    /// What can be provisioned.
    pub services: Services,
    /// What can be called.
    pub known: &'a KnownFunctions,
    /// `config::` and the like.
    pub facts: &'a HostFacts,
    /// The names that the project declares.
    pub naming: &'a Naming,
    pub resolver: &'a Resolver,
    /// The source from which imports begin; a session has none.
    pub source: Option<&'a str>,
    pub folder: &'a Path,
    /// The docs of every item.
    pub reference: &'a Reference,
    /// What stands elsewhere: in earlier entries, or around the text.
    pub left: &'a SessionScope,
    /// What a service has in the account.
    pub listed: &'a dyn Fn(&str) -> Arc<Vec<ListedName>>,
}

/// What stands elsewhere and can be used here.
pub struct SessionScope {
    /// Where functions without a comment are from.
    pub origin: &'static str,
    /// Variables with their values.
    pub variables: Vec<(String, Dynamic)>,
    pub functions: AST,
    pub imports: String,
}

impl Default for SessionScope {
    fn default() -> Self {
        let origin = "a function of this session";
        SessionScope { origin, variables: Vec::new(), functions: AST::default(), imports: String::new() }
    }
}

impl SessionScope {
    /// The functions of a text, of which somebody writes the line around a byte.
    pub fn of_file(text: &str, byte: usize) -> Self {
        let engine = super::engine::lenient();
        let begin = text[..byte].rfind('\n').map_or(0, |newline| newline + 1);
        let end = text[byte..].find('\n').map_or(text.len(), |length| byte + length);
        let without = || format!("{}{}", &text[..begin], &text[end..]);
        let ast = engine.compile(text).or_else(|_| engine.compile(without())).unwrap_or_default();
        SessionScope {
            origin: "a function of this file",
            functions: ast.clone_functions_only(),
            ..SessionScope::default()
        }
    }
}

impl Completion<'_> {
    /// What the end of `before` can become, and where that begins.
    pub fn candidates(&self, before: &str) -> (usize, Vec<Candidate>) {
        match place(before) {
            CursorContext::Nothing => (before.len(), Vec::new()),
            CursorContext::Text { begin, slot, is_import } => {
                let typed = &before[begin..];
                let found = match slot {
                    _ if is_import => self.imports(typed),
                    Some(slot) => self.texts(before, &slot, typed),
                    None => Vec::new(),
                };
                (begin, fitting(found, typed))
            }
            CursorContext::Member { receiver, begin } => {
                (begin, fitting(self.members(before, receiver), &before[begin..]))
            }
            CursorContext::Key { begin, slot } => {
                (begin, fitting(self.keys(before, &slot), &before[begin..]))
            }
            CursorContext::Word { begin, slot } => {
                let typed = &before[begin..];
                let values = slot.map(|slot| self.values(before, &slot)).unwrap_or_default();
                if typed.is_empty() && !values.is_empty() {
                    let quoted = |value: &String| Candidate::word(format!("{value:?}"), "");
                    return (begin, values.iter().map(quoted).collect());
                }
                (begin, self.words(before, typed))
            }
        }
    }
}

/// Those that begin as it is typed; where none does, those that differ in their case alone.
pub fn fitting(found: Vec<Candidate>, typed: &str) -> Vec<Candidate> {
    if found.iter().any(|one| one.insert.starts_with(typed)) {
        return found.into_iter().filter(|one| one.insert.starts_with(typed)).collect();
    }
    let typed = typed.to_lowercase();
    found.into_iter().filter(|one| one.insert.to_lowercase().starts_with(&typed)).collect()
}

/// Whether a text can stand as a name.
pub fn is_word(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text.chars().all(|one| one.is_ascii_alphanumeric() || one == '_')
}
