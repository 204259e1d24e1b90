//! The commands beside `run` and `plan`: what they print, what they write, and how they refuse.

use super::project::{PLAIN, Project, filtered};
use larder::system::files;
use regex::Regex;
use serde_json::{Value as Json, json};
use std::io::{BufRead, BufReader};
use std::process::Command;

fn text_of(project: &Project, path: &str) -> String {
    files::read_text(&project.path().join(path), 1 << 20).unwrap()
}

/// The example with its development environment provisioned in `.larder/local`.
fn provisioned() -> Project {
    let project = Project::example();
    project.run(&["run", "-e", "development", "--local"]).exit(0);
    project
}

const IDS: [&str; 4] = ["ids", "-e", "development", "--local"];

fn with<'a>(first: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [first, more].concat()
}

#[test]
fn ids_are_printed_for_people() {
    provisioned().run(&IDS).exit(0).says(
        "kv         JOB_ANALYSIS_CACHE  JOB_ANALYSIS_CACHE  [ID]\n\
         kv         SESSIONS            SESSIONS  [ID]\n\
         kv         RATE_LIMITS         RATE_LIMITS  [ID]\n\
         kv         OAUTH_STATES        OAUTH_STATES  [ID]\n\
         kv         EMBEDDINGS_CACHE    EMBEDDINGS_CACHE  [ID]\n\
         kv         AI_GATEWAY_CACHE    AI_GATEWAY_CACHE  [ID]\n\
         r2         AVATARS             jobmatch-ai-dev-avatars  jobmatch-ai-dev-avatars\n\
         r2         RESUMES             jobmatch-ai-dev-resumes  jobmatch-ai-dev-resumes\n\
         r2         EXPORTS             jobmatch-ai-dev-exports  jobmatch-ai-dev-exports\n\
         vectorize  VECTORIZE           jobmatch-ai-dev  jobmatch-ai-dev\n\
         d1         DB                  jobmatch-ai-dev-db  [ID]\n",
        "",
    );
}

#[test]
fn ids_are_printed_for_programs_as_the_account_has_them() {
    let project = provisioned();
    let resources = project.local().resources().unwrap();
    let id = |service: &str, name: &str| {
        let found = resources.iter().find(|(of, resource)| *of == service && resource.name == name);
        found.unwrap().1.id.clone()
    };
    let printed = project.report(&IDS);
    assert_eq!(printed.as_object().unwrap().len(), 11);
    assert_eq!(printed["SESSIONS"], json!({"kind": "kv", "name": "SESSIONS", "id": id("kv", "SESSIONS")}));
    let database = id("d1", "jobmatch-ai-dev-db");
    assert_eq!(printed["DB"], json!({"kind": "d1", "name": "jobmatch-ai-dev-db", "id": database}));
    project.run(&with(&IDS, &["--format", "dotenv"])).exit(0).says(
        "JOB_ANALYSIS_CACHE_ID=[ID]\nSESSIONS_ID=[ID]\nRATE_LIMITS_ID=[ID]\nOAUTH_STATES_ID=[ID]\n\
         EMBEDDINGS_CACHE_ID=[ID]\nAI_GATEWAY_CACHE_ID=[ID]\nAVATARS_ID=jobmatch-ai-dev-avatars\n\
         RESUMES_ID=jobmatch-ai-dev-resumes\nEXPORTS_ID=jobmatch-ai-dev-exports\nVECTORIZE_ID=jobmatch-ai-dev\n\
         DB_ID=[ID]\n",
        "",
    );
    let toml = project.command(&with(&IDS, &["--format", "toml"])).output().unwrap();
    let toml: toml::Table = String::from_utf8(toml.stdout).unwrap().parse().unwrap();
    let toml = toml["env"]["development"].as_table().unwrap();
    let counts = ["kv_namespaces", "r2_buckets", "d1_databases", "vectorize"];
    assert_eq!(counts.map(|kind| toml[kind].as_array().unwrap().len()), [6, 3, 1, 1]);
    let entry = toml["d1_databases"][0].as_table().unwrap();
    assert_eq!(
        ["binding", "database_name", "database_id"].map(|field| entry[field].as_str().unwrap()),
        ["DB", "jobmatch-ai-dev-db", database.as_str()]
    );
    let output = project.run(&with(&IDS, &["--format", "ndjson"])).exit(2);
    output.says("", "error: `ids` has no such format\nhint: text, json, toml or dotenv\n");
}

