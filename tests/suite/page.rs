//! The HTML report: the most important content is first, and it is accessible.

use super::github::text_of;
use super::project::Project;
use regex::Regex;

fn page(command: &str) -> String {
    let project = Project::example();
    project.run(&[command, "-e", "development", "--local", "--report", "page.html"]).exit(0);
    text_of(&project, "page.html")
}

#[test]
fn a_plan_shows_its_changes_before_the_timeline_and_a_run_after_it() {
    let place = |page: &str, id: &str| page.find(&format!("<h2 id=\"{id}\">")).unwrap();
    let plan = page("plan");
    assert!(plan.contains("<h2 id=\"resources\">Changes</h2>"), "{plan}");
    assert!(place(&plan, "resources") < place(&plan, "timeline"), "{plan}");
    let run = page("run");
    assert!(run.contains("<h2 id=\"resources\">Resources</h2>"), "{run}");
    assert!(place(&run, "timeline") < place(&run, "resources"), "{run}");
}

#[test]
fn landmarks_headings_and_tables_have_names() {
    let page = page("run");
    let count = |part: &str| page.matches(part).count();
    for landmark in ["<header>", "<main>", "<footer>", "<h1>"] {
        assert_eq!(count(landmark), 1, "{landmark}");
    }
    let sections = count("<section ");
    let named = count(" aria-label=\"The run\"") + count("<section class=\"card\" aria-labelledby=");
    assert!(sections >= 3 && sections == named, "{page}");
    assert_eq!(count("<h3") + count("<section>"), 0);
    // Each column and each group of rows has a header that says whose it is.
    assert_eq!(count("<th "), count(" scope=\""));
    let columns =
        ["outcome", "resource", "details", "place", "time"].map(|name| count(&format!(">{name}</th>")));
    assert_eq!(columns, [1; 5]);
    assert_eq!(count("scope=\"rowgroup\""), 5);
    // What a bar shows is said, too, and a symbol is not read out before its word.
    assert_eq!(count("class=\"track\" role=\"img\" aria-label=\""), count("role=\"listitem\""));
    assert!(count("<span aria-hidden=\"true\">+</span> created") > 0, "{page}");
}

#[test]
fn small_screens_have_rules_of_their_own() {
    let page = page("plan");
    let (_, narrow) = page.split_once("@media (max-width: 640px) {").unwrap();
    assert!(narrow.contains("table.ops tr { display: grid;"), "{narrow}");
    assert!(page.contains("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"));
}

/// The two groups of each place that a form matches.
fn pairs(page: &str, form: &str) -> Vec<(String, String)> {
    let form = Regex::new(form).unwrap();
    form.captures_iter(page).map(|found| (found[1].to_owned(), found[2].to_owned())).collect()
}

#[test]
fn the_timeline_has_the_rows_and_times_of_the_table() {
    let page = page("run");
    let row = |class: &str, name: &str| {
        let form = format!(
            "(?m)^<div class=\"row {class}\" role=\"listitem\"><div class=\"name\">{name}</div>.*<div class=\"ms\">([^<]*)</div></div>$"
        );
        pairs(&page, &form)
    };
    let group = "class=\"group\"><th [^>]*>([^<]+)</th><td [^>]*>([^<]+)</td>";
    let mut steps = row("step", "([^<]+)");
    steps.retain(|(name, _)| name != "read ahead");
    assert_eq!(steps, pairs(&page, group));
    assert_eq!(steps.len(), 5, "{page}");
    let entry = "(?m)^<tr role=\"row\"><td .*?</td><td role=\"cell\">([^<]+) <span class=\"dim\">.*<td role=\"cell\" class=\"num\">([^<]+)</td></tr>$";
    let entries = row("op", "<span>([^<]+)</span> <span class=\"dim\">\\w+</span>");
    assert_eq!(entries, pairs(&page, entry));
    // A database and its migrations are one.
    assert_eq!(entries.iter().filter(|(name, _)| name.ends_with("-db")).count(), 1, "{entries:?}");
}
