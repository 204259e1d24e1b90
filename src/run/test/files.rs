//! Finds test files, and the tests in them that were asked for.

use crate::run::Workspace;
use crate::run::runtime_settings::offline_room;
use crate::script::diagnostics::{Diagnostic, Severity, Sources};
use crate::script::run::{Recipe, ScriptRuntime};
use crate::script::testing::{self, BEGINNING, ENDING, Test, found_in, is_test};
use crate::system::files;
use anyhow::{Context as _, anyhow};
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::Path;

/// The folders that are looked through; of the project's own, only what lies in it.
const FOLDERS: [&str; 2] = ["recipes", "tests"];

pub struct TestFile {
    /// Below the project's folder.
    pub name: String,
    pub text: String,
    /// The tests that are asked for, in its order; none where something is wrong.
    pub tests: Vec<Test>,
    /// What is wrong with it.
    pub wrong: Vec<Diagnostic>,
    /// The texts that this quotes.
    pub sources: Sources,
}

impl TestFile {
    /// Whether it can't be run.
    fn is_broken(&self) -> bool {
        self.wrong.iter().any(|found| found.severity == Severity::Error)
    }
}

/// The files that are asked for.
pub(super) struct ChosenTests {
    pub(super) files: Vec<TestFile>,
    /// Whether all tests of each are.
    pub(super) is_whole: bool,
}

/// The names of all test files of a project, sorted.
pub fn names(root: &Path) -> anyhow::Result<Vec<String>> {
    let mut found = BTreeSet::new();
    let own = files::entries(root).with_context(|| format!("can't read the folder `{}`", root.display()))?;
    found.extend(own.into_iter().filter(|(_, is_folder)| !is_folder).map(|(name, _)| name));
    for folder in FOLDERS {
        match files::walk(&root.join(folder)) {
            Ok(paths) => {
                let name = |path: std::path::PathBuf| {
                    format!("{folder}/{}", path.to_string_lossy().replace('\\', "/"))
                };
                found.extend(paths.into_iter().map(name));
            }
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
            Err(error) => return Err(error).with_context(|| format!("can't read the folder `{folder}`")),
        }
    }
    found.retain(|name| is_test(name) && !name.starts_with('.'));
    Ok(found.into_iter().collect())
}

/// The files and tests that are asked for.
pub(super) fn chosen(place: &Workspace, root: &Path, asked: &[String]) -> anyhow::Result<ChosenTests> {
    let all = names(root)?;
    let (paths, words): (Vec<&String>, Vec<&String>) = asked.iter().partition(|one| is_path(place, one));
    let mut wanted = Vec::new();
    for path in &paths {
        let below = below(place, root, path)?;
        let before = wanted.len();
        let is_in =
            |name: &&String| below.is_empty() || **name == below || name.starts_with(&format!("{below}/"));
        wanted.extend(all.iter().filter(is_in).cloned());
        if wanted.len() == before {
            if !is_test(&below) {
                return Err(anyhow!(
                    "`{path}` has no test file\nhint: the name of a test file ends with `{ENDING}`"
                ));
            }
            wanted.push(below);
        }
    }
    if paths.is_empty() {
        wanted = all;
    }
    wanted.sort();
    wanted.dedup();
    let mut files = wanted.iter().map(|name| read(place, root, name)).collect::<anyhow::Result<Vec<_>>>()?;
    if files.is_empty() {
        return Err(nothing(root));
    }
    if !words.is_empty() {
        for file in &mut files {
            let name = file.name.clone();
            file.tests
                .retain(|test| words.iter().any(|word| format!("{name}::{}", test.name).contains(*word)));
        }
        // A file that can't be read may have the test in it.
        files.retain(|file| !file.tests.is_empty() || file.is_broken());
    }
    if files.iter().all(|file| file.tests.is_empty() && !file.is_broken()) {
        return Err(match words.first() {
            Some(word) => anyhow!(
                "no test has `{word}` in its name\nhint: names are as `larder test` prints them, and paths of files end with `{ENDING}`"
            ),
            None => anyhow!(
                "there is no test in {}\nhint: a test is a function without parameters whose name begins with `{BEGINNING}`",
                listed(&files)
            ),
        });
    }
    Ok(ChosenTests { files, is_whole: words.is_empty() })
}

fn listed(files: &[TestFile]) -> String {
    files.iter().map(|file| format!("`{}`", file.name)).collect::<Vec<_>>().join(", ")
}

fn nothing(root: &Path) -> anyhow::Error {
    anyhow!(
        "there is no test file in `{}`\nhint: it is called `NAME{ENDING}` and lies there, in `tests` or in `recipes`; `larder init` writes one",
        root.display()
    )
}

/// A path is one that is there, or that is written as one.
fn is_path(place: &Workspace, asked: &str) -> bool {
    let is_script = Path::new(asked).extension().is_some_and(|ending| ending == "rhai");
    is_script || files::exists(&place.folder.join(asked))
}

/// The path of a file, as seen from the project's folder.
pub fn below(place: &Workspace, root: &Path, path: &str) -> anyhow::Result<String> {
    let real = files::canonical(&place.folder.join(path)).with_context(|| format!("can't read `{path}`"))?;
    let real_root = files::canonical(root).with_context(|| format!("can't read `{}`", root.display()))?;
    let below = real.strip_prefix(&real_root).map_err(|_| anyhow!("`{path}` lies outside of the project"))?;
    Ok(below.to_string_lossy().replace('\\', "/"))
}

/// Reads and checks a file; nothing is run.
fn read(place: &Workspace, root: &Path, name: &str) -> anyhow::Result<TestFile> {
    let text = place.script(Path::new(name), root)?;
    let recipe = Recipe { name: name.to_owned(), text };
    let room = room(place, root, &recipe)?;
    let (wrong, tests) = found_in(&room, &recipe);
    let is_broken = wrong.iter().any(|found| found.severity == Severity::Error);
    let tests = if is_broken { Vec::new() } else { tests };
    Ok(TestFile { name: recipe.name, text: recipe.text, tests, wrong, sources: room.sources })
}

/// A room in which a test file can be checked, and that reaches nothing.
pub fn room(place: &Workspace, root: &Path, recipe: &Recipe) -> anyhow::Result<ScriptRuntime> {
    let mut room = offline_room(place, root, recipe)?;
    testing::install_idle(&mut room);
    Ok(room)
}
