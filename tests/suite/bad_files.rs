//! Hundreds of malformed files, answers and arguments: each gives a clear error, and none panics.
//!
//! Each corpus in `tests/bad` holds its inputs and what is said of them; `LARDER_BLESS=1` writes the second anew, to be read
//! before it is kept.

use super::beacon_service;
use super::simulation::{Arrival, Interceptor, Simulation};
use clap::Parser as _;
use larder::cli::Arguments;
use larder::http::{RawResponse, WireRequest};
use larder::op::Mode;
use larder::project::env_file;
use larder::project::wrangler::WranglerFile;
use larder::services::Services;
use larder::services::d1::migrations::{Migrations, Rehearsal, Settings};
use larder::system::{Root, files};
use parking_lot::Mutex;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Between an input and what is said of it.
const RULE: &str = "\n--- ";

fn path(corpus: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/bad/{corpus}.txt"))
}

/// What can't be written in a corpus as it is.
fn unfold(text: &str) -> String {
    let text =
        text.replace("<CR>", "\r").replace("<NUL>", "\0").replace("<BOM>", "\u{feff}").replace("<TAB>", "\t");
    text.replace("<RTL>", "\u{202e}").replace("<LONG>", &"x".repeat(70_000)).replace("<END>", "")
}

fn fold(text: &str) -> String {
    text.replace(&"x".repeat(70_000), "<LONG>")
        .replace('\r', "<CR>")
        .replace('\0', "<NUL>")
        .replace('\u{feff}', "<BOM>")
}

/// Holds what is said of each input of a corpus to what is written there.
pub(super) fn hold(corpus: &str, at_least: usize, say: impl Fn(&str) -> String) {
    let text = files::read_text(&path(corpus), 1 << 20).unwrap();
    let (head, rest) = text.split_once("\n=== ").unwrap();
    let mut now = head.to_owned();
    let mut seen = 0;
    for section in rest.split("\n=== ") {
        let input = section.split_once(RULE).map_or(section, |(input, _)| input).trim_end_matches('\n');
        let (title, body) = input.split_once('\n').unwrap_or((input, ""));
        let said = fold(&say(&unfold(body)));
        let said: Vec<&str> = said.trim_end().lines().map(str::trim_end).collect();
        assert!(!said.is_empty(), "{title}: nothing is said");
        let _ = write!(now, "\n=== {input}{RULE}{}\n", said.join("\n"));
        seen += 1;
    }
    println!("suite::bad_files::{corpus}: {seen} cases");
    assert!(seen >= at_least, "only {seen} in {corpus}");
    if std::env::var_os("LARDER_BLESS").is_some() {
        files::write_whole(&path(corpus), now.as_bytes()).unwrap();
    }
    let text = files::read_text(&path(corpus), 1 << 20).unwrap();
    assert!(text == now, "tests/bad/{corpus}.txt is not in step, and is now:\n{now}");
}

#[test]
fn env_files() {
    hold("env_files", 60, |text| match env_file::parse(text) {
        Ok(pairs) => {
            format!("fine: {}", pairs.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>().join(" "))
        }
        Err((line, flaw)) => format!("line {line}: {flaw}"),
    });
}

#[test]
fn wrangler_configs() {
    hold("wrangler_configs", 40, |text| {
        // A JSON file begins with a brace or a comment.
        let is_json = text.trim_start_matches(['\u{feff}', ' ', '\n']).starts_with(['{', '/', '"']);
        let name = if is_json { "wrangler.jsonc" } else { "wrangler.toml" };
        let file =
            match WranglerFile::parse(Path::new(name), name, text, &Services::default().binding_kinds()) {
                Ok(file) => file,
                Err(error) => return error.to_string(),
            };
        if let Err(findings) = file.check() {
            return findings.to_string();
        }
        match file.worker(Some("staging")).or_else(|_| file.worker(None)) {
            Ok(worker) => format!("fine: {} bindings", worker.bindings.len()),
            Err(error) => error.to_string(),
        }
    });
}

