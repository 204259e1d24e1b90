//! Each recipe of the cookbook is run as its session says.
//!
//! `LARDER_BLESS=1` renews the sessions, and in a second run the page, which quotes them.

mod page;

use super::project::Project;
use super::sessions::{self, Typed};

/// Where the recipes are, each in a folder of its own.
const COOKBOOK: &str = "docs/cookbook";

macro_rules! recipes {
    ($($test:ident in $folder:literal,)*) => {
        /// Every recipe that a test plays.
        const RECIPES: &[&str] = &[$($folder),*];

        $(#[test] fn $test() { play($folder); })*
    };
}

recipes! {
    order_and_names_are_those_of_the_environment in "01-order-and-names",
    each_tenant_gets_its_own in "02-tenants",
    what_is_optional_is_where_it_is_asked_for in "03-optional",
    settings_come_from_a_data_file in "04-data-file",
    flags_are_put_where_they_differ in "05-seeding-kv",
    a_query_decides_once in "06-deciding-by-a-query",
    a_module_holds_what_recipes_share in "07-helper-module",
    a_conflict_is_caught_and_all_else_is_not in "08-errors-caught",
    a_deploy_gets_ids_and_outputs in "09-outputs-for-a-deploy",
    any_endpoint_is_asked_before_it_is_written in "10-any-endpoint",
    a_preview_comes_and_goes in "11-preview-per-pull-request",
    only_development_is_reset in "12-guarded-reset",
}

/// What the summary says of an account, whether it is planned or done.
fn sums(typed: &Typed) -> Option<String> {
    let summary = typed.printed.lines().find(|line| line.contains(" writes)") || line.contains(" write)"))?;
    let sums = summary.split(" in [TIME]").next()?.to_owned();
    let done = [
        ("create", "created"),
        ("update", "updated"),
        ("apply", "applied"),
        ("write", "written"),
        ("delete", "deleted"),
    ];
    Some(done.iter().fold(sums, |sums, (verb, done)| sums.replace(&format!("to {verb}"), done)))
}

/// Plays the session of a recipe in a copy of its folder.
fn play(recipe: &str) {
    let folder = format!("{COOKBOOK}/{recipe}");
    promises(&sessions::play(&Project::copy_of(&folder).on_path(), &folder, |_| false));
}

/// What each recipe promises, whatever it prints: it passes `check`, a plan writes nothing and says what the run does, and a
/// second run writes nothing.
fn promises(seen: &[Typed]) {
    let [check, plan, first, second, ..] = seen else { panic!("{seen:?}") };
    assert!(check.command.starts_with("larder check"), "{check:?}");
    assert!(check.printed.ends_with(": no errors"), "{check:?}");
    assert!(plan.command.starts_with("larder plan "), "{plan:?}");
    assert!(plan.printed.contains(" reads, 0 writes)"), "{plan:?}");
    assert_eq!(first.command, plan.command.replace("larder plan ", "larder run "));
    let is_whole = !plan.printed.contains("; incomplete");
    assert!(!is_whole || sums(plan) == sums(first), "{plan:?}\n{first:?}");
    assert!(sums(first).unwrap().contains(" created"), "{first:?}");
    assert_eq!(second.command, first.command);
    assert!(second.printed.contains(" reads, 0 writes)"), "{second:?}");
}
