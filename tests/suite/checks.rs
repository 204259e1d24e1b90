//! `check`: recipes played on an empty account in memory, in every environment; its findings as text, JSON and SARIF; and
//! that it agrees with `plan`.

use super::outputs::kept;
use super::project::{PLAIN, Project};
use serde_json::{Value as Json, json};

/// Three environments, of which one is made for each branch.
const THREE: &str = "app = \"app\"\nprocess_env = [\"KEY\"]\n[environments.dev]\n[environments.prod]\nprotected = true\n\
                     [environments.pre]\nnaming = { template = \"{app}-{env}-{branch}-{name}\" }\n";

#[test]
fn what_is_wrong_whatever_the_account_holds_is_found_at_its_line() {
    let project = Project::new(THREE)
        .recipe("vectorize::ensure(\"index\", #{ dimensions: 99999, metric: \"cosine\" });\n");
    project.run(&["check"]).exit(1).says(
        "checked 3 recipes: 1 error\n",
        "error: `dimensions` must be between 1 and 1536\n \
         --> recipes/main.rhai:1:43\n  \
         |\n\
         1 | vectorize::ensure(\"index\", #{ dimensions: 99999, metric: \"cosine\" });\n  \
         |                                           ^^^^^\n",
    );
}

#[test]
fn in_a_job_a_finding_is_an_annotation_at_its_line() {
    let project = Project::new(THREE).recipe("r2::ensure(\"A_B\");\n").env("GITHUB_ACTIONS", "true");
    let found = project.run(&["check"]).exit(1).stderr;
    let annotations: Vec<&str> = found.lines().filter(|line| line.starts_with("::error ")).collect();
    let [annotation] = &annotations[..] else { panic!("{found}") };
    assert!(annotation.starts_with("::error file=recipes/main.rhai,line=1,col=5"), "{annotation}");
}

#[test]
fn a_finding_names_the_environments_in_which_it_is_one() {
    let project =
        Project::new(THREE).recipe("r2::ensure(if env::name == \"dev\" { \"A_B\" } else { \"a-b\" });\n");
    let found = project.run(&["check"]).exit(1).stderr;
    kept("a finding names the environments in which it is one", &found);
    project.run(&["check", "-e", "prod"]).exit(0).says("checked 3 recipes: no errors\n", "");
    // One that is wrong in all names none.
    project.write("recipes/main.rhai", "r2::ensure(\"A_B\");\n");
    let found = project.run(&["check"]).exit(1).stderr;
    kept("a finding names the environments in which it is one, 2", &found);
}

#[test]
fn what_depends_on_the_account_ends_the_pass_with_a_note() {
    let all = [
        "kv::find(\"A\")",
        "kv::list()",
        "kv::get(\"0123456789abcdef0123456789abcdef\", \"a\")",
        "d1::query(\"01234567-89ab-4def-8123-456789abcdef\", \"SELECT 1\")",
        "d1::migrate(\"01234567-89ab-4def-8123-456789abcdef\", \"migrations\")",
        "cf::get(`/accounts/${account::id}/workers/scripts`)",
    ];
    for expression in all {
        let recipe = format!("let found = {expression};\nwait(found);\nfail(\"not seen\");\n");
        let project = Project::new(PLAIN).recipe(&recipe).file("migrations/0001_a.sql", "SELECT 1;\n");
        let output = project.run(&["check", "main"]).exit(0);
        output.kept(&format!("what depends on the account ends the pass with a note: {expression}"));
    }
}

#[test]
fn what_the_recipe_itself_has_made_is_known() {
    let project = Project::new(PLAIN).file("migrations/0001_a.sql", "CREATE TABLE a (id INTEGER);\n").recipe(
        "let space = kv::ensure(\"A\");\nspace.put(\"key\", \"value\");\n\
         if kv::find(\"A\") == () { fail(\"found\"); }\n\
         if space.get(\"key\") != \"value\" || space.get(\"other\") != () { fail(\"got\"); }\n\
         let base = d1::ensure(\"b\");\nbase.migrate(\"migrations\");\n\
         if base.query(\"SELECT count(*) AS n FROM a\")[0].n != 0 { fail(\"queried\"); }\n",
    );
    project.run(&["check", "main"]).exit(0).says("checked 1 recipe: no errors\n", "");
}

