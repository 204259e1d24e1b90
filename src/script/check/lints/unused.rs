//! Variables, parameters, imports and functions that are never used.
//!
//! A file that only defines is a library: what it has for others may be used elsewhere.

use super::text::Text;
use super::walk::{Function, Functions, Visit, functions_in, inside, within};
use super::{Lint, LintedFile};
use crate::script::diagnostics::Diagnostic;
use rhai::{ASTFlags, Dynamic, Expr, FnCallExpr, Position, Stmt};
use std::collections::BTreeSet;

/// The function that the host calls by its name, with how many arguments.
const REAL_NAME: (&str, usize) = ("real_name", 3);

pub(super) fn check(looked: &LintedFile) -> Vec<Diagnostic> {
    let text = Text::of(looked.text);
    let mut walk =
        Walk { looked, text: &text, scopes: Vec::new(), unused: Vec::new(), used: Used::default() };
    walk.imports_and_statements();
    for function in looked.functions.named() {
        walk.scopes.push(Vec::new());
        if (function.name.as_str(), function.params.len()) != REAL_NAME {
            for param in &function.params {
                walk.declare(
                    "parameter",
                    param,
                    text.parameter(&function.name, function.params.len(), param),
                );
            }
        }
        walk.block(&function.body);
        walk.end();
    }
    let Walk { unused, used, .. } = walk;
    let mut found: Vec<Diagnostic> = unused
        .into_iter()
        .filter(|one| !one.is_constant || !used.globals.contains(&one.name))
        .map(|one| told(looked, &one))
        .collect();
    found.extend(imports(looked, &used));
    found.extend(functions(looked, &text, &used));
    found
}

/// Something with a name that nothing reads.
struct Declaration {
    what: &'static str,
    name: String,
    at: Position,
    is_constant: bool,
    is_used: bool,
}

/// What is used whatever the block.
#[derive(Default)]
struct Used {
    /// Behind `global::`.
    globals: BTreeSet<String>,
    /// Before `::`.
    namespaces: BTreeSet<String>,
    /// Called, or named as a value.
    functions: BTreeSet<String>,
}

struct Walk<'a> {
    looked: &'a LintedFile<'a>,
    text: &'a Text<'a>,
    scopes: Vec<Vec<Declaration>>,
    unused: Vec<Declaration>,
    used: Used,
}

impl<'a> Walk<'a> {
    fn imports_and_statements(&mut self) {
        let looked = self.looked;
        self.block(looked.ast.statements());
    }

    fn declare(&mut self, what: &'static str, name: &str, at: Position) {
        let declared = Declaration {
            what,
            name: name.to_owned(),
            at,
            is_constant: false,
            is_used: name.starts_with('_'),
        };
        if let Some(scope) = self.scopes.last_mut() {
            scope.push(declared);
        }
    }

    fn end(&mut self) {
        let ended = self.scopes.pop().unwrap_or_default();
        self.unused.extend(ended.into_iter().filter(|one| !one.is_used));
    }

    fn read(&mut self, name: &str) {
        let declared = self.scopes.iter_mut().rev().flat_map(|scope| scope.iter_mut().rev());
        if let Some(found) = declared.into_iter().find(|one| one.name == name) {
            found.is_used = true;
            return;
        }
        // Constants of the file, and functions as values.
        self.used.globals.insert(name.to_owned());
        self.used.functions.insert(name.to_owned());
    }

    fn call(&mut self, call: &'a FnCallExpr) {
        match call.namespace.path.first() {
            Some(first) => self.used.namespaces.insert(first.name.to_string()),
            None => self.used.functions.insert(call.name.to_string()),
        };
        // `is_def_var("x")`, `Fn("f")`
        if call.name == "is_def_var"
            && let Some(Expr::StringConstant(name, _)) = call.args.first()
        {
            self.read(name);
        }
    }

    fn texts(&mut self, value: &Dynamic) {
        self.used.functions.extend(functions_in(value));
        if let Ok(text) = value.as_immutable_string_ref() {
            self.used.functions.insert(text.to_string());
        }
        if let Ok(list) = value.as_array_ref() {
            list.iter().for_each(|item| self.texts(item));
        }
        if let Ok(map) = value.as_map_ref() {
            map.values().for_each(|item| self.texts(item));
        }
    }
}

