//! Declarations of a text and their scopes.

use super::*;

const TEXT: &str = r#"import "std/naming" as naming;
import "./parts" as parts;
const SIZE = 3;

/// Makes one.
/// And says so.
private fn make(name, options) {
    let made = kv::ensure(name, options);
    for (one, index) in [1, 2] { print(one); }
    try { made.id } catch (error) { print(error); }
    made
}

let all = [1].map(|item| item + SIZE);
step("first", || { let inner = 1; inner });
steps(config::steps, #{ kv: || 1, "d1": || { 2 } });
fn open(a
"#;

#[test]
fn everything_that_is_declared_is_found_where_it_can_be_used() {
    use NameKind::{Caught, Constant, Loop, Parameter, Variable};
    let outline = Outline::of(TEXT);
    let make = &outline.functions[0];
    assert_eq!((make.form().as_str(), make.is_private), ("make(name, options)", true));
    assert_eq!(make.comment, "Makes one.\nAnd says so.");
    assert!(
        TEXT[make.whole.clone()].starts_with("private fn make")
            && TEXT[make.whole.clone()].ends_with("made\n}")
    );
    assert_eq!(outline.functions[1].form(), "open(a)");
    let imports: Vec<_> = outline
        .imports
        .iter()
        .map(|one| (one.path.as_str(), one.alias.as_ref().unwrap().0.as_str()))
        .collect();
    assert_eq!(imports, [("std/naming", "naming"), ("./parts", "parts")]);
    let names: Vec<_> = outline.names.iter().map(|one| (one.name.as_str(), one.kind)).collect();
    assert_eq!(
        names,
        [
            ("SIZE", Constant),
            ("name", Parameter),
            ("options", Parameter),
            ("made", Variable),
            ("one", Loop),
            ("index", Loop),
            ("error", Caught),
            ("all", Variable),
            ("item", Parameter),
            ("inner", Variable),
            ("a", Parameter),
        ]
    );
    let at = |name: &str, text: &str| {
        let byte = TEXT.find(text).unwrap();
        outline.name_at(name, byte).map(|one| one.kind)
    };
    assert_eq!(at("made", "made.id"), Some(Variable));
    assert_eq!(at("made", "all ="), None);
    assert_eq!(at("item", "item + SIZE"), Some(Parameter));
    assert_eq!(at("item", "step(\"first"), None);
    assert_eq!(at("one", "one);"), Some(Loop));
    assert_eq!(at("SIZE", "SIZE);"), Some(Constant));
    // No function sees what stands around it.
    assert_eq!(at("SIZE", "made.id"), None);
    assert_eq!(
        outline.constant("SIZE").unwrap().at,
        TEXT.find("SIZE").unwrap()..TEXT.find("SIZE").unwrap() + 4
    );
    let steps: Vec<_> = outline.steps.iter().map(|one| one.title.as_str()).collect();
    assert_eq!(steps, ["first", "kv", "d1"]);
}

#[test]
fn no_text_is_too_broken() {
    for end in 0..TEXT.len() {
        Outline::of(&TEXT[..end]);
        Outline::of(&TEXT[end..]);
    }
}
