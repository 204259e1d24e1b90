//! Finds the small changes that a file has room for.

mod changes;
mod constants;
mod defaults;
mod methods;
mod walk;

pub use constants::{Constant, constants_of};

use crate::mutant::{Change, Mutant, count_alike};
use anyhow::{Context, Result};
use std::collections::HashSet;
use std::ops::Range;
use syn::Expr;
use syn::spanned::Spanned;
use syn::visit::Visit;

/// All mutants of a file, in the order of its text.
pub fn mutants_of(file: &str, source: &str, constants: &[Constant]) -> Result<Vec<Mutant>> {
    let parsed = syn::parse_file(source).with_context(|| format!("`{file}` can't be read as Rust"))?;
    let mut finder =
        Finder { file, source, constants, names: Vec::new(), mutants: Vec::new(), seen: HashSet::new() };
    finder.visit_file(&parsed);
    let mut mutants = finder.mutants;
    mutants.sort_by_key(|mutant| (mutant.span.start, std::cmp::Reverse(mutant.span.end)));
    count_alike(&mut mutants);
    Ok(mutants)
}

struct Finder<'s> {
    file: &'s str,
    source: &'s str,
    constants: &'s [Constant],
    names: Vec<String>,
    mutants: Vec<Mutant>,
    seen: HashSet<(usize, usize, String)>,
}

impl Finder<'_> {
    fn text(&self, of: &impl Spanned) -> &str {
        &self.source[of.span().byte_range()]
    }

    fn add(&mut self, span: Range<usize>, original: &str, change: Change) {
        if !self.seen.insert((span.start, span.end, format!("{change:?}"))) {
            return;
        }
        let line = self.source[..span.start].matches('\n').count() + 1;
        let (file, function) = (self.file.to_owned(), self.names.join("::"));
        let original = original.to_owned();
        self.mutants.push(Mutant { file, function, span, line, original, change, occurrence: 1 });
    }

    fn instead(&mut self, expression: &Expr, text: &str) {
        let span = expression.span().byte_range();
        let original = self.source[span.clone()].to_owned();
        if text != original {
            self.add(span, &original, Change::Instead(text.to_owned()));
        }
    }

    /// Whether the expression is replaced by `true` or `false`, so that its opposite would say no more.
    fn is_replaced(&self, expression: &Expr) -> bool {
        let Range { start, end } = expression.span().byte_range();
        ["true", "false"].iter().any(|word| {
            self.seen.contains(&(start, end, format!("{:?}", Change::Instead((*word).to_owned()))))
        })
    }
}

#[cfg(test)]
mod tests;
