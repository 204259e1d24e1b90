//! Completes the keys and values of option maps.

use super::candidate::Candidate;
use super::cursor_context::Slot;
use super::{Completion, is_word};
use crate::op::Op;
use crate::script::known::{FunctionForm, OptionKey};

impl Completion<'_> {
    /// The keys that may stand in the map at the cursor, but for those that do.
    pub(super) fn keys(&self, before: &str, slot: &Slot) -> Vec<Candidate> {
        if let Some(steps) = self.steps(slot) {
            return steps;
        }
        let Some((options, path)) = self.options(before, slot) else { return Vec::new() };
        let about = |key: &OptionKey| {
            let path = format!("{path}.{}", key.name);
            let item = self.reference.items().find(|item| item.name == path && slot.path.is_empty());
            let required = if key.required { ", required" } else { "" };
            let summary = item.map(|item| format!("  {}", item.summary)).unwrap_or_default();
            format!("{}{required}{summary}", key.kind)
        };
        let written = written_keys(before, slot);
        let free = options.iter().filter(|key| !written.contains(&key.name) && is_word(&key.name));
        free.map(|key| Candidate::new(format!("{}: ", key.name), &key.name, about(key))).collect()
    }

    /// The texts that an option may be, without their quotes.
    pub(super) fn values(&self, before: &str, slot: &Slot) -> Vec<String> {
        let Some((last, path)) = slot.path.split_last() else { return Vec::new() };
        let outer = Slot { path: path.to_vec(), ..slot.clone() };
        let Some((options, _)) = self.options(before, &outer) else { return Vec::new() };
        let Some(key) = options.into_iter().find(|key| key.name == *last) else { return Vec::new() };
        let words = key.kind.split(" | ").filter_map(|word| word.strip_prefix('"')?.strip_suffix('"'));
        words.map(str::to_owned).collect()
    }

    /// The keys of the map at the cursor, and the path of its function in the reference.
    pub fn options(&self, before: &str, slot: &Slot) -> Option<(Vec<OptionKey>, String)> {
        let kind = self.receiver_kind(before, &slot.callee);
        let name = &slot.callee.name;
        let forms = self.known.functions.get(name)?;
        let is_method = slot.callee.receiver.is_some();
        let is_own = |form: &&FunctionForm| match (&kind, form.params.first()) {
            (Some(kind), Some(first)) if is_method => first.kind == *kind,
            _ => true,
        };
        let form = forms.iter().filter(is_own).find(|form| form.options.is_some())?;
        if slot.argument + usize::from(is_method) != form.params.len() {
            return None;
        }
        let mut keys = form.options.clone()?;
        for step in slot.path.iter().filter(|step| *step != "[]") {
            keys = keys.into_iter().find(|key| key.name == *step)?.keys?;
        }
        let is_op = |op: &&Op| {
            if is_method { op.name == name && op.receiver == kind.as_deref() } else { op.path() == *name }
        };
        let path = self.services.ops().find(is_op).map_or_else(|| name.clone(), Op::path);
        Some((keys, path))
    }

    /// Of `steps(order, #{ .. })`, the steps that the order names.
    fn steps(&self, slot: &Slot) -> Option<Vec<Candidate>> {
        let is_steps = slot.callee.name == "steps" && slot.argument == 1 && slot.path.is_empty();
        let named = || self.facts.steps().into_iter().filter(|name| is_word(name));
        is_steps.then(|| named().map(|name| Candidate::new(format!("{name}: || "), name, "")).collect())
    }
}

/// The keys that the map at the cursor has already.
fn written_keys(before: &str, slot: &Slot) -> Vec<String> {
    // The name of the call stands before its bracket.
    let Some(name) = slot.begin.checked_sub(2) else { return Vec::new() };
    let arguments = crate::script::lex::call_arguments(before, name).unwrap_or_default();
    let Some(argument) = arguments.get(slot.argument) else { return Vec::new() };
    if slot.path.is_empty() {
        return argument.entries.iter().map(|entry| entry.name.clone()).collect();
    }
    let inner = argument.find(&slot.path).map(|(_, inner)| inner.entries.clone()).unwrap_or_default();
    inner.into_iter().map(|entry| entry.name).collect()
}
