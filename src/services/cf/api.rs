//! Calls of any path below the account or one of its zones.

use super::path::{ConfinedPath, PathScope};
use crate::http::{ApiError, Call, Class, Client, Endpoint, Outcome, ReadError};
use serde_json::Value as Json;

/// Which permission a path needs is known to Cloudflare alone.
const PERMISSION: &str = "the one that the path belongs to";

/// What the API says of a path that it has not (API-7).
pub const NO_ROUTE: i64 = 7003;

/// What the local account says of a path that has other methods (API-8).
pub const NO_METHOD: i64 = 10405;

/// That a bucket has no CORS rules, with a status that is not known for certain (R2-6).
const NO_CORS_RULES: i64 = 10059;

macro_rules! endpoint {
    ($name:ident, $method:literal, $path:literal, $class:ident, $doing:literal) => {
        #[doc = concat!($method, " below `", $path, "`.")]
        pub static $name: Endpoint = Endpoint {
            method: $method,
            path: $path,
            permission: PERMISSION,
            class: Class::$class,
            doing: $doing,
            meanings: &[],
        };
    };
}

endpoint!(GET, "GET", "/accounts/{account_id}{path}", Read, "read the path");
endpoint!(POST, "POST", "/accounts/{account_id}{path}", Raw, "post to the path");
endpoint!(PUT, "PUT", "/accounts/{account_id}{path}", Raw, "put the path");
endpoint!(PATCH, "PATCH", "/accounts/{account_id}{path}", Raw, "patch the path");
endpoint!(DELETE, "DELETE", "/accounts/{account_id}{path}", Raw, "delete the path");
endpoint!(CONVERGE_PUT, "PUT", "/accounts/{account_id}{path}", Guarded, "put the path");
endpoint!(CONVERGE_PATCH, "PATCH", "/accounts/{account_id}{path}", Guarded, "patch the path");
endpoint!(ZONES, "GET", "/zones", Read, "list the zones");
endpoint!(ZONE, "GET", "/zones/{zone_id}", Read, "read the zone");
endpoint!(ZONE_GET, "GET", "/zones/{zone_id}{path}", Read, "read the path");
endpoint!(ZONE_POST, "POST", "/zones/{zone_id}{path}", Raw, "post to the path");
endpoint!(ZONE_PUT, "PUT", "/zones/{zone_id}{path}", Raw, "put the path");
endpoint!(ZONE_PATCH, "PATCH", "/zones/{zone_id}{path}", Raw, "patch the path");
endpoint!(ZONE_CONVERGE_PUT, "PUT", "/zones/{zone_id}{path}", Guarded, "put the path");
endpoint!(ZONE_CONVERGE_PATCH, "PATCH", "/zones/{zone_id}{path}", Guarded, "patch the path");
endpoint!(ZONE_DELETE, "DELETE", "/zones/{zone_id}{path}", Raw, "delete the path");

/// The endpoint of a method below the account, and the one below a zone.
#[derive(Clone, Copy)]
pub struct Pair {
    /// Below the account.
    pub account: &'static Endpoint,
    /// Below a zone.
    pub zone: &'static Endpoint,
}

/// What reads it; of zones, those of the account.
pub fn page(path: &ConfinedPath, account: &str) -> Call {
    let call = call(&Pair { account: &GET, zone: &ZONE_GET }, path, None);
    match path.within {
        PathScope::Zones if path.query.iter().all(|(name, _)| name != "account.id") => {
            call.query("account.id", account)
        }
        _ => call,
    }
}

/// What is there now.
pub async fn look(client: &Client, path: &ConfinedPath) -> Result<Option<Json>, ReadError> {
    match client.answer(&page(path, client.account())).await {
        Ok(answer) => Ok(Some(answer.result)),
        Err(ReadError::Rejected(error)) if is_absent(path, &error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether nothing is there; a path that no route has is none of something that could be made.
fn is_absent(path: &ConfinedPath, error: &ApiError) -> bool {
    let is_of_bucket = path.rest.starts_with("/r2/buckets/");
    (error.is_gone() && !error.has_code(NO_ROUTE)) || (is_of_bucket && error.has_code(NO_CORS_RULES))
}

pub async fn send(client: &Client, pair: &Pair, path: &ConfinedPath, body: Option<Json>) -> Outcome<Json> {
    client.outcome(&call(pair, path, body)).await.map(|answer| answer.result)
}

fn call(pair: &Pair, path: &ConfinedPath, body: Option<Json>) -> Call {
    let mut call: Call = match &path.within {
        PathScope::Account => pair.account.call().rest("path", &path.rest),
        PathScope::Zone(zone) => pair.zone.call().path("zone_id", zone).rest("path", &path.rest),
        PathScope::Zones => ZONES.call(),
    };
    for (name, value) in &path.query {
        call = call.query(name, value);
    }
    for (name, value) in &path.headers {
        call = call.header(name, value);
    }
    if let Some(body) = body {
        call = call.json(body);
    }
    call
}

/// The account that a zone belongs to.
pub async fn account_of_zone(client: &Client, zone: &str) -> Result<String, ReadError> {
    let found: Json = client.read(ZONE.call().path("zone_id", zone)).await?;
    Ok(found["account"]["id"].as_str().unwrap_or_default().to_owned())
}
