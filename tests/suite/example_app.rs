//! The app of the example: what its workflow runs is there, and its Worker takes what Larder provisions.

use super::project::Project;
use super::source_tree::{read, root};
use super::workflow_file::yaml;
use regex::Regex;
use serde_json::{Value as Json, json};

const EXAMPLE: &str = "examples/jobmatch-ai";

fn workflow() -> Json {
    yaml(&format!("{EXAMPLE}/.github/workflows/cloudflare-deploy.yml"))
}

fn json_of(path: &str) -> Json {
    serde_json::from_str(&read(&format!("{EXAMPLE}/{path}"))).unwrap()
}

fn wrangler() -> toml::Table {
    read(&format!("{EXAMPLE}/workers/wrangler.toml")).parse().unwrap()
}

fn exists(path: &str) -> bool {
    root().join(EXAMPLE).join(path).exists()
}

/// A script of a folder's `package.json`, whose files must be there.
#[track_caller]
fn script(folder: &str, name: &str) {
    let package = json_of(&format!("{folder}/package.json"));
    let script = package["scripts"][name].as_str().unwrap_or_else(|| panic!("{folder} has no script {name}"));
    let mut words = script.split(' ');
    assert_eq!(words.next(), Some("node"), "{folder}: {script}");
    let named: Vec<&str> = words.filter(|word| !word.starts_with("--")).collect();
    assert!(!named.is_empty() && named.iter().all(|file| exists(&format!("{folder}/{file}"))), "{script}");
}

#[test]
fn the_workflow_runs_what_the_example_has() {
    let mut seen = Vec::new();
    for (job, described) in workflow()["jobs"].as_object().unwrap() {
        let mut installed = Vec::new();
        for step in described["steps"].as_array().unwrap() {
            let (Some(run), Some(folder)) = (step["run"].as_str(), step["working-directory"].as_str()) else {
                continue;
            };
            let package = json_of(&format!("{folder}/package.json"));
            for command in run.split("&&") {
                let words: Vec<&str> = command.split_whitespace().collect();
                match words[..] {
                    ["npm", "ci", ref options @ ..] => {
                        let lock = json_of(&format!("{folder}/package-lock.json"));
                        for field in ["name", "devDependencies"] {
                            assert_eq!(lock["packages"][""][field], package[field], "{folder}");
                        }
                        assert_eq!(package["dependencies"], Json::Null, "{folder}");
                        if options.is_empty() {
                            installed.push(folder);
                        }
                    }
                    ["npm", "test"] => script(folder, "test"),
                    ["npm", "run", name] => script(folder, name),
                    ["npx", tool, ref arguments @ ..] => {
                        assert!(installed.contains(&folder), "{job}: {tool} is not installed in {folder}");
                        let version = package["devDependencies"][tool].as_str().unwrap();
                        assert!(version.split('.').all(|part| part.parse::<u32>().is_ok()), "{version}");
                        let lock = json_of(&format!("{folder}/package-lock.json"));
                        assert_eq!(lock["packages"][format!("node_modules/{tool}")]["version"], version);
                        if let ["pages", "deploy", built, ..] = arguments {
                            let from = built.strip_prefix("../").unwrap().strip_suffix("/dist").unwrap();
                            assert!(installed.contains(&from), "{job}: nothing builds {built}");
                        }
                    }
                    _ => panic!("{job}: {command}"),
                }
                seen.push(format!("{job}: {}", words[..2].join(" ")));
            }
        }
    }
    let expected = [
        "backend: npm ci",
        "backend: npx wrangler",
        "frontend: npm ci",
        "frontend: npm run",
        "frontend: npm ci",
        "frontend: npx wrangler",
        "tests: npm ci",
        "tests: npm test",
        "tests: npm ci",
        "tests: npm test",
    ];
    assert_eq!(seen, expected);
}

#[test]
fn what_is_locked_is_held_to_its_checksum() {
    for folder in ["workers", "frontend"] {
        let lock = json_of(&format!("{folder}/package-lock.json"));
        let packages = lock["packages"].as_object().unwrap();
        for (name, package) in packages.iter().filter(|(name, _)| !name.is_empty()) {
            let sum = package["integrity"].as_str().unwrap_or_default();
            assert!(sum.starts_with("sha512-"), "{folder}: {name}");
        }
    }
}

#[test]
fn the_worker_takes_what_is_bound_in_every_environment() {
    let wrangler = wrangler();
    let main = format!("workers/{}", wrangler["main"].as_str().unwrap());
    assert!(exists(&main), "{main}");
    let source = read(&format!("{EXAMPLE}/{main}"));
    let used = Regex::new(r"\benv\.([A-Z_]+)\b").unwrap();
    let used: Vec<String> = used.captures_iter(&source).map(|found| found[1].to_owned()).collect();
    assert!(used.len() > 2, "{used:?}");
    let environments = workflow()["on"]["workflow_dispatch"]["inputs"]["environment"]["options"].clone();
    for name in environments.as_array().unwrap() {
        let environment = &wrangler["env"][name.as_str().unwrap()];
        let lists = environment.as_table().unwrap().values().filter_map(toml::Value::as_array).flatten();
        let bound: Vec<&str> = lists.filter_map(|one| one["binding"].as_str()).collect();
        assert!(used.iter().all(|name| bound.contains(&name.as_str())), "{name}: {used:?}, {bound:?}");
    }
}

#[test]
fn the_workers_statements_work_on_the_migrated_database() {
    let source = read(&format!("{EXAMPLE}/workers/src/index.js"));
    let prepared = Regex::new(r#"\.prepare\(\s*"([^"]+)",?\s*\)"#).unwrap();
    let statements: Vec<String> = prepared.captures_iter(&source).map(|found| found[1].to_owned()).collect();
    assert_eq!(statements.len(), source.matches(".prepare(").count());
    let project = Project::example().served();
    project.run(&["run", "-e", "development", "--quiet"]).exit(0);
    let database = project.api("GET", "/d1/database/jobmatch-ai-dev-db", &Json::Null);
    let path = format!("/d1/database/{}/query", database["uuid"].as_str().unwrap());
    let rows = |sql: &str| project.api("POST", &path, &json!({ "sql": sql }))[0]["results"].clone();
    rows("INSERT INTO users (id, email, name) VALUES ('u', 'u@example.org', 'U')");
    rows(
        "INSERT INTO jobs (id, recruiter_id, title, description, status) VALUES \
         ('a', 'u', 'Baker', '', 'open'), ('b', 'u', 'Cook', '', 'draft')",
    );
    let found: Vec<Json> = statements.iter().map(|sql| rows(sql)).collect();
    let job = json!({
        "id": "a", "title": "Baker", "location": null, "salary_min": null, "salary_max": null, "application_count": 0
    });
    assert_eq!(found, [json!([{ "migrations": 6 }]), json!([job])]);
}
