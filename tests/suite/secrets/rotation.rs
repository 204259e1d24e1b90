//! A token that somebody else keeps fresh, in a file or as wrangler's login: refused in the middle of a run, it is looked
//! up once more where it came from, and no more than once.

use super::*;
use secrecy::ExposeSecret;

const RECIPE: &str = "for name in [\"A\", \"B\", \"C\"] {\n    kv::ensure(name).id;\n}\n";

const REFUSAL: &str = r#"{"success":false,"errors":[{"code":10000,"message":"Authentication error"}],"messages":[],"result":null}"#;

/// Where a token is kept.
#[derive(Clone, Copy, Debug)]
enum Source {
    File,
    Login,
}

impl Source {
    fn path(self, project: &Project) -> PathBuf {
        project.path().join(match self {
            Source::File => "token",
            Source::Login => ".config/.wrangler/config/default.toml",
        })
    }

    /// Somebody puts a token there.
    fn keep(self, path: &Path, token: &str) {
        let text = match self {
            Source::File => format!("{token}\n"),
            Source::Login => {
                format!("oauth_token = \"{token}\"\nexpiration_time = \"2099-01-01T00:00:00.000Z\"\n")
            }
        };
        files::make_folder(path.parent().unwrap()).unwrap();
        files::write_whole(path, text.as_bytes()).unwrap();
    }

    /// A project whose token is only there.
    fn project(self, token: &str) -> Project {
        // An empty variable is none.
        let project = Project::new(PLAIN).recipe(RECIPE).served().env("CLOUDFLARE_API_TOKEN", "");
        let path = self.path(&project);
        self.keep(&path, token);
        match self {
            Source::File => project.env("CLOUDFLARE_API_TOKEN_FILE", path.to_str().unwrap()),
            Source::Login => project,
        }
    }
}

/// What was asked with which token, in order.
type Asked = Arc<Mutex<Vec<String>>>;

/// Points the project at the proxy; gives what it hears.
fn behind(
    project: Project,
    mut judge: impl FnMut(usize, &str) -> Verdict + Send + 'static,
) -> (Project, Asked) {
    let asked = Asked::default();
    let hears = asked.clone();
    let address = proxy::start(project.address(), move |seen| {
        let mut asked = hears.lock();
        asked.push(seen.token());
        judge(asked.len(), &seen.token())
    });
    (project.env("CLOUDFLARE_API_BASE_URL", &format!("http://{address}/client/v4")), asked)
}

fn titles(project: &Project) -> Vec<String> {
    let all = project.api("GET", "/storage/kv/namespaces", &serde_json::Value::Null);
    let mut all: Vec<_> =
        all.as_array().unwrap().iter().map(|one| one["title"].as_str().unwrap().to_owned()).collect();
    all.sort();
    all
}

/// Runs it with a token that is refused from request `at` on, when another one is there; gives how many requests it took
/// beside those that were refused.
fn rotated(source: Source, at: usize) -> usize {
    let project = source.project("not yet");
    let issue = || {
        let token = project.account().issue_token(&["Workers KV Storage Write"]).unwrap();
        token.expose_secret().to_owned()
    };
    let (old, fresh, path) = (issue(), issue(), source.path(&project));
    source.keep(&path, &old);
    let (spent, next) = (old.clone(), fresh.clone());
    let (project, asked) = behind(project, move |number, token| {
        if number == at {
            source.keep(&path, &next);
        }
        if number >= at && token == spent { Verdict::Answer(401, REFUSAL) } else { Verdict::Pass }
    });
    project.run(&["run", "main", "-e", "dev"]).exit(0).stdout_has("3 created");
    assert_eq!(titles(&project), ["A", "B", "C"], "{source:?} at {at}");
    let asked = asked.lock();
    // What was refused came again with the other one, as did all after it; the account check goes beside a listing, and
    // may arrive after that.
    let known = asked.len().min(at.saturating_sub(1));
    let refused = asked[known..].iter().filter(|token| **token == old).count();
    let others = asked[known..].iter().filter(|token| **token == fresh).count();
    let is_right = asked[..known].iter().all(|token| *token == old);
    assert!(
        is_right && refused <= 2 && known + refused + others == asked.len(),
        "{source:?} at {at}: {asked:#?}"
    );
    assert!(refused > 0 || at == usize::MAX, "{source:?} at {at}: {asked:#?}");
    asked.len() - refused
}

#[test]
fn a_token_that_is_replaced_during_a_run_is_looked_up_once_more() {
    for source in [Source::File, Source::Login] {
        let undisturbed = rotated(source, usize::MAX);
        assert!(undisturbed >= 5, "{undisturbed}");
        for at in 1..=undisturbed {
            // A read whose connection was closed beside the refusal is asked for once more.
            let taken = rotated(source, at);
            assert!(taken == undisturbed || taken == undisturbed + 1, "{source:?} at {at}: {taken}");
        }
    }
}

#[test]
fn a_token_is_not_looked_up_twice_and_none_of_them_is_said() {
    for source in [Source::File, Source::Login] {
        let names = ["first-t0ken-qwertzuiop", "second-t0ken-asdfghjkl", "third-t0ken-yxcvbnmpoi"];
        let project = source.project(names[0]);
        let path = source.path(&project);
        let (project, asked) = behind(project, move |_, token| {
            // Whenever it is looked into there is another one.
            let at = names.iter().position(|name| *name == token).unwrap();
            source.keep(&path, names[(at + 1).min(2)]);
            Verdict::Echo(401)
        });
        let output =
            project.command(&["run", "main", "-e", "dev", "-v", "--report", "report.json"]).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
        let mut seen = asked.lock().clone();
        seen.dedup();
        assert_eq!(seen[..2], names[..2], "{source:?}");
        assert!(!asked.lock().iter().any(|token| token == names[2]), "{source:?}: {asked:?}");
        let report = files::read_bytes(&project.path().join("report.json"), 1 << 20).unwrap();
        let said = [output.stdout, output.stderr, report].concat();
        assert!(String::from_utf8_lossy(&said).contains("no access with"), "the server is quoted");
        assert_eq!(leaks("said", &said, &names.map(str::to_owned)), [] as [String; 0]);
    }
}

#[test]
fn a_token_that_is_still_the_same_is_not_sent_again() {
    for source in [Source::File, Source::Login] {
        let project = source.project("only-token-0123456789");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let hears = asked.clone();
        let address = proxy::start(project.address(), move |seen| {
            hears.lock().push(format!("{} {}", seen.method, seen.target));
            Verdict::Pass
        });
        let project = project.env("CLOUDFLARE_API_BASE_URL", &format!("http://{address}/client/v4"));
        project.run(&["run", "main", "-e", "dev"]).exit(1);
        let asked = asked.lock();
        let once: std::collections::BTreeSet<&String> = asked.iter().collect();
        assert!(!asked.is_empty() && once.len() == asked.len(), "{source:?}: {asked:#?}");
    }
}
