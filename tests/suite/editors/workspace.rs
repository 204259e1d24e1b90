//! Texts among others: imports, projects, folders, and what is no project.

use super::super::project::{PLAIN, Project};
use super::super::source_tree::read;
use super::{Client, file, uri};
use larder::system::files;
use serde_json::{Value as Json, json};
use std::path::PathBuf;

/// Rule, line and column of each finding, as `check` counts them.
fn places(shown: &[Json]) -> Vec<(String, u64, u64)> {
    let place = |one: &Json| {
        let start = &one["range"]["start"];
        let (line, column) = (start["line"].as_u64().unwrap() + 1, start["character"].as_u64().unwrap() + 1);
        (one["code"].as_str().unwrap().to_owned(), line, column)
    };
    let mut places: Vec<_> = shown.iter().map(place).collect();
    places.sort();
    places
}

fn codes(shown: &[Json]) -> Vec<String> {
    places(shown).into_iter().map(|(code, ..)| code).collect()
}

/// A recipe of one step, which a project may name or not.
const ONE_STEP: &str = "steps(config::steps, #{ first: || kv::ensure(\"A\") });\n";

fn with_steps(steps: &str) -> String {
    format!("steps = [{steps}]\n{PLAIN}")
}

#[test]
fn an_editor_shows_what_check_finds_in_the_text() {
    let cases = read("tests/lints/cases.txt");
    let cases: Vec<&str> = cases.split("=== ").skip(1).map(|case| case.split_once('\n').unwrap().1).collect();
    let texts =
        cases.iter().map(|case| case.split("---\n").next().unwrap()).filter(|text| !text.contains(">> "));
    let project = Project::new(PLAIN).recipe("");
    let mut client = Client::of(&project);
    let main = file(&project, "recipes/main.rhai");
    let mut compared = 0;
    for text in texts.step_by(3) {
        project.write("recipes/main.rhai", text);
        let output = project.run(&["check", "main", "--format", "json"]);
        let checked: Json = serde_json::from_str(&output.stdout).unwrap();
        let findings = checked["findings"].as_array().unwrap().iter();
        // What is found by playing depends on the environment.
        let seen = findings.filter(|one| one["environments"] == json!([]));
        let place = |one: &Json| {
            let number = |key: &str| one["at"][key].as_u64().unwrap();
            (one["rule"].as_str().unwrap().to_owned(), number("line"), number("column"))
        };
        let mut expected: Vec<_> = seen.map(place).collect();
        expected.sort();
        client.open(&main, text);
        assert_eq!(places(&client.shown(&main, Some(1))), expected, "{text}");
        client.close(&main);
        if !expected.is_empty() {
            client.shown(&main, None);
        }
        compared += expected.len();
    }
    assert!(compared > 8, "{compared}");
    assert_eq!(client.end(), (Some(0), String::new()));
}

#[test]
fn the_text_of_an_import_that_is_not_saved_counts() {
    let import = "import \"./parts\" as parts;\nparts::one(\"A\");\n";
    let project =
        Project::new(PLAIN).recipe(import).file("recipes/parts.rhai", "fn one(name) { kv::ensure(name) }\n");
    let mut client = Client::of(&project);
    let (main, parts) = (file(&project, "recipes/main.rhai"), file(&project, "recipes/parts.rhai"));
    client.open(&main, import);
    assert_eq!(client.shown(&main, Some(1)), [] as [Json; 0]);
    client.open(&parts, "fn one(name) { kv::ensure(name) }\n");
    assert_eq!(client.shown(&parts, Some(1)), [] as [Json; 0]);
    client.shown(&main, Some(1));
    // Another number of parameters: the call is wrong.
    client.replace(&parts, 2, "fn one(name, options) { kv::ensure(name, options) }\n");
    assert_eq!(codes(&client.shown(&main, Some(1))), ["arguments"]);
    // A text that does not parse is wrong there, and once.
    client.replace(&parts, 3, "fn one(name { }\n");
    let shown = client
        .wait(|message| message["params"]["uri"] == parts.as_str() && message["params"]["version"] == 3);
    assert_eq!(codes(shown["params"]["diagnostics"].as_array().unwrap()), ["syntax"]);
    client.replace(&parts, 4, "fn one(name) { kv::ensure(name) }\n");
    let mut last = client.shown(&main, Some(1));
    while !last.is_empty() {
        last = client.shown(&main, Some(1));
    }
    // What the disk holds counts again.
    client.replace(&parts, 5, "fn other() { 1 }\n");
    let mut last = client.shown(&main, Some(1));
    while last.is_empty() {
        last = client.shown(&main, Some(1));
    }
    assert_eq!(codes(&last), ["unknown-name"]);
    client.close(&parts);
    while !last.is_empty() {
        last = client.shown(&main, Some(1));
    }
    assert_eq!(client.end(), (Some(0), String::new()));
}

