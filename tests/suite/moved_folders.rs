//! Wrangler's default folder that is not there any more: refused, or said where it may have gone.

use super::outputs::kept;
use super::project::Project;

fn project() -> Project {
    let config = "name = \"w\"\n[[d1_databases]]\nbinding = \"DB\"\ndatabase_name = \"shop-db\"\n";
    Project::empty().file("wrangler.toml", config).served()
}

#[test]
fn a_link_that_leads_nowhere_and_a_file_are_no_folder() {
    let broken = project();
    std::os::unix::fs::symlink("../gone", broken.path().join("migrations")).unwrap();
    let file = project().file("migrations", "CREATE TABLE a (x);\n");
    for (project, words) in [
        (broken, "error: there is no folder `migrations`\n --> wrangler.toml:3:11\n"),
        (file, "error: `migrations` is a file, not a folder of migrations\n --> wrangler.toml:3:11\n"),
    ] {
        for (command, exit) in [(&["run"][..], 2), (&["plan", "--exit-code"], 2), (&["check"], 1)] {
            let output = project.run(command).exit(exit);
            assert!(output.stderr.starts_with(words), "{}", output.stderr);
        }
        assert!(project.history().unwrap().iter().all(|one| !one.changed));
    }
}

#[test]
fn a_folder_that_another_tool_fills_is_named() {
    for folder in ["drizzle", "db/migrations", "prisma/migrations/0_init"] {
        let project = project().file(&format!("{folder}/0000_init.sql"), "CREATE TABLE a (x);\n");
        let folder = folder.trim_end_matches("/0_init");
        let words =
            format!("no folder of migrations is known for `shop-db`, and `{folder}` holds `.sql` files");
        for command in ["run", "plan", "check"] {
            let output = project.run(&[command]).exit(0);
            let said = format!("{}{}", output.stdout, output.stderr);
            assert_eq!(said.matches(&words).count(), 1, "{said}");
            kept(&format!("a folder that another tool fills is named: {folder}, {command}"), &said);
        }
    }
    let output = project().run(&["run"]).exit(0);
    output.kept("a folder that another tool fills is named, 2");
}
