//! Rules about the tree: which room may use which, what may stand where, and that what is generated is in step.

use larder::report::Exit;
use larder::services;
use larder::system::files;
use regex::Regex;
use std::collections::BTreeSet;
use std::path::Path;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    files::read_text(&root().join(path), 4 << 20).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every source file with its text, tests cut off.
fn sources() -> Vec<(String, String)> {
    let of_tests = |path: &str| {
        path.ends_with("tests.rs")
            || path.contains("/tests/")
            || [
                "testing.rs",
                "fixture.rs",
                "sample.rs",
                "canary.rs",
                "hostile.rs",
                "services/stage.rs",
                "convergence.rs",
            ]
            .iter()
            .any(|name| path.ends_with(name))
    };
    let found = files::walk(&root().join("src")).unwrap();
    let paths = found.iter().map(|path| format!("src/{}", path.to_str().unwrap()));
    let rust = paths.filter(|path| path.ends_with(".rs") && !of_tests(path));
    rust.map(|path| {
        let text = read(&path);
        let end = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
        let text = text[..end].to_owned();
        (path, text)
    })
    .collect()
}

/// The floor of a file: it may use its own floor and those with a higher number.
fn floor(path: &str) -> u32 {
    let path = path.strip_prefix("src/").unwrap_or(path);
    let room = path.split(['/', '.']).next().unwrap_or(path);
    match room {
        "main" | "lib" => 0,
        "cli" => 1,
        "repl" => 2,
        "script" | "report" => 3,
        "services" => match path.trim_start_matches("services/").split_once('/') {
            Some((_, file)) if file.starts_with("wire") => 10,
            Some((_, file)) if file.starts_with("api") => 9,
            Some(("cf", "path.rs")) => 9,
            Some((_, file)) if file.starts_with("mod") || file.starts_with("ops") => 4,
            Some(("cf", _)) => 4,
            // What a resource is, and the parts it is written in.
            Some(_) => 6,
            None if path == "services/regions.rs" => 10,
            None => 4,
        },
        "migrations" => 5,
        "reconcile" => 7,
        "op" | "project" => 8,
        "http" => 11,
        "events" => 12,
        "secret" => 13,
        "system" => 14,
        other => panic!("no floor for {other} ({path})"),
    }
}

/// The file that a `crate::` path names, as far as its first segments say.
fn target(path: &str) -> String {
    let segments: Vec<&str> = path.split("::").skip(1).collect();
    match segments.as_slice() {
        ["services", wing, room, ..] if room.chars().next().is_some_and(char::is_lowercase) => {
            format!("src/services/{wing}/{room}.rs")
        }
        ["services", "regions", ..] => "src/services/regions.rs".into(),
        ["services", ..] => "src/services/mod.rs".into(),
        [room, ..] => format!("src/{room}/mod.rs"),
        [] => "src/lib.rs".into(),
    }
}

#[test]
fn a_room_uses_only_rooms_below_it() {
    let path = Regex::new(r"crate(::[a-z_0-9]+)+").unwrap();
    let mut wrong = BTreeSet::new();
    let mut arrows = 0;
    for (from, text) in sources() {
        let local =
            from.starts_with("src/local/") || (from.starts_with("src/services/") && from.contains("/local/"));
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        for used in code.flat_map(|line| path.find_iter(line)) {
            arrows += 1;
            let used = used.as_str();
            let room = used.split("::").nth(1).unwrap();
            if local {
                // The oracle shares nothing with the client but the last three rooms.
                let own = ["local", "events", "secret", "system"].contains(&room) || used.contains("::local");
                if !own {
                    wrong.insert(format!("{from} uses {used}"));
                }
                continue;
            }
            let to = target(used);
            let is_local = room == "local" || to.contains("/local");
            let may_serve = floor(&from) <= 4 && is_local;
            if is_local && !may_serve {
                wrong.insert(format!("{from} uses {used}"));
            } else if !is_local && floor(&to) < floor(&from) {
                wrong.insert(format!("{from} (floor {}) uses {used} (floor {})", floor(&from), floor(&to)));
            }
        }
    }
    assert!(arrows > 300, "only {arrows} arrows were read");
    assert!(wrong.is_empty(), "{}", wrong.into_iter().collect::<Vec<_>>().join("\n"));
}

