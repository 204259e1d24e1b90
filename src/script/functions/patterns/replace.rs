//! `regex::replace`: replaces every match by a text that may refer to groups.

use super::{PatternCall, check};
use crate::script::engine::limits::TEXT_BYTES_MAX;
use crate::script::functions::call::Call;
use crate::script::host::Outcome;
use regex::Regex;
use rhai::Dynamic;

/// A part of what stands in place of a match.
enum ReplacementPart {
    Text(String),
    Group(usize),
}

pub(super) fn replace(call: &Call) -> Outcome<Dynamic> {
    let PatternCall { pattern, text } = PatternCall::read(call)?;
    let parts = parts(call, &pattern)?;
    let (mut replaced, mut from) = (String::new(), 0);
    for found in pattern.captures_iter(&text) {
        check(call)?;
        let Some(whole) = found.get(0) else { continue };
        replaced.push_str(&text[from..whole.start()]);
        from = whole.end();
        for part in &parts {
            match part {
                ReplacementPart::Text(text) => replaced.push_str(text),
                ReplacementPart::Group(index) => {
                    replaced.push_str(found.get(*index).map_or("", |group| group.as_str()));
                }
            }
            if replaced.len() > TEXT_BYTES_MAX {
                return Err(call.too_large());
            }
        }
    }
    replaced.push_str(&text[from..]);
    call.sized(replaced)
}

/// Reads the third argument: `$1`, `$name`, `${name}` and `$$`. A group that the pattern does not have would silently
/// stand for nothing, so it is refused.
fn parts(call: &Call, pattern: &Regex) -> Outcome<Vec<ReplacementPart>> {
    let with = call.text(2);
    let (mut parts, mut rest) = (Vec::new(), with.as_str());
    while let Some((before, after)) = rest.split_once('$') {
        parts.push(ReplacementPart::Text(before.to_owned()));
        if let Some(after) = after.strip_prefix('$') {
            parts.push(ReplacementPart::Text("$".to_owned()));
            rest = after;
            continue;
        }
        let in_braces = after.strip_prefix('{').and_then(|inner| inner.split_once('}'));
        let (name, after) = in_braces.unwrap_or_else(|| {
            let is_of_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
            after.split_at(after.find(|letter| !is_of_name(letter)).unwrap_or(after.len()))
        });
        let by_name = || pattern.capture_names().position(|known| known == Some(name));
        let by_number = name.parse().ok().filter(|index| *index < pattern.captures_len());
        let Some(group) = by_number.or_else(by_name) else {
            let message = match name {
                "" => "a `$` in `with` stands for no group".to_owned(),
                name => format!("the pattern has no group `{name}`, which `with` names"),
            };
            let hint = "write `$$` for a `$`, and `\"${1}a\"` for a group that letters follow";
            return Err(call.refuse_with_hint(2, message, hint));
        };
        parts.push(ReplacementPart::Group(group));
        rest = after;
    }
    parts.push(ReplacementPart::Text(rest.to_owned()));
    Ok(parts)
}
