//! Kept inputs of the fuzz targets: `fuzz/kept/TARGET.jsonl`, one input per line.

use std::path::Path;

#[derive(serde::Deserialize)]
struct Kept {
    input: String,
}

/// Gives each kept input of a target to `check`.
///
/// # Panics
/// If there are fewer than ten inputs, a line is not readable, or `check` panics.
pub fn replay(target: &str, check: impl Fn(&str)) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/kept").join(format!("{target}.jsonl"));
    let text = String::from_utf8(super::files::read_bytes(&file, 1 << 20).unwrap()).unwrap();
    let kept: Vec<Kept> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(kept.len() >= 10, "only {} inputs for {target}", kept.len());
    for kept in &kept {
        check(&kept.input);
    }
}
