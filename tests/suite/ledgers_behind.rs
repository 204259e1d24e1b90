//! `migrations baseline` where another ledger has files after a candidate: that candidate is marked.

use super::project::Project;
use serde_json::json;

/// A database to which wrangler has applied both files, with its ledger under the name `theirs`, and a project whose ledger
/// is `ours`.
fn moved(theirs: &str, ours: &str) -> Project {
    let config = format!(
        "name = \"w\"\n[[d1_databases]]\nbinding = \"DB\"\ndatabase_name = \"shop\"\nmigrations_table = \"{ours}\"\n"
    );
    let project = Project::empty()
        .file("wrangler.toml", &config)
        .file("migrations/0001_a.sql", "CREATE TABLE a (x);\n")
        .file("migrations/0002_b.sql", "INSERT INTO a VALUES (1);\n")
        .served();
    let made = project.api("POST", "/d1/database", &json!({"name": "shop"}));
    let path = format!("/d1/database/{}/query", made["uuid"].as_str().unwrap());
    let sql = format!(
        "CREATE TABLE \"{theirs}\"(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, applied_at TIMESTAMP DEFAULT \
         CURRENT_TIMESTAMP NOT NULL); CREATE TABLE a (x); INSERT INTO a VALUES (1); \
         INSERT INTO \"{theirs}\" (name) VALUES ('0001_a.sql'), ('0002_b.sql');"
    );
    project.api("POST", &path, &json!({ "sql": sql }));
    project
}

#[test]
fn a_file_that_another_ledger_has_gone_beyond_is_no_equal_choice() {
    for (theirs, ours) in [("d1_migrations", "ours"), ("theirs", "d1_migrations")] {
        let project = moved(theirs, ours);
        project.run(&["migrations", "baseline", "--yes"]).exit(1).says(
            &format!(
                "DB -> shop\n  fits     0001_a.sql  `{theirs}` has it; `{theirs}` has files up to `0002_b.sql`\n  \
                 fits     0002_b.sql  changes no schema: whether it was run can't be seen; `{theirs}` has it\n"
            ),
            &format!(
                "error: nothing was written: which file is the last that was applied is not said\n\
                 hint: `--to 0002_b.sql` fits: what comes after it is applied by a run; `0001_a.sql` fits as well, but \
                 `{theirs}` has files up to `0002_b.sql`: a run would apply again what comes after it\n"
            ),
        );
        project.run(&["migrations", "baseline", "--yes", "--to", "0002_b.sql"]).exit(0);
        project.run(&["run"]).exit(0).kept("a file that another ledger has gone beyond is no equal choice");
        let count = r#"d1::find("shop").query("SELECT count(*) AS n FROM a")[0].n"#;
        project.run(&["eval", count]).exit(0).says("1\n", "");
    }
}
