//! The services and functions that the selected steps of a recipe can call.
//!
//! It decides what is read ahead: what can't be told from the text counts as reached, and what is missed is read when it is
//! asked for.

use super::files::File;
use super::{call, namespace, qualified};
use crate::script::choice::StepChoice;
use crate::services::ReachableCalls;
use rhai::{ASTNode, Dynamic, Expr, FnCallExpr, FnPtr, Stmt};
use std::collections::{BTreeMap, BTreeSet};

/// Which steps a run takes.
#[derive(Clone, Copy)]
pub struct TakenSteps<'a> {
    /// The selection on the command line.
    pub choice: &'a StepChoice,
    /// The steps that `config::steps` names.
    pub order: &'a [String],
}

impl TakenSteps<'_> {
    fn has(&self, step: &Step, is_inside: bool) -> bool {
        let Some(name) = step.name else { return true };
        let is_ordered = !step.is_of_config || self.order.iter().any(|one| one == name);
        is_ordered && self.choice.would_take(name, is_inside)
    }
}

/// A step in the text.
struct Step<'a> {
    /// `None` where it is computed.
    name: Option<&'a str>,
    /// Its place in the order is given by `config::steps`.
    is_of_config: bool,
}

impl<'a> Step<'a> {
    /// The step whose closure is `argument` of a call, or its `entry`.
    fn of(call: &'a FnCallExpr, argument: &ASTNode, entry: Option<&ASTNode>) -> Option<Self> {
        let [first, .., last] = &call.args[..] else { return None };
        if !call.namespace.is_empty() || !is_same(argument, last) {
            return None;
        }
        match (call.name.as_str(), first, last) {
            ("step", Expr::StringConstant(title, _), _) => {
                Some(Step { name: Some(title.as_str()), is_of_config: false })
            }
            ("step", ..) => Some(Step { name: None, is_of_config: false }),
            ("steps", order, Expr::Map(entries, _)) => {
                let entry = entry?;
                let (key, _) = entries.0.iter().find(|(_, value)| is_same(entry, value))?;
                Some(Step { name: Some(key.name.as_str()), is_of_config: is_of_config(order) })
            }
            _ => None,
        }
    }
}

fn is_same(node: &ASTNode, expression: &Expr) -> bool {
    matches!(node, ASTNode::Expr(one) if std::ptr::eq(*one, expression))
}

/// Whether it is `config::steps`.
fn is_of_config(order: &Expr) -> bool {
    let Expr::Variable(variable, ..) = order else { return false };
    let mut path = variable.2.path.iter().map(|part| part.name.as_str());
    variable.1 == "steps" && path.next() == Some("config") && path.next().is_none()
}

/// A function of a file, or the top of it, where it has no name; and whether a step calls it.
type CallScope<'a> = (&'a str, Option<String>, bool);

pub(super) fn reached(
    files: &BTreeMap<String, File>,
    main: &str,
    services: &[&str],
    taken: TakenSteps<'_>,
) -> ReachableCalls {
    let mut walk = Walk {
        files,
        services,
        taken,
        seen: BTreeSet::new(),
        left: Vec::new(),
        found: ReachableCalls::default(),
    };
    walk.come_to(main, None, false);
    while let Some((file, function, is_inside)) = walk.left.pop() {
        let Some(of) = files.get(file) else { continue };
        let mut pass = |path: &[ASTNode]| {
            walk.pass(file, path, is_inside);
            true
        };
        match &function {
            None => {
                for statement in of.ast.statements() {
                    statement.walk(&mut Vec::new(), &mut pass);
                }
            }
            Some(name) => {
                // A clone that is filtered at once would have all of them.
                let mut only = of.ast.clone_functions_only();
                only.retain_functions(|_, _, function, _| function == name);
                only.walk(&mut pass);
            }
        }
    }
    walk.found
}

struct Walk<'a> {
    files: &'a BTreeMap<String, File>,
    services: &'a [&'a str],
    taken: TakenSteps<'a>,
    seen: BTreeSet<CallScope<'a>>,
    left: Vec<CallScope<'a>>,
    found: ReachableCalls,
}

