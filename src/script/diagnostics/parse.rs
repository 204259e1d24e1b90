//! Syntax errors.

use super::reserved::RESERVED_WORDS;
use super::{Diagnostic, DiagnosticKind, Site, Sources, habits, limits, names};
use crate::script::engine::{DISABLED_WORDS, limits as caps};
use crate::script::known::KnownFunctions;
use crate::script::lex::{self, LineColumn};
use rhai::{LexError, ParseErrorType};

/// The diagnostic of a parse error.
pub fn from_parse_error(
    error: &ParseErrorType,
    at: Site,
    sources: &Sources,
    known: &KnownFunctions,
) -> Diagnostic {
    let text = sources.get(&at.file).unwrap_or_default();
    if is_of_the_text(error)
        && let Some(found) = habits::meant(&text, &at, is_declared(error, &text))
    {
        return found;
    }
    match error {
        ParseErrorType::VariableUndefined(name) => return names::unknown_variable(name, at, sources, known),
        ParseErrorType::ModuleUndefined(name) => return names::unknown_module(name, at, sources, known),
        ParseErrorType::LiteralTooLarge(what, _) => return limits::too_large(what, at),
        ParseErrorType::BadInput(LexError::StringTooLong(_)) => return limits::too_large("string", at),
        ParseErrorType::BadInput(LexError::ImproperSymbol(word, _))
            if DISABLED_WORDS.contains(&word.as_str()) =>
        {
            return Diagnostic::error(
                DiagnosticKind::Syntax,
                at,
                format!("`{word}` is not available in recipes"),
            );
        }
        ParseErrorType::BadInput(LexError::ImproperSymbol(_, text)) => return symbol(text, at),
        ParseErrorType::AssignmentToConstant(name) => {
            return Diagnostic::error(
                DiagnosticKind::Value,
                at,
                format!("`{name}` is a constant and cannot be changed"),
            )
            .help("declare it with `let`, or give the new value another name");
        }
        ParseErrorType::ExprTooDeep => {
            let title = format!("expressions are nested more than {} deep", caps::EXPRESSION_DEPTH_MAX);
            return Diagnostic::error(DiagnosticKind::Limit, at, title)
                .help("give inner parts a name with `let`");
        }
        ParseErrorType::TooManyFunctions => {
            let title = format!("more than {} functions in one file", caps::FUNCTIONS_MAX);
            return Diagnostic::error(DiagnosticKind::Limit, at, title);
        }
        _ => {}
    }
    let word = match error {
        ParseErrorType::Reserved(word) => Some(word.clone()),
        _ => reserved_word_in_place_of_a_name(&text, &at, error),
    };
    if let Some(word) = word {
        return reserved(&word, at, &text, known);
    }
    let found = Diagnostic::error(DiagnosticKind::Syntax, at, sentence(&error.to_string()));
    with_way_out(found, error, &text)
}

/// The same with what to do about it.
fn with_way_out(found: Diagnostic, error: &ParseErrorType, text: &str) -> Diagnostic {
    match error {
        ParseErrorType::WrongDocComment => found.help("before anything but a `fn`, write `//`"),
        ParseErrorType::MissingToken(token, _) if token == ";" => {
            found.help("end the statement before it with `;`")
        }
        ParseErrorType::MissingToken(token, _) if token == "," && is_at(text, &found.at, ";") => {
            found.help("is a bracket not closed?")
        }
        ParseErrorType::MissingToken(token, _) if token == "," => {
            found.help("write `,` after the one before it")
        }
        ParseErrorType::WrongFnDefinition => found.help(
            "move it to the top of the file, or write a closure: `let f = |x| ..;`, called with `f.call(..)`",
        ),
        ParseErrorType::MismatchedType(wanted, _) if wanted.contains("boolean") => {
            found.help("compare it, for example `x != ()`; a value in place of a missing one is `x ?? other`")
        }
        ParseErrorType::UnexpectedEOF => found.help("is a bracket or a quote not closed?"),
        ParseErrorType::BadInput(LexError::UnterminatedString) => {
            found.help("a text over several lines goes between back-ticks")
        }
        ParseErrorType::BadInput(LexError::MalformedEscapeSequence(_)) => {
            found.help("a text with `\\` in it, such as a pattern, stands between back-ticks: `` `^\\d+$` ``")
        }
        ParseErrorType::MismatchedType(wanted, given) if wanted.contains("iterable") => {
            let found = Diagnostic {
                title: format!("`for` goes over a list, a range or a text, not over {given}"),
                ..found
            };
            found.help(if given.contains("map") {
                "over the keys of a map: `for key in map.keys()`; with their values: `map.each(|key, value| ..)`"
            } else {
                "over numbers: `for i in 0..3 { .. }`"
            })
        }
        _ => found,
    }
}

