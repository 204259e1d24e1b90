//! AI Gateway calls.

use super::wire::Gateway;
use crate::http::{Call, Class, Client, CodeMeaning, Endpoint, Outcome, Paging, ReadError};
use serde_json::{Map, Value as Json};

const READ: &str = "AI Gateway Read";
const WRITE: &str = "AI Gateway Write";
const MISSING: &[(i64, CodeMeaning)] = &[(7002, CodeMeaning::NotFound)];

/// Gateways of the account.
pub static LIST: Endpoint = Endpoint {
    method: "GET",
    path: "/accounts/{account_id}/ai-gateway/gateways",
    permission: READ,
    class: Class::Read,
    doing: "list the gateways",
    meanings: &[],
};

pub static GET: Endpoint = Endpoint {
    method: "GET",
    path: "/accounts/{account_id}/ai-gateway/gateways/{gateway_id}",
    permission: READ,
    class: Class::Read,
    doing: "read the gateway",
    meanings: MISSING,
};

/// A new gateway. A taken id and a wrong field share one code (AIG-3).
pub static CREATE: Endpoint = Endpoint {
    method: "POST",
    path: "/accounts/{account_id}/ai-gateway/gateways",
    permission: WRITE,
    class: Class::Ensure,
    doing: "create the gateway",
    meanings: &[(7001, CodeMeaning::MayExist), MISSING[0]],
};

/// A gateway's whole new state (AIG-2).
pub static REPLACE: Endpoint = Endpoint {
    method: "PUT",
    path: "/accounts/{account_id}/ai-gateway/gateways/{gateway_id}",
    permission: WRITE,
    class: Class::Replace,
    doing: "update the gateway",
    meanings: MISSING,
};

/// A gateway with its logs.
pub static DELETE: Endpoint = Endpoint {
    method: "DELETE",
    path: "/accounts/{account_id}/ai-gateway/gateways/{gateway_id}",
    permission: WRITE,
    class: Class::Delete,
    doing: "delete the gateway",
    meanings: MISSING,
};

fn get(id: &str) -> Call {
    GET.call().path("gateway_id", id)
}

pub async fn list(client: &Client) -> Result<Vec<Gateway>, ReadError> {
    client.list_of(LIST.call(), Paging::Pages { per_page: 100 }, "").await
}

/// One gateway; its absence is an error.
pub async fn read(client: &Client, id: &str) -> Result<Gateway, ReadError> {
    client.read(get(id)).await
}

/// One gateway, if there is one.
pub async fn find(client: &Client, id: &str) -> Result<Option<Gateway>, ReadError> {
    client.find(get(id)).await
}

/// Creates a gateway; `fields` include its id.
pub async fn create(client: &Client, fields: Map<String, Json>) -> Outcome<Gateway> {
    client.write(CREATE.call().json(Json::Object(fields))).await
}

/// Replaces every field of a gateway; `fields` do not include its id.
pub async fn replace(client: &Client, id: &str, fields: Map<String, Json>) -> Outcome<Gateway> {
    client.write(REPLACE.call().path("gateway_id", id).json(Json::Object(fields))).await
}

/// Deletes a gateway and its logs.
pub async fn delete(client: &Client, id: &str) -> Outcome<()> {
    client.removal(&DELETE.call().path("gateway_id", id)).await
}
