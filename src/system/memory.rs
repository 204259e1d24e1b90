//! The memory use of the process.

/// Bytes of the process that are in memory; `None` where the system does not say (all but Linux).
#[cfg(target_os = "linux")]
#[allow(clippy::disallowed_methods)]
pub fn resident_bytes() -> Option<u64> {
    use std::fs::File;
    use std::os::unix::fs::FileExt;
    use std::sync::OnceLock;

    // Opened once: it is read every few dozen steps of a script, and an open file gives fresh numbers from
    // its start.
    static STATM: OnceLock<Option<(File, u64)>> = OnceLock::new();
    let (file, page_bytes) =
        STATM.get_or_init(|| Some((File::open("/proc/self/statm").ok()?, page_bytes()))).as_ref()?;
    let mut buffer = [0; 128];
    let length = file.read_at(&mut buffer, 0).ok()?;
    let text = std::str::from_utf8(buffer.get(..length)?).ok()?;
    let pages: u64 = text.split(' ').nth(1)?.parse().ok()?;
    Some(pages * page_bytes)
}

/// Bytes of the process that are in memory; `None` where the system does not say.
#[cfg(not(target_os = "linux"))]
pub fn resident_bytes() -> Option<u64> {
    None
}

/// The size of a page, from the table the kernel hands to each process.
#[cfg(target_os = "linux")]
#[allow(clippy::disallowed_methods)]
fn page_bytes() -> u64 {
    const PAGE_SIZE: usize = 6;
    const USUAL: u64 = 4096;
    let table = std::fs::read("/proc/self/auxv").unwrap_or_default();
    let words: Vec<usize> = table
        .chunks_exact(size_of::<usize>())
        .filter_map(|word| Some(usize::from_ne_bytes(word.try_into().ok()?)))
        .collect();
    words.chunks_exact(2).find(|pair| pair[0] == PAGE_SIZE).map_or(USUAL, |pair| pair[1] as u64)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::super::alone::alone;
    use super::*;

    /// What tests beside it give back in the meantime would be taken off.
    #[test]
    fn memory_that_is_touched_is_counted() {
        alone(|| {
            let before = resident_bytes().unwrap();
            let block = vec![1_u8; 64 * 1024 * 1024];
            let after = resident_bytes().unwrap();
            assert!(after > before + 32 * 1024 * 1024, "{before} {after} {}", block.len());
        });
    }
}