#[test]
fn migration_folders() {
    hold("migration_folders", 40, |text| {
        // Whatever else lies where folders of tests do, nothing lies beside this one.
        let above = tempfile::tempdir().unwrap();
        let project = above.path().join("project");
        files::make_folder(&project).unwrap();
        let outside = tempfile::tempdir().unwrap();
        let (mut folder, mut pattern, mut table, mut to) = ("m".to_owned(), None, None, None);
        for line in text.lines() {
            let (key, value) = line.split_once(' ').unwrap_or((line, ""));
            let place = |name: &str| project.join(name);
            match key {
                "folder" => value.clone_into(&mut folder),
                "pattern" => pattern = Some(value),
                "table" => table = Some(value),
                "to" => to = Some(value),
                "dir" => files::make_folder(&place(value)).unwrap(),
                #[cfg(unix)]
                "link" => {
                    let (name, target) = value.split_once(' ').unwrap();
                    let target = if target == "OUTSIDE" { outside.path().to_owned() } else { target.into() };
                    std::os::unix::fs::symlink(target, place(name)).unwrap();
                }
                "latin1" => {
                    files::make_folder(place(value).parent().unwrap()).unwrap();
                    files::write_whole(&place(value), b"SELECT '\xe9';").unwrap();
                }
                "big" => files::write_whole(&place(value), &vec![b'-'; 6 << 20]).unwrap(),
                "file" => {
                    let (name, sql) = value.split_once(' ').unwrap_or((value, ""));
                    files::make_folder(place(name).parent().unwrap()).unwrap();
                    files::write_whole(&place(name), sql.as_bytes()).unwrap();
                }
                other => panic!("`{other}`"),
            }
        }
        let root = Root::new(&project).unwrap();
        let settings = settings(&folder, pattern, table, to);
        let said = match Migrations::discover(&root, &settings) {
            Ok(found) => {
                let names: Vec<&str> = found.files.iter().map(|file| file.name.as_str()).collect();
                format!("fine: {} {}", names.join(" "), found.notes.join("; "))
            }
            Err(error) => error.to_string(),
        };
        said.replace(&*outside.path().to_string_lossy(), "[OUTSIDE]")
    });
}

fn settings<'a>(
    folder: &'a str,
    pattern: Option<&'a str>,
    table: Option<&'a str>,
    to: Option<&'a str>,
) -> Settings<'a> {
    Settings { folder, pattern, table, to, rehearsal: Rehearsal::Skip, ..Settings::default() }
}

#[test]
fn arguments() {
    hold("arguments", 40, |text| {
        let words = text.lines().filter(|line| !line.is_empty());
        match Arguments::try_parse_from(std::iter::once("larder").chain(words)) {
            Ok(_) => "fine".to_owned(),
            Err(error) => {
                let text = error.render().to_string();
                let first: Vec<&str> = text.lines().take_while(|line| !line.is_empty()).collect();
                format!("exit {}: {}", error.exit_code(), first.join("\n"))
            }
        }
    });
}

/// Replaces the answer to the request of that number, from 1.
struct Garble {
    at: usize,
    seen: AtomicUsize,
    shape: fn(RawResponse) -> RawResponse,
    struck: Mutex<Option<String>>,
}

impl Interceptor for Garble {
    fn travel(&self, request: &WireRequest, deliver: &mut dyn FnMut() -> Arrival) -> Arrival {
        let number = self.seen.fetch_add(1, Ordering::Relaxed) + 1;
        let answer = deliver()?;
        if number != self.at {
            return Ok(answer);
        }
        let path = request.endpoint.path.trim_start_matches("/accounts/{account_id}");
        *self.struck.lock() = Some(format!("{} {path}", request.endpoint.method));
        Ok((self.shape)(answer))
    }
}

