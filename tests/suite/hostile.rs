//! Hostile recipes, on the binary: each ends within its time and memory, is told where it is stopped, and changes
//! nothing that it should not. `tests/hostile/reach.txt` holds those that reach for the account and the machine, with how
//! they end; those of `src/script/hostile.txt`, which need the language alone, are held to what is written there.

use super::project::{PLAIN, Project, filtered};
use larder::system::files;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const REACH: &str = include_str!("../hostile/reach.txt");
const LANGUAGE: &str = include_str!("../../src/script/hostile.txt");
/// The figure is 2 s; the rest is for a machine that builds something else meanwhile.
const WALL_TIME_MAX: Duration = Duration::from_secs(25);
/// What computes for long in calls of the host may meet the cap on time, 10 s of its own, before that on steps.
const CAP_TIME_MAX: Duration = Duration::from_secs(50);
/// What a script may add, and what the program is without one.
const MEMORY_BYTES_MAX: u64 = (256 + 48) << 20;

/// A project beside what it must not see, with links that lead there.
fn project() -> Project {
    let config = PLAIN.replace("[naming]", "process_env = [\"ALLOWED\"]\n[naming]");
    let project = Project::empty()
        .file("secret.rhai", "fn secret() { \"HIDDEN\" }")
        .file("secret.toml", "name = \"w\"\nHIDDEN = 1\n")
        .file("outside/0001_x.sql", "SELECT 'HIDDEN';")
        .file("inside/larder.toml", &config)
        .file("inside/recipes/self.rhai", "import \"./self\" as me;")
        .file("inside/recipes/one.rhai", "import \"./two\" as two;")
        .file("inside/recipes/two.rhai", "import \"./one\" as one;")
        .file("inside/recipes/acts.rhai", "loop {}")
        .file("inside/recipes/endless.rhai", "fn f() { loop {} }")
        .file("inside/recipes/big.rhai", &"/".repeat(300 * 1024))
        .file("inside/recipes/up.rhai", "import \"../../secret\" as secret;")
        .env("AWS_SECRET_ACCESS_KEY", "HIDDEN-of-another-tool")
        .served();
    let inside = project.path().join("inside");
    let link = |to: &Path, name: &str| std::os::unix::fs::symlink(to, inside.join(name)).unwrap();
    link(&project.path().join("secret.rhai"), "link.rhai");
    link(&project.path().join("secret.toml"), "link.toml");
    link(project.path(), "folder");
    link(Path::new("/proc/self/environ"), "environ.rhai");
    link(Path::new("/dev/zero"), "zero.rhai");
    link(Path::new("loop.rhai"), "loop.rhai");
    project
}

struct Ended {
    code: Option<i32>,
    stdout: String,
    stderr: String,
    took: Duration,
    peak_bytes: u64,
    writes: usize,
}

