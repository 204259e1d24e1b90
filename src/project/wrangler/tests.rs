//! Reading bindings, refusing what is wrong with its place, and writing fields back byte for byte.

use super::Format::{Json, Toml};
use super::*;
use crate::project::fixture::{kind, kinds};
use proptest::prelude::*;

const TOML: &str = r#"# the worker
name = "api"
account_id = "0123456789abcdef0123456789abcdef"

[[kv_namespaces]] # sessions
binding = "SESSIONS"   # keep me
id = "old"             # and me

[[kv_namespaces]]
binding = "CACHE"

[vars]
X = 1

[env.staging]
r2_buckets = [
  { binding = "AVATARS", bucket_name = "a" }, # one
]
d1_databases = [{ binding = "DB", database_name = "db" }]

[env.production]
"#;

const JSON: &str = r#"// the worker
{
  "name": "api",
  "kv_namespaces": [
    // sessions
    { "binding": "SESSIONS", "id": "old" /* keep me */ },
    {
      "binding": "CACHE", // a cache
    },
  ],
  "env": { "staging": { "queues": { "producers": [] } } }
}
"#;

fn toml_file() -> WranglerFile {
    WranglerFile::parse(Path::new("/w/wrangler.toml"), "wrangler.toml", TOML, &kinds()).unwrap()
}

fn edit(to: &str, binding: &str, field: &str, value: &str) -> IdEdit {
    IdEdit { kind: kind(to), binding: binding.into(), field: field.into(), value: value.into() }
}

/// The lines that differ, as `-old` and `+new`.
fn changed(before: &str, after: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.split('\n').collect(), after.split('\n').collect());
    let same_start = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let most = old.len().min(new.len()) - same_start;
    let same_end = old.iter().rev().zip(new.iter().rev()).take(most).take_while(|(a, b)| a == b).count();
    let minus = old[same_start..old.len() - same_end].iter().map(|line| format!("-{line}\n"));
    let plus = new[same_start..new.len() - same_end].iter().map(|line| format!("+{line}\n"));
    minus.chain(plus).collect()
}

pub(super) fn diff(text: &str, format: Format, environment: Option<&str>, edits: &[IdEdit]) -> String {
    changed(text, &write_ids(text, format, environment, edits).unwrap())
}

fn shown(bindings: &[Binding]) -> Vec<String> {
    let show = |it: &Binding| {
        format!("{} {} {:?} {:?} {}", it.kind, it.binding, it.name.as_deref(), it.id.as_deref(), it.location)
    };
    bindings.iter().map(show).collect()
}

