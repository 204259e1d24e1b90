//! One comment of a pull request, found by its mark and rewritten in place.
//!
//! **Invariant:** only a comment of whoever asks is rewritten: others can write the mark, too.
//! **Invariant:** nothing is sent twice. Where the answer to a new comment is lost, the next run finds it by its mark.

use super::Workspace;
use crate::events::Problem;
use crate::http::{
    Class, Egress, Endpoint, Expects, Network, Proxies, RawResponse, Roots, Transport, WireRequest,
};
use crate::report::Comment;
use crate::secret::Secret;
use anyhow::{Context as _, anyhow};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use url::{Host, Url};

/// GitHub's API, where the runner does not name another.
const API: &str = "https://api.github.com";

/// So many comments come at once, fewer than GitHub gives, since each may be long; and so often is asked.
const PER_PAGE: usize = 50;
const PAGES_MAX: usize = 100;

const PERMISSION: &str = "the job needs `pull-requests: write` among its `permissions`; the token of a pull request from a \
                          fork or of Dependabot never has it";

const fn endpoint(method: &'static str, path: &'static str, class: Class, doing: &'static str) -> Endpoint {
    Endpoint { method, path, permission: "pull-requests", class, doing, meanings: &[] }
}

static LIST: Endpoint =
    endpoint("GET", "/repos/{repository}/issues/{number}/comments", Class::Read, "list the comments");
static USER: Endpoint = endpoint("GET", "/user", Class::Read, "ask whose token it is");
static CREATE: Endpoint =
    endpoint("POST", "/repos/{repository}/issues/{number}/comments", Class::Raw, "write the comment");
static UPDATE: Endpoint =
    endpoint("PATCH", "/repos/{repository}/issues/comments/{id}", Class::Replace, "rewrite the comment");

/// The pull request of a job, and the way to it.
pub struct PullRequest {
    network: Network,
    token: Secret,
    repository: String,
    number: u64,
}

/// What the list says of a comment.
#[derive(Deserialize)]
struct Listed {
    id: u64,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    user: Option<User>,
}

#[derive(Deserialize)]
struct User {
    login: String,
    #[serde(rename = "type", default)]
    kind: String,
}

impl PullRequest {
    /// The one of that number, in the repository of the job.
    pub fn of_job(place: &Workspace, number: u64) -> anyhow::Result<PullRequest> {
        let get = |name: &str| {
            let value = place.environment.get(name);
            value.ok_or_else(|| {
                anyhow!(
                    "`{name}` is not set\nhint: a job of GitHub Actions has it; `GITHUB_TOKEN` needs a line \
                     `GITHUB_TOKEN: ${{{{ github.token }}}}` below `env`"
                )
            })
        };
        let (repository, token) = (get("GITHUB_REPOSITORY")?, get("GITHUB_TOKEN")?);
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
        if !repository.chars().all(plain) || repository.matches('/').count() != 1 {
            return Err(anyhow!("`GITHUB_REPOSITORY` must be the name of an owner and of a repository"));
        }
        let token = Secret::new(token.to_owned());
        place.redactor.register(&token);
        Ok(PullRequest { network: network(place)?, token, repository: repository.to_owned(), number })
    }

