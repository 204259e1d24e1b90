//! Endpoints without a service module: `cf::ensure`, headers, zones by name, and paths without a route in the local
//! account.

mod shapes;

use super::project::{PLAIN, Project, ops};
use super::proxy::{self, Seen, Verdict};
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::sync::Arc;

const PLAN: [&str; 5] = ["plan", "main", "-e", "dev", "--exit-code"];
const RUN: [&str; 4] = ["run", "main", "-e", "dev"];

const LIFECYCLE: &str = "let b = r2::ensure(\"app-logs\");\ncf::ensure(`/r2/buckets/${b.name}/lifecycle`, #{ rules: [#{ id: \"expire\", enabled: true, conditions: #{ prefix: \"logs/\" } }] });\n";

fn project(recipe: &str) -> Project {
    Project::new(PLAIN).recipe(recipe).served()
}

/// Behind a proxy that notes methods and targets, with bodies.
fn behind(
    recipe: &str,
    mut judge: impl FnMut(&Seen) -> Verdict + Send + 'static,
) -> (Project, Arc<Mutex<Vec<String>>>) {
    let project = project(recipe);
    let asked = Arc::new(Mutex::new(Vec::new()));
    let noted = asked.clone();
    let address = proxy::start(project.address(), move |seen| {
        let below = seen.target.split_once("/client/v4").map_or(seen.target.as_str(), |(_, rest)| rest);
        noted.lock().push(format!("{} {below} {}", seen.method, seen.body).trim_end().to_owned());
        judge(seen)
    });
    (project.env("CLOUDFLARE_API_BASE_URL", &format!("http://{address}/client/v4")), asked)
}

/// Writes since the last look.
fn writes(project: &Project) -> usize {
    project.account().history().iter().filter(|one| one.changed).count()
}

#[test]
fn settings_converge_and_a_second_run_writes_nothing() {
    let project = project(LIFECYCLE);
    project.run(&PLAN).exit(3).says(
        "plan of main -> development (account 0123...cdef)\n\n\
         (outside every step)                         [TIME]\n  \
           + r2 app-logs                   to create\n  \
           + cf /r2/buckets/app-logs/lifecycle  to create  rules: [{\"conditions\":{\"prefix\":\"logs/\"},\"enabled\":true,\"id\":\"expire\"}]\n\
         2 to create in [TIME] ([N] reads, 0 writes)\n\
         applying it takes 2 writes and 6 reads: 0.7 % of the 1200 requests allowed in 5 minutes\n",
        "exit 3: there are differences; nothing was changed\n",
    );
    project.run(&RUN).exit(0).kept("settings converge and a second run writes nothing");
    let first = writes(&project);
    let all = "(outside every step)                         [TIME]\n  \
           = unchanged: r2 app-logs, cf /r2/buckets/app-logs/lifecycle\n\
         2 unchanged in [TIME] ([N] reads, 0 writes)\n";
    project.run(&RUN).exit(0).says(&format!("main -> development (account 0123...cdef)\n\n{all}"), "");
    project
        .run(&PLAN)
        .exit(0)
        .says(&format!("plan of main -> development (account 0123...cdef)\n\n{all}"), "");
    assert_eq!(writes(&project), first);

    project.write("recipes/main.rhai", &LIFECYCLE.replace("enabled: true", "enabled: false"));
    project.run(&PLAN).exit(3).kept("settings converge and a second run writes nothing, 2");
    project.run(&RUN).exit(0).kept("settings converge and a second run writes nothing, 3");
    assert_eq!(writes(&project), first + 1);
}

