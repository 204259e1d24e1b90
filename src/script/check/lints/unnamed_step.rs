//! Closures of `steps(..)` that no order names, so that they never run.

use super::walk::{Functions, Visit, inside, within};
use super::{Lint, LintedFile};
use crate::script::diagnostics::Diagnostic;
use crate::script::resolver::is_compiled_in;
use rhai::{Expr, FnCallExpr, Stmt};
use std::collections::BTreeSet;

pub(super) fn check(looked: &LintedFile) -> Vec<Diagnostic> {
    // A bundled recipe has a step for each service, whichever a project uses.
    if is_compiled_in(looked.name) {
        return Vec::new();
    }
    let mut walk = Walk { looked, found: Vec::new() };
    looked.each_body(|body| walk.block(body));
    walk.found
}

struct Walk<'a> {
    looked: &'a LintedFile<'a>,
    found: Vec<Diagnostic>,
}

impl<'a> Walk<'a> {
    fn call(&mut self, call: &'a FnCallExpr) {
        let [order, closures] = &call.args[..] else { return };
        let own = !self.looked.functions.called("steps").is_empty();
        if own || call.name != "steps" || !call.namespace.is_empty() {
            return;
        }
        let Expr::Map(entries, _) = self.looked.constants.resolved(closures) else { return };
        let Some((named, by)) = self.named(order) else { return };
        for (key, _) in entries.0.iter().filter(|(key, _)| !named.contains(key.name.as_str())) {
            let title = format!("the step `{}` never runs: {by} does not name it", key.name);
            let found = self.looked.finding(Lint::UnnamedStep, key.pos, title);
            self.found.push(found.help(format!("add `\"{}\"` to the order, or remove the step", key.name)));
        }
    }

    /// The steps that an order names, and what it is; `None` where it is not plain to see.
    fn named(&self, order: &'a Expr) -> Option<(BTreeSet<String>, &'static str)> {
        if let Expr::Variable(variable, ..) = order {
            let mut path = variable.2.path.iter().map(|part| part.name.as_str());
            if variable.1 == "steps" && path.next() == Some("config") {
                return Some((
                    self.looked.declared?.steps.clone()?,
                    "`steps` of the project file, in any environment,",
                ));
            }
        }
        Some((self.looked.constants.texts(order)?, "the order"))
    }
}

impl<'a> Visit<'a> for Walk<'a> {
    fn functions(&self) -> &'a Functions {
        self.looked.functions
    }

    fn statement(&mut self, statement: &'a Stmt) {
        if let Stmt::FnCall(call, _) = statement {
            self.call(call);
        }
        within(self, statement);
    }

    fn expression(&mut self, expression: &'a Expr) {
        if let Expr::FnCall(call, _) = expression {
            self.call(call);
        }
        inside(self, expression);
    }
}
