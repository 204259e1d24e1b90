//! The credentials of a run: an API token, the legacy key pair, or a login of wrangler that is still valid.
//!
//! **Invariant:** two sources at once are refused, never ranked; no value of a credential is in a message.

use super::login::{self, LoginError};
use crate::secret::Secret;
use crate::system::{Environment, files};
use jiff::Timestamp;
use std::io;
use std::path::PathBuf;
use thiserror::Error;

/// A token file holds one line.
const TOKEN_FILE_BYTES_MAX: u64 = 16 * 1024;

#[derive(Clone, Debug)]
pub enum Credentials {
    /// An API token.
    Token(Secret),
    /// The legacy pair: address of the account's holder and global key.
    Key { email: String, key: Secret },
    /// A token of `wrangler login`, read from its file and never refreshed, since that would log wrangler out.
    WranglerLogin { token: Secret, expires_at: Timestamp },
}

/// Why nobody can be asked as.
#[derive(Debug, Error)]
pub enum CredentialsError {
    #[error("no credentials\nhint: set `CLOUDFLARE_API_TOKEN` and `CLOUDFLARE_ACCOUNT_ID`{}; `larder token` says what the token has to be allowed, and `--local` needs neither", and_more(.legacy, .login.as_ref()))]
    NotSet { legacy: Vec<&'static str>, login: Option<LoginError> },
    #[error("both `{first}` and `{second}` are set\nhint: unset one of them")]
    Ambiguous { first: &'static str, second: &'static str },
    #[error(
        "`CLOUDFLARE_API_KEY` is set without `CLOUDFLARE_EMAIL`\nhint: the key needs the address, a token does not"
    )]
    KeyWithoutEmail,
    #[error(
        "`{variable}` holds a character that no credential has: a space, a line break or a control character"
    )]
    Malformed { variable: &'static str },
    #[error("cannot read the token file `{}`: {source}", path.display())]
    TokenFile { path: PathBuf, source: io::Error },
    #[error(
        "no credentials are used in a `pull_request_target` run: it holds the secrets of the repository while the files can be those of whoever opened the pull request\nhint: run on `pull_request`, where a fork gets no secrets"
    )]
    PullRequestTarget,
    #[error("the token file `{}` is empty", path.display())]
    TokenFileEmpty { path: PathBuf },
}

fn and_more(legacy: &[&'static str], login: Option<&LoginError>) -> String {
    let legacy = legacy.first().map(|name| format!(" (`{name}` is not read)"));
    let login = login.map(|trouble| format!("; {trouble}: `wrangler login` renews it"));
    [legacy, login].into_iter().flatten().collect()
}

const TOKEN: &str = "CLOUDFLARE_API_TOKEN";
const TOKEN_FILE: &str = "CLOUDFLARE_API_TOKEN_FILE";
const KEY: &str = "CLOUDFLARE_API_KEY";
const EMAIL: &str = "CLOUDFLARE_EMAIL";
const LEGACY: [&str; 2] = ["CF_API_TOKEN", "CF_API_KEY"];
const PROXIES: [&str; 6] =
    ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];

/// Every secret that these variables hold for Larder and what it is built of: credentials, also those that are not
/// read, and what proxies are reached with.
pub fn secrets(environment: &Environment) -> Vec<Secret> {
    let names = [TOKEN, KEY].into_iter().chain(LEGACY);
    let plain = names.filter_map(|name| environment.get(name)).map(|value| value.trim().to_owned());
    let proxies = PROXIES.into_iter().filter_map(|name| environment.get(name)).flat_map(of_proxy);
    plain.chain(proxies).map(Secret::new).collect()
}

/// The password of a proxy's URL, or the name where it stands for one, and both as they are sent.
fn of_proxy(url: &str) -> Vec<String> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let Some((user, _)) = authority.rsplit_once('@') else { return Vec::new() };
    let alone = user.split_once(':').map_or(user, |(_, password)| password);
    let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    [user, alone].into_iter().flat_map(|text| [text.to_owned(), decoded(text)]).collect()
}

/// Finds out who a run is; `now` decides whether a login is still valid.
pub fn resolve(environment: &Environment, now: Timestamp) -> Result<Credentials, CredentialsError> {
    if environment.get("GITHUB_EVENT_NAME") == Some("pull_request_target") {
        return Err(CredentialsError::PullRequestTarget);
    }
    let set: Vec<&'static str> =
        [TOKEN, TOKEN_FILE, KEY].into_iter().filter(|name| environment.get(name).is_some()).collect();
    if let [first, second, ..] = set[..] {
        return Err(CredentialsError::Ambiguous { first, second });
    }
    if let Some(token) = environment.get(TOKEN) {
        return Ok(Credentials::Token(secret(token, TOKEN)?));
    }
    if let Some(path) = environment.get(TOKEN_FILE) {
        return token_file(PathBuf::from(path)).map(Credentials::Token);
    }
    if let Some(key) = environment.get(KEY) {
        let email = environment.get(EMAIL).ok_or(CredentialsError::KeyWithoutEmail)?;
        let email = secret(email, EMAIL)?.expose().to_owned();
        return Ok(Credentials::Key { email, key: secret(key, KEY)? });
    }
    let login = match login::read(environment, std::env::consts::OS, now) {
        Ok(Some((token, expires_at))) => return Ok(Credentials::WranglerLogin { token, expires_at }),
        Ok(None) => None,
        Err(trouble) => Some(trouble),
    };
    let legacy = LEGACY.into_iter().filter(|name| environment.get(name).is_some()).collect();
    Err(CredentialsError::NotSet { legacy, login })
}

