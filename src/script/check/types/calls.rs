//! Infers the results of calls: of ops, of the language, of the recipe's functions, and of closures.

use super::super::bodies::Function;
use super::origin::{OriginKind, ValueOrigin};
use super::value::{Type, Value, named};
use super::{ASKED, CallOperand, Env, Walk, assignable, assigned, chains};
use crate::events::Site;
use crate::script::check::files::File;
use crate::script::check::{namespace, qualified};
use crate::script::diagnostics::{CallPart, Diagnostic, DiagnosticKind};
use crate::script::known::FunctionForm;
use rhai::{Expr, FnCallExpr, Position};

impl<'a> Walk<'a> {
    /// The arguments of a call; those that may turn out as something else are remembered.
    pub(super) fn arguments(&mut self, env: &mut Env<'a>, call: &'a FnCallExpr, at: &Site) -> Vec<Value> {
        let values: Vec<Value> = call.args.iter().map(|argument| self.expression(env, argument)).collect();
        for (index, value) in values.iter().enumerate() {
            self.found.origins.add(at, CallOperand::Argument(index), value);
        }
        values
    }

    pub(super) fn call(&mut self, env: &mut Env<'a>, call: &'a FnCallExpr, position: Position) -> Value {
        let at = self.place(env, position);
        let args = self.arguments(env, call, &at);
        if call.is_operator_call() {
            return self.operator(env, call, &args, at);
        }
        let name = qualified(call);
        if name == ASKED {
            self.note_asked(&args);
            return args.into_iter().next().unwrap_or_default();
        }
        // The parser's own word for what a closure takes with it.
        if name == "curry" {
            return self.capturing(env, call, &args);
        }
        let alias = namespace(call);
        if let Some((file, function)) = self.own(env.file, &alias, &call.name, args.len()) {
            // What a function does with a value may hang on another one.
            let args = if assigned::branches(&function.body) { Vec::new() } else { args };
            self.calls += 1;
            let given = self.body(file, function, args, Value::any());
            self.calls -= 1;
            return given;
        }
        let is_imported = |file: &File| file.imports.contains_key(&alias);
        if !alias.is_empty() && self.files.get(env.file).is_some_and(is_imported) {
            return Value::any();
        }
        let forms = self.known.functions.get(&name).map_or(&[][..], Vec::as_slice);
        let forms: Vec<FunctionForm> = forms.iter().filter(|form| form.takes(args.len())).cloned().collect();
        if !forms.is_empty() {
            self.unit_arguments(call, &name, &args, &at, env);
        }
        let Some(form) = forms.iter().find(|form| assignable::misfit(form, 0, &args).is_none()) else {
            // A function of several forms may mean any of them.
            if let [form] = &forms[..] {
                self.given(form, &name, 0, &args, &at);
            }
            return Value::any();
        };
        if name == "step" {
            let closure = args.last().cloned().unwrap_or_default();
            return self.closure(env, &closure, Vec::new(), Value::any());
        }
        self.closures_of(env, &args);
        match self.in_place(&name, args.len()) {
            Some(of) => chains::nothing_of(&name, of, at),
            None => result(form, &name, call, at),
        }
    }

    /// A closure with the variables that it takes with it.
    fn capturing(&mut self, env: &Env<'a>, call: &FnCallExpr, args: &[Value]) -> Value {
        let Some((Value { kind: Type::Closure(closure, curried), .. }, taken)) = args.split_first() else {
            return Value::any();
        };
        let assigned = self.changing.get(env.file).map(|names| &names.assigned);
        let changes = |name: &String| assigned.is_some_and(|all| all.contains(name));
        let taken = taken.iter().zip(call.args.iter().skip(1)).map(|(value, argument)| {
            if assigned::root(argument).is_some_and(|name| changes(&name)) {
                Value::any()
            } else {
                value.clone()
            }
        });
        let all = curried.iter().cloned().chain(taken).collect();
        let closure = Value::from(Type::Closure(closure.clone(), all));
        self.closure(env, &closure, Vec::new(), Value::any());
        closure
    }

