//! Lints: code that runs but is probably not intended. One file per lint.
//!
//! **Invariant:** `check` alone looks for them, in recipes without errors: a run is as it was without them.
//! **Invariant:** what may be meant is no finding, and each can be silenced at its line.

mod allow;
mod early_read;
mod environment_name;
mod integer_division;
mod literal;
mod name_twice;
mod text;
mod unawaited_try;
mod unnamed_step;
mod unreachable;
mod unused;
mod walk;

pub(super) use allow::Allowed;
pub(super) use unawaited_try::unawaited_tries;

use super::{RecipeCheck, View};
use crate::script::diagnostics::{Diagnostic, DiagnosticKind, Severity, site_at};
use crate::script::known::KnownFunctions;
use crate::script::resolver::Resolver;
use literal::Constants;
use rhai::{AST, ASTNode, Expr, Position, Stmt};
use std::collections::BTreeSet;
use walk::{Functions, Visit as _};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lint {
    /// A comment that silences nothing.
    Allow,
    /// A property that is read in the turn of a loop that starts its op.
    EarlyRead,
    /// A division of whole numbers that loses a fraction.
    IntegerDivision,
    /// A resource that is ensured twice.
    NameTwice,
    /// A comparison of what is never equal.
    NeverEqual,
    /// A `try` around what is not waited for.
    UnawaitedTry,
    /// A step that no order names.
    UnnamedStep,
    /// What is never reached.
    Unreachable,
    /// What is never used.
    Unused,
}

impl Lint {
    /// All of them, by name.
    pub const ALL: [Lint; 9] = [
        Lint::Allow,
        Lint::EarlyRead,
        Lint::IntegerDivision,
        Lint::NameTwice,
        Lint::NeverEqual,
        Lint::UnawaitedTry,
        Lint::UnnamedStep,
        Lint::Unreachable,
        Lint::Unused,
    ];

    /// As in `// larder:allow(name)`, and as documents name it.
    pub fn name(self) -> &'static str {
        match self {
            Lint::Allow => "allow",
            Lint::EarlyRead => "early-read",
            Lint::IntegerDivision => "integer-division",
            Lint::NameTwice => "name-twice",
            Lint::NeverEqual => "never-equal",
            Lint::UnawaitedTry => "unawaited-try",
            Lint::UnnamedStep => "unnamed-step",
            Lint::Unreachable => "unreachable-code",
            Lint::Unused => "unused",
        }
    }
}

/// What the project file declares in all of its environments.
#[derive(Clone, Debug, Default)]
pub struct ProjectDeclarations {
    /// The steps that it names; `None` where that is not known.
    pub steps: Option<BTreeSet<String>>,
    pub environments: Vec<EnvironmentName>,
}

/// How an environment is called.
#[derive(Clone, Debug)]
pub struct EnvironmentName {
    pub name: String,
    /// The short one; the full name where there is none.
    pub alias: String,
}

/// One file, as lints look at it.
struct LintedFile<'a> {
    name: &'a str,
    text: &'a str,
    ast: &'a AST,
    functions: &'a Functions,
    constants: Constants<'a>,
    /// The aliases of its imports, and where they stand.
    imports: Vec<(String, Position)>,
    /// Whether it only defines.
    is_library: bool,
    known: &'a KnownFunctions,
    /// `None` where there is no project.
    declared: Option<&'a ProjectDeclarations>,
}

impl<'a> LintedFile<'a> {
    fn of(
        name: &'a str,
        text: &'a str,
        ast: &'a AST,
        functions: &'a Functions,
        known: &'a KnownFunctions,
        declared: Option<&'a ProjectDeclarations>,
    ) -> Self {
        let mut imports = Vec::new();
        super::each(ast, |node| {
            if let ASTNode::Stmt(Stmt::Import(parts, at)) = node {
                let alias = &parts.1;
                imports.push((alias.name.to_string(), if alias.pos.is_none() { *at } else { alias.pos }));
            }
        });
        let is_definition =
            |statement: &Stmt| matches!(statement, Stmt::Import(..) | Stmt::Noop(_) | Stmt::Var(..));
        let is_library = ast.statements().iter().all(is_definition);
        let constants = Constants::of(ast, functions);
        LintedFile { name, text, ast, functions, constants, imports, is_library, known, declared }
    }

    /// The statements of the file itself, and those of each function with a name.
    fn each_body(&'a self, mut look: impl FnMut(&'a [Stmt])) {
        look(self.ast.statements());
        self.functions.named().for_each(|function| look(&function.body));
    }

    /// Every expression in them, closures where they stand.
    fn each_expression(&'a self, look: impl FnMut(&'a Expr)) {
        let mut each = walk::ExpressionVisitor { functions: self.functions, look };
        self.each_body(|body| each.block(body));
    }

    fn finding(&self, lint: Lint, at: Position, title: String) -> Diagnostic {
        finding(lint, site_at(self.name, at), title)
    }
}

/// A finding of a lint.
pub(super) fn finding(lint: Lint, at: crate::events::Site, title: String) -> Diagnostic {
    Diagnostic { lint: Some(lint.name()), ..Diagnostic::error(DiagnosticKind::Value, at, title) }.warning()
}

impl RecipeCheck {
    /// What was found, with what the lints find, where there are no errors; without a project, nothing is declared.
    pub fn linted(
        self,
        resolver: &Resolver,
        known: &KnownFunctions,
        declared: Option<&ProjectDeclarations>,
    ) -> Vec<Diagnostic> {
        if !self.is_runnable() {
            return self.diagnostics;
        }
        let RecipeCheck { mut diagnostics, files, compared, .. } = self;
        diagnostics.retain(|found| found.lint.is_none());
        for (name, file) in &files {
            let text = resolver.sources().get(name).unwrap_or_default();
            let view = View { name, file, files: &files, resolver, known };
            let compared = compared.iter().filter(|found| found.at.file == *name).cloned().collect();
            diagnostics.extend(of_file(&view, &text, declared, compared));
        }
        diagnostics.sort_by(|left, right| (&left.at, &left.title).cmp(&(&right.at, &right.title)));
        diagnostics.dedup();
        diagnostics
    }
}

fn of_file(
    view: &View,
    text: &str,
    declared: Option<&ProjectDeclarations>,
    compared: Vec<Diagnostic>,
) -> Vec<Diagnostic> {
    let ast = &view.file.ast;
    let functions = Functions::of(ast);
    let looked = LintedFile::of(view.name, text, ast, &functions, view.known, declared);
    let allowed = Allowed::of(view.name, text);
    let mut found = compared;
    found.extend(unawaited_tries(view));
    for check in [
        early_read::check,
        environment_name::check,
        integer_division::check,
        name_twice::check,
        unnamed_step::check,
        unreachable::check,
        unused::check,
    ] {
        found.extend(check(&looked));
    }
    found.retain(|found| !allowed.silences(found));
    found.extend(allowed.unused());
    found.into_iter().map(explained).collect()
}

/// The way to more, and out.
fn explained(found: Diagnostic) -> Diagnostic {
    match found.lint {
        Some(lint) if found.severity == Severity::Warning => {
            let allow = Lint::Allow.name();
            let silence = if lint == allow {
                String::new()
            } else {
                format!("; `// larder:allow({lint})` above the line silences it")
            };
            found.note(format!("`larder explain {lint}` says more{silence}"))
        }
        _ => found,
    }
}
