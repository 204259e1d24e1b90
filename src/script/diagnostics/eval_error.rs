//! Converts Rhai's errors to diagnostics: the chain of calls and imports, then the error itself.

use super::{
    Diagnostic, DiagnosticKind, Frame, Site, Sources, Thrown, calls, limits, names, parse, plain_type_names,
    site_at,
};
use crate::project::did_you_mean;
use crate::script::handle::{Handle, ScriptSecret, unmarked};
use crate::script::known::{FunctionForm, KnownFunctions};
use crate::script::lex::{self, LineColumn};
use crate::script::resolver::is_compiled_in;
use rhai::{Dynamic, EvalAltResult, Position};
use std::fmt::Write as _;

/// Calls shown at most.
const FRAMES_MAX: usize = 8;

/// Explains an error of a script whose source is named `main`.
///
/// In a chain the position belongs to the outer source and the name in it to the inner one (RHAI-5).
pub fn from_eval_error(
    error: &EvalAltResult,
    main: &str,
    sources: &Sources,
    known: &KnownFunctions,
) -> Diagnostic {
    let mut file = main.to_owned();
    let mut frames = Vec::new();
    let mut error = error;
    loop {
        match error {
            EvalAltResult::ErrorInFunctionCall(name, source, inner, position) => {
                let what = if name.starts_with("anon$") {
                    String::from("in this closure call")
                } else {
                    format!("in this call of `{name}`")
                };
                frames.push(Frame { what, at: site_at(&file, *position) });
                if !source.is_empty() {
                    file.clone_from(source);
                }
                error = inner;
            }
            EvalAltResult::ErrorInModule(module, inner, position) => {
                frames.push(Frame {
                    what: format!("while importing `{module}`"),
                    at: site_at(&file, *position),
                });
                file.clone_from(module);
                error = inner;
            }
            _ => break,
        }
    }
    frames.reverse();
    // The engine gives some errors of its own functions no place: then the innermost call has one.
    let at = Some(site_at(&file, error.position())).filter(|at| at.line > 0);
    let at = at.or_else(|| frames.iter().map(|frame| frame.at.clone()).find(|at| at.line > 0));
    let mut found = innermost(error, at.unwrap_or_else(|| site_at(&file, Position::NONE)), sources, known);
    let mut way: Vec<Frame> = found.frames.drain(..).chain(frames).collect();
    way.retain(|frame| frame.at.line > 0 && frame.at != found.at);
    // Nobody can edit what is compiled in: it is shown only where the error itself stands in it.
    if !is_compiled_in(&found.at.file) {
        way.retain(|frame| !is_compiled_in(&frame.at.file));
    }
    found.frames = shortened(way);
    found
}

/// A shortened call chain: a recursion in one frame, a long chain without its middle.
fn shortened(frames: Vec<Frame>) -> Vec<Frame> {
    let mut shown: Vec<(Frame, usize)> = Vec::new();
    for frame in frames {
        match shown.last_mut() {
            Some((last, times)) if *last == frame => *times += 1,
            _ => shown.push((frame, 1)),
        }
    }
    let left_out = shown.len().saturating_sub(FRAMES_MAX);
    if left_out > 0 {
        shown.drain(FRAMES_MAX - 2..FRAMES_MAX - 2 + left_out);
    }
    let told = shown.into_iter().enumerate().map(|(index, (mut frame, times))| {
        if times > 1 {
            let _ = write!(frame.what, ", {times} times");
        }
        if left_out > 0 && index == FRAMES_MAX - 2 {
            let _ = write!(frame.what, " ({left_out} calls in between are left out)");
        }
        frame
    });
    told.collect()
}

