//! The dependencies between rooms: a room uses only rooms below it, in the order of the crate's first page.

use super::source_tree::{Source, sources};
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};

/// Where a file belongs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Room {
    /// A file may use files of its own room and of rooms with a higher floor.
    floor: u32,
    name: String,
    /// The wing, for files of one service.
    wing: Option<String>,
}

/// The embedded account stands beside the house.
const BESIDE: u32 = u32::MAX;

/// Rooms that are one folder or file of `src`.
const FLOORS: &[(u32, &str)] = &[
    (0, "main"),
    (0, "lib"),
    (1, "cli"),
    (2, "repl"),
    (2, "lsp"),
    (3, "run"),
    (4, "script"),
    (4, "report"),
    (8, "reconcile"),
    (9, "op"),
    (9, "project"),
    (12, "http"),
    (13, "events"),
    (13, "escape"),
    (14, "secret"),
    (15, "system"),
    (BESIDE, "local"),
];

/// Rooms of a wing, by the files that they are written in.
const WING: &[(u32, &str, &[&str])] = &[
    (
        5,
        "services",
        &[
            "mod",
            "ops",
            "pages",
            "removal",
            "params",
            "read_only",
            "redaction",
            "planned_values",
            "secret_keys",
            "entry",
        ],
    ),
    (6, "migrations", &["migrations"]),
    (7, "resource", &["resource", "options", "policies"]),
    (10, "api", &["api", "path"]),
    (11, "wire", &["wire"]),
    (BESIDE, "local", &["local"]),
];

fn room(path: &str) -> Room {
    let path = path.strip_prefix("src/").unwrap().trim_end_matches(".rs");
    let parts: Vec<&str> = path.split('/').collect();
    let (floor, name, wing) = match parts.as_slice() {
        ["services", "mod"] => (5, "services", None),
        ["services", "regions"] => (11, "wire", None),
        ["services", wing, part, ..] => {
            let found = WING.iter().find(|(.., files)| files.contains(part));
            let (floor, name, _) = found.unwrap_or_else(|| panic!("no room for {path}"));
            (*floor, *name, Some((*wing).to_owned()))
        }
        [name, ..] => {
            let found = FLOORS.iter().find(|(_, known)| known == name);
            (found.unwrap_or_else(|| panic!("no room for {path}")).0, *name, None)
        }
        [] => panic!("no room for {path}"),
    };
    Room { floor, name: name.to_owned(), wing }
}

/// Whether a file of one room may name something of another.
fn may_use(from: &Room, to: &Room) -> bool {
    let other_wing = from.wing.is_some() && to.wing.is_some() && from.wing != to.wing;
    match (from.floor, to.floor) {
        _ if other_wing => false,
        // The oracle shares nothing with the client but the last three rooms; a wing's half of it also uses `local`.
        (BESIDE, BESIDE) => to.wing.is_none() || to.wing == from.wing,
        (BESIDE, to) => to >= 13,
        // Only where services and account are put together.
        (_, BESIDE) => matches!(from.name.as_str(), "cli" | "run" | "services"),
        _ if from.name == to.name => true,
        (from, to) => from < to,
    }
}

/// The module that a file is: `["http", "client"]`.
fn module(path: &str) -> Vec<String> {
    let path = path.strip_prefix("src/").unwrap().trim_end_matches(".rs");
    let path = path.trim_end_matches("/mod");
    if matches!(path, "lib" | "main") { Vec::new() } else { path.split('/').map(str::to_owned).collect() }
}

/// Every path that a file names from the crate's root or from a module above it, resolved.
fn named(source: &Source) -> Vec<Vec<String>> {
    let start = Regex::new(r"\b(crate|larder|super(?:::super)*|self)::").unwrap();
    let mut paths = Vec::new();
    for found in start.captures_iter(&source.code) {
        let above = found[1].matches("super").count();
        let mut base = match &found[1] {
            "crate" | "larder" => Vec::new(),
            _ => module(&source.path),
        };
        base.truncate(base.len().saturating_sub(above));
        expand(&source.code[found.get(0).unwrap().end()..], &base, &mut paths);
    }
    paths
}

/// Reads the rest of a path, with groups in braces; gives what follows it.
fn expand<'a>(text: &'a str, base: &[String], paths: &mut Vec<Vec<String>>) -> &'a str {
    if let Some(mut group) = text.strip_prefix('{') {
        loop {
            group = expand(group.trim_start(), base, paths).trim_start();
            match group.strip_prefix(',') {
                Some(rest) => group = rest,
                None => return group.strip_prefix('}').unwrap_or(group),
            }
        }
    }
    let end = text.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(text.len());
    let mut path = base.to_vec();
    path.push(text[..end].to_owned());
    if let Some(rest) = text[end..].strip_prefix("::") {
        return expand(rest, &path, paths);
    }
    paths.push(path);
    &text[end..]
}

