//! Infers the types of values before the run: results of ops, through variables, chains and functions.
//!
//! **Invariant:** where a value may have several types, or a type is not known, nothing is said about it.
//! **Invariant:** a walk ends after a fixed number of steps, whatever the recipe.

mod calls;
mod chains;
mod comparisons;
mod expressions;
mod assignable;
mod origin;
mod statements;
mod inferred;
mod assigned;
mod value;

use super::bodies::{self, Function};
use super::files::File;
use crate::events::Site;
use crate::script::diagnostics::{CallPart, Diagnostic, DiagnosticKind, site_at};
use crate::script::known::KnownFunctions;
pub(super) use inferred::asked;
pub use inferred::{ASKED, InferredValue};
pub use origin::ValueOrigin;
use rhai::{AST, Position};
use std::collections::BTreeMap;
use std::rc::Rc;
use value::Value;

/// Nodes that a walk looks at: a file of 500 lines has some thousands.
const NODES_MAX: usize = 200_000;

/// Functions of a file whose bodies are looked at; a file has some dozens.
const FUNCTIONS_MAX: usize = 400;

/// Calls of the recipe's own functions that are followed.
const DEPTH_MAX: usize = 12;

/// Where values come from that may turn out as something else: by place of the call, and part of it.
#[derive(Clone, Debug, Default)]
pub struct ValueOrigins(BTreeMap<CallLocation, Vec<(CallOperand, Rc<ValueOrigin>)>>);

/// File, line and column.
type CallLocation = (String, usize, usize);

/// A part of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum CallOperand {
    /// What a method is called on, or a property read of.
    Receiver,
    Argument(usize),
}

impl ValueOrigins {
    fn add(&mut self, at: &Site, part: CallOperand, value: &Value) {
        // The type of a counter is certain: what does not fit is found before the run.
        let Some(origin) = value.origin.as_ref().filter(|origin| !origin.is_counter()) else { return };
        let known = self.0.entry((at.file.clone(), at.line, at.column)).or_default();
        if !known.iter().any(|(other, _)| *other == part) {
            known.push((part, origin.clone()));
        }
    }

    /// Adds to an error at run time where the value comes from that it is about.
    pub fn explain(&self, found: &mut Diagnostic) {
        let at = (found.at.file.clone(), found.at.line, found.at.column);
        let Some(parts) = self.0.get(&at) else { return };
        let is_of_types = matches!(
            (found.kind, &found.target),
            (DiagnosticKind::Arguments | DiagnosticKind::Name | DiagnosticKind::Value, _)
                | (DiagnosticKind::Host, CallPart::Arg(_))
        );
        let part = match found.target {
            CallPart::Arg(index) => Some(CallOperand::Argument(index)),
            _ => None,
        };
        let origin = parts.iter().find(|(one, _)| part.is_none_or(|part| part == *one));
        if let Some((_, origin)) = origin.filter(|_| is_of_types) {
            origin.explain(found);
        }
    }
}

/// What a walk found.
#[derive(Default)]
pub(super) struct Inferred {
    pub(super) findings: Vec<Diagnostic>,
    pub(super) origins: ValueOrigins,
}

/// The functions of a file, and none where there are too many.
fn functions(ast: &AST) -> Vec<Function> {
    if ast.iter_fn_def().count() > FUNCTIONS_MAX { Vec::new() } else { bodies::functions(ast) }
}

/// Follows the values of a recipe, whose source is called `main`, and of what it imports.
pub(super) fn infer(files: &BTreeMap<String, File>, main: &str, known: &KnownFunctions) -> Inferred {
    let bodies = bodies_of(files);
    let mut walk = Walk::over(files, known, &bodies);
    if let Some((name, file)) = files.get_key_value(main) {
        walk.statements(&mut Env::new(name), file.ast.statements());
    }
    // What nobody calls is looked at as well, whatever it is given.
    walk.uncalled(&bodies);
    walk.found
}

/// The inferred value at a position, given the variables that exist before the walk.
fn walked(
    files: &BTreeMap<String, File>,
    main: &str,
    known: &KnownFunctions,
    variables: impl Iterator<Item = (String, Value)>,
) -> Option<InferredValue> {
    let bodies = bodies_of(files);
    let mut walk = Walk::over(files, known, &bodies);
    let (name, file) = files.get_key_value(main)?;
    let mut env = Env { variables: variables.collect(), ..Env::new(name) };
    walk.statements(&mut env, file.ast.statements());
    if walk.asked.is_none() {
        walk.uncalled(&bodies);
    }
    walk.asked
}

