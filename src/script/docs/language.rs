//! Documents the language: signatures come from the engine, descriptions from `language.txt`.

use super::item::{Item, ItemKind, Section};
use crate::script::diagnostics::plain_type;
use crate::script::engine;
use crate::script::known::{FunctionForm, KnownFunctions, OTHER_NUMBERS};
use std::collections::{BTreeMap, BTreeSet};

/// `### Title`, and lines of a name and a sentence.
const TEXT: &str = include_str!("language.txt");

/// So many forms of a function are shown.
const FORMS_MAX: usize = 6;

/// A section for each part of the language.
pub(super) fn sections() -> Vec<Section> {
    let engine = engine::language();
    let known = KnownFunctions::of_engine(&engine);
    let properties = properties(&engine);
    let described = |title: &str| TEXT.split("### ").skip(1).find_map(|part| part.strip_prefix(title));
    let lines = |title: &str| -> Vec<(&'static str, &'static str)> {
        described(title).into_iter().flat_map(str::lines).filter_map(|line| line.split_once(" | ")).collect()
    };
    let section = |title: &str, name: &str, items: Vec<Item>| Section {
        title: title.to_owned(),
        name: name.to_owned(),
        about: String::new(),
        items,
    };
    let syntax = |title: &str| -> Vec<Item> {
        lines(title).into_iter().map(|(name, about)| Item::new(name, ItemKind::Syntax, name, about)).collect()
    };
    let functions = lines("Functions").into_iter().filter_map(|(name, about)| {
        let mut forms: Vec<String> = known
            .functions
            .get(name)
            .into_iter()
            .flatten()
            .map(|form| format!("{name}{}", named(form)))
            .collect();
        let of = properties.get(name).map(|types| types.iter().cloned().collect::<Vec<_>>().join(", "));
        if name == "call" {
            forms = vec!["call(closure, ...)".to_owned()];
        }
        forms.dedup();
        forms.truncate(FORMS_MAX);
        if let Some(types) = of {
            forms.push(format!(".{name} of {types}"));
        }
        let about = Item::new(name, ItemKind::Function, "", about);
        (!forms.is_empty()).then_some(Item { forms, ..about })
    });
    vec![
        section("Statements", "statements", syntax("Statements")),
        section("Values", "literals", syntax("Values")),
        section("Operators", "operators", syntax("Operators")),
        section("Functions of the language", "language", functions.collect()),
    ]
}

/// A form whose parameters all have names.
fn named(form: &FunctionForm) -> FunctionForm {
    let mut form = form.clone();
    for param in &mut form.params {
        if param.name == "_" || param.name.starts_with("argument") {
            "value".clone_into(&mut param.name);
        }
    }
    form
}

/// The properties that the language's values have, with their types.
fn properties(engine: &rhai::Engine) -> BTreeMap<String, BTreeSet<String>> {
    let listed = engine.collect_fn_metadata(
        None,
        |info| {
            let name = info.metadata.name.strip_prefix("get$")?.to_owned();
            let first = info.metadata.params_info.first()?;
            let kind = first.split_once(':').map_or(&first[..], |(_, kind)| kind);
            Some((name, plain_type(kind)))
        },
        true,
    );
    let mut found = BTreeMap::<String, BTreeSet<String>>::new();
    for (name, kind) in listed.into_iter().filter(|(_, kind)| !OTHER_NUMBERS.contains(&kind.as_str())) {
        found.entry(name).or_default().insert(kind);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::docs::environment::CAUGHT;
    use crate::script::functions::builtins;

    /// What the engine has and no line of the text is about.
    #[test]
    fn everything_that_the_engine_has_is_described() {
        let engine = engine::language();
        let known = KnownFunctions::of_engine(&engine);
        let sections = sections();
        let named = |section: &str| -> BTreeSet<&str> {
            let found = sections.iter().find(|one| one.name == section).unwrap();
            found.items.iter().map(|item| item.name.as_str()).collect()
        };
        let (functions, operators) = (named("language"), named("operators"));
        let missing: Vec<&String> =
            known.functions.keys().filter(|name| !functions.contains(name.as_str())).collect();
        // Those of the host take the place of the language's own.
        let missing: Vec<&String> =
            missing.into_iter().filter(|name| builtins().all(|one| one.name != **name)).collect();
        assert_eq!(missing, Vec::<&String>::new());
        let caught: BTreeSet<&str> = CAUGHT.iter().filter_map(|(name, ..)| name.strip_prefix("e.")).collect();
        let properties = properties(&engine);
        let missing: Vec<&String> = properties
            .keys()
            .filter(|name| !functions.contains(name.as_str()) && !caught.contains(name.as_str()))
            .collect();
        assert_eq!(missing, Vec::<&String>::new());
        // What a caught error has is told of that type, whole.
        let of_failure: BTreeSet<&str> = properties
            .iter()
            .filter(|(_, types)| types.contains("failure"))
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(of_failure, caught);
        let is_word =
            |name: &str| name.contains('$') || name.starts_with(|one: char| one.is_ascii_alphabetic());
        let listed = engine.collect_fn_metadata(None, |info| Some(info.metadata.name.to_string()), true);
        let missing: BTreeSet<String> =
            listed.into_iter().filter(|name| !is_word(name) && !operators.contains(name.as_str())).collect();
        assert_eq!(missing, BTreeSet::new());
    }

    /// A line of the text that is about nothing.
    #[test]
    fn every_function_that_is_described_exists() {
        let lines = TEXT.split("### Functions").nth(1).unwrap().lines();
        let described: Vec<&str> = lines.filter_map(|line| Some(line.split_once(" | ")?.0)).collect();
        let sections = sections();
        let told = sections.iter().find(|one| one.name == "language").unwrap();
        assert_eq!(told.items.iter().map(|item| item.name.as_str()).collect::<Vec<_>>(), described);
    }

    #[test]
    fn the_syntax_that_is_shown_is_the_languages() {
        let engine = engine::lenient();
        for line in TEXT.split("### Operators").next().unwrap().lines() {
            let Some((code, _)) = line.split_once(" | ") else { continue };
            if code.starts_with("private") || code.starts_with("fn ") || code.contains("..") {
                continue;
            }
            let needs = |word: &str| code.starts_with(word);
            let code = match code {
                "break" | "continue" => format!("loop {{ {code} }}"),
                "this" => "fn method() { this }".to_owned(),
                "export name" => "let name = 1; export name;".to_owned(),
                "42, 0xff, 1_000" | "1.5, 1e3" | "true, false" => format!("[{code}]"),
                _ if needs("throw") || needs("return") || needs("|a") || needs("import") => {
                    format!("{code};")
                }
                code => code.to_owned(),
            };
            assert!(engine.compile(&code).is_ok(), "{code}: {:?}", engine.compile(&code).err());
        }
    }
}
