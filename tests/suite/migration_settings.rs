//! Whose migrations a folder holds, and which settings count where a binding, the project file and a recipe all have some,
//! on the binary.

use super::migration_folders::{changes, config, refused, tables};
use super::outputs::kept;
use super::project::Project;
use larder::system::files;
use serde_json::{Value as Json, json};

const A: &str = "CREATE TABLE a (x);\nINSERT INTO a VALUES ('a');\n";
const B: &str = "INSERT INTO a VALUES ('b');\n";

/// Fields of a binding beside its names.
type Fields<'a> = &'a [(&'a str, &'a str)];

const FORMS: [&str; 2] = ["wrangler.toml", "wrangler.jsonc"];

fn project(form: &str, databases: &[&[(&str, &str)]]) -> Project {
    Project::empty().served().file(form, &config(form, databases))
}

/// A project file with the database `db`, bound as `DB` by `worker/wrangler.toml` with these settings, and two migrations.
fn bound(own: &str, binding: &[(&str, &str)]) -> Project {
    let binding = [&[("binding", "DB"), ("database_name", "jobs")], binding].concat();
    Project::new(&format!(
        "app = \"w\"\nwrangler = \"worker/wrangler.toml\"\n[environments.dev]\nwrangler_env = \"\"\n[d1.databases.db]\nbinding = \"DB\"\n{own}"
    ))
    .served()
    .file("worker/wrangler.toml", &config("wrangler.toml", &[&binding]))
    .file("worker/migrations/0001_a.sql", A)
    .file("worker/migrations/0002_b.sql", B)
}

fn sql(project: &Project, name: &str, sql: &str) -> Json {
    let databases = project.api("GET", "/d1/database", &Json::Null);
    let is_meant = |one: &&Json| one["name"] == name;
    let id =
        databases.as_array().unwrap().iter().find(is_meant).unwrap()["uuid"].as_str().unwrap().to_owned();
    project.api("POST", &format!("/d1/database/{id}/query"), &json!({ "sql": sql }))[0]["results"].clone()
}

/// What `wrangler d1 migrations apply` leaves behind, statement by statement as it sends them.
fn applied_by_wrangler(project: &Project, table: &str) {
    project.api("POST", "/d1/database", &json!({ "name": "jobs" }));
    let ledger = format!(
        "CREATE TABLE IF NOT EXISTS \"{table}\"(\n\t\tid         INTEGER PRIMARY KEY AUTOINCREMENT,\n\t\tname       TEXT UNIQUE,\n\t\tapplied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL\n);"
    );
    sql(project, "jobs", &ledger);
    for (name, text) in [("0001_a.sql", A), ("0002_b.sql", B)] {
        sql(project, "jobs", &format!("{text}\nINSERT INTO \"{table}\" (name)\nvalues ('{name}');"));
    }
}

fn rows(project: &Project) -> Json {
    sql(project, "jobs", "SELECT x FROM a ORDER BY x")
}

/// The ledgers that the database `jobs` has.
fn ledgers(project: &Project) -> Json {
    sql(project, "jobs", "SELECT name FROM sqlite_master WHERE sql LIKE '%applied_at%' ORDER BY name")
}

/// What is said of a Worker that is not deployed and whose bindings have no names.
fn undeployed(worker: &str) -> String {
    format!(
        "the Worker `{worker}` is not deployed: a binding without id or name gets the name that wrangler gives\n"
    )
}

const RUN: [&str; 3] = ["run", "-e", "dev"];