    /// A function of this file, or of the one that an alias stands for.
    fn own(&self, file: &'a str, alias: &str, name: &str, count: usize) -> Option<(&'a str, &'a Function)> {
        let file = if alias.is_empty() {
            file
        } else {
            let target = self.files.get(file)?.imports.get(alias)?.as_ref()?;
            self.files.get_key_value(target)?.0.as_str()
        };
        let function = self.functions_named(file, name).find(|function| function.params.len() == count)?;
        Some((file, function))
    }

    /// What a closure gives for these arguments; `this` is what it is called on.
    pub(super) fn closure(&mut self, env: &Env<'a>, closure: &Value, args: Vec<Value>, this: Value) -> Value {
        let Type::Closure(Some(name), curried) = &closure.kind else { return Value::any() };
        let least = curried.len();
        let function = self.functions_named(env.file, name).find(|function| function.params.len() >= least);
        let Some(function) = function else { return Value::any() };
        let wanted = function.params.len() - least;
        let args = curried.iter().cloned().chain(args.into_iter().take(wanted)).collect();
        self.body(env.file, function, args, this)
    }

    /// Closures given to a function of which nothing more is known.
    pub(super) fn closures_of(&mut self, env: &Env<'a>, args: &[Value]) {
        for argument in args {
            self.closure(env, argument, Vec::new(), Value::any());
        }
    }

    /// Methods of lists that call a closure with each element.
    pub(super) fn by_closure(
        &mut self,
        env: &Env<'a>,
        list: &Value,
        name: &str,
        args: &[Value],
        call: &FnCallExpr,
    ) -> Option<Value> {
        let Type::List(element) = &list.kind else { return None };
        let closure = args.iter().find(|argument| matches!(argument.kind, Type::Closure(..)))?;
        let item = (**element).clone();
        Some(match name {
            "map" => {
                let given = self.closure(env, closure, vec![item, Type::Int.into()], Value::any());
                Value::list(given)
            }
            "filter" | "drain" | "retain" => {
                self.closure(env, closure, vec![item], Value::any());
                list.clone()
            }
            "for_each" => {
                let parameter = self.parameter(env, closure)?;
                self.without_this(env, closure, &parameter, call);
                let at = self.place(env, call.args.first().map_or(Position::NONE, Expr::start_position));
                let index =
                    Value::from(Type::Int).out_of(ValueOrigin { what: OriginKind::Index { parameter }, at });
                self.closure(env, closure, vec![index], item);
                return None;
            }
            _ => {
                self.closure(env, closure, Vec::new(), Value::any());
                return None;
            }
        })
    }

    /// The closure of a `for_each` that takes the index for the item.
    fn without_this(&mut self, env: &Env<'a>, closure: &Value, parameter: &str, call: &FnCallExpr) {
        let Type::Closure(Some(name), _) = &closure.kind else { return };
        let uses_this =
            self.functions_named(env.file, name).any(|function| assigned::uses_this(&function.body));
        let Some(argument) = call.args.first().filter(|_| !uses_this) else { return };
        let at = self.place(env, argument.start_position());
        let title = format!(
            "`for_each` gives its closure the index: `{parameter}` is 0, 1, .., and the item is `this`"
        );
        let found = Diagnostic::error(DiagnosticKind::Value, at, title).warning();
        self.report(found.help("write `for x in list { .. }`, or `this` in the closure"));
    }

    /// The name of the first parameter that a closure is given.
    fn parameter(&self, env: &Env<'a>, closure: &Value) -> Option<String> {
        let Type::Closure(Some(name), curried) = &closure.kind else { return None };
        let function = self.functions_named(env.file, name).next()?;
        function.params.get(curried.len()).cloned()
    }