#[test]
fn a_plan_with_settings_of_something_new_can_be_applied() {
    let project = project(LIFECYCLE);
    project.run(&["plan", "main", "-e", "dev", "--out", "plan.json"]).exit(0);
    project.run(&["apply", "plan.json"]).exit(0);
    project.run(&PLAN).exit(0);
    // What the account has moved to since is not overwritten.
    project.write("recipes/main.rhai", &LIFECYCLE.replace("enabled: true", "enabled: false"));
    project.run(&["plan", "main", "-e", "dev", "--out", "plan.json"]).exit(0);
    project.api("PUT", "/r2/buckets/app-logs/lifecycle", &json!({ "rules": [] }));
    project.run(&["apply", "plan.json"]).exit(1).kept("a plan with settings of something new can be applied");
}

#[test]
fn a_patch_sends_the_same_body_into_what_is_there() {
    let recipe = "let db = d1::find(\"app-db\");\ncf::ensure(`/d1/database/${db.id}`, #{ read_replication: #{ mode: \"auto\" } }, #{ method: \"PATCH\" });\n";
    let (project, asked) = behind(recipe, |_| Verdict::Pass);
    project.api("POST", "/d1/database", &json!({ "name": "app-db" }));
    project.run(&PLAN).exit(3).kept("a patch sends the same body into what is there");
    project.run(&RUN).exit(0);
    project.run(&RUN).exit(0);
    let asked = asked.lock();
    let sent: Vec<&String> = asked.iter().filter(|line| !line.starts_with("GET")).collect();
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert!(
        sent[0].starts_with("PATCH ") && sent[0].ends_with("{\"read_replication\":{\"mode\":\"auto\"}}"),
        "{sent:?}"
    );
    for options in ["#{ method: \"POST\" }", "#{ methd: \"PUT\" }"] {
        project.write("recipes/main.rhai", &format!("cf::ensure(\"/queues/q\", #{{}}, {options});\n"));
        project.run(&RUN).exit(2).kept(&format!("a patch sends the same body: {options}"));
    }
}

#[test]
fn what_the_server_does_not_keep_is_warned_of() {
    let recipe = "r2::ensure(\"app-logs\");\ncf::ensure(\"/r2/buckets/app-logs/domains/managed\", #{ enabled: true, min_tls: \"1.3\" });\n";
    let project = project(recipe);
    project.run(&RUN).exit(0).kept("what the server does not keep is warned of");
    project.run(&RUN).exit(0).kept("what the server does not keep is written again");
}

#[test]
fn secrets_of_a_body_are_neither_compared_nor_shown() {
    let recipe = "let s = secret::env(\"CANARY\");\nr2::ensure(\"app-logs\");\ncf::ensure(\"/r2/buckets/app-logs/lifecycle\", #{ rules: [#{ id: s, enabled: true, conditions: #{} }] });\n";
    let config = format!("process_env = [\"CANARY\"]\n{PLAIN}");
    let project = Project::new(&config).recipe(recipe).env("CANARY", "hunter2-canary").served();
    let mut told = String::new();
    for arguments in [&PLAN[..4], &RUN, &["run", "main", "-e", "dev", "-v", "--format", "json"]] {
        let output = project.run(arguments).exit(0);
        told.extend([output.stdout, output.stderr]);
    }
    assert!(
        told.contains("rules: [{\"conditions\":{},\"enabled\":true,\"id\":\"(secret)\"}]")
            && !told.contains("hunter2"),
        "{told}"
    );
    let again = project.run_with(&RUN, &[("CANARY", "hunter3-canary")]).exit(0);
    again.kept("secrets of a body are neither compared nor shown");
    let sent = writes(&project);
    project.run(&["run", "main", "-e", "dev", "--rewrite-secrets"]).exit(0);
    assert_eq!(writes(&project), sent, "the same value is no change");
    let rules = project.api("GET", "/r2/buckets/app-logs/lifecycle", &Value::Null);
    assert_eq!(rules["rules"][0]["id"], json!("hunter2-canary"));
}

