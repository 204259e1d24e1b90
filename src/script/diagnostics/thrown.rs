//! What a host function throws, and what `catch (e)` sees of it.

use super::{Diagnostic, Kind, Site, Target};
use rhai::{Dynamic, Engine, EvalAltResult, Position};
use std::sync::Arc;

/// A failure of a host function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failure {
    /// The sort of failure, for example `conflict`: stable, for scripts to compare.
    pub kind: String,
    /// What went wrong, in one sentence.
    pub message: String,
    /// The service, for example `kv`.
    pub service: Option<String>,
    /// The server's error code.
    pub code: Option<i64>,
    /// The resource by name.
    pub resource: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
    /// The headline of the diagnostic; the message when empty.
    pub title: String,
    /// A word under the underlined text.
    pub label: String,
    /// Which part of the call is underlined.
    pub target: Target,
    /// Where the op was called.
    pub place: Site,
    /// Facts that help to understand.
    pub notes: Vec<String>,
    /// Ways out.
    pub helps: Vec<String>,
    /// The ops whose failure this is.
    pub ops: Vec<u64>,
    /// Whether it is wrong whatever the account holds.
    pub is_wrong_anywhere: bool,
}

/// A [`Failure`] as a script value: `kind`, `message`, `service`, `code`, `resource` and `hint` can be read,
/// an absent one is `()`; as text it is the message.
#[derive(Clone, Debug)]
pub struct Thrown(pub Arc<Failure>);

impl Thrown {
    /// The error that carries the failure through the script; what is not known ends the script, and no `catch` sees it.
    ///
    /// Rhai keeps a position but no file, hence the failure has its own place (Rhai notes 4).
    pub fn raise(failure: Failure, position: Position) -> Box<EvalAltResult> {
        let is_known = failure.kind != Failure::NOT_KNOWN;
        let thrown = Dynamic::from(Thrown(Arc::new(failure)));
        Box::new(match is_known {
            true => EvalAltResult::ErrorRuntime(thrown, position),
            false => EvalAltResult::ErrorTerminated(thrown, position),
        })
    }

    /// The failure that an error carries, if it does.
    pub fn of(error: &EvalAltResult) -> Option<Arc<Failure>> {
        match error.unwrap_inner() {
            EvalAltResult::ErrorRuntime(value, _) | EvalAltResult::ErrorTerminated(value, _) => {
                value.read_lock::<Thrown>().map(|thrown| thrown.0.clone())
            }
            _ => None,
        }
    }

    /// Whether an error is one of the recipe, whatever the account holds.
    pub fn is_wrong_anywhere(error: &EvalAltResult) -> bool {
        Thrown::of(error).is_some_and(|failure| failure.is_wrong_anywhere)
    }

    /// Makes the type known to scripts.
    pub fn register(engine: &mut Engine) {
        engine
            .register_type_with_name::<Thrown>("Failure")
            .register_get("kind", |thrown: &mut Thrown| thrown.0.kind.clone())
            .register_get("message", |thrown: &mut Thrown| thrown.0.message.clone())
            .register_get("service", |thrown: &mut Thrown| or_unit(thrown.0.service.clone()))
            .register_get("code", |thrown: &mut Thrown| or_unit(thrown.0.code))
            .register_get("resource", |thrown: &mut Thrown| or_unit(thrown.0.resource.clone()))
            .register_get("hint", |thrown: &mut Thrown| or_unit(thrown.0.hint.clone()))
            .register_fn("to_string", |thrown: &mut Thrown| thrown.0.message.clone())
            .register_fn("to_debug", |thrown: &mut Thrown| thrown.0.message.clone());
    }

    /// The failure as a diagnostic; `at` is used when the failure has no place of its own.
    pub fn diagnostic(&self, at: Site) -> Diagnostic {
        let failure = &*self.0;
        let title = if failure.title.is_empty() { &failure.message } else { &failure.title };
        let kind = if failure.kind == Failure::IMPORT { Kind::Import } else { Kind::Host };
        let at = if failure.place.file.is_empty() { at } else { failure.place.clone() };
        let mut found =
            Diagnostic::error(kind, at, title).labelled(&failure.label).about(failure.target.clone());
        found.notes.clone_from(&failure.notes);
        found.helps = failure.helps.iter().chain(&failure.hint).cloned().collect();
        found
    }
}

impl Failure {
    /// The [`kind`](Failure::kind) of a failed import.
    pub const IMPORT: &str = "import";
    /// The [`kind`](Failure::kind) of what only applying tells.
    pub const NOT_KNOWN: &str = "not_known";
}

fn or_unit<T: Into<Dynamic>>(value: Option<T>) -> Dynamic {
    value.map_or(Dynamic::UNIT, Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_reads_the_fields_and_absent_ones_are_unit() {
        let mut engine = Engine::new();
        Thrown::register(&mut engine);
        engine.register_fn("put", || -> Result<(), Box<EvalAltResult>> {
            let failure = Failure {
                kind: "conflict".into(),
                message: "a bucket of that name exists".into(),
                code: Some(10004),
                ..Failure::default()
            };
            Err(Thrown::raise(failure, Position::NONE))
        });
        let script =
            r#"try { put(); } catch (e) { [e.kind, e.code, e.hint, e.message, `${e}`, "" + e.service] }"#;
        let seen: rhai::Array =
            engine.eval(&format!("let seen = []; {}; seen", script.replace("{ [", "{ seen = ["))).unwrap();
        let seen: Vec<String> = seen.iter().map(ToString::to_string).collect();
        assert_eq!(
            seen,
            ["conflict", "10004", "", "a bucket of that name exists", "a bucket of that name exists", ""]
        );
    }
}
