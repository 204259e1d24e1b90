//! Comparisons of `env::name` with an alias, and of `env::alias` with a full name, which are never true.

use super::{EnvironmentName, Lint, LintedFile};
use crate::script::check::namespace_of;
use crate::script::diagnostics::Diagnostic;
use rhai::{Expr, Position};

pub(super) fn check(looked: &LintedFile) -> Vec<Diagnostic> {
    let mut all = Vec::new();
    looked.each_expression(|expression| {
        if let Expr::FnCall(call, _) = expression
            && call.is_operator_call()
            && matches!(call.name.as_str(), "==" | "!=")
            && let [left, right] = &call.args[..]
        {
            all.extend(compared(looked, left, right).or_else(|| compared(looked, right, left)));
        }
    });
    all
}

/// The module of what recipes know of the environment.
const MODULE: &str = "env";

/// What is read, and the text that it is compared with.
fn compared(looked: &LintedFile, read: &Expr, with: &Expr) -> Option<Diagnostic> {
    let Expr::Variable(variable, ..) = read else { return None };
    if namespace_of(&variable.2) != MODULE {
        return None;
    }
    let Expr::StringConstant(text, at) = with else { return None };
    match variable.1.as_str() {
        "name" => {
            let meant = meant(looked, text, |one| &one.name, |one| &one.alias)?;
            let title = format!("`env::name` is never `{text}`: that is the alias of `{}`", meant.name);
            Some(found(looked, *at, title, &meant.name, "env::alias"))
        }
        "alias" => {
            let meant = meant(looked, text, |one| &one.alias, |one| &one.name)?;
            let title = format!("`env::alias` is never `{text}`: the alias of that is `{}`", meant.alias);
            Some(found(looked, *at, title, &meant.alias, "env::name"))
        }
        _ => None,
    }
}

/// The environment that has the text in its other field, where none has it in this one.
fn meant<'a>(
    looked: &LintedFile<'a>,
    text: &str,
    field: fn(&EnvironmentName) -> &String,
    other: fn(&EnvironmentName) -> &String,
) -> Option<&'a EnvironmentName> {
    let all = &looked.declared?.environments;
    if all.iter().any(|one| field(one) == text) {
        return None;
    }
    all.iter().find(|one| other(one) == text)
}

fn found(looked: &LintedFile, at: Position, title: String, write: &str, instead: &str) -> Diagnostic {
    let help = format!("write `\"{write}\"`, or compare `{instead}`");
    looked.finding(Lint::NeverEqual, at, title).help(help)
}