#[test]
fn a_header_reaches_the_bucket_of_a_jurisdiction() {
    let recipe = "let eu = r2::ensure(\"app-eu\", #{ jurisdiction: \"eu\" });\nlet us = r2::ensure(\"app-us\");\n\
        for b in [eu, us] {\n  let headers = #{ \"cf-r2-jurisdiction\": b.jurisdiction };\n  \
        cf::ensure(`/r2/buckets/${b.name}/cors`, #{ rules: [#{ id: b.name, allowed: #{ methods: [\"GET\"], origins: [\"*\"] } }] }, #{ headers: headers });\n}\n";
    let project = project(recipe);
    project.run(&PLAN).exit(3).kept("a header reaches the bucket of a jurisdiction");
    project.run(&RUN).exit(0);
    project.run(&RUN).exit(0).kept("a header reaches the bucket of a jurisdiction, 2");
    project.write(
        "recipes/main.rhai",
        "let h = #{ headers: #{ \"CF-R2-Jurisdiction\": \"eu\" } };\noutput(\"eu\", cf::get(\"/r2/buckets/app-eu/cors\", h).rules[0].id);\ncf::put(\"/r2/buckets/app-eu/cors\", #{ rules: [] }, h);\ncf::delete(\"/r2/buckets/app-eu/cors\", h);\n",
    );
    let report = project.report(&RUN);
    assert_eq!((&report["exit"], &report["outputs"]["eu"]), (&json!(0), &json!("app-eu")), "{report:#}");
    for header in [
        "authorization: \"x\"",
        "\"x-auth-key\": \"x\"",
        "host: \"x\"",
        "\"cf-access-client-secret\": \"x\"",
        "\"cf-a\": \"a\\nb\"",
        "\"cf-a\": 3",
    ] {
        for call in
            ["get(\"/queues\", ", "delete(\"/queues\", ", "put(\"/queues\", 1, ", "ensure(\"/queues\", #{}, "]
        {
            project.write("recipes/main.rhai", &format!("cf::{call}#{{ headers: #{{ {header} }} }});\n"));
            let title = format!("a header reaches the bucket of a jurisdiction: {call}{header}");
            project.run(&RUN).exit(2).kept(&title);
        }
    }
}

#[test]
fn zones_are_found_by_name_within_the_account() {
    const ZONES: &str = r#"{"success":true,"errors":[],"messages":[],"result_info":{"page":1,"per_page":20,"count":2,"total_count":2,"total_pages":1},"result":[
        {"id":"11111111111111111111111111111111","name":"example.com","account":{"id":"0123456789abcdef0123456789abcdef"}},
        {"id":"22222222222222222222222222222222","name":"example.com","account":{"id":"ffffffffffffffffffffffffffffffff"}}]}"#;
    const OWN: &str = r#"{"success":true,"errors":[],"messages":[],"result":{"id":"11111111111111111111111111111111","account":{"id":"0123456789abcdef0123456789abcdef"}}}"#;
    const OTHER: &str = r#"{"success":true,"errors":[],"messages":[],"result":{"id":"22222222222222222222222222222222","account":{"id":"ffffffffffffffffffffffffffffffff"}}}"#;
    const TLS: &str =
        r#"{"success":true,"errors":[],"messages":[],"result":{"id":"min_tls_version","value":"1.0"}}"#;
    let answer = |seen: &Seen| match seen.target.split_once("/zones").map(|(_, rest)| rest) {
        Some(rest) if rest.starts_with('?') => Verdict::Answer(200, ZONES),
        Some("/11111111111111111111111111111111") => Verdict::Answer(200, OWN),
        Some("/22222222222222222222222222222222") => Verdict::Answer(200, OTHER),
        Some(_) => Verdict::Answer(200, TLS),
        None => Verdict::Pass,
    };
    let recipe = "let zones = cf::get(\"/zones?name=example.com\");\noutput(\"zones\", zones.map(|z| z.id));\n\
        cf::ensure(`/zones/${zones[0].id}/settings/min_tls_version`, #{ value: \"1.2\" }, #{ method: \"PATCH\" });\n";
    let (project, asked) = behind(recipe, answer);
    let report = project.report(&PLAN);
    assert_eq!(report["outputs"]["zones"], json!(["11111111111111111111111111111111"]), "{report:#}");
    let path = "/zones/11111111111111111111111111111111/settings/min_tls_version".to_owned();
    let planned = (String::new(), "cf::ensure".to_owned(), path, "update".to_owned(), "planned".to_owned());
    assert_eq!(ops(&report), [planned]);
    let lines = asked.lock().clone();
    let zones = "GET /zones?name=example.com&account.id=0123456789abcdef0123456789abcdef";
    assert!(lines.iter().any(|line| line == zones), "{lines:?}");

    for call in [
        "cf::get(\"/zones?account.id=ffffffffffffffffffffffffffffffff\")",
        "cf::get(\"/zones/22222222222222222222222222222222/dns_records\")",
        "cf::ensure(\"/zones/22222222222222222222222222222222/settings/x\", #{ a: 1 })",
        "cf::get(\"/zones/example.com/dns_records\")",
        "cf::post(\"/zones\", #{ name: \"example.com\" })",
        "cf::ensure(\"/zones\", #{ name: \"example.com\" })",
    ] {
        project.write("recipes/main.rhai", &format!("{call};\n"));
        let output = project.run(&RUN);
        assert!([1, 2].contains(&output.code), "{call}: {}", output.stderr);
        output.kept(&format!("zones are found by name within the account: {call}"));
    }
    let writes = asked.lock().iter().filter(|line| !line.starts_with("GET")).count();
    assert_eq!(writes, 0, "nothing was written to anybody's zone");
    project.write("recipes/main.rhai", "cf::get(\"/zones/example.com/dns_records\");\n");
    project.run(&RUN).exit(2).kept("zones are found by name within the account");
}

