//! The page of a report: what is asked first stands first, and whoever can't see it finds their way by names.

use super::github::text_of;
use super::project::Project;

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
