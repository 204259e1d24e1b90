//! Where folders of migrations may lie, and what is said of one that is missing or that nothing is found in, on the binary.

use super::outputs::kept;
use super::project::{Output, Project};
use super::report_schema;
use larder::system::files;
use serde_json::{Value as Json, json};

const A: &str = "CREATE TABLE a (x);\n";
const B: &str = "CREATE TABLE b (x);\n";

/// The languages of a wrangler config.
const FORMS: [&str; 2] = ["wrangler.toml", "wrangler.jsonc"];

/// A config of the Worker `w` that binds these databases, a line each from the third on.
pub fn config(form: &str, databases: &[&[(&str, &str)]]) -> String {
    let is_toml = form == "wrangler.toml";
    let entry = |fields: &&[(&str, &str)]| {
        let field = |(key, value): &(&str, &str)| {
            if is_toml { format!("{key} = {value:?}") } else { format!("{key:?}: {value:?}") }
        };
        format!("  {{ {} }},\n", fields.iter().map(field).collect::<Vec<_>>().join(", "))
    };
    let entries: String = databases.iter().map(entry).collect();
    if is_toml {
        format!("name = \"w\"\nd1_databases = [\n{entries}]\n")
    } else {
        format!("{{ \"name\": \"w\", // the Worker\n\"d1_databases\": [\n{entries}] }}\n")
    }
}

/// An empty folder that is nobody's home, with an account.
fn repository() -> Project {
    Project::empty().env("HOME", "/nonexistent").served()
}

/// The command in `repo/apps/worker`.
fn at_worker<'a>(command: &[&'a str]) -> Vec<&'a str> {
    [&["-C", "repo/apps/worker"], command].concat()
}

/// The tables of each database, but for ledgers and SQLite's own.
pub fn tables(project: &Project) -> Json {
    let databases = project.api("GET", "/d1/database", &Json::Null);
    let mut tables = serde_json::Map::new();
    for database in databases.as_array().unwrap() {
        let path = format!("/d1/database/{}/query", database["uuid"].as_str().unwrap());
        let sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '%migrations' \
                   AND name NOT GLOB 'sqlite_*' AND name NOT GLOB '_cf_*' ORDER BY name";
        let rows = project.api("POST", &path, &json!({ "sql": sql }))[0]["results"].clone();
        let names = rows.as_array().unwrap().iter().map(|row| row["name"].clone()).collect();
        tables.insert(database["name"].as_str().unwrap().to_owned(), Json::Array(names));
    }
    Json::Object(tables)
}

pub fn changes(project: &Project) -> usize {
    project.account().history().iter().filter(|one| one.changed).count()
}

/// What `run`, `plan` and `check` say is wrong, which is the same, with nothing changed.
#[track_caller]
pub fn refused(project: &Project, folder: &[&str]) -> String {
    let before = changes(project);
    let run = |command: &str| project.run(&[folder, &[command]].concat());
    let said = |output: Output| output.stderr.replace("exit 2: nothing was changed\n", "");
    let (run, plan, check) = (run("run").exit(2), run("plan").exit(2), run("check").exit(1));
    let run = said(run);
    assert_eq!(said(plan), run);
    assert_eq!(said(check), run);
    assert_eq!(changes(project), before);
    run
}

