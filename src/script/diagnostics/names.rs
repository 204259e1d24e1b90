//! Errors of unknown variables and modules.

use super::{Diagnostic, DiagnosticKind, Site, Sources, habits};
use crate::project::did_you_mean;
use crate::script::known::KnownFunctions;
use crate::script::lex::{self, LineColumn, Token};
use std::collections::BTreeSet;
use std::ops::Range;

/// A variable that does not exist at this place.
///
/// That a function does not see the variables of the script is what people ask about most (RHAI-6).
pub fn unknown_variable(name: &str, at: Site, sources: &Sources, known: &KnownFunctions) -> Diagnostic {
    let text = sources.get(&at.file).unwrap_or_default();
    let offset = lex::offset(&text, LineColumn { line: at.line, column: at.column });
    let found = Diagnostic::error(DiagnosticKind::Name, at, format!("unknown variable `{name}`"));
    let declared = declarations(&text);
    if known.has_namespace(name) {
        return in_module(name, found, &text[offset..], known);
    }
    if let Some(constant) = name.strip_prefix("global::") {
        return found
            .help(format!("`const {constant} = ..` at the top of the file makes it known to functions"));
    }
    let inside = enclosing_function(&text, offset);
    let same_name = || declared.iter().filter(|(declared, _)| declared == name);
    if let Some(body) = &inside
        && same_name().any(|(_, at)| !body.contains(at))
    {
        return found.help(format!(
            "functions don't see variables of the script: pass `{name}` as an argument, or make it a `const` and write \
             `global::{name}`"
        ));
    }
    if let Some((_, declared)) = same_name().next() {
        let line = lex::line_column(&text, *declared).line;
        let when = if *declared > offset { "only later" } else { "in another block" };
        return found.note(format!("`{name}` is declared {when}, in line {line}"));
    }
    if let Some(forms) = known.functions.get(name) {
        let found = found.help(format!("`{name}` is a function: call it, `{name}(..)`"));
        return if forms.iter().any(|form| form.takes(1)) {
            found.help(format!("where a closure is needed: `|x| {name}(x)`"))
        } else {
            found
        };
    }
    if is_function(name, &text) {
        return found
            .help(format!("`{name}` is a function: call it, `{name}(..)`"))
            .help(format!("where a closure is needed: `|x| {name}(x)`"));
    }
    if let Some((namespace, last)) = name.split_once("::")
        && let members = members(namespace, known)
        && !members.is_empty()
    {
        return foreign(namespace, last, &members, found);
    }
    if let Some(help) = habits::module_meant(name).or_else(|| habits::function_meant(name)) {
        return found.help(help);
    }
    let names: BTreeSet<&str> = declared.iter().map(|(name, _)| name.as_str()).collect();
    found.suggest(name, names.into_iter().chain(known.constants.iter().map(String::as_str)))
}

/// A module whose member is read like the property of a value: `rest` begins with its name.
fn in_module(name: &str, found: Diagnostic, rest: &str, known: &KnownFunctions) -> Diagnostic {
    let tokens = lex::code(rest);
    let text = |index: usize| tokens.get(index).map_or("", |token| token.text(rest));
    let is_read = matches!(text(1), "." | "?.");
    if name == "process" && is_read && text(2) == "env" && text(3) == "." {
        return found.help(format!("write `process::env(\"{}\")`", text(4)));
    }
    let members = members(name, known);
    let is_known = known.functions.contains_key(&format!("{name}::{}", text(2)));
    if is_read && is_known {
        return found.help(format!("`{name}` is a module: write `{name}::{}(..)`", text(2)));
    }
    if !is_read || members.is_empty() {
        return found
            .help(format!("`{name}` is a module: its functions are called like `{name}::function(..)`"));
    }
    if members.contains(&text(2)) {
        let (mut path, mut index) = (text(2).to_owned(), 3);
        while text(index) == "." {
            path = format!("{path}.{}", text(index + 1));
            index += 2;
        }
        return found.help(format!("`{name}` is a module: write `{name}::{path}`"));
    }
    foreign(name, text(2), &members, found)
}

