//! A folder without a project is an error and not an empty project, and bindings that a run did not provision are
//! named.

use super::project::Project;
use larder::system::files;

const NAMED: &str = "name = \"web\"\nkv_namespaces = [{ binding = \"CACHE\" }]\n";

fn repository() -> Project {
    Project::empty()
        .file("package.json", "{}")
        .file(
            "apps/web/wrangler.toml",
            &format!("{NAMED}[env.production]\nkv_namespaces = [{{ binding = \"CACHE\" }}]\n"),
        )
        .file(
            "services/jobs/larder.toml",
            "app = \"jobs\"\n[kv]\nnamespaces = [\"A\"]\n[environments.production]\n",
        )
        .file("node_modules/x/wrangler.toml", NAMED)
        .file(".git/x/wrangler.toml", NAMED)
        .file("target/x/wrangler.toml", NAMED)
}

/// Commands that rest on a project.
const RESTING: [&[&str]; 9] = [
    &["run", "-e", "production"],
    &["plan", "-e", "production", "--exit-code"],
    &["run", "provision", "-e", "production"],
    &["run", "wrangler"],
    &["ids", "-e", "production", "--exit-code"],
    &["destroy", "-e", "production", "--yes"],
    &["diff", "production", "staging", "--exit-code"],
    &["token", "--offline"],
    &["migrations", "status", "--exit-code"],
];

#[test]
fn an_empty_folder_is_a_usage_error_of_every_command_that_rests_on_a_project() {
    let project = Project::empty().served();
    for command in RESTING {
        let output = project.run(command).exit(2);
        output.says(
            "",
            "error: no `larder.toml` and no wrangler config in [DIR]\nhint: `larder init` starts a project\n",
        );
    }
    assert_eq!(project.history().unwrap(), []);
}

#[test]
fn a_check_says_that_it_saw_no_project() {
    Project::empty().run(&["check"]).exit(0).says(
        "checked 2 recipes: no errors\n",
        "no `larder.toml` here or above, and no wrangler config here: only the bundled recipes were checked\n",
    );
}

#[test]
fn the_root_of_a_repository_names_the_commands_that_would_work() {
    let project = repository().served();
    let output = project.run(&["run", "-e", "production"]).exit(2);
    output.says(
        "",
        "error: no `larder.toml` and no wrangler config in [DIR]\n\
         hint: `larder -C apps/web run -e production`\nhint: `larder -C services/jobs run -e production`\n",
    );
    // Each of them, as it stands there.
    let words = |line: &str| -> Vec<String> {
        let command = line.trim_start_matches("hint: `larder ").trim_end_matches('`');
        command.split(' ').map(str::to_owned).collect()
    };
    let lines: Vec<Vec<String>> = output_lines(&project).iter().map(|line| words(line)).collect();
    assert_eq!(lines.len(), 2);
    for line in lines {
        let line: Vec<&str> = line.iter().map(String::as_str).collect();
        project.run(&line).exit(0).kept(&format!(
            "the root of a repository names the commands that would work: {}",
            line.join(" ")
        ));
    }
}

fn output_lines(project: &Project) -> Vec<String> {
    let output = project.run(&["run", "-e", "production"]).exit(2);
    output.stderr.lines().filter(|line| line.starts_with("hint: ")).map(str::to_owned).collect()
}

#[test]
fn a_folder_named_by_a_flag_stays_in_the_commands() {
    let project = Project::empty().file("mono/apps/web/wrangler.toml", NAMED).file("mono/readme", "");
    let output = project.run(&["-C", "mono", "run", "--local"]).exit(2);
    output.exit(2).says(
        "",
        "error: no `larder.toml` and no wrangler config in [DIR]/mono
hint: `larder -C mono/apps/web run --local`
",
    );
    project
        .run(&["-C", "mono/apps/web", "run", "--local"])
        .exit(0)
        .kept("a folder named by a flag stays in the commands, 2");
}

#[test]
fn a_recipe_of_ones_own_runs_without_a_project() {
    let project = Project::empty().file("own.rhai", "kv::ensure(\"A\");\n").recipe("kv::ensure(\"B\");\n");
    project.run(&["run", "own.rhai", "--local"]).exit(0).kept("a recipe of ones own runs without a project");
    project.run(&["run", "main", "--local"]).exit(0).kept("a recipe of ones own runs without a project, 2");
}

