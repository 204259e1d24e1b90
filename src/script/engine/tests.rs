use super::*;
use parking_lot::Mutex;
use rhai::{Dynamic, EvalAltResult};

/// The output and sleeps of a script, with the engine that ran it.
struct Bench {
    said: Arc<Mutex<Vec<ScriptOutput>>>,
    slept: Arc<Mutex<Vec<Duration>>>,
    engine: Engine,
    meter: Arc<Meter>,
}

fn bench(outcome_of_sleep: Slept) -> Bench {
    let (said, slept) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(Vec::new())));
    let (says, sleeps) = (said.clone(), slept.clone());
    let meter = Arc::new(Meter::new(|| Duration::ZERO, || None));
    let hooks = EngineHooks {
        say: Arc::new(move |what| says.lock().push(what)),
        sleep: Arc::new(move |duration| {
            sleeps.lock().push(duration);
            outcome_of_sleep
        }),
        meter: meter.clone(),
    };
    Bench { said, slept, engine: engine(&hooks), meter }
}

fn eval(bench: &Bench, script: &str) -> Result<Dynamic, String> {
    let run = || bench.engine.eval::<Dynamic>(script).map_err(|error| error.to_string());
    run_on_big_stack(run).unwrap()
}

#[test]
fn print_and_debug_go_to_the_sink() {
    let bench = bench(Slept::Fully);
    let _ = eval(&bench, "print(`a ${1}`);\n debug(\"b\");").unwrap();
    let place = Site { file: String::new(), line: 2, column: 2 };
    assert_eq!(
        *bench.said.lock(),
        [ScriptOutput::Print("a 1".into()), ScriptOutput::Debug("\"b\"".into(), place)]
    );
}

#[test]
fn sleep_goes_through_the_closure_and_is_bounded() {
    let bench = bench(Slept::Fully);
    let _ = eval(&bench, "sleep(2); sleep(0.5); sleep(-1); sleep(-0.5);").unwrap();
    let zero = Duration::ZERO;
    assert_eq!(*bench.slept.lock(), [Duration::from_secs(2), Duration::from_millis(500), zero, zero]);
    for script in ["try { sleep(58); } catch {}", "sleep(1e300)", "sleep(9223372036854775807)"] {
        assert!(eval(&bench, script).unwrap_err().starts_with("Script terminated"), "{script}");
    }
    bench.meter.begin();
    assert!(eval(&bench, "sleep(58)").is_ok());
}

#[test]
fn an_interrupted_sleep_ends_the_script() {
    let bench = bench(Slept::Interrupted);
    assert!(eval(&bench, "try { sleep(1); } catch {} 1").unwrap_err().starts_with("Script terminated"));
}

#[test]
fn replace_works_and_cannot_build_a_giant() {
    let bench = bench(Slept::Fully);
    let seen = r#"let s = "aXbX"; s.replace("X", "__"); s.replace('_', '-'); s.replace("a", 'A'); s.replace('b', "BB"); s"#;
    assert_eq!(eval(&bench, seen).unwrap().to_string(), "A--BB--");
    assert_eq!(eval(&bench, r#"let s = "ab"; s.replace("", "-"); s"#).unwrap().to_string(), "-a-b-");
    assert_eq!(eval(&bench, r#"let s = "ab"; s.replace("ab", ""); s"#).unwrap().to_string(), "");
    for script in [r#"s.replace("a", s)"#, "s.replace('a', s)", r#"s.replace("", s)"#] {
        let script = format!(r#"let s = "a"; s.pad(1000000, 'a'); {script}"#);
        assert!(eval(&bench, &script).unwrap_err().starts_with("Length of string too large"), "{script}");
    }
}

#[test]
fn the_deepest_allowed_calls_and_expressions_fit_the_stack() {
    let bench = bench(Slept::Fully);
    // 63 calls, each inside an expression almost as deep as the cap: the most stack that a recipe can take.
    let nested = |depth: usize| {
        let deep = format!("{}f(n - 1){}", "(1 + ".repeat(depth), ")".repeat(depth));
        format!("fn f(n) {{ if n == 0 {{ 0 }} else {{ {deep} }} }} f(60)")
    };
    let deepest = (1..64).rev().find(|depth| bench.engine.compile(nested(*depth)).is_ok()).unwrap();
    assert_eq!(eval(&bench, &nested(deepest)).unwrap().as_int(), Ok(i64::try_from(deepest).unwrap() * 60));
    let closures = "let f = |g, n| if n == 0 { 0 } else { g.call(g, n - 1) }; f.call(f, 60)";
    assert_eq!(eval(&bench, closures).unwrap().as_int(), Ok(0));
}

#[test]
fn settings_that_recipes_rely_on() {
    let bench = bench(Slept::Fully);
    assert!(eval(&bench, "let m = #{}; m.typo").unwrap_err().starts_with("Property not found: typo"));
    assert!(eval(&bench, "let a = b;").unwrap_err().starts_with("Syntax error: Undefined variable: b"));
    assert!(eval(&bench, "eval(\"1\")").unwrap_err().starts_with("Syntax error: reserved keyword 'eval'"));
    assert!(eval(&bench, "import \"std/naming\" as n;").unwrap_err().starts_with("Module not found"));
    let error = compile(
        &bench.engine,
        "a.rhai",
        "\u{feff}let x = ;",
        &Sources::default(),
        &KnownFunctions::default(),
    );
    assert_eq!(error.unwrap_err().at, Site { file: "a.rhai".into(), line: 1, column: 9 });
}

#[test]
fn a_cancelled_run_stops_even_inside_try() {
    let bench = bench(Slept::Fully);
    bench.meter.cancel();
    let error = bench.engine.eval::<Dynamic>("try { loop {} } catch {} 1").unwrap_err();
    let EvalAltResult::ErrorTerminated(token, _) = *error else { panic!("{error}") };
    assert_eq!(token.cast::<StopReason>(), StopReason::Cancelled);
}
