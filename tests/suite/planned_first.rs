//! A run is planned before it writes: what can be known to be wrong ends it there, what cannot be known yet ends the plan
//! and not the run.

use super::project::{Output, PLAIN, Project, ops};
use serde_json::json;

const RUN: [&str; 4] = ["run", "main", "-e", "dev"];

/// Runs a recipe; gives the output, and whether anything in the account has changed.
fn run(project: &Project) -> (Output, bool) {
    let before = project.account().history().len();
    let output = project.run(&RUN);
    let changed = project.account().history()[before..].iter().any(|one| one.changed);
    (output, changed)
}

fn refused(recipe: &str, code: i32, said: &str) {
    let project = Project::new(PLAIN).recipe(recipe).served();
    refused_in(&project, recipe, code, said);
}

fn refused_in(project: &Project, recipe: &str, code: i32, said: &str) {
    let (output, changed) = run(project);
    assert!(!changed, "{recipe}\n{}", output.stdout);
    let output = output.exit(code);
    assert!(output.stderr.contains(said), "{recipe}\n{}", output.stderr);
}

/// It comes to its end; and its plan is not refused.
fn works(project: &Project) -> Output {
    project.run(&["plan", "main", "-e", "dev"]).exit(0);
    let (output, changed) = run(project);
    assert!(changed, "{}", output.stdout);
    output.exit(0)
}

#[test]
fn what_is_wrong_whatever_the_account_holds_ends_a_run_with_2() {
    for (recipe, said) in [
        (
            "kv::ensure(\"A\");\nfn real_name(kind, logical, env) { \"same\" }\nkv::ensure(name(\"kv\", \"x\"));\nkv::ensure(name(\"kv\", \"y\"));\n",
            "`same`",
        ),
        (
            "kv::ensure(\"A\");\nfn real_name(kind, logical) { logical }\nkv::ensure(name(\"kv\", \"x\"));\n",
            "real_name",
        ),
        (
            "kv::ensure(\"A\");\nlet metric = \"cosin\" + \"us\";\nvectorize::ensure(\"v\", #{ dimensions: 3, metric: metric });\n",
            "cosinus",
        ),
        ("kv::ensure(\"A\");\nlet bad = \"A\" + \"_B\";\nr2::ensure(bad);\n", "A_B"),
        ("kv::ensure(\"A\");\nd1::ensure(\"db\").migrate(\"nowhere\");\n", "nowhere"),
        ("kv::ensure(\"A\");\nsteps([\"a\", \"b\"], #{ a: || kv::ensure(\"B\") });\n", "`b`"),
        (
            "kv::ensure(\"A\");\nvectorize::ensure(\"v\", #{ dimensions: 3, metric: \"cosine\" });\nvectorize::ensure(\"v\", #{ dimensions: 4, metric: \"cosine\" });\n",
            "with other options",
        ),
    ] {
        refused(recipe, 2, said);
    }
}

#[test]
fn what_the_account_holds_ends_a_run_with_1() {
    let project = Project::new(PLAIN)
        .recipe("vectorize::ensure(\"v\", #{ dimensions: 3, metric: \"cosine\" });\n")
        .served();
    works(&project);
    for recipe in [
        "kv::ensure(\"A\");\nvectorize::ensure(\"v\", #{ dimensions: 4, metric: \"cosine\" });\n",
        // In one of several steps that run together, one of which could not be planned.
        "steps([[\"a\", \"b\"]], #{ a: || { let ns = kv::ensure(\"A\"); ns.put(\"k\", \"v\", #{ ttl: 60 }); ns.keys() }, b: || vectorize::ensure(\"v\", #{ dimensions: 4, metric: \"cosine\" }) });\n",
        "kv::ensure(\"A\");\nif vectorize::find(\"v\") != () { fail(\"not dimensions\") }\n",
    ] {
        project.write("recipes/main.rhai", recipe);
        refused_in(&project, recipe, 1, "dimensions");
    }
    project.write("migrations/0001.sql", "CREATE TABLE t (a); INSERT INTO nowhere VALUES (1);");
    let recipe = "kv::ensure(\"A\");\nd1::ensure(\"db\").migrate(\"migrations\");\n";
    project.write("recipes/main.rhai", recipe);
    refused_in(&project, recipe, 1, "nowhere");
}

