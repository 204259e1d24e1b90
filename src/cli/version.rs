//! What `--version` prints: the version, and for a report of a defect the commit and the target of the build.

/// The version, the commit and the target; `build.rs` names the last two. `-V` prints the version alone.
pub const LONG: &str =
    concat!(env!("CARGO_PKG_VERSION"), " (commit ", env!("BUILD_COMMIT"), ", ", env!("BUILD_TARGET"), ")");
