//! Good files are read whole; each bad one of `bad_files.txt` gets exactly its messages.

use crate::project::config::StepGroup;
use crate::project::environment::TOP_LEVEL;
use crate::project::file::{PROJECT_FILE, PROJECT_FILE_BYTES_MAX, ProjectFile, find};
use crate::project::fixture::{PROJECT, parse, project, schema};
use crate::project::schema::{Required, validate};
use crate::project::source::Sources;
use crate::project::tree::toml;
use crate::project::wrangler::WranglerFile;
use crate::system::{Root, files};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::path::Path;

fn config(environment: &str, sets: &[&str]) -> Result<Value, String> {
    let project = project();
    let environment = project.environments().iter().find(|known| known.answers_to(environment)).unwrap();
    let sets: Vec<String> = sets.iter().map(ToString::to_string).collect();
    project
        .config(environment, &sets)
        .map(|config| config.to_json().into())
        .map_err(|error| error.to_string())
}

#[test]
fn bad_files_get_exactly_these_messages() {
    let mut wrong = String::new();
    let mut seen = 0;
    for block in include_str!("bad_files.txt").split("\n=== ").skip(1) {
        let (title, rest) = block.split_once('\n').unwrap();
        let (text, expected) = rest.split_once("\n---").unwrap();
        let actual = parse(text).map_or_else(|findings| findings.to_string(), |_| "fine".into());
        if actual.trim_end() != expected.trim_matches('\n') {
            wrong.extend(["\n=== ", title, "\n", text, "\n---\n", &actual, "\n"]);
        }
        seen += 1;
    }
    assert!(wrong.is_empty(), "these differ, and are:\n{wrong}");
    assert!(seen >= 42, "only {seen} files");
}

#[test]
fn the_environment_lies_over_the_base() {
    let production = config("prod", &[]).unwrap();
    assert_eq!(production["steps"], json!(["d1", "kv", "r2", "vectorize", "ai_gateway"]));
    assert_eq!(
        production["naming"],
        json!({
            "template": "{app}-{env}-{name}",
            "kv": "{environment}-{name}",
            "vectorize": "{app}-{env}",
            "ai_gateway": "{app}-gateway-dev",
        })
    );
    assert_eq!(production["r2"], json!({"buckets": ["avatars", "resumes", "exports"]}));
    assert_eq!(
        production["d1"],
        json!({"atomic": null, "databases": {"db": {"binding": "DB", "migrations": "workers/migrations"}}})
    );
    assert_eq!(production["wrangler"], json!("workers/wrangler.toml"));
    assert_eq!(production["account_id"], json!(null));
    assert_eq!(config("development", &[]).unwrap()["naming"]["kv"], json!("{name}"));
}

#[test]
fn a_service_that_is_not_mentioned_reads_as_empty() {
    let project = parse("app = \"shop\"\n[environments.dev]\n").unwrap();
    let config = project.config(&project.environments()[0], &[]).unwrap();
    assert_eq!(
        config.services,
        *json!({
            "kv": {"namespaces": []},
            "r2": {"buckets": []},
            "vectorize": {"indexes": {}},
            "ai_gateway": {"gateways": {}},
            "d1": {"atomic": null, "databases": {}},
        })
        .as_object()
        .unwrap()
    );
    assert_eq!(config.steps, []);
    assert_eq!(config.declared(), []);
}

#[test]
fn steps_keep_their_groups() {
    let project = parse("app = \"shop\"\nsteps = [[\"kv\", \"r2\"], \"d1\"]\n[environments.dev]\n").unwrap();
    let config = project.config(&project.environments()[0], &[]).unwrap();
    assert_eq!(
        config.steps,
        [StepGroup::Together(vec!["kv".into(), "r2".into()]), StepGroup::One("d1".into())]
    );
    assert_eq!(config.to_json()["steps"], json!([["kv", "r2"], "d1"]));
}

#[test]
fn environments_are_read_with_their_defaults() {
    let project = project();
    let read: Vec<_> = project
        .environments()
        .iter()
        .map(|it| (&*it.name, &*it.alias, it.branch.as_deref(), it.is_protected, it.wrangler_env.as_deref()))
        .collect();
    assert_eq!(
        read,
        [
            ("development", "dev", Some("develop"), false, Some("development")),
            ("production", "prod", Some("main"), true, Some("production")),
            ("staging", "staging", Some("staging"), false, Some("staging")),
        ]
    );
    assert_eq!(project.environments()[0].location.to_string(), "larder.toml:28:15");
}

#[test]
fn an_account_is_inherited_and_an_empty_wrangler_env_is_the_top_level() {
    let (a, b) = ("a".repeat(32), "b".repeat(32));
    let text = format!(
        "app = \"shop\"\naccount_id = \"{a}\"\n[environments.one]\nwrangler_env = \"\"\n[environments.two]\naccount_id = \"{b}\"\n"
    );
    let project = parse(&text).unwrap();
    let accounts: Vec<_> =
        project.environments().iter().map(|it| it.account_id.as_ref().unwrap().as_str().to_owned()).collect();
    assert_eq!(accounts, [a, b]);
    assert_eq!(project.environments()[0].wrangler_env, None);
}

