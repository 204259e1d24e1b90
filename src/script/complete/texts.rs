//! Completes inside strings: names of the account, logical names, files, variables, and the values of an option.

use super::Completion;
use super::candidate::Candidate;
use super::cursor_context::Slot;
use crate::op::{Op, ReturnShape, Ty};
use crate::script::functions;
use crate::script::lex;
use crate::script::resolver::library;
use crate::system::files;
use std::path::Path;

/// Parameters that name a file or a folder of the project.
const PATHS: &[&str] = &["file", "folder", "path"];

/// Files that one Tab shows at most.
const ENTRIES_MAX: usize = 200;

/// What a text at some place names.
enum TextMeaning {
    /// What a service has, by its name or its id.
    Resource { service: &'static str, by_id: bool },
    /// A file or folder of the project.
    Path,
}

impl Completion<'_> {
    /// Everything that the text at the cursor can be.
    pub(super) fn texts(&self, before: &str, slot: &Slot, typed: &str) -> Vec<Candidate> {
        let values = self.values(before, slot);
        if !values.is_empty() || !slot.path.is_empty() {
            return values.into_iter().map(|value| Candidate::word(value, "")).collect();
        }
        if let Some(found) = self.of_builtin(before, slot) {
            return found;
        }
        match self.named(before, slot) {
            Some(TextMeaning::Resource { service, by_id }) => self.resources(service, by_id),
            Some(TextMeaning::Path) => self.paths(typed, ""),
            None => Vec::new(),
        }
    }

    /// What `import` may be followed by.
    pub(super) fn imports(&self, typed: &str) -> Vec<Candidate> {
        let names = library().map(|name| Candidate::word(name, ""));
        names.chain(self.paths(typed, ".rhai")).collect()
    }

    fn resources(&self, service: &str, by_id: bool) -> Vec<Candidate> {
        let listed = (self.listed)(service);
        let candidate = |one: &crate::reconcile::ListedName| {
            let (insert, other) = if by_id { (&one.id, &one.name) } else { (&one.name, &one.id) };
            let about = if insert == other { "" } else { other };
            Candidate::new(quoted(insert), insert, about)
        };
        // What can't be typed is not completed.
        let is_typed = |one: &&crate::reconcile::ListedName| !one.name.chars().any(char::is_control);
        listed.iter().filter(is_typed).map(candidate).collect()
    }

    /// The entry's description of the argument at the cursor.
    fn named(&self, before: &str, slot: &Slot) -> Option<TextMeaning> {
        if let Some(builtin) = functions::builtins().find(|one| one.name == slot.callee.name) {
            let param = builtin.forms.iter().find_map(|form| form.get(slot.argument))?;
            let name = param.split(':').next().unwrap_or(param);
            return (builtin.name.contains("::") && PATHS.contains(&name)).then_some(TextMeaning::Path);
        }
        let kind = self.receiver_kind(before, &slot.callee);
        let is_method = slot.callee.receiver.is_some();
        let name = &slot.callee.name;
        let is_called = |op: &&Op| {
            if is_method {
                op.name == name && (kind.is_none() || op.receiver == kind.as_deref())
            } else {
                op.path() == *name
            }
        };
        let op =
            self.services.ops().filter(|op| self.services.named(op.service).is_some()).find(is_called)?;
        let by_id = TextMeaning::Resource { service: op.service, by_id: true };
        // As a function, a method has its receiver before its arguments.
        let Some(index) = slot.argument.checked_sub(usize::from(op.receiver.is_some() && !is_method)) else {
            return Some(by_id);
        };
        let is_its_name = index == 0
            && op.receiver.is_none()
            && matches!(op.shape, ReturnShape::Handle(_) | ReturnShape::Found(_));
        match op.run.types().get(index)? {
            Ty::Named => Some(TextMeaning::Resource { service: op.service, by_id: false }),
            Ty::Target => Some(by_id),
            Ty::Str if is_its_name => Some(TextMeaning::Resource { service: op.service, by_id: false }),
            Ty::Str => {
                op.doc.params.get(index).filter(|(name, _)| PATHS.contains(name)).map(|_| TextMeaning::Path)
            }
            _ => None,
        }
    }

    /// What functions of the host that belong to no service take.
    fn of_builtin(&self, before: &str, slot: &Slot) -> Option<Vec<Candidate>> {
        let facts = self.facts;
        let plain = |names: &mut dyn Iterator<Item = &str>| {
            names.map(|name| Candidate::new(quoted(name), name, "")).collect()
        };
        Some(match (slot.callee.name.as_str(), slot.argument) {
            ("name" | "bound", 0) => {
                self.services.iter().map(|one| Candidate::word(one.name, one.title)).collect()
            }
            ("name" | "bound", 1) => {
                let arguments = lex::call_arguments(before, slot.begin.checked_sub(2)?)?;
                let kind = before[arguments.first()?.span.clone()].trim_matches(['"', '`']);
                plain(&mut self.naming.logical_names(kind))
            }
            ("process::env", 0) => plain(&mut facts.variables.process_env.iter().map(String::as_str)),
            ("secret::env", 0) => plain(&mut facts.variables.secret_env.iter().map(String::as_str)),
            ("wrangler::config", 0) => plain(&mut facts.wrangler.iter().map(String::as_str)),
            _ => return None,
        })
    }

    /// Files and folders of the project; of files, those whose name ends so, without that.
    pub fn paths(&self, typed: &str, ending: &str) -> Vec<Candidate> {
        let folder = typed.rsplit_once('/').map_or("", |(folder, _)| folder);
        let shown = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let inside = self.folder.join(Path::new(folder.trim_start_matches('/')));
        let mut found = Vec::new();
        for (name, is_folder) in files::entries(&inside).unwrap_or_default() {
            if name.starts_with('.') || found.len() > ENTRIES_MAX {
                continue;
            }
            if is_folder {
                found.push(Candidate::word(quoted(&format!("{shown}{name}/")), ""));
            } else if let Some(name) = name.strip_suffix(ending) {
                found.push(Candidate::word(quoted(&format!("{shown}{name}")), ""));
            }
        }
        found.sort();
        found
    }
}

/// As it stands between quotes.
fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}