/// The values of a module.
fn members<'a>(namespace: &str, known: &'a KnownFunctions) -> Vec<&'a str> {
    let prefix = format!("{namespace}::");
    known.constants.iter().filter_map(|name| name.strip_prefix(&prefix)).collect()
}

/// A value that a module does not have: where such a one is, and what the module has.
fn foreign(namespace: &str, name: &str, members: &[&str], found: Diagnostic) -> Diagnostic {
    let is_variable =
        name.chars().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_');
    let near = did_you_mean(name, members.iter().copied())
        .or_else(|| members.iter().copied().find(|member| member.strip_prefix("is_") == Some(name)));
    let found = match near {
        Some(near) => found.help(format!("did you mean `{namespace}::{near}`?")),
        None if namespace == "config" => {
            found.help(format!("a value of `[vars]` of the project file is `config::vars.{name}`"))
        }
        None if namespace == "env" && is_variable => {
            found.help(format!("a variable of the process is `process::env(\"{name}\")`"))
        }
        None => found,
    };
    found.note(format!("`{namespace}` has: {}", members.join(", ")))
}

/// A module that is neither a service nor imported.
pub fn unknown_module(name: &str, at: Site, sources: &Sources, known: &KnownFunctions) -> Diagnostic {
    let text = sources.get(&at.file).unwrap_or_default();
    let declared = declarations(&text);
    let found = Diagnostic::error(DiagnosticKind::Name, at, format!("unknown module `{name}`"));
    let library = format!("std/{name}");
    if crate::script::resolver::library().any(|module| module == library) {
        return found.help(format!("import it first: `import \"{library}\" as {name};`"));
    }
    if let Some(help) = habits::module_meant(name) {
        return found.help(help);
    }
    let names: BTreeSet<&str> =
        declared.iter().map(|(name, _)| name.as_str()).chain(known.namespaces()).collect();
    found.suggest(name, names)
}

/// Whether `let`, `const`, `for` or `as` introduce the name anywhere in the text.
pub fn is_declared(name: &str, source: &str) -> bool {
    declarations(source).iter().any(|(declared, _)| declared == name)
}

/// Whether a text defines a function of that name.
fn is_function(name: &str, source: &str) -> bool {
    let tokens = lex::code(source);
    tokens
        .iter()
        .zip(tokens.iter().skip(1))
        .any(|(word, next)| word.is(source, "fn") && next.is(source, name))
}

/// The keys of the maps that a text writes out.
pub(super) fn keys(source: &str) -> BTreeSet<&str> {
    let tokens = lex::code(source);
    let pairs = tokens.iter().zip(tokens.iter().skip(1));
    let keys = pairs.filter(|(_, colon)| colon.is(source, ":")).map(|(key, _)| key.text(source));
    keys.map(|key| key.trim_matches('"')).collect()
}

/// Names after `let`, `const`, `for` and `as`, with the byte each stands at.
fn declarations(source: &str) -> Vec<(String, usize)> {
    let tokens = lex::code(source);
    let pairs = tokens.iter().zip(tokens.iter().skip(1));
    pairs
        .filter(|(word, name)| {
            matches!(word.text(source), "let" | "const" | "for" | "as") && name.kind == lex::TokenKind::Word
        })
        .map(|(_, name)| (name.text(source).to_owned(), name.span.start))
        .collect()
}

/// The bytes of the `fn` around `offset`, its parameters included.
fn enclosing_function(source: &str, offset: usize) -> Option<Range<usize>> {
    let tokens = lex::code(source);
    let starts = tokens.iter().enumerate().filter(|(_, token)| token.is(source, "fn"));
    starts
        .map(|(index, token)| token.span.start..body_end(source, &tokens[index..]))
        .find(|body| body.contains(&offset))
}

/// Where the first `{ .. }` after a `fn` ends.
fn body_end(source: &str, tokens: &[Token]) -> usize {
    let mut depth = 0_usize;
    for token in tokens {
        if token.is(source, "{") || token.is(source, "#{") {
            depth += 1;
        } else if token.is(source, "}") {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return token.span.end;
            }
        }
    }
    source.len()
}