#[test]
fn the_top_level_is_read() {
    let worker = toml_file().worker(None).unwrap();
    assert_eq!(worker.name.as_deref(), Some("api"));
    assert_eq!(worker.account.unwrap().place, "wrangler.toml:3:14");
    assert_eq!(
        shown(&worker.bindings),
        [r#"kv SESSIONS None Some("old") wrangler.toml:6:11"#, "kv CACHE None None wrangler.toml:10:11"]
    );
    assert_eq!(worker.not_inherited, []);
}

#[test]
fn an_environment_inherits_the_account_and_no_binding() {
    let worker = toml_file().worker(Some("staging")).unwrap();
    assert_eq!(worker.name.as_deref(), Some("api-staging"));
    assert_eq!(worker.account.unwrap().place, "wrangler.toml:3:14");
    assert_eq!(
        shown(&worker.bindings),
        [r#"r2 AVATARS Some("a") None wrangler.toml:17:15"#, r#"d1 DB Some("db") None wrangler.toml:19:29"#]
    );
    assert_eq!(
        worker
            .not_inherited
            .iter()
            .map(|it| format!("{} {} {}", it.what, it.name, it.at))
            .collect::<Vec<_>>(),
        ["kv SESSIONS wrangler.toml:6:11", "kv CACHE wrangler.toml:10:11", "vars X wrangler.toml:13:1"]
    );
}

#[test]
fn json_reads_like_toml_with_every_kind() {
    let text = r#"{
      "env": { "prod": { "name": "own", /* c */
        "d1_databases": [{ "binding": "DB", "database_id": "u", "jurisdiction": "eu", "migrations_dir": "m",
          "migrations_pattern": "m/*.sql", "migrations_table": "t" }],
        "vectorize": [{ "binding": "V", "index_name": "i", "remote": true }],
        "queues": { "producers": [{ "binding": "Q", "queue": "jobs" }], "consumers": [{ "queue": "jobs" }] },
      }},
    }"#;
    let file = WranglerFile::parse(Path::new("wrangler.jsonc"), "wrangler.jsonc", text, &kinds()).unwrap();
    let worker = file.worker(Some("prod")).unwrap();
    assert_eq!(worker.name.as_deref(), Some("own"));
    assert_eq!(
        shown(&worker.bindings),
        [
            r#"d1 DB None Some("u") wrangler.jsonc:3:39"#,
            r#"vectorize V Some("i") None wrangler.jsonc:5:36"#,
            r#"queue Q Some("jobs") None wrangler.jsonc:6:48"#,
        ]
    );
    assert_eq!(worker.bindings[0].jurisdiction.as_deref(), Some("eu"));
    let MigrationSettings { dir, pattern, table } = &worker.bindings[0].migrations;
    let shown = [dir, pattern, table].map(|one| one.as_ref().map(|one| format!("{} {}", one.value, one.at)));
    let expected =
        ["m wrangler.jsonc:3:105", "m/*.sql wrangler.jsonc:4:33", "t wrangler.jsonc:4:64"].map(str::to_owned);
    assert_eq!(shown, expected.map(Some));
}

#[test]
fn an_unknown_environment_is_refused_with_what_there_is() {
    let message = |text: &str, asked: &str| {
        let file = WranglerFile::parse(Path::new("wrangler.toml"), "wrangler.toml", text, &kinds()).unwrap();
        file.worker(Some(asked)).unwrap_err().to_string()
    };
    assert_eq!(
        message(TOML, "stagin"),
        "`wrangler.toml` has no environment `stagin`\nhint: did you mean `wrangler_env = \"staging\"`?"
    );
    assert_eq!(
        message(TOML, "dev"),
        "`wrangler.toml` has no environment `dev`\nhint: `wrangler_env` is one of `production`, `staging`"
    );
    assert_eq!(
        message("name = \"a\"", "dev"),
        "`wrangler.toml` has no environment `dev`\nhint: it has no environments; `wrangler_env = \"\"` in the table of the environment takes its top level"
    );
}

#[test]
fn what_is_wrong_is_located() {
    let message = |name: &str, text: &str| match WranglerFile::parse(Path::new(name), name, text, &kinds()) {
        Ok(file) => file.check().unwrap_err().to_string(),
        Err(error) => error.to_string(),
    };
    assert_eq!(
        message(
            "wrangler.toml",
            "account_id = \"x\"\n[[kv_namespaces]]\nid = 1\n[[r2_buckets]]\nbinding = \"A\"\n[[d1_databases]]\nbinding = \"A\"\n"
        ),
        "\
error: not an account id: `x`
 --> wrangler.toml:1:14
  |
1 | account_id = \"x\"
  |              ^^^
  |
  = help: an account id is 32 characters of `0-9` and `a-f`, as in the address bar of the dashboard

error: missing key `binding` in `kv_namespaces[0]`
 --> wrangler.toml:2:1
  |
2 | [[kv_namespaces]]
  | ^^^^^^^^^^^^^^^^^

error: `kv_namespaces[0].id` must be a string, found the number `1`
 --> wrangler.toml:3:6
  |
3 | id = 1
  |      ^

error: the binding `A` is declared twice
 --> wrangler.toml:7:11
  |
7 | binding = \"A\"
  |           ^^^
  |
  = help: the first is at wrangler.toml:5:11"
    );
    assert_eq!(
        message("wrangler.json", "{\n  \"env\": { \"dev\": { \"r2_buckets\": {} } }\n}"),
        "\
error: `env.dev.r2_buckets` must be a list, found a table
 --> wrangler.json:2:35
  |
2 |   \"env\": { \"dev\": { \"r2_buckets\": {} } }
  |                                   ^^"
    );
    assert_eq!(
        message("wrangler.jsonc", "{ \"name\": 'x' }"),
        "\
error: syntax error: single-quoted strings are not allowed
 --> wrangler.jsonc:1:11
  |
1 | { \"name\": 'x' }
  |           ^"
    );
    assert_eq!(
        message("wrangler.yaml", ""),
        "`wrangler.yaml` is not a wrangler config\nhint: its name ends in `.toml`, `.json` or `.jsonc`"
    );
}

#[test]
fn in_a_folder_json_wins_over_jsonc_over_toml() {
    let folder = tempfile::tempdir().unwrap();
    let mut found = vec![find(folder.path())];
    for name in FILE_NAMES.iter().rev() {
        files::write_whole(&folder.path().join(name), b"").unwrap();
        found.push(find(folder.path()));
    }
    let place = |name: &str| Some(folder.path().join(name));
    assert_eq!(found, [None, place("wrangler.toml"), place("wrangler.jsonc"), place("wrangler.json")]);
}

#[test]
fn a_toml_field_is_replaced_or_added_and_nothing_else_changes() {
    assert_eq!(
        diff(TOML, Toml, None, &[edit("kv", "SESSIONS", "id", "new")]),
        "-id = \"old\"             # and me\n+id = \"new\"             # and me\n"
    );
    assert_eq!(diff(TOML, Toml, None, &[edit("kv", "CACHE", "id", "new")]), "+id = \"new\"\n");
    assert_eq!(
        diff(TOML, Toml, Some("staging"), &[edit("r2", "AVATARS", "bucket_name", "b")]),
        "-  { binding = \"AVATARS\", bucket_name = \"a\" }, # one\n+  { binding = \"AVATARS\", bucket_name = \"b\" }, # one\n"
    );
    assert_eq!(
        diff(TOML, Toml, Some("staging"), &[edit("d1", "DB", "database_id", "u")]),
        "-d1_databases = [{ binding = \"DB\", database_name = \"db\" }]\n\
         +d1_databases = [{ binding = \"DB\", database_name = \"db\", database_id = \"u\" }]\n"
    );
}

#[test]
fn a_toml_entry_is_added_in_the_style_of_its_list() {
    assert_eq!(
        diff(TOML, Toml, None, &[edit("kv", "OTHER", "id", "new")]),
        "+[[kv_namespaces]]\n+binding = \"OTHER\"\n+id = \"new\"\n+\n"
    );
    assert_eq!(
        diff(TOML, Toml, Some("staging"), &[edit("r2", "FILES", "bucket_name", "b")]),
        "+  { binding = \"FILES\", bucket_name = \"b\" },\n"
    );
    assert_eq!(
        diff("kv_namespaces = [ {binding=\"A\"} ] # x\n", Toml, None, &[edit("kv", "B", "id", "n")]),
        "-kv_namespaces = [ {binding=\"A\"} ] # x\n+kv_namespaces = [ {binding=\"A\"}, { binding = \"B\", id = \"n\" } ] # x\n"
    );
    assert_eq!(
        diff(
            "kv_namespaces = [\n    {binding=\"A\"} # x\n  # y\n]\n",
            Toml,
            None,
            &[edit("kv", "B", "id", "n")]
        ),
        "-    {binding=\"A\"} # x\n-  # y\n+    {binding=\"A\"}, # x\n+  # y\n+    { binding = \"B\", id = \"n\" }\n"
    );
    assert_eq!(
        diff("kv_namespaces = []\n", Toml, None, &[edit("kv", "B", "id", "n")]),
        "-kv_namespaces = []\n+kv_namespaces = [{ binding = \"B\", id = \"n\" }]\n"
    );
}

#[test]
fn a_toml_list_that_is_missing_is_added_under_its_environment() {
    let queue = [edit("queue", "JOBS", "queue", "jobs")];
    assert_eq!(
        diff(TOML, Toml, Some("staging"), &queue),
        "+[[env.staging.queues.producers]]\n+binding = \"JOBS\"\n+queue = \"jobs\"\n+\n"
    );
    assert_eq!(
        diff("", Toml, None, &queue),
        "+[[queues.producers]]\n+binding = \"JOBS\"\n+queue = \"jobs\"\n"
    );
    assert_eq!(
        diff(
            "[[env.dev.kv_namespaces]]\nbinding = \"A\"\n",
            Toml,
            Some("dev"),
            &[edit("kv", "A", "id", "n")]
        ),
        "+id = \"n\"\n"
    );
}

#[test]
fn a_json_field_is_replaced_or_added_and_nothing_else_changes() {
    assert_eq!(
        diff(JSON, Json, None, &[edit("kv", "SESSIONS", "id", "new")]),
        "-    { \"binding\": \"SESSIONS\", \"id\": \"old\" /* keep me */ },\n\
         +    { \"binding\": \"SESSIONS\", \"id\": \"new\" /* keep me */ },\n"
    );
    assert_eq!(diff(JSON, Json, None, &[edit("kv", "CACHE", "id", "new")]), "+      \"id\": \"new\",\n");
}

#[test]
fn a_json_entry_on_one_line_stays_there() {
    let text = "{ \"d1_databases\": [{ \"binding\": \"DB\", \"remote\": true }], } // x\n";
    let edits = [edit("d1", "DB", "database_name", "db"), edit("d1", "DB", "database_id", "u")];
    assert_eq!(
        write_ids(text, Json, None, &edits).unwrap(),
        text.replace("\"DB\"", "\"DB\", \"database_name\": \"db\", \"database_id\": \"u\"")
    );
}

#[test]
fn a_json_entry_is_added_in_the_style_of_its_list() {
    assert_eq!(
        diff(JSON, Json, None, &[edit("kv", "OTHER", "id", "new")]),
        "+    {\n+      \"binding\": \"OTHER\",\n+      \"id\": \"new\",\n+    },\n"
    );
    assert_eq!(
        diff("{}", Json, None, &[edit("kv", "A", "id", "n")]),
        "-{}\n+{\n+  \"kv_namespaces\": [\n+    {\n+      \"binding\": \"A\",\n+      \"id\": \"n\"\n+    }\n+  ]\n+}\n"
    );
    let queued = write_ids(JSON, Json, Some("staging"), &[edit("queue", "JOBS", "queue", "jobs")]).unwrap();
    let file = WranglerFile::parse(Path::new("wrangler.json"), "wrangler.json", &queued, &kinds()).unwrap();
    assert_eq!(
        shown(&file.worker(Some("staging")).unwrap().bindings),
        [r#"queue JOBS Some("jobs") None wrangler.json:13:24"#]
    );
    assert!(queued.starts_with(JSON.split_once("[] }").unwrap().0));
}

#[test]
fn line_ends_and_the_byte_order_mark_are_kept() {
    let crlf = TOML.replace('\n', "\r\n");
    assert_eq!(diff(&crlf, Toml, None, &[edit("kv", "CACHE", "id", "new")]), "+id = \"new\"\r\n");
    let crlf = JSON.replace('\n', "\r\n");
    assert_eq!(diff(&crlf, Json, None, &[edit("kv", "CACHE", "id", "new")]), "+      \"id\": \"new\",\r\n");
    let marked = format!("\u{feff}{TOML}");
    let edited = write_ids(&marked, Toml, None, &[edit("kv", "CACHE", "id", "new")]).unwrap();
    assert!(edited.starts_with("\u{feff}# the worker"));
    assert_eq!(changed(&marked, &edited), "+id = \"new\"\n");
}

#[test]
fn several_edits_are_made_at_once_and_known_values_change_nothing() {
    let edits = [edit("d1", "DB", "database_id", "u"), edit("d1", "DB", "database_name", "db2")];
    assert_eq!(
        diff(TOML, Toml, Some("staging"), &edits),
        "-d1_databases = [{ binding = \"DB\", database_name = \"db\" }]\n\
         +d1_databases = [{ binding = \"DB\", database_name = \"db2\", database_id = \"u\" }]\n"
    );
    assert_eq!(write_ids(TOML, Toml, None, &[edit("kv", "SESSIONS", "id", "old")]).unwrap(), TOML);
    assert_eq!(write_ids(JSON, Json, None, &[]).unwrap(), JSON);
}

#[test]
fn what_cannot_be_edited_is_refused() {
    let refused = |text: &str, format, environment| {
        write_ids(text, format, environment, &[edit("kv", "A", "id", "n")]).unwrap_err().to_string()
    };
    assert_eq!(refused(TOML, Toml, Some("dev")), "the wrangler config has no environment `dev` to write to");
    assert_eq!(refused(JSON, Json, Some("dev")), "the wrangler config has no environment `dev` to write to");
    let shape = "the wrangler config cannot be edited: `kv_namespaces` is not a list";
    assert_eq!(refused("kv_namespaces = 1", Toml, None), shape);
    assert_eq!(refused("{ \"kv_namespaces\": 1 }", Json, None), shape);
    assert_eq!(refused("a = ", Toml, None).split(':').next(), Some("the wrangler config cannot be edited"));
}

proptest! {
    #[test]
    fn any_value_reads_back(value in "[ -~é\t]{1,20}") {
        for (text, format) in [(TOML, Toml), (JSON, Json)] {
            let edits = [edit("kv", "SESSIONS", "id", &value), edit("kv", "NEW", "id", &value)];
            let written = write_ids(text, format, None, &edits).unwrap();
            prop_assert_eq!(write_ids(&written, format, None, &edits).unwrap(), written);
        }
    }
}