#[test]
fn the_recipe_of_the_project_file_is_that_of_every_command() {
    let project = Project::new(
        "app = \"app\"\nrecipe = \"main\"\n[kv]\nnamespaces = [\"UNUSED\"]\n[naming]\ntemplate = \"{env}-{name}\"\n\
         [environments.dev]\n[environments.prod]\n",
    )
    .recipe("kv::ensure(name(\"kv\", \"OWN\"));\n")
    .served();
    project
        .run(&["plan", "-e", "dev"])
        .exit(0)
        .kept("the recipe of the project file is that of every command");
    project
        .run(&["run", "-e", "dev"])
        .exit(0)
        .kept("the recipe of the project file is that of every command, 2");
    project.run(&["ids", "-e", "dev"]).exit(0).says("kv         OWN  dev-OWN  [ID]\n", "");
    project
        .run(&["diff", "dev", "prod"])
        .exit(0)
        .kept("the recipe of the project file is that of every command, 3");
    project
        .run(&["token", "-e", "dev", "--offline"])
        .exit(0)
        .kept("the recipe of the project file is that of every command, 4");
    project
        .run(&["destroy", "-e", "dev", "--yes"])
        .exit(0)
        .kept("the recipe of the project file is that of every command, 5");
    // A name on the command line wins, and an unknown one in the file is an error of it.
    project
        .run(&["plan", "provision", "-e", "dev"])
        .exit(0)
        .kept("the recipe of the project file is that of every command, 6");
    project.write("larder.toml", "app = \"app\"\nrecipe = \"mian\"\n[environments.dev]\n");
    project.run(&["plan", "-e", "dev"]).exit(2).says(
        "",
        "error: there is no recipe `mian`
hint: did you mean `main`?
",
    );
}

#[test]
fn ids_and_diff_of_a_workers_project_are_of_what_run_makes() {
    let config = "name = \"web\"\n[env.staging]\nkv_namespaces = [{ binding = \"CACHE\" }]\n\
                  [env.production]\nkv_namespaces = [{ binding = \"CACHE\" }, { binding = \"MORE\" }]\n";
    let project = Project::empty().file("wrangler.toml", config).served();
    let missing = project.run(&["ids", "-e", "staging", "--exit-code", "--write", "--yes"]).exit(3);
    missing.says(
        "",
        "`CACHE` does not exist yet: `web-staging-cache`\n\
         nothing to write: nothing of what `wrangler.toml` binds exists yet\n",
    );
    project
        .run(&["run", "-e", "staging"])
        .exit(0)
        .kept("ids and diff of a workers project are of what run makes");
    let output = project.run(&["diff", "staging", "production", "--exit-code"]).exit(3);
    output.kept("ids and diff of a workers project are of what run makes, 2");
    project
        .run(&["ids", "-e", "staging", "--exit-code", "--write", "--yes"])
        .exit(0)
        .says("", "wrote the ids into `wrangler.toml`\n");
    let id = project.report(&["ids", "-e", "staging"])["CACHE"]["id"].as_str().unwrap().to_owned();
    let text = files::read_text(&project.path().join("wrangler.toml"), 1 << 16).unwrap();
    let entry = "{ binding = \"CACHE\" }";
    assert_eq!(text, config.replacen(entry, &format!("{{ binding = \"CACHE\", id = \"{id}\" }}"), 1));
    project
        .run(&["ids", "-e", "staging", "--exit-code", "--write", "--yes"])
        .exit(0)
        .says("", "`wrangler.toml` has the ids already\n");
}

/// Bindings of all sorts, of which the project file names one.
const MIXED: &str = "name = \"w\"\nkv_namespaces = [{ binding = \"TOP\" }]\n[env.dev]\n\
    kv_namespaces = [{ binding = \"A\" }, { binding = \"B\" }]\n\
    r2_buckets = [{ binding = \"FILES\", bucket_name = \"files\" }]\n\
    queues = { producers = [{ binding = \"JOBS\", queue = \"jobs\" }] }\n\
    hyperdrive = [{ binding = \"HD\", id = \"c4f5a1d05bdf4d989d7644fde00ff110\" }]\n";

#[test]
fn what_is_bound_and_not_made_is_said_once() {
    let project = Project::new(
        "app = \"app\"\nwrangler = \"wrangler.toml\"\n[kv]\nnamespaces = [\"A\"]\n[environments.dev]\n",
    )
    .file("wrangler.toml", MIXED)
    .served();
    let told = "warning: bound, and not made by the recipe `provision`: kv `B`, r2 `FILES`\n  --> wrangler.toml:4:49\n\
                warning: in the config, and not provisioned by Larder: queue `JOBS`, hyperdrive `HD`\n  --> wrangler.toml:6:37\n\
                warning: `dev` does not inherit from the top level: kv `TOP`\n  --> wrangler.toml:2:30\n";
    let output = project.run(&["run", "-e", "dev"]).exit(0);
    assert_eq!(output.stderr, told);
    let output = project.run(&["plan", "-e", "dev"]).exit(0);
    assert_eq!(output.stderr, told);
    // The other recipe makes all that it can.
    let output = project.run(&["plan", "wrangler", "-e", "dev"]).exit(0);
    assert!(
        output.stderr.ends_with(&told[told.find("warning: in the config").unwrap()..]),
        "{}",
        output.stderr
    );
    output.kept("what is bound and not made is said once");
}

