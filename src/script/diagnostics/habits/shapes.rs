//! Forms of other languages that are more than a word.

use super::Meant;
use super::near::Near;
use crate::script::lex::Kind;

/// All of them; the more special ones come first.
const SHAPES: &[fn(&Near) -> Option<Meant>] = &[
    comment, single_quotes, prefixed_text, long_text, arrow, step_of_one, ternary, for_head, import, block, block_of_words,
    map_entry, declaration, slice, spread, dollar, macro_call, operator, reference, undeclared,
];

pub(super) fn meant(near: &Near) -> Option<Meant> {
    SHAPES.iter().find_map(|shape| shape(near))
}

/// `#!/usr/bin/env x`, `# a comment`, `-- a comment`.
fn comment(near: &Near) -> Option<Meant> {
    if near.text(0) == "#" && near.text(1) == "!" {
        return Some(Meant::new("a recipe has no `#!` line", "remove the line; `larder run NAME` runs a recipe"));
    }
    let is_comment = near.text(0) == "#" || (near.text(0) == "-" && near.text(1) == "-" && near.begins_line(0));
    is_comment.then(|| Meant::new("a comment begins with `//`", "write `// ..`, or `/* .. */`"))
}

/// `'text'`: Rhai has single characters between single quotes.
fn single_quotes(near: &Near) -> Option<Meant> {
    let text = near.text(0);
    if !text.starts_with('\'') || near.kind(0) == Some(Kind::Character) && is_character(text) {
        return None;
    }
    let title = "a text stands between double quotes; one character alone stands between single ones";
    let inner = text.trim_matches('\'');
    let is_short = near.kind(0) == Some(Kind::Character) && !inner.contains(['"', '\\']) && inner.len() < 60;
    Some(Meant::new(title, if is_short { format!("write `\"{inner}\"`") } else { "write `\"..\"`".into() }))
}

fn is_character(text: &str) -> bool {
    let inner = &text[1..text.len() - 1];
    inner.chars().count() == 1 || inner.starts_with('\\')
}

/// `f"x {a}"`, `r"a"`, `b"a"`.
fn prefixed_text(near: &Near) -> Option<Meant> {
    let at = [0, -1].into_iter().find(|at| {
        near.is_word(*at)
            && near.text(*at).len() <= 2
            && near.touches_next(*at)
            && near.text(at + 1).starts_with(['"', '\'', '`'])
    })?;
    Some(match near.text(at) {
        "r" | "R" => Meant::new("a text without escapes is written `#\"..\"#`, without `r`", "write `#\"..\"#`"),
        "b" => Meant::new("a text has no prefix `b`", "remove it"),
        prefix => Meant::new(
            format!("a text with values stands between back-ticks, without `{prefix}`"),
            "between back-ticks write `${..}` for each value",
        ),
    }
    .at(at))
}

/// `"""text"""`.
fn long_text(near: &Near) -> Option<Meant> {
    let at = [0, -1].into_iter().find(|at| {
        near.text(*at) == "\"\"" && near.touches_next(*at) && near.text(at + 1).starts_with('"')
    })?;
    Some(Meant::new("a text over several lines stands between back-ticks", "write one back-tick on each side").at(at))
}

/// `x => x`, `(x) => x`, `() => { }`.
fn arrow(near: &Near) -> Option<Meant> {
    let at = if near.text(0) == "=>" { 0 } else { near.after("=>")? };
    // A branch of a `switch` has the arrow as well.
    let before = near.text(at - 1);
    let start = match before {
        ")" => (1..).map(|back| at - back).take_while(|one| near.shares_line(*one, at)).find(|one| near.text(*one) == "(")?,
        _ if near.is_word(at - 1) => at - 1,
        _ => return None,
    };
    if start > 0 || matches!(near.text(start - 1), "{" | "switch") {
        return None;
    }
    let names: Vec<&str> = (start..at).filter(|one| near.is_word(*one)).map(|one| near.text(one)).collect();
    let title = "a closure is written with its parameters between bars, without `=>`";
    Some(Meant::new(title, format!("write `|{}| ..`", names.join(", "))).at(at))
}

