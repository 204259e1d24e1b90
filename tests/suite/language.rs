//! The functions that send nothing: every example gives its result, and a wrong argument is refused by the name of its
//! parameter.

use super::project::{PLAIN, Project};
use super::simulation::{Finished, Simulation};
use larder::op::Mode;
use larder::script::functions;
use larder::system::files;
use std::path::Path;
use tempfile::TempDir;

/// A folder with the files that examples read.
pub fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in [
        ("data/hello.txt", "Hello\nthere\n"),
        ("data/tenants.json", "{ \"tenants\": [{ \"name\": \"acme\", \"region\": \"weur\" }] }\n"),
        ("data/limits.toml", "[limits]\nkeys = 100\nsince = 2026-01-01\n"),
        ("data/prices.csv", "sku,price\nA-1,10\nB-2,25\n"),
    ] {
        let path = folder.path().join(path);
        files::make_folder(path.parent().unwrap()).unwrap();
        files::write_whole(&path, text.as_bytes()).unwrap();
    }
    folder
}

fn run(folder: &Path, mode: Mode, text: &str) -> Finished {
    Simulation::new(1).script(folder, mode, text)
}

#[test]
fn every_example_gives_its_result_in_both_passes() {
    let folder = folder();
    let (mut wrong, mut count) = (Vec::new(), 0);
    for function in functions::all() {
        for mode in [Mode::Plan, Mode::Apply] {
            let Finished { value, said, sent, .. } = run(folder.path(), mode, function.example);
            if value.as_deref() != Some(function.result) || !said.is_empty() || !sent.is_empty() {
                wrong
                    .push(format!("{}: {value:?}, not {}; {said:?}", function.builtin.name, function.result));
            }
        }
        count += 1;
    }
    assert!(count > 8, "only {count} functions");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_parameter_refuses_what_is_not_of_its_type() {
    // A value of each type, and the types that it is of.
    let values = [
        ("`a`", "string"),
        ("1", "int"),
        ("[]", "array"),
        ("#{}", "map"),
        ("|x| x", "closure"),
        ("secret::env(\"S\")", "secret"),
        ("()", "()"),
        ("1.5", "float"),
        ("true", "bool"),
        ("`${kv::ensure(\"A\")}`", "text made from a handle"),
        ("`${secret::env(\"S\")}`", "text made from a secret"),
    ];
    let right = |kind: &str| {
        let fits = |(_, of): &&(&str, &str)| kind == "any" || kind.split(" or ").any(|one| one == *of);
        values.iter().find(fits).unwrap_or_else(|| panic!("no value for {kind}")).0
    };
    let (mut lines, mut expected) = (Vec::new(), Vec::new());
    for builtin in functions::all().map(|function| &function.builtin) {
        for form in builtin.forms {
            let params: Vec<(&str, &str)> =
                form.iter().map(|param| param.split_once(": ").unwrap()).collect();
            for (at, (name, kind)) in params.iter().enumerate().filter(|(_, (_, kind))| *kind != "any") {
                let is_unfit = |(_, of): &&(&str, &str)| kind.split(" or ").all(|one| one != *of);
                for (value, _) in values.iter().filter(is_unfit) {
                    let arg = |(index, (_, kind)): (usize, &(&str, &str))| {
                        // `check` does not know what comes out of a map.
                        if index == at {
                            format!("#{{ v: {value} }}.get(\"v\")")
                        } else {
                            right(kind).to_owned()
                        }
                    };
                    let args: Vec<String> = params.iter().enumerate().map(arg).collect();
                    let call = format!("{}({})", builtin.name, args.join(", "));
                    lines.push(format!(
                        "try {{ {call}; print(\"took it\"); }} catch (e) {{ print(e.message); }}"
                    ));
                    expected.push((call, format!("`{}`: `{name}` must be ", builtin.name)));
                }
            }
        }
    }
    assert!(expected.len() > 300, "only {} were tried", expected.len());
    let project = Project::new(&format!("secret_env = [\"S\"]\n{PLAIN}")).env("S", "hunter2hunter2");
    let output = project.recipe(&lines.join("\n")).run(&["run", "main", "-e", "dev", "--local"]).exit(0);
    let said: Vec<&str> = output.stderr.lines().collect();
    assert_eq!(said.len(), expected.len(), "{}", output.stderr);
    let wrong = expected.iter().zip(said).filter(|((_, expected), said)| !said.starts_with(expected));
    assert_eq!(wrong.collect::<Vec<_>>(), Vec::new());
}

/// The text of the one error of a recipe, and the exit code.
fn refused(recipe: &str) -> (i32, String) {
    let output = Project::new(PLAIN).recipe(recipe).run(&["run", "main", "-e", "dev", "--local"]);
    (output.code, output.stderr)
}

#[test]
fn what_can_not_be_joined_is_underlined_with_a_way_out() {
    let (code, said) = refused("let parts = [\"a\", ()];\nprint(join([\"a\", #{}], \"-\"));\n");
    assert_eq!(code, 2, "{said}");
    assert_eq!(
        said,
        "error: `join`: item 1 is map, which has no text to join
 --> recipes/main.rhai:2:18
  |
2 | print(join([\"a\", #{}], \"-\"));
  |                  ^^^
  |
  = help: `to_json` gives the text of a map
exit 2: nothing was changed
"
    );
}

#[test]
fn every_function_has_a_page_and_a_place_in_the_list_of_its_module() {
    let project = Project::empty();
    project.run(&["doc", "regex::find"]).exit(0).says(
        "regex::find(pattern: string, text: string)

The first part of the text that the pattern matches, or `()`.

Example
  regex::find(`\\d+`, `build 42 of 50`)
  // \"42\"

See also
regex::find_all(pattern: string, text: string)             Every part of the text that the pattern matches.
",
        "",
    );
    let all = project.run(&["doc"]).exit(0).stdout;
    for function in functions::all() {
        let name = function.builtin.name;
        let page = project.run(&["doc", name]).exit(0);
        assert!(
            page.stdout.contains(function.example) && page.stdout.starts_with(name),
            "{name}: {}",
            page.stdout
        );
        assert!(all.contains(&format!("{name}(")), "{name}");
        if let Some((module, _)) = name.rsplit_once("::") {
            project.run(&["doc", module]).exit(0).stdout_has(&format!("{name}("));
        }
    }
}
