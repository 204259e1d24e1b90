//! Names that a wrangler config leaves to wrangler: those that are taken, those that nothing gives, and a config that nobody
//! names.

use super::project::Project;
use serde_json::json;

fn count(project: &Project) -> usize {
    project.account().resources().unwrap().len()
}

/// A Worker `app` with these bindings.
fn app(bindings: &str) -> Project {
    Project::empty().file("wrangler.toml", &format!("name = \"app\"\n{bindings}")).served()
}

#[test]
fn a_default_name_that_another_binding_has_is_refused_before_anything_is_sent() {
    let two = |list: &str, field: &str, taken: &str| {
        format!("[[{list}]]\nbinding = \"FIRST\"\n{field} = \"{taken}\"\n[[{list}]]\nbinding = \"SECOND\"\n")
    };
    for (list, field) in
        [("d1_databases", "database_name"), ("r2_buckets", "bucket_name"), ("vectorize", "index_name")]
    {
        let project = app(&two(list, field, "app-second"));
        let message = format!(
            "error: the binding `SECOND` has no `{field}`, and the name that wrangler gives it is that of what `FIRST` at \
             wrangler.toml:3:11 binds: `app-second`\n"
        );
        let hint = format!(
            "write a `{field}` of its own at wrangler.toml:6:11, or `app-second` there where both are to be one"
        );
        let refused = format!(
            "the Worker `app` is not deployed: a binding without id or name gets the name that wrangler gives\n{message}hint: {hint}\n\
             exit 2: nothing was changed\n"
        );
        project.run(&["run"]).exit(2).stderr(&refused);
        project.run(&["plan"]).exit(2).stderr(&refused);
        let drawn = format!(
            "{message} --> wrangler.toml:6:11\n  |\n6 | binding = \"SECOND\"\n  |           ^^^^^^^^\n  |\n  = help: {hint}\n"
        );
        let checked = project.run(&["check"]).exit(1);
        assert_eq!(checked.stdout, "checked 2 recipes: 1 error\n");
        // Of an index it is also told what makes it.
        assert!(checked.stderr.ends_with(&drawn), "{}", checked.stderr);
        assert_eq!(count(&project), 0, "{list}");
    }
    // Where both say it, they are one; where the names differ, each is its own.
    let both = two("d1_databases", "database_name", "app-second") + "database_name = \"app-second\"\n";
    let project = app(&both);
    project.run(&["run"]).exit(0);
    assert_eq!(count(&project), 1);
    let project = app(&two("d1_databases", "database_name", "other"));
    project.run(&["run"]).exit(0);
    assert_eq!(count(&project), 2);
}

#[test]
fn an_id_whose_name_is_the_default_of_another_binding_is_refused() {
    let project = app("");
    let id = project.api("POST", "/storage/kv/namespaces", &json!({"title": "app-second"}))["id"].clone();
    let id = id.as_str().unwrap();
    project.write(
        "wrangler.toml",
        &format!("name = \"app\"\n[[kv_namespaces]]\nbinding = \"FIRST\"\nid = \"{id}\"\n[[kv_namespaces]]\nbinding = \"SECOND\"\n"),
    );
    project.run(&["run"]).exit(2).stderr_has(
        "the binding `SECOND` has neither id nor name, and the name that wrangler gives it is that of what `FIRST` at \
         wrangler.toml:3:11 binds: `app-second`",
    );
    assert_eq!(count(&project), 1);
}

#[test]
fn default_names_that_meet_are_refused_with_a_way_out_that_is_there() {
    let project = app("[[kv_namespaces]]\nbinding = \"A_B\"\n[[kv_namespaces]]\nbinding = \"a_b\"\n");
    project
        .run(&["run"])
        .exit(2)
        .stderr_has("the name that wrangler gives it is that of what `a_b` at wrangler.toml:5:11 binds: `app-a-b`")
        .stderr_has("rename one of them, or write an id at wrangler.toml:3:11: that of the other where both are to be one");
    assert_eq!(count(&project), 0);
    // Of two Workers, too.
    let worker =
        |name: &str, binding: &str| format!("name = \"{name}\"\n[[d1_databases]]\nbinding = \"{binding}\"\n");
    let project = Project::new("recipe = \"wrangler\"\nwrangler = [\"a.toml\", \"b.toml\"]\n")
        .file("a.toml", &worker("a", "B_C"))
        .file("b.toml", &worker("a-b", "C"))
        .served();
    project.run(&["run"]).exit(2).stderr_has("that of what `C` at b.toml:3:11 binds: `a-b-c`");
    assert_eq!(count(&project), 0);
    // Of two environments it may be meant.
    let project = app("[[d1_databases]]\nbinding = \"DEV_DB\"\n[[env.dev.d1_databases]]\nbinding = \"DB\"\n");
    project.run(&["run", "-e", "dev"]).exit(0).stderr_has(
        "warning: the binding `DB` has no `database_name`, and the name that wrangler gives it is that of what `DEV_DB` of \
         `top-level` at wrangler.toml:3:11 binds: `app-dev-db`\n  --> wrangler.toml:5:11\n",
    );
    // Who says the name means it.
    project.write("wrangler.toml", "name = \"app\"\n[[d1_databases]]\nbinding = \"DEV_DB\"\n[[env.dev.d1_databases]]\nbinding = \"DB\"\ndatabase_name = \"app-dev-db\"\n");
    let output = project.run(&["run", "-e", "dev"]).exit(0);
    assert!(!output.stderr.contains("is that of what"), "{}", output.stderr);
}

