//! Wrangler configs in the shapes that people write them: each environment of each begins with `--local` as it is, a second
//! run writes nothing, and a copy with ids differs from its original in ids and names alone.
//!
//! `tests/corpus/configs` has a folder for each; `expected.txt` in it is written anew with `LARDER_BLESS=1`, to be read before
//! it is kept.

use super::project::{Project, ops};
use jsonc_parser::ast;
use larder::project::wrangler::{self, WranglerFile};
use larder::services::Services;
use larder::system::{Root, files};
use parking_lot::Mutex;
use serde_json::{Map, Value as Json};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

const EXPECTED: &str = "expected.txt";

/// The folder of a case: the home of whoever runs it is no repository.
const ROOT: &str = "repository";

/// The fields of bindings that say what is bound.
const WRITTEN: [&str; 6] = ["id", "database_id", "database_name", "bucket_name", "index_name", "queue"];

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/configs")
}

/// The cases, and the files of each.
fn cases() -> Vec<(String, Vec<(String, String)>)> {
    let mut cases: Vec<(String, Vec<(String, String)>)> = Vec::new();
    let mut paths = files::walk(&corpus()).unwrap();
    paths.sort();
    for path in paths {
        let mut parts = path.components().map(|part| part.as_os_str().to_str().unwrap());
        let case = parts.next().unwrap().to_owned();
        let name = parts.collect::<Vec<_>>().join("/");
        let text = files::read_text(&corpus().join(&path), 1 << 20).unwrap();
        match cases.last_mut().filter(|(last, _)| *last == case) {
            Some((_, known)) => known.push((name, text)),
            None => cases.push((case, vec![(name, text)])),
        }
    }
    cases
}

/// The folders of a case where a command is run: the one of its project file, or those with a config.
fn folders(files: &[(String, String)]) -> Vec<String> {
    if files.iter().any(|(name, _)| name == "larder.toml") {
        return vec![".".to_owned()];
    }
    let is_config = |path: &Path| path.file_stem().is_some_and(|stem| stem == "wrangler");
    let configs = files.iter().map(|(name, _)| Path::new(name)).filter(|path| is_config(path));
    let folder = |path: &Path| {
        path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new(".")).to_owned()
    };
    configs.map(|path| folder(path).to_string_lossy().into_owned()).collect()
}

/// The configs of a folder, as its project names them.
fn configs(project: &Project, folder: &str) -> Vec<String> {
    let folder = project.path().join(ROOT).join(folder);
    let own = files::read_text(&folder.join("larder.toml"), 1 << 16).ok();
    let own: Option<toml_edit::DocumentMut> = own.map(|text| text.parse().unwrap());
    let named = own.as_ref().and_then(|own| own.get("wrangler"));
    match named {
        Some(item) if item.is_array() => {
            item.as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect()
        }
        Some(item) => vec![item.as_str().unwrap().to_owned()],
        None => {
            let found = wrangler::find(&folder).unwrap();
            vec![found.file_name().unwrap().to_str().unwrap().to_owned()]
        }
    }
}

/// The environments of a folder's project; `None` is the top level.
fn environments(project: &Project, folder: &str) -> Vec<Option<String>> {
    let own = files::read_text(&project.path().join(ROOT).join(folder).join("larder.toml"), 1 << 16)
        .unwrap_or_default();
    let own: toml_edit::DocumentMut = own.parse().unwrap();
    if let Some(declared) = own.get("environments").and_then(|item| item.as_table_like()) {
        return declared.iter().map(|(name, _)| Some(name.to_owned())).collect();
    }
    let mut all = vec![None];
    for name in configs(project, folder) {
        let path = project.path().join(ROOT).join(folder).join(&name);
        let root = Root::new(project.path()).unwrap();
        let file = WranglerFile::load(&root, &path, &name, &Services::default().binding_kinds()).unwrap();
        all.extend(file.environments().into_iter().map(Some));
    }
    all.dedup();
    all.sort();
    all.dedup();
    all
}

fn laid_out(files: &[(String, String)]) -> Project {
    let mut project = Project::empty();
    for (name, text) in files.iter().filter(|(name, _)| name != EXPECTED) {
        project = project.file(&format!("{ROOT}/{name}"), text);
    }
    project
}

/// What comes of one environment.
fn outcome(files: &[(String, String)], folder: &str, environment: Option<&str>) -> String {
    let project = laid_out(files);
    let inside = Path::new(ROOT).join(folder);
    let flags: Vec<&str> = ["-C", inside.to_str().unwrap()]
        .into_iter()
        .chain(environment.into_iter().flat_map(|name| ["-e", name]))
        .collect();
    let run = |command: &[&str]| project.run(&[&flags[..], command, &["--local"]].concat());
    let mut said = format!("== {folder} {}\n", environment.unwrap_or("(top level)"));
    let first = run(&["run"]);
    if first.code != 0 {
        let error: Vec<&str> = first.stderr.lines().skip_while(|line| !line.starts_with("error")).collect();
        let _ = writeln!(said, "exit {}\n{}", first.code, error.join("\n"));
        return said;
    }
    let second = project.report(&[&flags[..], &["run", "--local"]].concat());
    assert_eq!(
        (&second["exit"], &second["changed"]),
        (&0.into(), &false.into()),
        "{folder} {environment:?}: {second:#}"
    );
    // What the account holds is asked of the binary: a process that opens it would keep it from the others.
    let of = |call: &str| call.split("::").next().unwrap().to_owned();
    let made = ops(&second).into_iter().map(|(_, call, resource, ..)| format!("{} {resource}\n", of(&call)));
    said.extend(made.collect::<BTreeSet<String>>());
    for (name, text) in files.iter().filter(|(name, _)| name != EXPECTED) {
        assert_eq!(
            &files::read_text(&project.path().join(ROOT).join(name), 1 << 20).unwrap(),
            text,
            "{name}"
        );
    }
    let configs = configs(&project, folder);
    for name in &configs {
        copied(&project, folder, name, configs.len() > 1, &run);
    }
    said
}

