//! Functions of imported files see nothing but their own file, and no function goes from one file to another: it would
//! make the wrong names, and nobody would notice.

use super::project::{PLAIN, Project};
/// A file whose functions call what they are given; it has names in common with the recipe.
const BASE: &str = r#"
const STAGE = "base";
fn helper() { "base" }
fn handle(x) { kv::ensure(x + "-" + global::STAGE + "-" + helper()) }
fn each(list, f) { for x in list { f.call(x); } }
fn each_of(list, m) { for x in list { m.f.call(x); } }
fn first_of(list, m) { for x in list { m[0].call(x); } }
fn mapped(list, f) { list.map(f); }
fn stepped(f) { step("s", f); }
fn give() { helper }
fn give_named() { Fn("helper") }
fn give_closure() { || helper() }
fn give_in_map() { #{ f: helper } }
fn own(list) { for x in list { let g = handle; g.call(x); } list.map(handle); list.for_each(|| handle(this)); }
fn own_step() { step("own", || handle("own")); }
fn own_steps() { steps(["one", "two"], #{ one: || handle("one"), two: || { let f = |x| handle(x); f.call("two") } }); }
fn own_named() { each(["named"], Fn("handle")); each_of(["of"], #{ f: |x| handle(x) }); }
"#;
/// The same names in the recipe.
const MAIN: &str = r#"import "./base" as base;
const STAGE = "main";
fn helper() { "main" }
fn handle(x) { kv::ensure(x + "-" + global::STAGE + "-" + helper()) }
fn pick() { handle }
fn echo(x) { x }
fn two(x, y) { handle(x + y) }
"#;

fn project(body: &str) -> Project {
    Project::new(PLAIN).file("recipes/base.rhai", BASE).recipe(&format!("{MAIN}{body}\n")).served()
}

/// The names that a run has made.
fn made(body: &str) -> Vec<String> {
    let project = project(body);
    project.run(&["run", "main", "-e", "dev"]).exit(0);
    let resources = project.account().resources().unwrap();
    resources.into_iter().map(|(_, resource)| resource.name).collect()
}

#[test]
fn a_function_is_not_passed_to_another_file() {
    for argument in ["handle", "Fn(\"handle\")", "|x| handle(x)"] {
        let project = project(&format!("base::each([\"a\"], {argument});"));
        for (command, code) in [(&["run", "main", "-e", "dev"][..], 2), (&["check"], 1)] {
            let output = project.run(command).exit(code);
            output.kept(&format!("a function is not passed to another file: {}, {argument}", command[0]));
        }
        assert_eq!(project.account().resources().unwrap().len(), 0, "{argument}");
    }
}

/// What is plain to see before the run, without any request.
#[test]
fn functions_in_variables_lists_and_maps_are_found_before_the_run() {
    for body in [
        "let f = handle; base::each([\"a\"], f);",
        "let f = |x| handle(x); base::each([\"a\"], f);",
        "let p = \"p\"; let f = |x| two(p, x); base::each([\"a\"], f);",
        "let f = handle; let g = f; base::each([\"a\"], g);",
        "base::each_of([\"a\"], #{ f: handle });",
        "base::first_of([\"a\"], [handle]);",
        "let m = #{ f: [handle] }; base::each_of([\"a\"], m);",
        "base::stepped(pick);",
        "fn inner() { base::each([\"a\"], handle) } inner();",
    ] {
        let project = project(body);
        project
            .run(&["run", "main", "-e", "dev"])
            .exit(2)
            .kept(&format!("functions in variables lists and maps are found before the run: {body}"));
        assert_eq!(project.history().unwrap().len(), 0, "{body}");
    }
}

/// What only the run can see is refused when the function is called, before a line of it runs.
#[test]
fn functions_that_only_the_run_sees_are_refused_by_it() {
    for body in [
        "base::each([\"a\"], pick());",
        "base::each([\"a\"], echo(handle));",
        "let f = handle; step(\"s\", || base::each([\"a\"], f));",
        "let m = #{}; m.f = handle; base::each_of([\"a\"], m);",
        "let l = []; l.push(handle); base::first_of([\"a\"], l);",
        "let f = (); f = if true { handle } else { 1 }; base::each([\"a\"], f);",
        "for f in [handle] { base::each([\"a\"], f); }",
        "[handle].for_each(|| base::each([\"a\"], this));",
        "base::mapped([\"a\"], [[handle]][0][0]);",
    ] {
        let project = project(body);
        let run = project.run(&["run", "main", "-e", "dev"]).exit(2);
        run.kept(&format!("functions that only the run sees are refused by it: {body}"));
        assert_eq!(project.account().resources().unwrap().len(), 0, "{body}");
    }
}

#[test]
fn no_function_comes_back_from_another_file() {
    for function in ["give", "give_named", "give_closure", "give_in_map"] {
        let project = project(&format!("let f = base::{function}();\nkv::ensure(\"after\");"));
        project
            .run(&["run", "main", "-e", "dev"])
            .exit(2)
            .kept(&format!("no function comes back from another file: {function}"));
        assert_eq!(project.account().resources().unwrap().len(), 0, "{function}");
    }
}

#[test]
fn a_function_of_another_file_is_no_value() {
    let project = project("base::each([\"a\"], base::handle);");
    project.run(&["check"]).exit(1).stderr(
        "\
error: `base::handle` is no value: it is a function of another file
 --> recipes/main.rhai:8:25
  |
8 | base::each([\"a\"], base::handle);
  |                         ^^^^^^
  |
  = help: call it from a closure of this file: `|..| base::handle(..)`
",
    );
    project.run(&["run", "main", "-e", "dev"]).exit(2).stderr(
        "\
error: `base::handle` is no value: it is a function of another file
 --> recipes/main.rhai:8:25
  |
8 | base::each([\"a\"], base::handle);
  |                         ^^^^^^
  |
  = help: call it from a closure of this file: `|..| base::handle(..)`
exit 2: nothing was changed
",
    );
    project.write("recipes/main.rhai", &format!("{MAIN}print(base::STAGE);\n"));
    project.run(&["run", "main", "-e", "dev"]).exit(2).stderr(
        "\
error: unknown variable `base::STAGE`
 --> recipes/main.rhai:8:13
  |
8 | print(base::STAGE);
  |             ^^^^^
  |
  = help: a constant is seen in its own file alone: let a function there return it
exit 2: nothing was changed
",
    );
}

#[test]
fn functions_of_a_file_work_inside_it() {
    assert_eq!(made("base::own([\"a\"]);"), ["a-base-base"]);
    assert_eq!(
        made("base::own_step(); base::own_steps();"),
        ["one-base-base", "own-base-base", "two-base-base"]
    );
    assert_eq!(made("base::own_named();"), ["named-base-base", "of-base-base"]);
    assert_eq!(
        made(
            "[\"a\"].map(handle); let f = handle; f.call(\"b\"); Fn(\"handle\").call(\"c\"); step(\"s\", || handle(\"d\"));"
        ),
        ["a-main-main", "b-main-main", "c-main-main", "d-main-main"]
    );
    assert_eq!(
        made("[\"a\"].for_each(|| base::handle(this)); step(\"s\", || base::own([\"b\"]));"),
        ["a-base-base", "b-base-base"]
    );
}

/// Rhai's cache of functions found gave each file the function of the other once it had been called twice.
#[test]
fn functions_of_one_name_in_two_files_are_kept_apart() {
    let body = "for n in 0..4 { handle(`m${n}`); base::handle(`b${n}`); helper(); }\n\
                base::own([\"o\"]); handle(\"z\"); step(\"s\", || { handle(\"y\"); base::handle(\"x\"); handle(\"w\"); });";
    let mut expected: Vec<String> = Vec::new();
    expected.extend((0..4).map(|n| format!("b{n}-base-base")));
    expected.extend((0..4).map(|n| format!("m{n}-main-main")));
    expected.extend(
        ["o-base-base", "w-main-main", "x-base-base", "y-main-main", "z-main-main"].map(str::to_owned),
    );
    assert_eq!(made(body), expected);
}

/// Three files with the same names, one importing the other, with constants of their own.
#[test]
fn a_chain_of_files_keeps_each_to_its_own() {
    let file = |next: &str, call: &str, name: &str| {
        format!(
            "{next}const STAGE = \"{name}\";\nfn helper() {{ \"{name}\" }}\nfn handle(x) {{ kv::ensure(x + \"-\" + global::STAGE + helper()) }}\n\
             fn all(x) {{ handle(x); handle(x + \"2\"); {call} handle(x + \"3\"); }}\n"
        )
    };
    let project = Project::new(PLAIN)
        .file("recipes/c.rhai", &file("", "", "c"))
        .file("recipes/b.rhai", &file("import \"./c\" as next;\n", "next::all(x);", "b"))
        .recipe(&format!(
            "{}all(\"n\"); all(\"n\");\n",
            file("import \"./b\" as next;\n", "next::all(x);", "a")
        ))
        .served();
    project.run(&["run", "main", "-e", "dev"]).exit(0);
    let names: Vec<String> =
        project.account().resources().unwrap().into_iter().map(|(_, resource)| resource.name).collect();
    assert_eq!(names, ["n-aa", "n-bb", "n-cc", "n2-aa", "n2-bb", "n2-cc", "n3-aa", "n3-bb", "n3-cc"]);
}

/// A method that a file defines for a type is found by those who import it, and runs in that file.
#[test]
fn a_method_of_a_type_runs_in_its_own_file() {
    let methods = "const END = \"!\";\nfn helper() { global::END }\nfn string.loud() { this + helper() }\nfn int.loud() { `${this}${helper()}` }\n";
    let project = Project::new(PLAIN)
        .file("recipes/methods.rhai", methods)
        .recipe(
            "import \"./methods\" as methods;\nconst END = \"?\";\nfn helper() { \"wrong\" }\nhelper(); helper();\n\
             output(\"said\", \"a\".loud() + 3.loud() + \"b\".loud() + helper());\n",
        )
        .served();
    assert_eq!(project.report(&["run", "main", "-e", "dev"])["outputs"]["said"], "a!3!b!wrong");
}

/// An error inside an imported file shows where it is and how the recipe came there.
#[test]
fn an_error_in_an_imported_file_is_located_in_it() {
    let project = Project::new(PLAIN)
        .file("recipes/lib.rhai", "fn outer(x) {\n    inner(x)\n}\nfn inner(x) {\n    throw `no ${x}`\n}\n")
        .recipe("import \"./lib\" as lib;\nlet a = 1;\nlib::outer(\"way\");\n")
        .served();
    let run = project.run(&["run", "main", "-e", "dev"]).exit(1);
    run.kept("an error in an imported file is located in it");
}

/// Depth is counted through imported files as it is inside one.
#[test]
fn recursion_through_an_imported_file_ends_at_the_cap() {
    let project = Project::new(PLAIN)
        .file(
            "recipes/lib.rhai",
            "import \"./lib2\" as other;\nfn down(n) { if n == 0 { 0 } else { other::down(n - 1) } }\n",
        )
        .file("recipes/lib2.rhai", "fn down(n) { if n == 0 { 0 } else { down(n - 1) } }\n")
        .recipe("import \"./lib\" as lib;\noutput(\"deep\", lib::down(20));\nlib::down(1000);\n")
        .served();
    let run = project.run(&["run", "main", "-e", "dev"]);
    assert_ne!(run.code, 0);
    run.stderr(
        "\
error: functions call each other more than 64 deep
 --> recipes/main.rhai:3:6
  |
3 | lib::down(1000);
  |      ^^^^
  |
  = help: does a function call itself without an end?
exit 1: nothing was changed
",
    );
}
