//! Errors of recipes: location, reason, call chain and hint.
//!
//! Rhai knows the start of a call and nothing more; the rest is found again from the text (RHAI-2).
//!
//! **Invariant:** a [`Diagnostic`] is plain data: no Rhai value, no borrowed text.
//! **Invariant:** text from outside reaches a terminal only through [`visible`].

mod grouped;
mod calls;
mod caught;
mod eval_error;
mod habits;
mod limits;
mod names;
mod parse;
mod render;
mod reserved;
mod sources;
mod thrown;
mod types;

#[cfg(test)]
mod tests;

pub use calls::uncallable;
pub use caught::{caught, caught_as};
pub use eval_error::from_eval_error;
pub use grouped::merged;
pub use habits::{function_meant, method_meant};
pub use names::{is_declared, unknown_module, unknown_variable};
pub use parse::from_parse_error;
pub use render::{Color, render, render_within, span};
pub use reserved::RESERVED_WORDS;
pub use sources::Sources;
pub use thrown::{Raised, Thrown};
pub use types::{plain_type, plain_type_names};

use crate::events::{Problem, Site};
use crate::project::did_you_mean;
use rhai::Position;

/// Whether a finding stops the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The recipe cannot run.
    Error,
    /// The recipe runs, but perhaps not as meant.
    Warning,
    Note,
}

/// What sort of mistake it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiagnosticKind {
    /// The text is not Rhai, or uses a reserved word.
    Syntax,
    /// A variable, function, module or property that does not exist.
    Name,
    /// A function got arguments that it does not take.
    Arguments,
    /// A value that the operation cannot work with.
    Value,
    /// A file that cannot be imported, or imports what it may not.
    Import,
    /// A cap of the sandbox was hit.
    Limit,
    /// The run was interrupted.
    Cancelled,
    /// The recipe threw a value of its own.
    Thrown,
    /// A host function failed; its failure has a kind of its own.
    Host,
}

/// Which part of a call a message is about; arguments count from 0, a receiver is not one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum CallPart {
    /// The token at the place itself.
    #[default]
    Call,
    Arg(usize),
    /// A key inside the n-th argument.
    Key(usize, Vec<String>),
    /// The value of a key inside the n-th argument.
    Value(usize, Vec<String>),
}

/// The place of a Rhai position in a file; line 0 stands for the file as a whole.
pub fn site_at(file: &str, position: Position) -> Site {
    let line = position.line().unwrap_or(0);
    let column = if line == 0 { 0 } else { position.position().unwrap_or(1) };
    Site { file: file.to_owned(), line, column }
}

/// A step of the way from the recipe's top to the place of the error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// For example "in this call of `site`".
    pub what: String,
    /// The place of the call.
    pub at: Site,
}

/// One finding, ready to be rendered or reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Whether it stops the run.
    pub severity: Severity,
    /// What sort of mistake it is.
    pub kind: DiagnosticKind,
    /// What is wrong, in one sentence without a full stop.
    pub title: String,
    /// A word under the underlined text; may be empty.
    pub label: String,
    /// Which part of the call is underlined.
    pub target: CallPart,
    pub at: Site,
    /// Facts that help to understand.
    pub notes: Vec<String>,
    pub helps: Vec<String>,
    /// Lines that are shown below it as they are, such as what two texts differ in.
    pub below: Vec<String>,
    /// The way there, innermost call first.
    pub frames: Vec<Frame>,
    /// The name of the resource that it is about, where it is the failure of an op.
    pub subject: Option<String>,
    /// What a host function failed with, as reports show it; `None` where the script itself is at fault.
    pub cause: Option<Box<Problem>>,
    /// The name of the lint that found it; `None` for what is wrong.
    pub lint: Option<&'static str>,
}

impl Diagnostic {
    /// An error at a place, with nothing but a title.
    pub fn error(kind: DiagnosticKind, at: Site, title: impl Into<String>) -> Self {
        Diagnostic {
            severity: Severity::Error,
            kind,
            title: title.into(),
            label: String::new(),
            target: CallPart::Call,
            at,
            notes: Vec::new(),
            helps: Vec::new(),
            below: Vec::new(),
            frames: Vec::new(),
            subject: None,
            cause: None,
            lint: None,
        }
    }

    /// The same as a warning.
    #[must_use]
    pub fn warning(self) -> Self {
        Diagnostic { severity: Severity::Warning, ..self }
    }

    /// The same as a note.
    #[must_use]
    pub fn as_note(self) -> Self {
        Diagnostic { severity: Severity::Note, ..self }
    }

    /// The same with what a host function failed with.
    #[must_use]
    pub fn because(self, cause: Problem) -> Self {
        Diagnostic { cause: Some(Box::new(cause)), ..self }
    }

    /// The same about another part of the call.
    #[must_use]
    pub fn about(self, target: CallPart) -> Self {
        Diagnostic { target, ..self }
    }

    /// The same with a word under the underlined text.
    #[must_use]
    pub fn labelled(self, label: impl Into<String>) -> Self {
        Diagnostic { label: label.into(), ..self }
    }

    /// The same with one more fact.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// The same with one more way out.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.helps.push(help.into());
        self
    }

    /// The same with a "did you mean" when there is a name close to the given one.
    #[must_use]
    pub fn suggest<'a>(self, name: &str, names: impl IntoIterator<Item = &'a str>) -> Self {
        match did_you_mean(name, names) {
            Some(found) => self.help(format!("did you mean `{found}`?")),
            None => self,
        }
    }
}
