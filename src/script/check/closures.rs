//! Finds functions that are passed to functions of imported files: closures, named functions, and lists and maps of
//! them.
//!
//! Such a function would run with the functions and constants of the wrong file (RHAI-10). What is not plain to see
//! here is refused when it is called.

use super::{View, each, namespace};
use crate::events::Site;
use crate::script::diagnostics::{CallPart, Diagnostic, DiagnosticKind};
use crate::script::resolver::{ELSEWHERE, STAY_HERE, holds_function};
use rhai::{AST, ASTNode, Expr, FnCallExpr, Stmt};
use std::collections::{BTreeMap, BTreeSet};

/// A variable may be given another one: so often is it looked again which hold functions alone.
const ROUNDS: usize = 3;

pub(super) fn check(view: &View, call: &FnCallExpr, at: &Site) -> Vec<Diagnostic> {
    let alias = namespace(call);
    if !view.file.imports.contains_key(&alias) {
        return Vec::new();
    }
    let names = Names { functions: &view.file.functions, variables: &view.file.function_variables };
    let found = call.args.iter().enumerate().filter_map(|(index, argument)| {
        let what = names.held(argument)?;
        let title =
            format!("{what} cannot be passed to `{alias}::{}`, a function of another file", call.name);
        let found = Diagnostic::error(DiagnosticKind::Arguments, at.clone(), title);
        Some(found.about(CallPart::Arg(index)).note(ELSEWHERE).help(STAY_HERE))
    });
    found.collect()
}

/// The variables that are given functions wherever a file gives them something. A parameter, or what a closure takes with
/// it, is left to the run.
pub(super) fn variables(ast: &AST, functions: &Functions) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for _ in 0..ROUNDS {
        let names = Names { functions, variables: &found };
        let (mut held, mut others) = (BTreeSet::new(), BTreeSet::new());
        others.extend(ast.iter_fn_def().flat_map(|function| function.params.iter().map(ToString::to_string)));
        each(ast, |node| {
            let (name, value) = match node {
                ASTNode::Stmt(Stmt::Var(parts, ..)) => (parts.0.name.to_string(), &parts.1),
                ASTNode::Stmt(Stmt::Assignment(parts)) => match &parts.1.lhs {
                    Expr::Variable(variable, ..) => (variable.1.to_string(), &parts.1.rhs),
                    _ => return,
                },
                ASTNode::Stmt(Stmt::For(parts, _)) => {
                    others.insert(parts.0.name.to_string());
                    others.extend(parts.1.as_ref().map(|counter| counter.name.to_string()));
                    return;
                }
                _ => return,
            };
            if names.held(value).is_some() {
                held.insert(name)
            } else {
                others.insert(name)
            };
        });
        found = held.difference(&others).cloned().collect();
    }
    found
}

/// Functions by name, with their numbers of parameters.
type Functions = BTreeMap<String, BTreeSet<usize>>;

/// What stands for a function in a file.
struct Names<'a> {
    functions: &'a Functions,
    variables: &'a BTreeSet<String>,
}

impl Names<'_> {
    /// What an expression gives, if that is a function, or a map or list with one, whatever the run does.
    fn held(&self, expression: &Expr) -> Option<&'static str> {
        const CLOSURE: &str = "a closure";
        const FUNCTION: &str = "a function";
        match expression {
            Expr::DynamicConstant(value, _) => holds_function(value).then_some(CLOSURE),
            Expr::FnCall(call, _) if call.name == "curry" || call.name == "Fn" => Some(CLOSURE),
            Expr::Array(values, _) => values.iter().find_map(|value| self.held(value)),
            Expr::Map(entries, _) => entries.0.iter().find_map(|(_, value)| self.held(value)),
            Expr::Variable(variable, short_index, _) if variable.2.is_empty() => {
                let name = variable.1.as_str();
                let is_local = variable.0.is_some() || short_index.is_some();
                let is_held =
                    if is_local { self.variables.contains(name) } else { self.functions.contains_key(name) };
                is_held.then_some(FUNCTION)
            }
            // A closure that captures is a block that shares the variables first.
            Expr::Stmt(block) => block.statements().iter().find_map(|statement| match statement {
                Stmt::Expr(inner) => self.held(inner),
                Stmt::FnCall(call, _) if call.name == "curry" => Some(CLOSURE),
                _ => None,
            }),
            _ => None,
        }
    }
}