#[test]
fn ids_of_what_does_not_exist_yet_are_said_to_be_missing() {
    let project = Project::new(
        "app = \"app\"\n[kv]\nnamespaces = [\"CACHE\"]\n[naming]\ntemplate = \"{env}-{name}\"\n[environments.dev]\n",
    );
    let ids = ["ids", "-e", "dev", "--local", "--exit-code"];
    project.run(&ids).exit(3).says(
        "kv         CACHE  dev-CACHE  (does not exist yet)\n",
        "`CACHE` does not exist yet: `dev-CACHE`\n",
    );
    project.run(&["run", "-e", "dev", "--local"]).exit(0);
    project.run(&ids).exit(0).says("kv         CACHE  dev-CACHE  [ID]\n", "");
}

#[test]
fn ids_are_written_with_every_other_byte_kept() {
    let project = Project::example().served();
    project.run(&["run", "-e", "development"]).exit(0);
    let before = text_of(&project, "workers/wrangler.toml");
    let ids = ["ids", "-e", "development"];
    let printed = project.report(&ids);
    let id = |binding: &str| printed[binding]["id"].as_str().unwrap().to_owned();
    let write = with(&ids, &["--write", "--yes"]);
    project.run(&write).exit(0).says("", "wrote the ids into `workers/wrangler.toml`\n");
    // Of the first environment only: the others have the same bindings, and stay as they are.
    let mut expected = before.clone();
    for binding in [
        "JOB_ANALYSIS_CACHE",
        "SESSIONS",
        "RATE_LIMITS",
        "OAUTH_STATES",
        "EMBEDDINGS_CACHE",
        "AI_GATEWAY_CACHE",
    ] {
        let bare = format!("{{ binding = \"{binding}\" }}");
        let full = format!("{{ binding = \"{binding}\", id = \"{}\" }}", id(binding));
        expected = expected.replacen(&bare, &full, 1);
    }
    let folder = "migrations_dir = \"migrations\" }";
    let full = format!("migrations_dir = \"migrations\", database_id = \"{}\" }}", id("DB"));
    expected = expected.replacen(folder, &full, 1);
    assert_eq!(text_of(&project, "workers/wrangler.toml"), expected);
    let again = project.run(&write).exit(0);
    again.says("", "`workers/wrangler.toml` has the ids already\n");
    project.run(&["run", "-e", "development"]).exit(0).kept("ids are written with every other byte kept");
    // In the local account they count as absent.
    project
        .run(&["run", "-e", "development", "--local"])
        .exit(0)
        .kept("ids are written with every other byte kept, 2");
}

#[test]
fn ids_are_written_into_jsonc_with_its_comments() {
    let project = Project::new(
        "app = \"app\"\nwrangler = \"wrangler.jsonc\"\n[kv]\nnamespaces = [\"CACHE\"]\n[environments.dev]\n",
    );
    let config = "{\n  // the Worker\n  \"env\": { \"dev\": {\n    \"kv_namespaces\": [{ \"binding\": \"CACHE\" }], // caches\n  } },\n}\n";
    let project = project.file("wrangler.jsonc", config).served();
    project.run(&["run", "-e", "dev"]).exit(0);
    let id = project.account().resources().unwrap()[0].1.id.clone();
    project.run(&["ids", "-e", "dev", "--write", "--yes"]).exit(0);
    let entry = format!("{{ \"binding\": \"CACHE\", \"id\": \"{id}\" }}");
    assert_eq!(text_of(&project, "wrangler.jsonc"), config.replace("{ \"binding\": \"CACHE\" }", &entry));
}

#[test]
fn a_project_is_started_and_never_started_over() {
    let project = Project::empty();
    project.run(&["init", "--app", "My App"]).exit(0).says(
        "",
        "wrote `larder.toml`, `larder.schema.json` and `tests/project.test.rhai`\nhint: name what the app needs in it, then `larder plan -e development --local`\n",
    );
    let text = text_of(&project, "larder.toml");
    assert!(text.starts_with("#:schema ./larder.schema.json\napp = \"my-app\"\n\nsteps"), "{text}");
    project.run(&["plan", "-e", "development", "--local"]).exit(0).stdout(
        "plan of provision -> development (local account)\n\
         \n\
         nothing to do in [TIME] ([N] reads, 0 writes)\n",
    );
    // What stands there as a comment is right as well.
    let lines: Vec<&str> = text.lines().map(|line| line.strip_prefix("# ").unwrap_or(line)).collect();
    let wanted = lines.join("\n");
    project.write("larder.toml", &wanted);
    project.write("migrations/0001_a.sql", "CREATE TABLE a (b);\n");
    project
        .run(&["run", "-e", "development", "--local"])
        .exit(0)
        .kept("a project is started and never started over");
    project.run(&["init"]).exit(2).says("", "error: `larder.toml` exists already\n");
    assert_eq!(text_of(&project, "larder.toml"), wanted);
}

