//! Declarations, loops and blocks as other languages write them.

use crate::script::diagnostics::RESERVED_WORDS;
use crate::script::diagnostics::habits::HabitHint;
use crate::script::diagnostics::habits::token_window::TokenWindow;
use crate::script::lex::TokenKind;

/// `step "name" { .. }`, and blocks of HCL.
pub(super) fn step_of_one(near: &TokenWindow) -> Option<HabitHint> {
    let at =
        [0, -1].into_iter().find(|at| near.is_word(*at) && near.kind(at + 1) == Some(TokenKind::Text))?;
    if near.text(at + 1).starts_with('`') || !near.shares_line(at, at + 1) {
        return None;
    }
    Some(
        match near.text(at) {
            "step" => HabitHint::new("`step` is a function", "write `step(\"name\", || { .. });`"),
            "resource" | "data" | "variable" | "provider" | "output" | "module" | "locals" => HabitHint::new(
                format!("a resource is what a call gives: there is no block `{}`", near.text(at)),
                "write `let cache = kv::ensure(\"CACHE\", #{ .. });`, and `output(\"name\", value);`",
            ),
            "and" | "or" | "not" | "elif" | "from" | "as" => return None,
            word if RESERVED_WORDS.contains(&word) => return None,
            word => without_brackets(near, at, word),
        }
        .at(at),
    )
}

/// A call as shells have it, perhaps of a word of another language.
fn without_brackets(near: &TokenWindow, at: isize, word: &str) -> HabitHint {
    let argument = near.text(at + 1);
    let name =
        if near.text(at - 1) == "::" { format!("{}::{word}", near.text(at - 2)) } else { word.to_owned() };
    let help = match name.as_str() {
        "echo" | "println" | "puts" | "printf" => format!("write `print({argument})`"),
        "raise" | "die" | "panic" | "error" => format!("write `throw {argument}`, or `fail({argument})`"),
        "typeof" => format!("write `type_of({argument})`"),
        "require" | "include" | "source" => format!("write `import {argument} as name;`"),
        _ => format!("write `{name}({argument})`"),
    };
    let title = match name.as_str() {
        "raise" => "`raise` is written `throw`".to_owned(),
        "typeof" => "`typeof` is written `type_of`".to_owned(),
        _ => format!("arguments stand between brackets after `{name}`"),
    };
    HabitHint::new(title, help)
}

/// `for x, i in`, `for (const x of l)`, `for (let i = 0; ..)`, `for let x in`, `for (x in l)`.
pub(super) fn for_head(near: &TokenWindow) -> Option<HabitHint> {
    let at = if near.text(0) == "for" { 0 } else { near.before("for")? };
    let title = "a loop is written `for x in list { .. }`";
    let head = (at + 1..at + 12).take_while(|one| near.shares_line(at, *one) && near.text(*one) != "{");
    if near.text(at + 1) == "(" && head.into_iter().any(|one| near.text(one) == ";") {
        return Some(HabitHint::new(title, "over numbers: `for i in 0..3 { .. }`").at(at));
    }
    let skip = |word: &str| matches!(word, "(" | "let" | "const" | "var");
    let first = (at + 1..at + 4).find(|one| !skip(near.text(*one)))?;
    if !near.is_word(first) || near.text(first) == "in" {
        return None;
    }
    let name = near.text(first);
    match near.text(first + 1) {
        "," if near.is_word(first + 2) && near.text(at + 1) != "(" => {
            let help = format!(
                "write `for ({name}, {}) in list {{ .. }}`; the second is the index",
                near.text(first + 2)
            );
            Some(HabitHint::new("two names of a loop stand between brackets", help).at(first))
        }
        "of" | ":" => {
            Some(HabitHint::new(title, format!("write `for {name} in list {{ .. }}`")).at(first + 1))
        }
        "in" if first > at + 1 => Some(
            HabitHint::new(
                title,
                format!("write `for {name} in list {{ .. }}`, without what stands around `{name}`"),
            )
            .at(at + 1),
        ),
        _ => None,
    }
}

/// `if let Some(x) = ..`.
pub(super) fn if_let(near: &TokenWindow) -> Option<HabitHint> {
    let is_let = near.text(0) == "let" && matches!(near.text(-1), "if" | "while");
    let help = "write `let x = kv::find(\"NAME\"); if x != () { .. }`";
    is_let.then(|| HabitHint::new("a condition declares no variable", help))
}

