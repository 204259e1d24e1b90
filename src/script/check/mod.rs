//! Checks a recipe before it runs, by its syntax tree and those of the files it imports.
//!
//! **Invariant:** runs nothing, sends nothing; a recipe without findings compiles.
//! **Invariant:** what is only unlikely is not an error: a name that may be right at run time is left alone.

mod bodies;
mod called;
mod calls;
mod import_cycles;
mod closures;
mod comments;
mod files;
#[cfg(any(test, fuzzing))]
pub(in crate::script) mod fixture;
mod lints;
mod methods;
mod options;
mod paths;
pub(in crate::script) mod policy;
mod quotes;
mod races;
mod reachable;
mod types;
mod variables;

#[cfg(test)]
mod tests;

use super::diagnostics::{Diagnostic, Severity, site_at, unknown_variable};
use super::known::KnownFunctions;
use super::resolver::Resolver;
use crate::events::Site;
use crate::services::ReachableCalls;
use files::File;
use lints::{Allowed, unawaited_tries};
pub use lints::{EnvironmentName, Lint, ProjectDeclarations};
pub use reachable::TakenSteps;
use rhai::{AST, ASTNode, Engine, Expr, FnCallExpr, Position, Stmt};
use std::collections::{BTreeMap, BTreeSet};
pub use types::{ASKED, InferredValue, ValueOrigins};

/// What a walk over a recipe found.
pub struct RecipeCheck {
    /// Findings, sorted by file and position.
    pub diagnostics: Vec<Diagnostic>,
    /// Where values come from that may turn out as something else at run time.
    pub origins: ValueOrigins,
    /// The comparisons of what is never equal, whether they are silenced or not.
    compared: Vec<Diagnostic>,
    main: String,
    /// The recipe and its imports that compiled, by name of the source.
    files: BTreeMap<String, File>,
}

impl RecipeCheck {
    /// Whether the recipe may run: there are warnings at most.
    pub fn is_runnable(&self) -> bool {
        self.diagnostics.iter().all(|found| found.severity == Severity::Warning)
    }

    /// Which of `services` the steps that are taken can call, and which functions: what those need can be read ahead.
    pub fn reached(&self, services: &[&str], taken: TakenSteps<'_>) -> ReachableCalls {
        reachable::reached(&self.files, &self.main, services, taken)
    }

    /// Every function that the recipe and the project's own files call somewhere: `kv::ensure`, `.migrate`.
    pub fn calls(&self) -> BTreeSet<String> {
        let own = self.files.iter().filter(|(name, _)| !name.starts_with("std/"));
        called::calls(own.map(|(_, file)| &file.ast))
    }

    /// The names of the recipe and the files it imports, in order.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }
}

/// Checks the recipe `text`, whose source is called `name`, with all it imports.
///
/// `engine` is the one it will run on; the texts of all files are in the resolver's sources afterwards.
pub fn check(
    engine: &Engine,
    name: &str,
    text: &str,
    resolver: &Resolver,
    known: &KnownFunctions,
) -> RecipeCheck {
    let (files, mut diagnostics) = files::collect(engine, name, text, resolver, known);
    for (name, file) in &files {
        let view = View { name, file, files: &files, resolver, known };
        view.walk(&mut diagnostics);
        let warnings = unawaited_tries(&view);
        if !warnings.is_empty() {
            let allowed = Allowed::of(name, &resolver.sources().get(name).unwrap_or_default());
            diagnostics.extend(warnings.into_iter().filter(|found| !allowed.silences(found)));
        }
    }
    diagnostics.extend(import_cycles::check(&files));
    let types::Inferred { findings, origins } = types::infer(&files, name, known);
    let (compared, findings): (Vec<_>, Vec<_>) = findings.into_iter().partition(|found| found.lint.is_some());
    diagnostics.extend(findings);
    for file in files.keys() {
        let mut here = compared.iter().filter(|found| found.at.file == *file).peekable();
        if here.peek().is_some() {
            let allowed = Allowed::of(file, &resolver.sources().get(file).unwrap_or_default());
            diagnostics.extend(here.filter(|found| !allowed.silences(found)).cloned());
        }
    }
    diagnostics.extend(files.get(name).and_then(|file| policy::check(name, text, file)));
    diagnostics.sort_by(|left, right| (&left.at, &left.title).cmp(&(&right.at, &right.title)));
    diagnostics.dedup();
    RecipeCheck { diagnostics, origins, compared, main: name.to_owned(), files }
}

/// What earlier entries of a session left behind.
pub struct SessionNames<'a> {
    /// Variables, and functions as values.
    pub names: BTreeSet<&'a str>,
    /// Their `import` statements.
    pub imports: &'a str,
}