/// What happened at the end of the chain.
pub(super) fn innermost(
    error: &EvalAltResult,
    at: Site,
    sources: &Sources,
    known: &KnownFunctions,
) -> Diagnostic {
    if let Some(found) = limits::from_eval_error(error, &at) {
        return found;
    }
    let value = |title: String| Diagnostic::error(DiagnosticKind::Value, at.clone(), title);
    let name = |title: String| Diagnostic::error(DiagnosticKind::Name, at.clone(), title);
    match error {
        EvalAltResult::ErrorParsing(error, _) => parse::from_parse_error(error, at, sources, known),
        EvalAltResult::ErrorRuntime(thrown, _) => runtime(thrown, at),
        EvalAltResult::ErrorFunctionNotFound(signature, _) => calls::not_found(signature, at, sources, known),
        EvalAltResult::ErrorVariableNotFound(name, _) => names::unknown_variable(name, at, sources, known),
        EvalAltResult::ErrorModuleNotFound(name, _) => names::unknown_module(name, at, sources, known),
        EvalAltResult::ErrorPropertyNotFound(key, _) => missing_key(key, at, sources, known),
        EvalAltResult::ErrorDataRace(what, _) => {
            let which = if what.is_empty() { String::new() } else { format!(": {}", rust(what)) };
            let title = format!("a method and its closure use one value{which}");
            Diagnostic::error(DiagnosticKind::Value, shared(what, at.clone(), sources), title)
                .help("copy what the closure needs into a variable before the call")
        }
        EvalAltResult::ErrorDotExpr(text, _) => dot(text, at),
        EvalAltResult::ErrorIndexingType(kind, _) => value(format!(
            "`[..]` does not work on {}",
            named(&plain_type_names(kind.split(' ').next().unwrap_or(kind)))
        )),
        EvalAltResult::ErrorIndexNotFound(index, _) => {
            name(format!("nothing is at index `{}`", shown(index)))
        }
        EvalAltResult::ErrorArrayBounds(length, index, _) => {
            value(format!("index {index} is outside of the list: it has {}", count(*length, "element")))
                .help(format!("for one that may be absent: `.get({index}) ?? other`"))
        }
        EvalAltResult::ErrorStringBounds(length, index, _) => {
            value(format!("index {index} is outside of the text: it has {}", count(*length, "character")))
        }
        EvalAltResult::ErrorMismatchDataType(wanted, given, _)
        | EvalAltResult::ErrorMismatchOutputType(wanted, given, _) => mismatch(wanted, given, at),
        EvalAltResult::ErrorAssignmentToConstant(constant, _) => {
            value(format!("`{constant}` cannot be changed"))
                .help("it is a constant, or a value that the host provides")
        }
        EvalAltResult::ErrorNonPureMethodCallOnConstant(method, _) => {
            value(format!("`{method}` changes what it is called on, and this is a constant"))
                .help(format!("put it in a variable first: `let x = ..; x.{method}(..);`"))
        }
        EvalAltResult::ErrorFor(_) => value(String::from("`for` needs a list, a range or a text")).help(
            "over the keys of a map: `for key in map.keys()`; with their values: `map.each(|key, value| ..)`",
        ),
        EvalAltResult::ErrorUnboundThis(_) => {
            value(String::from("`this` is only set in a function called as a method"))
        }
        other => value(rust(without_position(&other.to_string()))),
    }
}

/// A key that a map does not have: perhaps a function of maps without its brackets, or almost one that the file writes.
fn missing_key(key: &str, at: Site, sources: &Sources, known: &KnownFunctions) -> Diagnostic {
    let found = Diagnostic::error(DiagnosticKind::Name, at, format!("the map has no key `{key}`"));
    let takes_map = |form: &FunctionForm| matches!(&form.params[..], [param] if param.kind == "map");
    if known.functions.get(key).is_some_and(|forms| forms.iter().any(takes_map)) {
        return found.help(format!("`{key}` is a function: write `map.{key}()`"));
    }
    let text = sources.get(&found.at.file).unwrap_or_default();
    let near = did_you_mean(key, names::keys(&text));
    let found = near.iter().fold(found, |found, near| found.help(format!("did you mean `{near}`?")));
    found.help(format!("for a key that may be absent: `.get(\"{key}\") ?? other`"))
}

/// Where a method shares a value with its closure: the engine names the method and no place.
fn shared(what: &str, at: Site, sources: &Sources) -> Site {
    let method = what.rsplit('\'').nth(1).unwrap_or_default();
    let Some(text) = sources.get(&at.file) else { return at };
    let Some(offset) = lex::call_on_own_argument(&text, method) else { return at };
    let LineColumn { line, column } = lex::line_column(&text, offset);
    Site { line, column, ..at }
}

