//! Regular expressions, in linear time.
//!
//! **Invariant:** pattern, compiled pattern and text are limited in size, so that no single search takes long.

mod replace;

use super::Function;
use super::call::Call;
use crate::script::builtins::Builtin;
use crate::script::host::Outcome;
use parking_lot::Mutex;
use regex::{Regex, RegexBuilder};
use regex_syntax::ParserBuilder;
use rhai::{Array, Dynamic, EvalAltResult, Map};
use std::collections::BTreeMap;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        builtin: Builtin {
            name: "regex::is_match",
            forms: &[&["pattern: string", "text: string"]],
            summary: "Whether the pattern matches anywhere in the text. A pattern is best written in back-ticks; `^` and `$` hold it to the whole text.",
        },
        example: r"regex::is_match(`^v\d+\.\d+$`, `v1.20`)",
        result: "true",
        run: |call| Ok(PatternCall::read(call)?.pattern.is_match(&call.text(1)).into()),
    },
    Function {
        builtin: Builtin {
            name: "regex::find",
            forms: &[&["pattern: string", "text: string"]],
            summary: "The first part of the text that the pattern matches, or `()`.",
        },
        example: r"regex::find(`\d+`, `build 42 of 50`)",
        result: r#""42""#,
        run: find,
    },
    Function {
        builtin: Builtin {
            name: "regex::find_all",
            forms: &[&["pattern: string", "text: string"]],
            summary: "Every part of the text that the pattern matches.",
        },
        example: r"regex::find_all(`\d+`, `build 42 of 50`)",
        result: r#"["42", "50"]"#,
        run: find_all,
    },
    Function {
        builtin: Builtin {
            name: "regex::captures",
            forms: &[&["pattern: string", "text: string"]],
            summary: "The groups of the first match by name and by number (`\"0\"` is the whole), those that took no part as `()`; `()` where nothing matches.",
        },
        example: r"regex::captures(`^v(?<major>\d+)\.(?<minor>\d+)$`, `v1.20`).minor",
        result: r#""20""#,
        run: captures,
    },
    Function {
        builtin: Builtin {
            name: "regex::replace",
            forms: &[&["pattern: string", "text: string", "with: string"]],
            summary: "The text with every match replaced; `$1` and `$name` in `with` stand for groups, `$$` for a `$`.",
        },
        example: r#"regex::replace(`(\w+)@(\w+)`, "jo@site", "$2:$1")"#,
        result: r#""site:jo""#,
        run: replace::replace,
    },
    Function {
        builtin: Builtin {
            name: "regex::split",
            forms: &[&["pattern: string", "text: string"]],
            summary: "The parts of the text between the matches of the pattern.",
        },
        example: r"regex::split(`[,;]\s*`, `a, b;c`)",
        result: r#"["a", "b", "c"]"#,
        run: split,
    },
];

/// Bytes of a pattern.
const PATTERN_BYTES_MAX: usize = 1000;
/// Bytes of a compiled pattern.
const COMPILED_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Bytes of a text that is searched: a larger one goes by lines.
const SEARCHED_BYTES_MAX: usize = 32 * 1024;
const NESTING_MAX: u32 = 50;
/// Compiled patterns that are kept.
const KEPT_MAX: usize = 32;

/// Pattern and text of a call.
struct PatternCall {
    pattern: Regex,
    text: String,
}

impl PatternCall {
    fn read(call: &Call) -> Outcome<PatternCall> {
        let (pattern, text) = (call.known(0)?, call.known(1)?);
        if text.len() > SEARCHED_BYTES_MAX {
            let message = format!("`text` is larger than {} KiB", SEARCHED_BYTES_MAX / 1024);
            return Err(call.refuse_with_hint(
                1,
                message,
                "search it line by line: `file::lines`, or `split(\"\\n\")`",
            ));
        }
        Ok(PatternCall { pattern: compiled(call, &pattern)?, text })
    }
}