#[test]
fn unset_secrets_and_branches_are_placeholders() {
    let project = Project::new(THREE).recipe(
        "let key = secret::env(\"KEY\");\nkv::ensure(name(\"kv\", \"A\")).put(\"key\", key + \"x\");\n\
         if env::name == \"pre\" && env::branch == () { fail(\"no branch\"); }\n",
    );
    project.run(&["check", "main"]).exit(0).says("checked 1 recipe: no errors\n", "");
    project.write("recipes/main.rhai", "secret::env(\"OTHER\");\n");
    project.run(&["check", "main"]).exit(1).kept("unset secrets and branches are placeholders");
}

#[test]
fn it_needs_no_project_and_leaves_nothing_behind() {
    let project = Project::empty().file("one.rhai", "kv::ensure(\"A\", #{ colour: 1 });\n").served();
    project.run(&["check", "one.rhai"]).exit(1).kept("it needs no project and leaves nothing behind");
    project.write("one.rhai", "kv::ensure(\"A\");\nd1::ensure(\"b\").migrate(\"nowhere\");\n");
    project.run(&["check", "one.rhai"]).exit(1).kept("it needs no project and leaves nothing behind, 2");
    project.write("one.rhai", "kv::ensure(\"A\");\n");
    project.run(&["check", "one.rhai"]).exit(0).says("checked 1 recipe: no errors\n", "");
    assert_eq!(project.history().unwrap(), []);
    assert!(!project.path().join(".larder").exists());
}

#[test]
fn ids_of_the_config_count_as_absent() {
    let config =
        "name = \"site\"\nkv_namespaces = [{ binding = \"A\", id = \"0f2ac74b498b48028cb68387c421e279\" }]\n";
    let project = Project::empty().file("wrangler.toml", config);
    project.run(&["check"]).exit(0).says("checked 2 recipes: no errors\n", "");
}

#[test]
fn a_closure_that_uses_what_its_method_is_called_on_is_refused_before_anything_is_sent() {
    let recipe = "let space = kv::ensure(\"A\");\nspace.put(\"a\", \"1\");\n\
                  let all = space.keys().map(|key| space.get(key.name));\n";
    let project = Project::new(PLAIN).recipe(recipe).served();
    for (command, code) in [(&["check", "main"][..], 1), (&["run", "main", "-e", "dev"], 2)] {
        let output = project.run(command).exit(code);
        output.kept(&format!(
            "a closure that uses what its method is called on is refused before anything is sent: {}",
            command[0]
        ));
    }
    assert_eq!(project.history().unwrap(), []);
    let mended = recipe.replace("space.keys().map", "space.keys();\nall.map");
    project.write("recipes/main.rhai", &mended);
    project.run(&["run", "main", "-e", "dev"]).exit(0);
}

