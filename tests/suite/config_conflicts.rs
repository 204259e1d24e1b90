//! Configs that contradict the account, themselves or a project above: every command refuses what `run` refuses.

use super::outputs::kept;
use super::project::{PLAIN, Project, filtered};
use larder::system::files;
use serde_json::json;

const OTHER_ID: &str = "abcdefabcdefabcdefabcdefabcdefab";

fn changes(project: &Project) -> usize {
    project.account().history().iter().filter(|one| one.changed).count()
}

/// Runs it, which ends so and changes nothing; what it said.
#[track_caller]
fn refused(project: &Project, arguments: &[&str], code: i32) -> String {
    let before = changes(project);
    let said = project.run(arguments).exit(code).stderr;
    assert_eq!(changes(project), before, "{said}");
    said
}

#[test]
fn a_namesake_of_what_an_id_of_another_account_names_is_not_deleted() {
    let config = format!("name = \"x\"\n[[kv_namespaces]]\nbinding = \"CACHE\"\nid = \"{OTHER_ID}\"\n");
    let project = Project::empty().file("wrangler.toml", &config).served();
    // Nothing is there under the name either: it is gone.
    project
        .run(&["destroy", "--yes"])
        .exit(0)
        .kept("a namesake of what an id of another account names is not deleted");
    project.api("POST", "/storage/kv/namespaces", &json!({ "title": "x-cache" }));
    for command in [&["destroy", "--yes"][..], &["destroy", "--yes", "--with-data"]] {
        kept("a namesake of what an id of another account names is left", &refused(&project, command, 1));
    }
}

fn database(project: &Project, name: &str) -> String {
    let made = project.api("POST", "/d1/database", &json!({ "name": name }));
    made["uuid"].as_str().unwrap().to_owned()
}

#[test]
fn a_database_that_a_name_and_an_id_name_differently_is_left_alone() {
    let project = Project::empty().file("migrations/0001_a.sql", "CREATE TABLE a (x);\n").served();
    let old = database(&project, "x-old");
    let config = format!(
        "name = \"x\"\n[[d1_databases]]\nbinding = \"DB\"\ndatabase_name = \"x-db\"\ndatabase_id = \"{old}\"\n"
    );
    project.write("wrangler.toml", &config);
    let commands: [&[&str]; 4] = [
        &["destroy", "--yes", "--with-data"],
        &["migrations", "baseline", "--to", "0001_a.sql", "--yes"],
        &["migrations", "status"],
        &["run"],
    ];
    // The id is that of another one.
    for command in commands {
        kept(&format!("an id of another database: {command:?}"), &refused(&project, command, 1));
    }
    // And what has the name has another id.
    database(&project, "x-db");
    for command in commands {
        kept(&format!("a name and an id of two databases: {command:?}"), &refused(&project, command, 1));
    }
}

#[test]
fn one_bucket_in_two_jurisdictions_is_refused_where_it_is_asked_for_again() {
    let recipe = "r2::ensure(\"abc\", #{ jurisdiction: \"eu\" });\nr2::ensure(\"abc\");\n";
    let project = Project::new(PLAIN).recipe(recipe).served();
    for (command, code) in [("check", 1), ("plan", 2), ("run", 2)] {
        let arguments: &[&str] =
            if command == "check" { &["check"] } else { &[command, "main", "-e", "dev"] };
        kept(&format!("one bucket in two jurisdictions: {command}"), &refused(&project, arguments, code));
    }
    project.write(
        "recipes/main.rhai",
        "r2::ensure(\"abc\");\nr2::ensure(\"abc\", #{ jurisdiction: \"eu\" });\n",
    );
    kept("one bucket in no jurisdiction and in one", &refused(&project, &["check"], 1));
    // What was removed before may be made elsewhere.
    let recipe = "r2::delete(\"abc\", #{ jurisdiction: \"eu\" });\nr2::ensure(\"abc\");\n";
    project.write("recipes/main.rhai", recipe);
    project.run(&["plan", "main", "-e", "dev"]).exit(0);
}

