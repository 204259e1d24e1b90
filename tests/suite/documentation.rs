//! README and manual are true: every command in them is run, what they show is what is printed, recipes in them compile, and the
//! index names each page. A new page of `docs` is found without a list.

mod blocks;
mod index;
mod inline;
mod judges;
mod played;
mod reasons;
mod typed;

use super::source_tree::{read, root};
use larder::system::{Environment, files};
use played::{Played, play};
use std::fmt::Write as _;

/// The page of all functions, whose examples `op_examples` runs.
const GENERATED: &str = "docs/reference.md";

/// README and every page of the manual.
fn pages() -> Vec<String> {
    let found = files::walk(&root().join("docs")).unwrap();
    let found = found.iter().map(|path| format!("docs/{}", path.to_str().unwrap()));
    let pages = found.filter(|path| path.ends_with(".md"));
    std::iter::once("README.md".to_owned()).chain(pages).collect()
}

#[test]
fn every_command_of_readme_and_manual_does_what_is_shown() {
    let pages: Vec<String> = pages().into_iter().filter(|path| path != GENERATED).collect();
    let played: Vec<Played> = std::thread::scope(|scope| {
        let started: Vec<_> = pages.iter().map(|path| scope.spawn(|| play(path))).collect();
        started.into_iter().map(|page| page.join().unwrap()).collect()
    });
    if Environment::of_process().get("LARDER_BLESS").is_some() {
        pages.iter().zip(&played).for_each(|(path, played)| renew(path, played));
        return;
    }
    let wrong: Vec<&String> = played.iter().flat_map(|page| &page.wrong).collect();
    let all = wrong.iter().fold(String::new(), |mut all, one| {
        writeln!(all, "{one}\n").unwrap();
        all
    });
    assert!(wrong.is_empty(), "{all}LARDER_BLESS=1 writes what is printed, to be read before it is kept");
    let run: usize = played.iter().map(|page| page.run).sum();
    assert!(run >= 20, "only {run} blocks were run");
}

/// Writes what is printed into a page, where nothing is left out of it.
fn renew(path: &str, played: &Played) {
    let text = read(path);
    let mut lines: Vec<&str> = text.lines().collect();
    for (from, to, output) in played.outputs.iter().rev() {
        lines.splice(*from..to - 2, output.trim_end().lines());
    }
    files::write_whole(&root().join(path), format!("{}\n", lines.join("\n")).as_bytes()).unwrap();
}

#[test]
fn ci_runs_the_test_command_of_the_readme() {
    let command = "cargo test --locked";
    assert!(
        blocks::blocks(&read("README.md")).iter().any(|block| block.text.lines().any(|line| line == command))
    );
    assert!(read(".ci/run").contains(&format!("\npart {command}\n")));
}

#[test]
fn the_readme_is_short() {
    let words = read("README.md").split_whitespace().count();
    assert!(words <= 1_200, "{words} words: what is more belongs into the manual");
}
