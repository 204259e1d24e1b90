//! R2 calls. The jurisdiction is a namespace and is sent in a header of every call (R2-1).

use super::wire::{Bucket, NewBucket, Object};
use crate::http::{
    Call, Class, Client, CodeMeaning, Endpoint, Outcome, Paging, ReadError, TransportError,
    TransportErrorKind,
};

const READ: &str = "Workers R2 Storage Read";
const WRITE: &str = "Workers R2 Storage Write";
/// There is no such bucket.
pub const NO_BUCKET: i64 = 10006;

const MISSING: (i64, CodeMeaning) = (NO_BUCKET, CodeMeaning::NotFound);
const NOT_ENABLED: (i64, CodeMeaning) =
    (10042, CodeMeaning::Blocked("enable R2 for the account in the Cloudflare dashboard"));

/// Buckets of one jurisdiction.
pub static LIST: Endpoint = Endpoint {
    method: "GET",
    path: "/accounts/{account_id}/r2/buckets",
    permission: READ,
    class: Class::Read,
    doing: "list the buckets",
    meanings: &[NOT_ENABLED],
};

pub static GET: Endpoint = Endpoint {
    method: "GET",
    path: "/accounts/{account_id}/r2/buckets/{bucket_name}",
    permission: READ,
    class: Class::Read,
    doing: "read the bucket",
    meanings: &[MISSING, NOT_ENABLED],
};

/// A new bucket; the name is unique in its jurisdiction (10004, newer 10073; R2-14).
pub static CREATE: Endpoint = Endpoint {
    method: "POST",
    path: "/accounts/{account_id}/r2/buckets",
    permission: WRITE,
    class: Class::Ensure,
    doing: "create the bucket",
    meanings: &[(10004, CodeMeaning::Exists), (10073, CodeMeaning::Exists), MISSING, NOT_ENABLED],
};

/// Another storage class for objects to come.
pub static UPDATE: Endpoint = Endpoint {
    method: "PATCH",
    path: "/accounts/{account_id}/r2/buckets/{bucket_name}",
    permission: WRITE,
    class: Class::Replace,
    doing: "change the storage class",
    meanings: &[MISSING, NOT_ENABLED],
};

/// An empty bucket's end.
pub static DELETE: Endpoint = Endpoint {
    method: "DELETE",
    path: "/accounts/{account_id}/r2/buckets/{bucket_name}",
    permission: WRITE,
    class: Class::Delete,
    doing: "delete the bucket",
    meanings: &[
        MISSING,
        (
            10008,
            CodeMeaning::Blocked(
                "remove its objects, unfinished multipart uploads and event notification rules",
            ),
        ),
        NOT_ENABLED,
    ],
};

/// Objects of a bucket, a page at a time.
pub static LIST_OBJECTS: Endpoint = Endpoint {
    method: "GET",
    path: "/accounts/{account_id}/r2/buckets/{bucket_name}/objects",
    permission: READ,
    class: Class::Read,
    doing: "list the objects",
    meanings: &[MISSING],
};

/// The end of as many objects as a page lists, their keys in the body: documented nowhere, and used by other clients (R2-13).
pub static DELETE_OBJECTS: Endpoint = Endpoint {
    method: "DELETE",
    path: "/accounts/{account_id}/r2/buckets/{bucket_name}/objects",
    permission: WRITE,
    class: Class::Delete,
    doing: "delete the objects",
    meanings: &[MISSING],
};

pub static DELETE_OBJECT: Endpoint = Endpoint {
    method: "DELETE",
    path: "/accounts/{account_id}/r2/buckets/{bucket_name}/objects/{object_key}",
    permission: WRITE,
    class: Class::Delete,
    doing: "delete the object",
    meanings: &[(10007, CodeMeaning::NotFound), MISSING],
};

fn within(call: Call, jurisdiction: Option<&str>) -> Call {
    match jurisdiction {
        Some(jurisdiction) => call.header("cf-r2-jurisdiction", jurisdiction),
        None => call,
    }
}

/// Every bucket of a jurisdiction.
pub async fn list(client: &Client, jurisdiction: Option<&str>) -> Result<Vec<Bucket>, ReadError> {
    let call = within(LIST.call().query("per_page", 1000), jurisdiction);
    client.list_of(call, Paging::AsTold, "buckets").await
}

/// One bucket by name.
pub async fn get(
    client: &Client,
    name: &str,
    jurisdiction: Option<&str>,
) -> Result<Option<Bucket>, ReadError> {
    client.find(within(GET.call().path("bucket_name", name), jurisdiction)).await
}

pub async fn create(client: &Client, bucket: &NewBucket<'_>, jurisdiction: Option<&str>) -> Outcome<Bucket> {
    let body = serde_json::to_value(bucket).unwrap_or_default();
    client.write(within(CREATE.call().json(body), jurisdiction)).await
}

/// Sets the storage class, which travels in a header without a body; the answer may be empty (R2-4).
pub async fn set_storage_class(
    client: &Client,
    name: &str,
    class: &str,
    jurisdiction: Option<&str>,
) -> Outcome<Option<Bucket>> {
    let call = UPDATE.call().path("bucket_name", name).header("cf-r2-storage-class", class);
    let outcome = client.outcome(&within(call, jurisdiction)).await;
    outcome.map(|answer| serde_json::from_value(answer.result).ok())
}