/// Something of every sort that a config may name.
const FOREIGN: &str = r#"{
  "name": "w",
  "vars": { "A": "1", "B": 2, "C": 3, "D": 4, "E": 5 },
  "ai": { "binding": "AI" },
  "durable_objects": { "bindings": [{ "name": "ROOM", "class_name": "Room" }] },
  "migrations": [{ "tag": "v1", "new_classes": ["Room"] }],
  "env": {
    "dev": {
      "vars": { "B": "3" },
      "kv_namespaces": [{ "binding": "CACHE", "preview_id": "0f2ac74b498b48028cb68387c421e279" }],
      "queues": { "consumers": [{ "queue": "jobs" }, { "queue": "more" }] },
      "services": [{ "binding": "S1", "service": "a" }, { "binding": "S2", "service": "b" },
        { "binding": "S3", "service": "c" }, { "binding": "S4", "service": "d" }, { "binding": "S5", "service": "e" }],
      "tail_consumers": [{ "service": "tail" }],
      "send_email": [{ "name": "MAIL" }],
      "mtls_certificates": [{ "binding": "CERT", "certificate_id": "x" }],
      "ai": { "binding": "AI" },
      "browser": { "binding": "BROWSER" },
      "workflows": [{ "binding": "FLOW", "name": "flow", "class_name": "Flow" }],
      "analytics_engine_datasets": [{ "binding": "SEEN" }]
    }
  }
}"#;

#[test]
fn what_larder_does_not_provision_is_one_line_a_kind_also_where_the_recipe_does_not_end() {
    let project = Project::empty().file("wrangler.jsonc", FOREIGN).served();
    let foreign = "in the config, and not provisioned by Larder: mtls_certificates `CERT`, \
                   queues.consumers `jobs`, `more`, services `S1`, `S2`, `S3` and 2 more, tail_consumers `tail`, \
                   send_email `MAIL`, preview_id `CACHE`";
    let lost = "`dev` does not inherit from the top level: durable_objects.bindings `ROOM`, vars `A`, `C`, `D` and 1 more";
    let output = project.run(&["plan", "-e", "dev"]).exit(0);
    for once in [foreign, lost] {
        assert_eq!(output.stderr.matches(once).count(), 1, "{once:?} in {}", output.stderr);
    }
    // A deploy makes these.
    output.kept("what larder does not provision is one line a kind also where the recipe does not end");
    let report = project.report(&["run", "-e", "dev"]);
    let warnings: Vec<&str> =
        report["warnings"].as_array().unwrap().iter().map(|one| one["message"].as_str().unwrap()).collect();
    assert!(warnings.contains(&lost), "{warnings:?}");
    assert_eq!(warnings.iter().filter(|one| **one == foreign).count(), 1, "{warnings:?}");
    // A plan that ends at what is not known says it as well.
    let config = "app = \"app\"\nwrangler = \"wrangler.jsonc\"\n[environments.dev]\n";
    project.write("larder.toml", config);
    project.write("recipes/main.rhai", "cf::put(`/accounts/${account::id}/x`, #{}); kv::find(\"A\");\n");
    let output = project.run(&["plan", "main", "-e", "dev"]);
    output.kept("what larder does not provision is said by a plan that ends at what is not known");
    // The top level inherits from nothing.
    let output = project.run(&["plan"]).exit(2);
    output.exit(2).says(
        "",
        "error: no environment chosen
hint: `--env NAME` with one of `dev`
",
    );
}

#[test]
fn ids_say_what_the_recipe_does_not_make() {
    let project = Project::new("app = \"app\"\nwrangler = \"wrangler.toml\"\n[environments.dev]\n")
        .file("wrangler.toml", "name = \"w\"\n[env.dev]\nkv_namespaces = [{ binding = \"A\" }]\n")
        .served();
    let left_out = "bound, and not made by the recipe `provision`: kv `A`\n";
    project.run(&["ids", "-e", "dev", "--exit-code"]).exit(3).says("", left_out);
    project.run(&["ids", "-e", "dev", "--exit-code", "--write", "--yes"]).exit(3).says(
        "",
        &format!("{left_out}nothing to write: the recipe makes nothing that `wrangler.toml` binds\n"),
    );
}

#[test]
fn a_refused_migration_keeps_back_no_id() {
    let config = "name = \"web\"\nd1_databases = [{ binding = \"DB\", database_name = \"web-db\" }]\n\
                  kv_namespaces = [{ binding = \"CACHE\" }]\n";
    let project = Project::empty().file("wrangler.toml", config).served();
    project.run(&["run"]).exit(0).kept("a refused migration keeps back no id");
    project.write("migrations/0001_bad.sql", "INSERT INTO nowhere VALUES (1);\n");
    project.run(&["run"]).exit(1);
    project
        .run(&["ids", "--exit-code"])
        .exit(0)
        .says("kv         CACHE  web-cache  [ID]\nd1         DB     web-db  [ID]\n", "");
    project.run(&["ids", "--write", "--yes"]).exit(0).says("", "wrote the ids into `wrangler.toml`\n");
}
