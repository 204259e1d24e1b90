//! The value that `catch (e)` gets for an error of the engine, with `kind`, `message` and `hint` as for a host
//! function.
//!
//! The engine makes a map of such an error when it is caught, and of one from inside a function keeps no more than its text.

use super::{Diagnostic, DiagnosticKind, Raised, Site, Sources, Thrown, eval_error, plain_type_names};
use crate::op::Failure;
use crate::script::known::KnownFunctions;
use rhai::{Dynamic, EvalAltResult, Map, Position};

/// The failure in place of the map; `None` for any other value.
pub fn caught(value: &Dynamic) -> Option<Dynamic> {
    let map = value.as_map_ref().ok()?;
    if !text(&map, "error")?.starts_with("Error") {
        return None;
    }
    let message = text(&map, "message")?;
    let (error, at) = read(&message, place(&map));
    Some(Thrown::value(raised(&error, at)))
}

fn text(map: &Map, key: &str) -> Option<String> {
    map.get(key)?.clone().into_string().ok()
}

/// Where it was caught: the call in the `try`.
fn place(map: &Map) -> Site {
    let number = |key: &str| {
        map.get(key).and_then(|value| value.as_int().ok()).and_then(|number| number.try_into().ok())
    };
    Site {
        file: text(map, "source").unwrap_or_default(),
        line: number("line").unwrap_or(0),
        column: number("position").unwrap_or(0),
    }
}

/// The error with this text, and its location: for an error inside a function, the text contains both.
fn read(message: &str, caught: Site) -> (EvalAltResult, Site) {
    let first = message.lines().next().unwrap_or_default();
    let (rest, numbers) = first.rsplit_once(" (line ").map_or((first, ""), |(rest, numbers)| (rest, numbers));
    let (rest, file) =
        rest.rsplit_once(" @ '").map_or((rest, None), |(rest, file)| (rest, file.strip_suffix('\'')));
    let mut numbers = numbers.trim_end_matches(')').split(", position ").map(str::parse);
    let at = match (numbers.next(), numbers.next()) {
        (Some(Ok(line)), Some(Ok(column))) => {
            Site { file: file.map_or(caught.file, str::to_owned), line, column }
        }
        _ => caught,
    };
    (named(rest), at)
}

/// The error of a text without its place.
fn named(text: &str) -> EvalAltResult {
    use EvalAltResult as E;
    let none = Position::NONE;
    let after = |start: &str| text.strip_prefix(start).map(str::to_owned);
    let types = |start: &str| {
        let rest = after(start)?;
        let (given, wanted) = rest.split_once(" (expecting ").unwrap_or((&rest, ""));
        Some((wanted.trim_end_matches(')').to_owned(), given.to_owned()))
    };
    let bounds = |start: &str| {
        let rest = after(start)?;
        let (index, rest) = rest.split_once(" out of bounds: ")?;
        let length = rest.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or(0);
        Some((length, index.parse().ok()?))
    };
    if let Some(signature) = after("Function not found: ") {
        return E::ErrorFunctionNotFound(signature, none);
    }
    if let Some(name) = after("Variable not found: ") {
        return E::ErrorVariableNotFound(name, none);
    }
    if let Some(name) = after("Property not found: ") {
        return E::ErrorPropertyNotFound(name, none);
    }
    if let Some(index) = after("Invalid index: ") {
        return E::ErrorIndexNotFound(index.into(), none);
    }
    if let Some(what) = after("Data race detected on ") {
        return E::ErrorDataRace(what, none);
    }
    if let Some(kind) = after("Indexer unavailable: ") {
        return E::ErrorIndexingType(kind, none);
    }
    if let Some(name) = after("Cannot modify constant ") {
        return E::ErrorAssignmentToConstant(name, none);
    }
    if let Some((wanted, given)) = types("Data type incorrect: ").or_else(|| types("Output type incorrect: "))
    {
        return E::ErrorMismatchDataType(wanted, given, none);
    }
    if let Some((length, index)) = bounds("Array index ") {
        return E::ErrorArrayBounds(length, index, none);
    }
    if let Some((length, index)) = bounds("String index ") {
        return E::ErrorStringBounds(length, index, none);
    }
    match text {
        "For loop expects iterable type" => E::ErrorFor(none),
        "'this' not bound" => E::ErrorUnboundThis(none),
        _ if text.starts_with("Unknown property ") || text.starts_with("No writable property ") => {
            E::ErrorDotExpr(text.to_owned(), none)
        }
        _ => match text.strip_suffix(" too large") {
            Some(what) => E::ErrorDataTooLarge(what.to_owned(), none),
            None => E::ErrorArithmetic(text.to_owned(), none),
        },
    }
}