/// `step "name" { .. }`, and blocks of HCL.
fn step_of_one(near: &Near) -> Option<Meant> {
    let at = [0, -1].into_iter().find(|at| near.is_word(*at) && near.kind(at + 1) == Some(Kind::Text))?;
    if near.text(at + 1).starts_with('`') || !near.shares_line(at, at + 1) {
        return None;
    }
    Some(match near.text(at) {
        "step" => Meant::new("`step` is a function", "write `step(\"name\", || { .. });`"),
        "resource" | "data" | "variable" | "provider" | "output" | "module" | "locals" => Meant::new(
            format!("a resource is what a call gives: there is no block `{}`", near.text(at)),
            "write `let cache = kv::ensure(\"CACHE\", #{ .. });`, and `output(\"name\", value);`",
        ),
        "import" | "from" | "throw" | "return" | "in" | "else" | "as" => return None,
        word => Meant::new(
            format!("arguments stand between brackets after `{word}`"),
            format!("write `{word}({})`", near.text(at + 1)),
        ),
    }
    .at(at))
}

/// `a ? b : c`.
fn ternary(near: &Near) -> Option<Meant> {
    let at = if near.text(0) == "?" { 0 } else { near.before("?")? };
    let help = "write `if a { b } else { c }`, which has a value";
    Some(Meant::new("`a ? b : c` is written as an `if`", help).at(at))
}

/// `for x, i in`, `for (const x of l)`, `for (let i = 0; ..)`, `for let x in`, `for (x in l)`.
fn for_head(near: &Near) -> Option<Meant> {
    let at = if near.text(0) == "for" { 0 } else { near.before("for")? };
    let title = "a loop is written `for x in list { .. }`";
    let head = (at + 1..at + 12).take_while(|one| near.shares_line(at, *one) && near.text(*one) != "{");
    if near.text(at + 1) == "(" && head.into_iter().any(|one| near.text(one) == ";") {
        return Some(Meant::new(title, "over numbers: `for i in 0..3 { .. }`").at(at));
    }
    let skip = |word: &str| matches!(word, "(" | "let" | "const" | "var");
    let first = (at + 1..at + 4).find(|one| !skip(near.text(*one)))?;
    if !near.is_word(first) || near.text(first) == "in" {
        return None;
    }
    let name = near.text(first);
    match near.text(first + 1) {
        "," if near.is_word(first + 2) && near.text(at + 1) != "(" => {
            let help = format!("write `for ({name}, {}) in list {{ .. }}`; the second is the index", near.text(first + 2));
            Some(Meant::new("two names of a loop stand between brackets", help).at(first))
        }
        "of" => Some(Meant::new(title, format!("write `for {name} in list {{ .. }}`")).at(first + 1)),
        "in" if first > at + 1 => {
            Some(Meant::new(title, format!("write `for {name} in list {{ .. }}`, without what stands around `{name}`")).at(at + 1))
        }
        ":" => Some(Meant::new(title, format!("write `for {name} in list {{ .. }}`")).at(first + 1)),
        _ => None,
    }
}

/// `import x from "y"`, `from x import y`, `use x::y`, `const x = require("y")`.
fn import(near: &Near) -> Option<Meant> {
    let first = near.first_of_line();
    if !matches!(near.text(first), "import" | "from" | "use" | "include" | "require" | "source" | "export") {
        return None;
    }
    let word = near.text(first);
    if word == "export" {
        let title = "every function of a file can be called from other files, without `export`";
        return Some(Meant::new(title, "remove it; a value is given on by a function").at(first));
    }
    let rest = (first + 1..first + 12).take_while(|at| near.shares_line(first, *at));
    let path = rest.into_iter().find(|at| near.kind(*at) == Some(Kind::Text)).map(|at| near.text(at));
    if word == "import" && near.kind(first + 1) == Some(Kind::Text) {
        return None;
    }
    let help = format!("write `import {} as name;`, then call `name::function(..)`", path.unwrap_or("\"./file\""));
    Some(Meant::new("a file is imported as a whole, under a name", help).at(first))
}

