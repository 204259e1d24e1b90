//! The value that a host function throws, and that `catch (e)` gets.

use super::{CallPart, Diagnostic, DiagnosticKind, Frame};
use crate::events::{Finding, Site};
use crate::op::{Failure, Key, Mismatch, OptionError, Pending};
use crate::project::did_you_mean;
use crate::script::resolver::is_compiled_in;
use rhai::{Dynamic, Engine, EvalAltResult, Position};
use std::sync::Arc;

/// Why a host function failed, with its location in the script.
#[derive(Clone, Debug)]
pub struct Raised {
    pub failure: Failure,
    /// What the op that failed is about.
    pub key: Option<Key>,
    /// A word under the underlined text.
    pub label: String,
    /// Which part of the call is underlined.
    pub target: CallPart,
    /// Where the op was called.
    pub at: Site,
    /// Facts that the failure does not know.
    pub notes: Vec<String>,
    /// Lines that are shown below it.
    pub below: Vec<String>,
    /// The ops whose failure this is.
    pub ops: Vec<u64>,
}

impl Raised {
    /// A failure of a call; `shift` is 1 where a receiver is the call's first argument.
    pub fn of_call(failure: Failure, shift: usize, at: Site) -> Self {
        let (target, label) = underlined(&failure, shift);
        Raised {
            failure,
            key: None,
            label,
            target,
            at,
            notes: Vec::new(),
            below: Vec::new(),
            ops: Vec::new(),
        }
    }

    /// The failure of an op, at the line that started it.
    pub fn of_op(pending: &Pending, failure: &Failure) -> Self {
        let key = Some(pending.key.clone());
        Raised { key, ops: vec![pending.id], ..Raised::of_call(failure.clone(), 0, pending.at.clone()) }
    }

    /// The same about another part of the call.
    #[must_use]
    pub fn about(self, target: CallPart) -> Self {
        Raised { target, ..self }
    }

    /// The same with one more fact.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// The failure as a diagnostic; `at` is used when it has no place of its own.
    pub fn diagnostic(&self, at: Site) -> Diagnostic {
        let Raised { failure, label, target, .. } = self;
        let kind =
            if failure.kind() == Failure::IMPORT { DiagnosticKind::Import } else { DiagnosticKind::Host };
        let called = if self.at.file.is_empty() { at } else { self.at.clone() };
        let mut problem = failure.problem();
        // What is wrong in a file stands there; the call that has read it is on the way.
        let found = problem.findings.first().map(|finding| finding.at.clone()).filter(|at| *at != called);
        let (at, target, frames) = match found {
            Some(at) => {
                let way = Frame { what: "asked for here".into(), at: called };
                let is_shown = way.at.line > 0 && !is_compiled_in(&way.at.file);
                (at, &CallPart::Call, is_shown.then_some(way).into_iter().collect())
            }
            None => (called, target, Vec::new()),
        };
        // An op has its place in the report.
        if self.ops.is_empty() && problem.findings.is_empty() {
            let (message, hint) = (problem.message.clone(), problem.hint.clone());
            problem.findings.push(Finding { at: at.clone(), message, hint });
        }
        Diagnostic {
            notes: [failure.notes(), self.notes.clone()].concat(),
            helps: problem.hint.iter().cloned().collect(),
            below: self.below.clone(),
            subject: self.key.as_ref().map(|key| key.name.clone()),
            frames,
            ..Diagnostic::error(kind, at, &problem.message)
                .labelled(label)
                .about(target.clone())
                .because(problem)
        }
    }
}

/// A [`Raised`] as a script value: `kind`, `message`, `service`, `code`, `resource`, `hint`, `file`, `line` and `column`
/// can be read, an absent one is `()`; as text it is the message.
#[derive(Clone, Debug)]
pub struct Thrown(Arc<Raised>);

impl Thrown {
    /// The error that carries the failure through the script; what is not known ends the script, and no `catch` sees it.
    ///
    /// Rhai keeps a position but no file, hence the failure has its own place (RHAI-5).
    pub fn raise(raised: Raised, position: Position) -> Box<EvalAltResult> {
        let ends = raised.failure.is_not_known();
        let thrown = Dynamic::from(Thrown(Arc::new(raised)));
        Box::new(if ends {
            EvalAltResult::ErrorTerminated(thrown, position)
        } else {
            EvalAltResult::ErrorRuntime(thrown, position)
        })
    }

    /// The failure as a value of scripts.
    pub fn value(raised: Raised) -> Dynamic {
        Dynamic::from(Thrown(Arc::new(raised)))
    }

