//! The declarations of a text, read from its tokens, so that a text that does not parse has them, too.
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
    pub name: String,
    pub at: Range<usize>,
    /// From `fn` to the end of its body.
    pub whole: Range<usize>,
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
    pub name: String,
    /// Where it is declared.
    pub at: Range<usize>,
    /// Where it can be used.
    pub scope: Range<usize>,
    pub kind: NameKind,
    /// Whether it is declared outside of any block.
    pub is_top: bool,
}

#[derive(Clone, Debug)]
pub struct Step {
    /// Its title, or the key of its closure.
    pub title: String,
    pub at: Range<usize>,
    /// The call, or the key with its closure.
    pub whole: Range<usize>,
}

impl Outline {
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
mod tests;