#[test]
fn what_the_local_account_lacks_is_said_before_anything_is_written() {
    let project =
        Project::new(PLAIN).recipe("kv::ensure(\"A\");\ncf::post(\"/queues\", #{ queue_name: \"jobs\" });\n");
    let lacks = "error: the local account has no route for POST /queues: this needs a real account\n \
         --> recipes/main.rhai:2:5\n  |\n2 | cf::post(\"/queues\", #{ queue_name: \"jobs\" });\n  |     ^^^^\n  |\n  \
         = help: run it without `--local`, against a real account; where it can be left out, `try` and `catch` let the recipe go on\n";
    for command in ["plan", "run"] {
        let output = project.run(&[command, "main", "-e", "dev", "--local"]).exit(1);
        assert_eq!(output.stderr, format!("{lacks}exit 1: nothing was changed\n"));
    }
    assert!(project.local().resources().unwrap().is_empty());
    // Whatever account it is for, nothing is wrong with it.
    project.run(&["check"]).exit(0);
    project.write("recipes/main.rhai", "cf::delete(\"/d1/database\");\n");
    project
        .run(&["plan", "main", "-e", "dev", "--local"])
        .exit(1)
        .kept("what the local account lacks is said");
    for (call, exit) in [
        ("cf::get(\"/queues\")", 1),
        ("cf::get(\"/zones?name=example.com\")", 1),
        ("cf::ensure(\"/queues/q\", #{ a: 1 })", 1),
        ("cf::put(\"/zones/0123/settings/x\", 1)", 1),
        ("try { cf::post(\"/queues\", 1); } catch (e) { warn(e.message); }", 0),
    ] {
        project.write("recipes/main.rhai", &format!("{call};\n"));
        for command in ["plan", "run"] {
            project
                .run(&[command, "main", "-e", "dev", "--local"])
                .exit(exit)
                .kept(&format!("what the local account lacks is said: {command}, {call}"));
        }
    }
}

