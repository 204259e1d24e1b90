//! Texts in the place of an id or a name that are neither: template values that a person has to replace, and
//! variables that a build step has to substitute.
//!
//! **Invariant:** nothing that Cloudflare gives as an id is blank: it is hexadecimal digits and `-`, and not one digit alone.

/// Why a text is no id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfilled {
    /// A person was to replace it: empty, `REPLACE_ME`, `<ID>`, `xxxx`.
    Filler,
    /// A build step is to replace it: `$ID`, `${ID}`, `{{ID}}`, `%ID%`, `<%= ID %>`.
    Unsubstituted,
}

/// Words that no id has, in a text that asks to be replaced.
const FILLER_WORDS: [&str; 18] = [
    "replace",
    "replaceme",
    "your",
    "yours",
    "placeholder",
    "todo",
    "tbd",
    "fixme",
    "fill",
    "filled",
    "changeme",
    "change",
    "insert",
    "paste",
    "dummy",
    "xxx",
    "none",
    "null",
];

/// What a text in the place of an id is, if it is none.
pub fn of_id(text: &str) -> Option<Unfilled> {
    let text = text.trim();
    if is_one_character(text) {
        return Some(Unfilled::Filler);
    }
    if text.contains(['$', '{', '}', '%', '@']) || is_enclosed(text, "__", "__") {
        return Some(Unfilled::Unsubstituted);
    }
    let is_filler = is_bracketed(text) || words(text).any(|word| FILLER_WORDS.contains(&word.as_str()));
    is_filler.then_some(Unfilled::Filler)
}

/// The same in the place of a name, where more is allowed: only what cannot be meant as one is none.
pub fn of_name(text: &str) -> Option<Unfilled> {
    let text = text.trim();
    if text.is_empty() || is_bracketed(text) && !text.contains("<%") {
        return Some(Unfilled::Filler);
    }
    let is_shell = text.contains("${") || text.strip_prefix('$').is_some_and(is_variable);
    let is_template = text.contains("{{") || text.contains("<%") || is_enclosed(text, "__", "__");
    let is_other = is_enclosed(text, "{", "}") || is_enclosed(text, "%", "%") || is_enclosed(text, "@", "@");
    if is_shell || is_template || is_other {
        return Some(Unfilled::Unsubstituted);
    }
    let first = words(text).next().unwrap_or_default();
    let is_loud = text.chars().all(|letter| !letter.is_lowercase());
    (is_loud && ["replace", "your", "placeholder"].contains(&first.as_str())).then_some(Unfilled::Filler)
}

/// `xxxxxxxx-xxxx`: nothing, or one character again and again.
fn is_one_character(text: &str) -> bool {
    let letters = || text.chars().filter(|letter| *letter != '-');
    letters().count() != 1 && letters().all(|letter| Some(letter) == letters().next())
}

fn is_bracketed(text: &str) -> bool {
    !text.contains("<%") && (is_enclosed(text, "<", ">") || is_enclosed(text, "[", "]"))
}

fn is_enclosed(text: &str, before: &str, after: &str) -> bool {
    text.len() > before.len() + after.len() && text.starts_with(before) && text.ends_with(after)
}

fn is_variable(text: &str) -> bool {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_') && text.chars().all(is_part)
}

/// Its words in small letters; a run of `x` is one.
fn words(text: &str) -> impl Iterator<Item = String> {
    let parts = text.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
    parts.map(|part| {
        let part = part.to_ascii_lowercase();
        let is_crosses = part.len() >= 3 && part.bytes().all(|byte| byte == b'x');
        if is_crosses { "xxx".to_owned() } else { part }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fillers_and_variables_are_no_ids() {
        for filler in [
            "",
            " ",
            "-",
            "xxx",
            "0000",
            "00000000-0000-0000-0000-000000000000",
            "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
            "...",
            "<ID>",
            "<your kv id>",
            "[KV ID]",
            "REPLACE_ME",
            "REPLACE_WITH_KV_ID",
            "replace-me",
            "YOUR_KV_ID",
            "your-kv-namespace-id",
            "PLACEHOLDER",
            "kv_id_placeholder",
            "tbd",
            "todo: create",
            "TO_BE_FILLED",
            "changeme",
            "CHANGE_ME",
            "fill-in-later",
            "abc-xxxx",
            "PASTE ID HERE",
            "null",
        ] {
            assert_eq!(of_id(filler), Some(Unfilled::Filler), "{filler}");
        }
        for variable in [
            "$KV_ID",
            "${KV_ID}",
            "{{KV_ID}}",
            "{{ kv.id }}",
            "{KV_ID}",
            "%KV_ID%",
            "<%= KV_ID %>",
            "__KV_ID__",
            "@KV_ID@",
            "#{KV_ID}#",
            "${{ secrets.KV_ID }}",
            "$YOUR_KV_ID",
            "{{REPLACE_ME}}",
        ] {
            assert_eq!(of_id(variable), Some(Unfilled::Unsubstituted), "{variable}");
        }
        for id in [
            "c4f5a1d05bdf4d989d7644fde00ff110",
            "8f1fc6da-cb58-42b7-a8a9-47d225bc08e7",
            "10ca1f00000000000000000000000000",
            "local",
            "my-database",
            "abc",
            "dead-beef",
            "00000000-0000-0000-0000-000000000001",
        ] {
            assert_eq!(of_id(id), None, "{id}");
        }
    }

    #[test]
    fn a_name_may_be_nearly_anything() {
        for filler in ["", "  ", "<DB_NAME>", "[name]", "YOUR_DB_NAME", "REPLACE_ME"] {
            assert_eq!(of_name(filler), Some(Unfilled::Filler), "{filler}");
        }
        for variable in
            ["$DB", "${DB}", "app-${STAGE}-db", "{{db}}", "{db}", "%DB%", "<%= db %>", "__DB__", "@db@"]
        {
            assert_eq!(of_name(variable), Some(Unfilled::Unsubstituted), "{variable}");
        }
        for name in [
            "xxx",
            "aaa",
            "todo",
            "todo-db",
            "your-app-db",
            "replace-cache",
            "placeholder",
            "DB",
            "100%",
            "a$b",
            "none",
        ] {
            assert_eq!(of_name(name), None, "{name}");
        }
    }
}
