//! Statements that are never reached.

use super::walk::{Functions, Visit};
use super::{Lint, LintedFile};
use crate::script::diagnostics::Diagnostic;
use rhai::{ASTFlags, Expr, Stmt};

pub(super) fn check(looked: &LintedFile) -> Vec<Diagnostic> {
    let mut walk = Walk { looked, found: Vec::new() };
    looked.each_body(|body| walk.block(body));
    walk.found
}

struct Walk<'a> {
    looked: &'a LintedFile<'a>,
    found: Vec<Diagnostic>,
}

impl<'a> Visit<'a> for Walk<'a> {
    fn functions(&self) -> &'a Functions {
        self.looked.functions
    }

    fn block(&mut self, statements: &'a [Stmt]) {
        let mut ended = None;
        for statement in statements.iter().filter(|statement| !matches!(statement, Stmt::Noop(_))) {
            if let Some(word) = ended.take() {
                let (why, way_out) = match word {
                    "loop" => (
                        "the `loop` before it has no `break`".to_owned(),
                        "give the loop a `break`".to_owned(),
                    ),
                    word => (
                        format!("`{word}` before it ends the block"),
                        format!("put it before `{word}`, or `{word}` under a condition"),
                    ),
                };
                let title = format!("this is never reached: {why}");
                let found = self.looked.finding(Lint::Unreachable, statement.position(), title);
                self.found.push(found.help(format!("remove this, or {way_out}")));
                break;
            }
            ended = end(self.looked, statement);
        }
        for statement in statements {
            self.statement(statement);
        }
    }
}

/// The word that ends the block, if nothing comes after this statement.
pub(super) fn end(looked: &LintedFile, statement: &Stmt) -> Option<&'static str> {
    let last = |statements: &[Stmt]| statements.iter().find_map(|inner| end(looked, inner));
    match statement {
        Stmt::Return(_, flags, _) => Some(if flags.intersects(ASTFlags::BREAK) { "throw" } else { "return" }),
        Stmt::BreakLoop(_, flags, _) => {
            Some(if flags.intersects(ASTFlags::BREAK) { "break" } else { "continue" })
        }
        Stmt::FnCall(call, _) if call.namespace.is_empty() => ending(looked, &call.name),
        Stmt::Expr(expression) => match &**expression {
            Expr::FnCall(call, _) if call.namespace.is_empty() => ending(looked, &call.name),
            Expr::Stmt(block) => last(block.statements()),
            _ => None,
        },
        Stmt::Block(block) => last(block.statements()),
        Stmt::If(parts, _) | Stmt::TryCatch(parts, _) => {
            last(parts.body.statements()).and(last(parts.branch.statements()))
        }
        Stmt::While(parts, _) if matches!(parts.expr, Expr::Unit(_)) => {
            (!parts.body.statements().iter().any(breaks)).then_some("loop")
        }
        _ => None,
    }
}

/// A function of the host that does not come back.
fn ending(looked: &LintedFile, name: &str) -> Option<&'static str> {
    let ends = ["fail", "exit"].into_iter().find(|known| *known == name)?;
    looked.functions.called(name).is_empty().then_some(ends)
}

/// Whether a statement may end the loop around it; a loop inside has its own `break`.
pub(super) fn breaks(statement: &Stmt) -> bool {
    match statement {
        Stmt::BreakLoop(_, flags, _) => flags.intersects(ASTFlags::BREAK),
        Stmt::If(parts, _) | Stmt::TryCatch(parts, _) => {
            parts.body.statements().iter().chain(parts.branch.statements()).any(breaks)
        }
        Stmt::Block(block) => block.statements().iter().any(breaks),
        Stmt::Switch(parts, _) => parts.1.expressions.iter().any(|case| breaks_in(&case.rhs)),
        Stmt::Expr(expression) => breaks_in(expression),
        _ => false,
    }
}

fn breaks_in(expression: &Expr) -> bool {
    match expression {
        Expr::Stmt(block) => block.statements().iter().any(breaks),
        // `let x = if .. { break } else { .. }` and the like.
        Expr::Coalesce(parts, _) | Expr::And(parts, _) | Expr::Or(parts, _) => parts.iter().any(breaks_in),
        _ => false,
    }
}
