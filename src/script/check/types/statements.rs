//! Checks statements in order.

use super::origin::{OriginKind, ValueOrigin};
use super::value::{Type, Value, named};
use super::{Env, Walk, assigned};
use crate::script::diagnostics::{Diagnostic, DiagnosticKind};
use rhai::{ASTFlags, Expr, Stmt};

impl<'a> Walk<'a> {
    /// A block: what is declared in it ends with it; what it gives.
    pub(super) fn statements(&mut self, env: &mut Env<'a>, statements: &'a [Stmt]) -> Value {
        let outer = env.variables.len();
        let mut last = Value::from(Type::Unit);
        for statement in statements {
            last = self.statement(env, statement);
        }
        env.variables.truncate(outer);
        last
    }

    fn statement(&mut self, env: &mut Env<'a>, statement: &'a Stmt) -> Value {
        match statement {
            Stmt::Var(parts, ..) => {
                let value = self.expression(env, &parts.1);
                env.variables.push((parts.0.name.to_string(), value));
                Type::Unit.into()
            }
            Stmt::Assignment(parts) => self.assignment(env, &parts.0, &parts.1),
            Stmt::FnCall(call, position) => self.call(env, call, *position),
            Stmt::Block(block) => self.statements(env, block.statements()),
            Stmt::Expr(expression) => self.expression(env, expression),
            Stmt::If(parts, _) => {
                let value = self.expression(env, &parts.expr);
                self.condition(env, &parts.expr, &value);
                let before = self.parted(env);
                let one = self.statements(env, parts.body.statements());
                let after = std::mem::replace(&mut env.variables, before);
                let other = self.statements(env, parts.branch.statements());
                joined(env, after);
                one.or(&other)
            }
            Stmt::Switch(parts, _) => {
                self.expression(env, &parts.0);
                self.cases(env, &parts.1.expressions);
                Value::any()
            }
            Stmt::While(parts, _) | Stmt::Do(parts, ..) => {
                unsettle(env, parts.body.statements());
                self.expression(env, &parts.expr);
                self.unsettled(env, parts.body.statements(), Vec::new())
            }
            Stmt::For(parts, _) => {
                let (item, counter, parts) = &**parts;
                let over = self.expression(env, &parts.expr);
                let element = self.element(env, &parts.expr, &over);
                let counter = counter.as_ref().map(|counter| {
                    let name = counter.name.to_string();
                    let what = OriginKind::Counter { counter: name.clone(), item: item.name.to_string() };
                    let at = self.place(env, counter.pos);
                    (name, Value::from(Type::Int).out_of(ValueOrigin { what, at }))
                });
                let own = std::iter::once((item.name.to_string(), element)).chain(counter).collect();
                unsettle(env, parts.body.statements());
                self.unsettled(env, parts.body.statements(), own)
            }
            Stmt::TryCatch(parts, _) => {
                self.unsettled(env, parts.body.statements(), Vec::new());
                let caught = match &parts.expr {
                    Expr::Variable(variable, ..) => vec![(variable.1.to_string(), Value::any())],
                    _ => Vec::new(),
                };
                self.unsettled(env, parts.branch.statements(), caught)
            }
            Stmt::Return(value, options, _) => {
                let value = value.as_ref().map_or(Type::Unit.into(), |value| self.expression(env, value));
                if !options.contains(ASTFlags::BREAK) {
                    env.returns = Some(match env.returns.take() {
                        Some(other) => other.or(&value),
                        None => value.clone(),
                    });
                    return value;
                }
                Value::any()
            }
            Stmt::BreakLoop(Some(value), ..) => {
                self.expression(env, value);
                Value::any()
            }
            _ => Type::Unit.into(),
        }
    }