#[test]
fn a_served_account_says_what_it_lacks_once() {
    let project =
        project("try { cf::get(\"/queues\"); } catch (e) { output(\"e\", [e.message, e.code, e.hint]); }\n");
    let heard: Arc<Mutex<Vec<String>>> = Arc::default();
    let noted = heard.clone();
    project.account().on_unroutable(move |lacking| noted.lock().push(lacking.to_owned()));
    let hint = "run it without `--local`, against a real account; where it can be left out, `try` and `catch` let the recipe go on";
    for _ in 0..2 {
        let report = project.report(&RUN);
        assert_eq!(
            report["outputs"]["e"],
            json!([
                "can't read the path for `/queues`: the local account has no route for GET /queues: this needs a real account; No route for that URI",
                7003,
                hint
            ])
        );
    }
    // Of a path that it has, another method is not what a real account is for.
    project.write("recipes/main.rhai", "cf::delete(\"/d1/database\");\n");
    let only = "the local account has no route for DELETE /d1/database: it has that path for GET, POST only";
    project.run(&RUN).exit(1).kept("a served account says what it lacks once");
    assert_eq!(heard.lock().pop().as_deref(), Some(only));
    let lacks = ["the local account has no route for GET /queues: this needs a real account".to_owned()];
    assert_eq!(*heard.lock(), lacks);
}

#[test]
fn a_lost_answer_is_read_back_and_sent_once_more_where_it_is_not_there() {
    let report = |judge: fn(&Seen) -> Verdict| {
        let (project, asked) = behind(LIFECYCLE, judge);
        let report = project.report(&RUN);
        let sent = asked.lock().iter().filter(|line| line.starts_with("PUT ")).count();
        let op = report["steps"][0]["ops"][1].clone();
        (report["exit"].clone(), op["status"].clone(), op["evidence"].clone(), sent)
    };
    let is_put = |seen: &Seen| seen.is("PUT", "/lifecycle", "");
    // It has arrived.
    let close: fn(&Seen) -> Verdict =
        |seen| if seen.method == "PUT" { Verdict::Close } else { Verdict::Pass };
    assert_eq!(report(close), (json!(0), json!("done"), json!("probe"), 1));
    // It has not, and the second neither.
    let never: fn(&Seen) -> Verdict =
        |seen| if seen.method == "PUT" { Verdict::Answer(502, "") } else { Verdict::Pass };
    assert_eq!(report(never), (json!(5), json!("unknown"), Value::Null, 2));
    // The first has not, and the second is answered.
    let mut count = 0;
    let (project, asked) = behind(LIFECYCLE, move |seen| {
        count += usize::from(is_put(seen));
        if is_put(seen) && count == 1 { Verdict::Answer(502, "") } else { Verdict::Pass }
    });
    project.run(&RUN).exit(0);
    assert_eq!(asked.lock().iter().filter(|line| line.starts_with("PUT ")).count(), 2);
}

#[test]
fn no_read_tells_whether_a_secret_has_arrived() {
    let recipe = "let s = secret::env(\"CANARY\");\nr2::ensure(\"app-logs\");\ncf::ensure(\"/r2/buckets/app-logs/lifecycle\", #{ rules: [#{ id: s }] });\n";
    let config = format!("process_env = [\"CANARY\"]\n{PLAIN}");
    let project = Project::new(&config).recipe(recipe).env("CANARY", "hunter2-canary").served();
    let sent = Arc::new(Mutex::new(0));
    let count = sent.clone();
    let address = proxy::start(project.address(), move |seen| {
        *count.lock() += usize::from(seen.method == "PUT");
        if seen.method == "PUT" { Verdict::Answer(502, "") } else { Verdict::Pass }
    });
    let project = project.env("CLOUDFLARE_API_BASE_URL", &format!("http://{address}/client/v4"));
    project.run(&RUN).exit(5).kept("no read tells whether a secret has arrived");
    assert_eq!(*sent.lock(), 2);
}

