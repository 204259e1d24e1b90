//! Names of databases and ledgers that a project gives: what is offered is taken, and what can't be is refused at its line.

use super::project::Project;

/// Only `staging` binds a database.
const ONE_ENVIRONMENT: &str = "name = \"w\"\n[[env.staging.d1_databases]]\nbinding = \"DB\"\n\
    database_name = \"shop\"\nmigrations_dir = \"m\"\n[env.production]\n";

#[test]
fn a_database_that_one_environment_binds_gets_its_first_file_by_the_hint() {
    let project = Project::empty().file("wrangler.toml", ONE_ENVIRONMENT).served();
    let refused = project.run(&["run", "-e", "staging"]).exit(2);
    refused.kept("a database that one environment binds gets its first file by the hint");
    let new = ["migrations", "new", "first", "--database", "DB", "-e", "staging"];
    project.run(&new).exit(0).says("m/0001_first.sql\n", "");
    // The same where no environment is named: the one that has it says where.
    project.run(&["migrations", "new", "second", "--database", "DB"]).exit(0).says("m/0002_second.sql\n", "");
    project.run(&["migrations", "new", "third"]).exit(0).says("m/0003_third.sql\n", "");
}

#[test]
fn what_is_listed_is_accepted() {
    let config = "name = \"w\"\nd1_databases = [{ binding = \"ONE\", database_name = \"one\", migrations_dir = \"m\" }]\n\
        [[env.staging.d1_databases]]\nbinding = \"TWO\"\ndatabase_name = \"two\"\nmigrations_dir = \"n\"\n";
    let project = Project::empty().file("wrangler.toml", config).served();
    let new = |name: &str| project.run(&["migrations", "new", "a", "--database", name]);
    let error = "error: the project has no database `nobody` with migrations\nhint: it has: `TWO`, `ONE`\n";
    let listed = new("nobody").exit(2);
    assert_eq!(listed.stderr, error);
    new("ONE").exit(0).says("m/0001_a.sql\n", "");
    new("TWO").exit(0).says("n/0001_a.sql\n", "");
}

#[test]
fn a_table_that_can_be_no_ledger_is_refused_at_its_line_before_anything_is_made() {
    for table in ["larder_migrations", "larder_migrations_jobs", "sqlite_x", "_cf_x"] {
        let config = format!(
            "name = \"w\"\n[[d1_databases]]\nbinding = \"DB\"\ndatabase_name = \"shop\"\nmigrations_table = \"{table}\"\n"
        );
        let project = Project::empty()
            .file("wrangler.toml", &config)
            .file("migrations/0001_a.sql", "SELECT 1;")
            .served();
        for (command, exit) in [("run", 2), ("plan", 2), ("check", 1)] {
            let output = project.run(&[command]).exit(exit);
            output.kept(&format!("a table that can be no ledger is refused at its line: {table}, {command}"));
        }
        assert!(project.history().unwrap().iter().all(|one| !one.changed));
    }
}