/// `if (a) return;`, `if a: ..`, `while x do`: a block without braces.
fn block(near: &Near) -> Option<Meant> {
    let word = ["if", "while", "for", "else", "try", "fn", "def"];
    let first = near.first_of_line();
    let heads = (first..=0).rev().find(|at| word.contains(&near.text(*at)));
    let head = heads?;
    if near.text(0) == ":" && !near.text(head).eq("fn") {
        let help = format!("write `{} .. {{ .. }}`, without the colon", near.text(head));
        return Some(Meant::new("a block stands between braces", help));
    }
    let is_condition = near.text(head) == "if" && near.text(head + 1) == "(" && near.text(-1) == ")";
    if is_condition && !matches!(near.text(0), "{" | "and" | "or" | "?" | "&" | "|") && near.kind(0) != Some(Kind::Symbol) {
        let help = "write `if a { .. }`: the braces are needed, the brackets are not";
        return Some(Meant::new("a block stands between braces", help));
    }
    None
}

/// `if [ -z "$X" ]; then`.
fn block_of_words(near: &Near) -> Option<Meant> {
    let first = near.first_of_line();
    let is_test = near.text(first) == "if" && near.text(first + 1) == "[" && matches!(near.text(first + 2), "-" | "[" | "\"");
    is_test.then(|| {
        Meant::new("a condition is an expression", "write `if x == \"\" { .. }`").at(first + 1)
    })
}

/// `{ key: value }`, `{ "key": value }`, `#{ key = value }`, `#{ key, other }`.
fn map_entry(near: &Near) -> Option<Meant> {
    let key = if matches!(near.text(0), ":" | "=" | "," | "}") { -1 } else { 0 };
    let is_key = near.is_word(key) || near.kind(key) == Some(Kind::Text);
    if is_key && near.text(key - 1) == "{" && near.text(key + 1) == ":" {
        let help = format!("write `#{{ {}: .. }}`", near.text(key));
        return Some(Meant::new("a map begins with `#{`; braces alone are a block", help).at(key - 1));
    }
    let is_first = near.text(key - 1) == "#{";
    if is_key && (is_first || near.text(key - 1) == ",") && near.before("#{").is_some() {
        let name = near.text(key);
        if near.text(key + 1) == "=" {
            let help = format!("write `{name}: ..`");
            return Some(Meant::new("a key and its value are joined by a colon", help).at(key + 1));
        }
        if matches!(near.text(key + 1), "," | "}") && near.is_word(key) && !near.is_in_list(key) {
            let help = format!("write `{name}: {name}`");
            return Some(Meant::new("each key of a map has its value written out", help).at(key));
        }
    }
    None
}

/// `let x: int = 1`, `let { a } = m`, `fn f(a: string)`, `fn f(a = 1)`, `fn f() -> int`, `int x = 1`.
fn declaration(near: &Near) -> Option<Meant> {
    let is_let = |at: isize| matches!(near.text(at), "let" | "const");
    if near.text(0) == ":" && is_let(-2) || near.text(1) == ":" && is_let(-1) {
        let at = if near.text(0) == ":" { 0 } else { 1 };
        let help = format!("write `let {} = ..`", near.text(at - 1));
        return Some(Meant::new("a variable is declared without a type", help).at(at));
    }
    if is_let(-1) && matches!(near.text(0), "{" | "[" | "(" | "#{") {
        let help = "write one `let` for each: `let a = both.a; let b = both.b;`";
        return Some(Meant::new("one `let` declares one variable", help));
    }
    if is_let(-2) && near.is_word(-1) && near.text(0) == "," {
        return Some(Meant::new("one `let` declares one variable", "write one `let` for each: `let a = 1; let b = 2;`"));
    }
    let head = near.before("fn")?;
    let is_in_head = near.text(head + 2) == "(" && !(head..0).any(|at| near.text(at) == "{");
    if !is_in_head {
        return None;
    }
    let name = near.text(head + 1);
    match near.text(0) {
        ":" => Some(Meant::new("a parameter has no type", format!("write `fn {name}({})`", near.text(-1)))),
        "=" => {
            let help = format!("write a second `fn {name}` with fewer parameters, which calls this one");
            Some(Meant::new("a parameter has no default", help))
        }
        "-" | "->" => {
            Some(Meant::new("a function does not say what it gives", format!("write `fn {name}(..) {{ .. }}`")))
        }
        _ => None,
    }
}