#[test]
fn a_planned_setting_hides_what_it_may_change_and_nothing_else() {
    let project = project("kv::ensure(\"A\");\nr2::ensure(\"app-logs\");\n");
    project.run(&RUN).exit(0);
    let managed = "cf::ensure(\"/r2/buckets/app-logs/domains/managed\", #{ enabled: true });\n";
    let plan = |recipe: String| {
        project.write("recipes/main.rhai", &recipe);
        let report = project.report(&PLAN);
        (report["complete"].clone(), report["outputs"].clone())
    };
    let known = (json!(true), json!({"n": 1}));
    assert_eq!(plan(format!("{managed}output(\"n\", kv::list().len());\n")), known);
    assert_eq!(plan(format!("{managed}output(\"n\", r2::list().len());\n")), known);
    let other = "cf::ensure(\"/r2/buckets/app-logs/lifecycle\", #{ rules: [] });\noutput(\"n\", 1);\n";
    assert_eq!(plan(format!("{managed}{other}")), known);
    for unknown in [
        "cf::get(\"/r2/buckets/app-logs/domains/managed\");\n",
        "cf::get(\"/storage/kv/namespaces\");\n",
        "cf::ensure(\"/r2/buckets/app-logs\", #{ name: \"app-logs\" });\n",
        "cf::ensure(\"/r2/buckets/app-logs/domains\", #{ a: 1 });\n",
    ] {
        assert_eq!(plan(format!("{managed}{unknown}")).0, json!(false), "{unknown}");
    }
    // What a service reads itself is not known after it.
    let named = "let db = d1::find(\"app-db\");\ncf::ensure(`/d1/database/${db.id}`, #{ read_replication: #{ mode: \"auto\" } }, #{ method: \"PATCH\" });\n";
    project.api("POST", "/d1/database", &json!({ "name": "app-db" }));
    assert_eq!(plan(format!("{named}d1::list();\n")).0, json!(false));
    assert_eq!(plan(named.to_owned()).0, json!(true));
    // Whose answer is read can't be known either.
    assert_eq!(plan(format!("{managed}output(\"n\", 1);\n")), known);
    let answer = managed.replace("cf::ensure", "let a = cf::ensure") + "output(\"n\", a.answer);\n";
    assert_eq!(plan(answer).0, json!(false));
}

#[test]
fn two_bodies_for_one_path_are_a_mistake_and_destroy_leaves_settings() {
    let project = project(
        "cf::ensure(\"/r2/buckets/app-logs/lifecycle\", #{ rules: [] });\ncf::ensure(\"/r2/buckets/app-logs/lifecycle\", #{ rules: [#{}] });\n",
    );
    project.run(&RUN).exit(2).kept("two bodies for one path are a mistake and destroy leaves settings");
    project.write("recipes/main.rhai", LIFECYCLE);
    project.run(&RUN).exit(0);
    let (before, rules) = (project.account().history().len(), "/lifecycle");
    project.run(&["destroy", "main", "-e", "dev", "--yes"]).exit(0);
    assert!(project.account().history()[before..].iter().all(|one| !one.path.ends_with(rules)));
    assert!(project.account().resources().unwrap().is_empty());
}

#[test]
fn what_can_not_be_ensured_is_said_where_it_stands() {
    for (call, exit) in [
        ("cf::ensure(\"/queues/q\", [1])", 2),
        ("cf::ensure(\"/queues/q\", #{ f: || 1 })", 2),
        ("cf::ensure(\"queues\", #{})", 2),
        ("cf::ensure(\"/accounts/0123456789abcdef0123456789abcdef\", #{ name: \"x\" })", 2),
        ("cf::ensure(\"/r2/buckets/none/lifecycle\", #{ rules: [] })", 1),
        ("cf::ensure(\"/r2/buckets/none/cors\", #{ rules: 3 })", 1),
    ] {
        let project = project(&format!("{call};\n"));
        project
            .run(&RUN)
            .exit(exit)
            .kept(&format!("what can not be ensured is said where it stands: {call}"));
    }
}
