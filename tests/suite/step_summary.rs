//! The summary of a step in GitHub: environment, branch, commit; what failed and how to mend it; services with their
//! resources; the rest folded.

use super::github::{in_job, text_of};
use super::outputs::kept;
use super::project::{PLAIN, Project, filtered};
use super::runner;

const RUN: [&str; 4] = ["run", "main", "-e", "dev"];

const COMMIT: &str = "| Branch | `develop` |\n\
     | Commit | [0123456](https://github.com/acme/jobmatch-ai/commit/0123456789abcdef0123456789abcdef01234567) |\n";

/// What the summary of a step says of a run.
fn page(project: &Project, code: i32) -> String {
    project.write("job/summary", "");
    project.run(&RUN).exit(code);
    filtered(&text_of(project, "job/summary"), project.path())
}

#[test]
fn the_summary_of_a_step_begins_with_what_failed() {
    let recipe = "kv::find(\"ABSENT\");\nlet ns = kv::ensure(\"S\");\nns.put(\"k\", \"v\");\nlet db = d1::ensure(\"jobs\");\n\
                  cf::get(\"/storage/kv/namespaces\"); db.migrate(\"migrations\");\n";
    let project = in_job(Project::new(PLAIN).recipe(recipe)).served();
    project.write("migrations/0001_a.sql", "CREATE TABLE a (x);\nDROP TABLE nope;\n");
    let page = page(&project, 4);
    let quoted: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("> ")).collect();
    assert_eq!(
        quoted,
        [
            "❌ **D1 databases**: `0001_a.sql` was not applied to `jobs`",
            "`migrations/0001_a.sql:2:1`: `DROP TABLE nope` fails\\: no such table\\: nope",
            "To mend it: nothing was sent\\: correct the file and run again",
        ]
    );
    let (before, after) =
        page.split_once("- ✅ **KV namespaces** (1): created: `S`; written: `S` `k`\n").unwrap();
    assert!(before.contains("> ❌"), "{page}");
    assert!(after.starts_with("- ❌ **D1 databases** (1): created, migrations failed: `jobs`\n"), "{page}");
    kept("the summary of a step begins with what failed", &page);
}

#[test]
fn the_step_is_summed_up_like_this() {
    let project = in_job(Project::example());
    project.run(&["run", "--local"]).exit(0);
    project.write("job/summary", "an earlier step, without a line's end");
    project.run(&["run", "--local", "-C", "."]).exit(0);
    let page = filtered(&text_of(&project, "job/summary"), project.path());
    let (page, rest) = page.split_once("<details>").unwrap();
    assert_eq!(
        page,
        format!(
            "an earlier step, without a line's end\n\
             ## Infrastructure ready: `development`\n\n|  |  |\n|---|---|\n{COMMIT}\
             | Recipe | `provision` |\n| Account | local account |\n| Result | 12 unchanged, in [TIME] |\n\n\
             - ✅ **KV namespaces** (6): 6 unchanged: `JOB_ANALYSIS_CACHE`, `SESSIONS`, `RATE_LIMITS`, `OAUTH_STATES`, \
             `EMBEDDINGS_CACHE`, `AI_GATEWAY_CACHE`\n\
             - ✅ **R2 buckets** (3): 3 unchanged: `jobmatch-ai-dev-avatars`, `jobmatch-ai-dev-resumes`, \
             `jobmatch-ai-dev-exports`\n\
             - ✅ **Vectorize indexes** (1): unchanged: `jobmatch-ai-dev`, dimensions 768, metric cosine\n\
             - ✅ **AI Gateways** (1): unchanged: `jobmatch-ai-gateway-dev` (shared), cache\\_ttl 3600, \
             rate\\_limiting\\_interval 60, rate\\_limiting\\_limit 100, rate\\_limiting\\_technique sliding\n\
             - ✅ **D1 databases** (1): unchanged: `jobmatch-ai-dev-db`\n\n"
        )
    );
    let (ids, timing) = rest.split_once("<details>").unwrap();
    assert!(ids.starts_with("<summary>Ids</summary>\n\n|  | resource | id |\n|---|---|---|\n"), "{ids}");
    kept("the step is summed up like this", ids);
    assert_eq!(
        timing,
        "<summary>Timing</summary>\n\n| step | status | time |\n|---|---|---|\n| kv | ok | [TIME] |\n\
         | r2 | ok | [TIME] |\n| vectorize | ok | [TIME] |\n| ai\\_gateway | ok | [TIME] |\n| d1 | ok | [TIME] |\n\
         | the whole run | complete | [TIME] ([N] reads, 0 writes) |\n\n</details>\n\n"
    );
    let outputs = runner::outputs(&text_of(&project, "job/output"));
    assert_eq!((outputs["before"].as_str(), outputs["changed"].as_str()), ("1", "false"));
}

#[test]
fn a_first_run_says_where_the_migrations_stand() {
    let project = in_job(Project::example());
    project.run(&["run", "--local"]).exit(0);
    let page = text_of(&project, "job/summary");
    kept("a first run says where the migrations stand", &filtered(&page, project.path()));
    let (_, schema) = page.split_once("<details><summary>Schema changes</summary>").unwrap();
    assert!(schema.starts_with("\n\n- `jobmatch-ai-dev-db`: `0001_users.sql` applied\n"), "{schema}");
}
