//! Infers the type of each expression.

use super::value::{Type, Value, named};
use super::{Env, Walk, statements};
use crate::script::check::namespace_of;
use crate::script::diagnostics::{Diagnostic, DiagnosticKind};
use rhai::{Dynamic, Expr, FnPtr};
use std::collections::BTreeMap;
use std::rc::Rc;

impl<'a> Walk<'a> {
    pub(super) fn expression(&mut self, env: &mut Env<'a>, expression: &'a Expr) -> Value {
        if self.left == 0 {
            return Value::any();
        }
        self.left -= 1;
        match expression {
            Expr::BoolConstant(..) => Type::Bool.into(),
            Expr::IntegerConstant(..) => Type::Int.into(),
            Expr::FloatConstant(..) => Type::Float.into(),
            Expr::CharConstant(..) => Type::Char.into(),
            Expr::StringConstant(..) => Type::Text.into(),
            Expr::Unit(_) => Type::Unit.into(),
            Expr::DynamicConstant(value, _) => constant(value),
            Expr::InterpolatedString(parts, _) => {
                for part in parts {
                    let value = self.expression(env, part);
                    let at = self.place(env, part.start_position());
                    self.used(&value, &at);
                }
                Type::Text.into()
            }
            Expr::Array(items, _) => {
                let mut items =
                    items.iter().map(|item| self.expression(env, item)).collect::<Vec<_>>().into_iter();
                let first = items.next().unwrap_or_default();
                Value::list(items.fold(first, |all, item| all.or(&item)))
            }
            Expr::Map(entries, _) => {
                let entry = |(key, value): &'a (rhai::Ident, Expr)| {
                    (key.name.to_string(), self.expression(env, value))
                };
                Type::Map(Rc::new(entries.0.iter().map(entry).collect())).into()
            }
            Expr::Variable(variable, ..) => self.variable(env, variable),
            Expr::ThisPtr(_) => env.this.clone(),
            Expr::Stmt(block) => self.block(env, block),
            Expr::FnCall(call, position) => self.call(env, call, *position),
            Expr::Dot(parts, ..) | Expr::Index(parts, ..) => {
                let undeclared = self.files.get(env.file).map(|file| &file.undeclared);
                if let (Expr::Variable(variable, ..), Some(undeclared)) = (&parts.lhs, undeclared)
                    && undeclared.contains(variable.1.as_str())
                {
                    return Value::any();
                }
                let first = self.expression(env, &parts.lhs);
                self.chain(env, first, expression)
            }
            Expr::And(parts, _) => {
                for part in parts.iter() {
                    let value = self.expression(env, part);
                    self.condition(env, part, &value);
                }
                Type::Bool.into()
            }
            Expr::Or(parts, _) => {
                self.either(env, parts);
                Type::Bool.into()
            }
            Expr::Coalesce(parts, _) => self.coalesced(env, parts),
            _ => Value::any(),
        }
    }

    fn variable(
        &self,
        env: &Env,
        variable: &(Option<std::num::NonZeroUsize>, rhai::ImmutableString, rhai::Namespace, u64),
    ) -> Value {
        let name = variable.1.as_str();
        if !variable.2.is_empty() {
            return self.of_namespace(&namespace_of(&variable.2), name);
        }
        if self.changing.get(env.file).is_some_and(|names| names.anywhere.contains(name)) {
            return Value::any();
        }
        match env.get(name) {
            Some(value) => value.clone(),
            // A function as a value.
            None if self.functions_named(env.file, name).next().is_some() => {
                Type::Closure(Some(name.to_owned()), Vec::new()).into()
            }
            None => Value::any(),
        }
    }

    /// A variable of a namespace of the host; imported files have none that are seen.
    fn of_namespace(&self, namespace: &str, name: &str) -> Value {
        let kind = self.known.constant_types.get(&format!("{namespace}::{name}"));
        kind.map(|kind| Value::of_name(kind)).unwrap_or_default()
    }

    /// The sides of `||`: one that ends with a value is meant to stand in for a missing one.
    fn either(&mut self, env: &mut Env<'a>, parts: &'a [Expr]) {
        let values: Vec<Value> = parts.iter().map(|part| self.expression(env, part)).collect();
        let last = values.last().and_then(Value::name);
        let is_condition = last.is_none_or(|kind| matches!(kind, "bool" | "()"));
        for (part, value) in parts.iter().zip(&values) {
            match self.no_condition(env, part, value) {
                Some(found) if !is_condition => {
                    self.report(found.help("`a ?? b` gives `b` where `a` is `()`"));
                    return;
                }
                Some(_) => self.condition(env, part, value),
                None => {}
            }
        }
    }

    /// The error about a condition that is a value of another type.
    fn no_condition(&mut self, env: &Env<'a>, expression: &Expr, value: &Value) -> Option<Diagnostic> {
        let at = self.place(env, expression.start_position());
        self.found.origins.add(&at, super::CallOperand::Receiver, value);
        let kind = value.name().filter(|kind| !matches!(*kind, "bool" | "()"))?;
        let title = format!("a condition is true or false, not {}", named(kind));
        Some(Diagnostic::error(DiagnosticKind::Value, at, title))
    }

    /// Something that must be true or false.
    pub(super) fn condition(&mut self, env: &Env<'a>, expression: &Expr, value: &Value) {
        let Some(found) = self.no_condition(env, expression, value) else { return };
        self.report(match &value.kind {
            Type::Handle(_) => {
                found.help("an op that fails ends the recipe; `try { wait(..); } catch { }` goes on after it")
            }
            Type::Text => found.help("compare it: `x == \"true\"`, or `x != \"\"`"),
            Type::List(_) | Type::Map(_) => found.help("compare it: `x.len() > 0`"),
            _ => found.help("compare it: `x != 0`"),
        });
    }

    /// A block as an expression; a closure that captures is one as well.
    fn block(&mut self, env: &mut Env<'a>, block: &'a rhai::StmtBlock) -> Value {
        if block.is_empty() {
            return statements::empty_block(self.place(env, block.position()));
        }
        self.statements(env, block.statements())
    }

    /// `a ?? b`: the first is no longer `()`.
    fn coalesced(&mut self, env: &mut Env<'a>, parts: &'a [Expr]) -> Value {
        let mut values = parts.iter().map(|part| self.expression(env, part)).collect::<Vec<_>>().into_iter();
        let first = values.next().unwrap_or_default();
        let last = values.last().unwrap_or_default();
        match first.kind {
            Type::Found(kind) => {
                let found = Value { kind: Type::Handle(kind), origin: None };
                // `?? fail(..)` gives nothing that goes on.
                if last.kind == Type::Any { found } else { found.or(&last) }
            }
            _ => Value::any(),
        }
    }
}

fn constant(value: &Dynamic) -> Value {
    if let Some(function) = value.read_lock::<FnPtr>() {
        let curried = function.iter_curry().map(|_| Value::any()).collect();
        return Type::Closure(Some(function.fn_name().to_owned()), curried).into();
    }
    if let Ok(list) = value.as_array_ref() {
        let mut items = list.iter().map(constant);
        let first = items.next().unwrap_or_default();
        return Value::list(items.fold(first, |all, item| all.or(&item)));
    }
    if let Ok(map) = value.as_map_ref() {
        let entries: BTreeMap<String, Value> =
            map.iter().map(|(key, value)| (key.to_string(), constant(value))).collect();
        return Type::Map(Rc::new(entries)).into();
    }
    match value.type_name() {
        "string" => Type::Text.into(),
        "i64" => Type::Int.into(),
        "f64" => Type::Float.into(),
        "bool" => Type::Bool.into(),
        "char" => Type::Char.into(),
        "()" => Type::Unit.into(),
        _ => Value::any(),
    }
}
