//! A resource that is ensured twice under one name.
//!
//! What stands in two branches of which one is taken, or in two closures of which each may be left out, is no finding.

use super::unreachable::end;
use super::walk::{Function, Functions, Visit, inside, within};
use super::{Lint, LintedFile};
use crate::script::check::{namespace, qualified};
use crate::script::diagnostics::{Diagnostic, site_at};
use rhai::{Expr, FnCallExpr, Position, Stmt};

pub(super) fn check(looked: &LintedFile) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    looked.each_body(|body| {
        let mut walk = Walk { looked, way: Vec::new(), calls: Vec::new(), deletions: 0 };
        walk.block(body);
        for (index, call) in walk.calls.iter().enumerate() {
            let before = walk.calls[..index].iter().find(|one| one.is_of(call) && !one.is_apart(call));
            if let Some(before) = before {
                let title = format!("`{}` is ensured twice under the name {}", call.op, call.key.1);
                let at = site_at(looked.name, before.at);
                let diagnostic = looked.finding(Lint::NameTwice, call.at, title);
                found.push(
                    diagnostic.note(format!("first at {at}")).help(
                        "keep the handle of the first one in a variable, or give this one its own name",
                    ),
                );
            }
        }
    });
    found
}

/// A part of the way to a call.
#[derive(Clone, Copy, PartialEq)]
enum Turn {
    /// One of the branches of the statement at this address.
    Branch { of: usize, index: usize, ends: bool },
    /// The closure at this address.
    Closure(usize),
}

/// A call of `ensure`.
struct Call {
    op: String,
    /// Service and jurisdiction, and the name as it is written.
    key: (String, String),
    at: Position,
    way: Vec<Turn>,
    /// How many calls before it delete something.
    deletions: usize,
}

impl Call {
    /// Whether it is about the same thing, which is not deleted in between.
    fn is_of(&self, other: &Call) -> bool {
        self.key == other.key && self.deletions == other.deletions
    }

    /// Whether not both are made in one run, as far as can be seen; this one stands before `other`.
    fn is_apart(&self, other: &Call) -> bool {
        let common = self.way.iter().zip(&other.way).take_while(|(one, two)| one == two).count();
        match (self.way.get(common), other.way.get(common)) {
            (Some(Turn::Branch { of: one, .. }), Some(Turn::Branch { of: two, .. })) if one == two => true,
            (Some(Turn::Branch { ends: true, .. }), _) => true,
            (one, two) => {
                let has_closure = |turn: Option<&Turn>, rest: &[Turn]| {
                    turn.is_some() && rest.iter().any(|turn| matches!(turn, Turn::Closure(_)))
                };
                has_closure(one, &self.way[common..]) && has_closure(two, &other.way[common..])
            }
        }
    }
}

struct Walk<'a> {
    looked: &'a LintedFile<'a>,
    way: Vec<Turn>,
    calls: Vec<Call>,
    deletions: usize,
}

impl<'a> Walk<'a> {
    fn call(&mut self, call: &'a FnCallExpr, at: Position) {
        let service = namespace(call);
        let op = qualified(call);
        if call.name == "delete" && !service.is_empty() {
            self.deletions += 1;
        }
        if call.name != "ensure" || service.is_empty() || !self.looked.known.background.contains(&op) {
            return;
        }
        let Some(name) = call.args.first().and_then(|argument| self.written(argument)) else { return };
        let Some(place) = place(call.args.get(1)) else { return };
        let (key, way) = ((format!("{service} {place}"), name), self.way.clone());
        self.calls.push(Call { op, key, at, way, deletions: self.deletions });
    }

    /// A name as written, if it is a literal.
    fn written(&self, argument: &'a Expr) -> Option<String> {
        if let Some(text) = self.looked.constants.text(argument) {
            return Some(format!("`\"{text}\"`"));
        }
        let Expr::FnCall(call, _) = argument else { return None };
        if call.name != "name"
            || !call.namespace.is_empty()
            || !self.looked.functions.called("name").is_empty()
        {
            return None;
        }
        let parts: Option<Vec<String>> = call
            .args
            .iter()
            .map(|argument| Some(format!("\"{}\"", self.looked.constants.text(argument)?)))
            .collect();
        Some(format!("`name({})`", parts?.join(", ")))
    }

    fn going(&mut self, turn: Turn, walk: impl FnOnce(&mut Self)) {
        self.way.push(turn);
        walk(self);
        self.way.pop();
    }
}

/// The jurisdiction that options give, which is a part of the key; `None` where it is not plain to see.
fn place(options: Option<&Expr>) -> Option<String> {
    match options {
        None => Some(String::new()),
        Some(Expr::Map(entries, _)) => {
            let given = entries.0.iter().find(|(key, _)| key.name == "jurisdiction");
            match given {
                None => Some(String::new()),
                Some((_, Expr::StringConstant(text, _))) => Some(text.to_string()),
                Some(_) => None,
            }
        }
        Some(Expr::DynamicConstant(value, _)) => {
            let map = value.as_map_ref().ok()?;
            Some(map.get("jurisdiction").map(ToString::to_string).unwrap_or_default())
        }
        Some(_) => None,
    }
}

impl<'a> Visit<'a> for Walk<'a> {
    fn functions(&self) -> &'a Functions {
        self.looked.functions
    }

    fn branch(&mut self, of: &'a Stmt, index: usize, statements: &'a [Stmt]) {
        let ends = statements.iter().any(|statement| end(self.looked, statement).is_some());
        let turn = Turn::Branch { of: std::ptr::from_ref(of) as usize, index, ends };
        self.going(turn, |walk| walk.block(statements));
    }

    fn statement(&mut self, statement: &'a Stmt) {
        if let Stmt::FnCall(call, at) = statement {
            self.call(call, *at);
        }
        within(self, statement);
    }

    fn expression(&mut self, expression: &'a Expr) {
        if let Expr::FnCall(call, at) = expression {
            self.call(call, *at);
        }
        inside(self, expression);
    }

    fn closure(&mut self, function: &'a Function, at: &'a Expr) {
        let turn = Turn::Closure(std::ptr::from_ref(at) as usize);
        self.going(turn, |walk| walk.block(&function.body));
    }
}
