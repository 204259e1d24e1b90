//! Functions, methods and modules of other languages, by name.

/// Functions: their names elsewhere, and the form that recipes have.
const FUNCTIONS: &[(&[&str], &str)] = &[
    (
        &["println", "printf", "echo", "puts", "console_log", "eprintln"],
        "write `print(..)`, or `log(..)` for the report",
    ),
    (&["format", "sprintf"], "values stand in a text between back-ticks: `${..}`"),
    (&["str", "String", "toString"], "write `x.to_string()`, or `${x}` in a text between back-ticks"),
    (&["int", "parseInt", "Number", "atoi", "parseFloat"], "write `parse_int(text)` or `parse_float(text)`"),
    (&["require", "include", "source"], "write `import \"./file\" as name;`"),
    (
        &["raise", "panic", "error", "die", "abort", "Error", "Exception"],
        "write `fail(\"..\")`, or `throw ..`",
    ),
    (&["Some", "Ok"], "write the value itself; a missing one is `()`"),
    (&["Err"], "write `throw ..`, or `fail(\"..\")`"),
    (&["getenv"], "write `process::env(\"NAME\")`"),
    (&["typeof"], "write `type_of(x)`"),
    (&["isinstance"], "write `type_of(x) == \"string\"`"),
    (&["range"], "write `for i in 0..3 { .. }`"),
    (&["enumerate"], "write `for (item, index) in list { .. }`"),
    (&["sorted"], "copy the list, then `list.sort()`, which changes it where it is"),
    (&["dict"], "write `#{ name: \"a\" }`"),
    (&["list"], "write `[ .. ]`"),
    (&["fetch", "curl", "http_get"], "write `cf::get(path)`; other hosts can't be reached from a recipe"),
    (
        &["open", "readFile", "read_file"],
        "give ops the path of the file, as `db.load(\"seed.sql\")` takes it",
    ),
];

const METHODS: &[(&[&str], &str)] = &[
    (&["length", "size", "count"], "write `.len()`"),
    (&["toUpperCase", "upper", "to_uppercase", "upcase"], "write `.to_upper()`"),
    (&["toLowerCase", "lower", "to_lowercase", "downcase"], "write `.to_lower()`"),
    (&["toString", "str", "to_str", "to_s"], "write `.to_string()`"),
    (
        &["forEach", "each"],
        "write `for x in list { .. }`, or `.each(|x| ..)`; of a map, `.each(|key, value| ..)`",
    ),
    (
        &["includes", "has", "has_key", "contains_key", "hasOwnProperty", "include?"],
        "write `.contains(..)`, or `x in list`",
    ),
    (&["startsWith", "startswith"], "write `.starts_with(..)`"),
    (&["endsWith", "endswith"], "write `.ends_with(..)`"),
    (&["indexOf", "find_index", "index"], "write `.index_of(..)`"),
    (
        &["slice", "substring", "substr"],
        "write `.sub_string(start, length)` of a text, `.extract(start..end)` of a list",
    ),
    (&["replaceAll", "gsub"], "write `text.replace(old, new);`, which changes the variable where it is"),
    (&["append", "add", "append_all", "extend"], "write `list.push(item);`, or `list + other`"),
    (
        &["items", "entries", "iteritems"],
        "write `map.each(|key, value| ..)`, or `for key in map.keys() { map[key] }`",
    ),
    (
        &["iter", "into_iter", "collect", "to_vec", "clone", "cloned", "copy", "as_str"],
        "leave it out: values are copied where they are given on",
    ),
    (
        &["unwrap", "expect", "unwrap_or"],
        "leave it out: a failure ends the recipe; `x ?? other` stands in for a missing value",
    ),
    (&["then", "catch", "await"], "leave it out: an op is waited for where its result is read"),
    (&["flatMap", "flat_map"], "write a `for` in a `for`, and `list.push(..)`"),
    (&["isEmpty", "empty"], "write `.is_empty()`"),
    (&["strip", "chomp"], "write `text.trim();`, which changes the variable where it is"),
    (&["format"], "values stand in a text between back-ticks: `${..}`"),
    (&["create"], "write `ensure`"),
    (&["remove", "destroy"], "write `delete`"),
    (&["set"], "write `put`"),
];

/// Objects that other languages have everywhere.
const MODULES: &[(&[&str], &str)] = &[
    (&["console", "System"], "write `print(..)`, or `log(..)` for the report"),
    (&["Math", "math"], "write `max(a, b)`, `x.abs()`, `x.floor()`: they stand in no module"),
    (&["JSON"], "write `to_json(value)`, and `parse_json(text)`"),
    (&["process", "os", "Deno", "ENV"], "write `process::env(\"NAME\")`"),
    (&["Object"], "write `map.keys()`, `map.values()`"),
    (&["Array", "Vec"], "write `[ .. ]`"),
    (&["String"], "write the text itself: `\"..\"`"),
    (&["Promise"], "leave it out: ops go on beside each other by themselves; `wait([a, b])` waits for all"),
    (&["Date", "datetime"], "write `time::now()`"),
    (&["path"], "write paths as text, from the project's folder on"),
    (&["var", "vars"], "write `config::vars.name`, from `[vars]` of the project file"),
    (&["local"], "write the name of the variable alone"),
    (&["self"], "write `this`"),
    (&["require"], "write `import \"./file\" as name;`"),
];

type Table = &'static [(&'static [&'static str], &'static str)];

fn of(table: Table, name: &str) -> Option<&'static str> {
    table.iter().find(|(names, _)| names.contains(&name)).map(|(_, help)| *help)
}

/// The form that recipes have for a function of another language.
pub fn function_meant(name: &str) -> Option<&'static str> {
    of(FUNCTIONS, name)
}

/// The same for a method or a property.
pub fn method_meant(name: &str) -> Option<&'static str> {
    of(METHODS, name)
}

/// The same for an object or a module.
pub fn module_meant(name: &str) -> Option<&'static str> {
    of(MODULES, name)
}
