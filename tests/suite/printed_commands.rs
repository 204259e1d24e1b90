//! Commands in hints work as printed, on the same environment and account as the run.

use super::project::{Output, Project};

const A: &str = "CREATE TABLE a (x);\n";
const B: &str = "CREATE TABLE b (x);\n";
const BONUS: &str = "INSERT INTO a VALUES (1);\n";

const CONFIG: &str = r#"
name = "w"
[[d1_databases]]
binding = "DB"
database_name = "shop"
[[env.staging.d1_databases]]
binding = "DB"
database_name = "shop-staging"
"#;

/// A Worker whose top level and `staging` have both applied three files, in the account `acct`.
fn shop() -> Project {
    let project = Project::empty()
        .file("wrangler.toml", CONFIG)
        .file("migrations/0001_a.sql", A)
        .file("migrations/0002_bonus.sql", BONUS)
        .file("migrations/0004_b.sql", B);
    for environment in [&[][..], &["-e", "staging"]] {
        project.run(&[&["run", "--local=acct"][..], environment].concat()).exit(0);
    }
    project
}

/// The commands of Larder in a text.
fn commands(text: &str) -> Vec<String> {
    text.split('`')
        .skip(1)
        .step_by(2)
        .filter_map(|code| code.strip_prefix("larder "))
        .map(Into::into)
        .collect()
}

/// What a person does who copies the command.
fn follow(project: &Project, command: &str) -> Output {
    let mut arguments: Vec<&str> = command.split(' ').collect();
    arguments.push("--yes");
    project.run(&arguments)
}

/// What the ledgers of a database say.
fn ledgers(project: &Project, database: &str) -> String {
    let rows = |table: &str| format!("db.query(\"SELECT name FROM {table} ORDER BY name\")");
    let script = format!(
        "let db = d1::find(\"{database}\"); [{}, {}]",
        rows("d1_migrations"),
        rows("larder_migrations")
    );
    project.run(&["eval", "--local=acct", &script]).exit(0).stdout
}

fn remove(project: &Project, name: &str) {
    larder::system::files::remove_file(&project.path().join("migrations").join(name)).unwrap();
}

/// Runs SQL on the database of `staging` as somebody else would.
fn execute(project: &Project, sql: &str) {
    let script = format!("d1::find(\"shop-staging\").execute(\"{sql}\")");
    project.run(&["eval", "--local=acct", "--write", &script]).exit(0);
}

