//! Operators and closures as other languages write them.

use crate::script::diagnostics::habits::HabitHint;
use crate::script::diagnostics::habits::function_meant;
use crate::script::diagnostics::habits::token_window::TokenWindow;

/// `x => x`, `(x) => x`, `() => { }`.
pub(super) fn arrow(near: &TokenWindow) -> Option<HabitHint> {
    let at = if near.text(0) == "=>" { 0 } else { near.after("=>")? };
    // A branch of a `switch` has the arrow as well.
    let before = near.text(at - 1);
    let start = match before {
        ")" => near.back_from(at).find(|one| near.text(*one) == "(")?,
        _ if near.is_word(at - 1) => at - 1,
        _ => return None,
    };
    if start > 0 || matches!(near.text(start - 1), "{" | "switch") {
        return None;
    }
    let names: Vec<&str> = (start..at).filter(|one| near.is_word(*one)).map(|one| near.text(one)).collect();
    let title = "a closure is written with its parameters between bars, without `=>`";
    Some(HabitHint::new(title, format!("write `|{}| ..`", names.join(", "))).at(at))
}

/// `x?`, as Rust gives a failure on.
pub(super) fn question(near: &TokenWindow) -> Option<HabitHint> {
    let ends = near.text(0) == "?" && matches!(near.text(1), ";" | ")" | "," | ".");
    ends.then(|| HabitHint::new("a failure ends the recipe by itself, without `?`", "remove it"))
}

/// `[f(x) for x in list]`.
pub(in crate::script::diagnostics::habits) fn comprehension(near: &TokenWindow) -> Option<HabitHint> {
    let at = if near.text(0) == "for" { 0 } else { near.after("for")? };
    let open = near.before("[")?;
    let is_inside = !(open..at).any(|one| matches!(near.text(one), "]" | "{" | ";"));
    let name = near.text(at + 1);
    let help = format!("write `list.map(|{name}| ..)`");
    (is_inside && near.is_word(at + 1))
        .then(|| HabitHint::new("a list is made of another one with `map`", help).at(at))
}

/// `a ? b : c`.
pub(super) fn ternary(near: &TokenWindow) -> Option<HabitHint> {
    let at = if near.text(0) == "?" { 0 } else { near.before("?")? };
    let help = "write `if a { b } else { c }`, which has a value";
    Some(HabitHint::new("`a ? b : c` is written as an `if`", help).at(at))
}

/// `x as int`.
pub(super) fn conversion(near: &TokenWindow) -> Option<HabitHint> {
    if near.text(0) != "as" || near.text(near.first_of_line()) == "import" {
        return None;
    }
    let help = "write `parse_int(text)`, `number.to_float()` or `value.to_string()`";
    Some(HabitHint::new("a value is converted by a function, without `as`", help))
}

/// `f(name = value)`.
pub(super) fn named_argument(near: &TokenWindow) -> Option<HabitHint> {
    let is_named = near.is_word(0) && near.text(1) == "=" && matches!(near.text(-1), "(" | ",");
    let help = format!("options are a map: `#{{ {}: .. }}`", near.text(0));
    is_named.then(|| HabitHint::new("an argument has no name", help))
}

/// `println!(..)`.
pub(super) fn macro_call(near: &TokenWindow) -> Option<HabitHint> {
    let at = isize::from(near.text(0) != "!");
    let is_macro = near.text(at) == "!"
        && near.is_word(at - 1)
        && near.touches_next(at - 1)
        && matches!(near.text(at + 1), "(" | "[");
    if !is_macro || near.text(at - 1) == "if" {
        return None;
    }
    let name = near.text(at - 1);
    let help = function_meant(name).map_or_else(|| format!("write `{name}(..)`"), str::to_owned);
    Some(HabitHint::new(format!("a function is called without `!`: `{name}`"), help).at(at - 1))
}

/// `x++`, `x--`, `===`, `<>`, `:=`, `->`, `<-`.
pub(super) fn operator(near: &TokenWindow) -> Option<HabitHint> {
    let pair = |at: isize| (near.text(at), near.text(at + 1));
    if matches!(pair(0), ("+", "+") | ("-", "-")) && near.touches_next(0) {
        let sign = near.text(0);
        let at = if near.is_word(-1) { -1 } else { 2 };
        let name = Some(near.text(at)).filter(|_| near.is_word(at))?;
        let title = format!("there is no `{sign}{sign}`");
        return Some(HabitHint::new(title, format!("write `{name} {sign}= 1`")));
    }
    let is_whole = near.touches_next(0);
    match pair(0) {
        ("==", "=") if is_whole => Some(HabitHint::new("`===` is written `==`", "write `==`")),
        ("!=", "=") if is_whole => Some(HabitHint::new("`!==` is written `!=`", "write `!=`")),
        ("<", ">") if is_whole => Some(HabitHint::new("`<>` is written `!=`", "write `!=`")),
        (":", "=") if is_whole && near.is_word(-1) => {
            let name = near.text(-1);
            let help = format!("`let {name} = ..` declares it, `{name} = ..` changes it");
            Some(HabitHint::new("`:=` is written `=`", help))
        }
        ("-", ">") if is_whole && near.is_word(-1) && near.is_word(2) => {
            Some(HabitHint::new("a property is read with `.`, not `->`", "write `a.b`"))
        }
        _ => None,
    }
}

/// `&x`, `*x`.
pub(super) fn reference(near: &TokenWindow) -> Option<HabitHint> {
    let before = near.text(-1);
    let is_prefix =
        matches!(near.text(0), "&" | "*") && matches!(before, "(" | "," | "=" | "in" | "return" | "[");
    is_prefix.then(|| {
        let title = format!("values are given on as they are, without `{}`", near.text(0));
        HabitHint::new(title, "remove it")
    })
}
