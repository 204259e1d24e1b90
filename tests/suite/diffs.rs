//! `diff`: two environments compared, by the binary.

use super::project::Project;
use super::report_schema;
use serde_json::{Value as Json, json};

const CONFIG: &str = "app = \"app\"\n[naming]\ntemplate = \"{env}-{name}\"\n\
    [environments.one]\n[environments.two]\n[environments.two.vars]\nttl = 60\n[vars]\nttl = 3600\n";
const RECIPE: &str = "kv::ensure(name(\"kv\", \"same\"));\n\
    ai_gateway::ensure(name(\"ai_gateway\", \"gw\"), #{ cache_ttl: config::vars.ttl });\n\
    if env::name == \"one\" { r2::ensure(name(\"r2\", \"extra\")); }\n\
    let db = d1::ensure(name(\"d1\", \"db\"));\n\
    db.migrate(\"migrations\");\n";

fn project() -> Project {
    Project::new(CONFIG).recipe(RECIPE).file("migrations/0001_a.sql", "CREATE TABLE a (x);\n").served()
}

#[test]
fn what_differs_is_shown_by_logical_name() {
    let project = project();
    project.run(&["run", "main", "-e", "one"]).exit(0);
    project.api("POST", "/storage/kv/namespaces", &json!({ "title": "two-same" }));
    let before = project.account().history().iter().filter(|one| one.changed).count();
    let diff = ["diff", "one", "two", "--recipe", "main"];
    project.run(&diff).exit(0).says(
        "diff of main: one -> two

kv
  = 1 the same
ai_gateway
  ~ gw                            exists in one, not in two
      cache_ttl: 3600 -> 60
r2
  - extra                         only in one
d1
  ~ db                            exists in one, not in two
      0001_a.sql: applied -> pending
3 differ, 1 the same
",
        "",
    );
    project.run(&[&diff[..], &["--exit-code"]].concat()).exit(3);
    let output = project.run(&[&diff[..], &["--format", "json"]].concat()).exit(0);
    let json: Json = serde_json::from_str(&output.stdout).unwrap();
    report_schema::fits("schemas/diff-1.json", &json);
    assert_eq!((&json["a"], &json["b"], &json["differs"]), (&json!("one"), &json!("two"), &json!(true)));
    assert_eq!(project.account().history().iter().filter(|one| one.changed).count(), before);
}

#[test]
fn environments_that_are_alike_do_not_differ() {
    let project = Project::new(&CONFIG.replace("ttl = 60\n", "ttl = 3600\n"))
        .recipe("kv::ensure(name(\"kv\", \"same\"));\n")
        .served();
    let diff = ["diff", "one", "two", "--recipe", "main", "--exit-code"];
    project.run(&diff).exit(0).kept("environments that are alike do not differ");
    project.run(&["run", "main", "-e", "two"]).exit(0);
    project.run(&diff).exit(3).stdout(
        "\
diff of main: one -> two

kv
  ~ same                          exists in two, not in one
1 differs, 0 the same
",
    );
    project
        .run(&["diff", "one", "one", "--recipe", "main"])
        .exit(2)
        .says("", "error: `one` and `one` are both `one`\n");
    let output = project.run(&["diff", "one", "three", "--recipe", "main"]).exit(2);
    output.stderr(
        "error: unknown environment `three` in `--env`\n\
         hint: one of `one`, `two`\n",
    );
}