    /// What an error carries, if it carries a failure.
    pub fn of(error: &EvalAltResult) -> Option<Arc<Raised>> {
        match error.unwrap_inner() {
            EvalAltResult::ErrorRuntime(value, _) | EvalAltResult::ErrorTerminated(value, _) => {
                Thrown::of_value(value)
            }
            _ => None,
        }
    }

    /// What a thrown value carries, if it carries a failure.
    pub fn of_value(value: &Dynamic) -> Option<Arc<Raised>> {
        value.read_lock::<Thrown>().map(|thrown| thrown.0.clone())
    }

    /// Makes the type known to scripts.
    pub fn register(engine: &mut Engine) {
        let message = |thrown: &mut Thrown| thrown.0.failure.to_string();
        engine
            .register_type_with_name::<Thrown>("Failure")
            .register_get("kind", |thrown: &mut Thrown| thrown.0.failure.kind().to_owned())
            .register_get("message", message)
            .register_get("service", |thrown: &mut Thrown| {
                or_unit(thrown.0.key.as_ref().map(|key| key.service.to_owned()))
            })
            .register_get("code", |thrown: &mut Thrown| or_unit(thrown.0.failure.code()))
            .register_get("resource", |thrown: &mut Thrown| {
                or_unit(thrown.0.key.as_ref().map(|key| key.name.clone()))
            })
            .register_get("hint", |thrown: &mut Thrown| or_unit(thrown.0.failure.hint()))
            .register_get("file", |thrown: &mut Thrown| thrown.0.at.file.clone())
            .register_get("line", |thrown: &mut Thrown| number(thrown.0.at.line))
            .register_get("column", |thrown: &mut Thrown| number(thrown.0.at.column))
            .register_fn("to_string", message)
            .register_fn("to_debug", message);
    }
}

fn number(of: usize) -> i64 {
    i64::try_from(of).unwrap_or(i64::MAX)
}

fn or_unit<T: Into<Dynamic>>(value: Option<T>) -> Dynamic {
    value.map_or(Dynamic::UNIT, Into::into)
}

/// The part of the call that a failure is about, and a word under it.
fn underlined(failure: &Failure, shift: usize) -> (CallPart, String) {
    match failure {
        Failure::Argument { index, .. } => (CallPart::Arg(index + shift), String::new()),
        Failure::Option { index, error } => in_option(index + shift, error),
        Failure::Name { .. } => (CallPart::Arg(shift), String::new()),
        _ => (CallPart::Call, String::new()),
    }
}

fn in_option(index: usize, error: &OptionError) -> (CallPart, String) {
    let meant = |wrong: &str, known: &[String]| {
        // `expiration_ttl` is a longer name of `ttl`: what comes last is what it is.
        let last = wrong.rsplit('_').next().filter(|last| known.iter().any(|known| known == last));
        let near = last.or_else(|| did_you_mean(wrong, known.iter().map(String::as_str)));
        near.map(|near| format!("did you mean `{near}`?")).unwrap_or_default()
    };
    let path = error.path.clone();
    match &error.mismatch {
        Mismatch::UnknownKey { key, known } => (CallPart::Key(index, path), meant(key, known)),
        Mismatch::UnknownWord { word, known } => (CallPart::Value(index, path), meant(word, known)),
        Mismatch::Missing(_) => (CallPart::Arg(index), String::new()),
        Mismatch::Type { .. } | Mismatch::Other(_) if path.is_empty() => {
            (CallPart::Arg(index), String::new())
        }
        Mismatch::Type { .. } | Mismatch::Other(_) => (CallPart::Value(index, path), String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_reads_the_fields_and_absent_ones_are_unit() {
        let mut engine = Engine::new();
        Thrown::register(&mut engine);
        engine.register_fn("put", || -> Result<(), Box<EvalAltResult>> {
            let failure = Failure::refused("conflict", "a bucket of that name exists");
            let raised = Raised::of_call(failure, 0, Site::default());
            Err(Thrown::raise(Raised { key: Some(Key::new("r2", "files")), ..raised }, Position::NONE))
        });
        let script = r"
            let seen = [];
            try { put(); } catch (e) { seen = [e.kind, e.code, e.hint, e.message, `${e}`, e.service, e.resource]; }
            seen";
        let seen: rhai::Array = engine.eval(script).unwrap();
        let seen: Vec<String> = seen.iter().map(ToString::to_string).collect();
        let message = "a bucket of that name exists";
        assert_eq!(seen, ["conflict", "", "", message, message, "r2", "files"]);
    }
}