#[test]
fn a_folder_beside_the_worker_in_its_repository_is_migrated_once() {
    let marks = [
        ("repo/.git/HEAD", "ref: refs/heads/main\n"),
        ("repo/.git", "gitdir: /elsewhere/.git/worktrees/repo\n"),
        ("repo/pnpm-workspace.yaml", "packages: [\"apps/*\"]\n"),
        ("repo/package.json", "{ \"workspaces\": [\"apps/*\"] }\n"),
    ];
    for form in FORMS {
        for (mark, text) in marks {
            let fields: &[(&str, &str)] =
                &[("binding", "DB"), ("migrations_dir", "../../packages/server/migrations")];
            let project = repository()
                .file(mark, text)
                .file(&format!("repo/apps/worker/{form}"), &config(form, &[fields]))
                .file("repo/packages/server/migrations/0001_a.sql", A);
            project.run(&at_worker(&["check"])).exit(0);
            project.run(&at_worker(&["plan"])).exit(0).kept(&format!(
                "a folder beside the worker in its repository is migrated once: {mark}, {form}"
            ));
            project.run(&at_worker(&["run"])).exit(0).kept(&format!(
                "a folder beside the worker in its repository is migrated once, 2: {mark}, {form}"
            ));
            assert_eq!(tables(&project), json!({ "w-db": ["a"] }), "{form}, {mark}");
            let before = changes(&project);
            project.run(&at_worker(&["run"])).exit(0).kept(&format!(
                "a folder beside the worker in its repository is migrated once, 3: {mark}, {form}"
            ));
            assert_eq!(changes(&project), before);
            let status = project.run(&at_worker(&["migrations", "status", "--exit-code"])).exit(0);
            assert!(status.stdout.starts_with("DB -> w-db: 1 applied\n"), "{}", status.stdout);
            let new = project.run(&at_worker(&["migrations", "new", "b"])).exit(0);
            new.says("../../packages/server/migrations/0002_b.sql\n", "");
        }
    }
}

#[test]
fn a_config_and_a_folder_that_the_project_file_names_may_lie_beside_it() {
    let project = repository()
        .file("repo/.git/HEAD", "ref")
        .file(
            "repo/infra/larder.toml",
            "app = \"w\"\nwrangler = \"../apps/worker/wrangler.toml\"\n[d1.databases.db]\nbinding = \"DB\"\n\
             [d1.databases.log]\nmigrations = \"../packages/log\"\n[environments.dev]\nwrangler_env = \"\"\n",
        )
        .file(
            "repo/apps/worker/wrangler.toml",
            &config("wrangler.toml", &[&[("binding", "DB"), ("migrations_dir", "db/migrations")]]),
        )
        .file("repo/apps/worker/db/migrations/0001_a.sql", A)
        .file("repo/packages/log/0001_b.sql", B);
    let run = ["-C", "repo/infra", "run", "-e", "dev"];
    project.run(&run).exit(0).kept("a config and a folder that the project file names may lie beside it");
    assert_eq!(tables(&project), json!({ "w-dev-db": ["a"], "w-dev-log": ["b"] }));
    project.run(&run).exit(0).kept("a config and a folder that the project file names may lie beside it, 2");
}

#[test]
fn a_plan_of_a_folder_beside_the_worker_can_be_applied() {
    let project = repository()
        .file("repo/.git/HEAD", "ref")
        .file(
            "repo/apps/worker/wrangler.toml",
            &config("wrangler.toml", &[&[("binding", "DB"), ("migrations_dir", "../../m")]]),
        )
        .file("repo/m/0001_a.sql", A);
    project.run(&at_worker(&["plan", "--out", "plan.json"])).exit(0);
    project.write("repo/m/0001_a.sql", B);
    let apply = at_worker(&["apply", "plan.json"]);
    project.run(&apply).exit(1).kept("a plan of a folder beside the worker can be applied");
    project.write("repo/m/0001_a.sql", A);
    project.run(&apply).exit(0);
    assert_eq!(tables(&project), json!({ "w-db": ["a"] }));
}

