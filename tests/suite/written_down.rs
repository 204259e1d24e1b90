//! A file of cases, each with what is said of it: `=== TITLE`, the case, `---`, what is said; `LARDER_BLESS=1` writes it anew.

use super::house::in_step;
use super::source_tree::read;

/// Asks `said` of each case of the file, in four threads, and compares the whole; `agrees` takes a title and what was said.
pub fn holds(path: &str, at_least: usize, said: fn(&str) -> String, agrees: fn(&str, &str) -> bool) {
    let text = read(path);
    let section = |section| {
        let (title, rest) = str::trim_start_matches(section, "=== ").split_once('\n').unwrap();
        (title, rest.split_once("---\n").unwrap().0)
    };
    let cases: Vec<(&str, &str)> = text.split("\n\n=== ").map(section).collect();
    assert!(cases.len() >= at_least, "{}", cases.len());
    let one = |(title, case): &(&str, &str)| {
        let said = said(case);
        assert!(agrees(title, &said), "{title}:\n{said}");
        format!("=== {title}\n{case}---\n{said}\n")
    };
    let seen: String = std::thread::scope(|scope| {
        let parts = cases.chunks(cases.len().div_ceil(4));
        let threads: Vec<_> =
            parts.map(|part| scope.spawn(move || part.iter().map(one).collect::<String>())).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    in_step(path, &seen);
}
