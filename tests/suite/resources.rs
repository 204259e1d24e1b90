//! Reports list resources, not calls: what only asked is no line of them, a raw write says what it wrote, a database and its
//! migrations are one, and a failure is printed once.

use super::project::{Output, PLAIN, Project};
use super::report_schema;
use larder::system::files;
use serde_json::{Value as Json, json};

const RUN: [&str; 4] = ["run", "main", "-e", "dev"];

fn project(recipe: &str) -> Project {
    Project::new(PLAIN).recipe(recipe)
}

/// Runs it on the embedded account.
fn local(project: &Project, command: &str, more: &[&str]) -> Output {
    project.run(&[&[command, "main", "-e", "dev", "--local"], more].concat())
}

/// Each op of a report, by service, call, and what tells it from others.
fn listed(report: &Json) -> Vec<String> {
    let ops = report["steps"].as_array().unwrap().iter().flat_map(|step| step["ops"].as_array().unwrap());
    let text = |op: &Json, field: &str| op[field].as_str().unwrap_or("-").to_owned();
    ops.map(|op| ["service", "op", "resource", "subject"].map(|field| text(op, field)).join(" ")).collect()
}

#[test]
fn what_only_asks_is_in_no_report() {
    let recipe = "step(\"look\", || {\n  kv::find(\"ABSENT\");\n  r2::list().len;\n  \
                  cf::get(\"/storage/kv/namespaces\").len;\n});\nd1::find(\"jobs\");\n";
    let project = project(recipe).served();
    let heading = "main -> development (account 0123...cdef)\n\n";
    let summary = "nothing to do in [TIME] ([N] reads, 0 writes)\n";
    project.run(&RUN).exit(0).says(&format!("{heading}{summary}"), "");
    let calls = "look                                         [TIME]\n  < kv ABSENT                     read       find\n  \
                   < r2                            read       list\n  \
                   < cf /storage/kv/namespaces     read       get\n\
                 (outside every step)                         [TIME]\n  \
                   < d1 jobs                       read       find\n";
    let verbose = project.run(&[&RUN[..], &["-v"]].concat()).exit(0);
    assert_eq!(verbose.stdout, format!("{heading}{calls}{summary}"));
    let report = project.report(&RUN);
    assert_eq!(listed(&report), [""; 0]);
    let steps: Vec<&str> =
        report["steps"].as_array().unwrap().iter().map(|step| step["name"].as_str().unwrap()).collect();
    assert_eq!(steps, ["look"], "what stands outside has nothing to list");
    assert!(report["summary"].as_object().unwrap().values().all(|count| count == 0), "{report}");
    let plan = project.run(&["plan", "main", "-e", "dev", "--exit-code"]).exit(0);
    plan.says(&format!("plan of {heading}{summary}"), "");
}

#[test]
fn what_only_asks_and_fails_is_in_it() {
    let project = project("try { cf::get(\"/queues\"); } catch { }\ncf::get(\"/queues\");\n").served();
    let why = "can't read the path for `/queues`: the local account has no route for GET /queues: this needs a real account; No \
               route for that URI";
    let output = project.run(&RUN).exit(1);
    let output = output.kept("what only asks and fails is in it");
    assert_eq!(output.stderr.matches(why).count(), 1, "{}", output.stderr);
    assert_eq!(listed(&project.report(&RUN)), ["cf get /queues -"; 2]);
}

