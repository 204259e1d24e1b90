//! Thousands of names: what a script may compute bounds what they may cost, so work that grew with their square would end
//! these runs.

use super::project::Project;

/// Three environments.
const ENVIRONMENTS: &str =
    "[environments.development]\nalias = \"dev\"\n[environments.staging]\n[environments.production]\n";

fn names(count: usize) -> String {
    (0..count).map(|number| format!("\"N{number}\"")).collect::<Vec<_>>().join(", ")
}

#[test]
fn a_bundled_recipe_plans_five_thousand_names() {
    let config =
        format!("app = \"app\"\nsteps = [\"kv\"]\n[kv]\nnamespaces = [{}]\n{ENVIRONMENTS}", names(5_000));
    let planned = Project::new(&config).run(&["plan", "-e", "dev", "--local"]).exit(0);
    planned.stdout_has("5000 to create");
}

#[test]
fn a_recipe_asks_for_ten_thousand_names() {
    let recipe =
        "let last = \"\";\nfor number in 0..10000 { last = name(\"kv\", `N${number}`); }\nlog(last);\n";
    let project = Project::new(&format!("app = \"app\"\n{ENVIRONMENTS}")).recipe(recipe);
    project
        .run(&["run", "-e", "dev", "--local", "main"])
        .exit(0)
        .kept("a recipe asks for ten thousand names");
}

#[test]
fn a_thousand_names_in_fifty_environments_collide_with_none() {
    let environments: String =
        (0..50).fold(String::new(), |all, number| format!("{all}[environments.e{number}]\n"));
    let recipe = "for number in 0..1000 { name(\"kv\", `N${number}`); }\nlog(name(\"kv\", \"last\"));\n";
    let project = Project::new(&format!("app = \"app\"\n{environments}")).recipe(recipe);
    project
        .run(&["run", "-e", "e7", "--local", "main"])
        .exit(0)
        .kept("a thousand names in fifty environments collide with none");
}
