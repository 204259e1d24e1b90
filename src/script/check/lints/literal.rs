//! Values that are known without running: literals, and names that are assigned once.

use super::walk::{Functions, Visit, inside, within};
use rhai::{AST, Dynamic, Expr, Stmt};
use std::collections::{BTreeMap, BTreeSet};

/// The names of a file that stand for one value wherever they are read.
#[derive(Default)]
pub(super) struct Constants<'a> {
    values: BTreeMap<&'a str, &'a Expr>,
}

impl<'a> Constants<'a> {
    pub(super) fn of(ast: &'a AST, functions: &'a Functions) -> Self {
        let mut names = Names { functions, values: BTreeMap::new(), others: BTreeSet::new() };
        names.block(ast.statements());
        for function in functions.named() {
            names.others.extend(function.params.iter().cloned());
            names.block(&function.body);
        }
        let Names { mut values, others, .. } = names;
        values.retain(|name, _| !others.contains(*name));
        Constants { values }
    }

    /// What an expression stands for.
    pub(super) fn resolved(&self, expression: &'a Expr) -> &'a Expr {
        match expression {
            Expr::Variable(variable, ..) => {
                let is_own = variable.2.path.iter().all(|part| part.name == "global");
                let value = is_own.then(|| self.values.get(variable.1.as_str())).flatten();
                value.copied().unwrap_or(expression)
            }
            _ => expression,
        }
    }

    /// The text that an expression is.
    pub(super) fn text(&self, expression: &'a Expr) -> Option<&'a str> {
        match self.resolved(expression) {
            Expr::StringConstant(text, _) => Some(text),
            _ => None,
        }
    }

    /// The whole number that an expression comes to.
    pub(super) fn int(&self, expression: &'a Expr) -> Option<i64> {
        let call = match self.resolved(expression) {
            Expr::IntegerConstant(value, _) => return Some(*value),
            Expr::FnCall(call, _) if call.is_operator_call() => call,
            _ => return None,
        };
        let mut numbers = call.args.iter().map(|argument| self.int(argument));
        match (call.name.as_str(), numbers.next()??, numbers.next()) {
            ("-", one, None) => one.checked_neg(),
            ("+", one, None) => Some(one),
            ("+", one, Some(other)) => one.checked_add(other?),
            ("-", one, Some(other)) => one.checked_sub(other?),
            ("*", one, Some(other)) => one.checked_mul(other?),
            ("/", one, Some(other)) => one.checked_div(other?),
            ("%", one, Some(other)) => one.checked_rem(other?),
            _ => None,
        }
    }

    /// The texts in a list, and in the lists in it.
    pub(super) fn texts(&self, expression: &'a Expr) -> Option<BTreeSet<String>> {
        match self.resolved(expression) {
            Expr::StringConstant(text, _) => Some([text.to_string()].into()),
            Expr::Array(items, _) => items.iter().try_fold(BTreeSet::new(), |mut found, item| {
                found.extend(self.texts(item)?);
                Some(found)
            }),
            Expr::DynamicConstant(value, _) => texts_of(value),
            _ => None,
        }
    }
}

fn texts_of(value: &Dynamic) -> Option<BTreeSet<String>> {
    if let Ok(text) = value.as_immutable_string_ref() {
        return Some([text.to_string()].into());
    }
    let list = value.as_array_ref().ok()?;
    list.iter().try_fold(BTreeSet::new(), |mut found, item| {
        found.extend(texts_of(item)?);
        Some(found)
    })
}

/// The names that are given something, and those that are given something else or may be changed.
struct Names<'a> {
    functions: &'a Functions,
    values: BTreeMap<&'a str, &'a Expr>,
    others: BTreeSet<String>,
}

impl<'a> Visit<'a> for Names<'a> {
    fn functions(&self) -> &'a Functions {
        self.functions
    }

    fn statement(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Var(parts, ..) => {
                let name = parts.0.name.as_str();
                if self.values.insert(name, &parts.1).is_some() {
                    self.others.insert(name.to_owned());
                }
            }
            Stmt::For(parts, _) => {
                self.others.insert(parts.0.name.to_string());
                self.others.extend(parts.1.iter().map(|counter| counter.name.to_string()));
            }
            Stmt::TryCatch(parts, _) => self.others.extend(root(&parts.expr)),
            Stmt::Assignment(parts) => self.others.extend(root(&parts.1.lhs)),
            _ => {}
        }
        within(self, statement);
    }

    fn expression(&mut self, expression: &'a Expr) {
        // A method may change what it is called on.
        if let Expr::Dot(..) | Expr::Index(..) = expression {
            self.others.extend(root(expression));
        }
        inside(self, expression);
    }

    fn closure(&mut self, function: &'a super::walk::Function, _: &'a Expr) {
        self.others.extend(function.params.iter().cloned());
        self.block(&function.body);
    }
}

/// The variable that a chain begins with.
fn root(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Variable(variable, ..) => Some(variable.1.to_string()),
        Expr::Dot(parts, ..) | Expr::Index(parts, ..) => root(&parts.lhs),
        _ => None,
    }
}