#[test]
fn recipes_are_listed_shown_and_ejected() {
    let project = Project::example();
    let header = "name       origin   summary\n";
    let own = "custom     project  The same app, arranged by its team: the database first, buckets named their own way, one bucket more.\n";
    let provision = |origin: &str| {
        format!(
            "provision  {origin}  Everything one environment of an app needs, in the order it is needed.\n"
        )
    };
    let wrangler = "wrangler   bundled  Every binding of the wrangler config in this folder: zero configuration for a Workers project.\n";
    let listed = format!("{header}{own}{}{wrangler}", provision("bundled"));
    project.run(&["recipes"]).exit(0).says(&listed, "");
    let bundled = include_str!("../../recipes/provision.rhai");
    project.run(&["show", "provision"]).exit(0).says(bundled, "");
    project.run(&["eject", "provision"]).exit(0).says("", "wrote `recipes/provision.rhai`\n");
    let ejected = text_of(&project, "recipes/provision.rhai");
    project.run(&["recipes"]).exit(0).says(&format!("{header}{own}{}{wrangler}", provision("project")), "");
    let mine = ejected.replace("    r2: || r2_buckets(),\n", "    r2: || log(\"mine\"),\n");
    project.write("recipes/provision.rhai", &mine);
    project
        .run(&["run", "-e", "development", "--local"])
        .exit(0)
        .kept("recipes are listed shown and ejected");
    project.run(&["eject", "provision"]).exit(2).stderr(
        "error: `recipes/provision.rhai` exists already\n\
         hint: it runs in place of the bundled one\n",
    );
    assert_eq!(text_of(&project, "recipes/provision.rhai"), mine);
    project.run(&["eject", "custom"]).exit(2).stderr(
        "error: no recipe `custom` is bundled\n\
         hint: there are: provision, wrangler\n",
    );
    let misspelt = "error: there is no recipe `provison`\nhint: did you mean `provision`?\n";
    project.run(&["show", "provison"]).exit(2).says("", misspelt);
}

