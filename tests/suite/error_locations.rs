//! Errors stand where a person can act: in the SQL file, at the line of `larder.toml` or of the wrangler config, and never
//! in what is compiled into the program.

use super::github::{in_job, text_of};
use super::outputs::kept;
use super::project::{Project, filtered};
use larder::system::files;

const RUN: [&str; 4] = ["run", "-e", "dev", "--local"];

fn config(tables: &str) -> String {
    format!("app = \"app\"\n{tables}\n[environments.dev]\n")
}

/// What a refused run says on standard error.
fn said(project: &Project, arguments: &[&str], code: i32) -> String {
    project.run(arguments).exit(code).stderr
}

#[test]
fn a_migration_that_fails_stands_at_its_statement() {
    let project = Project::new(&config("[d1.databases.db]\nmigrations = \"sql\"\n"))
        .file("sql/0001_a.sql", "CREATE TABLE a (x);\n\nUPDATE b\n  SET x = 1;\n");
    assert_eq!(
        said(&project, &RUN, 1),
        "error: `app-dev-db` is not migrated: sql/0001_a.sql:3:1: `UPDATE b SET x = 1` fails: no such table: b\n \
         --> sql/0001_a.sql:3:1\n  |\n3 | UPDATE b\n  | ^^^^^^^^\n  |\n  \
         = note: in step `d1`\n  = help: nothing was sent: correct the file and run again\n\
         note: asked for here\n --> larder.toml:2:15\n  |\n2 | [d1.databases.db]\n  |               ^^\n\
         exit 1: nothing was changed\n"
    );
    kept("a migration that fails stands at its statement", &project.run(&RUN).exit(1).stdout);
}

#[test]
fn in_a_job_a_migration_that_fails_is_shown_in_its_file() {
    let project = in_job(
        Project::new(&config("[d1.databases.db]\nmigrations = \"sql\"\n"))
            .file("sql/0001_a.sql", "DROP TABLE b;\n"),
    );
    project.run(&RUN).exit(1).kept("in a job a migration that fails is shown in its file");
    let summary = filtered(&text_of(&project, "job/summary"), project.path());
    kept("in a job a migration that fails, the summary", &summary);
}

#[test]
fn what_the_project_file_says_wrong_stands_in_its_line() {
    let cases = [
        (
            "[r2]\nbuckets = [\"files\", \"Bad_Name\"]\n",
            "error: `app-dev-Bad_Name` is no valid R2Bucket name: a bucket name has 3 to 63 characters, `a` to `z`, `0` to `9` and `-`, and no `-` at either end\n \
             --> larder.toml:3:21\n  |\n3 | buckets = [\"files\", \"Bad_Name\"]\n  |                     ^^^^^^^^^^\n\
             exit 2: nothing was changed\n",
        ),
        (
            "steps = [\"kv\", [\"r3\"]]\n",
            "error: the order names the step `r3`, which has no closure\n --> larder.toml:2:17\n  |\n\
             2 | steps = [\"kv\", [\"r3\"]]\n  |                 ^^^^\n  |\n  = help: did you mean `r2`?\n\
             exit 2: nothing was changed\n",
        ),
        (
            "[kv]\nnamespaces = [\"A\", \"B\"]\n[naming]\nkv = \"same\"\n",
            "error: two logical kv names have one real name: `A in dev`, `B in dev` are both `same`\n --> larder.toml:3:15\n  |\n\
             3 | namespaces = [\"A\", \"B\"]\n  |               ^^^\n  |\n  \
             = help: give each its own name: `[naming]` of the project file, or `real_name` of the recipe\n\
             exit 2: nothing was changed\n",
        ),
    ];
    for (tables, expected) in cases {
        assert_eq!(said(&Project::new(&config(tables)), &RUN, 2), expected);
    }
}

#[test]
fn what_the_wrangler_config_says_wrong_stands_in_its_line() {
    let project = Project::empty().file(
        "wrangler.toml",
        "name = \"app\"\n[[r2_buckets]]\nbinding = \"FILES\"\nbucket_name = \"Bad_Name\"\n",
    );
    kept("what the wrangler config says wrong stands in its line", &said(&project, &["run", "--local"], 2));
}

#[test]
fn what_the_account_refuses_stands_at_the_line_that_asks_for_it() {
    let project = Project::new(&config("[kv]\nnamespaces = [\"SESSIONS\"]\n"));
    let project = project.served_with(std::time::Duration::ZERO, Some(&["D1 Read"]));
    let said = said(&project, &["run", "-e", "dev"], 1);
    kept("what the account refuses stands at the line that asks for it", &said);
}

#[test]
fn a_module_of_the_library_is_shown_and_ejected_with_the_recipe() {
    let project = Project::example();
    project.run(&["show", "std/provision"]).exit(0).says(include_str!("../../stdlib/provision.rhai"), "");
    project.run(&["run", "std/provision", "-e", "development", "--local"]).exit(2);
    project.run(&["eject", "provision"]).exit(0).says("", "wrote `recipes/provision.rhai`\n");
    let ejected = files::read_text(&project.path().join("recipes/provision.rhai"), 1 << 20).unwrap();
    assert_eq!(ejected.lines().find(|line| line.starts_with("import")), None);
    project.run(&["check"]).exit(0).says("checked 3 recipes and 1 test file: no errors\n", "");
    let edited = ejected.replace("\"location\", ", "");
    project.write("recipes/provision.rhai", &edited);
    let run = ["run", "-e", "development", "--local"];
    project.run(&run).exit(0).kept("a module of the library is shown and ejected with the recipe");
    project.run(&run).exit(0).kept("a module of the library is shown and ejected with the recipe, 2");
}

#[test]
fn in_a_job_a_broken_project_file_is_shown_at_its_lines() {
    let project = in_job(Project::new(&config("[r2]\nbuckets = [\"a\", 3]\n[kv]\nnamespace = []\n")));
    let output = project.run(&RUN).exit(2);
    let annotations: Vec<&str> = output.stderr.lines().filter(|line| line.starts_with("::error ")).collect();
    let begins = [
        "::error file=larder.toml,line=3,col=",
        "::error file=larder.toml,line=5,col=1,title=larder::unknown key `namespace` in `kv`",
    ];
    assert_eq!(annotations.len(), 2, "{annotations:?}");
    assert!(annotations.iter().zip(begins).all(|(line, begin)| line.starts_with(begin)), "{annotations:?}");
}

#[test]
fn an_error_of_a_closure_has_a_line_also_where_the_engine_gives_none() {
    let shared = "let a = [1];\na.for_each(|x| log(x));\na.map(|x| x + a.len());\n";
    for recipe in [
        shared.to_owned(),
        format!("step(\"s\", #{{ on_error: \"continue\" }}, || {{\n{shared}}});\n"),
        "[1].map(|x, y, z| x);\n".to_owned(),
        "step(\"s\", |x| x);\n".to_owned(),
    ] {
        let project = Project::new(super::project::PLAIN).recipe(&recipe);
        let output = project.run(&["run", "main", "-e", "dev", "--local"]);
        output.kept(&format!("an error of a closure has a line: {recipe}"));
    }
}