/// `import x from "y"`, `from x import y`, `use x::y`, `const x = require("y")`.
pub(super) fn import(near: &TokenWindow) -> Option<HabitHint> {
    let first = near.first_of_line();
    if !matches!(near.text(first), "import" | "from" | "use" | "include" | "require" | "source" | "export") {
        return None;
    }
    let word = near.text(first);
    if word == "export" {
        let title = "every function of a file can be called from other files, without `export`";
        return Some(HabitHint::new(title, "remove it; a value is given on by a function").at(first));
    }
    let rest = (first + 1..first + 12).take_while(|at| near.shares_line(first, *at));
    let path = rest.into_iter().find(|at| near.kind(*at) == Some(TokenKind::Text)).map(|at| near.text(at));
    if word == "import" && near.kind(first + 1) == Some(TokenKind::Text) {
        return None;
    }
    let help =
        format!("write `import {} as name;`, then call `name::function(..)`", path.unwrap_or("\"./file\""));
    Some(HabitHint::new("a file is imported as a whole, under a name", help).at(first))
}

/// `if (a) return;`, `if a: ..`, `while x do`: a block without braces.
pub(super) fn block(near: &TokenWindow) -> Option<HabitHint> {
    let word = ["if", "while", "for", "else", "try", "fn", "def"];
    let first = near.first_of_line();
    let heads = (first..=0).rev().find(|at| word.contains(&near.text(*at)));
    let head = heads?;
    if near.text(0) == ":" && !near.text(head).eq("fn") {
        let help = format!("write `{} .. {{ .. }}`, without the colon", near.text(head));
        return Some(HabitHint::new("a block stands between braces", help));
    }
    let is_condition = near.text(head) == "if" && near.text(head + 1) == "(" && near.text(-1) == ")";
    if is_condition
        && !matches!(near.text(0), "{" | "and" | "or" | "?" | "&" | "|")
        && near.kind(0) != Some(TokenKind::Symbol)
    {
        let help = "write `if a { .. }`: the braces are needed, the brackets are not";
        return Some(HabitHint::new("a block stands between braces", help));
    }
    None
}

/// `if [ -z "$X" ]; then`.
pub(super) fn block_of_words(near: &TokenWindow) -> Option<HabitHint> {
    let first = near.first_of_line();
    let is_test = near.text(first) == "if"
        && near.text(first + 1) == "["
        && matches!(near.text(first + 2), "-" | "[" | "\"");
    is_test
        .then(|| HabitHint::new("a condition is an expression", "write `if x == \"\" { .. }`").at(first + 1))
}

/// `let x: int = 1`, `let { a } = m`, `fn f(a: string)`, `fn f(a = 1)`, `fn f() -> int`, `int x = 1`.
pub(super) fn declaration(near: &TokenWindow) -> Option<HabitHint> {
    let is_let = |at: isize| matches!(near.text(at), "let" | "const");
    if near.text(0) == ":" && is_let(-2) || near.text(1) == ":" && is_let(-1) {
        let at = isize::from(near.text(0) != ":");
        let help = format!("write `let {} = ..`", near.text(at - 1));
        return Some(HabitHint::new("a variable is declared without a type", help).at(at));
    }
    if is_let(-1) && matches!(near.text(0), "{" | "[" | "(" | "#{") {
        let help = "write one `let` for each: `let a = both.a; let b = both.b;`";
        return Some(HabitHint::new("one `let` declares one variable", help));
    }
    if is_let(-2) && near.is_word(-1) && near.text(0) == "," {
        return Some(HabitHint::new(
            "one `let` declares one variable",
            "write one `let` for each: `let a = 1; let b = 2;`",
        ));
    }
    let head = near.before("fn")?;
    let is_in_head = near.text(head + 2) == "(" && !(head..0).any(|at| near.text(at) == "{");
    if !is_in_head {
        return None;
    }
    let name = near.text(head + 1);
    match near.text(0) {
        ":" => {
            Some(HabitHint::new("a parameter has no type", format!("write `fn {name}({})`", near.text(-1))))
        }
        "=" => {
            let help = format!("write a second `fn {name}` with fewer parameters, which calls this one");
            Some(HabitHint::new("a parameter has no default", help))
        }
        "-" | "->" => Some(HabitHint::new(
            "a function does not say what it gives",
            format!("write `fn {name}(..) {{ .. }}`"),
        )),
        _ => None,
    }
}

/// `x = 1` of a variable that is not declared.
pub(super) fn undeclared(near: &TokenWindow) -> Option<HabitHint> {
    if !near.is_word(0)
        || RESERVED_WORDS.contains(&near.text(0))
        || near.text(1) != "="
        || !near.begins_line(0)
    {
        return None;
    }
    let name = near.text(0);
    let help = format!("write `let {name} = ..`");
    Some(HabitHint::new(format!("a variable is declared with `let`: `{name}`"), help))
}