/// `list[1:2]`, `list[1:]`, `list[:2]`.
fn slice(near: &Near) -> Option<Meant> {
    if near.text(0) != ":" && !(near.text(0) == "]" && near.text(-1) == ":") {
        return None;
    }
    let open = near.before("[")?;
    let is_index = open > -5 && (near.is_word(open - 1) || matches!(near.text(open - 1), "]" | ")"));
    let help = "write `list.extract(1..3)`; of a text, `text[1..3]`";
    is_index.then(|| Meant::new("a part of a list or text is named by a range, `1..3`", help))
}

/// `...list`.
fn spread(near: &Near) -> Option<Meant> {
    let is_spread = near.text(0) == "..." || near.text(0) == ".." && near.text(1) == "." || near.text(0) == "**" && near.text(-1) == "#{";
    is_spread.then(|| {
        Meant::new("there is no spread `...`", "write `list + other`; for maps `map + other`, where the second one wins")
    })
}

/// `$name`, `${NAME}`, `$(command)`.
fn dollar(near: &Near) -> Option<Meant> {
    (near.text(0) == "$").then(|| {
        let title = "a variable is written without `$`";
        let help = "write `name`; a variable of the environment is `process::env(\"NAME\")`";
        Meant::new(title, help)
    })
}

/// `println!(..)`.
fn macro_call(near: &Near) -> Option<Meant> {
    let at = if near.text(0) == "!" { 0 } else { 1 };
    let is_macro = near.text(at) == "!" && near.is_word(at - 1) && near.touches_next(at - 1) && matches!(near.text(at + 1), "(" | "[");
    if !is_macro || near.text(at - 1) == "if" {
        return None;
    }
    let name = near.text(at - 1);
    let help = super::function_meant(name).map_or_else(|| format!("write `{name}(..)`"), str::to_owned);
    Some(Meant::new(format!("a function is called without `!`: `{name}`"), help).at(at - 1))
}

/// `x++`, `x--`, `===`, `<>`, `:=`, `->`, `<-`.
fn operator(near: &Near) -> Option<Meant> {
    let pair = |at: isize| (near.text(at), near.text(at + 1));
    if matches!(pair(0), ("+", "+") | ("-", "-")) && near.touches_next(0) {
        let sign = near.text(0);
        let name = if near.is_word(-1) { near.text(-1) } else { near.text(2) };
        let title = format!("there is no `{sign}{sign}`");
        return Some(Meant::new(title, format!("write `{name} {sign}= 1`")));
    }
    let is_whole = near.touches_next(0);
    match pair(0) {
        ("==", "=") if is_whole => Some(Meant::new("`===` is written `==`", "write `==`")),
        ("!=", "=") if is_whole => Some(Meant::new("`!==` is written `!=`", "write `!=`")),
        ("<", ">") if is_whole => Some(Meant::new("`<>` is written `!=`", "write `!=`")),
        (":", "=") if is_whole && near.is_word(-1) => {
            let help = format!("write `let {} = ..`", near.text(-1));
            Some(Meant::new("a variable is declared with `let`, without `:=`", help))
        }
        ("-", ">") if is_whole && !near.is_word(-2) => Some(Meant::new("a property is read with `.`, not `->`", "write `a.b`")),
        _ => None,
    }
}

/// `&x`, `*x`.
fn reference(near: &Near) -> Option<Meant> {
    let before = near.text(-1);
    let is_prefix = matches!(near.text(0), "&" | "*") && matches!(before, "(" | "," | "=" | "in" | "return" | "[");
    is_prefix.then(|| {
        let title = format!("values are given on as they are, without `{}`", near.text(0));
        Meant::new(title, "remove it")
    })
}

/// `x = 1` of a variable that is not declared.
fn undeclared(near: &Near) -> Option<Meant> {
    if !near.is_word(0) || near.text(1) != "=" || !near.begins_line(0) {
        return None;
    }
    let name = near.text(0);
    let help = format!("write `let {name} = ..`");
    Some(Meant::new(format!("a variable is declared with `let`: `{name}`"), help))
}
