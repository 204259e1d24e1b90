//! `init`: what it reads and writes, and that the new project works.

use super::outputs::kept;
use super::project::Project;
use larder::system::files;

const KV: &str = "kv_namespaces = [{ binding = \"CACHE\", id = \"xxx\" }]\n";
const DB: &str = "[[d1_databases]]\nbinding = \"DB\"\ndatabase_name = \"db\"\ndatabase_id = \"REPLACE_ME\"\n";
const SQL: &str = "CREATE TABLE a (id INTEGER);\n";

fn text(project: &Project, name: &str) -> String {
    files::read_text(&project.path().join(name), 1 << 20).unwrap()
}

/// The command that a hint shows, without the program.
fn hinted(stderr: &str) -> Vec<&str> {
    let (_, command) = stderr.rsplit_once("`larder ").unwrap();
    command.split_once('`').unwrap().0.split(' ').collect()
}

/// What stands there before, from which folder it is started, what the project file begins with below its schema, and the
/// environments.
struct Layout {
    files: &'static [(&'static str, &'static str)],
    folder: &'static str,
    begins: &'static str,
    environments: &'static [&'static str],
}

const LAYOUTS: &[Layout] = &[
    Layout { files: &[], folder: ".", begins: "app = ", environments: &["development"] },
    Layout {
        files: &[],
        folder: "2026_shop",
        begins: "app = \"2026-shop\"\n",
        environments: &["development"],
    },
    Layout {
        files: &[("wrangler.toml", "name = \"site\"\n"), ("other/wrangler.toml", "name = \"other\"\n")],
        folder: ".",
        begins: "recipe = \"wrangler\" # makes what the config binds, by the names that wrangler gives\n\
                 wrangler = \"wrangler.toml\" # its",
        environments: &[],
    },
    Layout {
        files: &[(
            "workers/wrangler.jsonc",
            "{ \"name\": \"site\", // one\n \"env\": { \"dev\": {}, \"prod\": { \"r2_buckets\": [{ \"binding\": \"F\", \"bucket_name\": \"files\" }] } } }\n",
        )],
        folder: ".",
        begins: "recipe = \"wrangler\" # makes what the config binds, by the names that wrangler gives\n\
                 wrangler = \"workers/wrangler.jsonc\" # its",
        environments: &["dev", "prod"],
    },
    Layout {
        files: &[
            ("repo/apps/web site/wrangler.json", "{ \"env\": { \"my-env\": {} } }"),
            ("repo/node_modules/x/wrangler.toml", ""),
        ],
        folder: "repo",
        begins: "recipe = \"wrangler\" # makes what the config binds, by the names that wrangler gives\n\
                 wrangler = \"apps/web site/wrangler.json\" # its",
        environments: &["my-env"],
    },
];

#[test]
fn what_is_started_works_at_once_in_every_environment() {
    for layout in LAYOUTS {
        let project = Project::empty().file(&format!("{}/keep", layout.folder), "");
        for (path, text) in layout.files {
            project.write(path, text);
        }
        let started = project.run(&["-C", layout.folder, "init"]).exit(0);
        let told = started.stderr.as_str();
        let first = layout.files.first().map_or("", |(path, _)| path);
        kept(
            &format!("what is started works at once in every environment: {}, {first}", layout.begins),
            told,
        );
        let written = text(&project, &format!("{}/larder.toml", layout.folder));
        let rest = written.strip_prefix("#:schema ./larder.schema.json\n").unwrap();
        assert!(rest.starts_with(layout.begins), "{rest}");
        project.run(&hinted(told)).exit(0);
        let run = |arguments: &[&str]| project.run(&[&["-C", layout.folder], arguments].concat()).exit(0);
        run(&["check"]).says("checked 2 recipes and 1 test file: no errors\n", "");
        run(&["test"]);
        for environment in layout.environments {
            run(&["plan", "--local", "-e", environment]);
            run(&["run", "--local", "-e", environment]);
        }
    }
}

#[test]
fn what_was_read_is_told() {
    let config = format!("name = \"site\"\n{KV}[env.dev]\n[env.prod]\n{}", KV.replace("CACHE", "OTHER"));
    let project = Project::empty().file("workers/wrangler.toml", &config);
    project.run(&["init"]).exit(0).says(
        "",
        "read `workers/wrangler.toml`: bindings: kv `CACHE`, kv `OTHER`; environments: `dev`, `prod`\n\
         wrote `larder.toml`, `larder.schema.json` and `tests/project.test.rhai`\n\
         hint: `larder plan -e dev --local` shows what would be made\n",
    );
    let schema: serde_json::Value = serde_json::from_str(&text(&project, "larder.schema.json")).unwrap();
    assert!(schema["properties"]["wrangler"].is_object());
}

