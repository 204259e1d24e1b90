//! Walks a syntax tree in the order of the text, with closures in their places. Rhai's own walk lists closures
//! among the functions, and skips the value of `break`.

pub(super) use crate::script::check::bodies::Function;

use crate::script::check::bodies::{self, is_closure};
use rhai::{AST, Dynamic, Expr, FnPtr, Stmt};
use std::collections::BTreeMap;

/// The functions of a file by name, closures among them.
pub(super) struct Functions(BTreeMap<String, Vec<Function>>);

impl Functions {
    pub(super) fn of(ast: &AST) -> Self {
        let mut found = BTreeMap::<String, Vec<Function>>::new();
        for function in bodies::functions(ast) {
            found.entry(function.name.clone()).or_default().push(function);
        }
        Functions(found)
    }

    /// Those that somebody has given a name.
    pub(super) fn named(&self) -> impl Iterator<Item = &Function> {
        self.0.iter().filter(|(name, _)| !is_closure(name)).flat_map(|(_, all)| all)
    }

    /// The functions of that name, whatever they take.
    pub(super) fn called(&self, name: &str) -> &[Function] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }
}

/// Looks at the parts of a tree; what a method does not descend into is not seen.
pub(super) trait Visit<'a> {
    /// The functions of the file, to find the closures.
    fn functions(&self) -> &'a Functions;

    /// A block: its variables end with it.
    fn block(&mut self, statements: &'a [Stmt]) {
        for statement in statements {
            self.statement(statement);
        }
    }

    /// One of several blocks of which one is taken.
    fn branch(&mut self, _of: &'a Stmt, _index: usize, statements: &'a [Stmt]) {
        self.block(statements);
    }

    fn statement(&mut self, statement: &'a Stmt) {
        within(self, statement);
    }

    fn expression(&mut self, expression: &'a Expr) {
        inside(self, expression);
    }

    /// A closure, where it stands.
    fn closure(&mut self, function: &'a Function, _at: &'a Expr) {
        self.block(&function.body);
    }
}

/// Looks at every expression.
pub(super) struct ExpressionVisitor<'a, L> {
    pub(super) functions: &'a Functions,
    pub(super) look: L,
}

impl<'a, L: FnMut(&'a Expr)> Visit<'a> for ExpressionVisitor<'a, L> {
    fn functions(&self) -> &'a Functions {
        self.functions
    }

    fn expression(&mut self, expression: &'a Expr) {
        (self.look)(expression);
        inside(self, expression);
    }
}

/// What a statement consists of.
pub(super) fn within<'a>(visit: &mut (impl Visit<'a> + ?Sized), statement: &'a Stmt) {
    match statement {
        Stmt::If(parts, _) => {
            visit.expression(&parts.expr);
            visit.branch(statement, 0, parts.body.statements());
            visit.branch(statement, 1, parts.branch.statements());
        }
        Stmt::Switch(parts, _) => {
            visit.expression(&parts.0);
            for (index, case) in parts.1.expressions.iter().enumerate() {
                visit.expression(&case.lhs);
                match &case.rhs {
                    Expr::Stmt(block) => visit.branch(statement, index, block.statements()),
                    other => visit.expression(other),
                }
            }
        }
        Stmt::While(parts, _) | Stmt::Do(parts, ..) => {
            visit.expression(&parts.expr);
            visit.block(parts.body.statements());
        }
        Stmt::For(parts, _) => {
            visit.expression(&parts.2.expr);
            visit.block(parts.2.body.statements());
        }
        Stmt::TryCatch(parts, _) => {
            visit.branch(statement, 0, parts.body.statements());
            visit.branch(statement, 1, parts.branch.statements());
        }
        Stmt::Var(parts, ..) => visit.expression(&parts.1),
        Stmt::Assignment(parts) => {
            visit.expression(&parts.1.lhs);
            visit.expression(&parts.1.rhs);
        }
        Stmt::FnCall(call, _) => call.args.iter().for_each(|argument| visit.expression(argument)),
        Stmt::Block(block) => visit.block(block.statements()),
        Stmt::Expr(expression) => visit.expression(expression),
        Stmt::BreakLoop(Some(value), ..) | Stmt::Return(Some(value), ..) => visit.expression(value),
        Stmt::Import(parts, _) => visit.expression(&parts.0),
        _ => {}
    }
}

/// What an expression consists of.
pub(super) fn inside<'a>(visit: &mut (impl Visit<'a> + ?Sized), expression: &'a Expr) {
    match expression {
        Expr::Stmt(block) => visit.block(block.statements()),
        Expr::InterpolatedString(parts, _) | Expr::Array(parts, _) => {
            parts.iter().for_each(|part| visit.expression(part));
        }
        Expr::Map(entries, _) => entries.0.iter().for_each(|(_, value)| visit.expression(value)),
        Expr::Dot(parts, ..) | Expr::Index(parts, ..) => {
            visit.expression(&parts.lhs);
            visit.expression(&parts.rhs);
        }
        Expr::And(parts, _) | Expr::Or(parts, _) | Expr::Coalesce(parts, _) => {
            parts.iter().for_each(|part| visit.expression(part));
        }
        Expr::FnCall(call, _) | Expr::MethodCall(call, _) => {
            call.args.iter().for_each(|argument| visit.expression(argument));
        }
        Expr::DynamicConstant(value, _) => {
            let functions = visit.functions();
            for name in functions_in(value).iter().filter(|name| is_closure(name)) {
                functions.called(name).iter().for_each(|function| visit.closure(function, expression));
            }
        }
        _ => {}
    }
}

/// The names of the functions in a constant.
pub(super) fn functions_in(value: &Dynamic) -> Vec<String> {
    if let Some(function) = value.read_lock::<FnPtr>() {
        return vec![function.fn_name().to_owned()];
    }
    if let Ok(map) = value.as_map_ref() {
        return map.values().flat_map(functions_in).collect();
    }
    value.as_array_ref().map(|list| list.iter().flat_map(functions_in).collect()).unwrap_or_default()
}

/// The closure that an expression is, with what it takes with it.
pub(super) fn closure_of<'a>(functions: &'a Functions, expression: &Expr) -> Option<&'a Function> {
    match expression {
        Expr::DynamicConstant(value, _) => {
            let name = value.read_lock::<FnPtr>().map(|function| function.fn_name().to_owned())?;
            functions.called(&name).first().filter(|_| is_closure(&name))
        }
        Expr::FnCall(call, _) if call.name == "curry" => closure_of(functions, call.args.first()?),
        Expr::Stmt(block) => block.statements().iter().find_map(|statement| match statement {
            Stmt::Expr(inner) => closure_of(functions, inner),
            Stmt::FnCall(call, _) if call.name == "curry" => closure_of(functions, call.args.first()?),
            _ => None,
        }),
        _ => None,
    }
}