#[test]
fn a_folder_out_of_the_repository_is_refused_at_its_line() {
    let hint = "  = help: a path may lead anywhere in the repository: below the nearest `.git`, else below the nearest \
                `pnpm-workspace.yaml` or `package.json` with `workspaces`, else in the project's folder\n";
    let drawn = |said: &str, dir: &str| {
        let line = format!("  {{ binding = \"DB\", migrations_dir = \"{dir}\" }},");
        let column = line.rfind(" = ").unwrap() + 4;
        let mark = format!("{}{}", " ".repeat(column), "^".repeat(dir.len() + 2));
        format!("error: {said}\n --> wrangler.toml:3:{column}\n  |\n3 | {line}\n  |{mark}\n  |\n{hint}")
    };
    let dir = |dir: &'static str| config("wrangler.toml", &[&[("binding", "DB"), ("migrations_dir", dir)]]);
    let project = repository().file("repo/m/0001_a.sql", A).file("m/0001_a.sql", A);
    project.write("repo/apps/worker/wrangler.toml", &dir("../../m"));
    let worker = ["-C", "repo/apps/worker"];
    let alone = "`../../m` leads out of the project's folder, and no `.git` or workspace file above it makes it a part of more";
    assert_eq!(refused(&project, &worker), drawn(alone, "../../m"));
    // The nearest repository counts, not one around it.
    project.write("repo/.git/HEAD", "ref");
    project.write("repo/apps/worker/.git", "gitdir: x");
    assert_eq!(refused(&project, &worker), drawn(alone, "../../m"));
    files::remove_file(&project.path().join("repo/apps/worker/.git")).unwrap();
    project.write("repo/apps/worker/wrangler.toml", &dir("../../../m"));
    let outside = "`../../../m` leads out of the repository `[DIR]/repo`";
    assert_eq!(refused(&project, &worker), drawn(outside, "../../../m"));
    // What links lead to counts.
    project.write("repo/apps/worker/wrangler.toml", &dir("m"));
    std::os::unix::fs::symlink("../../../m", project.path().join("repo/apps/worker/m")).unwrap();
    let outside = "`m` leads out of the repository `[DIR]/repo`";
    assert_eq!(refused(&project, &worker), drawn(outside, "m"));
    project.write("repo/.git/m/0001_a.sql", A);
    project.write("repo/apps/worker/wrangler.toml", &dir("../../.git/m"));
    let git = "`../../.git/m` is inside `.git`";
    assert_eq!(refused(&project, &worker), drawn(git, "../../.git/m"));
    assert_eq!(tables(&project), json!({}));
}

#[test]
fn a_home_folder_is_no_repository() {
    let project = Project::empty().served().file(".git/HEAD", "ref").file("m/0001_a.sql", A).file(
        "worker/wrangler.toml",
        &config("wrangler.toml", &[&[("binding", "DB"), ("migrations_dir", "../m")]]),
    );
    let said = refused(&project, &["-C", "worker"]);
    assert!(said.starts_with("error: `../m` leads out of the project's folder, and no `.git`"), "{said}");
}

#[test]
fn a_linked_folder_of_the_repository_is_migrated() {
    let project = repository()
        .file("repo/.git/HEAD", "ref")
        .file("repo/packages/db/migrations/0001_a.sql", A)
        .file("repo/common/0002_b.sql", B)
        .file("repo/apps/worker/wrangler.toml", &config("wrangler.toml", &[&[("binding", "DB")]]));
    let link = |to: &str, at: &str| std::os::unix::fs::symlink(to, project.path().join(at)).unwrap();
    link("../../packages/db/migrations", "repo/apps/worker/migrations");
    link("../../../common/0002_b.sql", "repo/packages/db/migrations/0002_b.sql");
    project.run(&at_worker(&["run"])).exit(0);
    assert_eq!(tables(&project), json!({ "w-db": ["a", "b"] }));
}

#[test]
fn a_folder_that_is_named_and_missing_is_refused_at_its_line() {
    for form in FORMS {
        let text = config(form, &[&[("binding", "DB"), ("migrations_dir", "db/migrations")]]);
        let project = repository().file(form, &text);
        let line = text.lines().nth(2).unwrap();
        let column = line.find("\"db/").unwrap() + 1;
        let mark = format!("{}^^^^^^^^^^^^^^^", " ".repeat(column));
        let said = format!(
            "error: there is no folder `db/migrations`\n --> {form}:3:{column}\n  |\n3 | {line}\n  |{mark}\n  |\n  = help: correct the \
             path, which begins at the project's folder; for a folder that is yet to be filled, `larder migrations new NAME \
             --database DB -e top-level` makes it with its first file\n"
        );
        assert_eq!(refused(&project, &[]), said);
        let report = project.report(&["run"]);
        report_schema::holds(&report);
        assert_eq!((&report["exit"], &report["changed"]), (&json!(2), &json!(false)));
        assert_eq!(report["error"]["kind"], "project");
        let at = json!({ "file": form, "line": 3, "column": column });
        assert_eq!(report["error"]["findings"][0]["at"], at);
        project.run(&["migrations", "status"]).exit(2).says("", &said);
        // What the hint says does it.
        let new = ["migrations", "new", "init", "--database", "DB"];
        project.run(&new).exit(0).says("db/migrations/0001_init.sql\n", "");
        project.write("db/migrations/0001_init.sql", A);
        project.run(&["run"]).exit(0);
        assert_eq!(tables(&project), json!({ "w-db": ["a"] }));
    }
}

