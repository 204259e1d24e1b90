//! One page, played from its first block to its last in a folder of its own.
//!
//! - `<!-- folder: PATH -->`: the blocks that follow stand in this folder: a copy of the repository's, else an empty one.
//! - `<!-- file PATH -->`: the block is a file. `<!-- file PATH = TEXT -->`: there is such a file, too, which readers do not see.
//! - `sh` (or `bash`, `shell`): commands. `larder` and `npx larder-cli` are the binary under test, `cargo run --locked --` is the
//!   same in a checkout with the example. The variables of the environment lead to a served account, so commands without
//!   `--local` work.
//! - `text` right after such a block: what it prints, on both streams. A line `...` stands for any lines. A block that ends
//!   otherwise than with 0 shows `(exit code N)` at its end.
//! - `rhai` with a `text` right after it is evaluated; another one compiles.

use super::blocks::{Block, blocks};
use super::reasons::is_left_out;
use super::typed::{settled, typed};
use crate::suite::project::{PLAIN, Project};
use crate::suite::source_tree::{read, root};
use larder::system::files;
use std::path::{Path, PathBuf};

/// Languages of blocks that are looked at; what else stands on a page is for other programs.
const OF_OTHERS: &[&str] = &[
    "json",
    "jsonc",
    "js",
    "ts",
    "lua",
    "rust",
    "sql",
    "yaml",
    "mermaid",
    "hcl",
    "dockerfile",
    "python",
    "toml",
];

/// Whether another test holds a block: sessions of terminals, and quotes of the cookbook.
fn is_held_elsewhere(block: &Block) -> bool {
    let is_quote = |mark: &String| mark.contains(" $ ") || (mark.contains('/') && !mark.contains(' '));
    block.marks.iter().any(|mark| ["session", "table"].contains(&&**mark) || is_quote(mark))
}

/// What came of a page.
#[derive(Default)]
pub struct Played {
    /// What is wrong, each with its place.
    pub wrong: Vec<String>,
    /// How many blocks of commands were run.
    pub run: usize,
    /// What a block of text should be: its lines (from, to), and the text.
    pub outputs: Vec<(usize, usize, String)>,
}

struct Page<'a> {
    path: &'a str,
    project: Project,
    folder: PathBuf,
    played: Played,
}

/// Plays a page.
pub fn play(path: &str) -> Played {
    let project = Project::empty().served().on_path();
    copy("examples/jobmatch-ai", &project.path().join("checkout/examples/jobmatch-ai"));
    tool(
        &project,
        "npx",
        "case $1 in larder-cli|larder) shift; exec larder \"$@\";; esac; echo \"npx $*\"; exit 97",
    );
    let checkout = project.path().join("checkout");
    let run = format!(
        "[ \"$1 $2 $3\" = 'run --locked --' ] || exit 97; shift 3; cd '{}'; exec larder \"$@\"",
        checkout.display()
    );
    tool(&project, "cargo", &run);
    let folder = project.path().join("project");
    files::make_folder(&folder).unwrap();
    let mut page = Page { path, project, folder, played: Played::default() };
    let blocks = blocks(&read(path));
    for (number, block) in blocks.iter().enumerate() {
        let output = blocks.get(number + 1).filter(|next| next.follows && next.language == "text");
        let before = number.checked_sub(1).and_then(|before| blocks.get(before));
        page.block(block, before, output);
    }
    page.played
}

