//! Compiles the recipe and everything that it imports, as far as possible.

use super::{closures, comments, each, methods};
use crate::events::Site;
use crate::script::diagnostics::{
    Diagnostic, DiagnosticKind, from_eval_error, from_parse_error, site_at, unknown_variable,
};
use crate::script::engine::{self, limits::MODULES_MAX};
use crate::script::known::KnownFunctions;
use crate::script::resolver::{ImportError, Resolver, not_a_definition};
use rhai::{AST, ASTFlags, ASTNode, Engine, Expr, FnAccess, ParseErrorType, Position, Scope, Stmt};
use std::collections::{BTreeMap, BTreeSet};

/// A file that compiled.
pub(super) struct File {
    pub(super) ast: AST,
    /// Functions by name, with their numbers of parameters; those marked `private` are not seen by importers.
    pub(super) functions: BTreeMap<String, BTreeSet<usize>>,
    pub(super) private: BTreeSet<String>,
    /// Alias to the file it stands for; `None` where that is not known before the run.
    pub(super) imports: BTreeMap<String, Option<String>>,
    /// Constants declared anywhere in the file.
    pub(super) constants: BTreeSet<String>,
    /// Variables whose values are functions, or lists or maps of them, in every assignment.
    pub(super) function_variables: BTreeSet<String>,
    /// Names that nothing in the file declares.
    pub(super) undeclared: BTreeSet<String>,
    /// Keys of the maps that it writes out, and properties that it names.
    pub(super) keys: BTreeSet<String>,
    /// The files that it always imports, with the locations of these imports.
    pub(super) at_top: Vec<(String, Site)>,
}

type Files = BTreeMap<String, File>;

/// Reads the recipe and, file by file, what they import.
pub(super) fn collect(
    engine: &Engine,
    name: &str,
    text: &str,
    resolver: &Resolver,
    known: &KnownFunctions,
) -> (Files, Vec<Diagnostic>) {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    resolver.sources().add(name, text);
    let mut collector = Collector { engine, resolver, known, files: Files::new(), findings: Vec::new() };
    let mut seen = BTreeSet::from([name.to_owned()]);
    let mut left = vec![(name.to_owned(), text.to_owned())];
    while let Some((file, text)) = left.pop() {
        let Some(ast) = collector.compile(&file, &text) else { continue };
        if file != name {
            collector.only_definitions(&file, &ast);
        }
        let mut imports = BTreeMap::new();
        let mut at_top = Vec::new();
        for import in imports_of(&ast) {
            let path = import.path.clone().unwrap_or_default();
            let target = import.path.and_then(|path| match resolver.read(Some(&file), &path) {
                Ok((target, text)) => {
                    if seen.len() > MODULES_MAX {
                        collector.refuse(&ImportError::TooMany, site_at(&file, import.at));
                    } else if seen.insert(target.clone()) {
                        left.push((target.clone(), text));
                    }
                    Some(target)
                }
                Err(error) => {
                    collector.refuse(&error, site_at(&file, import.at));
                    None
                }
            });
            if let Some(target) = target.as_ref().filter(|_| import.top) {
                at_top.push((target.clone(), site_at(&file, import.at)));
            }
            if import.alias.is_empty() {
                collector.findings.push(without_alias(&path, site_at(&file, import.at)));
            } else {
                imports.insert(import.alias, target);
            }
        }
        collector.files.insert(file, File::of(ast, imports, at_top));
    }
    (collector.files, collector.findings)
}

struct Collector<'a> {
    engine: &'a Engine,
    resolver: &'a Resolver,
    known: &'a KnownFunctions,
    files: Files,
    findings: Vec<Diagnostic>,
}