    /// Arguments of the wrong type.
    pub(super) fn given(&mut self, form: &FunctionForm, name: &str, shift: usize, args: &[Value], at: &Site) {
        let Some((index, wanted)) = assignable::misfit(form, shift, args) else { return };
        let value = &args[index];
        if self.used(value, at) {
            return;
        }
        let Some(given) = value.name().map(str::to_owned) else { return };
        let title =
            format!("argument {} of `{name}` must be {}, not {}", index + 1, named(&wanted), named(&given));
        let mut found =
            Diagnostic::error(DiagnosticKind::Arguments, at.clone(), title).about(CallPart::Arg(index));
        if let Some(origin) = &value.origin {
            origin.explain(&mut found);
        } else if wanted == "map" && form.params.len() > index + shift {
            found = found.help(format!("`{name}` takes a map of keys and values: `#{{ key: value }}`"));
        } else if let Some(help) = way_out(&wanted, &given, name) {
            found = found.help(help);
        }
        self.report(found);
    }

    /// Arguments that are `()` for certain.
    fn unit_arguments(&mut self, call: &'a FnCallExpr, name: &str, args: &[Value], at: &Site, env: &Env<'a>) {
        let takes_unit = matches!(name, "print" | "debug" | "type_of" | "is_shared");
        for (value, argument) in args.iter().zip(&call.args) {
            // Nobody prints on purpose what a function gives that changes its receiver.
            let is_meant = !value.origin.as_ref().is_some_and(|origin| origin.is_in_place());
            if takes_unit && is_meant {
                continue;
            }
            let start = argument.start_position();
            let at = if start.is_none() { at.clone() } else { self.place(env, start) };
            self.used_within(value, &at);
        }
    }

    /// The same of what a map or a list holds: an option that is `()` counts as absent, and nobody says so.
    fn used_within(&mut self, value: &Value, at: &Site) {
        self.used(value, at);
        match &value.kind {
            Type::Map(entries) => entries.values().for_each(|value| self.used_within(value, at)),
            Type::List(element) => self.used_within(element, at),
            _ => {}
        }
    }
}

/// What a function of the language or the host gives.
fn result(form: &FunctionForm, name: &str, call: &FnCallExpr, at: Site) -> Value {
    let absent = |otherwise: &str| {
        let args: Vec<String> = call.args.iter().map(literal).collect();
        let call = format!("{name}({})", args.join(", "));
        OriginKind::Absent { call, otherwise: otherwise.to_owned() }
    };
    match name {
        "bound" => {
            let what = absent("say what holds without it: `bound(..) ?? name(..)`");
            Value::any().out_of(ValueOrigin { what, at })
        }
        "process::env" if call.args.len() < 2 => {
            let what = absent("give a default: `process::env(\"NAME\", \"..\")`");
            Value::any().out_of(ValueOrigin { what, at })
        }
        "process::env" | "name" | "to_json" => Type::Text.into(),
        "print" | "debug" | "log" | "warn" | "output" | "sleep" => Value::from(Type::Unit)
            .out_of(ValueOrigin { what: OriginKind::Nothing { function: name.to_owned() }, at }),
        _ => {
            let given = call.args.first().and_then(|argument| match argument {
                Expr::StringConstant(text, _) => Some(text.to_string()),
                _ => None,
            });
            chains::searched(Value::of_name(&form.gives), name, given, at)
        }
    }
}

fn literal(argument: &Expr) -> String {
    match argument {
        Expr::StringConstant(text, _) => format!("{text:?}"),
        _ => String::from(".."),
    }
}

/// What to write where another type is wanted.
fn way_out(wanted: &str, given: &str, name: &str) -> Option<String> {
    let is_handle = given.starts_with(|first: char| first.is_ascii_uppercase());
    Some(match (wanted, given) {
        ("list", _) if name == "append" => "`list.push(item);` adds one item".into(),
        ("closure", _) => format!("put `||` before what is to be done: `{name}(.., || ..)`"),
        ("string", "int" | "float" | "bool" | "char") => "`x.to_string()` makes a text of it".into(),
        ("int", "string") => "`parse_int(text)` makes a number of it".into(),
        ("string", _) if is_handle => "write `.name` or `.id`".into(),
        ("map", _) => "options are a map: `#{ key: value }`".into(),
        (_, "()") => "it has no value here: give one, or leave the argument out".into(),
        ("string", "list") => "call it for each: `for x in list { .. }`".into(),
        _ => return None,
    })
}