fn tool(project: &Project, name: &str, script: &str) {
    use std::os::unix::fs::PermissionsExt;
    project.write(&format!("tools/{name}"), &format!("#!/bin/sh\n{script}\n"));
    let path = project.path().join("tools").join(name);
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

fn copy(from: &str, to: &Path) {
    for path in files::walk(&root().join(from)).unwrap() {
        if path
            .components()
            .any(|part| ["node_modules", "dist", ".larder"].contains(&part.as_os_str().to_str().unwrap()))
        {
            continue;
        }
        let to = to.join(&path);
        files::make_folder(to.parent().unwrap()).unwrap();
        std::fs::copy(root().join(from).join(&path), to).unwrap();
    }
}

impl Page<'_> {
    fn block(&mut self, block: &Block, before: Option<&Block>, output: Option<&Block>) {
        if let Some(folder) = block.marks.iter().find_map(|mark| mark.strip_prefix("folder: ")) {
            self.folder = self.project.path().join(folder);
            files::make_folder(&self.folder).unwrap();
            if root().join(folder).is_dir() {
                copy(folder, &self.folder);
            }
        }
        let mut is_file = false;
        for mark in block.marks.iter().filter_map(|mark| mark.strip_prefix("file ")) {
            if let Some((path, text)) = mark.split_once(" = ") {
                self.file(path, &text.replace("\\n", "\n"));
            } else {
                self.file(mark, &block.text);
                is_file = true;
            }
        }
        if is_file || is_held_elsewhere(block) {
            return;
        }
        match block.language.as_str() {
            "sh" | "bash" | "shell" => match is_left_out(&block.above, &block.text) {
                Ok(true) => {}
                Ok(false) => self.commands(block, output),
                Err(error) => self.wrong(block, &error),
            },
            "rhai" => match output {
                Some(_) => self.evaluated(block, output),
                None => self.compiled(block),
            },
            "text" => {
                let is_output = block.follows
                    && before.is_some_and(|one| ["sh", "bash", "shell", "rhai"].contains(&&*one.language));
                if !is_output {
                    self.wrong(block, "no test holds this text: let it follow the commands that print it");
                }
            }
            other if OF_OTHERS.contains(&other) => {}
            other => self.wrong(block, &format!("a block of the language `{other}`")),
        }
    }

    fn file(&self, path: &str, text: &str) {
        let path = self.folder.join(path);
        files::make_folder(path.parent().unwrap()).unwrap();
        files::write_whole(&path, text.as_bytes()).unwrap();
    }

    fn commands(&mut self, block: &Block, output: Option<&Block>) {
        self.played.run += 1;
        let seen = typed(&self.project, &self.folder, &format!("set -e\n{}", block.text));
        self.compare(block, output, &seen);
    }

    fn evaluated(&mut self, block: &Block, output: Option<&Block>) {
        self.played.run += 1;
        let command = format!("larder eval --local - <<'RHAI'\n{}RHAI", block.text);
        let seen = typed(&self.project, &self.folder, &command);
        self.compare(block, output, &seen);
    }

    fn compare(&mut self, block: &Block, output: Option<&Block>, raw: &str) {
        let printed = &settled(raw, &self.folder);
        match output {
            None if printed.ends_with(')') && printed.contains("(exit code ") => self.wrong(block, printed),
            None => {}
            Some(shown) => {
                if !matches(&settled(&shown.text, &self.folder), printed) {
                    self.wrong(shown, &format!("shown:\n{}printed:\n{printed}", shown.text));
                }
                if !shown.text.lines().any(|line| line.trim() == "...") {
                    self.played.outputs.push((shown.line, shown.end, raw.to_owned()));
                }
            }
        }
    }

    /// A recipe, or tests of one, which `check` finds nothing wrong with.
    fn compiled(&mut self, block: &Block) {
        let path = if block.text.contains("fn test_") { "tests/page.test.rhai" } else { "recipes/page.rhai" };
        let migration = "CREATE TABLE a (x);\n";
        let project = Project::new(&format!("steps = [\"kv\", \"d1\"]\n{PLAIN}"))
            .file("migrations/0001_a.sql", migration)
            .file("workers/migrations/0001_a.sql", migration)
            .file("seed.sql", "INSERT INTO a VALUES (1);\n")
            .file(path, &block.text);
        let output = project.run(&["check", path]);
        if output.code != 0 {
            self.wrong(block, &output.stderr);
        }
    }

    fn wrong(&mut self, block: &Block, what: &str) {
        self.played.wrong.push(format!("{}:{}: {what}", self.path, block.line));
    }
}

/// Whether a text is what is shown, `...` lines standing for any lines.
fn matches(shown: &str, printed: &str) -> bool {
    let lines =
        |text: &str| text.trim_end().lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>();
    let (shown, printed) = (lines(shown), lines(printed));
    let parts: Vec<&[String]> = shown.split(|line| line.trim() == "...").collect();
    let mut at = 0;
    for (number, part) in parts.iter().enumerate() {
        let fits =
            |from: usize| printed.len() >= from + part.len() && printed[from..from + part.len()] == **part;
        let from = match (number, number + 1 == parts.len()) {
            (0, true) => (fits(0) && printed.len() == part.len()).then_some(0),
            (0, false) => fits(0).then_some(0),
            (_, true) => printed.len().checked_sub(part.len()).filter(|from| *from >= at && fits(*from)),
            (_, false) => (at..=printed.len()).find(|from| fits(*from)),
        };
        let Some(from) = from else { return false };
        at = from + part.len();
    }
    true
}

#[test]
fn dots_stand_for_lines_and_nothing_else_is_left_out() {
    assert!(matches("a\nb\n", "a\nb"));
    assert!(!matches("a\nb\n", "a\nb\nc"));
    assert!(matches("a\n...\nd\n", "a\nb\nc\nd"));
    assert!(matches("...\nb\n  ...\n", "a\nb\nc"));
    assert!(!matches("a\n...\nc\n...\nb\nd\n", "a\nb\nc\nd"));
}