    /// The branches of a `switch`, with their conditions.
    fn cases(&mut self, env: &mut Env<'a>, cases: &'a [rhai::BinaryExpr]) {
        let before = self.parted(env);
        let mut met = before.clone();
        for case in cases {
            self.left = self.left.saturating_sub(before.len());
            env.variables.clone_from(&before);
            self.expression(env, &case.lhs);
            self.expression(env, &case.rhs);
            let after = std::mem::replace(&mut env.variables, met);
            joined(env, after);
            met = std::mem::take(&mut env.variables);
        }
        env.variables = met;
    }

    /// A block that may be left anywhere, with variables of its own.
    fn unsettled(&mut self, env: &mut Env<'a>, body: &'a [Stmt], own: Vec<(String, Value)>) -> Value {
        let outer = env.variables.len();
        env.variables.extend(own);
        self.statements(env, body);
        env.variables.truncate(outer);
        unsettle(env, body);
        Value::any()
    }

    /// What a loop over a value gives each time.
    fn element(&mut self, env: &Env<'a>, expression: &Expr, over: &Value) -> Value {
        let at = self.place(env, expression.start_position());
        if self.used(over, &at) {
            return Value::any();
        }
        let (title, help) = match &over.kind {
            Type::List(element) => return (**element).clone(),
            Type::Range => return Type::Int.into(),
            Type::Text => return Type::Char.into(),
            Type::Int => ("a number", "over numbers: `for i in 0..3`"),
            Type::Map(_) => (
                "a map",
                "over its keys: `for key in map.keys()`; with their values: `map.each(|key, value| ..)`",
            ),
            Type::Handle(kind) => {
                let title = format!("`for` goes over a list, a range or a text, not over {}", named(kind));
                let found = Diagnostic::error(DiagnosticKind::Value, at, title);
                let has_keys = self.known.functions.get("keys").into_iter().flatten();
                let has_keys = has_keys
                    .into_iter()
                    .any(|form| form.params.first().is_some_and(|param| param.kind == *kind));
                self.report(if has_keys { found.help("over its keys: `.keys()`") } else { found });
                return Value::any();
            }
            _ => {
                self.found.origins.add(&at, super::CallOperand::Receiver, over);
                return Value::any();
            }
        };
        let title = format!("`for` goes over a list, a range or a text, not over {title}");
        self.report(Diagnostic::error(DiagnosticKind::Value, at, title).help(help));
        Value::any()
    }

    fn assignment(
        &mut self,
        env: &mut Env<'a>,
        operator: &rhai::OpAssignment,
        parts: &'a rhai::BinaryExpr,
    ) -> Value {
        let value = self.expression(env, &parts.rhs);
        match &parts.lhs {
            Expr::Variable(variable, ..) if variable.2.is_empty() => {
                let plain = !operator.is_op_assignment();
                if !plain {
                    let at = self.place(env, parts.rhs.start_position());
                    self.used(&value, &at);
                }
                env.change(&variable.1, |_| if plain { value } else { Value::any() });
            }
            other => {
                self.target(env, other);
                if let Some(name) = assigned::root(other) {
                    env.change(&name, Value::touched);
                }
            }
        }
        Type::Unit.into()
    }
}

/// What is known after a loop or a `try`, which may have been left anywhere.
fn unsettle(env: &mut Env, body: &[Stmt]) {
    for name in assigned::called_on(body) {
        env.change(&name, Value::touched);
    }
    for name in assigned::assigned(body) {
        env.change(&name, |_| Value::any());
    }
}

/// What is known where two ways meet.
fn joined(env: &mut Env, other: Vec<(String, Value)>) {
    for ((_, value), (_, other)) in env.variables.iter_mut().zip(other) {
        *value = std::mem::take(value).or(&other);
    }
}

/// An empty block: a map was meant where one is asked for.
pub(super) fn empty_block(at: crate::events::Site) -> Value {
    Value {
        kind: Type::Unit,
        origin: Some(std::rc::Rc::new(ValueOrigin { what: OriginKind::EmptyBlock, at })),
    }
}
