//! All limits of the sandbox as numbers (RHAI-11).
//!
//! **Invariant:** no limit of Rhai is left at its default: defaults differ between debug and release builds.

use rhai::Engine;
use std::time::Duration;

/// Steps of the interpreter; a turn of a loop is about six.
pub const OPERATIONS_MAX: u64 = 5_000_000;
/// Functions that call each other.
pub const CALL_DEPTH_MAX: usize = 64;
pub const EXPRESSION_DEPTH_MAX: usize = 64;
/// Bytes of a text; of all texts inside one list or map together.
pub const TEXT_BYTES_MAX: usize = 1024 * 1024;
/// Elements of a list, those of lists inside it included.
pub const LIST_ELEMENTS_MAX: usize = 100_000;
/// Entries of a map, those of maps inside it included.
pub const MAP_ENTRIES_MAX: usize = 100_000;
/// Variables that exist at one time in one function call.
pub const VARIABLES_MAX: usize = 128;
/// Functions of one file.
pub const FUNCTIONS_MAX: usize = 500;
/// Different files that one run may import.
pub const MODULES_MAX: usize = 64;
/// Files that import each other in a row.
pub const IMPORT_DEPTH_MAX: usize = 16;
/// Bytes of a recipe or imported file.
pub const FILE_BYTES_MAX: u64 = 256 * 1024;
/// Time the script itself takes; waiting for the network is not counted.
pub const SCRIPT_TIME_MAX: Duration = Duration::from_secs(10);
/// Time a run spends in `sleep`, all calls together.
pub const SLEEP_MAX: Duration = Duration::from_mins(1);
/// Bytes of all outputs of a run, as JSON; a job of GitHub Actions may have as many (GH-4).
pub const OUTPUT_BYTES_MAX: usize = 1024 * 1024;
/// Memory that a run may add to the process.
pub const MEMORY_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Runs of `import` statements; a cached file counts each time, so the cap on files is [`MODULES_MAX`], not
/// this.
const IMPORT_STATEMENTS_MAX: usize = 1_000_000;
/// Texts that Rhai keeps one copy of.
const INTERNED_TEXTS_MAX: usize = 256;

pub(super) fn set(engine: &mut Engine) {
    engine
        .set_max_operations(OPERATIONS_MAX)
        .set_max_call_levels(CALL_DEPTH_MAX)
        .set_max_expr_depths(EXPRESSION_DEPTH_MAX, EXPRESSION_DEPTH_MAX)
        .set_max_string_size(TEXT_BYTES_MAX)
        .set_max_array_size(LIST_ELEMENTS_MAX)
        .set_max_map_size(MAP_ENTRIES_MAX)
        .set_max_variables(VARIABLES_MAX)
        .set_max_functions(FUNCTIONS_MAX)
        .set_max_modules(IMPORT_STATEMENTS_MAX)
        .set_max_strings_interned(INTERNED_TEXTS_MAX);
}
