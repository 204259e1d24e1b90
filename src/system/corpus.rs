//! Inputs that fuzzing has found worth keeping: `fuzz/corpus/TARGET`, each file one input.

use std::path::Path;

/// Gives each kept input of a target to `check`.
///
/// # Panics
/// Where there is no corpus, or `check` does.
pub fn replay(target: &str, check: impl Fn(&str)) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut seen = 0;
    for path in super::files::walk(&folder).unwrap() {
        let bytes = super::files::read_bytes(&folder.join(path), 1 << 20).unwrap();
        if let Ok(text) = std::str::from_utf8(&bytes) {
            check(text);
            seen += 1;
        }
    }
    assert!(seen >= 10, "only {seen} inputs for {target}");
}
