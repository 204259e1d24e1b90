//! What the binary prints, kept whole in `tests/outputs`: a file for each module of tests, `=== TITLE` before each output.
//!
//! `LARDER_BLESS=1` writes what is printed now, to be read before it is committed. Where a loop has several outputs, their
//! titles are `TITLE: CASE`.

use super::project::Output;
use super::sessions::settled;
use super::source_tree::{read, root};
use larder::system::{Environment, files};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::panic::Location;

/// Where the outputs are kept.
const FOLDER: &str = "tests/outputs";
const MODULES: &str = "tests/suite";
const TITLE: &str = "=== ";

/// What this process has compared: a title stands for one text.
static COMPARED: Mutex<BTreeMap<String, String>> = Mutex::new(BTreeMap::new());

impl Output {
    /// The exit code and both streams, as they are kept under this title.
    #[track_caller]
    pub fn kept(self, title: &str) -> Self {
        let part = |name, stream: &str| match stream {
            "" => String::new(),
            _ => format!("--- {name}\n{}", whole_lines(stream)),
        };
        let (stdout, stderr) = (part("stdout", &self.stdout), part("stderr", &self.stderr));
        kept(title, &format!("--- exit {}\n{stdout}{stderr}", self.code));
        self
    }
}

/// Compares a text with what is kept under this title for the module that calls.
#[track_caller]
pub fn kept(title: &str, text: &str) {
    let title = title.escape_debug().to_string();
    let text = settled(&whole_lines(text));
    assert!(!text.lines().any(|line| line.starts_with(TITLE)), "a line like a title: {text}");
    let module = Location::caller().file().trim_start_matches(MODULES).trim_end_matches(".rs");
    let path = format!("{FOLDER}{module}.txt");
    let before = COMPARED.lock().insert(format!("{path} {title}"), text.clone());
    assert!(
        before.is_none_or(|before| before == text),
        "{title:?} is the title of two texts, the second:\n{text}"
    );
    if Environment::of_process().get("LARDER_BLESS").is_some() {
        return renew(&path, &title, text);
    }
    let parts = parts(&path);
    let expected = parts.get(&title).map(String::as_str);
    assert_eq!(
        expected,
        Some(text.as_str()),
        "{path}, {title:?}: LARDER_BLESS=1 renews it if the change is meant"
    );
}

fn whole_lines(text: &str) -> String {
    if text.is_empty() || text.ends_with('\n') {
        text.to_owned()
    } else {
        format!("{text}\n(no end of line)\n")
    }
}

/// Tests that are processes of their own may renew parts of one file side by side.
fn renew(path: &str, title: &str, text: String) {
    files::make_folder(root().join(path).parent().unwrap()).unwrap();
    let folder = std::fs::File::open(root().join(FOLDER)).unwrap();
    folder.lock().unwrap();
    let mut parts = if files::exists(&root().join(path)) { parts(path) } else { BTreeMap::new() };
    parts.insert(title.to_owned(), text);
    let all: Vec<String> = parts.iter().map(|(title, text)| format!("{TITLE}{title}\n{text}")).collect();
    files::write_whole(&root().join(path), all.join("\n").as_bytes()).unwrap();
}

/// The outputs of a file by their titles.
fn parts(path: &str) -> BTreeMap<String, String> {
    let text = format!("\n{}", read(path));
    let of = |part: &str| {
        let (title, text) = part.split_once('\n').unwrap();
        (title.to_owned(), text.to_owned())
    };
    text.split(&format!("\n{TITLE}")).skip(1).map(of).collect()
}

#[test]
fn what_is_kept_is_what_some_test_compares() {
    let paths = files::walk(&root().join(FOLDER)).unwrap();
    assert!(paths.len() > 20, "{}", paths.len());
    for path in paths {
        let path = path.to_str().unwrap();
        let module = read(&format!("{MODULES}/{}", path.replace(".txt", ".rs")));
        for title in parts(&format!("{FOLDER}/{path}")).keys() {
            let fixed = title.split_once(": ").map_or(title.as_str(), |(fixed, _)| fixed);
            assert!(module.contains(&format!("\"{fixed}")), "{path}: no test compares {title:?}");
        }
    }
}
