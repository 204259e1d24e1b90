//! Which certificate authorities are trusted, and the messages for rejected certificates.

use super::foreign_server::{Foreign, Leaf, Options};
use super::outputs::kept;
use super::project::{PLAIN, Project, filtered};
use larder::system::files;

const RUN: [&str; 4] = ["run", "main", "-e", "dev"];
/// A project that talks to a server with a private authority, and trusts what these variables name.
fn project(server: &Foreign, variables: &[(&str, &str)]) -> Project {
    let project = server.distrustful(PLAIN).recipe(r#"kv::ensure("A");"#);
    variables.iter().fold(project, |project, (name, value)| project.env(name, value))
}

#[test]
fn an_authority_of_one_s_own_is_trusted_where_a_variable_names_it() {
    let server = Foreign::start(Options::default());
    let folder = tempfile::tempdir().unwrap();
    let path = server.authority_in(folder.path());
    let folder = files::canonical(folder.path()).unwrap();
    for (name, value) in [
        ("SSL_CERT_FILE", path.to_str().unwrap()),
        ("NODE_EXTRA_CA_CERTS", path.to_str().unwrap()),
        ("SSL_CERT_DIR", folder.to_str().unwrap()),
    ] {
        project(&server, &[(name, value)]).run(&RUN).exit(0);
    }
    let several = format!("/nowhere:{}", folder.display());
    project(&server, &[("SSL_CERT_DIR", &several)]).run(&RUN).exit(0);
    // As a file of the project says it.
    let project = project(&server, &[]).file(".env", &format!("SSL_CERT_FILE={}\n", path.display()));
    project.run(&[&RUN as &[_], &["--env-file", ".env"]].concat()).exit(0);
    assert_eq!(server.state().titles, ["A"]);
}

#[test]
fn an_unknown_authority_is_told_with_the_way_out() {
    let server = Foreign::start(Options::default());
    let output = project(&server, &[]).run(&RUN).exit(1);
    output.kept("an unknown authority is told with the way out");
    assert_eq!(server.state().requests.len(), 0);
}

#[test]
fn a_variable_that_names_no_certificates_is_told_where_it_would_have_helped() {
    let server = Foreign::start(Options::default());
    let folder = tempfile::tempdir().unwrap();
    let folder = files::canonical(folder.path()).unwrap();
    let place = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    files::write_whole(&folder.join("empty.pem"), b"no certificate\n").unwrap();
    assert!(std::process::Command::new("mkfifo").arg(folder.join("fifo")).status().unwrap().success());
    for (name, file) in [
        ("SSL_CERT_FILE", "missing.pem"),
        ("NODE_EXTRA_CA_CERTS", "empty.pem"),
        ("SSL_CERT_FILE", "fifo"),
        ("SSL_CERT_FILE", ""),
        ("SSL_CERT_DIR", "missing"),
    ] {
        let output = project(&server, &[(name, &place(file))]).run(&RUN).exit(1);
        let said = filtered(&output.stderr, &folder);
        kept(&format!("a variable that names no certificates is told: {name}, {file}"), &said);
    }
}

#[test]
fn a_certificate_for_another_time_or_host_is_refused_whoever_gave_it() {
    for (leaf, why) in
        [(Leaf::Expired, "certificate expired"), (Leaf::OfAnotherHost, "certificate not valid for name")]
    {
        let server = Foreign::start(Options { leaf, ..Options::default() });
        let folder = tempfile::tempdir().unwrap();
        let path = server.authority_in(folder.path());
        let output = project(&server, &[("SSL_CERT_FILE", path.to_str().unwrap())]).run(&RUN).exit(1);
        let expected = "the certificate of `127.0.0.1` is refused: ";
        assert!(
            output.stderr.contains(expected) && output.stderr.contains(why),
            "{leaf:?}: {}",
            output.stderr
        );
        let hint = "nothing was sent: check the clock of this machine and the host of `CLOUDFLARE_API_BASE_URL`, or try another network";
        assert!(output.stderr.contains(hint), "{}", output.stderr);
        assert_eq!(server.state().requests.len(), 0);
    }
}