#[test]
fn names_are_made_for_every_environment() {
    let project = project();
    let development = project.config(&project.environments()[0], &[]).unwrap();
    let (policy, environments) = project.naming(&development).unwrap();
    let names = |kind: &str, logical: &str| -> Vec<String> {
        environments.iter().map(|names| policy.name(kind, logical, names).unwrap()).collect()
    };
    assert_eq!(names("kv", "SESSIONS"), ["SESSIONS", "production-SESSIONS", "staging-SESSIONS"]);
    assert_eq!(
        names("r2", "avatars"),
        ["jobmatch-ai-dev-avatars", "jobmatch-ai-prod-avatars", "jobmatch-ai-staging-avatars"]
    );
    assert_eq!(names("vectorize", "main"), ["jobmatch-ai-dev", "jobmatch-ai-prod", "jobmatch-ai-staging"]);
    assert_eq!(names("ai_gateway", "main"), ["jobmatch-ai-gateway-dev"; 3]);
    assert_eq!(
        policy.name("kw", "x", &environments[0]).unwrap_err().to_string(),
        "unknown kind `kw`\nhint: did you mean `kv`?"
    );
    let renamed = project.config(&project.environments()[0], &["app=\"x\"".into()]).unwrap();
    let (policy, environments) = project.naming(&renamed).unwrap();
    assert_eq!(policy.name("vectorize", "main", &environments[0]).unwrap(), "x-dev");
    assert_eq!(policy.name("vectorize", "main", &environments[1]).unwrap(), "jobmatch-ai-prod");
}

#[test]
fn declared_names_come_from_lists_and_maps() {
    let project = project();
    let declared = project.config(&project.environments()[0], &[]).unwrap().declared();
    let shown: Vec<String> = declared.iter().map(|(kind, logical)| format!("{kind}/{logical}")).collect();
    assert_eq!(
        shown,
        [
            "ai_gateway/main",
            "d1/db",
            "kv/JOB_ANALYSIS_CACHE",
            "kv/SESSIONS",
            "kv/RATE_LIMITS",
            "kv/OAUTH_STATES",
            "kv/EMBEDDINGS_CACHE",
            "kv/AI_GATEWAY_CACHE",
            "r2/avatars",
            "r2/resumes",
            "r2/exports",
            "vectorize/main",
        ]
    );
}

#[test]
fn set_is_laid_over_last_and_checked_like_the_file() {
    let set =
        config("dev", &["kv.namespaces=[\"A\"]", "vars.size=3", "naming.kv={environment}.{name}"]).unwrap();
    assert_eq!(set["kv"], json!({"namespaces": ["A"]}));
    assert_eq!(set["vars"], json!({"size": 3}));
    assert_eq!(set["naming"]["kv"], json!("{environment}.{name}"));
    assert_eq!(
        config(
            "dev",
            &["kv.namspaces=[]", "protected=false", "naming.kv={nam}", "vectorize.indexes.b.metric=cosine"]
        )
        .unwrap_err(),
        "\
error: unknown key `namspaces` in `kv`
 --> --set:1:1
  |
1 | kv.namspaces=[]
  | ^^^^^^^^^^^^
  |
  = help: did you mean `namespaces`?

error: `--set` cannot change `protected`
 --> --set:1:1
  |
1 | protected=false
  | ^^^^^^^^^
  |
  = help: only the project file decides it

error: unknown placeholder `{nam}` in `naming.kv`
 --> --set:1:11
  |
1 | naming.kv={nam}
  |           ^^^^^
  |
  = help: did you mean `name`?

error: missing key `dimensions` in `vectorize.indexes.b`
 --> --set:1:1
  |
1 | vectorize.indexes.b.metric=cosine
  | ^^^^^^^^^^^^^^^^^^^^^^^^^^"
    );
}

#[test]
fn a_wrangler_config_alone_is_a_project() {
    let text = "name = \"api\"\n[env.staging]\n";
    let file = WranglerFile::parse(Path::new("/w/wrangler.toml"), "wrangler.toml", text, schema().bindings())
        .unwrap();
    let project = ProjectFile::of_wrangler(&file, schema()).unwrap();
    let environments: Vec<_> =
        project.environments().iter().map(|it| (&*it.name, it.wrangler_env.as_deref())).collect();
    assert_eq!(environments, [("staging", Some("staging")), (TOP_LEVEL, None)]);
    let config = project.config(&project.environments()[0], &[]).unwrap();
    assert_eq!((&*config.app, &*config.wrangler), ("api", &["wrangler.toml".to_owned()][..]));
    assert_eq!(project.folder, Path::new("/w"));
}

