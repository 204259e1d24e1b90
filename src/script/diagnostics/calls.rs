//! Errors of calls: unknown functions, and arguments that no form takes.

use super::{Diagnostic, DiagnosticKind, Site, Sources, habits, names, plain_type_names};
use crate::project::did_you_mean;
use crate::script::known::KnownFunctions;
use crate::script::lex::{self, LineColumn};

/// Forms shown at most; `+` alone has dozens.
const FORMS_MAX: usize = 8;

/// A call that found no function, from Rhai's signature `name (type, type)`.
pub(super) fn not_found(signature: &str, at: Site, sources: &Sources, known: &KnownFunctions) -> Diagnostic {
    let (name, types) = signature.split_once(" (").unwrap_or((signature, ""));
    let types = plain_type_names(types.strip_suffix(')').unwrap_or(types));
    // The engine says so of `sort`, in place of a signature.
    let elements = signature.strip_prefix("elements of ");
    if let Some(kind) = elements.and_then(|rest| rest.strip_suffix(" cannot be sorted")) {
        let kind = plain_type_names(kind.rsplit("::").next().unwrap_or(kind));
        let found =
            Diagnostic::error(DiagnosticKind::Arguments, at, format!("elements of {kind} cannot be sorted"));
        return found.help("`sort(|one, other| ..)` with a closure that gives -1, 0 or 1 sorts anything");
    }
    if name.starts_with("anon$") {
        let count = types.split(", ").filter(|kind| !kind.is_empty()).count();
        let given = if count == 1 { "1 value".to_owned() } else { format!("{count} values") };
        let title = format!("the closure takes another number of values than it is given here: {given}");
        return Diagnostic::error(DiagnosticKind::Arguments, at, title);
    }
    if !name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_') {
        let title = format!("`{name}` does not work on ({types})");
        let unit = types.split(", ").any(|kind| kind == "()");
        let found = Diagnostic::error(DiagnosticKind::Arguments, at, title);
        if types.starts_with("string") && matches!(name, "%" | "*") {
            return found.help("values stand in a text between back-ticks: `${..}`");
        }
        return if unit {
            found.note(UNIT).help("`x ?? other` stands in for a missing value")
        } else {
            found
        };
    }
    if types.split(", ").next() == Some("()") && is_method(&at, sources) {
        return Diagnostic::error(DiagnosticKind::Arguments, at, format!("`{name}` is called on `()`"))
            .help(MISSING);
    }
    uncallable(name, Some(&types), at, sources, known)
}

/// Where `()` may come from that an operator is given.
const UNIT: &str = "`()` is what a missing key, a search that found nothing and a function without a result give; `reduce` \
                    begins with it unless it has an initial value";

/// The way out where a value is `()`.
pub(super) const MISSING: &str =
    "is it what a search gave that found nothing? `if x != () { .. }`, or `x ?? fail(\"..\")`";

/// Whether a dot stands before the name.
fn is_method(at: &Site, sources: &Sources) -> bool {
    let Some(text) = sources.get(&at.file) else { return false };
    let offset = lex::offset(&text, LineColumn { line: at.line, column: at.column });
    text[..offset].trim_end().ends_with('.')
}

/// A function that does not exist at all, or not for arguments of these types.
pub fn uncallable(
    name: &str,
    types: Option<&str>,
    at: Site,
    sources: &Sources,
    known: &KnownFunctions,
) -> Diagnostic {
    let forms = known.forms(name);
    if forms.is_empty() {
        return unknown(name, at, sources, known);
    }
    let mut found = match types {
        Some(types) => Diagnostic::error(
            DiagnosticKind::Arguments,
            at,
            format!("`{name}` cannot be called with ({types})"),
        ),
        None => {
            Diagnostic::error(DiagnosticKind::Arguments, at, format!("`{name}` cannot be called like this"))
        }
    };
    let help =
        types.filter(|types| is_closure_missing(types, name, known)).map(|_| "give a closure: `|x| ..`");
    found.helps.extend(help.map(str::to_owned));
    let more = forms.len().saturating_sub(FORMS_MAX);
    found.notes.extend(forms.into_iter().take(FORMS_MAX));
    if more > 0 { found.note(format!("and {more} more forms")) } else { found }
}

/// Whether a form would take a closure where something else is given.
fn is_closure_missing(types: &str, name: &str, known: &KnownFunctions) -> bool {
    let given: Vec<&str> = types.split(", ").collect();
    let forms = known.functions.get(name).into_iter().flatten();
    forms.filter(|form| form.params.len() == given.len()).any(|form| {
        let mut wrong = form
            .params
            .iter()
            .zip(&given)
            .filter(|(param, given)| !matches!(param.kind.as_str(), "any" | "") && param.kind != **given);
        wrong.next().is_some_and(|(param, _)| param.kind == "closure") && wrong.next().is_none()
    })
}

/// A function that does not exist: the near one, or the service that has one of that name.
fn unknown(name: &str, at: Site, sources: &Sources, known: &KnownFunctions) -> Diagnostic {
    if sources.get(&at.file).is_some_and(|text| names::is_declared(name, &text)) {
        return Diagnostic::error(
            DiagnosticKind::Name,
            at,
            format!("`{name}` is a variable, not a function"),
        )
        .help(format!("a closure in a variable is called with `{name}.call(..)`"));
    }
    let found = Diagnostic::error(DiagnosticKind::Name, at, format!("unknown function `{name}`"));
    let near = did_you_mean(name, known.functions.keys().map(String::as_str));
    let Some((namespace, _)) = name.rsplit_once("::") else {
        return match habits::function_meant(name).or_else(|| habits::method_meant(name)) {
            Some(help) => found.help(help),
            None => found.suggest(name, near),
        };
    };
    if near.is_some() {
        return found.suggest(name, near);
    }
    let prefix = format!("{namespace}::");
    let siblings: Vec<&str> =
        known.functions.keys().filter_map(|known| known.strip_prefix(&prefix)).collect();
    if siblings.is_empty() {
        found
    } else {
        found.note(format!("`{namespace}` has: {}", siblings.join(", ")))
    }
}
