//! KV calls.

use super::wire::{Bulk, Expires, Key, Namespace, Stored, Values};
use crate::http::{
    Class, Client, CodeMeaning, Endpoint, Outcome, Paging, ReadError, TransportError, TransportErrorKind,
};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

const READ: &str = "Workers KV Storage Read";
const WRITE: &str = "Workers KV Storage Write";
const MISSING: &[(i64, CodeMeaning)] = &[(10013, CodeMeaning::NotFound)];
const MISSING_KEY: &[(i64, CodeMeaning)] = &[(10009, CodeMeaning::NotFound)];

/// Namespaces of the account.
pub static LIST: Endpoint = Endpoint {
    method: "GET",
    path: "/accounts/{account_id}/storage/kv/namespaces",
    permission: READ,
    class: Class::Read,
    doing: "list the namespaces",
    meanings: &[],
};

/// A new namespace; the title is unique (10014, KV-1).
pub static CREATE: Endpoint = Endpoint {
    method: "POST",
    path: "/accounts/{account_id}/storage/kv/namespaces",
    permission: WRITE,
    class: Class::Ensure,
    doing: "create the namespace",
    meanings: &[(10014, CodeMeaning::Exists), MISSING[0]],
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

pub static GET_VALUE: Endpoint = Endpoint {
    method: "GET",
    path: "/accounts/{account_id}/storage/kv/namespaces/{namespace_id}/values/{key_name}",
    permission: READ,
    class: Class::Read,
    doing: "read the key",
    meanings: MISSING_KEY,
};

/// Many values, each with its expiration and metadata replaced.
pub static PUT_BULK: Endpoint = Endpoint {
    method: "PUT",
    path: "/accounts/{account_id}/storage/kv/namespaces/{namespace_id}/bulk",
    permission: WRITE,
    class: Class::Replace,
    doing: "write the keys",
    meanings: MISSING,
};

pub static DELETE_BULK: Endpoint = Endpoint {
    method: "POST",
    path: "/accounts/{account_id}/storage/kv/namespaces/{namespace_id}/bulk/delete",
    permission: WRITE,
    class: Class::Delete,
    doing: "delete the keys",
    meanings: MISSING,
};

/// Up to a hundred values as text.
pub static GET_BULK: Endpoint = Endpoint {
    method: "POST",
    path: "/accounts/{account_id}/storage/kv/namespaces/{namespace_id}/bulk/get",
    permission: READ,
    class: Class::Read,
    doing: "read the keys",
    meanings: MISSING,
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

/// What is written under one key; without `expires` it stays.
pub struct Put<'a> {
    pub bytes: &'a [u8],
    /// Whether it is text.
    pub is_text: bool,
    /// Until when it is there.
    pub expires: Option<Expires>,
    pub metadata: Option<&'a Json>,
}

pub async fn put_value(client: &Client, id: &str, key: &str, put: &Put<'_>) -> Outcome<()> {
    let mut call = PUT_VALUE.call().path("namespace_id", id).path("key_name", key);
    if let Some((name, number)) = put.expires.map(Expires::parameter) {
        call = call.query(name, number);
    }
    let content_type = if put.is_text { "text/plain;charset=UTF-8" } else { "application/octet-stream" };
    call = match put.metadata {
        None => call.bytes(content_type, put.bytes.to_vec()),
        Some(metadata) => {
            let metadata = metadata.to_string();
            let boundary = boundary(&[put.bytes, metadata.as_bytes()]);
            let mut body = Vec::new();
            for (name, bytes) in [("value", put.bytes), ("metadata", metadata.as_bytes())] {
                let head = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
                body.extend([head.as_bytes(), bytes, b"\r\n"].concat());
            }
            body.extend(format!("--{boundary}--\r\n").into_bytes());
            call.bytes(&format!("multipart/form-data; boundary={boundary}"), body)
        }
    };
    client.outcome(&call).await.map(|_| ())
}

/// A boundary that none of the parts contains.
fn boundary(parts: &[&[u8]]) -> String {
    let mut boundary = String::from("larder-part");
    let is_within = |part: &[u8], text: &str| part.windows(text.len()).any(|bytes| bytes == text.as_bytes());
    while parts.iter().any(|part| is_within(part, &boundary)) {
        boundary.push_str("-x");
    }
    boundary
}

/// Writes many keys; `pairs` is a JSON array.
pub async fn put_bulk(client: &Client, id: &str, pairs: String) -> Outcome<Bulk> {
    let call = PUT_BULK.call().path("namespace_id", id);
    client.write(call.bytes("application/json", pairs.into_bytes())).await
}

/// Deletes many keys, a JSON array; one that is not there is deleted, too.
pub async fn delete_bulk(client: &Client, id: &str, keys: String) -> Outcome<Bulk> {
    let call = DELETE_BULK.call().path("namespace_id", id);
    client.write(call.bytes("application/json", keys.into_bytes())).await
}

/// Which of up to a hundred keys are there, with their values as text.
pub async fn get_bulk(
    client: &Client,
    id: &str,
    keys: &[&str],
) -> Result<BTreeMap<String, Stored>, ReadError> {
    let body = json!({ "keys": keys, "type": "text", "withMetadata": true });
    let mut read: Values = client.read(GET_BULK.call().path("namespace_id", id).json(body)).await?;
    let mut found = BTreeMap::new();
    for key in keys {
        let value = read.values.remove(*key).unwrap_or_default();
        // What is wrong with it may be a secret.
        let stored: Option<Stored> = serde_json::from_value(value).map_err(|_| {
            let trouble = TransportError::new(
                TransportErrorKind::Malformed,
                format!("an unexpected value of the key `{key}`"),
            );
            ReadError::Failed(TransportError { endpoint: Some(&GET_BULK), ..trouble })
        })?;
        found.extend(stored.map(|stored| ((*key).to_owned(), stored)));
    }
    Ok(found)
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

/// Whether a namespace has a key at all; ten is the least that a page can hold (KV-4).
pub async fn has_keys(client: &Client, id: &str) -> Result<bool, ReadError> {
    let keys: Vec<Key> = client.read(LIST_KEYS.call().path("namespace_id", id).query("limit", 10)).await?;
    Ok(!keys.is_empty())
}

/// What a listing says of one key; `None` where it does not have it. It is the first that begins with its name.
pub async fn find_key(client: &Client, id: &str, key: &str) -> Result<Option<Key>, ReadError> {
    let call = LIST_KEYS.call().path("namespace_id", id).query("prefix", key).query("limit", 10);
    let keys: Vec<Key> = client.read(call).await?;
    Ok(keys.into_iter().find(|found| found.name == key))
}

/// Every key with that prefix.
pub async fn list_keys(client: &Client, id: &str, prefix: &str) -> Result<Vec<Key>, ReadError> {
    let mut call = LIST_KEYS.call().path("namespace_id", id);
    if !prefix.is_empty() {
        call = call.query("prefix", prefix);
    }
    client.list_of(call, Paging::AsTold, "").await
}
