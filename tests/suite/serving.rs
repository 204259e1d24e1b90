//! `local serve`: a log line per request with `-v`, and a token that is the same at each start.

use super::project::Project;
use larder::system::files;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command};

/// A server that runs, and what it printed at its start.
struct Running {
    process: Child,
    address: String,
    account: String,
    token: String,
}

impl Running {
    fn start(project: &Project, arguments: &[&str]) -> Self {
        let mut process = project.spawn(&[&["local", "serve", "--port", "0"], arguments].concat());
        let lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
        let values: Vec<String> =
            lines.take(4).map(|line| line.split_once('=').unwrap().1.to_owned()).collect();
        let address = values[0].strip_prefix("http://").unwrap().split('/').next().unwrap().to_owned();
        Running { process, address, account: values[2].clone(), token: values[3].clone() }
    }

    /// Sends a request with this token; the status of the answer, and all of it.
    fn ask(&self, method: &str, path: &str, token: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\
             Content-Length: 0\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = String::new();
        // An answer that breaks off is read as far as it came.
        let _ = stream.read_to_string(&mut answer);
        (answer.split(' ').nth(1).map_or(0, |status| status.parse().unwrap()), answer)
    }

    /// Ends it as Ctrl-C does; what it said on standard error, but for where its page is.
    fn end(self, project: &Project) -> Vec<String> {
        let kill = format!("kill -INT {}", self.process.id());
        assert!(Command::new("/bin/sh").args(["-c", &kill]).status().unwrap().success());
        let output = self.process.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        let said = super::project::filtered(&String::from_utf8(output.stderr).unwrap(), project.path());
        said.lines().filter(|line| !line.starts_with("a page of")).map(str::to_owned).collect()
    }
}

#[test]
fn each_request_is_one_line_and_nothing_secret_is_in_it() {
    let project = Project::empty();
    let server = Running::start(&project, &["-v", "--fault", "reset-applied@4"]);
    let (account, token) = (server.account.clone(), server.token.clone());
    let below = |path: &str| format!("/client/v4/accounts/{account}{path}");
    let ask = |method: &str, path: &str| server.ask(method, path, &token).0;
    assert_eq!(ask("GET", &below("/storage/kv/namespaces?per_page=5")), 200);
    assert_eq!(ask("GET", &below("/r2/buckets/none")), 404);
    assert_eq!(server.ask("GET", &below("/d1/database"), "other").0, 403);
    // Its answer is lost.
    ask("GET", &below("/storage/kv/namespaces"));
    assert_eq!(ask("GET", &below("/queues")), 400);
    // A token in a path, where it does not belong, and a link that is as good as one.
    assert_eq!(ask("GET", &below(&format!("/queues/{token}"))), 400);
    assert_eq!(ask("GET", "/client/v4/local/d1/exports/0123456789abcdef"), 404);
    assert_eq!(ask("GET", "/"), 200);
    let said = server.end(&project);
    let lacks =
        |path: &str| format!("the local account has no route for GET {path}: this needs a real account");
    let line = |path: &str, answer: &str| format!("GET /accounts/[ID]{path} {answer} in [TIME]");
    assert_eq!(
        said,
        [
            line("/storage/kv/namespaces", "200"),
            line("/r2/buckets/none", "404"),
            line("/d1/database", "403"),
            line("/storage/kv/namespaces", "no answer"),
            lacks("/queues"),
            line("/queues", "400"),
            lacks("/queues/[secret]"),
            line("/queues/[secret]", "400"),
            "GET /local/d1/exports/{file} 404 in [TIME]".to_owned(),
            "GET / 200 in [TIME]".to_owned(),
        ]
    );
    let quiet = Running::start(&project, &[]);
    quiet.ask("GET", &below("/r2/buckets"), &quiet.token);
    assert_eq!(quiet.end(&project), [""; 0]);
}

#[test]
fn a_base_url_without_its_end_is_told_with_the_end() {
    let project = Project::empty();
    let server = Running::start(&project, &[]);
    let (status, answer) = server.ask("GET", "/accounts", &server.token);
    let lacks = "the local account has no route for GET /accounts: its base URL ends in /client/v4";
    assert!(status == 400 && answer.contains(lacks), "{answer}");
    assert_eq!(server.end(&project), [lacks]);
}

#[test]
fn a_token_that_is_kept_is_the_same_at_each_start() {
    let project = Project::empty();
    let kept = ["--token", ".larder/token"];
    let route = |server: &Running, path: &str| format!("/client/v4/accounts/{}{path}", server.account);
    let first = Running::start(&project, &kept);
    let token = first.token.clone();
    assert_eq!(first.ask("GET", &route(&first, "/d1/database"), &token).0, 200);
    first.end(&project);
    let path = project.path().join(".larder/token");
    assert_eq!(files::read_text(&path, 1024).unwrap(), format!("{token}\n"));
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);

    // What it may do is what the last start said, also after the account was emptied.
    project.run(&["local", "reset"]).exit(0);
    let narrow = Running::start(&project, &["--token", ".larder/token", "--permission", "D1 Read"]);
    assert_eq!(narrow.token, token);
    assert_eq!(narrow.ask("GET", &route(&narrow, "/d1/database"), &token).0, 200);
    assert_eq!(narrow.ask("GET", &route(&narrow, "/r2/buckets"), &token).0, 403);
    narrow.end(&project);
    let wide = Running::start(&project, &kept);
    assert_eq!(wide.ask("GET", &route(&wide, "/r2/buckets"), &token).0, 200);
    wide.end(&project);

    // Without it each start has its own, and the value is nowhere in the account.
    let own = Running::start(&project, &[]);
    assert_ne!(own.token, token);
    own.end(&project);
    for name in files::walk(&project.path().join(".larder/local")).unwrap() {
        let bytes = files::read_bytes(&project.path().join(".larder/local").join(&name), 1 << 24).unwrap();
        let holds = bytes.windows(token.len()).any(|part| part == token.as_bytes());
        assert!(!holds, "{}", name.display());
    }
}

#[test]
fn a_file_that_holds_something_else_is_neither_taken_nor_shown() {
    let project =
        Project::empty().file("short", "local_0123").file("real", "0123456789abcdefghij_ABCDEFGHIJ\n");
    let project = project.file("folder/x", "").file("empty", "");
    for name in ["short", "real", "empty"] {
        let output = project.run(&["local", "serve", "--port", "0", "--token", name]).exit(2);
        let refused = format!(
            "error: `[DIR]/{name}` holds no token of a local account, which is `local_` and 20 letters and digits or more\n\
             hint: name a file that is not there: a new token is written into it\n"
        );
        output.says("", &refused);
    }
    // One in the command line is neither shown once more nor written into a file of its name.
    let bare = "local_0123456789abcdef0123456789abcdef01234567";
    let refused = "error: `--token` takes a file, and was given what may be a token\n\
        hint: others can read a command line: name a file that holds the token, or one that is not there: a new token is \
        written into it\n";
    project.run(&["local", "serve", "--port", "0", "--token", bare]).exit(2).says("", refused);
    assert!(!project.path().join(bare).exists());
    project
        .run(&["local", "serve", "--port", "0", "--token", "folder"])
        .exit(2)
        .says("", "error: can't read `[DIR]/folder`: it is a folder, not a regular file\n");
    project
        .run(&["local", "serve", "--port", "0", "--token", "no/x"])
        .exit(2)
        .says("", "error: can't write `[DIR]/no/x`: No such file or directory (os error 2)\n");
}