#[test]
fn raw_writes_are_told_apart_and_show_no_value() {
    let recipe = "step(\"raw\", || {\n  let ns = kv::ensure(\"S\");\n  ns.put(\"first\", \"v4lue\");\n  ns.put(\"second\", \"v4lue\");\n  \
                  let db = d1::ensure(\"jobs\");\n  db.execute(\"CREATE TABLE t (x)\");\n  \
                  db.execute(\"INSERT INTO t VALUES ('v4lue')\");\n  db.execute(\"/* v4lue */ UPDATE t SET x = ?1\", [\"v4lue\"]);\n  \
                  cf::post(\"/storage/kv/namespaces\", #{ title: \"v4lue\" });\n});\n";
    let project = project(recipe);
    let plan = local(&project, "plan", &[]).exit(0);
    plan.says(
        "plan of main -> development (local account)\n\nraw                                          [TIME]\n  \
           + kv S                          to create  (known after apply)\n  \
           > kv S                          to write   first\n  \
           > kv S                          to write   second\n  \
           + d1 jobs                       to create  (known after apply)\n  \
           > d1 jobs                       to write   CREATE TABLE t (x)\n  \
           > d1 jobs                       to write   INSERT INTO t ...\n  \
           > d1 jobs                       to write   UPDATE t SET x ...\n  \
           > cf /storage/kv/namespaces     to write   POST\n\
         2 to create, 6 to write in [TIME] ([N] reads, 0 writes)\n\
         applying it takes 8 writes and 3 reads: 1.0 % of the 1200 requests allowed in 5 minutes\n",
        "",
    );
    local(&project, "run", &[]).exit(0).says(
        "main -> development (local account)\n\nraw                                          [TIME]\n  \
           + kv S                          created    [ID]\n  \
           > kv S                          written    first\n  \
           > kv S                          written    second\n  \
           + d1 jobs                     created    [ID]\n  \
           > d1 jobs                       written    CREATE TABLE t (x)\n  \
           > d1 jobs                       written    INSERT INTO t ...\n  \
           > d1 jobs                       written    UPDATE t SET x ...\n  \
           > cf /storage/kv/namespaces     written    POST\n\
         2 created, 6 written in [TIME] ([N] reads, 8 writes)\n",
        "",
    );
    project.write(
        "recipes/main.rhai",
        &recipe.replace("\n  cf::post", "\n  cf::put").replace("namespaces\"", "namespaces/nope\""),
    );
    for format in ["text", "json", "ndjson"] {
        let output = local(&project, "run", &["--format", format, "--report", "report.html"]).exit(4);
        assert!(!output.stdout.contains("v4lue"), "{}", output.stdout);
        assert!(output.stdout.contains("INSERT INTO t ..."), "{}", output.stdout);
    }
    let page = files::read_text(&project.path().join("report.html"), 1 << 20).unwrap();
    assert!(
        page.contains("INSERT INTO t ...") && page.contains("second") && !page.contains("v4lue"),
        "{page}"
    );
}

#[test]
fn a_key_that_holds_a_secret_is_masked() {
    let recipe = "let token = secret::env(\"TOKEN\");\nkv::ensure(\"S\").put(\"a-s3cret-key\", token);\n";
    let config = PLAIN.replacen("app = ", "process_env = [\"TOKEN\"]\napp = ", 1);
    let project = Project::new(&config).recipe(recipe).env("TOKEN", "s3cret");
    for format in ["text", "json", "ndjson"] {
        let output = local(&project, "run", &["--format", format]).exit(0);
        assert!(output.stdout.contains("a-[secret]-key"), "{}", output.stdout);
        assert!(!output.stdout.contains("s3cret"), "{}", output.stdout);
    }
}

fn migrated() -> Project {
    let recipe = "step(\"d1\", || {\n  let db = d1::ensure(\"jobs\");\n  db.migrate(\"migrations\");\n});\n";
    project(recipe)
        .file("migrations/0001_a.sql", "CREATE TABLE a (x);")
        .file("migrations/0002_b.sql", "CREATE TABLE b (x);")
}

#[test]
fn a_database_and_its_migrations_are_one_entry() {
    let project = migrated();
    local(&project, "run", &["--report", "report.html"]).exit(0).says(
        "main -> development (local account)\n\nd1                                           [TIME]\n  \
           + jobs                          created, 2 migrations applied\n      \
           [ID]\n      \
               `0001_a.sql` applied\n      `0002_b.sql` applied\n      + table a (x)\n      + table b (x)\n\
         1 created, 2 migrations applied in [TIME] ([N] reads, 2 writes)\n",
        "",
    );
    let page = files::read_text(&project.path().join("report.html"), 1 << 20).unwrap();
    assert_eq!(
        page.matches(
            "<span aria-hidden=\"true\">+</span> created, 2 migrations applied</td><td role=\"cell\">jobs "
        )
        .count(),
        1,
        "{page}"
    );
    assert_eq!(page.matches("<td role=\"cell\" class=\"what").count(), 1, "{page}");
    local(&project, "run", &["--report", "report.html"]).exit(0).says(
        "main -> development (local account)\n\nd1                                           [TIME]\n  = unchanged: jobs\n\
         1 unchanged in [TIME] ([N] reads, 0 writes)\n",
        "",
    );
    let page = files::read_text(&project.path().join("report.html"), 1 << 20).unwrap();
    assert!(page.contains("</span> unchanged</td><td role=\"cell\" colspan=\"4\">jobs</td></tr>"), "{page}");
    project.write("migrations/0003_c.sql", "CREATE TABLE c (x);");
    local(&project, "plan", &[]).exit(0).says(
        "plan of main -> development (local account)\n\nd1                                           [TIME]\n  \
           > jobs                          1 migration to apply\n      \
               `0003_c.sql` is pending: 1 statement\n      line 1: `CREATE TABLE c (x)`\n      + table c (x)\n\
         1 migration to apply in [TIME] ([N] reads, 0 writes)\n\
         applying it takes 1 write and 5 reads: 0.5 % of the 1200 requests allowed in 5 minutes\n",
        "",
    );
    let output = local(&project, "run", &["--format", "json"]).exit(0);
    let report: Json = serde_json::from_str(&output.stdout).unwrap();
    report_schema::holds(&report);
    assert_eq!(listed(&report), ["d1 ensure jobs -", "d1 migrate jobs -"], "the document has both");
    assert_eq!(report["steps"][0]["ops"][1]["migrations"], json!(["0003_c.sql"]));
    assert_eq!((&report["summary"]["apply"], &report["summary"]["none"]), (&json!(1), &json!(0)));
}