#[test]
fn what_is_wrong_in_a_file_that_is_not_open_is_shown_there_and_cleared() {
    let project =
        Project::new(PLAIN).recipe("").file("recipes/parts.rhai", "fn one(name) { nowhere(name) }\n");
    let mut client = Client::of(&project);
    let (main, parts) = (file(&project, "recipes/main.rhai"), file(&project, "recipes/parts.rhai"));
    client.open(&main, "import \"./parts\" as parts;\nparts::one(\"A\");\n");
    assert_eq!(client.shown(&main, Some(1)), [] as [Json; 0]);
    assert_eq!(codes(&client.shown(&parts, None)), ["unknown-name"]);
    project.write("recipes/parts.rhai", "fn one(name) { kv::ensure(name) }\n");
    client.tell("workspace/didChangeWatchedFiles", &json!({ "changes": [{ "uri": parts, "type": 2 }] }));
    assert_eq!(client.shown(&parts, None), [] as [Json; 0]);
    project.write("recipes/parts.rhai", "fn one(name) { nowhere(name) }\n");
    client.tell("textDocument/didSave", &json!({ "textDocument": { "uri": main } }));
    assert_eq!(codes(&client.shown(&parts, None)), ["unknown-name"]);
    client.close(&main);
    assert_eq!(client.shown(&parts, None), [] as [Json; 0]);
    assert_eq!(client.end(), (Some(0), String::new()));
}

#[test]
fn a_project_file_that_appears_or_changes_counts_at_once() {
    let project = Project::empty().recipe(ONE_STEP);
    let mut client = Client::of(&project);
    let (main, config) = (file(&project, "recipes/main.rhai"), file(&project, "larder.toml"));
    client.open(&main, ONE_STEP);
    assert_eq!(client.shown(&main, Some(1)), [] as [Json; 0]);
    project.write("larder.toml", &with_steps("\"other\""));
    client.tell("workspace/didChangeWatchedFiles", &json!({ "changes": [{ "uri": config, "type": 1 }] }));
    assert_eq!(codes(&client.shown(&main, Some(1))), ["unnamed-step"]);
    client.open(&config, &with_steps("\"first\""));
    assert_eq!(client.shown(&main, Some(1)), [] as [Json; 0]);
    client.replace(&config, 2, &with_steps("\"other\""));
    assert_eq!(codes(&client.shown(&main, Some(1))), ["unnamed-step"]);
    // What can't be read declares nothing.
    client.replace(&config, 3, "steps = [");
    assert_eq!(client.shown(&main, Some(1)), [] as [Json; 0]);
    assert_eq!(client.end(), (Some(0), String::new()));
}

#[test]
fn the_project_file_is_checked_by_its_schema() {
    let project = Project::new(PLAIN);
    let mut client = Client::of(&project);
    let config = file(&project, "larder.toml");
    let text =
        "app = \"shop\"\nrecipe = \"mian\"\n[kv]\nnamespases = []\n[environments.dev]\nprotected = 1\n";
    client.open(&config, text);
    let shown = client.shown(&config, Some(1));
    let told: Vec<_> =
        shown.iter().map(|one| (one["range"]["start"].clone(), one["message"].clone())).collect();
    let at = |line: u64, character: u64| json!({ "line": line, "character": character });
    assert_eq!(
        told,
        [
            (at(3, 0), json!("unknown key `namespases` in `kv`\nhelp: did you mean `namespaces`?")),
            (at(5, 12), json!("`environments.dev.protected` must be true or false, found the number `1`")),
        ]
    );
    client.replace(&config, 2, "app = \"shop\"\nrecipe = \"mian\"\n[environments.dev]\n");
    let shown = client.shown(&config, Some(2));
    assert_eq!(shown[0]["range"], json!({ "start": at(1, 9), "end": at(1, 15) }));
    assert!(shown[0]["message"].as_str().unwrap().starts_with("there is no recipe `mian`"), "{shown:?}");
    client.replace(&config, 3, "app = \"shop\"\n");
    assert_eq!(
        client.shown(&config, Some(3))[0]["message"],
        "the project file declares no environment\nhelp: add `[environments.development]`"
    );
    client.replace(&config, 4, "app = \n");
    assert_eq!(client.shown(&config, Some(4))[0]["range"]["start"], at(0, 6));
    client.replace(&config, 5, PLAIN);
    assert_eq!(client.shown(&config, Some(5)), [] as [Json; 0]);
    assert_eq!(client.end(), (Some(0), String::new()));
}