#[test]
fn a_room_uses_only_rooms_below_it() {
    let sources = sources();
    let modules: BTreeMap<Vec<String>, &str> =
        sources.iter().map(|source| (module(&source.path), source.path.as_str())).collect();
    let mut arrows = 0;
    let mut against = BTreeSet::new();
    for source in &sources {
        let from = room(&source.path);
        for path in named(source) {
            let Some(target) = (0..=path.len()).rev().find_map(|end| modules.get(&path[..end])) else {
                continue;
            };
            // What the crate's page names are the rooms themselves.
            if *target == "src/lib.rs" || *target == "src/main.rs" {
                continue;
            }
            arrows += 1;
            let to = room(target);
            if !may_use(&from, &to) {
                against.insert(format!("{} -> {target}", source.path));
            }
        }
    }
    assert!(arrows > 600, "only {arrows} arrows were read");
    assert!(against.is_empty(), "against the order: {against:#?}");
}

/// What a file gives on under its own name: the name, and the path that it stands for.
fn given_on(source: &Source) -> BTreeMap<String, Vec<String>> {
    let starts = Regex::new(r"\bpub(?:\([a-z: ]+\))? use ((?:crate|super(?:::super)*|self)::)?").unwrap();
    let mut given = BTreeMap::new();
    for found in starts.captures_iter(&source.code) {
        let start = found.get(1).map_or("", |start| start.as_str());
        let above = start.matches("super").count();
        let mut base = if start == "crate::" { Vec::new() } else { module(&source.path) };
        base.truncate(base.len().saturating_sub(above));
        let mut paths = Vec::new();
        expand(&source.code[found.get(0).unwrap().end()..], &base, &mut paths);
        given.extend(paths.into_iter().map(|path| (path.last().unwrap().clone(), path)));
    }
    given
}

/// The file in which what a path names is written, whatever gives it on in between.
fn written_in(
    path: &[String],
    modules: &BTreeMap<Vec<String>, &str>,
    given: &BTreeMap<&str, BTreeMap<String, Vec<String>>>,
) -> Option<String> {
    let end = (0..=path.len()).rev().find(|end| modules.contains_key(&path[..*end]))?;
    let file = modules[&path[..end]];
    let further = path.get(end).and_then(|name| given[file].get(name)).filter(|further| *further != path);
    let further = further.and_then(|further| written_in(further, modules, given));
    Some(further.unwrap_or_else(|| file.to_owned()))
}

/// A file with submodules and those are one thing: what a file names below itself is no arrow.
#[test]
fn no_file_uses_one_that_uses_it() {
    let sources = sources();
    let modules: BTreeMap<Vec<String>, &str> =
        sources.iter().map(|source| (module(&source.path), source.path.as_str())).collect();
    let given = sources.iter().map(|source| (source.path.as_str(), given_on(source))).collect();
    let mut uses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for source in &sources {
        let named = named(source).into_iter().filter_map(|path| written_in(&path, &modules, &given));
        let others = named
            .filter(|file| *file != source.path && !matches!(file.as_str(), "src/lib.rs" | "src/main.rs"));
        uses.insert(source.path.clone(), others.collect());
    }
    assert!(uses.values().map(BTreeSet::len).sum::<usize>() > 1500, "few arrows were read");
    let reached = |from: &String| {
        let (mut reached, mut next) = (BTreeSet::new(), vec![from]);
        while let Some(file) = next.pop() {
            next.extend(uses[file].iter().filter(|other| reached.insert((*other).clone())));
        }
        reached
    };
    let reached: BTreeMap<&String, BTreeSet<String>> =
        uses.keys().map(|file| (file, reached(file))).collect();
    let is_back = |from: &&String, other: &&String| reached[*other].contains(*from);
    let arrows = uses.iter().flat_map(|(from, others)| others.iter().map(move |other| (from, other)));
    let circles: Vec<String> = arrows
        .filter(|(from, other)| is_back(from, other))
        .map(|(from, other)| format!("{from} -> {other}"))
        .collect();
    assert!(circles.is_empty(), "in circles: {circles:#?}");
}

#[test]
fn the_floors_are_those_of_the_first_page() {
    let page = super::source_tree::read("src/lib.rs");
    let listed = Regex::new(r"(?m)^//! - \[`([a-z]+)`\]").unwrap();
    let listed: Vec<String> = listed.captures_iter(&page).map(|found| found[1].to_owned()).collect();
    let mut rooms: Vec<(u32, usize, String)> = Vec::new();
    for (at, name) in listed.iter().enumerate() {
        let floor =
            if name == "services" { 5 } else { FLOORS.iter().find(|(_, room)| room == name).unwrap().0 };
        rooms.push((floor, at, name.clone()));
    }
    assert!(rooms.is_sorted(), "the page tells the rooms in another order: {rooms:?}");
    let beside = FLOORS
        .iter()
        .filter(|(floor, name)| (1..BESIDE).contains(floor) && !listed.contains(&(*name).to_owned()));
    assert_eq!(beside.count(), 0);
}
