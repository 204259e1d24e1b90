use super::*;
use crate::script::diagnostics::{DiagnosticKind, from_eval_error};
use crate::script::engine::{self, EngineHooks, Meter, Slept};
use crate::script::known::KnownFunctions;
use crate::system::files;
use rhai::Dynamic;
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
        let sources = Sources::default();
        let hooks = EngineHooks {
            say: Arc::new(|_| {}),
            sleep: Arc::new(|_| Slept::Fully),
            meter: Arc::new(Meter::new(|| Duration::ZERO, || None)),
        };
        let resolver = Resolver::new(Some(self.folder.path()), sources.clone());
        let engine = engine::engine_with(&hooks, resolver);
        let known = KnownFunctions::default();
        let run = || {
            let ast = engine::compile(&engine, "recipes/main.rhai", recipe, &sources, &known)
                .map_err(|found| *found)?;
            let value = engine.eval_ast::<Dynamic>(&ast);
            value.map_err(|error| from_eval_error(&error, "recipes/main.rhai", &sources, &known))
        };
        let outcome = engine::run_on_big_stack(run).unwrap();
        outcome.map(|value| value.to_string()).map_err(|found| (found.kind, found.title))
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
    let chain: Vec<(String, String)> =
        (0..20).map(|n| (format!("f{n}.rhai"), format!("import \"f{}\" as f;", n + 1))).collect();
    let chain: Vec<(&str, &str)> = chain.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    assert_eq!(
        Project::new(&chain).fails("import \"f0\" as f;"),
        "files import each other more than 16 deep"
    );
    let many: Vec<(String, String)> = (0..70).map(|n| (format!("f{n}.rhai"), String::new())).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    assert_eq!(
        Project::new(&many).fails("for n in 0..70 { import `f${n}` as f; }"),
        "more than 64 files are imported"
    );
}

#[test]
fn only_small_regular_files_below_the_root() {
    let big = "x".repeat(256 * 1024 + 1);
    let project = Project::new(&[("big.rhai", &big), ("folder.rhai/x", "")]);
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
