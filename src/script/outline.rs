//! What a text declares and where, read from its tokens: it is there while the text is being written and does not parse.
//!
//! **Invariant:** never fails; what is not finished reaches to the end of the text.

mod reader;

use std::collections::BTreeMap;
use std::ops::Range;

/// What a text declares.
#[derive(Clone, Debug, Default)]
pub struct Outline {
    /// Its functions, in order.
    pub functions: Vec<Function>,
    /// Its imports, in order.
    pub imports: Vec<Import>,
    /// Everything else that has a name, in order.
    pub names: Vec<Name>,
    /// Steps whose titles are written out.
    pub steps: Vec<Step>,
}

/// A function of the text.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// Where that stands.
    pub at: Range<usize>,
    /// From `fn` to the end of its body.
    pub whole: Range<usize>,
    /// Its parameters.
    pub params: Vec<String>,
    /// The lines of the comment before it, without their marks.
    pub comment: String,
    /// Whether importers can't call it.
    pub is_private: bool,
    /// Whether its end is still to be written.
    is_open: bool,
}

impl Function {
    /// `name(a, b)`
    pub fn form(&self) -> String {
        format!("{}({})", self.name, self.params.join(", "))
    }
}

/// An import.
#[derive(Clone, Debug)]
pub struct Import {
    /// What is imported, as written between the quotes.
    pub path: String,
    /// Where that stands, with its quotes.
    pub at: Range<usize>,
    /// What it is called here, and where that stands.
    pub alias: Option<(String, Range<usize>)>,
}

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameKind {
    /// `const`
    Constant,
    /// `let`
    Variable,
    /// The variable of a `for`.
    Loop,
    /// Of a function or a closure.
    Parameter,
    /// Of a `catch`.
    Caught,
}

/// A variable, a constant or a parameter.
#[derive(Clone, Debug)]
pub struct Name {
    /// The name.
    pub name: String,
    /// Where it is declared.
    pub at: Range<usize>,
    /// Where it can be used.
    pub scope: Range<usize>,
    /// What it is.
    pub kind: NameKind,
    /// Whether it is declared outside of any block.
    pub is_top: bool,
}

/// A step.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its title, or the key of its closure.
    pub title: String,
    /// Where that stands.
    pub at: Range<usize>,
    /// The call, or the key with its closure.
    pub whole: Range<usize>,
}

impl Outline {
    /// Of a text.
    pub fn of(source: &str) -> Self {
        reader::read(source)
    }

    /// The function in whose text a byte lies.
    pub fn around(&self, byte: usize) -> Option<&Function> {
        let is_in = |one: &&Function| one.whole.contains(&byte) || (one.is_open && one.whole.end == byte);
        self.functions.iter().find(is_in)
    }

    /// What a name stands for at a byte: the innermost declaration that reaches there. A function sees its own names alone.
    pub fn name_at(&self, name: &str, byte: usize) -> Option<&Name> {
        self.reaching(byte).filter(|one| one.name == name).min_by_key(|one| one.scope.len())
    }

    /// What can be named at a byte.
    pub fn names_at(&self, byte: usize) -> Vec<&Name> {
        let mut found: BTreeMap<&str, &Name> = BTreeMap::new();
        for one in self.reaching(byte) {
            let known = found.entry(&one.name).or_insert(one);
            if one.scope.len() <= known.scope.len() {
                *known = one;
            }
        }
        found.into_values().collect()
    }

    /// The declarations that reach a byte, the last first.
    fn reaching(&self, byte: usize) -> impl Iterator<Item = &Name> {
        let around = self.around(byte).map(|function| &function.whole);
        self.names.iter().rev().filter(move |one| {
            let is_seen = around.is_none_or(|around| around.contains(&one.at.start));
            let reaches = one.scope.contains(&byte) || one.scope.end == byte || one.at.contains(&byte);
            is_seen && reaches
        })
    }

    /// A constant that is declared outside of any block: `global::NAME` names it.
    pub fn constant(&self, name: &str) -> Option<&Name> {
        self.names.iter().find(|one| one.is_top && one.kind == NameKind::Constant && one.name == name)
    }

    /// The function of a name.
    pub fn function(&self, name: &str) -> Option<&Function> {
        self.functions.iter().find(|function| function.name == name)
    }

    /// The import that is called so.
    pub fn import(&self, alias: &str) -> Option<&Import> {
        self.imports.iter().find(|import| import.alias.as_ref().is_some_and(|(name, _)| name == alias))
    }
}

#[cfg(test)]
mod tests {
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
}
