//! Pins the behaviour of Rhai that this room depends on or works around, so that an update which changes it fails a
//! test.
//!
//! The closure cases are bugs of rhai 1.27 (RHAI-10). When one of these tests fails after an update,
//! the rule that rests on it (functions do not cross between files; imported files only define) can be looked at
//! again.

use super::diagnostics::RESERVED_WORDS;
use super::engine::{self, EngineHooks, Meter, Slept};
use rhai::module_resolvers::StaticModuleResolver;
use rhai::{Dynamic, Engine, FnPtr, Module, NativeCallContext, Scope};
use std::sync::Arc;
use std::time::Duration;

/// Runs a recipe beside the modules `lib` and `other`, made as Rhai makes them, with a native function that calls a
/// closure.
fn run(recipe: &str) -> String {
    let modules = [
        ("other", r#"const C = "other"; fn helper() { "other" } fn each(f) { f.call() }"#),
        (
            "lib",
            r#"
        import "other" as other;
        const C = "lib";
        fn helper() { "lib" }
        fn each(f) { f.call() }
        fn hand_over() { other::each(|| helper()) }
        fn make() { || helper() }
        fn make_map() { #{ f: || helper() } }
        fn natively() { native(|| helper()) }
        fn natively_captured() { let x = "x"; native(|| x + helper()) }
        fn twice() { helper() + helper() }
        fn by_name() { let f = helper; f.call() }
        "#,
        ),
    ];
    let hooks = EngineHooks {
        say: Arc::new(|_| {}),
        sleep: Arc::new(|_| Slept::Fully),
        meter: Arc::new(Meter::new(|| Duration::ZERO, || None)),
    };
    let mut engine = engine::engine(&hooks);
    engine.register_fn("native", |context: NativeCallContext, body: FnPtr| {
        body.call_within_context::<Dynamic>(&context, ())
    });
    let mut known = StaticModuleResolver::new();
    for (name, text) in modules {
        engine.set_module_resolver(known.clone());
        let ast = engine.compile(text).unwrap();
        known.insert(name, Module::eval_ast_as_new(Scope::new(), &ast, &engine).unwrap());
    }
    engine.set_module_resolver(known);
    let recipe = format!("import \"lib\" as lib; const C = \"main\"; fn helper() {{ \"main\" }} {recipe}");
    match engine::run_on_big_stack(|| engine.eval::<Dynamic>(&recipe).map(|value| value.to_string())).unwrap()
    {
        Ok(value) => value,
        Err(error) => error.to_string().lines().next().unwrap_or_default().to_owned(),
    }
}

#[test]
fn a_closure_passed_to_an_imported_function_runs_in_the_wrong_file() {
    assert_eq!(run("lib::each(|| helper())"), "lib");
    assert_eq!(run("lib::each(|| global::C)"), "lib");
}

#[test]
fn an_imported_file_that_passes_a_closure_on_gets_the_wrong_file() {
    assert_eq!(run("lib::hand_over()"), "other");
}

/// Why imported files get modules of our own making (`resolver/exports.rs`).
#[test]
fn functions_of_one_name_in_two_files_are_mixed_up() {
    assert_eq!(run("helper(); helper(); lib::twice()"), "mainmain");
    assert_eq!(run("lib::twice(); lib::twice(); helper()"), "lib");
    assert_eq!(run("lib::by_name()"), "main");
}

#[test]
fn a_closure_made_in_an_imported_file_is_not_found_outside() {
    for recipe in ["lib::make().call()", "lib::make_map().f.call()"] {
        assert!(run(recipe).starts_with("Function not found: anon$"), "{recipe}");
    }
}

#[test]
fn closures_for_native_functions_are_right() {
    assert_eq!(run("native(|| helper())"), "main");
    assert_eq!(run("native(|| global::C)"), "main");
    assert_eq!(run("let x = \"x\"; native(|| x + helper())"), "xmain");
    assert_eq!(run("native(|| native(|| lib::helper()))"), "lib");
    assert_eq!(run("lib::natively()"), "lib");
    assert_eq!(run("lib::natively_captured()"), "xlib");
}

#[test]
fn switch_on_captured_variables_and_ranges_is_right() {
    assert_eq!(run("let x = \"b\"; native(|| switch x { \"a\" => 1, \"b\" => 2, _ => 3 })"), "2");
    assert_eq!(run("let x = 5; switch x { 1..9 if x > 7 => 1, 4..6 => 2, _ => 3 }"), "2");
}

#[test]
fn captured_variables_still_work_without_the_word_curry() {
    assert_eq!(
        run("let x = 1; let f = |y| x + y; x = 2; let g = || { let h = || f.call(x); h.call() }; g.call()"),
        "4"
    );
}

#[test]
fn every_reserved_word_still_is_one_and_can_be_a_quoted_key() {
    let mut engine = Engine::new();
    engine.set_strict_variables(false);
    let mut free = Vec::new();
    for word in RESERVED_WORDS {
        for source in [format!("let {word} = 1;"), format!("#{{ {word}: 1 }}"), format!("kv::{word}(1)")] {
            if engine.compile(&source).is_ok() {
                free.push(source);
            }
        }
        assert!(engine.compile(format!("let m = #{{ \"{word}\": 1 }}; m[\"{word}\"]")).is_ok(), "{word}");
    }
    assert_eq!(free, [] as [&str; 0]);
}

#[test]
fn words_that_ops_and_options_use_are_free() {
    let mut engine = Engine::new();
    engine.set_strict_variables(false);
    let verbs =
        "ensure find list get put delete query execute migrate insert upsert info keys load dump restore";
    for word in
        verbs.split(' ').chain("type name key id bind apply exit test step from is_default".split(' '))
    {
        for source in [format!("kv::{word}(1)"), format!("#{{ {word}: 1 }}"), format!("let h = 1; h.{word}")]
        {
            assert!(engine.compile(&source).is_ok(), "{source}");
        }
    }
}
