//! Runs many cases or seeds on all cores.

use larder::system::Environment;
use parking_lot::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Tries each cell; gives what is wrong, in the order of the cells. Says how many there are (`--nocapture` shows it), and does
/// no more than that where `LARDER_COUNT` is set.
pub fn each<T: Sync>(cells: &[T], attempt: impl Fn(&T) -> Result<(), String> + Sync) -> Vec<String> {
    println!("{}: {} cases", std::thread::current().name().unwrap_or_default(), cells.len());
    if Environment::of_process().get("LARDER_COUNT").is_some() {
        return Vec::new();
    }
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(cell) = cells.get(at) else { return };
                    if let Err(rule) = attempt(cell) {
                        wrong.lock().push((at, rule));
                    }
                }
            });
        }
    });
    let mut wrong = wrong.into_inner();
    wrong.sort_by_key(|(at, _)| *at);
    wrong.into_iter().map(|(_, rule)| rule).collect()
}

/// Seeds that have failed once: `name seed`.
const KEPT: &str = include_str!("parallel_cases/seeds.txt");

/// Plays something for each seed, on all cores: those that have failed once, and so many more, or as many as
/// `LARDER_SEEDS` asks for. Fails with what is wrong, seed by seed.
pub fn each_seed(name: &str, number: u64, play: impl Fn(u64) -> Vec<String> + Sync) {
    let asked = Environment::of_process().get("LARDER_SEEDS").map(|text| text.parse().unwrap());
    let kept = KEPT.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok());
    let seeds: Vec<u64> = kept.chain(1..=asked.unwrap_or(number)).collect();
    let wrong = each(&seeds, |seed| {
        let wrong = play(*seed);
        if wrong.is_empty() { Ok(()) } else { Err(format!("{name} {seed}: {}", wrong.join("\n  "))) }
    });
    assert!(wrong.is_empty(), "{} of {} seeds:\n{}", wrong.len(), seeds.len(), wrong.join("\n"));
}
