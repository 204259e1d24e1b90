//! Methods whose name says what the change of a call is.

/// Each in place of the other.
pub const OPPOSITES: [(&str, &str); 7] = [
    ("any", "all"),
    ("is_some", "is_none"),
    ("is_ok", "is_err"),
    ("min", "max"),
    ("first", "last"),
    ("saturating_add", "saturating_sub"),
    ("starts_with", "ends_with"),
];

/// The answer of these is turned around.
pub const YES_OR_NO: [&str; 7] = [
    "is_empty",
    "contains",
    "contains_key",
    "is_some_and",
    "is_none_or",
    "is_ok_and",
    "eq_ignore_ascii_case",
];

/// What these add to their receiver is left out.
pub const OPTIONAL: [&str; 2] = ["or", "or_else"];

/// The closure given to these says yes to all, or to none.
pub const PREDICATES: [&str; 13] = [
    "filter",
    "find",
    "position",
    "rposition",
    "take_while",
    "skip_while",
    "retain",
    "any",
    "all",
    "is_some_and",
    "is_none_or",
    "is_ok_and",
    "partition",
];