#[test]
fn a_path_from_the_wrong_folder_is_shown_as_it_should_be() {
    let project = repository().file("repo/.git/HEAD", "ref").file("repo/packages/db/0001_a.sql", A).file(
        "repo/apps/worker/wrangler.jsonc",
        &config("wrangler.jsonc", &[&[("binding", "DB"), ("migrations_dir", "packages/db")]]),
    );
    let said = refused(&project, &["-C", "repo/apps/worker"]);
    kept("a path from the wrong folder is shown as it should be, 2", &said);
    let project = repository()
        .file(
            "larder.toml",
            "app = \"w\"\nwrangler = \"worker/wrangler.toml\"\n[environments.dev]\n[d1.databases.DB]\n",
        )
        .file("worker/migrations/0001_a.sql", A)
        .file(
            "worker/wrangler.toml",
            &config("wrangler.toml", &[&[("binding", "DB"), ("migrations_dir", "worker/migrations")]])
                .replace("d1_databases", "env.dev.d1_databases"),
        );
    let output = project.run(&["run", "-e", "dev"]).exit(2);
    output.kept("a path from the wrong folder is shown as it should be");
}

#[test]
fn a_missing_folder_of_the_project_file_is_refused_at_its_line() {
    let text = "app = \"w\"\n[environments.dev]\n[d1.databases.db]\nmigrations = \"db/m\"\n";
    let project = repository().file("larder.toml", text);
    let said = "error: there is no folder `db/m`\n --> larder.toml:4:14\n  |\n4 | migrations = \"db/m\"\n  |              ^^^^^^\n  |\n  = help: \
                correct the path, which begins at the project's folder; for a folder that is yet to be filled, `larder migrations new \
                NAME --database db -e dev` makes it with its first file\n";
    let ended = format!("{said}exit 2: nothing was changed\n");
    assert_eq!(project.run(&["run", "-e", "dev"]).exit(2).stderr, ended);
    assert_eq!(project.run(&["plan", "-e", "dev"]).exit(2).stderr, ended);
    assert_eq!(project.run(&["check"]).exit(1).stderr, said);
    // A recipe that migrates nothing needs no folder, and no more does a look at what is there.
    project.write("recipes/kv.rhai", "kv::ensure(\"A\");\n");
    project.run(&["run", "kv", "-e", "dev"]).exit(0);
    project.run(&["destroy", "kv", "-e", "dev", "--also", "A", "--yes"]).exit(0);
    assert_eq!(tables(&project), json!({}));
}

#[test]
fn a_path_of_a_recipe_stays_in_the_project_and_one_of_a_config_does_not() {
    let project = repository()
        .file("repo/.git/HEAD", "ref")
        .file("repo/m/0001_a.sql", A)
        .file("repo/apps/worker/larder.toml", "app = \"w\"\n[environments.dev]\n")
        .file(
            "repo/apps/worker/other/wrangler.toml",
            &config("wrangler.toml", &[&[("binding", "DB"), ("migrations_dir", "../../../m")]]),
        )
        .file("repo/apps/other/wrangler.toml", &config("wrangler.toml", &[]));
    let run = |recipe: &str| {
        project.write("repo/apps/worker/recipes/main.rhai", recipe);
        project.run(&at_worker(&["run", "main", "-e", "dev"]))
    };
    run("d1::ensure(\"db\").migrate(\"../../m\");")
        .exit(2)
        .kept("a path of a recipe stays in the project and one of a config does not");
    run("wrangler::config(\"../other/wrangler.toml\");")
        .exit(1)
        .kept("a path of a recipe stays in the project and one of a config does not, 2");
    run("d1::ensure(\"db\").dump(\"../../dump.sql\");")
        .exit(2)
        .kept("a path of a recipe stays in the project and one of a config does not, 3");
    assert_eq!(tables(&project), json!({}));
    let read = "let m = wrangler::config(\"other/wrangler.toml\").bindings[0].migrations; d1::ensure(\"db\").migrate(m.dir);";
    run(read).exit(0);
    assert_eq!(tables(&project), json!({ "db": ["a"] }));
}