#[test]
fn the_default_folder_is_nobodys_where_several_databases_are_bound() {
    for form in FORMS {
        let project =
            project(form, &[&[("binding", "DB")], &[("binding", "LOG")]]).file("migrations/0001_a.sql", A);
        let key = if form == "wrangler.toml" {
            "migrations_dir = \"migrations\""
        } else {
            "\"migrations_dir\": \"migrations\""
        };
        let column = if form == "wrangler.toml" { 15 } else { 16 };
        let warning = "warning: the migrations in `migrations` are applied to no database: the config binds several, `DB`, `LOG`";
        let hint = format!("`{key}` in the entry of the database that they belong to");
        let told = format!("{warning}: {hint}\n  --> {form}:3:{column}\n{}", undeployed("w"));
        let plan = project.run(&["plan"]).exit(0);
        assert_eq!(plan.stderr, told);
        assert_eq!(project.run(&["run"]).exit(0).stderr, told);
        assert_eq!(tables(&project), json!({ "w-db": [], "w-log": [] }));
        // A copy of the bundled recipe is no other; one that names the folder is.
        project.run(&["eject", "wrangler"]).exit(0);
        assert_eq!(project.run(&["plan"]).exit(0).stderr, told);
        project.write(
            "recipes/own.rhai",
            "d1::ensure(\"w-log\").migrate(\"migrations\", #{ to: \"0001_a.sql\" });\n",
        );
        let unmade = "warning: bound, and not made by the recipe `own`: d1 `DB`\n";
        assert_eq!(
            project.run(&["plan", "own"]).exit(0).stderr,
            format!("{unmade}  --> {form}:3:{column}\n")
        );
        files::remove_folder(&project.path().join("recipes")).unwrap();
        let check = project.run(&["check"]).exit(0).stderr;
        kept(&format!("the default folder is nobodys where several databases are bound: {form}"), &check);
        project
            .run(&["migrations", "status"])
            .exit(2)
            .kept(&format!("the default folder is nobodys: status, {form}"));
        project
            .run(&["migrations", "new", "x"])
            .exit(2)
            .kept(&format!("the default folder is nobodys: new, {form}"));
        // What the hint says does it, for that database alone.
        let (bare, whole) = if form == "wrangler.toml" {
            ("binding = \"LOG\"", "binding = \"LOG\", migrations_dir = \"migrations\"")
        } else {
            ("\"binding\": \"LOG\"", "\"binding\": \"LOG\", \"migrations_dir\": \"migrations\"")
        };
        let text = config(form, &[&[("binding", "DB")], &[("binding", "LOG")]]);
        project.write(form, &text.replace(bare, whole));
        assert_eq!(project.run(&["run"]).exit(0).stderr, undeployed("w"));
        assert_eq!(tables(&project), json!({ "w-db": [], "w-log": ["a"] }));
        project.run(&["migrations", "status", "--exit-code"]).exit(0).kept(&format!(
            "the default folder is nobodys where several databases are bound, the status: {form}"
        ));
    }
}

#[test]
fn the_default_folder_is_that_of_the_only_database() {
    for form in FORMS {
        let project = project(form, &[&[("binding", "DB")]]).file("migrations/0001_a.sql", A);
        assert_eq!(project.run(&["run"]).exit(0).stderr, undeployed("w"));
        assert_eq!(tables(&project), json!({ "w-db": ["a"] }));
    }
}

#[test]
fn two_bindings_of_one_database_have_one_folder_that_is_applied_once() {
    for form in FORMS {
        let (db, reader) = (
            [("binding", "DB"), ("database_name", "jobs")],
            [("binding", "READER"), ("database_name", "jobs")],
        );
        let project = project(form, &[&db, &reader]).file("migrations/0001_a.sql", A);
        let report = project.report(&["run"]);
        assert_eq!((&report["exit"], &report["summary"]["apply"]), (&json!(0), &json!(1)), "{report:#}");
        assert_eq!(rows(&project), json!([{ "x": "a" }]));
        let one = [&db[..], &[("migrations_table", "one")]].concat();
        let other = [&reader[..], &[("migrations_table", "other")]].concat();
        project.write(form, &config(form, &[&one, &other]));
        let said = refused(&project, &[]);
        let title = "error: the bindings `DB` and `READER` are of one database, and have different migrations: `one` and `other`\n";
        assert!(said.starts_with(title), "{said}");
    }
}

#[test]
fn what_another_environment_binds_keeps_the_default_folder_from_this_one() {
    let text = "name = \"w\"\n[[d1_databases]]\nbinding = \"DB\"\n[[d1_databases]]\nbinding = \"AUDIT\"\n[env.staging]\n[[env.staging.d1_databases]]\nbinding = \"AUDIT\"\n";
    let project = Project::empty().served().file("wrangler.toml", text).file("migrations/0001_a.sql", A);
    let run = project.run(&["run", "-e", "staging"]).exit(0);
    run.kept("what another environment binds keeps the default folder from this one");
    assert_eq!(tables(&project), json!({ "w-staging-audit": [] }));
    let same = "name = \"w\"\n[[d1_databases]]\nbinding = \"DB\"\n[env.staging]\n[[env.staging.d1_databases]]\nbinding = \"DB\"\n";
    project.write("wrangler.toml", same);
    assert_eq!(project.run(&["run", "-e", "staging"]).exit(0).stderr, undeployed("w-staging"));
    assert_eq!(tables(&project)["w-staging-db"], json!(["a"]));
}

