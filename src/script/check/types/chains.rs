//! Infers chains of properties, indexes and methods.

use super::origin::{OriginKind, ValueOrigin};
use super::value::{Type, Value, named};
use super::{CallOperand, Env, Walk, assignable, assigned};
use crate::project::did_you_mean;
use crate::script::diagnostics::{Diagnostic, DiagnosticKind, method_meant};
use crate::script::known::FunctionForm;
use rhai::{ASTFlags, Expr, FnCallExpr, Position};
use std::collections::BTreeSet;
use std::rc::Rc;

/// Types of data that functions change where it is.
const CHANGED: &[&str] = &["string", "list", "map", "blob", "char"];

impl<'a> Walk<'a> {
    /// What a chain gives that begins with this value.
    pub(super) fn chain(&mut self, env: &mut Env<'a>, first: Value, chain: &'a Expr) -> Value {
        let (mut value, mut rest) = (first, chain);
        loop {
            let (parts, options, is_index) = match rest {
                Expr::Dot(parts, options, _) => (parts, options, false),
                Expr::Index(parts, options, _) => (parts, options, true),
                _ => return value,
            };
            let is_careful = options.intersects(ASTFlags::NEGATED);
            let is_last = is_index && options.intersects(ASTFlags::BREAK);
            match &parts.rhs {
                Expr::Dot(next, ..) | Expr::Index(next, ..) if !is_last => {
                    value = self.link(env, value, &next.lhs, is_index, is_careful);
                    rest = &parts.rhs;
                }
                last => {
                    value = self.link(env, value, last, is_index, is_careful);
                    break;
                }
            }
        }
        if let Some(name) = assigned::root(chain) {
            env.change(&name, Value::touched_if_data);
        }
        value
    }

    /// One part of it. A careful one, `?.`, stops at `()`.
    fn link(
        &mut self,
        env: &mut Env<'a>,
        value: Value,
        part: &'a Expr,
        is_index: bool,
        is_careful: bool,
    ) -> Value {
        let value = match value.kind {
            Type::Found(kind) if is_careful => Value { kind: Type::Handle(kind), origin: None },
            _ => value,
        };
        match part {
            Expr::MethodCall(call, position) if !is_index => self.method(env, value, call, *position),
            Expr::Property(property, position) if !is_index => {
                let at = self.place(env, *position);
                if self.used(&value, &at) {
                    return Value::any();
                }
                self.found.origins.add(&at, CallOperand::Receiver, &value);
                match &value.kind {
                    Type::Map(entries) => entries.get(property.2.as_str()).cloned().unwrap_or_default(),
                    _ => self.property(&value, &property.2, at),
                }
            }
            index => {
                let by = self.expression(env, index);
                let at = self.place(env, index.start_position());
                self.indexed(&value, &by, &at)
            }
        }
    }

    /// A property of what has none.
    fn property(&mut self, value: &Value, name: &str, at: crate::events::Site) -> Value {
        let kind = match &value.kind {
            Type::Handle(kind) => {
                self.misspelt(kind, name, at);
                return Value::any();
            }
            Type::Text | Type::Int | Type::Float | Type::Bool | Type::List(_) => {
                value.name().unwrap_or_default()
            }
            _ => return Value::any(),
        };
        let getter = self.known.functions.get(name).into_iter().flatten();
        let has_getter = getter
            .into_iter()
            .any(|form| form.params.len() == 1 && assignable::fits(value, &form.params[0].kind));
        if has_getter {
            return Value::any();
        }
        let found =
            Diagnostic::error(DiagnosticKind::Name, at, format!("{} has no property `{name}`", named(kind)));
        self.report(self.way_out(found, value, name));
        Value::any()
    }

    /// An undocumented property that is similar to a documented one: an answer may have more properties.
    fn misspelt(&mut self, kind: &str, name: &str, at: crate::events::Site) {
        let Some(known) = self.known.properties.get(kind).filter(|known| !known.contains(name)) else {
            return;
        };
        if let Some(near) = did_you_mean(name, known.iter().map(String::as_str)) {
            let title = format!("{} has no property `{name}` that is known", named(kind));
            self.report(
                Diagnostic::error(DiagnosticKind::Name, at, title)
                    .warning()
                    .help(format!("did you mean `{near}`?")),
            );
        }
    }

    fn indexed(&mut self, value: &Value, by: &Value, at: &crate::events::Site) -> Value {
        if self.used(value, at) {
            return Value::any();
        }
        match (&value.kind, &by.kind) {
            (Type::List(_), Type::Range) => {
                let found = Diagnostic::error(
                    DiagnosticKind::Value,
                    at.clone(),
                    "a list is indexed by a number, not by a range",
                );
                self.report(
                    found.help("write `list.extract(1..3)`, or `list.extract(1)` for all from there on"),
                );
                value.clone()
            }
            (Type::List(element), _) => (**element).clone(),
            (Type::Text, Type::Range) => Type::Text.into(),
            (Type::Text, Type::Int) => Type::Char.into(),
            _ => Value::any(),
        }
    }

