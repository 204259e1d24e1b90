//! Divisions of whole numbers that leave a rest, which is lost.

use super::walk::{Functions, Visit, inside};
use super::{Lint, Looked};
use crate::script::diagnostics::Diagnostic;
use rhai::Expr;

pub(super) fn check(looked: &Looked) -> Vec<Diagnostic> {
    let mut walk = Walk { looked, found: Vec::new() };
    looked.each_body(|body| walk.block(body));
    walk.found
}

struct Walk<'a> {
    looked: &'a Looked<'a>,
    found: Vec<Diagnostic>,
}

impl<'a> Visit<'a> for Walk<'a> {
    fn functions(&self) -> &'a Functions {
        self.looked.functions
    }

    fn expression(&mut self, expression: &'a Expr) {
        if let Expr::FnCall(call, position) = expression
            && call.is_operator_call()
            && call.name == "/"
            && let [left, right] = &call.args[..]
            && let (Some(left), Some(right)) =
                (self.looked.constants.int(left), self.looked.constants.int(right))
            && left.checked_rem(right).is_some_and(|rest| rest != 0)
        {
            let whole = left / right;
            let title = format!("`{left} / {right}` is `{whole}`: of whole numbers the fraction is lost");
            let found = self.looked.finding(Lint::IntegerDivision, *position, title);
            self.found.push(found.help(format!(
                "write `{left}.0 / {right}` for the fraction, or `{whole}` where that is meant"
            )));
        }
        inside(self, expression);
    }
}
