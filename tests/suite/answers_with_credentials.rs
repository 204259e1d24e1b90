//! Credentials in answers of `cf::` calls: no output shows them, and a recipe can still pass them on.

use super::project::{PLAIN, Project};
use super::proxy::{self, Verdict};
use larder::system::files;

const LIVE: &str = "CANARY-live-credential";

/// A recipe that says all it can of what a path gives.
fn talkative(call: &str) -> String {
    format!(
        "let got = {call};\nprint(got); log(got); warn(got);\n\
         try {{ output(\"o\", got); }} catch (e) {{ log(e.message); }}\n\
         try {{ log(got.to_json()); }} catch (e) {{ log(e.message); }}\nlog(`${{got}}`);\n"
    )
}

/// Everything that a run leaves, with a server that answers with this result.
fn told(call: &str, result: &str) -> String {
    let body = format!("{{\"success\":true,\"errors\":[],\"messages\":[],\"result\":{result}}}");
    let body: &'static str = Box::leak(body.into_boxed_str());
    let project = Project::new(PLAIN).recipe(&talkative(call)).served();
    let address = proxy::start(project.address(), move |seen| {
        if seen.is("GET", "/accounts", "") { Verdict::Pass } else { Verdict::Answer(200, body) }
    });
    let project = project.env("CLOUDFLARE_API_BASE_URL", &format!("http://{address}/client/v4"));
    let arguments = ["run", "main", "-e", "dev", "-v", "--report", "r.json", "--report", "r.html"];
    let output = project.command(&arguments).output().unwrap();
    let reports =
        ["r.json", "r.html"].map(|name| files::read_text(&project.path().join(name), 1 << 22).unwrap());
    let all = [output.stdout, output.stderr, reports.concat().into_bytes()].concat();
    String::from_utf8(all).unwrap()
}

#[test]
fn no_credential_of_an_answer_is_shown() {
    let token = format!("\"{LIVE}\"");
    for (call, result) in [
        ("cf::get(\"/cfd_tunnel/t1/token\")", token.clone()),
        ("cf::put(\"/tokens/t1/value\", #{}).answer", token.clone()),
        ("cf::post(\"/warp_connector/t1/management\", #{}).answer", token.clone()),
        ("cf::get(\"/some/new/endpoint\")", token.clone()),
        ("cf::get(\"/stream/keys\")", format!("{{\"id\": \"i\", \"pem\": {token}, \"jwk\": {token}}}")),
        (
            "cf::get(\"/images/v1/keys\")",
            format!("{{\"keys\": [{{\"name\": \"default\", \"value\": {token}}}]}}"),
        ),
        ("cf::get(\"/stream/live_inputs/l\")", format!("{{\"rtmps\": {{\"streamKey\": {token}}}}}")),
        ("cf::get(\"/stream/live_inputs/l\")", format!("{{\"srt\": {{\"passphrase\": {token}}}}}")),
        ("cf::get(\"/calls/turn_keys\")", format!("{{\"uid\": \"u\", \"key\": {token}}}")),
        ("cf::post(\"/magic/ipsec_tunnels/t/psk_generate\", #{}).answer", format!("{{\"psk\": {token}}}")),
        (
            "cf::get(\"/logpush/jobs\")",
            format!("[{{\"destination_conf\": \"https://me:{LIVE}@logs.example/x\"}}]"),
        ),
        (
            "cf::get(\"/logpush/jobs\")",
            format!("[{{\"destination_conf\": \"s3://b?secret-access-key={LIVE}\"}}]"),
        ),
        (
            "cf::get(\"/pages/projects/p\")",
            format!("{{\"env_vars\": {{\"N\": {{\"type\": \"secret_text\", \"value\": {token}}}}}}}"),
        ),
        ("cf::get(\"/workers/x\")", format!("[{{\"name\": \"API_TOKEN\", \"value\": {token}}}]")),
    ] {
        let told = told(call, &result);
        assert!(told.contains("Secret") && !told.contains(LIVE), "{call} {result}: {told}");
    }
}

#[test]
fn what_is_no_credential_is_shown() {
    let told = told("cf::get(\"/queues/q\")", "{\"name\": \"jobs\", \"key\": \"a-visible-value\"}");
    assert!(told.contains("a-visible-value"), "{told}");
}

#[test]
fn a_variable_of_secret_env_is_read_as_a_secret_alone() {
    let config = PLAIN
        .replace("[naming]", "process_env = [\"T\", \"BOTH\"]\nsecret_env = [\"S\", \"BOTH\"]\n[naming]");
    let run = |recipe: &str| {
        let project = Project::new(&config).recipe(recipe);
        let project = project.env("T", "a-plain-text").env("S", LIVE).env("BOTH", LIVE).env("U", LIVE);
        project.run(&["run", "main", "-e", "dev", "--local"])
    };
    run("log(process::env(\"T\"));").exit(0).stderr("a-plain-text\n");
    run("log(secret::env(\"T\"));").exit(0).stderr("Secret\n");
    run("log(secret::env(\"S\"));").exit(0).stderr("Secret\n");
    for name in ["S", "BOTH"] {
        let message =
            format!("`secret_env` of the project file makes the environment variable `{name}` a secret");
        run(&format!("log(process::env(\"{name}\"));")).exit(1).says(
            "main -> development (local account)\n\nnothing done in [TIME] ([N] reads, 0 writes); incomplete\n",
            &format!(
                "error: {message}\n --> recipes/main.rhai:1:14\n  |\n1 | log(process::env(\"{name}\"));\n  |              ^^^\n  |\n  \
                 = help: read it with `secret::env(\"{name}\")`\nexit 1: nothing was changed\n"
            ),
        );
    }
    run("log(process::env(\"U\"));").exit(1).stderr(
        "\
error: recipes may not read the environment variable `U`
 --> recipes/main.rhai:1:14
  |
1 | log(process::env(\"U\"));
  |              ^^^
  |
  = help: allow it in the project file: process_env = [\"U\"]
exit 1: nothing was changed
",
    );
    run("log(secret::env(\"U\"));").exit(1).stderr(
        "\
error: recipes may not read the environment variable `U`
 --> recipes/main.rhai:1:13
  |
1 | log(secret::env(\"U\"));
  |             ^^^
  |
  = help: allow it in the project file: secret_env = [\"U\"]
exit 1: nothing was changed
",
    );
}

#[test]
fn what_secret_env_lists_is_masked_before_it_is_read() {
    let config = PLAIN.replace("[naming]", "secret_env = [\"S\"]\n[naming]");
    let project = Project::new(&config).recipe(&format!("log(\"{LIVE}\");")).env("S", LIVE);
    project.run(&["run", "main", "-e", "dev", "--local"]).exit(0).stderr("[secret]\n");
}
