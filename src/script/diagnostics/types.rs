//! Type names as recipes know them.

/// The same of one type, as the engine's list of functions has it.
pub fn plain_type(text: &str) -> String {
    const RANGES: &[&str] = &["Range<", "RangeInclusive<", "ExclusiveRange", "InclusiveRange"];
    let kind = text.trim().trim_start_matches("&mut ");
    let kind = kind.rsplit("::").next().unwrap_or(kind);
    if RANGES.iter().any(|name| kind.starts_with(name)) { "range".to_owned() } else { plain_type_names(kind) }
}

/// Rhai's and Rust's names for types, replaced by the ones people use: `string`, `int`, `list`, `map`.
pub fn plain_type_names(signature: &str) -> String {
    const NAMES: &[(&str, &str)] = &[
        ("&str | ImmutableString | String", "string"),
        ("ImmutableString", "string"),
        ("alloc::string::String", "string"),
        ("&mut ", ""),
        ("&str", "string"),
        ("String", "string"),
        ("i64", "int"),
        ("INT", "int"),
        ("f64", "float"),
        ("FLOAT", "float"),
        ("core::ops::range::Range<i64>", "range"),
        ("core::ops::range::RangeInclusive<i64>", "range"),
        ("core::ops::range::Range<int>", "range"),
        ("core::ops::range::RangeInclusive<int>", "range"),
        ("Handle", "handle"),
        ("ScriptSecret", "secret"),
        ("Secret", "secret"),
        ("Thrown", "failure"),
        ("Failure", "failure"),
        ("Blob", "blob"),
        ("array", "list"),
        ("Array", "list"),
        ("Map", "map"),
        ("Fn", "closure"),
        ("FnPtr", "closure"),
        ("Dynamic", "any"),
        ("?", "any"),
    ];
    // A type without a name of its own is told by its whole path.
    let short = signature.split(", ").map(|kind| match kind.rsplit_once("::") {
        Some((_, last)) if !kind.contains('<') && !kind.contains(' ') => last,
        _ => kind,
    });
    let short = short.collect::<Vec<_>>().join(", ");
    let mut rest = short.as_str();
    let mut plain = String::new();
    while let Some(next) = rest.chars().next() {
        let at_word = !plain.ends_with(|last: char| last.is_alphanumeric() || last == '_' || last == ':');
        let found = NAMES.iter().filter(|_| at_word).find(|(name, _)| {
            rest.strip_prefix(name).is_some_and(|after| {
                !name.ends_with(char::is_alphanumeric)
                    || !after
                        .starts_with(|first: char| first.is_alphanumeric() || first == '_' || first == ':')
            })
        });
        if let Some((name, shown)) = found {
            plain.push_str(shown);
            rest = &rest[name.len()..];
        } else {
            plain.push(next);
            rest = &rest[next.len_utf8()..];
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_words_only() {
        assert_eq!(plain_type_names("&str | ImmutableString | String, i64"), "string, int");
        assert_eq!(plain_type_names("KvNamespace, map, Fn, ()"), "KvNamespace, map, closure, ()");
        assert_eq!(plain_type_names("arrays, my_i64, Stringy"), "arrays, my_i64, Stringy");
        assert_eq!(plain_type_names("name: ImmutableString, x: Dynamic"), "name: string, x: any");
    }
}