impl Collector<'_> {
    /// The tree of a file; where only names are unknown, all of them are reported and the tree is there.
    fn compile(&mut self, file: &str, text: &str) -> Option<AST> {
        if let Some(found) = comments::check(file, text) {
            self.findings.push(found);
            return None;
        }
        let error = match engine::parse(self.engine, file, text, &Scope::new()) {
            Ok(ast) => return Some(ast),
            Err(error) => error,
        };
        let at = site_at(file, error.position());
        let sources = self.resolver.sources();
        let names = matches!(
            error.err_type(),
            ParseErrorType::VariableUndefined(_) | ParseErrorType::ModuleUndefined(_)
        );
        self.findings.push(from_parse_error(error.err_type(), at, sources, self.known));
        if !names {
            return None;
        }
        // Rhai stops at the first unknown name; a parser that does not mind them shows the rest.
        let ast = engine::parse(&engine::lenient(), file, text, &Scope::new()).ok()?;
        for (name, position) in unresolved(&ast) {
            let found = unknown_variable(&name, site_at(file, position), sources, self.known);
            if !self.findings.iter().any(|known| known.at == found.at) {
                self.findings.push(found);
            }
        }
        Some(ast)
    }

    fn only_definitions(&mut self, file: &str, ast: &AST) {
        for position in not_a_definition(ast) {
            let error = ImportError::Statement { file: file.to_owned(), position };
            self.refuse(&error, site_at(file, position));
        }
    }

    fn refuse(&mut self, error: &ImportError, at: Site) {
        let found = match error {
            ImportError::Inside { file, error } => {
                from_eval_error(error, file, self.resolver.sources(), self.known)
            }
            other => other.raised(at.clone()).diagnostic(at),
        };
        self.findings.push(found);
    }
}

impl File {
    fn of(ast: AST, imports: BTreeMap<String, Option<String>>, at_top: Vec<(String, Site)>) -> Self {
        let mut functions: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
        let mut private = BTreeSet::new();
        for function in ast.iter_functions() {
            functions.entry(function.name.to_owned()).or_default().insert(function.params.len());
            if function.access == FnAccess::Private {
                private.insert(function.name.to_owned());
            }
        }
        let mut constants = BTreeSet::new();
        each(&ast, |node| {
            if let ASTNode::Stmt(statement @ Stmt::Var(parts, ..)) = node
                && statement.options().intersects(ASTFlags::CONSTANT)
            {
                constants.insert(parts.0.name.to_string());
            }
        });
        let function_variables = closures::variables(&ast, &functions);
        let keys = methods::keys(&ast);
        let undeclared = unresolved(&ast).into_iter().map(|(name, _)| name).collect();
        File { ast, functions, private, imports, constants, function_variables, undeclared, keys, at_top }
    }

    /// The functions that somebody can name.
    pub(super) fn named_functions(&self) -> impl Iterator<Item = &str> {
        self.functions.keys().map(String::as_str).filter(|name| !name.contains('$'))
    }
}

/// Nothing of a file can be called without a name for it.
fn without_alias(path: &str, at: Site) -> Diagnostic {
    let last = path.rsplit('/').next().unwrap_or_default().trim_end_matches(".rhai");
    let is_word = |text: &str| text.starts_with(|first: char| first.is_ascii_alphabetic());
    let is_name = is_word(last) && last.chars().all(|one| one.is_ascii_alphanumeric() || one == '_');
    let name = if is_name { last } else { "name" };
    let written = if path.is_empty() { "..".to_owned() } else { format!("\"{path}\"") };
    let title = "an import without `as` makes nothing of the file callable";
    let help = format!("write `import {written} as {name};`, and call its functions as `{name}::..`");
    Diagnostic::error(DiagnosticKind::Import, at, title).help(help)
}

struct Import {
    /// Empty where there is none.
    alias: String,
    /// `None` when the path is computed.
    path: Option<String>,
    at: Position,
    /// Whether it stands outside of any function and block.
    top: bool,
}

fn imports_of(ast: &AST) -> Vec<Import> {
    let mut found = Vec::new();
    each(ast, |node| {
        if let ASTNode::Stmt(statement @ Stmt::Import(parts, _)) = node {
            let (path, alias) = &**parts;
            let text = match path {
                Expr::StringConstant(text, _) => Some(text.to_string()),
                _ => None,
            };
            let top = ast.statements().iter().any(|top| std::ptr::eq(top, *statement));
            found.push(Import { alias: alias.name.to_string(), path: text, at: path.position(), top });
        }
    });
    found
}

/// Variables that the parser found nowhere.
///
/// A closure's captured variables have no place in its own scope either; they are its parameters, and so left
/// out.
pub(super) fn unresolved(ast: &AST) -> Vec<(String, Position)> {
    let mut known: BTreeSet<String> = BTreeSet::new();
    for function in ast.iter_functions() {
        known.insert(function.name.to_owned());
        known.extend(function.params.iter().map(ToString::to_string));
    }
    let mut found = Vec::new();
    each(ast, |node| {
        if let ASTNode::Expr(Expr::Variable(variable, short_index, position)) = node {
            let (long_index, name, namespace, _) = &**variable;
            let resolved = long_index.is_some() || short_index.is_some() || !namespace.is_empty();
            if !resolved && !known.contains(name.as_str()) {
                found.push((name.to_string(), *position));
            }
        }
    });
    found
}
