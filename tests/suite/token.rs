//! `token`: the permissions that a recipe needs, and those that the token has.

use super::project::Project;
use serde_json::{Value as Json, json};

const RECIPE: &str = "let db = d1::ensure(\"jobs\");\nif kv::find(\"OLD\") != () {\n    vectorize::delete(\"docs\");\n}\n\
                      r2::list();\ncf::get(\"/storage/kv/namespaces\");\ndb.execute(\"SELECT 1\");\n";

fn project() -> Project {
    Project::new("app = \"app\"\n[environments.dev]\n").recipe(RECIPE)
}

/// The names of the groups in a list.
fn names(groups: &Json) -> Vec<&str> {
    groups.as_array().unwrap().iter().map(|group| group["name"].as_str().unwrap()).collect()
}

#[test]
fn the_fewest_groups_that_cover_what_the_recipe_calls() {
    let token = project().run(&["token", "main", "-e", "dev", "--offline"]).exit(0);
    let edit = |keys: &[(&str, &str)]| {
        let keys: Vec<Json> = keys.iter().map(|(key, kind)| json!({ "key": key, "type": kind })).collect();
        let keys = Json::from(keys).to_string();
        let escape = |c: char| match c {
            '{' => "%7B".to_owned(),
            '}' => "%7D".to_owned(),
            '[' => "%5B".to_owned(),
            ']' => "%5D".to_owned(),
            '"' => "%22".to_owned(),
            ':' => "%3A".to_owned(),
            ',' => "%2C".to_owned(),
            c => c.to_string(),
        };
        keys.chars().map(escape).collect::<String>()
    };
    let keys = edit(&[("workers_kv_storage", "read"), ("workers_r2", "read"), ("d1", "edit")]);
    token.says(
        &format!(
            "needed\n\
             \x20 Workers KV Storage Read   [ID]  kv::find (recipes/main.rhai:2:8)\n\
             \x20 Workers R2 Storage Read   [ID]  r2::list (recipes/main.rhai:5:5)\n\
             \x20 D1 Write                  [ID]  d1::ensure (recipes/main.rhai:1:14), d1::execute (recipes/main.rhai:7:4)\n\
             maybe needed: called only under conditions that an empty account does not meet\n\
             \x20 Vectorize Write           [ID]  vectorize::delete\n\
             and the permission that its path belongs to: cf::get (recipes/main.rhai:6:5)\n\
             \n\
             create it\n\
             \x20 for you          https://dash.cloudflare.com/profile/api-tokens?permissionGroupKeys={keys}&accountId=*&zoneId=all&name=larder%20app%20dev\n\
             \x20 for the account  https://dash.cloudflare.com/?to=/:account/api-tokens&permissionGroupKeys={keys}&name=larder%20app%20dev\n"
        ),
        "",
    );
}

#[test]
fn what_the_environment_does_not_use_needs_no_permission() {
    let project = Project::new("app = \"app\"\n[kv]\nnamespaces = [\"A\"]\n[environments.dev]\n");
    let shown = project.report(&["token", "-e", "dev", "--local"]);
    assert_eq!(names(&shown["needed"]), ["Workers KV Storage Write"]);
    assert_eq!(names(&shown["maybe"]), [] as [&str; 0]);
    // A trial leaves nothing behind, in the local account either.
    assert_eq!(project.local().resources().unwrap().len(), 0);
}

#[test]
fn a_token_that_may_read_its_own_rules_is_compared_with_them() {
    let granted = ["D1 Write", "Workers KV Storage Read", "API Tokens Read"];
    let project = project().served_with(std::time::Duration::ZERO, Some(&granted));
    let token = project.run(&["token", "main", "-e", "dev"]).exit(1);
    token.kept("a token that may read its own rules is compared with them");
    let wrote = project.history().unwrap().iter().filter(|request| request.changed).count();
    assert_eq!(wrote, 0);
}

#[test]
fn a_token_that_may_not_is_tried_with_a_look_at_each_service() {
    let granted = ["D1 Read", "Workers KV Storage Read"];
    let project = project().served_with(std::time::Duration::ZERO, Some(&granted));
    let token = project.run(&["token", "main", "-e", "dev"]).exit(1);
    token.kept("a token that may not is tried with a look at each service");
    let enough = ["D1 Write", "Workers KV Storage Read", "Workers R2 Storage Read"];
    let project = Project::new("app = \"app\"\n[environments.dev]\n").recipe(RECIPE);
    let project = project.served_with(std::time::Duration::ZERO, Some(&enough));
    project.run(&["token", "main", "-e", "dev"]).exit(0);
}

#[test]
fn the_template_is_the_body_that_creates_the_token() {
    let template = project().report(&["token", "main", "-e", "dev", "--local", "--template"]);
    let group = |id: &str, name: &str| json!({ "id": id, "name": name });
    assert_eq!(
        template,
        json!({
            "name": "larder app dev",
            "policies": [{
                "effect": "allow",
                "permission_groups": [
                    group("8b47d2786a534c08a1f94ee8f9f599ef", "Workers KV Storage Read"),
                    group("b4992e1108244f5d8bfbd5744320c2e1", "Workers R2 Storage Read"),
                    group("09b2857d1c31407795e75e3fed8617a1", "D1 Write"),
                ],
                "resources": { "com.cloudflare.api.account.0123456789abcdef0123456789abcdef": "*" },
            }],
        })
    );
}

#[test]
fn a_trial_that_ends_early_says_so() {
    let project = Project::new("app = \"app\"\n[environments.dev]\n")
        .recipe("kv::ensure(\"A\");\nfail(\"no\");\nd1::list();");
    let token = project.run(&["token", "main", "-e", "dev", "--offline"]).exit(1);
    token.kept("a trial that ends early says so");
    let project = Project::new("app = \"app\"\n[environments.dev]\n").recipe("kv::ensur(\"A\");");
    project.run(&["token", "main", "-e", "dev", "--offline"]).exit(2);
}