/// A pattern, compiled once however often it is used.
fn compiled(call: &Call, pattern: &str) -> Outcome<Regex> {
    static KEPT: Mutex<BTreeMap<String, Regex>> = Mutex::new(BTreeMap::new());
    let mut kept = KEPT.lock();
    if let Some(regex) = kept.get(pattern) {
        return Ok(regex.clone());
    }
    if pattern.len() > PATTERN_BYTES_MAX {
        return Err(call.refuse(0, format!("`pattern` is longer than {PATTERN_BYTES_MAX} bytes")));
    }
    let wrong = ParserBuilder::new().nest_limit(NESTING_MAX).build().parse(pattern).err();
    if let Some(error) = wrong {
        return Err(call.refuse_with_hint(
            0,
            format!("`pattern` is no regular expression: {}", words(&error)),
            HINT,
        ));
    }
    let built = RegexBuilder::new(pattern)
        .nest_limit(NESTING_MAX)
        .size_limit(COMPILED_BYTES_MAX)
        .dfa_size_limit(COMPILED_BYTES_MAX)
        .build();
    let regex = built.map_err(|_| {
        let hint = "count less with `{..}`, or write `[0-9]` for `\\d` and `[A-Za-z0-9_]` for `\\w`";
        call.refuse_with_hint(0, "`pattern` is too large when it is compiled", hint)
    })?;
    if kept.len() >= KEPT_MAX {
        kept.clear();
    }
    kept.insert(pattern.to_owned(), regex.clone());
    Ok(regex)
}

const HINT: &str =
    "in a pattern, `.+*?()[]{}|^$\\` have a meaning of their own: a backslash before one takes it away";

/// What is wrong, and at which character.
fn words(error: &regex_syntax::Error) -> String {
    let (what, at) = match error {
        regex_syntax::Error::Parse(error) => (error.kind().to_string(), error.span().start.column),
        regex_syntax::Error::Translate(error) => (error.kind().to_string(), error.span().start.column),
        _ => return "it can't be read".to_owned(),
    };
    format!("{what}, at character {at}")
}

/// Searches that follow each other take steps of the recipe.
fn check(call: &Call) -> Result<(), Box<EvalAltResult>> {
    let stop = call.host.meter.stopped();
    stop.map_or(Ok(()), |stop| {
        let position = call.context.call_position();
        Err(Box::new(EvalAltResult::ErrorTerminated(Dynamic::from(stop), position)))
    })
}

fn find(call: &Call) -> Outcome<Dynamic> {
    let PatternCall { pattern, text } = PatternCall::read(call)?;
    Ok(pattern.find(&text).map_or(Dynamic::UNIT, |found| found.as_str().to_owned().into()))
}

fn find_all(call: &Call) -> Outcome<Dynamic> {
    let PatternCall { pattern, text } = PatternCall::read(call)?;
    let mut all = Array::new();
    for found in pattern.find_iter(&text) {
        check(call)?;
        all.push(found.as_str().to_owned().into());
    }
    Ok(Dynamic::from_array(all))
}

fn captures(call: &Call) -> Outcome<Dynamic> {
    let PatternCall { pattern, text } = PatternCall::read(call)?;
    let Some(found) = pattern.captures(&text) else { return Ok(Dynamic::UNIT) };
    let mut groups = Map::new();
    for (index, name) in pattern.capture_names().enumerate() {
        let group = found.get(index).map_or(Dynamic::UNIT, |group| group.as_str().to_owned().into());
        if let Some(name) = name {
            groups.insert(name.into(), group.clone());
        }
        groups.insert(index.to_string().into(), group);
    }
    Ok(Dynamic::from_map(groups))
}

fn split(call: &Call) -> Outcome<Dynamic> {
    let PatternCall { pattern, text } = PatternCall::read(call)?;
    let mut parts = Array::new();
    for part in pattern.split(&text) {
        check(call)?;
        parts.push(part.to_owned().into());
    }
    Ok(Dynamic::from_array(parts))
}