#[test]
fn migrations_of_another_tool_are_found_beside_the_config() {
    for (file, lines) in [
        ("drizzle/0000_a.sql", "migrations = \"workers/drizzle\"\n"),
        ("db/migrations/0000_a.sql", "migrations = \"workers/db/migrations\"\n"),
        (
            "prisma/migrations/2026_a/migration.sql",
            "migrations = \"workers/prisma/migrations\"\nmigrations_pattern = \"*/migration.sql\"\n",
        ),
    ] {
        let config = format!("name = \"site\"\n{DB}");
        let project = Project::empty().file("workers/wrangler.toml", &config);
        project.write(&format!("workers/{file}"), SQL);
        let told = project.run(&["init"]).exit(0).stderr;
        assert!(text(&project, "larder.toml").contains(lines), "{}", text(&project, "larder.toml"));
        project
            .run(&hinted(&told))
            .exit(0)
            .kept(&format!("migrations of another tool are found beside the config: {file}"));
        project.run(&["check"]).exit(0).says("checked 2 recipes and 1 test file: no errors\n", "");
    }
    // What the config says is left to it.
    let config = format!("name = \"site\"\n{DB}migrations_dir = \"sql\"\n");
    let project = Project::empty().file("wrangler.toml", &config).file("sql/0001_a.sql", SQL);
    project.write("drizzle/0000_a.sql", SQL);
    project.run(&["init"]).exit(0);
    assert!(!text(&project, "larder.toml").contains("migrations"));
    project
        .run(&["plan", "--local"])
        .exit(0)
        .kept("migrations of another tool are found beside the config, 2");
}

#[test]
fn a_broken_config_is_told_at_its_place_before_anything_is_written() {
    for (path, config) in [
        ("wrangler.toml", "name = \"site\"\n[[kv_namespaces]\n"),
        ("wrangler.jsonc", "{ \"name\": \"site\",\n \"kv_namespaces\": {} }"),
        ("workers/wrangler.toml", "kv_namespaces = [{ id = \"x\" }]\n"),
        ("apps/web/wrangler.json", "{"),
    ] {
        let project = Project::empty().file(path, config);
        project.run(&["init"]).exit(2).kept(&format!("a broken config is told at its place: {path}"));
        assert!(!project.path().join("larder.toml").exists(), "{path}");
        assert!(!project.path().join("larder.schema.json").exists(), "{path}");
    }
}

#[test]
fn several_workers_are_one_project_at_the_root() {
    let project = Project::empty().file("apps/web/wrangler.toml", "name = \"web\"\n[env.a]\n[env.prod]\n");
    project
        .write("apps/api/wrangler.jsonc", "{ \"name\": \"api\", \"env\": { \"prod\": {}, \"test\": {} } }\n");
    project.write("apps/own/wrangler.toml", "name = \"own\"\n");
    project.write("apps/own/larder.toml", "recipe = \"wrangler\"\n");
    let told = project.run(&["init", "--app", "Shop"]).stderr;
    let written = text(&project, "larder.toml");
    assert!(
        written.starts_with(
            "#:schema ./larder.schema.json\napp = \"shop\"\nrecipe = \"wrangler\" # makes what the config binds, by the \
             names that wrangler gives\nwrangler = [\"apps/api/wrangler.jsonc\", \"apps/web/wrangler.toml\"] # their"
        ),
        "{written}"
    );
    assert!(
        told.contains("read `apps/api/wrangler.jsonc`:") && told.contains("read `apps/web/wrangler.toml`:")
    );
}

#[cfg(unix)]
#[test]
fn nothing_that_is_there_is_written_to() {
    use std::os::unix::fs::symlink;
    let project = Project::empty().file("elsewhere.toml", "kept\n").file("larder.schema.json", "{}\n");
    symlink("elsewhere.toml", project.path().join("larder.toml")).unwrap();
    project.run(&["init"]).exit(2).says("", "error: `larder.toml` exists already\n");
    assert_eq!(text(&project, "elsewhere.toml"), "kept\n");
    files::remove_file(&project.path().join("larder.toml")).unwrap();
    symlink("nowhere.toml", project.path().join("larder.toml")).unwrap();
    project.run(&["init"]).exit(2).says("", "error: `larder.toml` exists already\n");
    assert!(!project.path().join("nowhere.toml").exists());
    files::remove_file(&project.path().join("larder.toml")).unwrap();
    project.run(&["init"]).exit(0).says(
        "",
        "wrote `larder.toml` and `tests/project.test.rhai`
hint: name what the app needs in it, then `larder plan -e development --local`
",
    );
    assert_eq!(text(&project, "larder.schema.json"), "{}\n");
}