#[test]
fn what_the_recipe_catches_or_goes_on_after_ends_no_run() {
    let project = Project::new(PLAIN)
        .recipe("vectorize::ensure(\"v\", #{ dimensions: 3, metric: \"cosine\" });\n")
        .served();
    works(&project);
    let conflict = "vectorize::ensure(\"v\", #{ dimensions: 4, metric: \"cosine\" })";
    project.write(
        "recipes/main.rhai",
        &format!("try {{ wait({conflict}); }} catch {{ kv::ensure(\"CAUGHT\"); }}\n"),
    );
    works(&project);
    let recipe =
        format!("step(\"a\", #{{ on_error: \"continue\" }}, || {conflict});\nkv::ensure(\"AFTER\");\n");
    project.write("recipes/main.rhai", &recipe);
    let (output, changed) = run(&project);
    assert!(changed, "{}", output.stdout);
    output.exit(4).kept("what the recipe catches or goes on after ends no run");
    // Nothing is left to do but what fails.
    let (output, changed) = run(&project);
    assert!(!changed);
    output.exit(1).kept("what the recipe catches or goes on after ends no run, 2");
}

#[test]
fn what_a_run_itself_does_before_is_no_refusal() {
    let index = |dimensions: u32| {
        format!("vectorize::ensure(\"v\", #{{ dimensions: {dimensions}, metric: \"cosine\" }});\n")
    };
    let delete = "cf::delete(\"/vectorize/v2/indexes/v\");\n";
    for recipe in [
        format!("{delete}{}", index(4)),
        format!(
            "try {{ wait({}); }} catch {{ {delete} {} }}\n",
            index(4).trim_end().trim_end_matches(';'),
            index(4)
        ),
        format!("vectorize::delete(\"v\");\n{}", index(4)),
    ] {
        let project = Project::new(PLAIN).recipe(&index(3)).served();
        works(&project);
        project.write("recipes/main.rhai", &recipe);
        works(&project).kept(&format!("what a run itself does before is no refusal: {recipe}"));
    }
}

#[test]
fn statements_and_files_that_a_run_makes_ahead_of_migrations_are_no_refusal() {
    for recipe in [
        "let db = d1::ensure(\"db\");\ndb.execute(\"DROP TABLE IF EXISTS old\");\ndb.migrate(\"migrations\");\n",
        "let db = d1::ensure(\"db\");\ndb.load(\"seed.sql\");\ndb.migrate(\"more\");\n",
        "let db = d1::ensure(\"db\");\ndb.migrate(\"migrations\");\ndb.migrate(\"more\", #{ table: \"other\" });\n",
        "let db = d1::ensure(\"db\");\ndb.migrate(\"migrations\");\ndb.dump(\"out.sql\");\nd1::ensure(\"copy\").load(\"out.sql\");\n",
    ] {
        let project = Project::new(PLAIN)
            .file("migrations/0001_old.sql", "CREATE TABLE old (a);")
            .file("more/0001_more.sql", "CREATE TABLE more (a REFERENCES old); INSERT INTO old VALUES (1);")
            .file("seed.sql", "CREATE TABLE old (a);\n")
            .recipe(recipe)
            .served();
        works(&project);
    }
    let project = Project::new(PLAIN)
        .file("migrations/0001_old.sql", "CREATE TABLE old (a);")
        .file("seed.sql", "INSERT INTO first VALUES (1);\n")
        .recipe("d1::ensure(\"db\").execute(\"CREATE TABLE first (a); CREATE TABLE old (a)\");\n")
        .served();
    works(&project);
    project.write(
        "recipes/main.rhai",
        "let db = d1::ensure(\"db\");\ndb.execute(\"DROP TABLE old\");\nlet loaded = db.load(\"seed.sql\");\n\
         db.restore(loaded);\ndb.migrate(\"migrations\");\n",
    );
    works(&project);
}

#[test]
fn waiting_for_what_a_run_has_made_ends_the_plan_and_not_the_run() {
    let project = Project::new(PLAIN)
        .recipe("let ns = kv::ensure(\"NEW\");\nns.put(\"ready\", \"yes\");\nwhile ns.get(\"ready\") == () { sleep(1); }\nkv::ensure(\"AFTER\");\n")
        .served();
    works(&project);
    project.write(
        "recipes/main.rhai",
        "kv::ensure(\"OTHER\");\nwhile cf::get(\"/storage/kv/namespaces\").len() == 0 { sleep(2); }\n",
    );
    works(&project);
    project.write("recipes/main.rhai", "kv::ensure(\"THIRD\");\nsleep(1);\nkv::ensure(\"FOURTH\");\n");
    let output = project.run(&["plan", "main", "-e", "dev"]).exit(0);
    let output = output.kept("waiting for what a run has made ends the plan and not the run");
    output.kept("waiting for what a run has made ends the plan and not the run, 2");
    works(&project);
}