fn run(project: &Project, recipe: &str) -> Ended {
    project.write("inside/recipes/main.rhai", recipe);
    let before = project.account().history().last().map_or(0, |last| last.sequence);
    let begun = Instant::now();
    let mut command = project.command(&["-C", "inside", "run", "main", "-e", "dev"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let peak_bytes = AtomicU64::new(0);
    let output = std::thread::scope(|scope| {
        let (id, peak_bytes) = (child.id(), &peak_bytes);
        scope.spawn(move || watch_memory(id, peak_bytes));
        child.wait_with_output().unwrap()
    });
    let took = begun.elapsed();
    let since = project.account().history().into_iter().filter(|one| one.sequence > before);
    let text = |bytes: &[u8]| filtered(&String::from_utf8_lossy(bytes), project.path());
    Ended {
        code: output.status.code(),
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
        took,
        peak_bytes: peak_bytes.into_inner(),
        writes: since.filter(|one| one.changed).count(),
    }
}

/// Keeps the largest that a process was, as the kernel counts it, until the process ends. What the kernel tells of ended
/// children is no measure: it counts the memory of whoever started them.
fn watch_memory(id: u32, peak_bytes: &AtomicU64) {
    let status = PathBuf::from(format!("/proc/{id}/status"));
    while let Some(bytes) = files::read_text(&status, 1 << 20).ok().as_deref().and_then(peak_of) {
        peak_bytes.fetch_max(bytes, Ordering::Relaxed);
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

/// The line of a running process; one that has ended has none.
fn peak_of(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024)
}

/// Title and text of each script, and how it ends.
fn cases(corpus: &'static str) -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    corpus.split("=== ").skip(1).map(|section| {
        let (title, rest) = section.split_once('\n').unwrap();
        let (recipe, outcome) = rest.split_once("---\n").unwrap();
        (title, recipe, outcome.trim_end())
    })
}

/// What holds for every one of them.
fn judge(title: &str, ended: &Ended, wrong: &mut Vec<String>) {
    let said = [ended.stdout.as_str(), ended.stderr.as_str()].concat();
    let mut hold = |holds: bool, what: &str| {
        if !holds {
            wrong.push(format!(
                "{title}: {what}: {:?} {}",
                ended.code,
                said.chars().take(2000).collect::<String>()
            ));
        }
    };
    let caps = ["computes for more than", "takes more than 5,000,000 steps"];
    let is_flood = caps.iter().any(|cap| ended.stderr.contains(cap));
    let wall_time_max = if is_flood { CAP_TIME_MAX } else { WALL_TIME_MAX };
    hold(ended.took < wall_time_max, &format!("took {:?}", ended.took));
    hold(ended.peak_bytes < MEMORY_BYTES_MAX, &format!("took {} MiB", ended.peak_bytes >> 20));
    hold(!said.contains("HIDDEN"), "what is outside is said");
    hold(!said.contains("panic") && ended.code.is_some_and(|code| code < 70), "a bug");
    hold(!said.contains('\u{1b}') && !said.contains('\u{202e}'), "the terminal is reached");
    hold(!said.lines().any(|line| line.starts_with("::") || line.contains("##[")), "the runner is reached");
}

#[test]
fn what_reaches_for_account_and_machine_is_stopped_as_written_down() {
    let project = project();
    let (mut seen, mut wrong, mut count, mut peak_bytes) = (String::new(), Vec::new(), 0, 0);
    for (title, recipe, _) in cases(REACH) {
        let ended = run(&project, recipe);
        judge(title, &ended, &mut wrong);
        peak_bytes = peak_bytes.max(ended.peak_bytes);
        // The error and where it stands.
        let told: Vec<&str> =
            ended.stderr.lines().skip_while(|line| !line.starts_with("error")).take(2).collect();
        let told: String = told.join("\n").chars().take(300).collect();
        // Which of the two comes first is for the machine to say, and so is the place.
        let is_flood = ["computes for more than 10 seconds", "takes more than 5,000,000 steps"];
        let is_flood = is_flood.iter().any(|cap| told.contains(cap));
        let told = if is_flood { "error: the recipe computes too long".to_owned() } else { told };
        let (code, told) = (ended.code.unwrap_or(-1), told + "\n");
        let told = told.trim_start();
        let _ = write!(seen, "=== {title}\n{recipe}---\nexit {code}, {} changes\n{told}\n", ended.writes);
        count += 1;
    }
    let path = super::source_tree::root().join("tests/hostile/reach.txt");
    if std::env::var_os("LARDER_BLESS").is_some() {
        files::write_whole(&path, seen.as_bytes()).unwrap();
    } else {
        assert!(seen == REACH, "{seen}");
    }
    assert_eq!(wrong, [] as [String; 0]);
    println!("suite::hostile: {count} cases");
    assert!(count + cases(LANGUAGE).count() >= 160, "{count}");
    assert!(!files::exists(Path::new("/tmp/larder-hostile")));
    println!("{} MiB at most", peak_bytes >> 20);
    assert!(peak_bytes > 0);
}

#[test]
fn what_the_language_stops_is_stopped_on_the_binary_as_well() {
    let project = project();
    let (mut wrong, mut peak_bytes) = (Vec::new(), 0);
    for (title, recipe, outcome) in cases(LANGUAGE) {
        // The caps on time and sleep have a faster clock there; of those that meet the cap on steps one stands for all.
        let is_endless = outcome.contains("5,000,000 steps") && title != "endless: loop";
        let is_timed = outcome.contains("computes for more than") || title == "sleep: again and again";
        if is_timed || is_endless {
            continue;
        }
        let ended = run(&project, recipe);
        judge(title, &ended, &mut wrong);
        peak_bytes = peak_bytes.max(ended.peak_bytes);
        let (place, told) = outcome.split_once(": ").unwrap();
        let line = place.rsplit(' ').next().unwrap();
        let placed = format!("recipes/main.rhai:{line}:");
        let is_told = ["nested more than 64 deep", "computes for more than", told]
            .iter()
            .any(|title| ended.stderr.contains(title));
        if !is_told
            || !(ended.stderr.contains(&placed) || ended.stderr.contains("--> recipes/"))
            || ended.writes > 0
        {
            let end: Vec<&str> = ended.stderr.lines().rev().take(10).collect();
            wrong.push(format!("{title}: expected {outcome:?}: {}", end.join("\n")));
        }
    }
    assert_eq!(wrong, [] as [String; 0]);
    println!("{} MiB at most", peak_bytes >> 20);
    assert!(peak_bytes > 0);
}