    /// Rewrites the comment with this mark, or else, if `is_new_wanted`, makes it; gives its address if there is one.
    pub fn write(
        &self,
        comment: &Comment,
        is_new_wanted: bool,
    ) -> anyhow::Result<Result<Option<String>, Box<Problem>>> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        Ok(runtime.context("can't start the runtime")?.block_on(self.written(comment, is_new_wanted)))
    }

    async fn written(&self, comment: &Comment, is_new_wanted: bool) -> Result<Option<String>, Box<Problem>> {
        let body = json!({ "body": comment.text });
        let (endpoint, path) = match self.find(&comment.mark).await? {
            Some(id) => (&UPDATE, format!("/repos/{}/issues/comments/{id}", self.repository)),
            None if is_new_wanted => (&CREATE, self.comments()),
            None => return Ok(None),
        };
        let answer = self.ask(endpoint, path, &[], Some(&body)).await?;
        Ok(answer.get("html_url").and_then(Json::as_str).map(str::to_owned))
    }

    fn comments(&self) -> String {
        format!("/repos/{}/issues/{}/comments", self.repository, self.number)
    }

    /// The id of the first comment with the mark that belongs to the token.
    async fn find(&self, mark: &str) -> Result<Option<u64>, Box<Problem>> {
        let mut marked = Vec::new();
        for page in 1..=PAGES_MAX {
            let query = [("per_page", PER_PAGE.to_string()), ("page", page.to_string())];
            let listed = self.ask(&LIST, self.comments(), &query, None).await?;
            let listed: Vec<Listed> =
                serde_json::from_value(listed).map_err(|error| unusable(&LIST, &error.to_string()))?;
            let is_last = listed.len() < PER_PAGE;
            let is_marked =
                |one: &Listed| one.body.as_deref().and_then(|body| body.lines().next()) == Some(mark);
            marked.extend(listed.into_iter().filter(is_marked));
            if is_last {
                break;
            }
        }
        if marked.is_empty() {
            return Ok(None);
        }
        // The token of a job belongs to an app, which may not ask this.
        let asked = self.ask(&USER, USER.path.to_owned(), &[], None).await.ok();
        let login = asked.as_ref().and_then(|user| user["login"].as_str());
        let own = marked.iter().find(|one| match (&one.user, login) {
            (Some(user), Some(login)) => user.login == login,
            (Some(user), None) => user.kind == "Bot",
            (None, _) => false,
        });
        Ok(own.map(|one| one.id))
    }

    async fn ask(
        &self,
        endpoint: &'static Endpoint,
        path: String,
        query: &[(&str, String)],
        body: Option<&Json>,
    ) -> Result<Json, Box<Problem>> {
        let headers = [
            ("accept", "application/vnd.github+json".to_owned()),
            ("authorization", format!("Bearer {}", self.token.expose())),
            ("content-type", "application/json".to_owned()),
            ("x-github-api-version", "2022-11-28".to_owned()),
        ];
        let request = WireRequest {
            endpoint,
            path,
            query: query.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
            headers: headers.map(|(name, value)| (name.to_owned(), value)).into(),
            body: body.map(|body| body.to_string().into_bytes()).unwrap_or_default(),
            file: None,
            incoming: None,
            link: None,
            expects: Expects::Envelope,
        };
        let answer = self.network.send(request).await.map_err(|trouble| {
            let message =
                format!("can't {} of pull request {}: {}", endpoint.doing, self.number, trouble.detail);
            Box::new(Problem::new("unreachable", message))
        })?;
        let json = serde_json::from_slice(&answer.body);
        if !(200..300).contains(&answer.status) {
            return Err(Box::new(self.refused(endpoint, &answer, &json.unwrap_or_default())));
        }
        json.map_err(|error| unusable(endpoint, &error.to_string()))
    }

    fn refused(&self, endpoint: &Endpoint, answer: &RawResponse, json: &Json) -> Problem {
        let said = json["message"].as_str().map(|message| format!(": {message}")).unwrap_or_default();
        let message = format!(
            "can't {} of pull request {}: GitHub answered {}{said}",
            endpoint.doing, self.number, answer.status
        );
        let is_limited =
            answer.header("retry-after").is_some() || answer.header("x-ratelimit-remaining") == Some("0");
        let problem = Problem::new("rejected", message);
        match answer.status {
            403 | 429 if is_limited => {
                problem.with_hint("that is GitHub's rate limit: a later run writes the comment")
            }
            403 | 404 => problem.with_hint(PERMISSION),
            _ => problem,
        }
    }
}

fn unusable(endpoint: &Endpoint, detail: &str) -> Box<Problem> {
    let message = format!("can't {}: GitHub's answer is not what it should be: {detail}", endpoint.doing);
    Box::new(Problem::new("unreachable", message))
}

/// The way to the API that the runner names.
fn network(place: &Workspace) -> anyhow::Result<Network> {
    let environment = &place.environment;
    let url = Url::parse(environment.get("GITHUB_API_URL").unwrap_or(API))
        .context("`GITHUB_API_URL` is not a URL")?;
    let is_loopback = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    if url.scheme() != "https" && !(url.scheme() == "http" && is_loopback) {
        return Err(anyhow!("`GITHUB_API_URL` must begin with `https://`, or for this machine `http://`"));
    }
    let proxies = if is_loopback { Proxies::default() } else { Proxies::of(environment)? };
    if let Some(password) = proxies.password() {
        place.redactor.register(&password);
    }
    let egress = Egress { protocol: place.options.protocol, roots: Roots::of(environment), proxies };
    Ok(Network::new(url.as_str(), is_loopback, egress))
}