/// Deletes an empty bucket.
pub async fn delete(client: &Client, name: &str, jurisdiction: Option<&str>) -> Outcome<()> {
    client.removal(&within(DELETE.call().path("bucket_name", name), jurisdiction)).await
}

/// As many objects as one page lists.
pub const OBJECTS_OF_PAGE: usize = 1000;

/// A page of objects.
pub struct Page {
    pub keys: Vec<String>,
    /// The cursor of the next page; `None` at the end.
    pub next: Option<String>,
}

/// A page of objects as they are now; the first without a `cursor`.
pub async fn objects(
    client: &Client,
    name: &str,
    jurisdiction: Option<&str>,
    cursor: Option<&str>,
) -> Result<Page, ReadError> {
    let call = LIST_OBJECTS.call().path("bucket_name", name).query("per_page", OBJECTS_OF_PAGE).fresh();
    let call = cursor.into_iter().fold(call, |call, cursor| call.query("cursor", cursor));
    let answer = client.answer(&within(call, jurisdiction)).await?;
    let listed: Vec<Object> = serde_json::from_value(answer.result).map_err(|error| {
        let trouble = TransportError::new(TransportErrorKind::Malformed, error.to_string());
        ReadError::Failed(TransportError { endpoint: Some(&LIST_OBJECTS), ..trouble })
    })?;
    let keys = listed.into_iter().map(|object| object.key).collect();
    Ok(Page { keys, next: answer.info.next_cursor().map(str::to_owned) })
}

/// Deletes the objects of these keys; how many the answer lists, or all where it is no list.
pub async fn delete_objects(
    client: &Client,
    name: &str,
    jurisdiction: Option<&str>,
    keys: &[String],
) -> Outcome<usize> {
    let call = DELETE_OBJECTS.call().path("bucket_name", name).json(keys.into());
    let outcome = client.outcome(&within(call, jurisdiction)).await;
    outcome.map(|answer| answer.result.as_array().map_or(keys.len(), Vec::len).min(keys.len()))
}

pub async fn delete_object(
    client: &Client,
    name: &str,
    jurisdiction: Option<&str>,
    key: &str,
) -> Outcome<()> {
    let call = DELETE_OBJECT.call().path("bucket_name", name).path("object_key", key);
    client.removal(&within(call, jurisdiction)).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::scripted_server::{Recorded, ScriptedServer, block_on, no, page, recording, yes};
    use serde_json::{Value as Json, json};

    fn same_as(recording: &Recorded, bucket: &NewBucket, jurisdiction: Option<&str>) {
        let stage = ScriptedServer::new([recording.reply()]);
        let sent = block_on(create(&stage.context.client, bucket, jurisdiction));
        assert_eq!(stage.canonical(), recording.canonical());
        match sent {
            Outcome::Applied(created) => assert_eq!(created.name, bucket.name),
            Outcome::Rejected(error) => assert_eq!(error.meaning(), Some(CodeMeaning::Exists)),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn buckets_are_created_as_wrangler_creates_them() {
        let bucket = |name| NewBucket { name, location_hint: None, storage_class: None };
        same_as(&recording!("r2-bucket-create"), &bucket("uploads"), None);
        same_as(&recording!("r2-bucket-create--exists"), &bucket("uploads"), None);
        same_as(&recording!("r2-bucket-create--jurisdiction"), &bucket("eu-data"), Some("eu"));
        let hot =
            NewBucket { name: "hot", location_hint: Some("weur"), storage_class: Some("InfrequentAccess") };
        same_as(&recording!("r2-bucket-create--location-class"), &hot, None);
    }

    #[test]
    fn a_listing_is_read_to_its_end() {
        let page = |name: &str, cursor: &str| {
            page(json!({"buckets": [{ "name": name }]}), json!({"cursor": cursor, "per_page": 1000}))
        };
        let stage = ScriptedServer::new([page("a", "next"), page("b", "")]);
        let names: Vec<String> = block_on(list(&stage.context.client, None))
            .unwrap()
            .into_iter()
            .map(|bucket| bucket.name)
            .collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!(
            stage.sent(),
            ["GET /r2/buckets?per_page=1000", "GET /r2/buckets?per_page=1000&cursor=next"]
        );
    }

    #[test]
    fn the_storage_class_travels_in_a_header() {
        let stage = ScriptedServer::new([yes(Json::Null)]);
        let sent = block_on(set_storage_class(&stage.context.client, "a", "InfrequentAccess", Some("eu")));
        assert!(matches!(sent, Outcome::Applied(None)));
        let canonical = format!("{:?}", stage.canonical());
        for header in [r#"("cf-r2-storage-class", "InfrequentAccess")"#, r#"("cf-r2-jurisdiction", "eu")"#] {
            assert!(canonical.contains(header), "{canonical}");
        }
        assert_eq!(stage.sent(), ["PATCH /r2/buckets/a"]);
    }

    #[test]
    fn a_bucket_that_is_not_empty_is_refused_with_the_way_out() {
        let stage = ScriptedServer::new([no(409, 10008)]);
        let Outcome::Rejected(error) = block_on(delete(&stage.context.client, "a", None)) else {
            panic!("not refused");
        };
        let failure = crate::op::Failure::rejected("a", error);
        assert_eq!(failure.to_string(), "can't delete the bucket for `a`: no");
        assert_eq!(
            failure.hint().as_deref(),
            Some("remove its objects, unfinished multipart uploads and event notification rules")
        );
    }
}
