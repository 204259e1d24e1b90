use super::*;
use crate::script::diagnostics::{Diagnostic, DiagnosticKind, from_eval_error};
use crate::script::engine::{self, EngineHooks, Meter, Slept};
use crate::script::known::KnownFunctions;
use crate::system::files;
use rhai::{Dynamic, FnPtr, Map};
use std::time::Duration;
use tempfile::TempDir;

/// A project's folder with files, and what running a recipe in it gives.
struct Project {
    folder: TempDir,
}

impl Project {
    fn new(files: &[(&str, &str)]) -> Self {
        let project = Project { folder: tempfile::tempdir().unwrap() };
        for (name, text) in files {
            let path = project.folder.path().join(name);
            files::make_folder(path.parent().unwrap()).unwrap();
            files::write_whole(&path, text.as_bytes()).unwrap();
        }
        project
    }

    fn run(&self, recipe: &str) -> Result<String, (DiagnosticKind, String)> {
        self.run_in(recipe, |_| {}).map_err(|found| (found.kind, found.title))
    }

    /// The same in an engine with other limits.
    fn run_in(&self, recipe: &str, limit: impl Fn(&mut Engine)) -> Result<String, Diagnostic> {
        let sources = Sources::default();
        let hooks = EngineHooks {
            say: Arc::new(|_| {}),
            sleep: Arc::new(|_| Slept::Fully),
            meter: Arc::new(Meter::new(|| Duration::ZERO, || None)),
        };
        let resolver = Resolver::new(Some(self.folder.path()), sources.clone());
        let mut engine = engine::engine_with(&hooks, resolver);
        limit(&mut engine);
        let known = KnownFunctions::default();
        let run = || {
            let ast = engine::compile(&engine, "recipes/main.rhai", recipe, &sources, &known)
                .map_err(|found| *found)?;
            let value = engine.eval_ast::<Dynamic>(&ast);
            value.map_err(|error| from_eval_error(&error, "recipes/main.rhai", &sources, &known))
        };
        engine::run_on_big_stack(run).unwrap().map(|value| value.to_string())
    }

    fn helps(&self, recipe: &str) -> Vec<String> {
        self.run_in(recipe, |_| {}).unwrap_err().helps
    }

    fn fails(&self, recipe: &str) -> String {
        let (kind, title) = self.run(recipe).unwrap_err();
        assert_eq!(kind, DiagnosticKind::Import, "{title}");
        title
    }
}

#[test]
fn relative_project_and_library_imports() {
    let project = Project::new(&[
        (
            "recipes/lib/a.rhai",
            "import \"./b\" as b; import \"../c\" as c; fn all() { b::name() + c::name() }",
        ),
        ("recipes/lib/b.rhai", "fn name() { \"b\" }"),
        ("recipes/c.rhai", "import \"recipes/lib/b\" as b; fn name() { \"c\" + b::name() }"),
    ]);
    assert_eq!(project.run("import \"./lib/a\" as a; a::all()").unwrap(), "bcb");
    assert_eq!(
        project.run("import \"std/naming\" as n; n::join([\"a\", \"\", (), \"b\", 3]) + n::slug(\" Ä Docs -- Search! \")"),
        Ok("a-b-3docs-search".to_owned())
    );
}

#[test]
fn an_imported_file_does_not_see_the_importers_variables() {
    let project = Project::new(&[("a.rhai", "const A = secret;")]);
    let (kind, title) = project.run("let secret = 1; import \"a\" as a; 1").unwrap_err();
    assert_eq!((kind, title.as_str()), (DiagnosticKind::Name, "unknown variable `secret`"));
}

#[test]
fn each_file_is_read_once_and_a_function_may_import_in_a_loop() {
    let project = Project::new(&[("a.rhai", "fn one() { 1 }")]);
    let recipe = "fn f() { import \"a\" as a; a::one() } let n = 0; for i in 0..500 { n += f(); } n";
    assert_eq!(project.run(recipe).unwrap(), "500");
}

