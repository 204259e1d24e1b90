//! Test files: the tests in them, and what their top level may contain.

use crate::events::Site;
use crate::script::check::{ProjectDeclarations, check};
use crate::script::diagnostics::{Diagnostic, DiagnosticKind, site_at};
use crate::script::resolver::not_a_definition;
use crate::script::run::{Recipe, ScriptRuntime};
use crate::script::{engine, lex};
use rhai::Scope;

/// How the name of a test file ends.
pub const ENDING: &str = ".test.rhai";

/// Whether the file of that name is one.
pub fn is_test(name: &str) -> bool {
    name.ends_with(ENDING)
}

/// How the name of a test begins.
pub const BEGINNING: &str = "test_";

/// A test of a file.
#[derive(Clone, Debug)]
pub struct Test {
    /// The name of its function.
    pub name: String,
    pub at: Site,
}

/// What is wrong with a test file, and the tests in it, in its order; nothing is run.
pub fn found_in(room: &ScriptRuntime, recipe: &Recipe) -> (Vec<Diagnostic>, Vec<Test>) {
    let checked = check(&room.engine, &recipe.name, &recipe.text, &room.resolver, &room.known);
    let (wrong, tests) = defined(recipe);
    (checked.diagnostics.into_iter().chain(wrong).collect(), tests)
}

/// The same with what is hardly meant.
pub fn linted(
    room: &ScriptRuntime,
    recipe: &Recipe,
    declared: Option<&ProjectDeclarations>,
) -> Vec<Diagnostic> {
    let checked = check(&room.engine, &recipe.name, &recipe.text, &room.resolver, &room.known);
    let found = checked.linted(&room.resolver, &room.known, declared);
    found.into_iter().chain(defined(recipe).0).collect()
}

/// What of it does more than define, and its tests.
fn defined(recipe: &Recipe) -> (Vec<Diagnostic>, Vec<Test>) {
    let (mut wrong, mut tests) = (Vec::new(), Vec::new());
    let text = recipe.text.strip_prefix('\u{feff}').unwrap_or(&recipe.text);
    let Ok(ast) = engine::parse(&engine::lenient(), &recipe.name, text, &Scope::new()) else {
        return (wrong, tests);
    };
    for position in not_a_definition(&ast) {
        let at = site_at(&recipe.name, position);
        let title = "a test file only defines: functions, constants and imports";
        let help = format!("what a test does stands in `fn {BEGINNING}..() {{ .. }}`");
        wrong.push(Diagnostic::error(DiagnosticKind::Syntax, at, title).help(help));
    }
    for test in functions(recipe, text) {
        if ast.iter_functions().any(|one| one.name == test.name && one.params.is_empty()) {
            tests.push(test);
            continue;
        }
        let Test { name, at } = test;
        let title = format!("the test `{name}` has parameters, and nobody gives them");
        let found = Diagnostic::error(DiagnosticKind::Arguments, at, title);
        wrong.push(found.help("call it from a test, under another name"));
    }
    (wrong, tests)
}

/// The functions whose names are those of tests, in the order of the text, each with its place.
fn functions(recipe: &Recipe, text: &str) -> Vec<Test> {
    let tokens = lex::code(text);
    let names = tokens.windows(2).filter(|pair| pair[0].is(text, "fn")).map(|pair| &pair[1]);
    let of = |token: &lex::Token| {
        let lex::LineColumn { line, column } = lex::line_column(text, token.span.start);
        let at = Site { file: recipe.name.clone(), line, column };
        Test { name: token.text(text).to_owned(), at }
    };
    names.map(of).filter(|test| test.name.starts_with(BEGINNING)).collect()
}
