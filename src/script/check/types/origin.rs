//! The origin of a value that has another type than its user expects.

use crate::events::Site;
use crate::script::diagnostics::{Diagnostic, Frame};

/// A place that explains a value.
#[derive(Clone, Debug, PartialEq)]
pub struct ValueOrigin {
    pub(super) what: OriginKind,
    pub(super) at: Site,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum OriginKind {
    /// A method that changes what it is called on.
    InPlace { method: String, of: String },
    /// A function that gives nothing.
    Nothing { function: String },
    /// A search that may have found nothing.
    Search { function: String, name: Option<String>, kind: String },
    /// The parameter of a closure that `for_each` calls.
    Index { parameter: String },
    /// The second name of `for (item, index) in list`.
    Counter { counter: String, item: String },
    /// `{ }` where a map was meant.
    EmptyBlock,
    /// A call that gives `()` for what is not there.
    Absent { call: String, otherwise: String },
}

impl ValueOrigin {
    /// Whether the value is `()` for certain.
    pub(super) fn is_unit(&self) -> bool {
        matches!(self.what, OriginKind::InPlace { .. } | OriginKind::Nothing { .. } | OriginKind::EmptyBlock)
    }

    /// Whether a function gave it that changes its receiver.
    pub(super) fn is_in_place(&self) -> bool {
        matches!(self.what, OriginKind::InPlace { .. })
    }

    /// Whether it is the number of an item in place of the item.
    pub(super) fn is_number_of_item(&self) -> bool {
        matches!(self.what, OriginKind::Counter { .. } | OriginKind::Index { .. })
    }

    /// Whether it is the counter of a `for`.
    pub(super) fn is_counter(&self) -> bool {
        matches!(self.what, OriginKind::Counter { .. })
    }

    /// What is wrong where the value is `()` for certain, in one sentence.
    pub(super) fn title(&self) -> String {
        match &self.what {
            OriginKind::InPlace { method, of } => {
                format!("`{method}` changes the {of} where it is, and gives `()`")
            }
            OriginKind::Nothing { function } => format!("`{function}` gives `()`: there is no value to use"),
            OriginKind::EmptyBlock => "`{ }` is an empty block, whose value is `()`".into(),
            _ => "this may be `()`".into(),
        }
    }

    fn note(&self) -> String {
        match &self.what {
            OriginKind::Search { function, name: Some(name), kind } => {
                format!("`{function}` gave `()`: there is no {kind} named `{name}`")
            }
            OriginKind::Search { function, name: None, kind } => {
                format!("`{function}` gave `()`: there is no {kind} of that name")
            }
            OriginKind::Index { parameter } => {
                format!("`{parameter}` is the index (0, 1, ..) that `for_each` gives; the item is `this`")
            }
            OriginKind::Counter { counter, item } => {
                format!(
                    "`{counter}` is the index (0, 1, ..): in `for ({item}, {counter}) in ..` the item comes first"
                )
            }
            OriginKind::Absent { call, .. } => format!("`{call}` gave `()`: it is not there"),
            _ => self.title(),
        }
    }

    fn helps(&self) -> Vec<String> {
        match &self.what {
            OriginKind::InPlace { method, .. } if method == "for_each" => {
                vec!["write `list.map(|x| ..)`, which gives a new list, or `for x in list { .. }`".into()]
            }
            OriginKind::InPlace { method, of } => {
                let name = if of == "string" { "text" } else { of };
                vec![format!(
                    "with it in a variable `{name}`, call `{name}.{method}(..);` in a line of its own, and then use `{name}`"
                )]
            }
            OriginKind::Nothing { .. } => vec!["call it in a line of its own".into()],
            OriginKind::Search { function, .. } => {
                let service = function.split("::").next().unwrap_or_default();
                vec![
                    "is the name right? For one that may be absent: `if x != () { .. }`, or `x ?? fail(\"..\")`".into(),
                    format!("`{service}::ensure(..)` makes it where it is absent"),
                ]
            }
            OriginKind::Index { .. } => vec!["write `for x in list { .. }`, or `this` in the closure".into()],
            OriginKind::Counter { counter, item } => vec![format!("write `for ({counter}, {item}) in ..`")],
            OriginKind::EmptyBlock => vec!["an empty map is `#{}`".into()],
            OriginKind::Absent { otherwise, .. } => vec![otherwise.clone()],
        }
    }

    /// Adds to an error about the value where it comes from.
    pub(super) fn explain(&self, found: &mut Diagnostic) {
        found.notes.push(self.note());
        found.helps = self.helps();
        if self.at != found.at {
            found.frames.insert(0, Frame { what: self.came_from(), at: self.at.clone() });
        }
    }

    fn came_from(&self) -> String {
        match &self.what {
            OriginKind::Index { parameter: name } | OriginKind::Counter { counter: name, .. } => {
                format!("`{name}` comes from here")
            }
            _ => "the value comes from here".into(),
        }
    }

    /// The error for a value that is certainly `()`, at its origin; `used` is where it is used.
    pub(super) fn error(&self, used: Site) -> Diagnostic {
        use crate::script::diagnostics::DiagnosticKind;
        let mut found = Diagnostic::error(DiagnosticKind::Value, self.at.clone(), self.title());
        found.helps = self.helps();
        if used.line != self.at.line || used.file != self.at.file {
            found.frames.push(Frame { what: "its value is used here".into(), at: used });
        }
        found
    }
}