proptest! {
    #[test]
    fn no_text_panics_and_every_error_has_a_place(text in "[a-z\\[\\]{}=\"'.,#é\n 0-9-]{0,80}", cut in 0..PROJECT.len()) {
        let cut = (cut..=PROJECT.len()).find(|at| PROJECT.is_char_boundary(*at)).unwrap();
        let text = format!("{}{text}{}", &PROJECT[..cut], &PROJECT[cut..]);
        if let Err(findings) = parse(&text) {
            let lines = text.matches('\n').count() + 1;
            for (location, _) in findings.iter() {
                prop_assert!((1..=lines).contains(&location.line));
            }
            prop_assert!(findings.to_string().starts_with("error: "));
        }
    }
}

#[test]
fn a_byte_order_mark_and_crlf_change_nothing() {
    let marked = format!("\u{feff}{}", PROJECT.replace('\n', "\r\n"));
    let (plain, marked) = (project(), parse(&marked).unwrap());
    assert_eq!(plain.root.to_json(), marked.root.to_json());
    assert_eq!(plain.environments(), marked.environments());
    assert_eq!(
        parse("\u{feff}app = 1\r\nx = 1\r\n").unwrap_err().to_string(),
        "\
error: `app` must be a string, found the number `1`
 --> larder.toml:1:7
  |
1 | app = 1
  |       ^

error: unknown key `x`
 --> larder.toml:2:1
  |
2 | x = 1
  | ^
  |
  = help: known keys: `account_id`, `ai_gateway`, `app`, `d1`, `environments`, `kv`, `naming`, `process_env`, `r2`, `recipe`, `secret_env`, `steps`, `vars`, `vectorize`, `wrangler`"
    );
}

fn root(folder: &Path) -> Root {
    Root::new(folder).unwrap()
}

#[test]
fn the_file_is_found_upwards_and_loaded_from_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("a/b");
    files::make_folder(&inner).unwrap();
    assert!(!find(&inner).is_some_and(|path| path.starts_with(folder.path())));
    files::write_whole(&folder.path().join(PROJECT_FILE), PROJECT.as_bytes()).unwrap();
    assert_eq!(find(&inner).unwrap(), folder.path().join(PROJECT_FILE));
    let project = ProjectFile::load(&root(folder.path()), "../../larder.toml", schema()).unwrap();
    assert_eq!(project.environments()[0].location.to_string(), "../../larder.toml:28:15");
    assert_eq!(
        ProjectFile::load(&root(&inner), "larder.toml", schema()).unwrap_err().to_string(),
        format!("no `larder.toml` in {}\nhint: `larder init` starts a project", inner.display())
    );
}

#[test]
fn what_is_too_large_or_not_text_is_not_parsed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(PROJECT_FILE);
    let message = |bytes: &[u8]| {
        files::write_whole(&path, bytes).unwrap();
        ProjectFile::load(&root(folder.path()), "larder.toml", schema()).unwrap_err().to_string()
    };
    let large = vec![b'#'; usize::try_from(PROJECT_FILE_BYTES_MAX).unwrap() + 1];
    assert_eq!(message(&large), format!("cannot read `{}`: larger than 262144 bytes", path.display()));
    assert_eq!(message(b"\xff\xfea\0p\0"), format!("cannot read `{}`: not UTF-8 at byte 0", path.display()));
}

#[test]
fn deep_nesting_is_an_error_and_not_an_overflow() {
    let deep = [
        format!("a = {}", "[".repeat(50_000)),
        format!("a = {}", "{a=".repeat(50_000)),
        format!("{}a = 1", "a.".repeat(50_000)),
        format!("[{}a]", "a.".repeat(50_000)),
        format!("[vars]\n{}a = 1", "a.".repeat(50_000)),
    ];
    for text in deep {
        let message = parse(&format!("app = \"shop\"\n{text}\n")).unwrap_err().to_string();
        assert!(message.starts_with("error: "), "{message:.200}");
    }
}

#[test]
fn many_errors_are_counted_not_all_drawn() {
    let lines: Vec<String> = (0..60).map(|number| format!("x{number} = 1")).collect();
    let message = parse(&format!("app = \"shop\"\n{}", lines.join("\n"))).unwrap_err().to_string();
    assert!(message.ends_with("\n\nerror: 10 more like these"), "{message}");
    assert_eq!(message.matches(" --> larder.toml:").count(), 50);
}

#[test]
fn the_schema_for_editors_accepts_what_larder_accepts() {
    let editors = schema().json_schema();
    let accepts = |text: &str| {
        let (root, findings) = toml::parse(&Sources::of("larder.toml", text), 0);
        findings.is_empty() && validate(&editors, &root, Required::Now).is_empty()
    };
    assert!(accepts(PROJECT));
    assert!(accepts("app = \"a\"\n[environments.dev.vectorize.indexes.main]\ndimensions = 3"));
    assert!(!accepts("[kv]\nnamespaces = []"));
    assert!(!accepts("app = \"a\"\n[environments.dev]\ncolour = 1"));
    assert_eq!(editors["$defs"]["vectorize.Index"]["additionalProperties"], json!(false));
    assert_eq!(
        editors["$defs"]["vectorize"]["properties"]["indexes"]["additionalProperties"]["$ref"],
        "#/$defs/vectorize.Index"
    );
    assert_eq!(schema().unchecked_keywords(), Vec::<String>::new());
}