#[test]
fn circles_depth_and_number_are_bounded() {
    let project = Project::new(&[("a.rhai", "import \"b\" as b;"), ("b.rhai", "import \"a\" as a;")]);
    assert_eq!(
        project.fails("import \"a\" as a;"),
        "files import each other in a circle: a.rhai -> b.rhai -> a.rhai"
    );
    // The last of them imports nothing.
    let chain: Vec<(String, String)> = (0..17)
        .map(|n| {
            (
                format!("f{n}.rhai"),
                if n < 16 { format!("import \"f{}\" as f;", n + 1) } else { String::new() },
            )
        })
        .collect();
    let chain: Vec<(&str, &str)> = chain.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let chain = Project::new(&chain);
    assert_eq!(chain.fails("import \"f0\" as f;"), "files import each other more than 16 deep");
    assert_eq!(chain.run("import \"f1\" as f; 1"), Ok("1".to_owned()));
    let many: Vec<(String, String)> = (0..65).map(|n| (format!("f{n}.rhai"), String::new())).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let many = Project::new(&many);
    assert_eq!(many.fails("for n in 0..65 { import `f${n}` as f; }"), "more than 64 files are imported");
    assert_eq!(many.run("for n in 0..64 { import `f${n}` as f; } 1"), Ok("1".to_owned()));
}

#[test]
fn only_small_regular_files_below_the_root() {
    let big = "x".repeat(256 * 1024 + 1);
    let project = Project::new(&[("big.rhai", &big), ("folder.rhai/x", ""), (".git/a.rhai", "")]);
    assert_eq!(
        project.fails("import \".git/a\" as a;"),
        "cannot import `.git/a.rhai`: it holds secrets, or is a tool's own"
    );
    assert_eq!(project.fails("import \"big\" as b;"), "cannot read `big.rhai`: it is larger than 256 KiB");
    assert_eq!(
        project.fails("import \"folder\" as b;"),
        "cannot import `folder.rhai`: it is not a regular file"
    );
    assert_eq!(project.fails("import \"nope\" as b;"), "cannot read `nope.rhai`: there is no such file");
}

#[cfg(unix)]
#[test]
fn links_are_followed_and_then_judged() {
    use std::os::unix::fs::symlink;
    let outside = Project::new(&[("secret.rhai", "fn s() { 1 }")]);
    let project = Project::new(&[("real/a.rhai", "fn a() { 1 }")]);
    let root = project.folder.path();
    symlink(outside.folder.path().join("secret.rhai"), root.join("file.rhai")).unwrap();
    symlink(outside.folder.path(), root.join("folder")).unwrap();
    symlink("/dev/zero", root.join("zero.rhai")).unwrap();
    symlink(root.join("real"), root.join("inside")).unwrap();
    for (path, file) in
        [("file", "file.rhai"), ("folder/secret", "folder/secret.rhai"), ("zero", "zero.rhai")]
    {
        assert_eq!(
            project.fails(&format!("import \"{path}\" as x;")),
            format!("cannot import `{file}`: a link leads out of the project")
        );
    }
    assert_eq!(project.run("import \"inside/a\" as a; a::a()").unwrap(), "1");
}

#[test]
fn without_a_project_there_is_the_library() {
    let resolver = Resolver::new(None, Sources::default());
    let engine = Engine::new_raw();
    assert_eq!(resolver.load(&engine, None, "std/naming").unwrap().name(), "std/naming");
    assert!(matches!(resolver.load(&engine, None, "a"), Err(ImportError::NoProject)));
}

#[test]
fn a_file_is_run_once_and_every_importer_gets_the_same_module() {
    let project = Project::new(&[("a.rhai", "const A = 1;")]);
    let resolver = Resolver::new(Some(project.folder.path()), Sources::default());
    let engine = Engine::new_raw();
    let resolve = || ModuleResolver::resolve(&resolver, &engine, None, "a", Position::NONE).unwrap();
    assert!(Shared::ptr_eq(&resolve(), &resolve()));
    assert_eq!(resolver.folder(), Some(&*files::canonical(project.folder.path()).unwrap()));
}