/// Whether the source line explains the error, which it does not for a limit.
fn is_of_the_text(error: &ParseErrorType) -> bool {
    !matches!(
        error,
        ParseErrorType::LiteralTooLarge(..)
            | ParseErrorType::AssignmentToConstant(_)
            | ParseErrorType::ExprTooDeep
            | ParseErrorType::TooManyFunctions
            | ParseErrorType::BadInput(LexError::StringTooLong(_))
    )
}

/// Whether it is about a name that something declares somewhere.
fn is_declared(error: &ParseErrorType, text: &str) -> bool {
    match error {
        ParseErrorType::VariableUndefined(name) | ParseErrorType::ModuleUndefined(name) => {
            names::is_declared(name, text)
        }
        _ => false,
    }
}

/// Whether that token stands at the place.
fn is_at(text: &str, at: &Site, token: &str) -> bool {
    let offset = lex::offset(text, LineColumn { line: at.line, column: at.column });
    text[offset..].starts_with(token)
}

/// A keyword where a name belongs: Rhai then complains about what it expected instead.
fn reserved_word_in_place_of_a_name(source: &str, at: &Site, error: &ParseErrorType) -> Option<String> {
    use ParseErrorType as E;
    if !matches!(
        error,
        E::PropertyExpected
            | E::VariableExpected
            | E::FnMissingName
            | E::MissingToken(..)
            | E::ExprExpected(_)
    ) {
        return None;
    }
    let offset = lex::offset(source, LineColumn { line: at.line, column: at.column });
    let tokens = lex::code(source);
    let index = tokens.iter().position(|token| token.span.contains(&offset))?;
    let word = tokens[index].text(source);
    let before = index.checked_sub(1).map_or("", |index| tokens[index].text(source));
    let after = tokens.get(index + 1).map_or("", |token| token.text(source));
    let name_belongs_here = matches!(before, "let" | "const" | "fn" | "." | "?." | "::")
        || (matches!(before, "#{" | ",") && after == ":");
    (name_belongs_here && RESERVED_WORDS.contains(&word)).then(|| word.to_owned())
}

/// A reserved word, with the way to write what was meant.
fn reserved(word: &str, at: Site, source: &str, known: &KnownFunctions) -> Diagnostic {
    let offset = lex::offset(source, LineColumn { line: at.line, column: at.column });
    let tokens = lex::code(source);
    let found = Diagnostic::error(DiagnosticKind::Syntax, at, format!("`{word}` is a reserved word"));
    let index = tokens.iter().position(|token| token.span.contains(&offset));
    let text = |index: Option<usize>| {
        index.and_then(|index| tokens.get(index)).map_or("", |token| token.text(source))
    };
    let before = text(index.and_then(|index| index.checked_sub(1)));
    let after = text(index.map(|index| index + 1));
    let module = text(index.and_then(|index| index.checked_sub(2)));
    let meant = format!("{module}::is_{word}");
    match (before, after) {
        ("::", _) if known.constants.contains(&meant) => found.help(format!("write `{meant}`")),
        _ if !word.starts_with(|first: char| first.is_ascii_alphabetic()) => {
            Diagnostic { title: format!("`{word}` is not an operator"), ..found }
        }
        ("#{" | ",", ":") => found.help(format!("write the key as text: `\"{word}\": ..`")),
        ("." | "?.", "(") | ("::", _) => found.help("a function of that name cannot be called"),
        ("." | "?.", _) => found.help(format!("read it by its key: `[\"{word}\"]`")),
        _ => found.help(format!("choose another name, for example `{word}_`")),
    }
}

/// A symbol of another language; Rhai names that language, and sometimes what to write.
fn symbol(text: &str, at: Site) -> Diagnostic {
    let (title, rest) = text.split_once(". ").unwrap_or((text, ""));
    let found = Diagnostic::error(DiagnosticKind::Syntax, at, sentence(title.trim_end_matches('.')));
    let hint = rest.find("Should it be").and_then(|start| rest.get(start..));
    hint.into_iter().fold(found, |found, hint| found.help(sentence(hint)))
}

/// Rhai's text in our grammar: small letters, `expected`, literals in back-ticks.
fn sentence(text: &str) -> String {
    let text =
        text.strip_prefix("Expecting").map_or_else(|| text.to_owned(), |rest| format!("expected{rest}"));
    let mut shown = String::new();
    for (index, part) in text.split('\'').enumerate() {
        if index > 0 {
            shown.push('`');
        }
        shown.push_str(part);
    }
    // An odd quote is an apostrophe of the text itself.
    if shown.matches('`').count() % 2 == 1 {
        shown = text;
    }
    let mut characters = shown.chars();
    match characters.next() {
        Some(first) => first.to_lowercase().chain(characters).collect(),
        None => shown,
    }
}
