//! What keeps a run from the wrong environment, branch or account.

use super::project::Project;

#[test]
fn a_confirmation_names_the_environment_of_the_run() {
    let project = Project::example();
    let run = ["run", "-e", "production", "--local", "--confirm", "staging"];
    project.run(&run).exit(2).says(
        "",
        "error: `--confirm` names `staging`, the run is of `production`\nhint: `--confirm production`\n",
    );
    let empty = Project::empty();
    let nowhere = empty.run(&["run", "--local", "--confirm", "production"]).exit(2);
    nowhere.says("", "error: there is no environment to confirm\nhint: leave `--confirm` out\n");
}