    /// A method, by what it is called on.
    fn method(&mut self, env: &mut Env<'a>, value: Value, call: &'a FnCallExpr, position: Position) -> Value {
        let at = self.place(env, position);
        let args = self.arguments(env, call, &at);
        if self.used(&value, &at) {
            return Value::any();
        }
        self.found.origins.add(&at, CallOperand::Receiver, &value);
        let name = call.name.as_str();
        if let Type::Closure(..) = &value.kind
            && name == "call"
        {
            return self.closure(env, &value, args, Value::any());
        }
        // A closure in a map is called like a method of it.
        if let Type::Map(entries) = &value.kind
            && let Some(entry) = entries.get(name)
        {
            let entry = entry.clone();
            return self.closure(env, &entry, args, Value::any());
        }
        let scripted = self.files.values().any(|file| file.functions.contains_key(name));
        if scripted {
            return Value::any();
        }
        let forms = self.known.functions.get(name).map_or(&[][..], Vec::as_slice);
        let kind = match (&value.kind, value.name()) {
            (Type::Map(_), Some(kind)) if !forms.is_empty() => kind.to_owned(),
            (Type::Map(_), _) | (_, None | Some("()")) => {
                if let Some(list) = self.mapped_in_place(env, &value, name, &args) {
                    return list;
                }
                self.closures_of(env, &args);
                if value.kind == Type::Any
                    && let Some(of) = self.in_place(name, args.len() + 1)
                {
                    return nothing_of(name, of, at);
                }
                return self.unknown_to_all(name, value, at);
            }
            (_, Some(kind)) => kind.to_owned(),
        };
        let is_own = |form: &&FunctionForm| {
            form.params.first().is_some_and(|param| assignable::fits(&value, &param.kind))
        };
        let own: Vec<FunctionForm> = forms.iter().filter(is_own).cloned().collect();
        if own.is_empty() && matches!(value.kind, Type::Map(_)) && self.is_key(name) {
            return Value::any();
        }
        if own.is_empty() {
            let message = format!("{} has no method `{name}`", named(&kind));
            let found = Diagnostic::error(DiagnosticKind::Name, at, message);
            self.report(self.way_out(found, &value, name));
            return Value::any();
        }
        let taking: Vec<FunctionForm> = own.into_iter().filter(|form| form.takes(args.len() + 1)).collect();
        let Some(form) = taking.iter().find(|form| assignable::misfit(form, 1, &args).is_none()) else {
            if let [form] = &taking[..] {
                self.given(form, name, 1, &args, &at);
            }
            return Value::any();
        };
        if let Some(result) = self.by_closure(env, &value, name, &args, call) {
            return result;
        }
        let result = Value::of_name(&form.gives);
        let is_data = matches!(value.kind, Type::Text | Type::List(_) | Type::Map(_));
        if result.kind == Type::Unit && is_data {
            return nothing_of(name, kind, at);
        }
        result
    }

    /// The list of `()` that `map` makes of any list by a closure that changes its item.
    fn mapped_in_place(&mut self, env: &Env<'a>, value: &Value, name: &str, args: &[Value]) -> Option<Value> {
        if value.kind != Type::Any || name != "map" || self.is_key(name) {
            return None;
        }
        let closure = args.iter().find(|argument| matches!(argument.kind, Type::Closure(..)))?;
        let given = self.closure(env, closure, Vec::new(), Value::any());
        given.origin.as_ref().is_some_and(|origin| origin.is_in_place()).then(|| Value::list(given))
    }

    /// What a function changes that gives `()` in all its forms with so many arguments, whatever they are.
    pub(super) fn in_place(&self, name: &str, count: usize) -> Option<String> {
        if name.contains("::") {
            return None;
        }
        let forms = self.known.functions.get(name).into_iter().flatten().filter(|form| form.takes(count));
        let mut kinds = BTreeSet::new();
        for form in forms {
            let kind = form.params.first().map(|param| param.kind.as_str())?;
            if form.gives != "()" || !CHANGED.contains(&kind) {
                return None;
            }
            kinds.insert(kind);
        }
        // What also takes bytes or a character is most often meant for the others.
        kinds.retain(|kind| !matches!(*kind, "blob" | "char"));
        let first = kinds.pop_first().filter(|_| !self.is_key(name))?;
        Some(if kinds.is_empty() { first.to_owned() } else { "value".to_owned() })
    }

