//! The page of the project file, `docs/project-file.md`: its tables are the schema's, and each key is set in an example that
//! `larder check` takes. `LARDER_BLESS=1` renews the page.

use super::project::Project;
use super::quotes::renewed;
use super::sessions::kept;
use super::source_tree::{read, root};
use larder::run::reference::reference;
use larder::script::docs::{Item, ItemKind};
use larder::services::Services;
use larder::system::files;
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::fmt::Write as _;

const PAGE: &str = "docs/project-file.md";
const EXAMPLES: &str = "docs/project-file";

/// Every key of the project file.
fn keys() -> Vec<Item> {
    let all = reference(Services::default());
    all.items().filter(|item| item.sort == ItemKind::Key).cloned().collect()
}

/// The page with each table below its mark, `<!-- keys PREFIX -->`, as it is now: the keys that begin so, or `of no table`.
fn with_tables(page: &str, keys: &[Item]) -> String {
    let mut lines = page.lines().peekable();
    let mut text = String::new();
    while let Some(line) = lines.next() {
        text += line;
        text.push('\n');
        let mark = line.strip_prefix("<!-- keys ").and_then(|rest| rest.strip_suffix(" -->"));
        let Some(prefix) = mark else { continue };
        while lines.peek().is_some_and(|line| line.starts_with('|')) {
            lines.next();
        }
        let is_here = |item: &&Item| match prefix {
            "of no table" => !item.name.contains('.') && form(item) != "map" || item.name == "vars",
            _ => item.name.starts_with(prefix),
        };
        text += &table(&keys.iter().filter(is_here).collect::<Vec<_>>());
    }
    text
}

/// The type of a key.
fn form(item: &Item) -> &str {
    item.forms[0].split_once(": ").map_or("", |(_, form)| form)
}

/// A row for each key; keys beside each other that differ in their names alone share one.
fn table(keys: &[&Item]) -> String {
    let mut text = String::from("| key | type | meaning |\n|---|---|---|\n");
    let parts = |item: &Item| match item.name.rsplit_once('.') {
        Some((table, key)) => (table.to_owned(), key.to_owned()),
        None => (String::new(), item.name.clone()),
    };
    for alike in keys.chunk_by(|a, b| {
        parts(a).0 == parts(b).0 && !parts(a).0.is_empty() && (form(a), &a.summary) == (form(b), &b.summary)
    }) {
        let first = alike[0];
        let mut name = format!("`{}`", first.name);
        for other in &alike[1..] {
            let _ = write!(name, ", `{}`", parts(other).1);
        }
        let kind = form(first).replace('|', "\\|");
        let _ = writeln!(text, "| {name} | {kind} | {} |", first.summary.replace('|', "\\|"));
    }
    text
}

#[test]
fn the_page_of_the_project_file_is_in_step() {
    kept(PAGE, &with_tables(&renewed(&read(PAGE), "docs"), &keys()));
}

#[test]
fn every_key_is_on_the_page() {
    let page = read(PAGE);
    let tables: BTreeSet<&str> =
        ["ai_gateway", "d1", "environments", "kv", "naming", "r2", "vectorize"].into();
    for item in keys() {
        let last = item.name.rsplit('.').next().unwrap();
        let is_there = page.contains(&format!("| `{}`", item.name)) || page.contains(&format!(", `{last}`"));
        assert!(is_there || tables.contains(item.name.as_str()), "{} is not on the page", item.name);
    }
}

fn examples() -> Vec<String> {
    let paths = files::walk(&root().join(EXAMPLES)).unwrap();
    paths.iter().map(|path| path.to_str().unwrap().to_owned()).collect()
}

#[test]
fn every_example_is_quoted_and_taken() {
    let page = read(PAGE);
    let all = examples();
    assert!(all.len() >= 8, "{all:?}");
    for path in all {
        assert!(page.contains(&format!("<!-- project-file/{path} -->")), "{path} is not quoted");
        let project = Project::new(&read(&format!("{EXAMPLES}/{path}")))
            .file("workers/wrangler.toml", "name = \"shop\"\n[env.production]\n")
            .file("migrations/0001_orders.sql", "CREATE TABLE orders (id INTEGER PRIMARY KEY);\n");
        project.run(&["check", "provision"]).exit(0).says("checked 1 recipe: no errors\n", "");
    }
}

#[test]
fn every_key_is_set_in_an_example() {
    let mut set = BTreeSet::new();
    for path in examples() {
        let example: Json = toml::from_str(&read(&format!("{EXAMPLES}/{path}"))).unwrap();
        paths_of(&example, "", &mut set);
    }
    let is_set = |key: &Item| {
        let pattern = key.name.split('.').map(|part| match part {
            "NAME" => "[^.]+".to_owned(),
            part => regex::escape(part),
        });
        let pattern = regex::Regex::new(&format!("^{}$", pattern.collect::<Vec<_>>().join(r"\."))).unwrap();
        set.iter().any(|path| pattern.is_match(path))
    };
    let unset: Vec<String> = keys().into_iter().filter(|key| !is_set(key)).map(|key| key.name).collect();
    assert_eq!(unset, Vec::<String>::new());
}

/// The path of each value, `[]` for the place in a list.
fn paths_of(value: &Json, path: &str, found: &mut BTreeSet<String>) {
    found.insert(path.to_owned());
    match value {
        Json::Object(map) => {
            for (key, inner) in map {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                paths_of(inner, &path, found);
            }
        }
        Json::Array(list) => list.iter().for_each(|inner| paths_of(inner, &format!("{path}[]"), found)),
        _ => {}
    }
}
