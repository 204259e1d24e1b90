//! Paths that give something else than a map.

use super::{PLAN, RUN, project};

#[test]
fn what_is_no_map_is_refused_in_the_plan_and_raw_data_has_a_way_out() {
    let project = project("let ns = kv::ensure(\"A\");\nns.put(\"k\", \"[1]\");\n");
    project.run(&RUN).exit(0);
    let before = project.account().history().len();
    project.write("recipes/main.rhai", "cf::ensure(\"/storage/kv/namespaces\", #{ title: \"A\" });\n");
    for arguments in [&PLAN[..], &RUN] {
        project.run(arguments).exit(1).kept(&format!(
            "what is no map is refused in the plan and raw data has a way out: {}",
            arguments[0]
        ));
    }
    assert!(project.account().history()[before..].iter().all(|one| one.method == "GET"));
    let id = project.account().resources().unwrap()[0].1.id.clone();
    let path = format!("/storage/kv/namespaces/{id}/values/k");
    project.write("recipes/main.rhai", &format!("cf::get(\"{path}\");\n"));
    project.run(&RUN).exit(1).kept("what is no map is refused in the plan and raw data has a way out, 2");
}
