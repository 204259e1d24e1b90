//! KV calls.

use super::wire::{Key, Namespace};
use crate::http::{Class, Client, Endpoint, Meaning, Outcome, Paging, ReadError};
use serde_json::{Value as Json, json};

const READ: &str = "Workers KV Storage Read";
const WRITE: &str = "Workers KV Storage Write";
const MISSING: &[(i64, Meaning)] = &[(10013, Meaning::NotFound)];
const MISSING_KEY: &[(i64, Meaning)] = &[(10009, Meaning::NotFound)];

/// Namespaces of the account.
pub static LIST: Endpoint = Endpoint {
    method: "GET",
    path: "/accounts/{account_id}/storage/kv/namespaces",
    permission: READ,
    class: Class::Read,
    doing: "list the namespaces",
    meanings: &[],
};

/// A new namespace; the title is unique (10014).
pub static CREATE: Endpoint = Endpoint {
    method: "POST",
    path: "/accounts/{account_id}/storage/kv/namespaces",
    permission: WRITE,
    class: Class::Ensure,
    doing: "create the namespace",
    meanings: &[(10014, Meaning::Exists), MISSING[0]],
};

/// A namespace with all its keys.
pub static DELETE: Endpoint = Endpoint {
    method: "DELETE",
    path: "/accounts/{account_id}/storage/kv/namespaces/{namespace_id}",
    permission: WRITE,
    class: Class::Delete,
    doing: "delete the namespace",
    meanings: MISSING,
};

/// A value, with its expiration and metadata replaced.
pub static PUT_VALUE: Endpoint = Endpoint {
    method: "PUT",
    path: "/accounts/{account_id}/storage/kv/namespaces/{namespace_id}/values/{key_name}",
    permission: WRITE,
    class: Class::Replace,
    doing: "write the key",
    meanings: &[],
};

/// A value's bytes.
pub static GET_VALUE: Endpoint = Endpoint {
    method: "GET",
    path: "/accounts/{account_id}/storage/kv/namespaces/{namespace_id}/values/{key_name}",
    permission: READ,
    class: Class::Read,
    doing: "read the key",
    meanings: MISSING_KEY,
};

/// The keys of a namespace.
pub static LIST_KEYS: Endpoint = Endpoint {
    method: "GET",
    path: "/accounts/{account_id}/storage/kv/namespaces/{namespace_id}/keys",
    permission: READ,
    class: Class::Read,
    doing: "list the keys",
    meanings: MISSING,
};

/// Every namespace; the order keeps pages stable while they are read.
pub async fn list(client: &Client) -> Result<Vec<Namespace>, ReadError> {
    let call = LIST.call().query("order", "title").query("direction", "asc");
    client.list_of(call, Paging::Pages { per_page: 1000 }, "").await
}

/// Creates a namespace.
pub async fn create(client: &Client, title: &str, jurisdiction: Option<&str>) -> Outcome<Namespace> {
    let mut body = json!({ "title": title });
    if let Some(jurisdiction) = jurisdiction {
        body["jurisdiction"] = Json::from(jurisdiction);
    }
    client.write(CREATE.call().json(body)).await
}

/// Deletes a namespace and all its keys.
pub async fn delete(client: &Client, id: &str) -> Outcome<()> {
    client.removal(&DELETE.call().path("namespace_id", id)).await
}

/// Writes one key; without `ttl_seconds` it never expires.
pub async fn put_value(
    client: &Client,
    id: &str,
    key: &str,
    value: &str,
    ttl_seconds: Option<u64>,
    metadata: Option<&Json>,
) -> Outcome<()> {
    let mut call = PUT_VALUE.call().path("namespace_id", id).path("key_name", key);
    if let Some(ttl) = ttl_seconds {
        call = call.query("expiration_ttl", ttl);
    }
    call = match metadata {
        None => call.bytes("text/plain;charset=UTF-8", value.as_bytes().to_vec()),
        Some(metadata) => {
            let metadata = metadata.to_string();
            let boundary = boundary(&[value, &metadata]);
            let part = |name: &str, text: &str| {
                format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n")
            };
            let body = format!("{}{}--{boundary}--\r\n", part("value", value), part("metadata", &metadata));
            call.bytes(&format!("multipart/form-data; boundary={boundary}"), body.into_bytes())
        }
    };
    client.outcome(&call).await.map(|_| ())
}

/// A boundary that none of the parts contains.
fn boundary(parts: &[&str]) -> String {
    let mut boundary = String::from("larder-part");
    while parts.iter().any(|part| part.contains(&boundary)) {
        boundary.push_str("-x");
    }
    boundary
}

/// One key's bytes; `None` where it is missing.
pub async fn get_value(client: &Client, id: &str, key: &str) -> Result<Option<Vec<u8>>, ReadError> {
    let call = GET_VALUE.call().path("namespace_id", id).path("key_name", key).raw();
    match client.answer(&call).await {
        Ok(answer) => Ok(Some(answer.bytes)),
        Err(ReadError::Rejected(error)) if error.code() == 10009 => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether a namespace has a key at all; ten is the least that a page can hold (Cloudflare API notes 2.2).
pub async fn has_keys(client: &Client, id: &str) -> Result<bool, ReadError> {
    let keys: Vec<Key> = client.read(LIST_KEYS.call().path("namespace_id", id).query("limit", 10)).await?;
    Ok(!keys.is_empty())
}

/// Every key with that prefix.
pub async fn list_keys(client: &Client, id: &str, prefix: &str) -> Result<Vec<Key>, ReadError> {
    let mut call = LIST_KEYS.call().path("namespace_id", id);
    if !prefix.is_empty() {
        call = call.query("prefix", prefix);
    }
    client.list_of(call, Paging::AsTold, "").await
}