#[test]
fn an_environment_has_the_folder_of_its_own_binding() {
    let text = "name = \"w\"\n[[d1_databases]]\nbinding = \"DB\"\nmigrations_dir = \"one\"\n[env.staging]\n[[env.staging.d1_databases]]\nbinding = \"DB\"\nmigrations_dir = \"two\"\n";
    let project = Project::empty()
        .served()
        .file("wrangler.toml", text)
        .file("one/0001_a.sql", A)
        .file("two/0001_b.sql", "CREATE TABLE b (x);");
    project.run(&["run", "-e", "staging"]).exit(0);
    project.run(&["run"]).exit(0);
    assert_eq!(tables(&project), json!({ "w-db": ["a"], "w-staging-db": ["b"] }));
}

#[test]
fn a_folder_that_several_bindings_name_is_all_of_theirs() {
    let fields = |binding: &'static str| [("binding", binding), ("migrations_dir", "migrations")];
    let (one, two) = (fields("ONE"), fields("TWO"));
    let project =
        project("wrangler.toml", &[&one, &two, &[("binding", "LOG")]]).file("migrations/0001_a.sql", A);
    assert_eq!(project.run(&["run"]).exit(0).stderr, undeployed("w"), "the folder is somebody's");
    assert_eq!(tables(&project), json!({ "w-log": [], "w-one": ["a"], "w-two": ["a"] }));
}

#[test]
fn databases_of_a_project_file_do_not_share_the_default_folder() {
    let project = bound("[d1.databases.log]\nbinding = \"LOG\"\n", &[]);
    let both: [&[(&str, &str)]; 2] = [&[("binding", "DB")], &[("binding", "LOG")]];
    project.write("worker/wrangler.toml", &config("wrangler.toml", &both));
    project.run(&RUN).exit(0).kept("databases of a project file do not share the default folder");
    assert_eq!(tables(&project), json!({ "w-dev-db": [], "w-dev-log": [] }));
    // With one of them it is that one's, said or not.
    let project = bound("", &[]);
    project.run(&RUN).exit(0);
    assert_eq!(rows(&project), json!([{ "x": "a" }, { "x": "b" }]));
}

#[test]
fn what_wrangler_has_applied_in_a_table_of_its_own_is_not_applied_again() {
    for own in [
        "",
        "migrations = \"worker/migrations\"\n",
        "migrations = \"./worker/migrations/\"\nmigrations_table = \"mine\"\n",
    ] {
        for dir in [&[][..], &[("migrations_dir", "migrations")], &[("migrations_dir", "./migrations/")]] {
            let project = bound(own, &[dir, &[("migrations_table", "mine")]].concat());
            applied_by_wrangler(&project, "mine");
            let before = changes(&project);
            project.run(&["plan", "-e", "dev", "--exit-code"]).exit(0);
            project.run(&RUN).exit(0).kept(&format!(
                "what wrangler has applied in a table of its own is not applied again: {own}, {dir:?}"
            ));
            assert_eq!(changes(&project), before);
            assert_eq!(rows(&project), json!([{ "x": "a" }, { "x": "b" }]));
            assert_eq!(ledgers(&project), json!([{ "name": "mine" }]));
            let status = project.run(&["migrations", "status", "-e", "dev", "--exit-code"]).exit(0);
            assert!(status.stdout.starts_with("db -> jobs: 2 applied\n"), "{}", status.stdout);
            project.run(&["migrations", "new", "c", "-e", "dev"]).exit(0).kept(&format!(
                "what wrangler has applied in a table of its own is not applied again, 2: {own}, {dir:?}"
            ));
        }
    }
}

#[test]
fn the_folder_and_the_pattern_of_a_binding_are_taken() {
    let project =
        bound("", &[("migrations_dir", "drizzle"), ("migrations_pattern", "drizzle/*/migration.sql")])
            .file("worker/drizzle/1_c/migration.sql", "CREATE TABLE c (x);");
    project.run(&RUN).exit(0);
    assert_eq!(tables(&project), json!({ "jobs": ["c"] }));
    let new = project.run(&["migrations", "new", "d", "-e", "dev"]).exit(0);
    new.says("worker/drizzle/0002_d/migration.sql\n", "");
}