/// Recipes of all kinds, and whether something in them is wrong whatever the account holds.
const RECIPES: &[(&str, bool)] = &[
    ("", false),
    ("kv::ensure(\"A\");", false),
    ("kv::ensure(\"A\", #{ x: 1 });", true),
    ("let options = #{ x: 1 }; kv::ensure(\"A\", options);", true),
    ("kv::ensure(\"\");", true),
    ("kv::ensure(`${1}`, 3);", true),
    ("r2::ensure(\"No\");", true),
    ("r2::ensure(\"files\", #{ jurisdiction: \"mars\" });", true),
    ("r2::ensure(\"files\", #{ jurisdiction: \"eu\" });", false),
    ("r2::ensure(\"files\"); r2::ensure(\"files\", #{ storage_class: \"InfrequentAccess\" });", true),
    ("vectorize::ensure(\"i\", #{ dimensions: 3 });", true),
    ("vectorize::ensure(\"i\", #{ dimensions: 3, metric: \"near\" });", true),
    ("vectorize::ensure(\"i\", #{ dimensions: 32, metric: \"cosine\" });", false),
    ("d1::ensure(\"b\").migrate(\"good\");", false),
    ("d1::ensure(\"b\").migrate(\"bad\");", true),
    ("d1::ensure(\"b\").migrate(\"nowhere\");", true),
    ("d1::ensure(\"b\").migrate(\"good\", #{ tabel: \"x\" });", true),
    ("d1::ensure(\"b\").execute(\"CREATE TABLE x (id)\");", false),
    ("let b = d1::ensure(\"b\"); b.execute(\"CREATE TABL x\"); b.query(\"SELECT 1\");", true),
    ("wait(kv::ensure(\"A\")); fail(\"no\");", true),
    ("step(\"a\", || { kv::ensure(\"A\"); }); throw \"no\";", true),
    ("unknown();", true),
    ("let x = 1; x.y;", true),
    ("steps([\"a\", \"b\"], #{ a: || 1 });", true),
    ("steps([\"a\"], #{ a: || kv::ensure(\"A\") });", false),
    ("step(\"a\", #{ on_error: \"continue\" }, || kv::ensure(\"\"));", true),
    ("try { kv::ensure(\"\"); } catch { kv::ensure(\"A\"); }", false),
    ("if kv::find(\"A\") == () { kv::ensure(\"A\"); }", false),
    ("for one in kv::list() { fail(one.name); }", false),
    ("let l = [1]; l.push(|| l.len()); kv::ensure(\"A\");", true),
    ("let l = [1]; l.map(|x| l.len());", true),
    ("import \"std/naming\" as naming; kv::ensure(naming::slug(\"A b\"));", false),
    ("import \"./nowhere\" as nowhere;", true),
    ("output(\"a\", kv::ensure(\"A\").id);", false),
    ("kv::delete(\"A\"); sleep(1); kv::ensure(\"A\");", false),
    ("loop {}", true),
    ("let s = \"x\"; loop { s += s; }", true),
];