fn raised(error: &EvalAltResult, at: Site) -> Raised {
    let found = match error {
        // What can be called is not known here; the text says with what it was called.
        EvalAltResult::ErrorFunctionNotFound(signature, _) => uncallable(signature, at.clone()),
        other => eval_error::innermost(other, at.clone(), &Sources::default(), &KnownFunctions::default()),
    };
    caught_as(found)
}

/// An error of the engine as a failure of a host function.
pub fn caught_as(found: Diagnostic) -> Raised {
    let at = found.at.clone();
    let kind = match found.kind {
        DiagnosticKind::Arguments => "argument",
        DiagnosticKind::Name => "unknown_name",
        DiagnosticKind::Limit => "limit",
        DiagnosticKind::Import => "import",
        _ => "value",
    };
    let failure = match found.helps.first() {
        Some(hint) => Failure::refused_with_hint(kind, found.title, hint.clone()),
        None => Failure::refused(kind, found.title),
    };
    found.notes.into_iter().fold(Raised::of_call(failure, 0, at), Raised::note)
}

fn uncallable(signature: &str, at: Site) -> Diagnostic {
    let (name, types) = signature.split_once(" (").unwrap_or((signature, ""));
    let types = plain_type_names(types.strip_suffix(')').unwrap_or(types));
    let is_name = name.starts_with(|first: char| first.is_alphabetic() || first == '_');
    let title = if is_name {
        format!("`{name}` cannot be called with ({types})")
    } else {
        format!("`{name}` does not work on ({types})")
    };
    Diagnostic::error(DiagnosticKind::Arguments, at, title)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Parsing the engine's text of an error gives the same error.
    #[test]
    fn an_error_is_read_from_its_text() {
        use EvalAltResult as E;
        let none = Position::NONE;
        let all = [
            E::ErrorFunctionNotFound("put ((), &str | ImmutableString | String)".into(), none),
            E::ErrorVariableNotFound("x".into(), none),
            E::ErrorPropertyNotFound("x".into(), none),
            E::ErrorIndexNotFound("x".into(), none),
            E::ErrorDataRace("argument #1 of function 'map'".into(), none),
            E::ErrorIndexingType("i64 [string]".into(), none),
            E::ErrorAssignmentToConstant("x".into(), none),
            E::ErrorMismatchDataType("bool".into(), "i64".into(), none),
            E::ErrorArrayBounds(0, 5, none),
            E::ErrorArrayBounds(1, 5, none),
            E::ErrorArrayBounds(7, -9, none),
            E::ErrorStringBounds(3, 5, none),
            E::ErrorFor(none),
            E::ErrorUnboundThis(none),
            E::ErrorDotExpr("Unknown property 'x' - a getter is not registered for type '()'".into(), none),
            E::ErrorDataTooLarge("Length of string".into(), none),
            E::ErrorArithmetic("Division by zero: 1 / 0".into(), none),
        ];
        for error in all {
            let told = named(&error.to_string());
            assert_eq!(std::mem::discriminant(&told), std::mem::discriminant(&error), "{error}");
            assert_eq!(told.to_string(), error.to_string());
        }
    }

    #[test]
    fn inside_a_function_the_text_has_the_place() {
        let at = Site { file: "recipes/main.rhai".into(), line: 9, column: 2 };
        let text = "Array index 5 out of bounds: only 1 element in array @ 'lib.rhai' (line 3, position 7)\nin call to function 'f' (from 'lib.rhai')";
        let (error, place) = read(text, at.clone());
        assert!(matches!(error, EvalAltResult::ErrorArrayBounds(1, 5, _)));
        assert_eq!((place.file.as_str(), place.line, place.column), ("lib.rhai", 3, 7));
        assert_eq!(read("Division by zero: 1 / 0", at.clone()).1, at);
    }
}
