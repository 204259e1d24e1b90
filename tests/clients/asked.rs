//! Which routes each client asks with success: kept in `tests/clients/asked.txt`, from which the contract page is made.
//! `LARDER_BLESS=1` adds what is missing; to find what is no longer asked, remove the file first and run all.

use super::project::Project;
use super::source_tree::root;
use larder::system::files;
use std::collections::BTreeSet;
use std::path::Path;

/// How many requests the account was sent so far.
pub fn last(project: &Project) -> u64 {
    project.history().and_then(|history| Some(history.last()?.sequence)).unwrap_or(0)
}

/// Compares what a client has asked since then with what is kept of it. Larder may run beside it.
pub fn compare(project: &Project, since: u64, client: &str) {
    let history = project.history().unwrap_or_default();
    let asked = history.iter().filter(|one| one.sequence > since && !one.client.starts_with("larder/"));
    let answered = asked.filter(|one| one.status.is_some_and(|status| status < 400));
    let lines: BTreeSet<String> =
        answered.filter_map(|one| Some(format!("{client}: {} {}", one.method, one.route?))).collect();
    let path = root().join("tests/clients/asked.txt");
    let missing: Vec<String> = lines.difference(&kept(&path)).cloned().collect();
    if missing.is_empty() {
        return;
    }
    assert!(
        std::env::var_os("LARDER_BLESS").is_some(),
        "not in tests/clients/asked.txt, LARDER_BLESS=1 adds it: {missing:#?}"
    );
    // Tests run side by side.
    let lock = std::fs::File::create(Path::new(env!("CARGO_TARGET_TMPDIR")).join("asked.lock")).unwrap();
    lock.lock().unwrap();
    let mut all = kept(&path);
    all.extend(missing);
    let text = all.iter().fold(String::new(), |text, line| text + line.as_str() + "\n");
    files::write_whole(&path, text.as_bytes()).unwrap();
}

fn kept(path: &Path) -> BTreeSet<String> {
    let text = files::read_text(path, 1 << 20).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}
