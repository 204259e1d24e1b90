use super::{constants_of, mutants_of};

#[track_caller]
fn check(source: &str, expected: &[&str]) {
    let constants = constants_of(source).unwrap();
    let ids: Vec<String> =
        mutants_of("a.rs", source, &constants).unwrap().iter().map(crate::mutant::Mutant::id).collect();
    let expected: Vec<String> = expected.iter().map(|id| format!("a.rs {id}")).collect();
    assert_eq!(ids, expected);
}

#[test]
fn a_condition_is_true_or_false_and_each_part_of_it_says_nothing() {
    check(
        "fn f() { if a && !b { c(); } }",
        &[
            "f: returns `()`",
            "f: `a && !b` becomes `true`",
            "f: `a && !b` becomes `false`",
            "f: `a` becomes `true`",
            "f: `!b` becomes `true`",
            "f: `c();` is left out",
        ],
    );
}

#[test]
fn what_holds_a_let_only_never_matches() {
    check(
        "fn f() { if let Some(a) = b && a.c { d() } }",
        &["f: returns `()`", "f: `let Some(a) = b && a.c` never matches", "f: `a.c` becomes `true`"],
    );
}

#[test]
fn numbers_and_comparisons_move_by_one() {
    check(
        "const MAX: u32 = 3; impl A { fn f(&self) -> R { g(self.0 < MAX, 0) } }",
        &[
            "A::f: `self.0 < MAX` becomes `self.0 <= MAX`",
            "A::f: `self.0 < MAX` becomes `self.0 >= MAX`",
            "A::f: `MAX` becomes `MAX + 1`",
            "A::f: `MAX` becomes `MAX - 1`",
            "A::f: `0` becomes `1`",
        ],
    );
}

#[test]
fn arms_with_a_rest_are_skipped_and_guards_say_yes_and_no() {
    check(
        "fn f() -> R { match a { B => c, D if e => g, _ => h } }",
        &["f: the arm `B` is never taken", "f: `e` becomes `true`", "f: `e` becomes `false`"],
    );
}

#[test]
fn closures_that_choose_take_all_and_none() {
    check(
        "fn f() -> Option<u8> { a.iter().find(|b| b.c).or(d) }",
        &[
            "f: returns `None`",
            "f: `a.iter().find(|b| b.c).or(d)` becomes `a.iter().find(|b| b.c)`",
            "f: `b.c` becomes `true`",
            "f: `b.c` becomes `false`",
        ],
    );
}

#[test]
fn tests_constants_and_lengths_stay() {
    check(
        "const A: [u8; 2] = [1, 2]; static B: u8 = 1; const fn c() -> u8 { 1 } \
         #[cfg(test)] mod tests { fn t() { d(); } } #[cfg(any(test, fuzzing))] fn e() {}",
        &[],
    );
}

#[test]
fn those_that_read_alike_are_numbered() {
    check("fn f() -> R { a(); a(); b }", &["f: `a();` is left out", "f: `a();` is left out #2"]);
}
