//! Integer divisions that lose a remainder.

use super::{Lint, LintedFile};
use crate::script::diagnostics::Diagnostic;
use rhai::Expr;

pub(super) fn check(looked: &LintedFile) -> Vec<Diagnostic> {
    let mut all = Vec::new();
    looked.each_expression(|expression| {
        if let Expr::FnCall(call, position) = expression
            && call.is_operator_call()
            && call.name == "/"
            && let [left, right] = &call.args[..]
            && let (Some(left), Some(right)) = (looked.constants.int(left), looked.constants.int(right))
            && left.checked_rem(right).is_some_and(|rest| rest != 0)
        {
            let whole = left / right;
            let title = format!("`{left} / {right}` is `{whole}`: of whole numbers the fraction is lost");
            let found = looked.finding(Lint::IntegerDivision, *position, title);
            all.push(found.help(format!(
                "write `{left}.0 / {right}` for the fraction, or `{whole}` where that is meant"
            )));
        }
    });
    all
}
