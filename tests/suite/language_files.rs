//! `file::` and `time::` from the binary: what is read is an input of a plan, what is missing or malformed is located, and a
//! plan that is applied has the time of the plan.

use super::project::{Output, PLAIN, Project};
use super::stub_api::{KINDS, StandIn, no};
use larder::report::Plan;
use larder::secret::Redactor;
use larder::system::files;
use serde_json::json;

const RUN: [&str; 5] = ["run", "main", "-e", "dev", "--local"];
const TENANTS: &str = "{ \"tenants\": [\"acme\", \"umbrella\"] }\n";
const RECIPE: &str =
    "for tenant in file::json(\"data/tenants.json\").tenants { kv::ensure(`TENANT_${tenant}`); }\n";

fn project(recipe: &str) -> Project {
    Project::new(PLAIN).file("data/tenants.json", TENANTS).recipe(recipe)
}

fn run(recipe: &str) -> Output {
    project(recipe).run(&RUN)
}

#[test]
fn a_file_that_was_read_is_an_input_of_the_plan() {
    let project = project(RECIPE).served();
    let plan = ["plan", "main", "-e", "dev", "--out", "plan.json"];
    project.run(&plan).exit(0).kept("a file that was read is an input of the plan");
    let file = files::read_text(&project.path().join("plan.json"), 1 << 20).unwrap();
    assert!(file.contains("\"path\": \"data/tenants.json\""), "{file}");
    project.write("data/tenants.json", "{ \"tenants\": [\"acme\", \"umbrella\"] } \n");
    project.run(&["apply", "plan.json"]).exit(1).kept("a file that was read is an input of the plan, 2");
    files::remove_file(&project.path().join("data/tenants.json")).unwrap();
    let gone = project.run(&["apply", "plan.json"]).exit(1);
    gone.kept("a file that was read is an input of the plan, 3");
    assert_eq!(project.api("GET", "/storage/kv/namespaces", &json!(null)), json!([]));
    project.write("data/tenants.json", &format!("\u{feff}{TENANTS}"));
    project.run(&["apply", "plan.json"]).exit(0).kept("a file that was read is an input of the plan, 4");
}

#[test]
fn a_missing_file_is_located_and_the_near_one_named() {
    let output = run("let all = file::json(\"./data/tenant.json\");\nkv::ensure(\"A\");\n").exit(2);
    assert_eq!(
        output.stderr,
        "error: there is no file `./data/tenant.json`
 --> recipes/main.rhai:1:22
  |
1 | let all = file::json(\"./data/tenant.json\");
  |                      ^^^^^^^^^^^^^^^^^^^^
  |
  = help: did you mean `data/tenants.json`?
exit 2: nothing was changed
"
    );
    for path in ["tenants.json", "data", "quite/another"] {
        run(&format!("file::text(\"{path}\");"))
            .exit(2)
            .kept(&format!("a missing file is located and the near one named: {path}"));
    }
}

#[test]
fn nothing_outside_of_the_project_is_read_and_no_file_of_secrets() {
    let project = project("").file("app/larder.toml", PLAIN).file("app/.dev.vars", "TOKEN=hunter2hunter2\n");
    let link = |to: &str, at: &str| {
        std::os::unix::fs::symlink(to, project.path().join("app").join(at)).unwrap();
    };
    link("../data/tenants.json", "link.json");
    link(".dev.vars", "vars.txt");
    link("/dev/zero", "zero");
    project.write("app/.git/config", "[core]\n");
    files::write_whole(&project.path().join("app/bytes"), &[0xff, 0xfe]).unwrap();
    project.write("app/large", &"x".repeat((1 << 20) + 1));
    for path in [
        "../data/tenants.json",
        "/etc/passwd",
        "link.json",
        "zero",
        ".dev.vars",
        "vars.txt",
        ".git/config",
        "bytes",
        "large",
    ] {
        project.write("app/recipes/main.rhai", &format!("\nprint(file::text(\"{path}\"));\n"));
        let output = project.run(&["-C", "app", "run", "main", "-e", "dev", "--local"]).exit(2);
        output.kept(&format!("nothing outside of the project is read and no file of secrets: {path}"));
    }
}

#[test]
fn what_is_wrong_in_a_file_stands_there() {
    let json =
        project("let x = 1;\nfile::json(\"data/bad.json\");\n").file("data/bad.json", "{\n  \"a\": 1,\n}\n");
    let output = json.run(&RUN).exit(2);
    assert_eq!(
        output.stderr,
        "error: `data/bad.json`: no JSON: trailing comma
 --> data/bad.json:3:1
  |
3 | }
  | ^
  |
  = note: `file::json` reads it at recipes/main.rhai:2:7
exit 2: nothing was changed
"
    );
    for (name, text) in [
        ("bad.toml", "a = 1\nb =\n"),
        ("bad.toml", "a = 1\na = 2\n"),
        ("bad.csv", "a,b\n1,2\n3\n"),
        ("bad.csv", "a,a\n1,2\n"),
        ("bad.csv", "a,\n1,2\n"),
        ("bad.json", "[18446744073709551615]"),
        ("bad.json", ""),
    ] {
        let kind = name.rsplit('.').next().unwrap();
        let project = project(&format!("file::{kind}(\"data/{name}\");")).file(&format!("data/{name}"), text);
        project.run(&RUN).exit(2).kept(&format!("what is wrong in a file stands there: {name}, {text}"));
    }
}

