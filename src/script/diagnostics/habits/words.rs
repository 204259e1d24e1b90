//! Words of other languages.

use super::HabitHint;
use super::token_window::TokenWindow;
use crate::script::diagnostics::RESERVED_WORDS;

/// Words that mean nothing else wherever the parser stops at them: what is wrong, and the way to write it.
const WORDS: &[(&[&str], &str, &str)] = &[
    (
        &["null", "nil", "undefined", "None", "NULL", "nullptr"],
        "a missing value is `()`, not `{}`",
        "write `()`",
    ),
    (&["True", "TRUE"], "`{}` is written `true`", "write `true`"),
    (&["False", "FALSE"], "`{}` is written `false`", "write `false`"),
    (
        &["await"],
        "`{}` is not needed: an op goes on by itself, and is waited for where its result is read",
        "remove it; `wait(..)` waits at once",
    ),
    (&["async", "go", "spawn"], "`{}` is not needed: ops go on beside each other by themselves", "remove it"),
    (&["elif", "elsif", "elseif"], "`{}` is written `else if`", "write `else if .. { .. }`"),
    (&["and"], "`{}` is written `&&`", "write `a && b`"),
    (&["or"], "`{}` is written `||`", "write `a || b`"),
    (&["not"], "`{}` is written `!`", "write `!a`; `!(a in b)` in place of `a not in b`"),
    (&["is"], "`{}` is written `==`", "write `a == b`, and `a != b` in place of `a is not b`"),
    (&["match"], "`{}` is written `switch`", "write `switch x { \"a\" => .., _ => .. }`"),
    (&["case"], "a branch of `switch` is written without `{}`", "write `switch x { \"a\" => .., _ => .. }`"),
    (&["new"], "nothing is made with `{}`", "write the call alone: `kv::ensure(\"NAME\")`"),
    (&["typeof", "instanceof"], "`{}` is written `type_of`", "write `type_of(x) == \"string\"`"),
    (&["raise"], "`{}` is written `throw`", "write `throw \"..\"`, or `fail(\"..\")`"),
    (&["except", "rescue"], "`{}` is written `catch`", "write `try { .. } catch (e) { .. }`"),
    (
        &["finally", "defer"],
        "there is no `{}`",
        "write what must come in any case after the `try { .. } catch (e) { .. }`",
    ),
    (
        &["class", "struct", "interface", "enum", "impl", "trait"],
        "there is no `{}`: values that belong together are a map",
        "write `#{ name: \"a\", size: 1 }`",
    ),
    (&["lambda"], "a closure is written `|x| ..`, without `{}`", "write `|x| x + 1`"),
    (
        &["then", "fi", "endif", "done", "esac", "begin"],
        "a block stands between braces, without `{}`",
        "write `if .. { .. } else { .. }`",
    ),
    (&["foreach"], "`{}` is written `for`", "write `for x in list { .. }`"),
    (&["unless"], "`{}` is written `if !`", "write `if !(..) { .. }`"),
    (&["pass"], "an empty block is `{ }`, without `{}`", "remove it"),
    (
        &["pub", "public", "protected"],
        "every function can be called from other files, without `{}`",
        "remove it; `private fn` hides one",
    ),
    (&["self"], "`{}` is written `this`", "write `this`"),
];

/// Words that begin a declaration: what is wrong, and the way to write it with the name that follows.
const DECLARATIONS: &[(&[&str], &str, &str)] = &[
    (
        &["var", "val", "local", "auto", "mut"],
        "a variable is declared with `let`, without `{}`",
        "write `let {} = ..`",
    ),
    (
        &["function", "def", "func", "fun", "sub", "proc"],
        "a function is declared with `fn`, not `{}`",
        "write `fn {}(..) { .. }`",
    ),
];

/// The word that the parser stopped at, or one beside it.
pub(super) fn meant(near: &TokenWindow) -> Option<HabitHint> {
    [0, -1, 1].into_iter().filter(|shift| near.shares_line(0, *shift)).find_map(|shift| {
        let word = near.text(shift);
        // A key of a map, a property or part of a path may have any of these names.
        if !near.is_word(shift)
            || matches!(near.text(shift - 1), "." | "?." | "::")
            || near.text(shift + 1) == "::"
        {
            return None;
        }
        object(near, shift, word).or_else(|| declared(near, shift, word)).or_else(|| plain(near, shift, word))
    })
}

/// An object that another language has everywhere, by a word that is reserved here.
fn object(near: &TokenWindow, shift: isize, word: &str) -> Option<HabitHint> {
    if near.text(shift + 1) != "." || !RESERVED_WORDS.contains(&word) {
        return None;
    }
    let help = super::module_meant(word)?;
    Some(HabitHint::new(format!("there is no `{word}` here"), help).at(shift))
}

fn plain(near: &TokenWindow, shift: isize, word: &str) -> Option<HabitHint> {
    let (_, title, help) = WORDS.iter().find(|(words, ..)| words.contains(&word))?;
    if near.text(shift + 1) == ":" || matches!(near.text(shift - 1), "let" | "const" | "fn") {
        return None;
    }
    if word == "new" {
        return Some(HabitHint::new(title.replace("{}", word), made(near.text(shift + 1), help)).at(shift));
    }
    // `pass` has braces in its title.
    let title = title.replacen("`{}`", &format!("`{word}`"), 1);
    Some(HabitHint::new(title, *help).at(shift))
}

/// What is written in place of `new` with that name.
fn made<'a>(name: &str, otherwise: &'a str) -> &'a str {
    let is_error = name.ends_with("Error") || name.ends_with("Exception");
    match name {
        _ if is_error => "write `throw \"..\"`, or `fail(\"..\")`",
        "Map" | "HashMap" | "Dictionary" => "an empty map is `#{}`",
        "Set" | "List" | "ArrayList" => "an empty list is `[]`",
        _ => super::module_meant(name).unwrap_or(otherwise),
    }
}

fn declared(near: &TokenWindow, shift: isize, word: &str) -> Option<HabitHint> {
    let (_, title, help) = DECLARATIONS.iter().find(|(words, ..)| words.contains(&word))?;
    let title = title.replace("{}", word);
    if near.text(shift + 1) == "(" {
        return Some(HabitHint::new("a function without a name is a closure", "write `|x| ..`").at(shift));
    }
    if !near.is_word(shift + 1) {
        return None;
    }
    Some(HabitHint::new(title, help.replacen("{}", near.text(shift + 1), 1)).at(shift))
}
