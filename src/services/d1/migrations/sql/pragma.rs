//! The pragmas that D1 allows (D1-13).

/// Switches, which take `on` and `off`.
const SWITCHES: &[&str] = &[
    "case_sensitive_like",
    "foreign_keys",
    "defer_foreign_keys",
    "ignore_check_constraints",
    "legacy_alter_table",
    "recursive_triggers",
    "reverse_unordered_selects",
];

const QUESTIONS: &[&str] = &[
    "table_list",
    "table_info",
    "table_xinfo",
    "index_list",
    "index_info",
    "index_xinfo",
    "foreign_key_list",
    "foreign_key_check",
    "quick_check",
    "data_version",
];

/// What to do instead.
pub const HINT: &str = "D1 has `defer_foreign_keys`, `foreign_keys`, `case_sensitive_like`, \
    `ignore_check_constraints`, `legacy_alter_table`, `recursive_triggers`, `optimize` and the pragmas that inform";

/// Whether D1 allows it and it changes nothing.
pub fn only_informs(name: &str) -> bool {
    is_one_of(name, QUESTIONS)
}

/// Whether D1 allows it and it says how a switch stands, where it is given no value.
pub fn is_switch(name: &str) -> bool {
    is_one_of(name, SWITCHES)
}

/// Whether it holds until the end of the transaction; `foreign_keys` does nothing inside of one.
pub fn outlasts(name: &str, value: Option<&str>) -> bool {
    value.is_some() && is_one_of(name, SWITCHES) && !name.eq_ignore_ascii_case("foreign_keys")
}

/// Why D1 does not take it.
pub fn refusal(name: &str, value: Option<&str>) -> Option<String> {
    if is_one_of(name, SWITCHES) {
        let is_switch = value.is_none_or(|value| {
            ["on", "off", "true", "false", "yes", "no", "1", "0"]
                .contains(&value.to_ascii_lowercase().as_str())
        });
        return (!is_switch).then(|| format!("D1 takes `PRAGMA {name}` with `on` or `off` only"));
    }
    let is_allowed = only_informs(name) || name.eq_ignore_ascii_case("optimize");
    (!is_allowed).then(|| format!("D1 does not allow `PRAGMA {name}`"))
}

fn is_one_of(name: &str, names: &[&str]) -> bool {
    names.iter().any(|one| one.eq_ignore_ascii_case(name))
}

/// What it does not do.
pub fn remark(name: &str, value: Option<&str>) -> Option<&'static str> {
    let is_off =
        value.is_some_and(|value| ["off", "false", "no", "0"].contains(&value.to_ascii_lowercase().as_str()));
    (name.eq_ignore_ascii_case("foreign_keys") && is_off)
        .then_some("`foreign_keys` can't be switched off inside a transaction: this has no effect, `ON DELETE CASCADE` fires")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn switches_take_switch_positions_and_questions_anything() {
        for (name, value) in
            [("Foreign_Keys", Some("OFF")), ("defer_foreign_keys", None), ("table_info", Some("t"))]
        {
            assert_eq!(refusal(name, value), None);
        }
        assert_eq!(refusal("journal_mode", Some("wal")).unwrap(), "D1 does not allow `PRAGMA journal_mode`");
        assert_eq!(
            refusal("recursive_triggers", Some("2")).unwrap(),
            "D1 takes `PRAGMA recursive_triggers` with `on` or `off` only"
        );
        assert!(remark("foreign_keys", Some("off")).is_some());
        assert!(
            remark("foreign_keys", Some("on")).is_none()
                && remark("defer_foreign_keys", Some("off")).is_none()
        );
    }
}