#[test]
fn a_copy_with_ids_takes_the_place_of_earlier_copies_only() {
    let config = "{ \"name\": \"x\", \"kv_namespaces\": [{ \"binding\": \"KV\" }] }\n";
    let project = Project::empty().file("wrangler.jsonc", config).served();
    project.run(&["run"]).exit(0);
    let package = "{ \"name\": \"x\" }\n";
    project.write("package.json", package);
    let text = |path: &str| files::read_text(&project.path().join(path), 1 << 16).unwrap();
    project.run(&["ids", "--out", "package.json"]).exit(2).kept("a copy with ids replaces no other file");
    assert_eq!(text("package.json"), package);
    project.write(".git/HEAD", "");
    std::os::unix::fs::symlink(".git", project.path().join("link")).unwrap();
    for inside in [".git/copy.json", "link/copy.json"] {
        project
            .run(&["ids", "--out", inside])
            .exit(2)
            .kept(&format!("a copy with ids takes the place of earlier copies only: {inside}"));
    }
    for _ in 0..2 {
        project.run(&["ids", "--out", "copy.json"]).exit(0);
    }
    assert_eq!(
        filtered(&text("copy.json"), project.path()),
        "{ \"name\": \"x\", \"kv_namespaces\": [{ \"binding\": \"KV\", \"id\": \"[ID]\" }] }\n"
    );
    project.run(&["ids", "--out", "package.json", "--yes"]).exit(0);
    assert_eq!(text("package.json"), text("copy.json"));
}

#[test]
fn of_several_environments_of_a_config_the_one_to_destroy_is_named() {
    let config = "name = \"x\"\nkv_namespaces = [{ binding = \"KV\" }]\n[env.staging]\nkv_namespaces = [{ binding = \"KV\" }]\n";
    let project = Project::empty().file("wrangler.toml", config).served();
    project.run(&["run"]).exit(0);
    assert_eq!(
        refused(&project, &["destroy", "--yes"], 2),
        "error: no environment chosen
hint: `--env NAME` with one of `staging`, `top-level`
"
    );
    project
        .run(&["destroy", "--yes", "-e", "top-level"])
        .exit(0)
        .kept("of several environments of a config the one to destroy is named");
    // One alone needs no name.
    project.write("wrangler.toml", "name = \"x\"\nkv_namespaces = [{ binding = \"KV\" }]\n");
    project.run(&["destroy", "--yes"]).exit(0);
}

#[test]
fn nothing_is_named_after_a_name_that_is_still_to_be_replaced() {
    for name in ["${WORKER_NAME}", "<my-worker>"] {
        let config = format!("name = \"{name}\"\n[[kv_namespaces]]\nbinding = \"KV\"\n");
        let project = Project::empty().file("wrangler.toml", &config).served();
        kept(&format!("a name that is still to be replaced: {name}"), &refused(&project, &["run"], 2));
        project.run(&["check"]).exit(0);
        project.run(&["run", "--local"]).exit(0);
    }
}

#[test]
fn a_config_of_a_project_above_is_under_its_rules() {
    let above = "app = \"app\"\nrecipe = \"wrangler\"\nwrangler = [\"apps/web/wrangler.toml\"]\n[environments.production]\nprotected = true\n";
    let worker = "name = \"web\"\n[env.production]\nkv_namespaces = [{ binding = \"KV\" }]\n";
    let project = Project::new(above).file("apps/web/wrangler.toml", worker).served();
    for command in ["run", "destroy", "plan"] {
        let said = refused(&project, &["-C", "apps/web", command, "-e", "production"], 2);
        kept("a config of a project above is under its rules", &said);
    }
    // One that it does not name stands alone.
    let project = Project::new(&above.replace("apps/web", "apps/other"))
        .file("apps/web/wrangler.toml", worker)
        .served();
    project.run(&["-C", "apps/web", "plan", "-e", "production"]).exit(0);
}

#[test]
fn what_the_recipe_has_removed_is_not_used() {
    for (make, write) in [
        ("kv::ensure(\"a\")", "made.put(\"k\", \"v\")"),
        ("d1::ensure(\"a\")", "made.execute(\"CREATE TABLE t (x)\")"),
        ("d1::ensure(\"a\")", "made.migrate(\"m\")"),
        ("d1::ensure(\"a\")", "made.dump(\"out.sql\")"),
    ] {
        let service = &make[..2];
        let recipe = format!("let made = {make};\n{service}::delete(made);\n{write};\n");
        let project = Project::new(PLAIN).recipe(&recipe).file("m/1.sql", "CREATE TABLE t (x);\n").served();
        for command in ["plan", "run"] {
            let said = refused(&project, &[command, "main", "-e", "dev"], 1);
            kept(&format!("what the recipe has removed is not used: {command}, {write}"), &said);
        }
        // Made again, it is written to.
        project.write(
            "recipes/main.rhai",
            &recipe.replace(&format!("{write};"), &format!("let made = {make};\n{write};")),
        );
        project.run(&["run", "main", "-e", "dev"]).exit(0);
    }
}