#[test]
fn no_catch_sees_what_is_not_known() {
    let project = Project::new(PLAIN)
        .recipe("let made = kv::ensure(\"A\");\ncf::put(\"/storage/kv/namespaces/\" + made.id, #{ title: \"A\" });\ntry { wait(kv::ensure(\"B\")); } catch { fail(\"caught\"); }\nkv::ensure(\"C\");\n")
        .served();
    let plan = ["plan", "main", "-e", "dev"];
    let report = project.report(&plan);
    assert_eq!(
        (&report["complete"], &report["exit"], &report["error"]),
        (&json!(false), &json!(0), &json!(null))
    );
    let output = project.run(&plan).exit(0);
    output.kept("no catch sees what is not known");
    project.write(
        "recipes/main.rhai",
        "let ns = kv::ensure(\"A\");\nns.put(\"k\", \"v\", #{ ttl: 60 });\nstep(\"a\", #{ on_error: \"continue\" }, || ns.keys());\nfail(\"gone on\");\n",
    );
    let report = project.report(&plan);
    assert_eq!(
        (&report["complete"], &report["exit"], &report["error"]),
        (&json!(false), &json!(0), &json!(null))
    );
    // Nothing is applied of a plan that ends early.
    project.run(&["plan", "main", "-e", "dev", "--out", "plan.json"]).exit(0);
    project.run(&["apply", "plan.json"]).exit(1).kept("no catch sees what is not known, 2");
}

#[test]
fn what_a_dry_run_says_is_said_once() {
    let project = Project::new(PLAIN)
        .recipe("log(\"looking\");\nwarn(\"odd\");\nprint(\"printed\");\nlet ns = kv::ensure(\"A\");\noutput(\"id\", ns.id);\n")
        .served();
    for _ in 0..2 {
        let output = project.run(&RUN).exit(0);
        for said in ["looking", "odd", "printed"] {
            let both = format!("{}{}", output.stdout, output.stderr);
            assert_eq!(both.matches(said).count(), 1, "{said}\n{both}");
        }
    }
    let report = project.report(&RUN);
    assert_eq!(report["warnings"].as_array().map(Vec::len), Some(1), "{report:#}");
    assert!(report["outputs"]["id"].as_str().is_some_and(|id| id.len() == 32), "{report:#}");
    assert_eq!((&report["changed"], &report["complete"]), (&json!(false), &json!(true)));
    assert!(ops(&report).iter().all(|(.., status)| status == "done"), "{report:#}");
}

#[test]
fn a_file_that_is_written_is_work() {
    let project =
        Project::new(PLAIN).recipe("d1::ensure(\"db\").execute(\"CREATE TABLE t (a)\");\n").served();
    works(&project);
    project.write("recipes/main.rhai", "d1::ensure(\"db\").dump(\"backup.sql\");\n");
    project.run(&["plan", "main", "-e", "dev", "--exit-code"]).exit(3);
    assert!(!project.path().join("backup.sql").exists());
    let report = project.report(&RUN);
    assert_eq!((&report["changed"], &report["exit"]), (&json!(false), &json!(0)), "{report:#}");
    assert!(project.path().join("backup.sql").exists());
}