#[test]
fn a_file_is_read_as_it_stands_in_an_editor() {
    let outside = Project::new(&[("o.rhai", "outside")]);
    let project = Project::new(&[("a.rhai", "saved"), ("b.rhai", "saved")]);
    let root = files::canonical(project.folder.path()).unwrap();
    let unsaved = Unsaved::default();
    for name in ["a.rhai", "new.rhai", ".env.rhai", "link.rhai"] {
        unsaved.set(root.join(name), "open".into());
    }
    #[cfg(unix)]
    std::os::unix::fs::symlink(outside.folder.path().join("o.rhai"), root.join("link.rhai")).unwrap();
    let resolver = Resolver::over(Some(&root), Sources::default(), unsaved);
    let read =
        |path: &str| resolver.read(None, path).map(|(_, text)| text).map_err(|error| error.to_string());
    assert_eq!(read("a"), Ok("open".into()));
    assert_eq!(read("b"), Ok("saved".into()));
    assert_eq!(read("new"), Ok("open".into()));
    assert_eq!(read(".env"), Err("cannot read `.env.rhai`: there is no such file".into()));
    #[cfg(unix)]
    assert_eq!(read("link"), Err("cannot import `link.rhai`: a link leads out of the project".into()));
}

#[test]
fn an_edited_file_is_seen_after_forgetting() {
    let project = Project::new(&[("a.rhai", "const A = 1;")]);
    let resolver = Resolver::new(Some(project.folder.path()), Sources::default());
    let engine = Engine::new_raw();
    resolver.load(&engine, None, "a").unwrap();
    files::write_whole(&project.folder.path().join("a.rhai"), b"1 +").unwrap();
    assert!(resolver.load(&engine, None, "a").is_ok());
    resolver.forget();
    assert!(matches!(resolver.load(&engine, None, "a"), Err(ImportError::Inside { .. })));
}

#[test]
fn an_import_failure_can_be_caught_and_has_a_kind() {
    let project = Project::new(&[]);
    let recipe = "let k = \"\"; try { import \"nope\" as n; } catch (e) { k = `${e.kind}: ${e.message}`; } k";
    assert_eq!(project.run(recipe).unwrap(), "import: cannot read `nope.rhai`: there is no such file");
}

#[test]
fn a_failed_import_says_what_may_be_meant() {
    let project = Project::new(&[("parts/tables.rhai", ""), ("a.rhai", "let x = 1;")]);
    for (path, help) in [
        ("parts/table", Some("did you mean `parts/tables`?")),
        ("./tables", Some("did you mean `parts/tables`?")),
        ("naming", Some("did you mean `std/naming`?")),
        ("elsewhere", None),
        ("std/namin", Some("did you mean `std/naming`?")),
        ("std/elsewhere", Some("it has: std/naming, std/provision")),
        ("a", Some("put it into a function, and call that from the recipe")),
        ("/a", Some("a recipe imports `std/..` and files of its project")),
        ("../../a", Some("a recipe imports `std/..` and files of its project")),
        ("b//a", None),
        ("std/../a", None),
    ] {
        let helps = project.helps(&format!("import \"{path}\" as x;"));
        assert_eq!(helps.first().map(String::as_str), help, "{path}");
    }
}

#[test]
fn a_function_is_found_at_every_place_of_a_value() {
    let function = || Dynamic::from(FnPtr::new("f").unwrap());
    let list = |items: Vec<Dynamic>| Dynamic::from_array(items);
    let map = |items: Vec<Dynamic>| {
        let entries = items.into_iter().enumerate().map(|(at, item)| (format!("{at}").into(), item));
        Dynamic::from_map(entries.collect::<Map>())
    };
    let none = || Dynamic::from(1_i64);
    assert!(holds_function(&function()) && !holds_function(&none()));
    for put in [&list as &dyn Fn(Vec<Dynamic>) -> Dynamic, &map] {
        assert!(!holds_function(&put(vec![])) && !holds_function(&put(vec![none()])));
        assert!(holds_function(&put(vec![none(), function(), none()])));
        assert!(holds_function(&put(vec![none(), list(vec![none(), map(vec![function()])])])));
    }
}