impl Walk<'_> {
    fn come_to(&mut self, file: &str, function: Option<&str>, is_inside: bool) {
        let Some((file, of)) = self.files.get_key_value(file) else { return };
        if function.is_some_and(|name| !of.functions.contains_key(name)) {
            return;
        }
        let place = (file.as_str(), function.map(str::to_owned), is_inside);
        if self.seen.insert(place.clone()) {
            self.left.push(place);
        }
    }

    /// The function of that name in any file.
    fn come_to_all(&mut self, function: &str, is_inside: bool) {
        for file in self.files.keys() {
            self.come_to(file, Some(function), is_inside);
        }
    }

    fn pass(&mut self, file: &str, path: &[ASTNode], is_inside: bool) {
        if let (Some(is_inside), Some(node)) = (self.stands(path, is_inside), path.last()) {
            self.visit(file, node, is_inside);
        }
    }

    /// Whether a node stands inside of a step; `None` where it stands in one that is not taken.
    fn stands(&self, path: &[ASTNode], is_inside: bool) -> Option<bool> {
        let mut is_inside = is_inside;
        for (at, node) in path.iter().enumerate() {
            let (Some((call, _)), Some(argument)) = (call(node), path.get(at + 1)) else { continue };
            let Some(step) = Step::of(call, argument, path.get(at + 2)) else { continue };
            if !self.taken.has(&step, is_inside) {
                return None;
            }
            is_inside = true;
        }
        Some(is_inside)
    }

    fn visit(&mut self, file: &str, node: &ASTNode, is_inside: bool) {
        if let Some((call, _)) = call(node) {
            self.found.calls.insert(qualified(call));
            let first = call.namespace.path.first().map(|part| part.name.as_str());
            if let Some(service) = first.filter(|part| self.services.contains(part)) {
                self.found.services.insert(service.to_owned());
            }
            self.follow(file, &namespace(call), &call.name, is_inside);
        }
        match node {
            ASTNode::Expr(Expr::MethodCall(method, _)) => {
                self.found.calls.insert(format!(".{}", method.name));
                self.come_to_all(&method.name, is_inside);
            }
            // A function as a value.
            ASTNode::Expr(Expr::Variable(variable, ..)) => {
                let parts: Vec<&str> = variable.2.path.iter().map(|part| part.name.as_str()).collect();
                self.follow(file, &parts.join("::"), &variable.1, is_inside);
            }
            // `Fn("name")`.
            ASTNode::Expr(Expr::StringConstant(text, _)) => self.come_to(file, Some(text), is_inside),
            ASTNode::Expr(Expr::DynamicConstant(value, _)) => self.functions(file, value, is_inside),
            ASTNode::Stmt(Stmt::Import(parts, _)) => {
                let target = self.files.get(file).and_then(|of| of.imports.get(parts.1.name.as_str()));
                if let Some(Some(target)) = target {
                    self.come_to(target, None, is_inside);
                }
            }
            _ => {}
        }
    }

    fn follow(&mut self, file: &str, namespace: &str, name: &str, is_inside: bool) {
        if namespace.is_empty() {
            return self.come_to(file, Some(name), is_inside);
        }
        match self.files.get(file).and_then(|of| of.imports.get(namespace)) {
            Some(Some(target)) => self.come_to(target, Some(name), is_inside),
            Some(None) => self.come_to_all(name, is_inside),
            None => {}
        }
    }

    /// The functions in a constant.
    fn functions(&mut self, file: &str, value: &Dynamic, is_inside: bool) {
        if let Some(function) = value.read_lock::<FnPtr>() {
            return self.come_to(file, Some(function.fn_name()), is_inside);
        }
        if let Ok(map) = value.as_map_ref() {
            map.values().for_each(|value| self.functions(file, value, is_inside));
        }
        if let Ok(list) = value.as_array_ref() {
            list.iter().for_each(|value| self.functions(file, value, is_inside));
        }
    }
}