#[test]
fn names_of_two_environments_that_meet_have_a_way_out_in_the_config() {
    let config = |list: &str, field: &str| {
        format!(
            "name = \"app\"\n[[{list}]]\nbinding = \"DB\"\n[[{list}]]\nbinding = \"DEV_DB\"\n{field}[[env.dev.{list}]]\nbinding = \"DB\"\n"
        )
    };
    let project = Project::empty().file("wrangler.toml", &config("kv_namespaces", "")).served();
    let meet = |kind: &str| {
        format!(
            "error: two logical {kind} names have one real name: `DB in dev`, `DEV_DB in top-level` are both"
        )
    };
    project
        .run(&["run"])
        .exit(2)
        .stderr_has(&meet("kv"))
        .stderr_has("  = help: rename the binding `DEV_DB` in `wrangler.toml`\n");
    project.write("wrangler.toml", &config("d1_databases", ""));
    project
        .run(&["run"])
        .exit(2)
        .stderr_has(&meet("d1"))
        .stderr_has("  = help: give `DEV_DB` a `database_name` of its own in `wrangler.toml`\n");
    assert_eq!(count(&project), 0);
    project.write("wrangler.toml", &config("d1_databases", "database_name = \"its-own\"\n"));
    project.run(&["run"]).exit(0);
    assert_eq!(count(&project), 2);
}

#[test]
fn check_tells_what_no_run_on_an_account_can_name() {
    let project = Project::empty()
        .file("wrangler.toml", "[[kv_namespaces]]\nbinding = \"CACHE\"\n[env.dev]\nname = \"dev\"\n[[env.dev.kv_namespaces]]\nbinding = \"CACHE\"\n")
        .served();
    let message =
        "the binding `CACHE` has neither id nor name, and the wrangler config has no `name` to make one of\n";
    let run = project.run(&["run"]).exit(2);
    assert!(run.stderr.starts_with(&format!("error: {message}")), "{}", run.stderr);
    project.run(&["check"]).exit(0).says(
        "checked 2 recipes: no errors\n",
        &format!(
            "warning: {message} --> wrangler.toml:2:11\n  |\n2 | binding = \"CACHE\"\n  |           ^^^^^^^\n  |\n  = note: a run on an account is \
             refused\n  = help: it stands at wrangler.toml:2:11: write the Worker's `name` at the top of that file, as it is deployed; \
             `--local` needs none\n"
        ),
    );
    // A local account gives a name of its own.
    project.run(&["run", "--local"]).exit(0);
    project.run(&["check", "-e", "dev"]).exit(0).says("checked 2 recipes: no errors\n", "");
    let id = "id = \"c4f5a1d05bdf4d989d7644fde00ff110\"\n";
    project.write("wrangler.toml", &format!("[[kv_namespaces]]\nbinding = \"CACHE\"\n{id}"));
    project.run(&["check"]).exit(0).says("checked 2 recipes: no errors\n", "");
}

#[test]
fn a_config_that_the_project_file_does_not_name_is_told() {
    for name in ["", "name = \"app\"\n"] {
        let project = Project::new("app = \"app\"\n[kv]\nnamespaces = [\"A\"]\n[environments.dev]\n")
            .file("wrangler.toml", &format!("{name}[[env.dev.d1_databases]]\nbinding = \"DB\"\n"))
            .served();
        let message = "warning: `wrangler.toml` lies beside `larder.toml`, which does not name it: `DB` and what else it binds is not read";
        let way_out = "`wrangler = \"wrangler.toml\"` at the top of `larder.toml`; with `recipe = \"wrangler\"` beside it a run makes what is \
             bound\n";
        project.run(&["check"]).exit(0).says(
            "checked 2 recipes: no errors\n",
            &format!(
                "{message}\n --> larder.toml:1:1\n  |\n1 | app = \"app\"\n  | ^^^\n  |\n  = help: {way_out}"
            ),
        );
        project
            .run(&["run", "-e", "dev"])
            .exit(0)
            .stderr(&format!("{message}: {way_out}  --> larder.toml:1:1\n"));
        // One that is named, or binds nothing, is no matter.
        project.write("larder.toml", "app = \"app\"\nwrangler = \"wrangler.toml\"\n[environments.dev]\n");
        assert!(!project.run(&["check"]).exit(0).stderr.contains("lies beside"));
        project.write("larder.toml", "app = \"app\"\n[environments.dev]\n");
        project.write("wrangler.toml", name);
        project.run(&["check"]).exit(0).says("checked 2 recipes: no errors\n", "");
    }
}

#[test]
fn a_config_below_a_project_file_that_does_not_name_it_is_told_where_it_is_used() {
    let project = Project::new("app = \"mono\"\n[kv]\nnamespaces = [\"A\"]\n[environments.dev]\n")
        .file("apps/api/wrangler.toml", "name = \"api\"\n[[env.dev.d1_databases]]\nbinding = \"DB\"\n")
        .served();
    let stderr = |arguments: &[&str]| {
        let mut command = project.command(arguments);
        let output = command.current_dir(project.path().join("apps/api")).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let told = "warning: `apps/api/wrangler.toml` lies below `larder.toml`, which does not name it: `DB` and what else it binds is not \
        read: `wrangler = \"apps/api/wrangler.toml\"` at the top of `larder.toml`; with `recipe = \"wrangler\"` beside it a run makes \
        what is bound; or `-C .`, which goes by that config alone\n  --> larder.toml:1:1\n";
    assert_eq!(stderr(&["run", "-e", "dev"]), told);
    assert!(!stderr(&["-C", ".", "run", "-e", "dev"]).contains("lies below"));
    let named = "app = \"mono\"\nwrangler = \"apps/api/wrangler.toml\"\n[kv]\nnamespaces = [\"A\"]\n[environments.dev]\n";
    project.write("larder.toml", named);
    assert!(!stderr(&["run", "-e", "dev"]).contains("lies below"));
}