type Shape = (&'static str, fn(RawResponse) -> RawResponse);

fn body(text: impl Into<String>) -> RawResponse {
    RawResponse { status: 200, body: text.into().into_bytes(), ..RawResponse::default() }
}

type Change = fn(&mut serde_json::Map<String, serde_json::Value>);

/// Changes every map of the `result`.
fn mapped(answer: &RawResponse, change: Change) -> RawResponse {
    let mut said: serde_json::Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    walk(&mut said["result"], change);
    body(said.to_string())
}

fn walk(value: &mut serde_json::Value, change: Change) {
    match value {
        serde_json::Value::Object(map) => {
            map.values_mut().for_each(|value| walk(value, change));
            change(map);
        }
        serde_json::Value::Array(list) => list.iter_mut().for_each(|value| walk(value, change)),
        _ => {}
    }
}

const SHAPES: &[Shape] = &[
    ("a result of null", |_| body(r#"{"success":true,"result":null}"#)),
    ("a result that is a text", |_| body(r#"{"success":true,"result":"yes"}"#)),
    ("a result that is a number", |_| body(r#"{"success":true,"result":7}"#)),
    ("a result that is an empty list", |_| body(r#"{"success":true,"result":[]}"#)),
    ("a result that is an empty map", |_| body(r#"{"success":true,"result":{}}"#)),
    ("a list of nulls", |_| body(r#"{"success":true,"result":[null,null]}"#)),
    ("no result", |_| body(r#"{"success":true}"#)),
    ("no `success`", |_| body(r#"{"result":{}}"#)),
    ("`success` as a text", |_| body(r#"{"success":"true","result":{}}"#)),
    ("a list instead of an envelope", |_| body("[]")),
    ("JSON nested 300 deep", |_| body(format!("{}{}", "[".repeat(300), "]".repeat(300)))),
    ("two envelopes", |answer| {
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        body(format!("{text}{text}"))
    }),
    ("ids as numbers", |answer| {
        mapped(&answer, |map| {
            for key in ["id", "uuid"] {
                if map.contains_key(key) {
                    map.insert(key.into(), 7.into());
                }
            }
        })
    }),
    ("no ids", |answer| {
        mapped(&answer, |map| {
            map.remove("id");
            map.remove("uuid");
        })
    }),
    ("no names", |answer| {
        mapped(&answer, |map| {
            for key in ["name", "title", "id"] {
                map.remove(key);
            }
        })
    }),
    ("more fields than known", |answer| {
        mapped(&answer, |map| {
            map.insert("new_field".into(), serde_json::json!({"deep": [1, {"x": null}]}));
        })
    }),
    ("`result_info` of texts", |_| {
        body(r#"{"success":true,"result":[],"result_info":{"page":"1","total_pages":"x"}}"#)
    }),
    ("an endless list", |_| {
        body(
            r#"{"success":true,"result":[],"result_info":{"page":1,"per_page":1,"count":1,"total_count":99999999,"cursor":"again"}}"#,
        )
    }),
    ("bytes that are no UTF-8", |_| RawResponse {
        status: 200,
        body: vec![0xff, 0xfe, 0x00],
        ..RawResponse::default()
    }),
    ("a failure without errors", |_| body(r#"{"success":false,"errors":[]}"#)),
    ("errors that are texts", |_| body(r#"{"success":false,"errors":["no","never"]}"#)),
    ("a code that is a text", |_| body(r#"{"success":false,"errors":[{"code":"10000","message":"no"}]}"#)),
];

/// More than each service's own recipe has; with the requests of its first run, each answered in each shape.
const MORE: [(&str, &str); 1] = [(
    "d1 migrations",
    r#"let db = d1::ensure("db"); db.migrate("workers/migrations"); db.query("SELECT 1 AS one")"#,
)];

#[test]
fn answers() {
    let mut now =
        "Each answer of a first run in each bad shape, once: how the runs end that do not overcome it.\n"
            .to_owned();
    let (mut seen, mut overcome) = (0, 0);
    let services = beacon_service::services();
    for (service, recipe) in services.iter().map(|one| (one.name, one.exercise)).chain(MORE) {
        for at in 1.. {
            let mut past_the_last = false;
            for (title, shape) in SHAPES {
                let simulation = Simulation::new(at as u64);
                let road = Arc::new(Garble {
                    at,
                    seen: AtomicUsize::new(0),
                    shape: *shape,
                    struck: Mutex::new(None),
                });
                let terms = super::simulation::Terms { road: road.clone(), ..simulation.terms(Mode::Apply) };
                let finished = simulation.script_on(terms, &super::source_tree::example(), recipe);
                let Some(struck) = road.struck.lock().take() else {
                    past_the_last = true;
                    break;
                };
                let (exit, wrote) = (finished.report.exit, finished.changes() > 0);
                assert!(matches!(exit, 0 | 1 | 4 | 5), "{service}, {struck}, {title}: exit {exit}");
                assert!(exit == 0 || !finished.said.is_empty(), "{service}, {struck}, {title}: not a word");
                assert!(exit != 1 || !wrote, "{service}, {struck}, {title}: exit 1 after a write");
                assert!(
                    finished.report.changed || !wrote,
                    "{service}, {struck}, {title}: a write is not told"
                );
                let said = finished.said.first().map_or("", |said| said.as_str());
                let said = said.lines().next().unwrap_or_default();
                if exit == 0 {
                    overcome += 1;
                } else {
                    let _ = writeln!(now, "{service}, {struck}, {title}: exit {exit}: {said}");
                }
                seen += 1;
            }
            if past_the_last {
                break;
            }
        }
    }
    let _ = writeln!(now, "\n{seen} bad answers, {overcome} overcome");
    println!("suite::bad_files::answers: {seen} cases");
    assert!(seen >= 200, "{seen}");
    if std::env::var_os("LARDER_BLESS").is_some() {
        files::write_whole(&path("answers"), now.as_bytes()).unwrap();
    }
    let text = files::read_text(&path("answers"), 1 << 20).unwrap();
    assert!(text == now, "tests/bad/answers.txt is not in step, and is now:\n{now}");
}
