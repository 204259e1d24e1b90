//! Checks operators. Some accept operands that can never be equal.

use super::value::{Type, Value, named};
use super::{Env, Walk};
use crate::events::Site;
use crate::script::check::lints::{Lint, finding};
use rhai::{Expr, FnCallExpr};

impl<'a> Walk<'a> {
    pub(super) fn operator(
        &mut self,
        env: &Env<'a>,
        call: &'a FnCallExpr,
        args: &[Value],
        at: Site,
    ) -> Value {
        let name = call.name.as_str();
        let is_comparison = matches!(name, "==" | "!=" | "<" | ">" | "<=" | ">=");
        if !is_comparison {
            for (value, argument) in args.iter().zip(&call.args) {
                let at = self.place(env, argument.start_position());
                self.used(value, &at);
            }
        }
        let [left, right] = args else {
            return match (name, args) {
                ("!", _) => Type::Bool.into(),
                (_, [only]) => Value { origin: None, ..only.clone() },
                _ => Value::any(),
            };
        };
        if is_comparison {
            for (value, other) in [(left, right), (right, left)] {
                if other.kind != Type::Unit {
                    self.used(value, &at);
                }
            }
            self.compared(name, left, right, &call.args, at);
            return Type::Bool.into();
        }
        match (name, &left.kind, &right.kind) {
            (".." | "..=", ..) => Type::Range.into(),
            ("in" | "!in", ..) => Type::Bool.into(),
            ("+", Type::Text, _) | ("+", _, Type::Text) => Type::Text.into(),
            ("+", Type::List(_), Type::List(_)) => Value::list(Value::any()),
            ("+" | "-" | "*" | "/" | "%" | "**", Type::Int, Type::Int) => Type::Int.into(),
            ("+" | "-" | "*" | "/" | "%" | "**", Type::Float | Type::Int, Type::Float | Type::Int) => {
                Type::Float.into()
            }
            _ => Value::any(),
        }
    }

    /// Values of different types are never equal, and neither is more than the other.
    fn compared(&mut self, name: &str, left: &Value, right: &Value, args: &[Expr], at: Site) {
        let (Some(one), Some(other)) = (class(left), class(right)) else { return };
        // A function may be called with values of several types.
        if one == other || self.calls > 0 {
            return;
        }
        let (one, other) = (named(left.name().unwrap_or(one)), named(right.name().unwrap_or(other)));
        let always = match name {
            "==" => "never equal",
            "!=" => "never equal, and so this is always true",
            _ => "not to be compared: this is always false",
        };
        let found = finding(Lint::NeverEqual, at, format!("{one} and {other} are {always}"));
        let kinds = [&left.kind, &right.kind];
        let literal = args.iter().find_map(|argument| match argument {
            Expr::StringConstant(text, _) => text.parse::<i64>().ok(),
            _ => None,
        });
        self.report(match (kinds.contains(&&Type::Text), literal) {
            (true, Some(number)) if class(left) == Some("number") || class(right) == Some("number") => {
                found.help(format!("write the number without quotes: `{number}`"))
            }
            (true, None) if class(left) == Some("number") || class(right) == Some("number") => {
                found.help("`parse_int(text)` makes a number of a text, `n.to_string()` a text of a number")
            }
            _ if kinds.iter().any(|kind| matches!(kind, Type::Handle(_))) => {
                found.help("compare its `.name` or `.id`")
            }
            _ => found,
        });
    }
}

/// Types that can be compared with each other.
fn class(value: &Value) -> Option<&'static str> {
    Some(match &value.kind {
        Type::Int | Type::Float => "number",
        // A text of one character is compared with a character as such.
        Type::Text | Type::Char => "text",
        Type::Bool => "bool",
        Type::List(_) => "list",
        Type::Map(_) => "map",
        Type::Handle(_) => "handle",
        _ => return None,
    })
}