/// What is wrong, and the command that the refusal must give.
type Wrong = (fn(&Project), &'static str);

const WRONG: &[Wrong] = &[
    (
        |project| remove(project, "0002_bonus.sql"),
        "migrations repair -e staging --local=acct --removed 0002_bonus.sql",
    ),
    (
        |project| project.write("migrations/0001_a.sql", "CREATE TABLE a (x, y);\n"),
        "migrations repair -e staging --local=acct --edited 0001_a.sql",
    ),
    (
        |project| {
            remove(project, "0002_bonus.sql");
            project.write("migrations/0003_bonus.sql", BONUS);
        },
        "migrations repair -e staging --local=acct --renamed 0002_bonus.sql",
    ),
    (
        |project| execute(project, "DELETE FROM d1_migrations WHERE name = '0002_bonus.sql'"),
        "migrations repair -e staging --local=acct --unrecorded 0002_bonus.sql",
    ),
    (
        |project| project.write("migrations/0003_c.sql", "CREATE TABLE c (x);\n"),
        "run -e staging --local=acct --allow-out-of-order",
    ),
];

#[test]
fn a_repair_of_one_environment_does_not_correct_another() {
    for (break_it, command) in WRONG {
        let project = shop();
        break_it(&project);
        let before = ledgers(&project, "shop");
        let refused = project.run(&["run", "-e", "staging", "--local=acct"]).exit(1);
        assert_eq!(commands(&refused.stderr), [*command], "{}", refused.stderr);
        let status = project.run(&["migrations", "status", "-e", "staging", "--local=acct"]).exit(0);
        assert_eq!(commands(&status.stderr), [*command], "{}", status.stderr);
        follow(&project, command).exit(0);
        assert_eq!(ledgers(&project, "shop"), before, "{command}");
        project.run(&["run", "-e", "staging", "--local=acct"]).exit(0);
        let count = r#"d1::find("shop-staging").query("SELECT count(*) AS n FROM a")[0].n"#;
        project.run(&["eval", "--local=acct", count]).exit(0).says("1\n", "");
    }
}

#[test]
fn a_command_names_database_folder_and_confirmation() {
    let config = "app = \"shop\"\n[environments.staging]\nprotected = true\n[environments.dev]\n\
                  [d1.databases.one]\nmigrations = \"m\"\n[d1.databases.two]\nmigrations = \"n\"\n";
    let project = Project::empty()
        .file("app/larder.toml", config)
        .file("app/m/0001_a.sql", A)
        .file("app/n/0001_a.sql", A);
    let flags = ["-C", "app", "-e", "staging", "--local=acct"];
    let larder = |command: &[&str]| project.run(&[command, &flags].concat());
    larder(&["run", "--yes"]).exit(0);
    project.write("app/n/0001_a.sql", "CREATE TABLE a (x, y);\n");
    let repair = "migrations repair two -e staging -C app --local=acct --confirm staging --edited 0001_a.sql";
    let refused = larder(&["run", "--yes"]).exit(1);
    assert_eq!(commands(&refused.stderr), [repair], "{}", refused.stderr);
    let wrong = larder(&["migrations", "repair", "one", "--edited", "0001_a.sql"]).exit(1);
    assert_eq!(commands(&wrong.stderr), ["migrations status one -e staging -C app --local=acct"]);
    let nothing = larder(&["migrations", "repair"]).exit(2);
    assert_eq!(commands(&nothing.stderr), ["migrations status -e staging -C app --local=acct"]);
    follow(&project, repair).exit(0);
    larder(&["run", "--yes"]).exit(0);
}

/// The words that a shell makes of a command.
fn words(command: &str) -> Vec<String> {
    let script = format!("printf '%s\\0' {command}");
    let output = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.split_terminator('\0').map(Into::into).collect()
}

#[test]
fn a_name_from_the_account_is_a_word_of_the_command_and_runs_nothing() {
    const NAMES: &[&str] = &[
        "plain",
        "x$(touch pwned)",
        "it's",
        "sp ace",
        "`id`",
        "a;b",
        "-q",
        "~",
        "a\"b",
        "a\\b",
        "*",
        "=x",
        "#x",
        "üx",
    ];
    let calls: Vec<String> = NAMES.iter().map(|name| format!("kv::ensure({name:?});\n")).collect();
    let calls = calls.concat();
    let project = Project::new("app = \"shop\"\n[environments.dev]\n").recipe(&calls).served();
    project.run(&["run", "main", "-e", "dev"]).exit(0);
    let kept = project.run(&["destroy", "main", "-e", "dev", "--yes", "--format", "json"]).exit(0);
    let report: serde_json::Value = serde_json::from_str(&kept.stdout).unwrap();
    let mut given = Vec::new();
    let ops = report["steps"][0]["ops"].as_array().unwrap();
    for op in ops {
        let hint = op["error"]["hint"].as_str().unwrap();
        let command = hint.strip_prefix('`').unwrap().strip_suffix("` deletes it").unwrap();
        let name = op["resource"].as_str().unwrap();
        let words = words(command);
        assert!(words == ["--also", name] || words == [format!("--also={name}")], "{command}: {words:?}");
        given.extend(words);
    }
    assert_eq!(ops.len(), NAMES.len());
    let destroy = ["destroy", "main", "-e", "dev", "--yes"];
    let arguments: Vec<&str> = destroy.into_iter().chain(given.iter().map(String::as_str)).collect();
    project.run(&arguments).exit(0);
    assert!(project.account().resources().unwrap().is_empty());
}

#[test]
fn a_name_that_no_line_shows_is_not_offered_as_a_command() {
    let project =
        Project::new("app = \"shop\"\n[environments.dev]\n").recipe("kv::ensure(\"a\\nb\");").served();
    project.run(&["run", "main", "-e", "dev"]).exit(0);
    project
        .run(&["destroy", "main", "-e", "dev", "--yes"])
        .exit(0)
        .kept("a name that no line shows is not offered as a command");
}

/// A value goes into a command by `flag` and `word` alone, which quote it.
#[test]
fn no_source_puts_a_value_behind_a_flag_by_itself() {
    let pattern = regex::Regex::new(r"--[a-z][a-z-]*[ =]\{|(^|[^-a-z])-[eC] ?\{").unwrap();
    let mut wrong = Vec::new();
    for source in super::source_tree::sources() {
        let code = source.code.lines().filter(|line| !line.trim_start().starts_with("//"));
        let found = code.filter(|line| pattern.is_match(line));
        wrong.extend(found.map(|line| format!("{}: {}", source.path, line.trim())));
    }
    assert_eq!(wrong, Vec::<String>::new());
}