#[test]
fn recipes_are_checked_without_a_request() {
    let project = Project::example().served();
    project.run(&["check"]).exit(0).says("checked 3 recipes and 1 test file: no errors\n", "");
    project.write("recipes/broken.rhai", "kv::ensur(\"A\");\n");
    let output = project.run(&["check"]).exit(1).stderr(
        "\
error: unknown function `kv::ensur`
 --> recipes/broken.rhai:1:5
  |
1 | kv::ensur(\"A\");
  |     ^^^^^
  |
  = help: did you mean `kv::ensure`?
",
    );
    assert_eq!(output.stdout, "checked 4 recipes and 1 test file: 1 error\n");
    project.run(&["check", "custom"]).exit(0).says("checked 1 recipe: no errors\n", "");
    assert_eq!(project.history().unwrap(), []);
}

#[test]
fn what_can_be_called_is_documented() {
    let project = Project::empty();
    let overview = project.run(&["doc"]).exit(0).stdout;
    for op in larder::services::Services::default().ops() {
        let name = op.name;
        assert!(
            overview.contains(&format!("::{name}(")) || overview.contains(&format!(".{name}(")),
            "{name}"
        );
    }
    let module = project.run(&["doc", "kv"]).exit(0).stdout;
    assert!(
        module.lines().all(|line| line.starts_with("kv::") || line.starts_with("KvNamespace.")),
        "{module}"
    );
    project.run(&["doc", "vectorize::info"]).exit(0).kept("what can be called is documented");
    project
        .run(&["doc", "nope"])
        .exit(2)
        .says("", "error: nothing is called `nope`\nhint: `larder doc` lists all\n");
    let reference = include_str!("../../docs/reference.md");
    let reference = filtered(reference, project.path());
    project.run(&["doc", "--markdown"]).exit(0).says(&reference, "");
}

#[test]
fn an_expression_is_evaluated_and_writes_only_when_told() {
    let project = Project::new(PLAIN);
    let eval = |more: &[&str]| project.run(&with(&["eval", "--local"], more));
    eval(&["1 + 2"]).exit(0).says("3\n", "");
    eval(&["kv::ensure(\"X\")"]).exit(0).says(
        "KvNamespace\n  name   X\n  id     (known after apply)\n  title  X\n",
        "+ would create KvNamespace `X`\n",
    );
    eval(&["kv::list().len()"]).exit(0).says("0\n", "");
    eval(&["--write", "kv::ensure(\"X\").id"]).exit(0).says("[ID]\n", "");
    eval(&["kv::list().map(|ns| ns.title)"]).exit(0).says("X\n", "");
    eval(&["1 +"]).exit(2).stderr(
        "\
error: script is incomplete
 --> <eval>:1:4
  |
1 | 1 +
  |    ^
  |
  = help: is a bracket or a quote not closed?
",
    );
    eval(&["-e", "dev", "env::name + config::app"]).exit(0).says("developmentapp\n", "");
    let help = project.run(&["eval", "--help"]).exit(0);
    help.stdout_has("larder eval -e development 'kv::list().map(|ns| ns.title)'");
}

#[test]
fn the_local_account_is_shown_and_emptied() {
    let project = Project::example();
    let nothing = "there is no local account yet: `--local` makes one\n";
    project.run(&["local", "show"]).exit(0).says("", nothing);
    let run = ["run", "-e", "development", "--local"];
    project.run(&run).exit(0);
    let shown = project.run(&["local", "show"]).exit(0);
    let copies = Regex::new(
        r"^Time Travel keeps \d+ cop(?:y|ies) of D1 databases: \d+ kB \(at most 50 and 256 MiB of each\)\n$",
    );
    assert!(copies.unwrap().is_match(&shown.stderr), "{}", shown.stderr);
    let shown = shown.stdout;
    assert!(shown.starts_with("service     kind       name "), "{shown}");
    let rows: Vec<&str> = shown.lines().skip(1).collect();
    let mut kinds: Vec<&str> = rows.iter().map(|line| line.split(' ').next().unwrap()).collect();
    kinds.dedup();
    assert_eq!((kinds, rows.len()), (vec!["kv", "r2", "vectorize", "ai_gateway", "d1"], 12));
    let digest = project.run(&["local", "show", "--digest"]).exit(0).stdout;
    assert_eq!(digest, format!("{}\n", project.local().digest().unwrap()));
    // Nothing but the account is removed, wherever it is kept.
    let kept = project.file(".larder/local/notes.txt", "mine");
    kept.run(&["local", "reset"]).exit(0).says("", "the local account is empty\n");
    assert_eq!(text_of(&kept, ".larder/local/notes.txt"), "mine");
    kept.run(&["local", "show"]).exit(0).says("", "");
    kept.run(&run).exit(0).kept("the local account is shown and emptied");
    assert_eq!(kept.run(&["local", "show"]).exit(0).stdout, shown);
}

#[test]
fn the_local_account_is_served_to_other_processes_and_held_by_one() {
    let project = Project::example();
    let mut server = project.spawn(&["local", "serve", "--port", "0"]);
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
    let mut variable = |name: &str| {
        let line = lines.next().unwrap().unwrap();
        line.strip_prefix(&format!("{name}=")).unwrap_or_else(|| panic!("{line}")).to_owned()
    };
    let [base, for_sdks, account, token] =
        ["CLOUDFLARE_API_BASE_URL", "CLOUDFLARE_BASE_URL", "CLOUDFLARE_ACCOUNT_ID", "CLOUDFLARE_API_TOKEN"]
            .map(&mut variable);
    assert_eq!(for_sdks, base, "an SDK that does not find its variable sends the token to the real API");
    let held = format!("is in use by process {}", server.id());
    for command in [&["run", "-e", "development", "--local"][..], &["local", "show"], &["local", "reset"]] {
        project.run(command).exit(2).stderr_has(&held);
    }
    let client = Project::example()
        .env("CLOUDFLARE_API_BASE_URL", &base)
        .env("CLOUDFLARE_ACCOUNT_ID", &account)
        .env("CLOUDFLARE_API_TOKEN", &token);
    let report = client.report(&["run", "-e", "development"]);
    assert_eq!((&report["exit"], &report["summary"]["create"]), (&json!(0), &json!(12)), "{report:#}");
    assert!(!report.to_string().contains(&token), "the token is in the report");
    let kill = Command::new("/bin/sh").args(["-c", &format!("kill -INT {}", server.id())]).status().unwrap();
    assert!(kill.success());
    assert_eq!(server.wait().unwrap().code(), Some(0));
    assert_eq!(project.local().resources().unwrap().len(), 12);
    let stored = Json::from(project.run(&["local", "show"]).exit(0).stdout);
    assert!(stored.as_str().unwrap().contains("jobmatch-ai-dev-db"));
}