#[test]
fn what_project_file_and_binding_say_differently_is_refused() {
    let place = "worker/wrangler.toml:3";
    let cases: [(&str, Fields, &str, String); 5] = [
        (
            "migrations = \"db\"\n",
            &[("migrations_dir", "migrations")],
            "`migrations` of the database `db` is `db` here, and `worker/migrations` for the Worker's binding `DB`",
            format!("write the same in both; the other stands at {place}:62"),
        ),
        (
            "migrations_pattern = \"*.sql\"\n",
            &[("migrations_dir", "migrations"), ("migrations_pattern", "migrations/**/*.sql")],
            "`migrations_pattern` of the database `db` is `*.sql` here, and `**/*.sql` for the Worker's binding `DB`",
            format!("write the same in both; the other stands at {place}:97"),
        ),
        (
            "migrations_table = \"ours\"\n",
            &[("migrations_table", "mine")],
            "`migrations_table` of the database `db` is `ours` here, and `mine` for the Worker's binding `DB`",
            format!(
                "write in both the table that the database has, or everything is applied again: `SELECT name FROM sqlite_master WHERE \
                 name IN ('ours', 'mine')` shows it; the other stands at {place}:64"
            ),
        ),
        (
            "migrations_table = \"ours\"\n",
            &[("migrations_dir", "migrations")],
            "`migrations_table` of the database `db` is `ours` here, and the default, `d1_migrations`, for the Worker's binding `DB`",
            format!(
                "write in both the table that the database has, or everything is applied again: `SELECT name FROM sqlite_master WHERE \
                 name IN ('ours', 'd1_migrations')` shows it; the other stands at {place}:15"
            ),
        ),
        (
            "migrations_table = \"ours\"\n",
            &[],
            "`migrations_table` of the database `db` is `ours` here, and the default, `d1_migrations`, for the Worker's binding `DB`",
            format!(
                "write in both the table that the database has, or everything is applied again: `SELECT name FROM sqlite_master WHERE \
                 name IN ('ours', 'd1_migrations')` shows it; the other stands at {place}:15"
            ),
        ),
    ];
    for (own, binding, message, hint) in cases {
        let project = bound(own, binding).file("db/0001_a.sql", A).file("db/0002_b.sql", B);
        applied_by_wrangler(&project, "mine");
        let before = changes(&project);
        let column = own.find('"').unwrap() + 1;
        let value = own[column - 1..].trim_end();
        let mark = format!("{}{}", " ".repeat(column), "^".repeat(value.len()));
        let said = format!(
            "error: {message}\n --> larder.toml:7:{column}\n  |\n7 | {}\n  |{mark}\n  |\n  = help: {hint}\n",
            own.trim_end()
        );
        let ended = format!("{said}exit 2: nothing was changed\n");
        assert_eq!(project.run(&RUN).exit(2).stderr, ended);
        assert_eq!(project.run(&["plan", "-e", "dev"]).exit(2).stderr, ended);
        assert_eq!(project.run(&["check"]).exit(1).stderr, said);
        for verb in [
            &["status"][..],
            &["new", "x"],
            &["baseline", "--yes"],
            &["repair", "--yes", "--edited", "0001_a.sql"],
        ] {
            let output = project.run(&[&["migrations"], verb, &["-e", "dev"]].concat()).exit(2);
            assert_eq!(output.stderr, said, "{verb:?}");
        }
        assert_eq!(changes(&project), before);
    }
}

#[test]
fn a_setting_of_the_command_line_differs_as_one_of_the_file_does() {
    let project = bound("migrations = \"worker/migrations\"\n", &[("migrations_table", "mine")]);
    applied_by_wrangler(&project, "mine");
    let set = ["run", "-e", "dev", "--set", "d1.databases.db.migrations_table=ours"];
    project.run(&set).exit(2).kept("a setting of the command line differs as one of the file does");
    assert_eq!(rows(&project), json!([{ "x": "a" }, { "x": "b" }]));
}

