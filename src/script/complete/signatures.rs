//! The signatures of a call that is being written.

use super::Completion;
use super::cursor_context::Slot;
use crate::op::Op;
use crate::script::docs::{Item, ItemKind, signature};
use crate::script::known::FunctionForm;

/// The signatures of a function, with their docs.
pub struct Signatures {
    /// `kv::ensure(title: string, [options: map]) -> KvNamespace`: at least one.
    pub forms: Vec<String>,
    /// One sentence, where there is one.
    pub summary: String,
    /// What the parameters mean, by their names.
    pub params: &'static [(&'static str, &'static str)],
}

impl Completion<'_> {
    /// How what is called at a place is called, in its longest form.
    pub fn signature(&self, before: &str, slot: &Slot) -> Option<String> {
        self.signatures(before, slot)?.forms.pop()
    }

    /// All ways to call what is called at a place, the shortest first.
    pub fn signatures(&self, before: &str, slot: &Slot) -> Option<Signatures> {
        let name = &slot.callee.name;
        if slot.callee.receiver.is_some() {
            let kind = self.receiver_kind(before, &slot.callee)?;
            return self.method(&kind, name);
        }
        if let Some((alias, function)) = name.split_once("::")
            && let Some(path) = self.aliases(before).get(alias)
        {
            let functions = self.functions_of(path);
            let item = functions.iter().find(|item| item.last_name() == function)?;
            let form = format!("{alias}{}", item.forms.first()?.strip_prefix(path.as_str())?);
            return Some(Signatures { forms: vec![form], summary: item.summary.clone(), params: &[] });
        }
        let own = self.left.functions.iter_functions().find(|function| function.name == name);
        if let Some(own) = own {
            let comment = own.comments.join("\n");
            let lines = comment.lines().map(|line| line.trim_start_matches(['/', '*']).trim());
            let (forms, summary) =
                (vec![format!("{name}({})", own.params.join(", "))], lines.collect::<Vec<_>>().join(" "));
            return Some(Signatures { forms, summary, params: &[] });
        }
        let item = self.reference.items().find(|item| item.name == *name && item.sort == ItemKind::Function);
        if let Some(item) = item {
            return Some(of_item(item));
        }
        let forms = self.known.functions.get(name)?.iter().map(|form| format!("{name}{form}")).collect();
        let summary = self.item(name).map(|item| item.summary.clone()).unwrap_or_default();
        Some(Signatures { forms, summary, params: &[] }).filter(|found| !found.forms.is_empty())
    }

    /// A method of a value of a type.
    pub fn method(&self, kind: &str, name: &str) -> Option<Signatures> {
        let is_op = |op: &&Op| op.name == name && op.receiver == Some(kind);
        if let Some(op) = self.services.ops().find(is_op) {
            let forms = vec![signature(op)];
            return Some(Signatures { forms, summary: op.doc.summary.to_owned(), params: op.doc.params });
        }
        let takes =
            |form: &&FunctionForm| form.params.first().is_some_and(|first| is_kind(&first.kind, kind));
        let without_first = |form: &FunctionForm| {
            let rest = FunctionForm { params: form.params[1..].to_vec(), ..form.clone() };
            format!("{name}{rest}")
        };
        let forms: Vec<String> =
            self.known.functions.get(name)?.iter().filter(takes).map(without_first).collect();
        let summary = self.item(name).map(|item| item.summary.clone()).unwrap_or_default();
        Some(Signatures { forms, summary, params: &[] }).filter(|found| !found.forms.is_empty())
    }
}

/// Whether a parameter takes values of a type.
pub(super) fn is_kind(param: &str, kind: &str) -> bool {
    param.split(" or ").any(|one| one == kind || (one == "array" && kind == "list"))
}

fn of_item(item: &Item) -> Signatures {
    let params = item.op.map_or(&[][..], |op| op.doc.params);
    Signatures { forms: item.forms.clone(), summary: item.summary.clone(), params }
}