#[test]
fn no_function_goes_from_one_file_to_another() {
    let project = Project::new(&[("a.rhai", "fn take(x, y) { 1 } fn give() { [1, take] } ")]);
    for (call, title) in [
        ("a::take(1, f)", "a function cannot be passed to `take` of `a.rhai`"),
        ("a::take(#{x: 1, y: [f]}, 1)", "a function cannot be passed to `take` of `a.rhai`"),
        ("a::give()", "`give` of `a.rhai` cannot give a function to another file"),
    ] {
        let found = project.run(&format!("import \"a\" as a; fn own() {{ 1 }} let f = own; {call}"));
        let said = found.unwrap_err().1;
        assert_eq!(said, title, "{call}");
    }
}

#[test]
fn what_is_private_or_a_closure_is_for_its_own_file() {
    let text =
        "private fn hidden() { 1 } fn shown() { let f = || hidden(); f.call() } fn int.twice() { this * 2 }";
    let project = Project::new(&[("a.rhai", text)]);
    assert_eq!(project.run("import \"a\" as a; a::shown()").unwrap(), "1");
    assert_eq!(project.run("import \"a\" as a; const N = 3; N.twice()").unwrap(), "6");
    let (kind, title) = project.run("import \"a\" as a; a::hidden()").unwrap_err();
    assert_eq!((kind, title.as_str()), (DiagnosticKind::Name, "unknown function `a::hidden`"));
    let engine = Engine::new();
    let ast = engine.compile(text).unwrap();
    let module = exports::run(&engine, "a.rhai", &ast).unwrap();
    assert_eq!((module.id(), module.count().1), (Some("a.rhai"), 2), "`shown` and `twice`");
}

#[test]
fn limits_count_on_in_an_imported_file() {
    let count = "fn count() { let n = 0; while n < 100 { n += 1; } n }";
    let project =
        Project::new(&[("a.rhai", &format!("{count} fn load() {{ import \"b\" as b; }}")), ("b.rhai", "")]);
    let runs = |recipe: &str, limit: &dyn Fn(&mut Engine)| {
        project.run_in(&format!("import \"a\" as a; {count} {recipe}"), limit).is_ok()
    };
    let operations: &dyn Fn(&mut Engine) = &|engine| {
        engine.set_max_operations(1_000);
    };
    assert!(runs("a::count()", operations) && runs("count()", operations));
    assert!(!runs("count(); a::count()", operations));
    let modules: &dyn Fn(&mut Engine) = &|engine| {
        engine.set_max_modules(2);
    };
    assert!(runs("a::load()", modules));
    assert!(!runs("import \"b\" as b; a::load()", modules));
}

#[test]
fn calls_into_another_file_are_as_deep_as_calls_within_one() {
    let down = "fn down(n) { if n == 0 { 0 } else { down(n - 1) } }";
    let project = Project::new(&[("a.rhai", down)]);
    let deepest = |call: &str, ups: i32| {
        let ups =
            (0..ups).map(|up| format!("fn up{}(n) {{ up{up}(n) }}", up + 1)).collect::<Vec<_>>().concat();
        let first = ups.matches("fn ").count();
        let runs = |n: &i32| {
            let recipe = format!("import \"a\" as a; {down} {ups} fn up0(n) {{ {call}(n) }} up{first}({n})");
            let limit = |engine: &mut Engine| {
                engine.set_max_call_levels(12);
            };
            project.run_in(&recipe, limit).is_ok()
        };
        (0..20).take_while(runs).count()
    };
    for ups in 0..6 {
        assert_eq!(deepest("a::down", ups), deepest("down", ups), "{ups}");
    }
}

#[test]
fn an_error_without_a_place_gets_that_of_the_call() {
    let project = Project::new(&[("a.rhai", "fn fail() { throw \"no\" }")]);
    let found = project.run_in("import \"a\" as a;\n  a::fail();", |_| {}).unwrap_err();
    assert_eq!((found.title.as_str(), found.at.file.as_str(), found.at.line), ("no", "a.rhai", 1));
    assert_eq!(found.frames.iter().map(|frame| frame.at.line).collect::<Vec<_>>(), [2]);
}