/// A copy of a config says the same but for ids and names.
fn copied(
    project: &Project,
    folder: &str,
    name: &str,
    is_one_of: bool,
    run: &dyn Fn(&[&str]) -> super::project::Output,
) {
    let path = Path::new(name);
    let copy = path.with_file_name(format!("copy.{}", path.extension().unwrap().to_str().unwrap()));
    let mut command = vec!["ids", "--out", copy.to_str().unwrap()];
    if is_one_of {
        command.extend(["--config", name]);
    }
    let output = run(&command);
    if output.stderr.contains("is no wrangler config of this environment") {
        return;
    }
    let output = output.exit(0);
    output.stderr_has(&format!("wrote a copy of `{name}` with the ids into `{}`\n", copy.display()));
    let read =
        |path: &Path| files::read_text(&project.path().join(ROOT).join(folder).join(path), 1 << 20).unwrap();
    let (before, after) = (read(path), read(&copy));
    let is_toml = path.extension().unwrap() == "toml";
    let (old, new) = (value(&before, is_toml), value(&after, is_toml));
    let mut differences = Vec::new();
    compare("", &old, &new, &mut differences);
    assert_eq!(differences, Vec::<String>::new(), "{name}\n{after}");
    // Lines that hold no binding are the same bytes.
    let is_other =
        |line: &&str| !WRITTEN.iter().any(|field| line.contains(field)) && !line.contains("binding");
    let others = |text: &str| text.split('\n').filter(is_other).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(others(&before), others(&after), "{name}");
}

fn compare(path: &str, old: &Json, new: &Json, differences: &mut Vec<String>) {
    match (old, new) {
        (Json::Object(old), Json::Object(new)) => {
            for key in old.keys().chain(new.keys()) {
                let is_written = WRITTEN.contains(&key.as_str());
                let (old, new) = (old.get(key).unwrap_or(&Json::Null), new.get(key).unwrap_or(&Json::Null));
                if !is_written {
                    compare(&format!("{path}/{key}"), old, new, differences);
                }
            }
        }
        (Json::Array(old), Json::Array(new)) if old.len() == new.len() => {
            for (at, (old, new)) in old.iter().zip(new).enumerate() {
                compare(&format!("{path}/{at}"), old, new, differences);
            }
        }
        _ if old == new => {}
        _ => differences.push(format!("{path}: {old} -> {new}")),
    }
}

fn value(text: &str, is_toml: bool) -> Json {
    let text = text.trim_start_matches('\u{feff}');
    if is_toml {
        return serde_json::to_value(toml::from_str::<toml::Table>(text).unwrap()).unwrap();
    }
    let parsed = jsonc_parser::parse_to_ast(
        text,
        &jsonc_parser::CollectOptions::default(),
        &jsonc_parser::ParseOptions::default(),
    );
    json(&parsed.unwrap().value.unwrap())
}

fn json(value: &ast::Value) -> Json {
    match value {
        ast::Value::Object(object) => Json::Object(
            object
                .properties
                .iter()
                .map(|one| (one.name.clone().into_string(), json(&one.value)))
                .collect::<Map<_, _>>(),
        ),
        ast::Value::Array(list) => Json::Array(list.elements.iter().map(json).collect()),
        ast::Value::StringLit(text) => text.value.as_ref().into(),
        ast::Value::NumberLit(number) => serde_json::from_str(number.value).unwrap(),
        ast::Value::BooleanLit(truth) => truth.value.into(),
        ast::Value::NullKeyword(_) => Json::Null,
    }
}

#[test]
fn each_shape_begins_with_local_as_it_is() {
    let cases = cases();
    assert!(cases.len() >= 50, "only {} cases", cases.len());
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some((case, files)) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let project = laid_out(files);
                    let mut said = String::new();
                    for folder in folders(files) {
                        for environment in environments(&project, &folder) {
                            said += &outcome(files, &folder, environment.as_deref());
                        }
                    }
                    let expected =
                        files.iter().find(|(name, _)| name == EXPECTED).map(|(_, text)| text.as_str());
                    if std::env::var_os("LARDER_BLESS").is_some() {
                        files::write_whole(&corpus().join(case).join(EXPECTED), said.as_bytes()).unwrap();
                    } else if expected != Some(said.as_str()) {
                        wrong.lock().push(format!("{case}:\n{said}"));
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