#[test]
fn each_text_belongs_to_its_own_project_in_whatever_folder() {
    let project = Project::empty()
        .file("one/larder.toml", &with_steps("\"first\""))
        .file("one/recipes/main.rhai", ONE_STEP)
        .file("two/larder.toml", &with_steps("\"other\""))
        .file("two/recipes/main.rhai", ONE_STEP)
        .file("lone/site.rhai", "");
    let folders = [project.path().join("one"), project.path().join("lone")];
    let folders: Vec<_> = folders.iter().map(PathBuf::as_path).collect();
    let mut client = Client::of_folders(&project, &folders, &json!({}));
    let (one, two) = (file(&project, "one/recipes/main.rhai"), file(&project, "two/recipes/main.rhai"));
    client.open(&one, ONE_STEP);
    assert_eq!(client.shown(&one, Some(1)), [] as [Json; 0]);
    client.open(&two, ONE_STEP);
    assert_eq!(codes(&client.shown(&two, Some(1))), ["unnamed-step"]);
    let lone = file(&project, "lone/site.rhai");
    client.open(&lone, "import \"parts\" as parts;\nparts::one();\n");
    assert_eq!(codes(&client.shown(&lone, Some(1))), ["import"]);
    project.write("lone/parts.rhai", "fn one() { 1 }\n");
    let added = json!({ "uri": uri(&project.path().join("two")), "name": "two" });
    let event = json!({ "event": { "added": [added], "removed": [{ "uri": uri(&project.path().join("one")), "name": "one" }] } });
    client.tell("workspace/didChangeWorkspaceFolders", &event);
    let mut last = client.shown(&lone, Some(1));
    while !last.is_empty() {
        last = client.shown(&lone, Some(1));
    }
    assert_eq!(client.end(), (Some(0), String::new()));
}

#[test]
fn a_text_that_was_never_saved_and_one_outside_of_everything_are_checked() {
    let project = Project::new(PLAIN).file("parts.rhai", "fn one() { 1 }\n");
    let elsewhere = Project::empty().file("parts.rhai", "fn two() { 2 }\n");
    let mut client = Client::of(&project);
    client.open("untitled:Untitled-1", "import \"parts\" as parts;\nparts::one();\nparts::two();\n");
    let shown = client.shown("untitled:Untitled-1", Some(1));
    assert_eq!((codes(&shown), places(&shown)[0].1), (vec!["unknown-name".to_owned()], 3));
    let lone = file(&elsewhere, "new.rhai");
    client.open(&lone, "import \"parts\" as parts;\nparts::one();\nparts::two();\n");
    let shown = client.shown(&lone, Some(1));
    assert_eq!((codes(&shown), places(&shown)[0].1), (vec!["unknown-name".to_owned()], 2));
    let params = json!({ "textDocument": { "uri": "untitled:Untitled-1" }, "position": { "line": 1, "character": 8 } });
    let found = client.ask("textDocument/definition", &params);
    assert_eq!(found["uri"], file(&project, "parts.rhai"));
    // In no language of ours, and not open: there is no answer.
    for uri in ["file:///nowhere/a.rhai", "untitled:2", "https://example.com/a.rhai", "file:///"] {
        let params = json!({ "textDocument": { "uri": uri }, "position": { "line": 9, "character": 9 } });
        for method in ["hover", "completion", "signatureHelp", "definition"] {
            assert_eq!(client.ask(&format!("textDocument/{method}"), &params), Json::Null, "{uri}");
        }
    }
    client.open(&file(&project, "larder.d.rhai"), "nonsense(");
    client.open(&file(&project, "README.md"), "# nonsense");
    assert_eq!(client.end(), (Some(0), String::new()));
}

#[test]
fn a_large_text_is_refused_and_the_next_one_is_not() {
    let project = Project::new(PLAIN).recipe("");
    let mut client = Client::of(&project);
    let main = file(&project, "recipes/main.rhai");
    let line = "let a = kv::ensure(\"A\", #{ jurisdiction: \"eu\" });\n";
    client.open(&main, &line.repeat((1 << 20) / line.len()));
    let shown = client.shown(&main, Some(1));
    assert_eq!(shown.len(), 1);
    assert_eq!(shown[0]["message"], "this text is larger than a recipe may be: 256 KiB");
    let params = json!({ "textDocument": { "uri": main }, "position": { "line": 9, "character": 14 } });
    assert_eq!(client.ask("textDocument/hover", &params), Json::Null);
    client.replace(&main, 2, line);
    assert_eq!(codes(&client.shown(&main, Some(2))), ["unused"]);
    client.replace(&main, 3, &"nowhere();\n".repeat(150));
    let shown = client.shown(&main, Some(3));
    assert_eq!(shown.len(), 101);
    assert_eq!(shown[0]["message"], "50 more findings are not shown here; `larder check` prints all");
    assert_eq!(client.end(), (Some(0), String::new()));
}