    /// A method that nothing has, whatever it is called on.
    fn unknown_to_all(&mut self, name: &str, value: Value, at: crate::events::Site) -> Value {
        let is_known = self.known.functions.contains_key(name) || self.is_key(name);
        let is_map = matches!(value.kind, Type::Map(_));
        if !is_known && (value.kind == Type::Any || is_map) {
            let what = if is_map { "a map has no" } else { "nothing has a" };
            let found =
                Diagnostic::error(DiagnosticKind::Name, at.clone(), format!("{what} method `{name}`"));
            let near = self.known.functions.keys().map(String::as_str).filter(|known| !known.contains("::"));
            self.report(match method_meant(name) {
                Some(help) => found.help(help),
                None => found.suggest(name, near),
            });
        }
        if let Type::Found(kind) = value.kind {
            return self.method_of_handle(name, kind, at);
        }
        Value::any()
    }

    /// A method of a handle that may be absent.
    fn method_of_handle(&mut self, name: &str, kind: String, at: crate::events::Site) -> Value {
        let value = Value { kind: Type::Handle(kind.clone()), origin: None };
        let forms = self.known.functions.get(name).map_or(&[][..], Vec::as_slice);
        let own = forms
            .iter()
            .find(|form| form.params.first().is_some_and(|param| assignable::fits(&value, &param.kind)));
        if let Some(form) = own {
            return Value::of_name(&form.gives);
        }
        let found =
            Diagnostic::error(DiagnosticKind::Name, at, format!("{} has no method `{name}`", named(&kind)));
        self.report(self.way_out(found, &value, name));
        Value::any()
    }

    /// The near name among what a value has, or the name of another language.
    fn way_out(&self, mut found: Diagnostic, value: &Value, name: &str) -> Diagnostic {
        if let Some(origin) = value.origin.as_ref().filter(|origin| origin.is_number_of_item()) {
            origin.explain(&mut found);
            return found;
        }
        let of_value = |forms: &[FunctionForm]| {
            forms
                .iter()
                .any(|form| form.params.first().is_some_and(|param| assignable::is_for(value, &param.kind)))
        };
        let names =
            self.known.functions.iter().filter(|(name, forms)| !name.contains("::") && of_value(forms));
        let names: Vec<&str> = names
            .map(|(name, _)| name.as_str())
            .filter(|name| name.starts_with(char::is_alphabetic))
            .collect();
        let meant = method_meant(name);
        let near = did_you_mean(name, names.iter().copied()).filter(|_| meant.is_none());
        if let Some(near) = near {
            return found.help(format!("did you mean `{near}`?"));
        }
        match meant {
            Some(help) => found.help(help),
            None if matches!(value.kind, Type::Handle(_)) && !names.is_empty() => {
                found.note(format!("it has: {}", names.join(", ")))
            }
            None => found,
        }
    }

    /// The target of an assignment that is more than a variable.
    pub(super) fn target(&mut self, env: &mut Env<'a>, target: &'a Expr) {
        let (Expr::Dot(parts, ..) | Expr::Index(parts, ..)) = target else { return };
        let first = self.expression(env, &parts.lhs);
        if let (Type::Handle(kind), Expr::Property(property, position)) = (&first.kind, &parts.rhs) {
            let title = format!("`{}` of {} can't be set: a handle is read only", property.2, named(kind));
            let found = Diagnostic::error(DiagnosticKind::Value, self.place(env, *position), title);
            self.report(
                found.help("what can be changed is an option of `ensure`, which updates what is there"),
            );
        }
    }

    /// Whether a map of the recipe has a key of that name, and so perhaps a closure.
    fn is_key(&self, name: &str) -> bool {
        self.files.values().any(|file| file.keys.contains(name))
    }
}

/// What a function gives that changes its receiver where it is.
pub(super) fn nothing_of(method: &str, of: String, at: crate::events::Site) -> Value {
    let what = OriginKind::InPlace { method: method.to_owned(), of };
    Value::from(Type::Unit).out_of(ValueOrigin { what, at })
}

impl Value {
    /// The same after a method, which may have changed its content.
    fn touched_if_data(self) -> Self {
        match self.kind {
            Type::List(_) => self.touched(),
            _ => self,
        }
    }
}

/// What a search that may find nothing gives.
pub(super) fn searched(value: Value, function: &str, name: Option<String>, at: crate::events::Site) -> Value {
    let Type::Found(kind) = &value.kind else { return value };
    let what = OriginKind::Search { function: function.to_owned(), name, kind: kind.clone() };
    Value { origin: Some(Rc::new(ValueOrigin { what, at })), ..value }
}