/// Checks an entry of a session, which may use what earlier ones left; their functions are in `known`.
pub fn check_entry(
    engine: &Engine,
    name: &str,
    text: &str,
    resolver: &Resolver,
    known: &KnownFunctions,
    before: &SessionNames,
) -> Vec<Diagnostic> {
    let (mut files, mut diagnostics) = files::collect(engine, name, text, resolver, known);
    let (earlier, _) = files::collect(engine, IMPORTED, before.imports, resolver, known);
    let mut aliases = BTreeMap::new();
    for (file, found) in earlier {
        if file == IMPORTED {
            aliases = found.imports;
        } else {
            files.entry(file).or_insert(found);
        }
    }
    if let Some(entry) = files.get_mut(name) {
        for (alias, file) in aliases {
            entry.imports.entry(alias).or_insert(file);
        }
    }
    for (file, found) in &files {
        View { name: file, file: found, files: &files, resolver, known }.walk(&mut diagnostics);
    }
    diagnostics.extend(types::infer(&files, name, known).findings);
    if let Some(entry) = files.get(name) {
        for (variable, position) in files::unresolved(&entry.ast) {
            if !before.names.contains(variable.as_str()) {
                let at = site_at(name, position);
                diagnostics.push(unknown_variable(&variable, at, resolver.sources(), known));
            }
        }
    }
    diagnostics.retain(|found| found.severity == Severity::Error);
    diagnostics.sort_by(|left, right| (&left.at, &left.title).cmp(&(&right.at, &right.title)));
    diagnostics.dedup();
    diagnostics
}

/// What is known of the argument of the call of [`ASKED`] in an entry, without running it. `functions` are those of earlier
/// entries, `imports` their import statements, `variables` what they left; `source` is where imports begin.
pub fn told(
    text: &str,
    source: Option<&str>,
    resolver: &Resolver,
    known: &KnownFunctions,
    (functions, imports): (&AST, &str),
    variables: &[(String, InferredValue)],
) -> Option<InferredValue> {
    let text = format!("{}{text}", imports.replace('\n', " "));
    let source = source.unwrap_or(ASKED);
    let (mut files, _) = files::collect(&super::engine::lenient(), source, &text, resolver, known);
    let entry = files.get_mut(source)?;
    entry.ast = functions.merge(&entry.ast);
    types::asked(&files, source, known, variables)
}

/// The source of the `import` statements of earlier entries.
const IMPORTED: &str = "<imported>";

/// One file among the others.
struct View<'a> {
    name: &'a str,
    file: &'a File,
    files: &'a BTreeMap<String, File>,
    resolver: &'a Resolver,
    known: &'a KnownFunctions,
}

impl View<'_> {
    fn walk(&self, findings: &mut Vec<Diagnostic>) {
        findings.extend(quotes::check(self));
        self.file.ast.walk(&mut |path: &[ASTNode]| {
            let Some(node) = path.last() else { return true };
            if let Some((call, position)) = call(node) {
                let at = self.place(position);
                findings.extend(calls::check(self, call, &at));
                findings.extend(closures::check(self, call, &at));
                findings.extend(options::check(self, call, &at));
                findings.extend(paths::check(self, call, &at));
            }
            if let ASTNode::Expr(Expr::Variable(variable, _, position)) = node {
                findings.extend(variables::check(self, &variable.2, &variable.1, &self.place(*position)));
            }
            if let ASTNode::Expr(Expr::MethodCall(call, position)) = node
                && !self.is_of_nothing(path)
            {
                findings.extend(methods::check(self, call, &self.place(*position)));
            }
            if let ASTNode::Expr(Expr::Dot(chain, ..) | Expr::Index(chain, ..)) = node {
                findings.extend(races::check(self, chain));
            }
            true
        });
    }

    /// Whether a chain begins with an unknown variable, which was reported already.
    fn is_of_nothing(&self, path: &[ASTNode]) -> bool {
        let chain = path
            .iter()
            .rev()
            .skip(1)
            .take_while(|node| matches!(node, ASTNode::Expr(Expr::Dot(..) | Expr::Index(..))));
        chain.last().is_some_and(|first| {
            let ASTNode::Expr(Expr::Dot(parts, ..) | Expr::Index(parts, ..)) = first else { return false };
            matches!(&parts.lhs, Expr::Variable(variable, ..) if self.file.undeclared.contains(variable.1.as_str()))
        })
    }

    fn place(&self, position: Position) -> Site {
        site_at(self.name, position)
    }

    /// Whether functions or constants can stand behind `namespace::`.
    fn is_namespace(&self, namespace: &str) -> bool {
        self.file.imports.contains_key(namespace) || self.known.has_namespace(namespace)
    }

    /// The file that an alias of this one stands for.
    fn imported(&self, alias: &str) -> Option<&File> {
        self.file.imports.get(alias)?.as_ref().and_then(|name| self.files.get(name))
    }
}

/// A call that is neither an operator nor a method.
fn call<'a>(node: &'a ASTNode) -> Option<(&'a FnCallExpr, Position)> {
    match node {
        ASTNode::Expr(Expr::FnCall(call, position)) | ASTNode::Stmt(Stmt::FnCall(call, position)) => {
            (!call.is_operator_call()).then_some((call, *position))
        }
        _ => None,
    }
}

/// The namespace before a call's name, joined by `::`; empty when there is none.
fn namespace(call: &FnCallExpr) -> String {
    namespace_of(&call.namespace)
}

fn namespace_of(namespace: &rhai::Namespace) -> String {
    let parts: Vec<&str> = namespace.path.iter().map(|part| part.name.as_str()).collect();
    parts.join("::")
}

/// The whole name of a call.
fn qualified(call: &FnCallExpr) -> String {
    match namespace(call).as_str() {
        "" => call.name.to_string(),
        namespace => format!("{namespace}::{}", call.name),
    }
}

/// Every statement and expression of a tree.
fn each(ast: &AST, mut visit: impl FnMut(&ASTNode)) {
    ast.walk(&mut |path: &[ASTNode]| {
        path.iter().last().into_iter().for_each(&mut visit);
        true
    });
}
