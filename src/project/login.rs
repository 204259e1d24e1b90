//! The login of wrangler. Its token is used while it is valid (WR-12).
//!
//! **Invariant:** the file is never written and the token never refreshed: the refresh token rotates, so refreshing
//! without writing back would log the developer out.

use crate::secret::Secret;
use crate::system::{Environment, files};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use std::path::PathBuf;
use thiserror::Error;

const LOGIN_FILE_BYTES_MAX: u64 = 64 * 1024;

/// A token that ends during the run is as bad as one that has ended.
const REMAINING_MIN: SignedDuration = SignedDuration::from_secs(60);

/// Why a login of wrangler is of no use.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LoginError {
    #[error("the login of wrangler in `{}` ended", path.display())]
    Expired { path: PathBuf },
    #[error("the login of wrangler in `{}` cannot be read", path.display())]
    Unreadable { path: PathBuf },
}

#[derive(Deserialize)]
struct LoginFile {
    oauth_token: Option<String>,
    expiration_time: Option<String>,
}

/// The token and when it ends; `None` if nobody is logged in.
pub(super) fn read(
    environment: &Environment,
    os: &str,
    now: Timestamp,
) -> Result<Option<(Secret, Timestamp)>, LoginError> {
    let Some(path) = login_file(environment, os).filter(|path| files::exists(path)) else { return Ok(None) };
    let unreadable = || LoginError::Unreadable { path: path.clone() };
    let text = files::read_text(&path, LOGIN_FILE_BYTES_MAX).map_err(|_| unreadable())?;
    let file: LoginFile = toml::from_str(&text).map_err(|_| unreadable())?;
    let Some(token) = file.oauth_token.filter(|token| !token.is_empty()) else { return Ok(None) };
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(unreadable());
    }
    let ends: Option<Timestamp> = file.expiration_time.and_then(|text| text.parse().ok());
    let ends = ends.filter(|ends: &Timestamp| ends.duration_since(now) > REMAINING_MIN);
    match ends {
        Some(ends) => Ok(Some((Secret::new(token), ends))),
        None => Err(LoginError::Expired { path }),
    }
}

/// Where wrangler keeps the login of its default profile.
fn login_file(environment: &Environment, os: &str) -> Option<PathBuf> {
    let home = environment.get(if os == "windows" { "USERPROFILE" } else { "HOME" }).map(PathBuf::from);
    let old = home.as_ref().map(|home| home.join(".wrangler")).filter(|folder| files::exists(folder));
    let xdg = environment.get("XDG_CONFIG_HOME").map(PathBuf::from);
    let base = match os {
        "macos" => home.map(|home| home.join("Library/Preferences")),
        "windows" => environment.get("APPDATA").map(|data| PathBuf::from(data).join("xdg.config")),
        _ => home.map(|home| home.join(".config")),
    };
    let folder = old.or_else(|| xdg.or(base).map(|base| base.join(".wrangler")))?;
    Some(folder.join("config/default.toml"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(os: &str, variables: &[(&str, &str)]) -> Option<String> {
        let path = login_file(&variables.iter().copied().collect(), os)?;
        Some(path.to_str().unwrap().replace('\\', "/"))
    }

    #[test]
    fn each_system_has_its_place() {
        let at = |text: &str| Some(text.to_owned());
        assert_eq!(place("linux", &[("HOME", "/h")]), at("/h/.config/.wrangler/config/default.toml"));
        assert_eq!(
            place("linux", &[("HOME", "/h"), ("XDG_CONFIG_HOME", "/x")]),
            at("/x/.wrangler/config/default.toml")
        );
        assert_eq!(
            place("macos", &[("HOME", "/h")]),
            at("/h/Library/Preferences/.wrangler/config/default.toml")
        );
        assert_eq!(place("windows", &[("APPDATA", "/a")]), at("/a/xdg.config/.wrangler/config/default.toml"));
        assert_eq!(place("linux", &[]), None);
    }

    #[test]
    fn a_login_without_an_end_or_with_a_minute_left_is_over() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join(".config/.wrangler/config");
        files::make_folder(&folder).unwrap();
        let path = folder.join("default.toml");
        let variables: Environment = [("HOME", home.path().to_str().unwrap())].into_iter().collect();
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let outcome = |text: &str| {
            files::write_whole(&path, text.as_bytes()).unwrap();
            read(&variables, "linux", now).map(|found| found.map(|(token, _)| token.expose().to_owned()))
        };
        let expired = Err(LoginError::Expired { path: path.clone() });
        assert_eq!(outcome("oauth_token = \"t\""), expired);
        assert_eq!(outcome("oauth_token = \"t\"\nexpiration_time = \"2026-01-01T00:01:00.000Z\""), expired);
        assert_eq!(
            outcome("oauth_token = \"t\"\nexpiration_time = \"2026-01-01T00:01:01.000Z\"\nscopes = [\"a\"]"),
            Ok(Some("t".into()))
        );
        assert_eq!(outcome("api_token = \"t\""), Ok(None));
        assert_eq!(outcome("oauth_token = "), Err(LoginError::Unreadable { path: path.clone() }));
    }
}