/// A thrown value: ours, or the recipe's own.
fn runtime(thrown: &Dynamic, at: Site) -> Diagnostic {
    if let Some(raised) = Thrown::of_value(thrown) {
        return raised.diagnostic(at);
    }
    let text = match thrown.as_map_ref() {
        // A native error that was caught and thrown again is a map with its text.
        Ok(map) => map.get("message").map_or_else(|| shown(thrown), shown),
        Err(_) => shown(thrown),
    };
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let title = lines.next().unwrap_or("the recipe threw an error without a message");
    lines.fold(Diagnostic::error(DiagnosticKind::Thrown, at, title), Diagnostic::note)
}

/// A value as text; a map or list by its type only, since it may be large and nested deep.
fn shown(value: &Dynamic) -> String {
    if value.is_map() || value.is_array() || value.is_blob() || value.is_fnptr() {
        return format!("the recipe threw a {}", plain_type_names(value.type_name()));
    }
    if let Some(handle) = value.read_lock::<Handle>() {
        return unmarked(&handle.text());
    }
    if value.is::<ScriptSecret>() {
        return "the recipe threw a secret".to_owned();
    }
    value.to_string()
}

fn dot(text: &str, at: Site) -> Diagnostic {
    let mut quoted = text.split('\'').skip(1).step_by(2);
    match (text.starts_with("Unknown property"), quoted.next(), quoted.next()) {
        (true, Some(property), Some(kind)) => {
            let kind = named(&plain_type_names(kind));
            let found =
                Diagnostic::error(DiagnosticKind::Name, at, format!("{kind} has no property `{property}`"));
            if kind == "`()`" { found.help(calls::MISSING) } else { found }
        }
        _ if text.starts_with("No writable property") => {
            let property = text.split('\'').nth(1).unwrap_or_default();
            let kind = named(&plain_type_names(text.split('\'').nth(3).unwrap_or("any")));
            Diagnostic::error(DiagnosticKind::Value, at, format!("`{property}` of {kind} can't be set"))
        }
        _ => Diagnostic::error(DiagnosticKind::Value, at, rust(text)),
    }
}

fn mismatch(wanted: &str, given: &str, at: Site) -> Diagnostic {
    let (wanted, given) = (plain_type_names(wanted), plain_type_names(given));
    let title = match (wanted.as_str(), given.as_str()) {
        ("", given) => format!("the type {given} does not fit here"),
        (wanted, "") => format!("the type {wanted} is needed here"),
        (wanted, given) => format!("the type {wanted} is needed here, not {given}"),
    };
    let found = Diagnostic::error(DiagnosticKind::Value, at, title);
    if given == "range" && wanted == "int" {
        return found
            .help("a part of a list is `list.extract(1..3)`, or `list.extract(1)` for all from there on");
    }
    if wanted != "bool" {
        return found;
    }
    found.help(match given.as_str() {
        "string" => "compare it: `x == \"true\"`, or `x != \"\"`",
        "int" | "float" => "compare it: `x != 0`",
        "list" | "map" => "compare it: `x.len() > 0`",
        _ => "compare it, for example `x != ()` or `x > 0`",
    })
}

/// Text of Rhai without the place at its end.
fn without_position(text: &str) -> &str {
    let place = Position::new(1, 1).to_string();
    let marker = place.split(' ').next().unwrap_or("line");
    text.rfind(&format!(" ({marker} ")).map_or(text, |end| &text[..end])
}

/// Text of Rhai in our grammar.
fn rust(text: &str) -> String {
    let text = text.lines().next().unwrap_or_default().replace('\'', "`");
    let mut characters = text.chars();
    characters.next().map(|first| first.to_lowercase().chain(characters).collect()).unwrap_or_default()
}

/// With its article: `a string`, `an int`, `()` between back-ticks.
fn named(kind: &str) -> String {
    match kind {
        "()" => String::from("`()`"),
        "int" => String::from("an int"),
        kind => format!("a {kind}"),
    }
}

fn count(number: usize, what: &str) -> String {
    match number {
        0 => format!("no {what}s"),
        1 => format!("1 {what}"),
        _ => format!("{number} {what}s"),
    }
}
