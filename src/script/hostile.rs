//! Recipes that try to escape the sandbox or never end: `hostile.txt` has each with how it is stopped.

use super::diagnostics::from_eval_error;
use super::engine::{self, EngineHooks, Meter, Slept};
use super::{Diagnostic, KnownFunctions, Sources, resolver::Resolver};
use crate::escape::escape;
use crate::system::alone::alone;
use crate::system::{files, memory};
use rhai::Dynamic;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const CASES: &str = include_str!("hostile.txt");
/// The figure is 2 s; the rest is for a build without optimisation on a busy machine.
const TIME_MAX: Duration = Duration::from_secs(6);
/// The clock of the scripts: the cap of 10 s is reached after two of computing.
const CLOCK_SPEED: u32 = 5;

/// A project beside a secret, with links that lead to it.
fn project() -> (TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("project");
    files::make_folder(&root.join("recipes")).unwrap();
    let write = |path: &Path, text: &str| files::write_whole(path, text.as_bytes()).unwrap();
    write(&folder.path().join("secret.rhai"), "fn secret() { \"SECRET\" }");
    write(&root.join("recipes/self.rhai"), "import \"./self\" as me;");
    write(&root.join("recipes/one.rhai"), "import \"./two\" as two;");
    write(&root.join("recipes/two.rhai"), "import \"./one\" as one;");
    write(&root.join("recipes/acts.rhai"), "loop {}");
    write(&root.join("recipes/endless.rhai"), "fn f() { loop {} }");
    write(&root.join("recipes/big.rhai"), &"/".repeat(300 * 1024));
    write(&root.join("recipes/up.rhai"), "import \"../../secret\" as secret;");
    #[cfg(unix)]
    {
        let link = |to: &Path, name: &str| std::os::unix::fs::symlink(to, root.join(name)).unwrap();
        link(&folder.path().join("secret.rhai"), "link.rhai");
        link(folder.path(), "folder");
        link(Path::new("/proc/self/environ"), "environ.rhai");
        link(Path::new("/dev/zero"), "zero.rhai");
        link(Path::new("loop.rhai"), "loop.rhai");
    }
    (folder, root)
}

/// For how long this thread has computed: what else the machine does is no part of it, where the system can tell.
fn computed(since: Instant) -> Duration {
    let told = files::read_text(Path::new("/proc/thread-self/schedstat"), 256).ok();
    let nanoseconds = told.and_then(|text| text.split(' ').next()?.parse().ok());
    nanoseconds.map_or_else(|| since.elapsed(), Duration::from_nanos)
}

/// Runs a recipe as the host would, with real memory and a fast clock.
fn run(root: &Path, recipe: &str) -> Result<String, Diagnostic> {
    let name = "recipes/main.rhai";
    let sources = Sources::default();
    let started = Instant::now();
    let hooks = EngineHooks {
        say: Arc::new(|_| {}),
        sleep: Arc::new(|_| Slept::Fully),
        meter: Arc::new(Meter::new(move || computed(started) * CLOCK_SPEED, memory::resident_bytes)),
    };
    let engine = engine::engine_with(&hooks, Resolver::new(Some(root), sources.clone()));
    let known = KnownFunctions::of_engine(&engine);
    hooks.meter.begin();
    let ast = engine::compile(&engine, name, recipe, &sources, &known).map_err(|found| *found)?;
    let value =
        engine.eval_ast::<Dynamic>(&ast).map_err(|error| from_eval_error(&error, name, &sources, &known))?;
    Ok(value.type_name().to_owned())
}

/// One after the other: they would count each other's memory, and that of other tests.
#[test]
fn every_hostile_recipe_is_stopped_as_written_down() {
    alone(|| {
        let (_folder, root) = project();
        let mut seen = String::new();
        let mut slow = Vec::new();
        let mut cases = 0;
        for section in CASES.split("=== ").skip(1) {
            let (title, rest) = section.split_once('\n').unwrap();
            let (recipe, _) = rest.split_once("---\n").unwrap();
            let outcome = engine::run_on_big_stack(|| {
                let started = Instant::now();
                let outcome = match run(&root, recipe) {
                    Ok(value) => format!("nothing, it gives: {value}"),
                    Err(found) => {
                        format!("{:?}, line {}: {}", found.kind, found.at.line, escape(&found.title))
                    }
                };
                (outcome, computed(started))
            });
            let (outcome, took) = outcome.unwrap_or_else(|error| (error.to_string(), Duration::ZERO));
            if took > TIME_MAX {
                slow.push(format!("{title}: {took:?}"));
            }
            seen += &format!("=== {title}\n{recipe}---\n{outcome}\n\n");
            cases += 1;
        }
        println!("script::hostile: {cases} cases");
        assert!(cases >= 60, "{cases}");
        assert!(seen == CASES, "{seen}");
        assert!(slow.is_empty(), "{slow:?}");
    });
}