/// The text with the setting that a refusal's hint gives after the last setting of its file's entry.
fn pasted(said: &str, text: &str, after: &str) -> String {
    let hint = said.lines().find(|line| line.contains("finds what is there")).unwrap();
    let setting = hint.split('`').nth(1).unwrap();
    let separator = if after.ends_with('\n') { "" } else { ", " };
    let end = if after.ends_with('\n') { "\n" } else { "" };
    text.replace(after, &format!("{after}{separator}{setting}{end}"))
}

#[test]
fn a_pattern_that_finds_nothing_is_refused_with_the_one_that_does_in_its_own_file() {
    let drizzle = [("2026_a/migration.sql", A), ("2026_a/snapshot.json", "{}"), ("2027_b/migration.sql", B)];
    for form in FORMS {
        let text = config(form, &[&[("binding", "DB"), ("migrations_dir", "./drizzle/")]]);
        let project = drizzle
            .iter()
            .fold(repository(), |project, (path, text)| project.file(&format!("drizzle/{path}"), text));
        project.write(form, &text);
        let said = refused(&project, &[]);
        let title = "error: no file in `drizzle` matches `*.sql`, though it holds `2026_a/migration.sql` and 1 more\n";
        assert!(said.starts_with(title), "{said}");
        let setting = if form == "wrangler.toml" {
            "`migrations_pattern = \"./drizzle/*/migration.sql\"`"
        } else {
            "`\"migrations_pattern\": \"./drizzle/*/migration.sql\"`"
        };
        assert!(said.ends_with(&format!("  = help: {setting} finds what is there\n")), "{said}");
        project.run(&["run", "--quiet"]).exit(2).kept(&format!("a pattern that finds nothing: run, {form}"));
        project
            .run(&["migrations", "new", "c"])
            .exit(2)
            .kept(&format!("a pattern that finds nothing: new, {form}"));
        project.write(form, &pasted(&said, &text, "\"./drizzle/\""));
        project.run(&["run"]).exit(0);
        assert_eq!(tables(&project), json!({ "w-db": ["a", "b"] }));
        project.run(&["migrations", "new", "c"]).exit(0).says("drizzle/2028_c/migration.sql\n", "");
    }
}

#[test]
fn a_pattern_takes_classes_and_any_number_of_stars() {
    let with = |pattern: &str, files: &[(&str, &str)]| {
        let settings = [("binding", "DB"), ("migrations_dir", "m"), ("migrations_pattern", pattern)];
        let project = repository().file("wrangler.toml", &config("wrangler.toml", &[&settings]));
        files.iter().fold(project, |project, (name, text)| project.file(&format!("m/{name}"), text))
    };
    for (pattern, made) in
        [("m/[0-9]*.sql", "a"), ("m/[!0-9]*.sql", "b"), ("m/[^x]*.sql", "a"), ("m/[a-z]_?.sql", "b")]
    {
        let project = with(pattern, &[("1_a.sql", A), ("x_b.sql", B)]);
        project.run(&["run"]).exit(0);
        assert_eq!(tables(&project), json!({ "w-db": [made] }), "{pattern}");
    }
    let name = format!("{}.sql", "a".repeat(40));
    let project = with(&format!("m/{}*b", "*a".repeat(30)), &[(&name, A)]);
    project.run(&["run"]).exit(2).kept("a pattern takes classes and any number of stars");
    let project = with(&format!("m/{}*.sql", "*a".repeat(30)), &[(&name, A)]);
    project.run(&["run"]).exit(0);
    assert_eq!(tables(&project), json!({ "w-db": ["a"] }));
    let project = with("m/[[:digit:]]*.sql", &[("1_a.sql", A)]);
    project.run(&["run"]).exit(2).kept("a pattern takes classes and any number of stars, 2");
    assert_eq!(tables(&project), json!({}));
}