#[test]
fn a_file_that_was_applied_before_another_failed_counts() {
    let project = migrated();
    project.write("migrations/0002_b.sql", "INSERT INTO a VALUES (json('no'));");
    let output = local(&project, "run", &["--no-rehearse"]).exit(4);
    let output = output.kept("a file that was applied before another failed counts");
    let both = output.stdout + output.stderr.as_str();
    assert_eq!(both.matches("malformed JSON").count(), 1, "{both}");
}

#[test]
fn a_run_that_changes_nothing_names_what_is_there_in_one_line_per_step() {
    let project = Project::example();
    project.run(&["run", "-e", "development", "--local"]).exit(0);
    project.run(&["run", "-e", "development", "--local"]).exit(0).says(
        "provision -> development (local account)\n\n\
         kv                                           [TIME]\n  = unchanged: JOB_ANALYSIS_CACHE, SESSIONS, RATE_LIMITS, \
         OAUTH_STATES, EMBEDDINGS_CACHE, AI_GATEWAY_CACHE\n\
         r2                                           [TIME]\n  = unchanged: jobmatch-ai-dev-avatars, \
         jobmatch-ai-dev-resumes, jobmatch-ai-dev-exports\n\
         vectorize                                    [TIME]\n  = unchanged: jobmatch-ai-dev\n\
         ai_gateway                                   [TIME]\n  = unchanged: jobmatch-ai-gateway-dev (shared)\n\
         d1                                           [TIME]\n  = unchanged: jobmatch-ai-dev-db\n\
         12 unchanged in [TIME] ([N] reads, 0 writes)\n",
        "",
    );
}

/// Two conflicts of one line: each is printed once, also the second, which no excerpt is drawn of.
#[test]
fn each_failure_is_printed_once_on_both_streams_together() {
    let project =
        project("for n in [\"a\", \"b\"] { vectorize::ensure(n, #{ dimensions: 3, metric: \"cosine\" }); }");
    local(&project, "run", &[]).exit(0);
    project.write(
        "recipes/main.rhai",
        "step(\"indexes\", || {\n  for n in [\"a\", \"b\"] { vectorize::ensure(n, #{ dimensions: 4, metric: \"cosine\" }); }\n});\n",
    );
    for (command, format) in
        [("run", "text"), ("run", "json"), ("run", "ndjson"), ("plan", "text"), ("plan", "json")]
    {
        let output = local(&project, command, &["--format", format]).exit(1);
        for name in ["a", "b"] {
            let message =
                format!("VectorizeIndex `{name}` exists and can't be changed: `dimensions` is 3, not 4");
            assert_eq!(output.stderr.matches(&message).count(), 1, "{command} {format}: {}", output.stderr);
            if format == "text" {
                assert!(!output.stdout.contains(&message), "{}", output.stdout);
            }
        }
        if format == "text" {
            let lines: Vec<&str> = output.stdout.lines().filter(|line| line.starts_with("  ")).collect();
            let line = |name: &str| {
                format!("  ! vectorize {name}                   conflict   at recipes/main.rhai:2:36")
            };
            assert_eq!(lines, [line("a"), line("b")]);
        }
    }
}

#[test]
fn a_destroy_lists_what_goes() {
    let project = migrated();
    local(&project, "run", &[]).exit(0);
    local(&project, "destroy", &["--also", "jobs", "--yes"]).exit(0).says(
        "destroy of main -> development (local account)\n\nd1                                           [TIME]\n  \
           - jobs                          deleted\n\
         1 deleted in [TIME] ([N] reads, 1 write)\n",
        "d1                                           [TIME]\n  - jobs                          to delete\n",
    );
}
