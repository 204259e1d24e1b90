//! Calls of any path below the account or one of its zones.

use super::path::Confined;
use crate::http::{Call, Class, Client, Endpoint, Outcome, ReadError};
use serde_json::Value as Json;

/// Which permission a path needs is known to Cloudflare alone.
const PERMISSION: &str = "the one that the path belongs to";

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
endpoint!(ZONE, "GET", "/zones/{zone_id}", Read, "read the zone");
endpoint!(ZONE_GET, "GET", "/zones/{zone_id}{path}", Read, "read the path");
endpoint!(ZONE_POST, "POST", "/zones/{zone_id}{path}", Raw, "post to the path");
endpoint!(ZONE_PUT, "PUT", "/zones/{zone_id}{path}", Raw, "put the path");
endpoint!(ZONE_PATCH, "PATCH", "/zones/{zone_id}{path}", Raw, "patch the path");
endpoint!(ZONE_DELETE, "DELETE", "/zones/{zone_id}{path}", Raw, "delete the path");

/// The endpoint of a method below the account, and the one below a zone.
pub struct Pair {
    /// Below the account.
    pub account: &'static Endpoint,
    /// Below a zone.
    pub zone: &'static Endpoint,
}

/// What reads it.
pub fn page(path: &Confined) -> Call {
    call(&Pair { account: &GET, zone: &ZONE_GET }, path, None)
}

/// Sends a write.
pub async fn send(client: &Client, pair: &Pair, path: &Confined, body: Option<Json>) -> Outcome<Json> {
    client.outcome(&call(pair, path, body)).await.map(|answer| answer.result)
}

fn call(pair: &Pair, path: &Confined, body: Option<Json>) -> Call {
    let mut call: Call = match &path.zone {
        None => pair.account.call(),
        Some(zone) => pair.zone.call().path("zone_id", zone),
    };
    call = call.rest("path", &path.rest);
    for (name, value) in &path.query {
        call = call.query(name, value);
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