#[test]
fn a_pattern_for_the_default_folder_comes_with_it() {
    for form in FORMS {
        let text = config(form, &[&[("binding", "DB")]]);
        let project = repository()
            .file("migrations/0001_a/up.sql", A)
            .file("migrations/0001_a/down.sql", "DROP TABLE a;");
        project.write(form, &text);
        let said = refused(&project, &[]);
        let after = if form == "wrangler.toml" { "binding = \"DB\"" } else { "\"binding\": \"DB\"" };
        let hint = said.lines().find(|line| line.contains("help: ")).unwrap();
        kept(&format!("a pattern for the default folder comes with it: {form}"), hint);
        let settings: Vec<&str> = hint.split('`').skip(1).step_by(2).collect();
        assert_eq!(settings.len(), 2, "{hint}");
        let settings = settings.join(", ");
        project.write(form, &text.replace(after, &format!("{after}, {settings}")));
        project.run(&["run"]).exit(0);
        assert_eq!(tables(&project), json!({ "w-db": ["a"] }));
    }
}

#[test]
fn the_project_file_and_a_recipe_are_told_the_pattern_in_their_own_words() {
    let text = "app = \"w\"\n[environments.dev]\n[d1.databases.db]\nmigrations = \"drizzle\"\n";
    let project =
        repository().file("larder.toml", text).file("drizzle/1_a/migration.sql", A).file("deep/x/1_b.sql", B);
    let refused = project.run(&["run", "-e", "dev"]).exit(2);
    let said = "error: no file in `drizzle` matches `*.sql`, though it holds `1_a/migration.sql`\n --> larder.toml:4:14\n  |\n4 | migrations = \
                \"drizzle\"\n  |              ^^^^^^^^^\n  |\n  = help: `migrations_pattern = \"*/migration.sql\"` finds what is there\n\
                exit 2: nothing was changed\n";
    assert_eq!(refused.stderr, said);
    project.write("larder.toml", &pasted(said, text, "migrations = \"drizzle\"\n"));
    project.run(&["run", "-e", "dev"]).exit(0);
    assert_eq!(tables(&project), json!({ "w-dev-db": ["a"] }));
    project.write("recipes/main.rhai", "d1::ensure(\"own\").migrate(\"deep\");\n");
    let output = project.run(&["plan", "main", "-e", "dev"]).exit(2);
    output.kept("the project file and a recipe are told the pattern in their own words");
}

#[test]
fn a_pattern_of_a_config_below_the_project_begins_with_its_own_folder() {
    let project = repository()
        .file("larder.toml", "app = \"w\"\nwrangler = \"worker/wrangler.toml\"\n[environments.dev]\nwrangler_env = \"\"\n[d1.databases.db]\nbinding = \"DB\"\n")
        .file("worker/wrangler.toml", &config("wrangler.toml", &[&[("binding", "DB"), ("migrations_dir", "drizzle"), ("migrations_pattern", "drizzle/*/migration.sql")]]))
        .file("worker/drizzle/1_a/migration.sql", A);
    project.run(&["run", "-e", "dev"]).exit(0);
    assert_eq!(tables(&project), json!({ "w-dev-db": ["a"] }));
}

#[test]
fn an_empty_folder_is_no_mistake() {
    let project = repository()
        .file("m/.gitkeep", "")
        .file("wrangler.toml", &config("wrangler.toml", &[&[("binding", "DB"), ("migrations_dir", "m")]]));
    project.run(&["run"]).exit(0).kept("an empty folder is no mistake");
    project.run(&["check"]).exit(0);
}

#[test]
fn a_second_layout_beside_the_first_is_spoken_of() {
    let project = repository()
        .file(
            "wrangler.toml",
            &config("wrangler.toml", &[&[("binding", "DB"), ("migrations_dir", "drizzle")]]),
        )
        .file("drizzle/0000_a.sql", A)
        .file("drizzle/2026_b/migration.sql", B);
    project.run(&["plan"]).exit(0).kept("a second layout beside the first is spoken of");
    project.run(&["run"]).exit(0).kept("a second layout beside the first is spoken of, 2");
    project.run(&["run"]).exit(0).kept("a second layout beside the first is spoken of, 3");
    assert_eq!(tables(&project), json!({ "w-db": ["a"] }));
}
