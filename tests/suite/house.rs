//! Rules about the source tree, and generated files that must be up to date.

use super::source_tree::{Source, read, repository, root, sources};
use larder::report::Exit;
use larder::services;
use larder::system::files;
use regex::Regex;
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// What only some rooms may name: libraries that could be exchanged there, and what a test must be able to inject.
const CONFINED: &[(&str, &[&str])] = &[
    ("reqwest", &["/http/"]),
    ("rhai::", &["/script/", "/repl/"]),
    ("rusqlite", &["/local/", "/migrations/"]),
    ("std::fs", &["/system/"]),
    ("(File::(open|create|options)|OpenOptions|tokio::fs)", &["/system/"]),
    ("std::env::(var|vars|args|current_dir|set_var|temp_dir|home_dir)", &["/system/"]),
    ("SystemTime", &["/system/"]),
    ("thread::sleep", &["/system/"]),
    ("process::exit", &["/system/"]),
    // A pause outside of them is the client's, which keeps to the deadline.
    (r"clock(\(\))?\s*\.sleep\(", &["/http/", "/local/", "/run/in_memory"]),
];

/// Lines of a file; what is longer holds two ideas.
const LINES_MAX: usize = 450;

#[test]
fn libraries_stay_in_their_rooms() {
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    for (name, rooms) in CONFINED {
        let used = Regex::new(&format!(r"\b{name}")).unwrap();
        for source in sources().iter().filter(|source| used.is_match(&source.code)) {
            if rooms.iter().any(|room| source.path.contains(room)) {
                seen.insert(*name);
            } else {
                wrong.push(format!("{} uses {name}", source.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(["reqwest", "rhai::", "rusqlite", "std::fs"].iter().all(|name| seen.contains(name)), "{seen:?}");
}

/// What a command's work may not touch, so that tests run the same: arguments, the terminal, the process.
const NOT_IN_RUN: &str = r"\b(clap|rustyline|indicatif|IsTerminal|Console|std::process|std::io::(stdin|stdout|stderr)|println!|eprintln!)";

#[test]
fn what_is_read_is_opened_in_one_place() {
    let opens = Regex::new(r"File::(open|options)\(|OpenOptions::new|fs::read(_to_string)?\(").unwrap();
    let found: BTreeSet<String> = sources()
        .into_iter()
        .filter(|source| opens.is_match(&source.code))
        .map(|source| source.path)
        .collect();
    // What is read is opened in `read.rs`; the rest adds to a file or locks it, syncs a folder, or asks the kernel of this process.
    let known = ["cpu.rs", "files.rs", "files/read.rs", "files/atomic_write.rs", "memory.rs"];
    assert_eq!(found, known.map(|name| format!("src/system/{name}")).into());
}

#[test]
fn the_room_of_runs_has_neither_arguments_nor_a_terminal() {
    let used = Regex::new(NOT_IN_RUN).unwrap();
    let names = |source: &&Source| used.is_match(&source.code);
    let all = sources();
    let [inside, outside] = [true, false].map(|is_run| {
        let found = all.iter().filter(names).filter(|source| source.path.starts_with("src/run/") == is_run);
        found.map(|source| source.path.as_str()).collect::<Vec<_>>()
    });
    assert_eq!(inside, Vec::<&str>::new());
    assert!(outside.len() > 20, "the pattern finds only {outside:?}");
}

#[test]
fn exits_are_chosen_in_one_place() {
    let chosen = Regex::new(r"\bExit::[A-Z][a-z]").unwrap();
    let choose = |source: &Source| chosen.is_match(&source.code).then(|| source.path.clone());
    let of_run: BTreeSet<String> = sources().iter().filter_map(choose).collect();
    let places = ["src/report/exit.rs", "src/run/exit.rs", "src/run/exit/report.rs"];
    assert_eq!(of_run, BTreeSet::from(places.map(str::to_owned)));
}

#[test]
fn no_file_holds_two_ideas() {
    let code = repository().into_iter().filter(|path| path.ends_with(".rs"));
    let long = code.map(|path| (read(&path).lines().count(), path)).filter(|(lines, _)| *lines > LINES_MAX);
    assert_eq!(long.collect::<Vec<_>>(), []);
}

#[test]
fn no_marks_of_unfinished_work_and_no_foreign_words() {
    // Put together here, so that the list does not find itself.
    let words = [
        ["TO", "DO"],
        ["FIX", "ME"],
        ["X", "XX"],
        ["/wo", "rk/"],
        ["/ro", "ot/"],
        ["/ho", "me/"],
        ["sub", "agent"],
        ["crates", ".io/"],
        ["registry.", "npmjs"],
        ["pypi", ".org"],
        ["python", "hosted"],
        ["proxy.", "golang"],
    ]
    .map(|[a, b]| format!("{a}{b}"));
    let mut wrong = Vec::new();
    for path in repository() {
        // The digests of a lock file are nobody's words.
        let text = read(&path);
        let text: String = text.lines().filter(|line| !line.contains("\"integrity\": ")).collect();
        // What `mktemp` fills in is no mark.
        let text = text.replace("XXXXXX", "");
        let found = words.iter().filter(|word| text.contains(word.as_str()));
        wrong.extend(found.map(|word| format!("{path}: {word}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_library_comes_from_the_public_registry() {
    let lock = read("Cargo.lock");
    let sources: BTreeSet<&str> = lock.lines().filter_map(|line| line.strip_prefix("source = ")).collect();
    let public = ["\"registry+https://github.com/rust-lang/crates", "io-index\""].join(".");
    assert_eq!(sources, BTreeSet::from([public.as_str()]));
}

/// Compares a committed file with what is generated; `LARDER_BLESS=1` writes it anew.
pub fn in_step(path: &str, generated: &str) {
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
    in_step(
        "docs/reference.md",
        &larder::run::reference::reference(services::Services::default()).markdown(),
    );
}

#[test]
fn the_schema_of_the_project_file_is_in_step() {
    let schema = larder::run::workspace::schema(services::Services::default());
    assert_eq!(schema.unchecked_keywords(), Vec::<String>::new());
    in_step("schemas/project.json", &format!("{:#}\n", schema.json_schema()));
}

/// The properties of a schema that say nothing of themselves, at any depth.
fn undescribed(schema: &Json, root: &Json, path: &str, found: &mut Vec<String>) {
    let resolved = |property: &Json| {
        let name = property["$ref"].as_str().and_then(|name| name.strip_prefix('#'));
        name.and_then(|pointer| root.pointer(pointer)).cloned().unwrap_or_default()
    };
    match schema {
        Json::Object(map) => {
            for (name, property) in map.get("properties").and_then(Json::as_object).into_iter().flatten() {
                let meaning = property["description"].as_str().map(str::to_owned);
                let meaning = meaning.or(resolved(property)["description"].as_str().map(str::to_owned));
                if meaning.is_none_or(|meaning| meaning.trim().is_empty()) {
                    found.push(format!("{path}/{name}"));
                }
            }
            map.iter().for_each(|(key, inner)| undescribed(inner, root, &format!("{path}/{key}"), found));
        }
        Json::Array(items) => items.iter().for_each(|item| undescribed(item, root, path, found)),
        _ => {}
    }
}

#[test]
fn every_option_and_every_key_of_the_project_file_is_described() {
    let mut found = Vec::new();
    let mut schemas = vec![(
        "the project file".to_owned(),
        larder::run::workspace::schema(services::Services::default()).json_schema(),
    )];
    schemas.extend(
        services::Services::default()
            .ops()
            .filter_map(|op| Some((op.title(), op.run.options()?.as_value().clone()))),
    );
    assert!(schemas.len() > 10, "only {} schemas", schemas.len());
    for (of, schema) in &schemas {
        undescribed(schema, schema, of, &mut found);
    }
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn the_exit_codes_of_the_manual_are_the_table() {
    let page = read("docs/reports.md");
    let shown = page.split("<!-- exit-codes -->").nth(1).unwrap();
    assert_eq!(shown.trim(), Exit::table().trim());
}