#[test]
fn what_is_taken_back_while_another_request_is_answered_is_not_looked_at() {
    let project = Project::new(PLAIN).recipe("");
    let mut client = Client::of(&project);
    let main = file(&project, "recipes/main.rhai");
    client.open(&main, &"print(1);\n".repeat(10_000));
    assert_eq!(client.shown(&main, Some(1)), [] as [Json; 0]);
    let params = json!({ "textDocument": { "uri": main }, "position": { "line": 9000, "character": 3 } });
    let slow = client.begin("textDocument/completion", &params);
    let cancelled = client.begin("textDocument/hover", &params);
    client.tell("$/cancelRequest", &json!({ "id": cancelled }));
    assert_eq!(client.answer(slow)["error"], Json::Null);
    assert_eq!(client.answer(cancelled)["error"]["code"], -32800);
    assert_eq!(client.end(), (Some(0), String::new()));
}

#[test]
fn nothing_is_run_asked_or_written() {
    let recipe = "for name in 0..3 { kv::ensure(`A${name}`); }\noutput(\"x\", secret::env(\"KEY\"));\nfail(\"never\");\n";
    let project =
        Project::new(&format!("secret_env = [\"KEY\"]\n{PLAIN}")).recipe(recipe).env("KEY", "hush").served();
    let before = files::walk(project.path()).unwrap();
    let mut client = Client::of(&project);
    let main = file(&project, "recipes/main.rhai");
    client.open(&main, recipe);
    client.shown(&main, Some(1));
    let params = json!({ "textDocument": { "uri": main }, "position": { "line": 0, "character": 30 } });
    for method in ["hover", "completion", "signatureHelp", "definition"] {
        let answer = client.ask(&format!("textDocument/{method}"), &params);
        assert!(!answer.to_string().contains("hush"), "{answer}");
    }
    assert_eq!(client.end(), (Some(0), String::new()));
    assert_eq!(project.history().unwrap().len(), 0);
    assert_eq!(files::walk(project.path()).unwrap(), before);
}

#[test]
fn bytes_are_counted_where_the_client_can() {
    let project = Project::new(PLAIN).recipe("");
    let main = file(&project, "recipes/main.rhai");
    let text = "let e = \"é😀\"; print(e); nowhere();\n";
    for (encodings, encoding, column) in [
        (json!(["utf-16", "utf-8"]), "utf-8", 28),
        (json!(["utf-16"]), "utf-16", 25),
        (json!(["utf-32"]), "utf-16", 25),
    ] {
        let capabilities = json!({ "general": { "positionEncodings": encodings } });
        let mut client = Client::of_folders(&project, &[project.path()], &capabilities);
        assert_eq!(client.server["capabilities"]["positionEncoding"], encoding);
        client.open(&main, text);
        let shown = client.shown(&main, Some(1));
        assert_eq!(shown[0]["range"]["start"], json!({ "line": 0, "character": column }), "{encoding}");
        // Two edits of parts, the second in what the first has made.
        let range = |from: u64, to: u64| json!({ "start": { "line": 0, "character": from }, "end": { "line": 0, "character": to } });
        let changes = json!([
            { "range": range(column, column + 9), "text": "1" },
            { "range": range(4, 4), "text": "un" },
        ]);
        client.change(&main, 2, &changes);
        assert_eq!(codes(&client.shown(&main, Some(2))), ["unknown-name"], "{encoding}");
        assert_eq!(client.end(), (Some(0), String::new()));
    }
}

#[test]
fn files_are_watched_where_the_client_can() {
    let project = Project::new(PLAIN);
    let capabilities = json!({ "workspace": { "didChangeWatchedFiles": { "dynamicRegistration": true } } });
    let mut client = Client::of_folders(&project, &[project.path()], &capabilities);
    let asked = client.wait(|message| message["method"] == "client/registerCapability");
    let registered = &asked["params"]["registrations"][0];
    assert_eq!(registered["method"], "workspace/didChangeWatchedFiles");
    client.send(&json!({ "jsonrpc": "2.0", "id": asked["id"], "result": null }));
    assert_eq!(client.end(), (Some(0), String::new()));
}
