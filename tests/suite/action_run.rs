//! What the action makes of its inputs: each command on a served account, and that no input becomes anything but the one
//! argument that it stands for.

use super::project::{PLAIN, Project};
use super::runner;
use super::workflow_job::{Job, Map};
use serde_json::{Value as Json, json};

fn project() -> Project {
    Project::new(PLAIN).recipe("kv::ensure(\"app-A\");\n").served()
}

/// The action with these inputs beside the credentials; gives whether it was done, its outputs and the job.
fn act<'a>(project: &'a Project, inputs: &[(&str, &str)]) -> (bool, Map, Job<'a>) {
    let mut job = Job::new(project, &json!({})).with_credentials("TOKEN", "ID");
    let mut with = json!({ "api-token": "${{ secrets.TOKEN }}", "account-id": "${{ vars.ID }}" });
    // As a workflow gives what somebody else chose: by an expression.
    for (name, value) in inputs {
        job.context["inputs"][name] = json!(value);
        with[name] = json!(format!("${{{{ inputs.{name} }}}}"));
    }
    let (done, outputs) = job.action(&json!({ "with": with }));
    (done, outputs, job)
}

fn told(outputs: &Map) -> [&str; 2] {
    ["exit", "changed"].map(|name| outputs[name].as_str())
}

fn titles(project: &Project) -> Vec<String> {
    let listed = project.api("GET", "/storage/kv/namespaces", &Json::Null);
    listed.as_array().unwrap().iter().map(|one| one["title"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_plan_is_written_applied_and_destroyed() {
    let project = project();
    let main = [("recipe", "main"), ("environment", "dev")];
    let with = |more: &[(&'static str, &'static str)]| [&main[..], more].concat();

    let (done, outputs, job) = act(&project, &with(&[("command", "check")]));
    assert!(done, "{}", job.log);
    assert!(job.log.contains("\nchecked 1 recipe: no errors\n"), "{}", job.log);
    assert_eq!(told(&outputs), ["", ""], "only what makes a report has outputs");

    let (done, outputs, job) = act(&project, &with(&[("command", "plan"), ("plan", "plan.json")]));
    assert!(done, "{}", job.log);
    assert_eq!((told(&outputs), titles(&project)), (["0", "false"], Vec::new()));

    let (done, outputs, job) = act(&project, &[("command", "apply"), ("plan", "plan.json")]);
    assert!(done, "{}", job.log);
    assert_eq!((told(&outputs), titles(&project)), (["0", "true"], vec!["app-A".to_owned()]));
    let ids: Json = serde_json::from_str(&outputs["ids"]).unwrap();
    assert_eq!(ids["kv"]["app-A"].as_str().map(str::len), Some(32), "{ids}");

    let (done, outputs, job) = act(&project, &with(&[("command", "destroy")]));
    assert_eq!((done, told(&outputs)), (false, ["1", "false"]), "{}", job.log);
    assert_eq!(titles(&project), ["app-A"], "without `--yes` nothing is deleted");

    let (done, outputs, job) = act(&project, &with(&[("command", "destroy"), ("arguments", "\n--yes\n")]));
    assert_eq!((done, told(&outputs)), (true, ["0", "true"]), "{}", job.log);
    assert_eq!(titles(&project), Vec::<String>::new());
    assert_eq!(outputs["environment"], "development");
}

#[test]
fn inputs_that_do_not_belong_together_are_refused() {
    let project = project();
    let commands = "the input 'command' is one of 'run', 'plan', 'apply', 'destroy', 'sweep', 'check'";
    let belongs = "the input 'plan' belongs to the commands 'plan' and 'apply'";
    let cases: [(&[(&str, &str)], &str); 8] = [
        (&[("command", "")], commands),
        (&[("command", "local")], commands),
        (&[("command", "run; touch pwned")], commands),
        (&[("command", "run\nplan")], commands),
        (&[("command", "run"), ("plan", "plan.json")], belongs),
        (&[("command", "destroy"), ("plan", "plan.json")], belongs),
        (
            &[("command", "apply")],
            "the command 'apply' needs the input 'plan': the file that a plan was written to",
        ),
        (
            &[("command", "apply"), ("plan", "plan.json"), ("recipe", "main")],
            "the command 'apply' takes the recipe from the plan: leave the input 'recipe' empty",
        ),
    ];
    for (inputs, message) in cases {
        let (done, _, job) = act(&project, inputs);
        assert!(!done, "{inputs:?}: {}", job.log);
        let said: Vec<_> =
            runner::commands(&job.log).into_iter().map(|command| (command.name, command.data)).collect();
        assert_eq!(said, [("error".to_owned(), message.to_owned())], "{inputs:?}");
    }
    assert_eq!(project.history().unwrap().len(), 0);
}

/// What others may choose, such as the name of a branch, stays one argument of one option.
#[test]
fn an_input_is_never_code_and_never_another_option() {
    let hostile = [
        "$(touch pwned)",
        "\"; touch pwned; \"",
        "'; touch pwned; '",
        "--yes",
        "-h",
        "--",
        "* ?",
        "x\n::error::pwned",
        "x\r::error::pwned",
    ];
    let project = project();
    for value in hostile {
        for input in ["recipe", "environment", "directory", "branch"] {
            let set = format!("--set\nbranch={}", value.split(['\r', '\n']).next().unwrap());
            let inputs = match input {
                "branch" => vec![("recipe", "main"), ("environment", "dev"), ("arguments", set.as_str())],
                "recipe" => vec![("environment", "dev"), ("recipe", value)],
                _ => vec![("recipe", "main"), (input, value)],
            };
            let (done, outputs, job) = act(&project, &inputs);
            assert!(!done, "{input} {value:?}: {}", job.log);
            assert!(matches!(told(&outputs), ["" | "2", "" | "false"]), "{input} {value:?}: {outputs:?}");
            assert!(job.log.contains("error"), "{input} {value:?}: {}", job.log);
            let commands = runner::commands(&job.log);
            let ours = |one: &runner::Command| one.name == "add-mask" || one.data != "pwned";
            assert!(commands.iter().all(ours), "{input} {value:?}: {commands:?}");
            assert!(!project.path().join("pwned").exists(), "{input} {value:?}");
        }
    }
    assert_eq!(titles(&project), Vec::<String>::new());
}
