//! Finds files that import each other.

use super::files::File;
use crate::script::diagnostics::Diagnostic;
use crate::script::resolver::ImportError;
use std::collections::{BTreeMap, BTreeSet};

/// One finding for each `import` that closes a circle.
pub(super) fn check(files: &BTreeMap<String, File>) -> Vec<Diagnostic> {
    let mut walk = Walk { files, done: BTreeSet::new(), chain: Vec::new(), findings: Vec::new() };
    for name in files.keys() {
        walk.visit(name);
    }
    walk.findings
}

struct Walk<'a> {
    files: &'a BTreeMap<String, File>,
    done: BTreeSet<&'a str>,
    /// The files on the way here.
    chain: Vec<&'a str>,
    findings: Vec<Diagnostic>,
}

impl<'a> Walk<'a> {
    /// Recursion is bounded by the number of files.
    fn visit(&mut self, name: &'a str) {
        let Some(file) = self.files.get(name).filter(|_| self.done.insert(name)) else { return };
        self.chain.push(name);
        for (target, at) in &file.at_top {
            match self.chain.iter().position(|link| link == target) {
                Some(start) => {
                    let links = self.chain[start..].iter().copied().chain([target.as_str()]);
                    let error = ImportError::Cycle { chain: links.map(str::to_owned).collect() };
                    let found = error.raised(at.clone()).diagnostic(at.clone());
                    self.findings.push(found);
                }
                None => self.visit(target),
            }
        }
        self.chain.pop();
    }
}
