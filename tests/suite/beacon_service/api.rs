//! Calls about beacons, and what is sent and received.

use larder::http::{Call, Class, Client, CodeMeaning, Endpoint, Outcome, Paging, ReadError};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

const fn endpoint(
    method: &'static str,
    path: &'static str,
    permission: &'static str,
    class: Class,
    doing: &'static str,
) -> Endpoint {
    let meanings = &[(9404, CodeMeaning::NotFound), (9409, CodeMeaning::Exists)];
    Endpoint { method, path, permission, class, doing, meanings }
}

const ALL: &str = "/accounts/{account_id}/signals/beacons";
const ONE: &str = "/accounts/{account_id}/signals/beacons/{beacon_id}";

pub static LIST: Endpoint = endpoint("GET", ALL, "Beacon Read", Class::Read, "list the beacons");
pub static CREATE: Endpoint = endpoint("POST", ALL, "Beacon Write", Class::Ensure, "create the beacon");
pub static REPLACE: Endpoint = endpoint("PUT", ONE, "Beacon Write", Class::Replace, "update the beacon");
/// An op of its own is its entry, this, its call and its local route.
pub static FLASH: Endpoint = endpoint("POST", FLASHES, "Beacon Write", Class::Raw, "flash the beacon");
pub static DELETE: Endpoint = endpoint("DELETE", ONE, "Beacon Write", Class::Delete, "delete the beacon");

const FLASHES: &str = "/accounts/{account_id}/signals/beacons/{beacon_id}/flashes";

/// A beacon as the account shows it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Shown {
    pub id: String,
    pub name: String,
    #[serde(default)]
    pub color: Option<String>,
}

fn one(endpoint: &'static Endpoint, id: &str) -> Call {
    endpoint.call().path("beacon_id", id)
}

pub async fn list(client: &Client) -> Result<Vec<Shown>, ReadError> {
    client.list_of(LIST.call(), Paging::AsTold, "").await
}

pub async fn create(client: &Client, name: &str, color: Option<&str>) -> Outcome<Shown> {
    client.write(CREATE.call().json(json!({ "name": name, "color": color }))).await
}

pub async fn replace(client: &Client, id: &str, body: Json) -> Outcome<Shown> {
    client.write(one(&REPLACE, id).json(body)).await
}

pub async fn flash(client: &Client, id: &str, times: i64) -> Outcome<Json> {
    client.write(one(&FLASH, id).json(json!({ "times": times }))).await
}

pub async fn delete(client: &Client, id: &str) -> Outcome<()> {
    client.removal(&one(&DELETE, id)).await
}