#[test]
fn a_recipe_of_its_own_has_the_ledger_of_the_binding() {
    let calls = ["d1::ensure(bound(\"d1\", \"db\"))", "d1::ensure(\"jobs\")", "d1::find(\"jobs\")"];
    for database in calls {
        let project = bound("", &[("migrations_table", "mine")]);
        applied_by_wrangler(&project, "mine");
        let before = changes(&project);
        project.write("recipes/main.rhai", &format!("{database}.migrate(\"worker/migrations\");\n"));
        let run = ["run", "main", "-e", "dev"];
        project.run(&run).exit(0);
        project.write(
            "recipes/main.rhai",
            &format!("{database}.migrate(\"worker/migrations\", #{{ table: \"d1_migrations\" }});\n"),
        );
        let output = project.run(&run).exit(2);
        output.kept(&format!("a recipe of its own has the ledger of the binding: {database}"));
        project.run(&["plan", "main", "-e", "dev"]).exit(2);
        assert_eq!(changes(&project), before);
        assert_eq!(ledgers(&project), json!([{ "name": "mine" }]));
    }
}

#[test]
fn a_recipe_may_not_migrate_from_another_folder_but_may_keep_other_files_in_a_ledger_of_their_own() {
    let project = bound("", &[("migrations_dir", "migrations")])
        .file("copy/0001_a.sql", A)
        .file("seeds/0001_s.sql", "INSERT INTO a VALUES ('s');");
    project.write("recipes/main.rhai", "d1::ensure(\"jobs\").migrate(\"copy\");\n");
    let run = ["run", "main", "-e", "dev"];
    project.api("POST", "/d1/database", &json!({ "name": "jobs" }));
    project.run(&run).exit(2).kept(
        "a recipe may not migrate from another folder but may keep other files in a ledger of their own",
    );
    assert_eq!(tables(&project), json!({ "jobs": [] }));
    project.write(
        "recipes/main.rhai",
        "let db = d1::ensure(\"jobs\"); db.migrate(\"worker/migrations\"); db.migrate(\"seeds\", #{ table: \"seeds\" });\n",
    );
    project.run(&run).exit(0);
    assert_eq!(rows(&project), json!([{ "x": "a" }, { "x": "b" }, { "x": "s" }]));
    project.run(&run).exit(0);
    assert_eq!(rows(&project), json!([{ "x": "a" }, { "x": "b" }, { "x": "s" }]));
}

#[test]
fn a_branch_has_the_migrations_of_the_binding() {
    let project = Project::new(
        "app = \"w\"\nwrangler = \"wrangler.toml\"\n[naming]\ntemplate = \"{app}-{branch}-{name}\"\n[environments.preview]\nwrangler_env = \"\"\n[d1.databases.db]\nbinding = \"DB\"\n",
    )
    .served()
    .file("wrangler.toml", &config("wrangler.toml", &[&[("binding", "DB"), ("migrations_dir", "m"), ("migrations_table", "branch_migrations")]]))
    .file("m/0001_a.sql", A);
    project.run(&["check"]).exit(0);
    project.run(&["run", "-e", "preview", "--set", "branch=x"]).exit(0);
    assert_eq!(tables(&project), json!({ "w-x-db": ["a"] }));
    assert_eq!(
        sql(&project, "w-x-db", "SELECT name FROM branch_migrations"),
        json!([{ "name": "0001_a.sql" }])
    );
}

#[test]
fn a_recipe_has_the_ledger_of_a_project_file_without_a_config() {
    let project = Project::new(
        "app = \"w\"\n[naming]\ntemplate = \"{name}\"\n[environments.dev]\n[d1.databases.jobs]\nmigrations = \"m\"\nmigrations_table = \"mine\"\n",
    )
    .served()
    .file("m/0001_a.sql", A)
    .recipe("d1::ensure(\"jobs\").migrate(\"m\", #{ table: \"d1_migrations\" });\n");
    project.api("POST", "/d1/database", &json!({ "name": "jobs" }));
    let output = project.run(&["run", "main", "-e", "dev"]).exit(2);
    output.kept("a recipe has the ledger of a project file without a config");
    project.write("recipes/main.rhai", "d1::ensure(name(\"d1\", \"jobs\")).migrate(\"m\");\n");
    project.run(&["run", "main", "-e", "dev"]).exit(0);
    assert_eq!(rows(&project), json!([{ "x": "a" }]));
    assert_eq!(sql(&project, "jobs", "SELECT name FROM mine"), json!([{ "name": "0001_a.sql" }]));
    project
        .run(&["run", "-e", "dev"])
        .exit(0)
        .kept("a recipe has the ledger of a project file without a config, 2");
    assert_eq!(rows(&project), json!([{ "x": "a" }]));
}