fn token_file(path: PathBuf) -> Result<Secret, CredentialsError> {
    let text = match files::read_text(&path, TOKEN_FILE_BYTES_MAX) {
        Ok(text) => text,
        Err(source) => return Err(CredentialsError::TokenFile { path, source }),
    };
    match text.trim_start_matches('\u{feff}').trim() {
        "" => Err(CredentialsError::TokenFileEmpty { path }),
        token => secret(token, TOKEN_FILE),
    }
}

/// What goes into a header, after the line break that a shell or an editor leaves at its end.
fn secret(value: &str, variable: &'static str) -> Result<Secret, CredentialsError> {
    let value = value.trim();
    if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(CredentialsError::Malformed { variable });
    }
    Ok(Secret::new(value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO_CREDENTIALS: &str =
        "no credentials\nhint: set `CLOUDFLARE_API_TOKEN` and `CLOUDFLARE_ACCOUNT_ID`";
    const AND_WITHOUT: &str =
        "; `larder token` says what the token has to be allowed, and `--local` needs neither";

    fn resolved(variables: &[(&str, &str)]) -> String {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        match resolve(&variables.iter().copied().collect(), now) {
            Ok(Credentials::Token(token)) => format!("token {}", token.expose()),
            Ok(Credentials::Key { email, key }) => format!("key {email} {}", key.expose()),
            Ok(Credentials::WranglerLogin { token, expires_at }) => {
                format!("login {} {expires_at}", token.expose())
            }
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn every_variable_that_may_hold_a_secret_is_known() {
        let variables = [
            (TOKEN, "t0ken\n"),
            ("CF_API_KEY", "legacy"),
            ("HTTPS_PROXY", "http://me:p%40ss@proxy.example:3128/"),
            ("all_proxy", "only@proxy"),
            ("http_proxy", "http://proxy.example:3128"),
        ];
        let found = secrets(&variables.into_iter().collect());
        let found: Vec<&str> = found.iter().map(Secret::expose).collect();
        assert_eq!(
            found,
            ["t0ken", "legacy", "me:p%40ss", "me:p@ss", "p%40ss", "p@ss", "only", "only", "only", "only"]
        );
    }

    #[test]
    fn each_source_alone_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        files::write_whole(&path, b"\xef\xbb\xbffrom-file\r\n").unwrap();
        assert_eq!(resolved(&[(TOKEN, " from-variable\n"), (EMAIL, "a@b.c")]), "token from-variable");
        assert_eq!(resolved(&[(TOKEN_FILE, path.to_str().unwrap())]), "token from-file");
        assert_eq!(resolved(&[(KEY, "k"), (EMAIL, "a@b.c")]), "key a@b.c k");
    }

    #[test]
    fn two_sources_are_refused() {
        let message =
            |first, second| format!("both `{first}` and `{second}` are set\nhint: unset one of them");
        assert_eq!(resolved(&[(TOKEN, "t"), (KEY, "k"), (EMAIL, "e")]), message(TOKEN, KEY));
        assert_eq!(resolved(&[(TOKEN, "t"), (TOKEN_FILE, "/x")]), message(TOKEN, TOKEN_FILE));
        assert_eq!(resolved(&[(TOKEN_FILE, "/x"), (KEY, "k")]), message(TOKEN_FILE, KEY));
    }

    #[test]
    fn what_is_missing_or_malformed_is_said_without_the_value() {
        assert_eq!(resolved(&[]), format!("{NO_CREDENTIALS}{AND_WITHOUT}"));
        assert_eq!(
            resolved(&[("CF_API_TOKEN", "t")]),
            format!("{NO_CREDENTIALS} (`CF_API_TOKEN` is not read){AND_WITHOUT}")
        );
        assert_eq!(
            resolved(&[(KEY, "k")]),
            "`CLOUDFLARE_API_KEY` is set without `CLOUDFLARE_EMAIL`\nhint: the key needs the address, a token does not"
        );
        for malformed in ["se cret", "se\ncret", "se\u{7f}cret", "sécret", "  "] {
            assert_eq!(
                resolved(&[(TOKEN, malformed)]),
                "`CLOUDFLARE_API_TOKEN` holds a character that no credential has: a space, a line break or a control character"
            );
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        files::write_whole(&path, b"\n").unwrap();
        assert_eq!(
            resolved(&[(TOKEN_FILE, path.to_str().unwrap())]),
            format!("the token file `{}` is empty", path.display())
        );
    }

    #[test]
    fn a_valid_login_is_used_and_an_ended_one_is_explained() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join(".wrangler/config");
        files::make_folder(&folder).unwrap();
        let path = folder.join("default.toml");
        let home = home.path().to_str().unwrap();
        let login = "oauth_token = \"oauth\"\nexpiration_time = \"2026-01-01T01:00:00.000Z\"\n";
        files::write_whole(&path, login.as_bytes()).unwrap();
        assert_eq!(resolved(&[("HOME", home)]), "login oauth 2026-01-01T01:00:00Z");
        assert_eq!(resolved(&[("HOME", home), (TOKEN, "t")]), "token t");
        files::write_whole(&path, login.replace("2026", "2025").as_bytes()).unwrap();
        assert_eq!(
            resolved(&[("HOME", home)]),
            format!(
                "{NO_CREDENTIALS}; the login of wrangler in `{}` ended: `wrangler login` renews it{AND_WITHOUT}",
                path.display()
            )
        );
    }
}