impl<'a> Visit<'a> for Walk<'a> {
    fn functions(&self) -> &'a Functions {
        self.looked.functions
    }

    fn block(&mut self, statements: &'a [Stmt]) {
        self.scopes.push(Vec::new());
        for statement in statements {
            self.statement(statement);
        }
        self.end();
    }

    fn statement(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Var(parts, flags, _) => {
                self.expression(&parts.1);
                self.declare("variable", &parts.0.name, parts.0.pos);
                let declared = self.scopes.last_mut().and_then(|scope| scope.last_mut());
                if let Some(one) = declared {
                    one.is_constant = flags.intersects(ASTFlags::CONSTANT);
                    one.what = if one.is_constant { "constant" } else { "variable" };
                    one.is_used |= flags.intersects(ASTFlags::EXPORTED);
                }
            }
            Stmt::For(parts, _) => {
                self.expression(&parts.2.expr);
                self.scopes.push(Vec::new());
                self.declare("variable", &parts.0.name, parts.0.pos);
                if let Some(counter) = &parts.1 {
                    self.declare("variable", &counter.name, counter.pos);
                }
                self.block(parts.2.body.statements());
                self.end();
            }
            Stmt::TryCatch(parts, _) => {
                self.block(parts.body.statements());
                self.scopes.push(Vec::new());
                if let Expr::Variable(variable, _, at) = &parts.expr {
                    self.declare("variable", &variable.1, *at);
                }
                self.block(parts.branch.statements());
                self.end();
            }
            // What is only given something is not read.
            Stmt::Assignment(parts) if !parts.0.is_op_assignment() => {
                if !matches!(parts.1.lhs, Expr::Variable(..)) {
                    self.expression(&parts.1.lhs);
                }
                self.expression(&parts.1.rhs);
            }
            Stmt::FnCall(call, _) => {
                self.call(call);
                within(self, statement);
            }
            Stmt::Export(parts, _) => self.read(&parts.0.name),
            _ => within(self, statement),
        }
    }

    fn expression(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Variable(variable, ..) => match variable.2.path.first() {
                None => self.read(&variable.1),
                Some(first) if first.name == "global" => {
                    self.used.globals.insert(variable.1.to_string());
                }
                Some(first) => {
                    self.used.namespaces.insert(first.name.to_string());
                }
            },
            Expr::FnCall(call, _) => self.call(call),
            Expr::MethodCall(call, _) => {
                self.used.functions.insert(call.name.to_string());
            }
            Expr::StringConstant(text, _) => {
                self.used.functions.insert(text.to_string());
            }
            Expr::DynamicConstant(value, _) => self.texts(value),
            _ => {}
        }
        inside(self, expression);
    }

    fn closure(&mut self, function: &'a Function, at: &'a Expr) {
        // A variable that it takes with it is a parameter, too, and is told of where it is declared.
        let is_taken = |name: &String| self.scopes.iter().flatten().any(|one| one.name == *name);
        let own: Vec<&String> = function.params.iter().filter(|name| !is_taken(name)).collect();
        self.scopes.push(Vec::new());
        for param in own {
            let place = self.text.closure_parameter(at.position(), param);
            self.declare("parameter", param, place);
        }
        self.block(&function.body);
        self.end();
    }
}

fn told(looked: &LintedFile, one: &Declaration) -> Diagnostic {
    let Declaration { what, name, at, .. } = one;
    let found = looked.finding(Lint::Unused, *at, format!("the {what} `{name}` is never read"));
    found.help(format!("remove it, or call it `_{name}` where it has to be there"))
}

fn imports(looked: &LintedFile, used: &Used) -> Vec<Diagnostic> {
    let imports = looked.imports.iter().filter(|(alias, _)| !used.namespaces.contains(alias.as_str()));
    let told = |(alias, at): &(String, Position)| {
        let title = match alias.as_str() {
            "" => "nothing of this import can be called: it has no `as NAME`".to_owned(),
            alias => format!("the import `{alias}` is never used"),
        };
        looked.finding(Lint::Unused, *at, title).help("remove it")
    };
    imports.filter(|(alias, _)| !alias.starts_with('_')).map(told).collect()
}

fn functions(looked: &LintedFile, text: &Text, used: &Used) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for function in looked.functions.named() {
        let (name, count) = (function.name.as_str(), function.params.len());
        let is_for_others = looked.is_library && !function.is_private;
        if is_for_others
            || used.functions.contains(name)
            || (name, count) == REAL_NAME
            || name.starts_with('_')
        {
            continue;
        }
        let title = format!("the function `{name}` is never called");
        let finding = looked.finding(Lint::Unused, text.function(name, count), title);
        found.push(finding.help(format!("remove it, or call it `_{name}` where it has to be there")));
    }
    found
}
