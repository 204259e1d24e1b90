//! Properties of handles that a loop reads in the iteration that starts the op, so that the ops do not run in
//! parallel.
//!
//! A loop that may end early is left alone: what one turn reads decides whether there is another. So are closures of steps,
//! which wait for what they start anyway.

use super::unreachable::breaks;
use super::walk::{Function, Functions, Visit, closure_of, inside, within};
use super::{Lint, LintedFile};
use crate::script::check::{namespace, qualified};
use crate::script::diagnostics::Diagnostic;
use rhai::{Expr, FnCallExpr, Position, Stmt};
use std::collections::BTreeMap;

/// Methods of lists that call a closure once for each item.
const TURNS: &[&str] = &["map", "for_each", "filter", "retain", "drain"];

pub(super) fn check(looked: &LintedFile) -> Vec<Diagnostic> {
    let mut walk =
        Walk { looked, started: BTreeMap::new(), is_turn: false, asked: Vec::new(), found: Vec::new() };
    looked.each_body(|body| walk.block(body));
    walk.found
}

/// A property that is read early.
struct EarlyRead {
    property: String,
    op: String,
    at: Position,
}

struct Walk<'a> {
    looked: &'a LintedFile<'a>,
    /// Variables whose op this turn has started.
    started: BTreeMap<String, String>,
    /// Whether this is a turn of a loop.
    is_turn: bool,
    /// The functions on the way here.
    asked: Vec<&'a str>,
    found: Vec<Diagnostic>,
}

impl<'a> Walk<'a> {
    /// A turn of a loop, unless the loop may end in it.
    fn turn(&mut self, body: &'a [Stmt]) {
        if body.iter().any(|statement| breaks(statement) || returns(statement)) {
            self.outside(|walk| walk.block(body));
            return;
        }
        let (outer, started) = (std::mem::replace(&mut self.is_turn, true), self.started.clone());
        self.block(body);
        (self.is_turn, self.started) = (outer, started);
    }

    fn outside(&mut self, walk: impl FnOnce(&mut Self)) {
        let (is_turn, started) = (std::mem::take(&mut self.is_turn), std::mem::take(&mut self.started));
        walk(self);
        (self.is_turn, self.started) = (is_turn, started);
    }

    /// The op whose handle an expression gives, if this turn has started it.
    fn started_by(&self, expression: &Expr) -> Option<String> {
        match expression {
            Expr::Variable(variable, ..) if variable.2.is_empty() => {
                self.started.get(variable.1.as_str()).cloned()
            }
            Expr::FnCall(call, _) => {
                let name = qualified(call);
                self.looked.known.background.contains(&name).then_some(name)
            }
            Expr::Dot(parts, ..) => {
                let Expr::MethodCall(call, _) = &parts.rhs else { return None };
                self.started_by(&parts.lhs)?;
                let is_background = self.looked.known.background.contains(&format!(".{}", call.name));
                is_background.then(|| call.name.to_string())
            }
            _ => None,
        }
    }

    /// The property that a chain reads of what this turn has started.
    fn early(&self, chain: &Expr) -> Option<EarlyRead> {
        let parts = match chain {
            Expr::Dot(parts, ..) => parts,
            Expr::Index(parts, ..) => {
                let Expr::StringConstant(property, at) = &parts.rhs else { return None };
                let op = self.started_by(&parts.lhs)?;
                return Some(EarlyRead { property: property.to_string(), op, at: *at });
            }
            _ => return None,
        };
        let mut op = self.started_by(&parts.lhs)?;
        let mut rest = &parts.rhs;
        loop {
            let (first, next) = match rest {
                Expr::Dot(parts, ..) | Expr::Index(parts, ..) => (&parts.lhs, Some(&parts.rhs)),
                last => (last, None),
            };
            match first {
                Expr::Property(property, at) => {
                    return Some(EarlyRead { property: property.2.to_string(), op, at: *at });
                }
                Expr::MethodCall(call, _)
                    if self.looked.known.background.contains(&format!(".{}", call.name)) =>
                {
                    op = call.name.to_string();
                }
                _ => return None,
            }
            rest = next?;
        }
    }

    fn call(&mut self, call: &'a FnCallExpr, at: Position) {
        if !self.is_turn || !namespace(call).is_empty() || self.asked.contains(&call.name.as_str()) {
            return;
        }
        let functions: &'a Functions = self.looked.functions;
        let called =
            functions.called(&call.name).iter().find(|function| function.params.len() == call.args.len());
        let Some(function) = called else { return };
        let mut inner = Walk {
            looked: self.looked,
            started: BTreeMap::new(),
            is_turn: true,
            asked: [&self.asked[..], &[function.name.as_str()]].concat(),
            found: Vec::new(),
        };
        inner.block(&function.body);
        if let Some(first) = inner.found.first() {
            let title = format!("`{}` waits in each turn of the loop for what it starts", call.name);
            let found = self.looked.finding(Lint::EarlyRead, at, title);
            let found = found.note(format!("at {}, {}", first.at, first.title));
            self.found.push(found.help(WAY_OUT));
        }
    }
}

const WAY_OUT: &str = "start all of them first and keep the handles in a list, then read in a second loop; an op takes the handle itself";

impl<'a> Visit<'a> for Walk<'a> {
    fn functions(&self) -> &'a Functions {
        self.looked.functions
    }

    fn statement(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::For(parts, _) => {
                self.expression(&parts.2.expr);
                return self.turn(parts.2.body.statements());
            }
            Stmt::While(parts, _) if !matches!(parts.expr, Expr::Unit(_)) => {
                self.expression(&parts.expr);
                return self.turn(parts.body.statements());
            }
            Stmt::FnCall(call, at) => self.call(call, *at),
            _ => {}
        }
        within(self, statement);
        let given = match statement {
            Stmt::Var(parts, ..) => Some((parts.0.name.to_string(), &parts.1)),
            Stmt::Assignment(parts) => match &parts.1.lhs {
                Expr::Variable(variable, ..) => Some((variable.1.to_string(), &parts.1.rhs)),
                _ => None,
            },
            _ => None,
        };
        if let Some((name, value)) = given.filter(|_| self.is_turn) {
            match self.started_by(value) {
                Some(op) => self.started.insert(name, op),
                None => self.started.remove(&name),
            };
        }
    }

    fn expression(&mut self, expression: &'a Expr) {
        if self.is_turn
            && let Some(EarlyRead { property, op, at }) = self.early(expression)
        {
            let title = format!(
                "`{property}` is read in the turn of the loop that starts `{op}`, so each turn waits"
            );
            self.found.push(self.looked.finding(Lint::EarlyRead, at, title).help(WAY_OUT));
        }
        if let Expr::FnCall(call, at) = expression {
            self.call(call, *at);
        }
        if let Expr::MethodCall(call, _) = expression
            && TURNS.contains(&call.name.as_str())
            && let Some(function) = call.args.first().and_then(|first| closure_of(self.functions(), first))
        {
            return self.turn(&function.body);
        }
        inside(self, expression);
    }

    fn closure(&mut self, function: &'a Function, _: &'a Expr) {
        self.outside(|walk| walk.block(&function.body));
    }
}

/// Whether a statement may leave the function, and the loop with it.
fn returns(statement: &Stmt) -> bool {
    match statement {
        Stmt::Return(..) => true,
        Stmt::If(parts, _) | Stmt::TryCatch(parts, _) | Stmt::While(parts, _) => {
            parts.body.statements().iter().chain(parts.branch.statements()).any(returns)
        }
        Stmt::Block(block) => block.statements().iter().any(returns),
        _ => false,
    }
}
