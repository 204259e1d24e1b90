//! What configs have in the place of ids, names and accounts: no obstacle with `--local`, and never a twin on an account
//! where ids count.

use super::outputs::kept;
use super::project::Project;
use larder::system::files;
use serde_json::{Value as Json, json};

/// A config with one namespace and one account, in both languages.
fn configs(account: &str, id: &str) -> [(&'static str, String); 2] {
    [
        (
            "wrangler.toml",
            format!(
                "name = \"w\"\naccount_id = \"{account}\"\n[[kv_namespaces]]\nbinding = \"KV\"\nid = \"{id}\"\n"
            ),
        ),
        (
            "wrangler.jsonc",
            format!(
                "{{\n  // the worker\n  \"name\": \"w\",\n  \"account_id\": \"{account}\",\n  \"kv_namespaces\": [{{ \"binding\": \"KV\", \"id\": \"{id}\" }}],\n}}\n"
            ),
        ),
    ]
}

const BLANKS: [&str; 14] = [
    "",
    "YOUR_KV_ID",
    "<KV_ID>",
    "REPLACE_ME",
    "xxxxxxxx",
    "00000000000000000000000000000000",
    "$ACCOUNT",
    "${CF_ACCOUNT_ID}",
    "{{ACCOUNT}}",
    "{ACCOUNT}",
    "%ACCOUNT%",
    "<%= ACCOUNT %>",
    "__ACCOUNT__",
    "not an id",
];

fn titles(project: &Project) -> Vec<String> {
    let listed = project.local().resources().unwrap();
    listed.iter().map(|(kind, one)| format!("{kind} {}", one.name)).collect()
}

#[test]
fn with_local_nothing_in_the_place_of_an_id_is_an_obstacle() {
    for blank in BLANKS {
        for (name, text) in configs(blank, blank) {
            let project = Project::empty().file(name, &text);
            for command in [&["check"][..], &["plan", "--local"], &["run", "--local"]] {
                // An account that is none and asks for nothing is what `check` is for.
                let code = i32::from(command == ["check"] && blank == "not an id");
                project.run(command).exit(code);
            }
            assert_eq!(titles(&project), ["kv w-kv"], "{name} {blank}");
            project
                .run(&["run", "--local"])
                .exit(0)
                .kept("with local nothing in the place of an id is an obstacle");
            let kept = files::read_text(&project.path().join(name), 1 << 16).unwrap();
            assert_eq!(kept, text, "{name} {blank}");
        }
    }
}

#[test]
fn a_project_file_may_leave_its_account_open() {
    for blank in BLANKS.iter().filter(|blank| **blank != "not an id") {
        let config = format!(
            "app = \"app\"\naccount_id = \"{blank}\"\n[kv]\nnamespaces = [\"A\"]\n[environments.dev]\n"
        );
        let project = Project::new(&config).served();
        project.run(&["run", "-e", "dev", "--local"]).exit(0);
        // The variable says which account it is.
        project
            .run(&["plan", "-e", "dev"])
            .exit(0)
            .kept(&format!("a project file may leave its account open: {blank}"));
    }
    let config = "app = \"app\"\naccount_id = \"${CF}\"\n[environments.dev]\n";
    let project = Project::new(config).env("CLOUDFLARE_API_TOKEN", "token");
    project.run(&["plan", "-e", "dev"]).exit(2).says(
        "",
        "error: no account id: `account_id` at larder.toml:2:14 is `${CF}`, which is still to be substituted\nhint: set \
         `CLOUDFLARE_ACCOUNT_ID`, or render the file first\n",
    );
}

#[test]
fn on_the_account_a_filler_counts_as_absent_with_a_note() {
    for (name, text) in configs("YOUR_ACCOUNT_ID", "YOUR_KV_ID") {
        let project = Project::empty().file(name, &text).served();
        let at = if name == "wrangler.toml" { "wrangler.toml:5:6" } else { "wrangler.jsonc:5:46" };
        let output = project.run(&["run"]).exit(0);
        assert_eq!(
            output.stderr.lines().next().unwrap(),
            format!("counted as absent, since it is to be replaced: `id` of `KV` (`YOUR_KV_ID`, {at})")
        );
        // What takes its place is asked for by nobody: nothing is lost.
        project.run(&["ids", "--write", "--yes"]).exit(0);
        let id = &project.account().resources().unwrap()[0].1.id;
        let kept = files::read_text(&project.path().join(name), 1 << 16).unwrap();
        assert_eq!(kept, text.replace("YOUR_KV_ID", id));
        let output = project.run(&["run"]).exit(0);
        assert_eq!(output.stderr, "");
        project.write(name, &text.replace("YOUR_KV_ID", ""));
        let output = project.run(&["plan"]).exit(0);
        output.kept(&format!("on the account a filler counts as absent with a note: {name}"));
    }
}

#[test]
fn on_the_account_what_is_to_be_substituted_is_refused_unless_a_name_says_it() {
    for id in ["$KV_ID", "${KV_ID}", "{{KV_ID}}", "{KV_ID}", "%KV_ID%", "<%= KV_ID %>"] {
        let [(_, text), _] = configs("", id);
        let project = Project::empty().file("wrangler.toml", &text).served();
        for command in
            [&["run"][..], &["plan"], &["ids"], &["ids", "--write", "--yes"], &["destroy", "--yes"]]
        {
            let output = project.run(command).exit(2);
            output.kept(&format!("what is to be substituted is refused: {}, {id}", command[0]));
        }
        assert!(project.history().unwrap().iter().all(|one| !one.changed), "{id}");
        let kept = files::read_text(&project.path().join("wrangler.toml"), 1 << 16).unwrap();
        assert_eq!(kept, text);
    }
    let named = "name = \"w\"\n[[d1_databases]]\nbinding = \"DB\"\ndatabase_name = \"jobs\"\ndatabase_id = \"${DB_ID}\"\n";
    let project = Project::empty().file("wrangler.toml", named).served();
    project
        .run(&["run"])
        .exit(0)
        .kept("on the account what is to be substituted is refused unless a name says it");
    project
        .run(&["run"])
        .exit(0)
        .kept("on the account what is to be substituted is refused unless a name says it, 2");
    // The variable is shown and asked for before it is replaced.
    let shown = project.run(&["ids", "--write"]);
    shown.kept("on the account what is to be substituted is refused unless a name says it, 5");
    // A name that is a variable is none.
    project.write("wrangler.toml", &named.replace("\"jobs\"", "\"${DB}\""));
    project
        .run(&["run"])
        .exit(2)
        .kept("on the account what is to be substituted is refused unless a name says it, 3");
    project
        .run(&["run", "--local"])
        .exit(0)
        .kept("on the account what is to be substituted is refused unless a name says it, 4");
}

#[test]
fn bindings_of_one_id_are_one_resource_and_fillers_are_none() {
    let config = |one: &str, two: &str| {
        let entry =
            |binding: &str, id: &str| format!("[[kv_namespaces]]\nbinding = \"{binding}\"\nid = \"{id}\"\n");
        format!("name = \"w\"\n{}{}", entry("CACHE", one), entry("SESSIONS", two))
    };
    let id = "c4f5a1d05bdf4d989d7644fde00ff110";
    for (one, two, made) in [
        (id, id, &["kv w-cache"][..]),
        ("${KV}", "${KV}", &["kv w-cache"]),
        ("${KV}", "${OTHER}", &["kv w-cache", "kv w-sessions"]),
        ("YOUR_KV_ID", "YOUR_KV_ID", &["kv w-cache", "kv w-sessions"]),
        ("", "", &["kv w-cache", "kv w-sessions"]),
    ] {
        let project = Project::empty().file("wrangler.toml", &config(one, two));
        project.run(&["run", "--local"]).exit(0);
        let mut found = titles(&project);
        found.sort();
        assert_eq!(found, made, "{one} {two}");
    }
    // Also where they have names, which the account of the ids would refuse.
    let named = format!(
        "name = \"w\"\nd1_databases = [\n  {{ binding = \"A\", database_name = \"a\", database_id = \"{id}\" }},\n  {{ binding = \"B\", database_name = \"b\", database_id = \"{id}\" }},\n]\n"
    );
    let project = Project::empty().file("wrangler.toml", &named);
    project.run(&["run", "--local"]).exit(0);
    assert_eq!(titles(&project), ["d1 a"]);
}

#[test]
fn the_fault_of_another_environment_does_not_stop_the_chosen_one() {
    let good = "name = \"w\"\n[[env.good.kv_namespaces]]\nbinding = \"KV\"\n";
    for bad in [
        "[[env.bad.kv_namespaces]]\nid = \"x\"\n",
        "[[env.bad.kv_namespaces]]\nbinding = 7\n",
        "[env.bad]\nkv_namespaces = \"none\"\n",
        "[env.bad]\nkv_namespaces = { binding = \"KV\" }\n",
        "[env.bad]\nname = 3\n",
        "[env.bad]\naccount_id = 3\n",
        "[env.bad]\naccount_id = \"mine\"\n",
        "[[env.bad.r2_buckets]]\nbinding = \"A\"\n[[env.bad.kv_namespaces]]\nbinding = \"A\"\n",
        "[env.\"not a name\"]\nname = \"x\"\n",
        "[[env.bad.d1_databases]]\nbinding = \"DB\"\ndatabase_id = 12\n",
    ] {
        let text = format!("{good}{bad}");
        let project = Project::empty().file("wrangler.toml", &text).served();
        for command in [&["run", "-e", "good"][..], &["run", "-e", "good", "--local"], &["ids", "-e", "good"]]
        {
            project.run(command).exit(0);
        }
        // What the whole file is asked for finds it.
        project
            .run(&["check"])
            .exit(1)
            .kept(&format!("the fault of another environment does not stop the chosen one: {bad}"));
        // What another environment binds has to be known before anything goes.
        let output = project.run(&["destroy", "-e", "good", "--yes"]);
        assert_eq!(output.code, 2, "{bad}: {}{}", output.stdout, output.stderr);
        assert!(
            project.api("GET", "/storage/kv/namespaces", &Json::Null).as_array().unwrap().len() == 1,
            "{bad}"
        );
    }
    let project = Project::empty().file("wrangler.toml", &format!("{good}[[kv_namespaces]]\nid = 1\n"));
    project.run(&["run", "-e", "good", "--local"]).exit(0);
    let output = project.run(&["run", "--local"]).exit(2);
    output.kept("the fault of another environment does not stop the chosen one, 2");
    let broken = Project::empty().file("wrangler.toml", "name = \"w\"\nenv = 3\n");
    broken
        .run(&["run", "--local"])
        .exit(2)
        .kept("the fault of another environment does not stop the chosen one, 3");
}

#[test]
fn a_stale_id_is_replaced_after_a_yes_by_the_one_of_what_was_made_anew() {
    let config = |id: &str| {
        format!(
            "name = \"w\"\nd1_databases = [{{ binding = \"DB\", database_name = \"jobs\", database_id = \"{id}\" }}]\n"
        )
    };
    let stale = "8f1fc6da-cb58-42b7-a8a9-47d225bc08e7";
    let project = Project::empty().file("wrangler.toml", &config(stale)).served();
    let made = project.api("POST", "/d1/database", &json!({"name": "jobs"}))["uuid"].clone();
    let output = project.run(&["run"]).exit(1);
    output.kept("a stale id is replaced after a yes by the one of what was made anew");
    let output = project.command(&["ids", "--write"]).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    let line = format!("`database_id` of `DB`: {stale} -> {}\n", made.as_str().unwrap());
    assert!(told.starts_with(&line), "{told}");
    project.run(&["ids", "--write", "--yes"]).exit(0);
    let kept = files::read_text(&project.path().join("wrangler.toml"), 1 << 16).unwrap();
    assert_eq!(kept, config(made.as_str().unwrap()));
}

#[test]
fn messages_quote_what_is_in_the_file() {
    // The environments and the app that a config gives are in no file: nothing of them is quoted.
    let text = "\u{feff}{\"name\": \"w\", \"d1_databases\": [{\"binding\": \"DB\", \"migrations_dir\": \"gone\"}], \"env\": {\"a b\": {}}}";
    let project = Project::empty().file("wrangler.json", text);
    let output = project.run(&["run", "--local"]).exit(2);
    let excerpt = "error: there is no folder `gone`\n --> wrangler.json:1:68\n  |\n1 | {\"name\": \"w\", \"d1_databases\": [{\"binding\": \"DB\", \"migrations_dir\": \"gone\"}], \"env\": {\"a b\": {}}}\n  |                                                                    ^^^^^^";
    assert!(output.stderr.starts_with(excerpt), "{}", output.stderr);
    project.run(&["run", "--local", "-e", "a b"]).exit(2).says(
        "",
        "error: unknown environment `a b` in `--env`
hint: one of `top-level`
",
    );
    let output = project.run(&["check"]).exit(1);
    output.kept("messages quote what is in the file, 2");
}

#[test]
fn an_account_that_is_none_is_refused_where_it_counts() {
    let [(_, text), _] = configs("mine", "");
    let project = Project::empty().file("wrangler.toml", &text).served();
    for command in ["run", "plan", "ids", "token"] {
        let output = project.run(&[command]).exit(2);
        output.kept("an account that is none is refused where it counts");
    }
    assert_eq!(project.history().unwrap().len(), 0);
    // What a build step is yet to fill in gives way to the variable, and to nothing else.
    let [(_, text), _] = configs("${CF}", "");
    let project = Project::empty().file("wrangler.toml", &text).env("CLOUDFLARE_API_TOKEN", "token");
    project.run(&["plan"]).exit(2).says(
        "",
        "error: no account id: `account_id` at wrangler.toml:2:14 is `${CF}`, which is still to be substituted\nhint: set \
         `CLOUDFLARE_ACCOUNT_ID`, or render the file first\n",
    );
    let account = "0123456789abcdef0123456789abcdef";
    let other = "123456789abcdef0123456789abcdef0";
    let two = text.replace("${CF}", other);
    let project = Project::empty().file("wrangler.toml", &two).env("CLOUDFLARE_API_TOKEN", "token");
    let output = project.run_with(&["plan"], &[("CLOUDFLARE_ACCOUNT_ID", account)]).exit(2);
    output.exit(2).says(
        "",
        "error: two accounts are named: `[ID]` by `CLOUDFLARE_ACCOUNT_ID`, `[ID]` by wrangler.toml:2:14
hint: remove one of them
",
    );
}

#[test]
fn a_text_that_can_be_no_id_is_called_none() {
    for id in ["PUT_ID_HERE", "undefined", "process.env.KV_ID"] {
        let config = format!("name = \"w\"\n[[kv_namespaces]]\nbinding = \"KV\"\nid = \"{id}\"\n");
        let project = Project::empty().file("wrangler.toml", &config).served();
        let said = project.run(&["run"]).exit(1).stderr;
        kept(&format!("a text that can be no id is called none: {id}"), &said);
    }
}