#[test]
fn libraries_stay_in_their_rooms() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let within = |rooms: &[&str]| rooms.iter().any(|room| path.starts_with(&format!("src/{room}")));
        let rules: &[(&str, &[&str])] = &[
            ("reqwest::", &["http/"]),
            ("rhai::", &["script/", "repl/"]),
            ("rusqlite::", &["local/", "services/d1/local/", "services/", "migrations/"]),
            ("std::fs", &["system/"]),
            ("std::env::", &["system/", "project/credentials.rs"]),
            ("SystemTime::now", &["system/"]),
            ("thread::sleep", &["system/"]),
        ];
        for (name, rooms) in rules {
            let used = text.lines().any(|line| line.contains(name) && !line.trim_start().starts_with("//"));
            if used && !within(rooms) {
                wrong.push(format!("{path} uses {name}"));
            }
        }
        let lines = text.lines().count();
        if lines > 450 {
            wrong.push(format!("{path} has {lines} lines"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_marks_of_unfinished_work_and_no_foreign_words() {
    // Put together here, so that the list does not find itself.
    let words = [
        ["TO", "DO"],
        ["FIX", "ME"],
        ["/wo", "rk/"],
        ["sub", "agent"],
        ["crates", ".io/"],
        ["registry.", "npmjs"],
    ]
    .map(|[a, b]| format!("{a}{b}"));
    let mut wrong = Vec::new();
    for folder in ["src", "stdlib", "recipes", "tests/suite", "examples", "docs"] {
        for path in files::walk(&root().join(folder)).unwrap_or_default() {
            let Ok(text) = files::read_text(&root().join(folder).join(&path), 4 << 20) else { continue };
            wrong.extend(
                words
                    .iter()
                    .filter(|word| text.contains(word.as_str()))
                    .map(|word| format!("{folder}/{}: {word}", path.display())),
            );
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Compares a committed file with what is generated; `LARDER_BLESS=1` writes it anew.
fn in_step(path: &str, generated: &str) {
    if std::env::var_os("LARDER_BLESS").is_some() {
        let path = root().join(path);
        files::make_folder(path.parent().unwrap()).unwrap();
        files::write_whole(&path, generated.as_bytes()).unwrap();
        return;
    }
    let committed = files::read_text(&root().join(path), 4 << 20).unwrap_or_default();
    assert!(committed == generated, "{path} is not in step: LARDER_BLESS=1 cargo test house writes it anew");
}

#[test]
fn the_reference_is_in_step() {
    in_step("docs/reference.md", &larder::script::docs::markdown(services::SERVICES, services::cf::ops::OPS));
}

#[test]
fn the_schema_of_the_project_file_is_in_step() {
    let schema = super::lab::schema();
    assert_eq!(schema.unchecked_keywords(), Vec::<String>::new());
    in_step("schemas/project.json", &format!("{:#}\n", schema.json_schema()));
}

#[test]
fn the_exit_codes_of_the_readme_are_the_table() {
    let readme = read("README.md");
    let shown = readme.split("<!-- exit-codes -->").nth(1).unwrap();
    assert_eq!(shown.trim(), Exit::table().trim());
}

#[test]
fn every_name_is_a_name_in_recipes() {
    let mut names = BTreeSet::new();
    for op in services::ops() {
        names.insert(op.service.to_owned());
        names.insert(op.name.to_owned());
        let schema = op.run.options().map(schemars::Schema::to_value).unwrap_or_default();
        keys(&schema, &mut names);
    }
    keys(&super::lab::schema().json_schema(), &mut names);
    for builtin in larder::script::builtins::BUILTINS {
        names.extend(builtin.name.split("::").map(str::to_owned));
    }
    // Recipes read it as `env::is_protected`.
    assert!(names.remove("protected"));
    assert!(names.len() > 100, "only {} names", names.len());
    let engine = rhai::Engine::new();
    // Bindings of guardrails are the API's own words: they are written in quotes.
    let written = |name: &&String| name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    for name in names.iter().filter(written) {
        let script = format!("let m = #{{ {name}: 1 }}; m.{name}; m.{name}(2); x::{name}(3);");
        assert!(engine.compile(&script).is_ok(), "`{name}` can't be used in a recipe");
    }
}

/// The property names of a schema, at any depth.
fn keys(schema: &serde_json::Value, names: &mut BTreeSet<String>) {
    match schema {
        serde_json::Value::Object(map) => {
            if let Some(properties) = map.get("properties").and_then(|found| found.as_object()) {
                names.extend(properties.keys().cloned());
            }
            map.values().for_each(|inner| keys(inner, names));
        }
        serde_json::Value::Array(items) => items.iter().for_each(|inner| keys(inner, names)),
        _ => {}
    }
}