type Bodies<'a> = BTreeMap<&'a str, Vec<Function>>;

fn bodies_of(files: &BTreeMap<String, File>) -> Bodies<'_> {
    files.iter().map(|(name, file)| (name.as_str(), functions(&file.ast))).collect()
}

/// The variables that are seen at a place.
struct Env<'a> {
    file: &'a str,
    variables: Vec<(String, Value)>,
    /// What the function gives with `return`.
    returns: Option<Value>,
    this: Value,
}

impl<'a> Env<'a> {
    fn new(file: &'a str) -> Self {
        Env { file, variables: Vec::new(), returns: None, this: Value::any() }
    }

    fn get(&self, name: &str) -> Option<&Value> {
        self.variables.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    fn change(&mut self, name: &str, change: impl FnOnce(Value) -> Value) {
        if let Some((_, value)) = self.variables.iter_mut().rev().find(|(known, _)| known == name) {
            *value = change(std::mem::take(value));
        }
    }
}

struct Walk<'a> {
    files: &'a BTreeMap<String, File>,
    known: &'a KnownFunctions,
    functions: &'a Bodies<'a>,
    changing: BTreeMap<&'a str, assigned::Changing>,
    found: Inferred,
    left: usize,
    depth: usize,
    /// How many calls with arguments of their own are being followed.
    calls: usize,
    /// What is known of a value that somebody asks for.
    asked: Option<InferredValue>,
}

impl<'a> Walk<'a> {
    fn over(files: &'a BTreeMap<String, File>, known: &'a KnownFunctions, functions: &'a Bodies<'a>) -> Self {
        let changing = files.iter().map(|(name, file)| {
            let bodies = functions.get(name.as_str()).map_or(&[][..], Vec::as_slice);
            (name.as_str(), assigned::Changing::of(file.ast.statements(), bodies))
        });
        let (changing, found) = (changing.collect(), Inferred::default());
        Walk { files, known, functions, changing, found, left: NODES_MAX, depth: 0, calls: 0, asked: None }
    }

    fn uncalled(&mut self, functions: &'a Bodies<'a>) {
        for (name, functions) in functions {
            for function in functions.iter().filter(|function| !function.is_closure()) {
                self.body(name, function, Vec::new(), Value::any());
            }
        }
    }

    /// The functions of that name of a file.
    fn functions_named(&self, file: &str, name: &str) -> impl Iterator<Item = &'a Function> {
        let all = self.functions.get(file).into_iter().flatten();
        all.filter(move |function| function.name == name)
    }

    fn place(&self, env: &Env, position: Position) -> Site {
        site_at(env.file, position)
    }

    fn report(&mut self, found: Diagnostic) {
        if !self.found.findings.contains(&found) {
            self.found.findings.push(found);
        }
    }

    /// A value that is about to be used at a place: one that is `()` for certain is an error where it comes from.
    fn used(&mut self, value: &Value, at: &Site) -> bool {
        let origin = value.origin.as_ref().filter(|origin| origin.is_unit());
        let Some(origin) = origin else { return false };
        let found = origin.error(at.clone());
        // One use of it is enough.
        if !self.found.findings.iter().any(|known| known.at == found.at && known.title == found.title) {
            self.report(found);
        }
        true
    }

    /// The variables as they are where two ways part; that costs as many steps as there are.
    fn parted(&mut self, env: &Env<'a>) -> Vec<(String, Value)> {
        self.left = self.left.saturating_sub(env.variables.len());
        env.variables.clone()
    }

    /// A function of a file with these arguments; what it gives.
    fn body(&mut self, file: &'a str, function: &'a Function, args: Vec<Value>, this: Value) -> Value {
        if self.depth >= DEPTH_MAX {
            return Value::any();
        }
        let mut env = Env { this, ..Env::new(file) };
        env.variables = function
            .params
            .iter()
            .cloned()
            .zip(args.into_iter().chain(std::iter::repeat(Value::any())))
            .collect();
        self.depth += 1;
        let last = self.statements(&mut env, &function.body);
        self.depth -= 1;
        match env.returns.take() {
            Some(returned) => returned.or(&last),
            None => last,
        }
    }
}
