//! Paths that give something else than a map.

use super::{PLAN, RUN, project};

#[test]
fn what_is_no_map_is_refused_in_the_plan_and_raw_data_has_a_way_out() {
    let project = project("let ns = kv::ensure(\"A\");\nns.put(\"k\", \"[1]\");\n");
    project.run(&RUN).exit(0);
    let before = project.account().history().len();
    project.write("recipes/main.rhai", "cf::ensure(\"/storage/kv/namespaces\", #{ title: \"A\" });\n");
    for arguments in [&PLAN[..], &RUN] {
        project
            .run(arguments)
            .exit(1)
            .stderr_has("error: `/storage/kv/namespaces` gives a list; `cf::ensure` compares a map\n")
            .stderr_has("`cf::get` reads it, and `cf::put` or `cf::post` writes it, whatever is there\n");
    }
    assert!(project.account().history()[before..].iter().all(|one| one.method == "GET"));
    let id = project.account().resources().unwrap()[0].1.id.clone();
    let path = format!("/storage/kv/namespaces/{id}/values/k");
    project.write("recipes/main.rhai", &format!("cf::get(\"{path}\");\n"));
    project.run(&RUN).exit(1).stderr_has("a value of KV is read with `get` of its namespace");
}