#[test]
fn check_and_plan_agree() {
    let many =
        |count: usize| (0..count).fold(String::new(), |text, one| format!("{text}let v{one} = {one};\n"));
    let (few, many) = (many(100), many(200));
    let all = RECIPES.iter().copied().chain([(few.as_str(), false), (many.as_str(), true)]);
    let project = Project::new(PLAIN)
        .file("good/0001_a.sql", "CREATE TABLE a (id INTEGER);\n")
        .file("bad/0001_a.sql", "CREATE TABLE a (id INTEGER);\nALTER TABLE b ADD COLUMN c;\n");
    let wrong: Vec<String> = all
        .filter_map(|(recipe, is_wrong)| {
            project.write("recipes/main.rhai", recipe);
            // What lints find is wrong, too, and no plan says so.
            let check = project.run(&["check", "main", "--format", "json"]);
            let document: Json = serde_json::from_str(&check.stdout).unwrap();
            let is_refused = document["errors"] != 0;
            // Each on an account that is empty.
            let plan = project.run(&["plan", "main", "-e", "dev", "--local"]);
            let agree = is_refused == (plan.code != 0) && is_refused == is_wrong;
            let told = format!(
                "{recipe:.60}: check {}, plan {}\n{}{}",
                check.code, plan.code, check.stdout, plan.stderr
            );
            (!agree).then_some(told)
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A guard at work: the recipe refuses an environment on purpose, and that must not fail the check of a project for good.
#[test]
fn a_recipe_that_ends_itself_before_its_first_op_is_a_note() {
    let project = Project::new(THREE);
    for guard in [
        "if env::is_protected { fail(\"not here\"); }",
        "if env::is_protected { throw \"not here\"; }",
        "switch env::name { \"prod\" => fail(\"not here\"), _ => {} }",
        "name(\"kv\", \"x\"); if env::is_protected { fail(\"not here\"); }",
        "step(\"guard\", || { if env::is_protected { throw #{ message: \"not here\" }; } });",
        "fn guard() { if env::is_protected { fail(\"not here\"); } }\nguard();",
        "steps([\"a\"], #{ a: || { if env::is_protected { fail(\"not here\"); } kv::ensure(\"B\"); } });",
    ] {
        project.write("recipes/main.rhai", &format!("{guard}\nkv::ensure(\"A\");\n"));
        let output = project.run(&["check", "main"]).exit(0);
        assert_eq!(output.stdout, "checked 1 recipe: no errors\n", "{guard}");
        output.kept(&format!("a recipe that ends itself before its first op is a note: {guard}"));
        // A plan and a run of it are refused as before.
        project
            .run(&["plan", "main", "-e", "prod", "--local"])
            .exit(1)
            .kept(&format!("a recipe that ends itself before its first op is a note, 2: {guard}"));
        project
            .run(&["run", "main", "-e", "prod", "--local"])
            .exit(1)
            .kept(&format!("a recipe that ends itself before its first op is a note, 3: {guard}"));
    }
    let document = project.run(&["check", "main", "--format", "json"]).exit(0).stdout;
    let document: Json = serde_json::from_str(&document).unwrap();
    assert_eq!(document["errors"], 0);
    assert_eq!(
        (&document["findings"][0]["severity"], &document["findings"][0]["environments"]),
        (&json!("note"), &json!(["prod"]))
    );
}

#[test]
fn what_fails_by_itself_or_after_an_op_was_started_is_an_error_of_check() {
    let project = Project::new(THREE);
    for recipe in [
        "kv::ensure(\"A\");\nif env::is_protected { fail(\"too late\"); }",
        "wait(kv::ensure(\"A\"));\nif env::is_protected { throw \"too late\"; }",
        "if env::is_protected { [1][2]; }",
        "if env::is_protected { kv::ensure(\"\"); }",
        "try { kv::ensure(\"\"); } catch (e) { throw e; }",
    ] {
        project.write("recipes/main.rhai", &format!("{recipe}\n"));
        project
            .run(&["check", "main"])
            .exit(1)
            .kept(&format!("what fails by itself is an error of check: {recipe}"));
    }
    // Where there is no environment, the recipe just ends.
    let nowhere = Project::empty().file("own.rhai", "fail(\"no\");\n");
    nowhere
        .run(&["check", "own.rhai"])
        .exit(0)
        .kept("what fails by itself or after an op was started is an error of check");
}

#[test]
fn a_file_that_cannot_be_read_is_a_finding_and_one_environment_does_not_stop_the_others() {
    let broken = Project::new("app = \"app\"\n[environments.dev]\naliass = \"d\"\n");
    let output = broken.run(&["check"]).exit(1);
    assert_eq!(output.stdout, "checked 0 recipes: 1 error\n");
    output.kept("a file that cannot be read is a finding and one environment does not stop the others");
    let log: Json =
        serde_json::from_str(&broken.run(&["check", "--format", "sarif"]).exit(1).stdout).unwrap();
    let place = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "larder.toml");
    assert_eq!((&place["region"]["startLine"], &place["region"]["startColumn"]), (&json!(3), &json!(1)));
    let config = "app = \"app\"\nwrangler = \"wrangler.toml\"\n[environments.dev]\n[environments.prod]\n";
    let project = Project::new(config).file("wrangler.toml", "name = \"w\"\n[env.prod]\n");
    project.write("recipes/main.rhai", "if env::name == \"prod\" { r2::ensure(\"No\"); }\n");
    let output = project.run(&["check", "main"]).exit(1);
    assert_eq!(output.stdout, "checked 1 recipe: 2 errors\n");
    output.kept("a file that cannot be read is a finding and one environment does not stop the others, 2");
    project.write("wrangler.toml", "name = \"w\"\n[env.prod\n");
    project
        .run(&["check", "main"])
        .exit(1)
        .kept("a file that cannot be read is a finding and one environment does not stop the others, 3");
}

#[test]
fn what_is_found_in_a_bundled_recipe_is_placed_in_the_project_file() {
    let project = Project::new("app = \"app\"\n[r2]\nbuckets = [\"a_b\"]\n[environments.dev]\n");
    let output = project.run(&["check", "--format", "sarif"]).exit(1);
    let log: Json = serde_json::from_str(&output.stdout).unwrap();
    let result = &log["runs"][0]["results"][0];
    assert_eq!((&result["ruleId"], &result["level"]), (&json!("name"), &json!("error")));
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "larder.toml");
    assert!(place["region"]["startLine"].as_u64().unwrap() >= 1);
}

/// Projects and what in them is wrong whatever the account holds; each makes what the project file names.
const PROJECTS: &[(&str, &str, bool)] = &[
    ("[kv]\nnamespaces = [\"A\", \"B\"]\n[naming]\ntemplate = \"{app}-{name}\"", "", false),
    ("[kv]\nnamespaces = [\"A\", \"B\"]\n[naming]\ntemplate = \"{app}\"", "", true),
    ("[r2]\nbuckets = [\"a_b\"]", "", true),
    ("[r2.buckets.files]\nstorage_class = \"Rare\"", "", true),
    ("[vectorize.indexes.i]\ndimensions = 3", "", true),
    ("[vectorize.indexes.i]\ndimensions = 3000\nmetric = \"cosine\"", "", true),
    ("[d1.databases.db]\nmigrations = \"good\"", "", false),
    ("[d1.databases.db]\nmigrations = \"bad\"", "", true),
    ("[d1.databases.db]\nmigrations = \"nowhere\"", "", true),
    ("[d1.databases.db]\nmigrations = \"good\"\nmigrations_table = \"sqlite_x\"", "", true),
    ("steps = [\"kv\", \"nothing\"]", "", true),
    ("[ai_gateway.gateways.g]\ncache_ttl = -1", "", true),
    ("[ai_gateway.gateways.g]\ncolour = 1", "", true),
    (
        "wrangler = \"wrangler.toml\"\n[kv]\nnamespaces = [\"A\"]",
        "kv_namespaces = [{ binding = \"A\", id = \"x\" }]",
        false,
    ),
    (
        "wrangler = \"wrangler.toml\"\n[r2]\nbuckets = [\"f\"]",
        "r2_buckets = [{ binding = \"f\", bucket_name = \"No\" }]",
        true,
    ),
    ("wrangler = \"nowhere.toml\"", "", true),
    (
        "wrangler = \"wrangler.toml\"\nrecipe = \"wrangler\"",
        "d1_databases = [{ binding = \"DB\", migrations_dir = \"bad\" }]",
        true,
    ),
    (
        "wrangler = \"wrangler.toml\"\nrecipe = \"wrangler\"",
        "d1_databases = [{ binding = \"DB\", migrations_dir = \"good\" }]",
        false,
    ),
];

#[test]
fn check_and_plan_agree_on_project_files() {
    let mut wrong = Vec::new();
    for (settings, bindings, is_wrong) in PROJECTS {
        // What stands before the first table belongs to the top of the file.
        let project =
            Project::new(&format!("app = \"app\"\n{settings}\n[environments.dev]\nwrangler_env = \"\"\n"))
                .file("wrangler.toml", &format!("name = \"w\"\n{bindings}\n"))
                .file("good/0001_a.sql", "CREATE TABLE a (id INTEGER);\n")
                .file("bad/0001_a.sql", "ALTER TABLE b ADD COLUMN c;\n");
        let check = project.run(&["check"]);
        let plan = project.run(&["plan", "-e", "dev", "--local"]);
        if (check.code != 0) != *is_wrong || (plan.code != 0) != *is_wrong {
            wrong.push(format!(
                "{settings}: check {}, plan {}\n{}{}",
                check.code, plan.code, check.stderr, plan.stderr
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn findings_are_a_document() {
    let project = Project::new(THREE)
        .recipe("let _found = kv::find(\"A\");\n")
        .file("recipes/other.rhai", "kv::ensure(\"A\", #{ colour: 1 });\n");
    let document: Json =
        serde_json::from_str(&project.run(&["check", "--format", "json"]).exit(1).stdout).unwrap();
    let expected = json!({
        "schema": "larder.check/1",
        "larder": env!("CARGO_PKG_VERSION"),
        "recipes": 4,
        "tests": 0,
        "environments": ["dev", "pre", "prod"],
        "errors": 1,
        "warnings": 0,
        "lints": 0,
        "findings": [
            {
                "severity": "error",
                "rule": "arguments",
                "message": "`kv::ensure` has no option `colour`",
                "at": { "file": "recipes/other.rhai", "line": 1, "column": 20 },
                "environments": [],
                "notes": ["known options: jurisdiction"],
                "hints": [],
            },
            {
                "severity": "note",
                "rule": "not_known",
                "message": "what `kv::find` gives depends on the account",
                "at": { "file": "recipes/main.rhai", "line": 1, "column": 18 },
                "environments": ["dev", "pre", "prod"],
                "notes": ["no account is asked here: what comes after this is not checked"],
                "hints": [],
            },
        ],
    });
    assert_eq!(document, expected);
    for format in ["ndjson", "toml", "dotenv"] {
        project.run(&["check", "--format", format]).exit(2).stderr(
            "error: `check` has no such format\n\
             hint: text, json or sarif\n",
        );
    }
}

#[test]
fn findings_are_sarif_with_paths_from_the_repository() {
    let project = Project::empty()
        .file("repo/.git/HEAD", "")
        .file("repo/apps/my web/larder.toml", PLAIN)
        .file("repo/apps/my web/recipes/main.rhai", "let a = \"ä\"; kv::ensure(\"A\", #{ colour: 1 });\n")
        .file("repo/apps/my web/recipes/found.rhai", "kv::find(\"A\");\n");
    let output = project.run(&["check", "-C", "repo/apps/my web", "--format", "sarif"]).exit(1);
    let log: Json = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(output.stderr, "");
    assert_eq!(log["version"], "2.1.0");
    assert_eq!(log["runs"].as_array().unwrap().len(), 1);
    let driver = &log["runs"][0]["tool"]["driver"];
    assert_eq!((&driver["name"], &driver["version"]), (&json!("larder"), &json!(env!("CARGO_PKG_VERSION"))));
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 2);
    for result in results {
        let rule = &driver["rules"][usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
        assert_eq!(rule["id"], result["ruleId"]);
        assert!(rule["shortDescription"]["text"].is_string() && result["message"]["text"].is_string());
    }
    let place = |at: usize| results[at]["locations"][0]["physicalLocation"].clone();
    assert_eq!((&results[0]["level"], &results[1]["level"]), (&json!("error"), &json!("note")));
    assert_eq!(
        place(0),
        json!({
            "artifactLocation": { "uri": "apps/my%20web/recipes/main.rhai" },
            "region": { "startLine": 1, "startColumn": 33, "endLine": 1, "endColumn": 39 },
        })
    );
    assert_eq!(place(1)["region"]["startColumn"], 5);
}

#[test]
fn a_project_without_environments_is_a_finding_as_a_plan_has_it() {
    let project = Project::new("app = \"app\"\n").recipe("kv::ensure(\"A\");\n");
    project.run(&["plan", "main", "--local"]).exit(2).stderr(
        "error: the project file declares no environment\n\
         hint: add `[environments.development]`\n",
    );
    let said = project.run(&["check"]).exit(1).stderr;
    assert!(
        said.starts_with("error: the project file declares no environment\n --> larder.toml:1:1\n"),
        "{said}"
    );
}
