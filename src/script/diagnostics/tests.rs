//! The exact text of every diagnostic: `cases.txt` has recipes with their diagnostics.

use super::{
    CallPart, Color, Diagnostic, DiagnosticKind, Frame, Raised, Site, Sources, Thrown, from_eval_error,
    render, site_at,
};
use crate::op::Failure;
use crate::script::engine::{self, EngineHooks, Meter, Slept};
use crate::script::known::{KnownFunctions, OptionKey, Param};
use crate::script::resolver::Resolver;
use crate::system::files;
use rhai::{Dynamic, Engine, FnPtr, FuncRegistration, ImmutableString, Map, Module, NativeCallContext};
use std::sync::Arc;
use std::time::Duration;

const CASES: &str = include_str!("cases.txt");
const MAIN: &str = "recipes/main.rhai";

/// An engine with a service, a step and a project constant, as a host would give it.
fn host(engine: &mut Engine) {
    let mut kv = Module::new();
    FuncRegistration::new("ensure")
        .with_params_info(["name: &str", "KvNamespace"])
        .set_into_module(&mut kv, |name: ImmutableString| name);
    engine.register_static_module("kv", kv.into());
    let mut vectorize = Module::new();
    FuncRegistration::new("ensure").set_into_module(
        &mut vectorize,
        |context: NativeCallContext, _: ImmutableString, options: Map| match options.keys().next() {
            Some(key) => {
                let place = site_at(context.call_source().unwrap_or_default(), context.call_position());
                let message = format!("`vectorize::ensure` has no option `{key}`");
                let raised = Raised::of_call(Failure::refused("options", message), 0, place)
                    .about(CallPart::Key(1, vec![key.to_string()]))
                    .note("known options: dimensions, metric");
                let label = "did you mean `dimensions`?".to_owned();
                Err(Thrown::raise(Raised { label, ..raised }, context.call_position()))
            }
            None => Ok(()),
        },
    );
    engine.register_static_module("vectorize", vectorize.into());
    let mut config = Module::new();
    config.set_var("kv", Dynamic::from(Map::new()));
    engine.register_static_module("config", config.into());
    engine.register_fn("step", |context: NativeCallContext, _: ImmutableString, body: FnPtr| {
        body.call_within_context::<Dynamic>(&context, ())
    });
}

/// Runs a recipe among its files and renders the error it ends with.
fn explain(case: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let mut parts = case.split(">> ");
    let main = parts.next().unwrap_or_default();
    for part in parts {
        let (name, text) = part.split_once('\n').unwrap();
        let path = folder.path().join(name);
        files::make_folder(path.parent().unwrap()).unwrap();
        files::write_whole(&path, text.as_bytes()).unwrap();
    }
    let sources = Sources::default();
    let hooks = EngineHooks {
        say: Arc::new(|_| {}),
        sleep: Arc::new(|_| Slept::Fully),
        meter: Arc::new(Meter::new(|| Duration::ZERO, || None)),
    };
    let mut engine = engine::engine_with(&hooks, Resolver::new(Some(folder.path()), sources.clone()));
    host(&mut engine);
    let known = KnownFunctions::of_engine(&engine);
    let outcome =
        engine::compile(&engine, MAIN, main, &sources, &known).map_err(|found| *found).and_then(|ast| {
            engine
                .eval_ast::<Dynamic>(&ast)
                .map(drop)
                .map_err(|error| from_eval_error(&error, MAIN, &sources, &known))
        });
    match outcome {
        Ok(()) => String::from("no error"),
        Err(found) => render(&found, &sources, Color::Never),
    }
}

#[test]
fn every_case_reads_as_written_down() {
    let mut seen = String::new();
    let mut cases = 0;
    for section in CASES.split("=== ").skip(1) {
        let (title, rest) = section.split_once('\n').unwrap();
        let (recipe, _) = rest.split_once("---\n").unwrap();
        let shown = engine::run_on_big_stack(|| explain(recipe)).unwrap();
        let shown: Vec<&str> = shown.lines().map(str::trim_end).collect();
        seen += &format!("=== {title}\n{recipe}---\n{}\n\n", shown.join("\n"));
        cases += 1;
    }
    assert!(cases >= 25, "{cases}");
    // The whole file again, so that a change of wording is one copy away from being accepted, and seen in
    // review.
    assert!(seen == CASES, "{seen}");
}

#[test]
fn a_place_without_a_text_is_still_named() {
    let mut found = Diagnostic::error(
        DiagnosticKind::Host,
        Site { file: "a.rhai".into(), line: 3, column: 5 },
        "no token",
    );
    found.frames.push(Frame { what: "in this step".into(), at: Site::default() });
    assert_eq!(
        render(&found, &Sources::default(), Color::Never),
        "error: no token\n--> a.rhai:3:5\n |\nnote: in this step"
    );
}

#[test]
fn hidden_characters_are_shown_everywhere() {
    let sources = Sources::default();
    sources.add("a.rhai", "f(\"x\u{202e}\u{1b}[2J\");");
    let place = Site { file: "a.rhai".into(), line: 1, column: 1 };
    let found = Diagnostic::error(DiagnosticKind::Host, place, "no bucket `a\n::error::\u{1b}[31m`")
        .labelled("\u{200b}here")
        .about(CallPart::Arg(0))
        .note("the server said: \u{7}")
        .warning();
    let shown = render(&found, &sources, Color::Never);
    assert_eq!(
        shown,
        "warning: no bucket `a\\n::error::\\u{1b}[31m`\n --> a.rhai:1:3\n  |\n1 | f(\"x\u{fffd}\u{241b}[2J\");\n  \
         |   ^^^^^^^^ \\u{200b}here\n  |\n  = note: the server said: \\u{7}"
    );
}

#[test]
fn colours_only_when_asked_for() {
    let found = Diagnostic::error(DiagnosticKind::Host, Site::default(), "x");
    assert_eq!(render(&found, &Sources::default(), Color::Never), "error: x");
    assert!(render(&found, &Sources::default(), Color::Always).contains("\u{1b}["));
}

#[test]
fn known_shows_options_in_the_forms_of_an_error() {
    let mut known = KnownFunctions::default();
    let name = Param { name: "name".into(), kind: "string".into() };
    let key = OptionKey { name: "dimensions".into(), kind: "int".into(), required: true, keys: None };
    known.define(
        "vectorize::ensure",
        vec![crate::script::FunctionForm {
            params: vec![name],
            options: Some(vec![key]),
            ..Default::default()
        }],
    );
    let found =
        super::uncallable("vectorize::ensure", Some("int"), Site::default(), &Sources::default(), &known);
    assert_eq!(found.title, "`vectorize::ensure` cannot be called with (int)");
    assert_eq!(found.notes, ["known form: vectorize::ensure(name: string, options: map)"]);
}
