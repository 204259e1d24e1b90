//! In CI systems other than GitHub's a log is ordinary lines: no commands to a runner, no colours, nothing that moves; standard
//! output is data alone.

use super::project::{Output, Project};
use super::runner;
use rexpect::session::spawn_command;
use serde_json::Value as Json;

const CONFIG: &str = "app = \"shop\"\n[naming]\ntemplate = \"{name}\"\n\
                      [environments.development]\nalias = \"dev\"\nbranch = \"develop\"\n";
const RECIPE: &str = "step(\"store\", || {\n    let db = d1::ensure(\"jobs\");\n    db.migrate(\"migrations\");\n});\n\
                      output(\"place\", env::name);\n";

type Variables = &'static [(&'static str, &'static str)];

/// What such systems set for a push to `develop`, and how a run says where it goes.
const SYSTEMS: [(Variables, &[&str]); 2] = [
    (&[("CI", "true")], &["--env", "dev"]),
    (
        &[
            ("CI", "true"),
            ("GITLAB_CI", "true"),
            ("CI_COMMIT_BRANCH", "develop"),
            ("CI_PIPELINE_SOURCE", "push"),
        ],
        &[],
    ),
];

fn project() -> Project {
    let project = Project::new(CONFIG).recipe(RECIPE);
    project.file("migrations/0001_jobs.sql", "CREATE TABLE jobs (id INTEGER);\n").served()
}

/// A run as such a system's job would start it.
fn run(project: &Project, system: usize, arguments: &[&str]) -> Output {
    let (variables, more) = SYSTEMS[system];
    let output = project.run_with(&[arguments, more].concat(), variables);
    for stream in [&output.stdout, &output.stderr] {
        let odd = |c: char| c.is_control() && c != '\n';
        assert!(!stream.contains(odd), "{arguments:?}: {stream:?}");
        assert_eq!(runner::commands(stream), [], "{arguments:?}");
    }
    output
}

#[test]
fn a_log_is_ordinary_lines() {
    for system in 0..SYSTEMS.len() {
        let project = project();
        run(&project, system, &["plan", "main"]).exit(0).says(
            "plan of main -> development (account 0123...cdef)\n\n\
             store                                        [TIME]\n  \
               + d1 jobs                       to create, 1 migration to apply\n      \
                   `0001_jobs.sql` is pending: 1 statement\n      \
                   line 1: `CREATE TABLE jobs (id INTEGER)`\n      \
                   + table jobs (id)\n\
             outputs\n  place = development\n\
             1 to create, 1 migration to apply in [TIME] ([N] reads, 0 writes)\n\
             applying it takes 2 writes and 4 reads: 0.5 % of the 1200 requests allowed in 5 minutes\n",
            "",
        );
        run(&project, system, &["run", "main"]).exit(0).says(
            "main -> development (account 0123...cdef)\n\n\
             store                                        [TIME]\n  \
               + d1 jobs                       created, 1 migration applied\n      \
               [ID]\n      \
                   `0001_jobs.sql` applied\n      \
                   + table jobs (id)\n\
             outputs\n  place = development\n\
             1 created, 1 migration applied in [TIME] ([N] reads, 2 writes)\n",
            "",
        );
        let quiet = run(&project, system, &["run", "main", "--quiet"]).exit(0);
        quiet.says("1 unchanged in [TIME] ([N] reads, 0 writes)\n", "");
        project.write("migrations/0002_more.sql", "INSERT INTO job VALUES (1);\n");
        let why = "`jobs` is not migrated: migrations/0002_more.sql:1:1: `INSERT INTO job VALUES (1)` fails: \
                   no such table: job";
        run(&project, system, &["run", "main"]).exit(1).says(
            "main -> development (account 0123...cdef)\n\n\
                 store                                        failed after [TIME]\n  \
                   ! d1 jobs                       migrations failed  at migrations/0002_more.sql:1:1\n\
                 1 failed in [TIME] ([N] reads, 0 writes); incomplete\n",
            &format!(
                "error: {why}\n --> migrations/0002_more.sql:1:1\n  |\n1 | INSERT INTO job VALUES (1);\n  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  |\n  \
                 = note: in step `store`\n  = help: nothing was sent: correct the file and run again\n\
                 note: asked for here\n --> recipes/main.rhai:3:8\n  |\n3 |     db.migrate(\"migrations\");\n  |        ^^^^^^^\n\
                 exit 1: nothing was changed\n"
            ),
        );
    }
}

#[test]
fn standard_output_holds_data_alone() {
    for system in 0..SYSTEMS.len() {
        let project = project();
        for (command, code) in [("plan", 0), ("run", 0), ("run", 1)] {
            if code == 1 {
                project.write("migrations/0002_more.sql", "INSERT INTO job VALUES (1);\n");
            }
            let output = run(&project, system, &[command, "main", "--format", "json"]).exit(code);
            let report: Json = serde_json::from_str(&output.stdout).unwrap();
            assert_eq!(report["exit"], code);
            let output = run(&project, system, &[command, "main", "--format", "ndjson"]).exit(code);
            let events: Vec<Json> =
                output.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            assert!(events.len() > 3, "{events:?}");
        }
    }
}

/// Some systems give a job a terminal, so that programs colour their logs.
#[test]
fn a_terminal_in_ci_changes_nothing() {
    let project = project();
    let shown = |arguments: &[&str], variables: Variables| {
        let mut command = project.command(arguments);
        command.env("TERM", "xterm-256color").envs(variables.iter().copied());
        let mut terminal = spawn_command(command, Some(30_000)).unwrap();
        terminal.exp_eof().unwrap().replace("\r\n", "\n")
    };
    let plan = ["plan", "main", "--env", "dev"];
    assert!(
        shown(&plan, &[]).contains("\u{1b}["),
        "where nobody says that it is CI, a terminal gets colours"
    );
    for (variables, _) in SYSTEMS {
        for arguments in [&plan[..], &["run", "main", "--env", "nowhere"], &["run", "--no-such-option"]] {
            let log = shown(arguments, variables);
            let odd = |c: char| c.is_control() && c != '\n';
            assert!(!log.contains(odd) && log.lines().count() > 1, "{arguments:?}: {log:?}");
        }
    }
}