#[test]
fn values_are_those_of_the_file() {
    let recipe = r#"
        print(to_json(file::toml("a.toml")));
        print(to_json(file::csv("a.csv", #{ separator: ";" })));
        print(to_json(file::lines("crlf.txt")));
        print(to_json(file::text("crlf.txt")));
        print(to_json(file::json("a.json")));
    "#;
    let project = project(recipe)
        .file("a.toml", "n = 1\nf = 1.5\nt = true\nd = 2026-01-01T00:00:00Z\n[a]\nl = [[1], [2]]\n")
        .file("a.csv", "name;note\nA;\"x; y\"\n\nB;\n")
        .file("crlf.txt", "\u{feff}a\r\n\r\nb")
        .file("a.json", "\u{feff}{\"n\": null, \"f\": 1.0, \"u\": \"\\u00e9\"}");
    project.run(&RUN).exit(0).says(
        "main -> development (local account)\n\nnothing to do in [TIME] ([N] reads, 0 writes)\n",
        "{\"a\":{\"l\":[[1],[2]]},\"d\":\"2026-01-01T00:00:00Z\",\"f\":1.5,\"n\":1,\"t\":true}
[{\"name\":\"A\",\"note\":\"x; y\"},{\"name\":\"B\",\"note\":\"\"}]
[\"a\",\"\",\"b\"]
\"a\\r\\n\\r\\nb\"
{\"f\":1.0,\"n\":null,\"u\":\"é\"}
",
    );
}

#[test]
fn a_file_that_the_run_writes_is_read_after_that() {
    let recipe = "let db = d1::ensure(\"jobs\");\ndb.execute(\"CREATE TABLE t (x)\");\ndb.dump(\"out.sql\");\nprint(file::text(\"out.sql\").contains(\"CREATE TABLE\"));\n";
    let project = project(recipe);
    project
        .run(&["plan", "main", "-e", "dev", "--local"])
        .exit(0)
        .kept("a file that the run writes is read after that");
    project.run(&RUN).exit(0).kept("a file that the run writes is read after that, 2");
}

#[test]
fn check_names_the_near_file_of_a_path_that_may_never_be_read() {
    let recipe = "if env::name == \"other\" { print(file::text(\"data/tenant.json\")); }\nd1::ensure(\"a\").dump(\"made.sql\");\n// larder:allow(unused)\nfn later() { file::text(\"made.sql\") }\n";
    let project = project(recipe);
    project.run(&["check", "main"]).exit(0).says(
        "checked 1 recipe: no errors\n",
        "warning: there is no file `data/tenant.json`
 --> recipes/main.rhai:1:44
  |
1 | if env::name == \"other\" { print(file::text(\"data/tenant.json\")); }
  |                                            ^^^^^^^^^^^^^^^^^^
  |
  = help: did you mean `data/tenants.json`?
",
    );
    // What is reached fails, and is told once.
    project.write("recipes/main.rhai", "file::text(\"data/tenant.json\");\n");
    let output = project.run(&["check", "main"]).exit(1);
    assert_eq!(output.stderr.matches("there is no file").count(), 1, "{}", output.stderr);
    output.kept("check names the near file of a path that may never be read");
}

#[test]
fn a_plan_that_is_applied_has_the_time_of_the_plan() {
    let project = project("kv::ensure(\"A\");\nprint(time::now());\n").served();
    project.run(&["plan", "main", "-e", "dev", "--out", "plan.json"]).exit(0);
    let path = project.path().join("plan.json");
    let plan = Plan::load(&path, "plan.json").unwrap();
    assert_eq!(plan.now.get(..19), plan.made_at.get(..19));
    Plan { now: "2020-02-03T04:05:06Z".to_owned(), ..plan }.save(&path, &Redactor::default()).unwrap();
    project.run(&["apply", "plan.json"]).exit(0).kept("a plan that is applied has the time of the plan");
}

/// The planning and the writing pass of a run see one file.
#[test]
fn a_file_that_changes_between_the_passes_was_read_once() {
    let recipe =
        "let one = file::text(\"data/one.txt\");\nkv::ensure(\"there\").get(\"k\");\nkv::ensure(one);\n";
    let project = project(recipe).file("data/one.txt", "before");
    let path = project.path().join("data/one.txt");
    let changed = path.clone();
    let stand_in = StandIn::new(move |asked, _| {
        asked.path.contains("/values/").then(|| {
            files::write_whole(&changed, b"after").unwrap();
            no(404, 10009)
        })
    });
    stand_in.look(|holds| holds.make(KINDS[0], &json!({ "title": "there" })));
    let project = stand_in.serves(project);
    project
        .run(&["run", "main", "-e", "dev"])
        .exit(0)
        .kept("a file that changes between the passes was read once");
    assert_eq!(files::read_text(&path, 10).unwrap(), "after");
    let titles: Vec<_> =
        stand_in.look(|holds| holds.of(KINDS[0])).iter().map(|one| one["title"].clone()).collect();
    assert_eq!(titles, ["there", "before"]);
}