#[test]
fn a_finding_beside_what_is_not_known_ends_a_run() {
    for wrong in ["kv::ensure(\"B\").put(\"\", \"v\");", "r2::ensure(\"UPPER\");", "fail(\"no valid\");"] {
        let recipe = format!(
            "steps([[\"one\", \"two\"]], #{{\n    one: || {{ kv::ensure(\"A\"); cf::get(\"/r2/buckets\"); kv::ensure(\"C\"); }},\n    \
             two: || {{ {wrong} }},\n}});\n"
        );
        let project = Project::new(PLAIN).recipe(&recipe).served();
        let (output, changed) = run(&project);
        assert!(!changed && [1, 2].contains(&output.code), "{wrong}: {} {}", output.code, output.stderr);
    }
    // What the first closure did not come to may be what the second misses.
    let project = Project::new(PLAIN)
        .recipe(
            "let found = ();\nsteps([[\"one\", \"two\"]], #{\n    one: || { kv::ensure(\"A\"); cf::get(\"/r2/buckets\"); found = kv::ensure(\"C\"); },\n    \
             two: || { found.put(\"k\", \"v\"); },\n});\n",
        )
        .served();
    works(&project);
    // A `catch` around both makes no complete plan of it.
    project.write(
        "recipes/main.rhai",
        "try { steps([[\"one\", \"two\"]], #{\n    one: || { kv::ensure(\"D\"); cf::get(\"/r2/buckets\"); },\n    \
         two: || { fail(\"caught\"); },\n}); } catch { kv::ensure(\"E\"); }\n",
    );
    let report = project.report(&["plan", "main", "-e", "dev"]);
    assert_eq!((&report["complete"], &report["exit"]), (&json!(false), &json!(0)), "{report:#}");
    works(&project);
}

#[test]
fn a_failure_in_a_step_that_the_recipe_catches_is_none() {
    for step in ["step(\"s\", || { fail(\"inside\"); })", "steps([\"s\"], #{ s: || { fail(\"inside\"); } })"]
    {
        let project = Project::new(PLAIN)
            .recipe(&format!("try {{ {step}; }} catch (e) {{ kv::ensure(\"B\"); }}\n"))
            .served();
        works(&project);
        let report = project.report(&RUN);
        assert_eq!((&report["exit"], &report["complete"]), (&json!(0), &json!(true)), "{report:#}");
    }
}

#[test]
fn a_step_that_a_plan_does_not_come_to_is_one_all_the_same() {
    let recipe = "step(\"base\", || { kv::ensure(\"A\"); cf::get(\"/r2/buckets\"); });\nstep(\"use\", || { kv::ensure(\"K\"); });\n";
    let project = Project::new(PLAIN).recipe(recipe).served();
    for flags in [["--skip", "use"], ["--only", "use"]] {
        project.run(&[&RUN[..], &flags].concat()).exit(0);
    }
    let project = Project::new(PLAIN).recipe(recipe).served();
    let output = project.run(&[&RUN[..], &["--skip", "usee"]].concat()).exit(0);
    output.kept("a step that a plan does not come to is one all the same");
}

#[test]
fn what_is_found_of_what_is_only_planned_says_so() {
    for recipe in [
        "kv::ensure(\"A\"); log(kv::find(\"A\").supports_url_encoding);",
        "r2::ensure(\"buck\"); for b in r2::list() { log(b.creation_date); }",
        "d1::ensure(\"x\"); log(d1::find(\"x\").created_at);",
    ] {
        let project = Project::new(PLAIN).recipe(recipe).served();
        let output = project.run(&["plan", "main", "-e", "dev"]).exit(0);
        output.kept(&format!("what is found of what is only planned says so: {recipe}"));
        works(&project);
    }
}

#[test]
fn a_name_that_is_an_id_is_no_secret_of_a_plan() {
    let recipe =
        "let g = ai_gateway::ensure(\"a\"); log(\"gateway \" + g.id); output(\"banana\", \"a banana\");\n";
    let project = Project::new(PLAIN).recipe(recipe).served();
    let report = project.report(&["plan", "main", "-e", "dev"]);
    assert_eq!(report["outputs"], json!({ "banana": "a banana" }));
    project.run(&["plan", "main", "-e", "dev"]).exit(0).kept("a name that is an id is no secret of a plan");
}

#[test]
fn a_folder_that_a_run_writes_into_is_not_known_before_and_read_after() {
    let recipe = "let a = d1::ensure(\"a\");\na.execute(\"CREATE TABLE t (x)\");\na.dump(\"migrations/0001_t.sql\");\n\
                  d1::ensure(\"b\").migrate(\"migrations\");\n";
    let project = Project::new(PLAIN).file("migrations/.keep", "").recipe(recipe).served();
    let output = project.run(&["plan", "main", "-e", "dev"]).exit(0);
    output.kept("a folder that a run writes into is not known before and read after");
    let report = project.report(&RUN);
    assert_eq!((&report["exit"], &report["summary"]["apply"]), (&json!(0), &json!(1)), "{report:#}");
}
