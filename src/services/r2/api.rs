//! R2 calls. The jurisdiction is a name space and travels in a header of every call (Cloudflare API notes 16, 5).

use super::wire::{Bucket, NewBucket};
use crate::http::{Call, Class, Client, Endpoint, Meaning, Outcome, Paging, ReadError};

const READ: &str = "Workers R2 Storage Read";
const WRITE: &str = "Workers R2 Storage Write";
const MISSING: (i64, Meaning) = (10006, Meaning::NotFound);
const NOT_ENABLED: (i64, Meaning) =
    (10042, Meaning::Blocked("enable R2 for the account in the Cloudflare dashboard"));

/// Buckets of one jurisdiction.
pub static LIST: Endpoint = Endpoint {
    method: "GET",
    path: "/accounts/{account_id}/r2/buckets",
    permission: READ,
    class: Class::Read,
    doing: "list the buckets",
    meanings: &[NOT_ENABLED],
};

/// One bucket.
pub static GET: Endpoint = Endpoint {
    method: "GET",
    path: "/accounts/{account_id}/r2/buckets/{bucket_name}",
    permission: READ,
    class: Class::Read,
    doing: "read the bucket",
    meanings: &[MISSING, NOT_ENABLED],
};

/// A new bucket; the name is unique in its jurisdiction (10004, newer 10073).
pub static CREATE: Endpoint = Endpoint {
    method: "POST",
    path: "/accounts/{account_id}/r2/buckets",
    permission: WRITE,
    class: Class::Ensure,
    doing: "create the bucket",
    meanings: &[(10004, Meaning::Exists), (10073, Meaning::Exists), NOT_ENABLED],
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
            Meaning::Blocked("remove its objects, unfinished multipart uploads and event notification rules"),
        ),
        NOT_ENABLED,
    ],
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
    client.list_of(call, Paging::Cursor, "buckets").await
}

/// One bucket by name.
pub async fn get(
    client: &Client,
    name: &str,
    jurisdiction: Option<&str>,
) -> Result<Option<Bucket>, ReadError> {
    client.find(within(GET.call().path("bucket_name", name), jurisdiction)).await
}

/// Creates a bucket.
pub async fn create(client: &Client, bucket: &NewBucket<'_>, jurisdiction: Option<&str>) -> Outcome<Bucket> {
    let body = serde_json::to_value(bucket).unwrap_or_default();
    client.write(within(CREATE.call().json(body), jurisdiction)).await
}

/// Sets the storage class, which travels in a header without a body; the answer may be empty (Cloudflare API notes
/// 3.1).
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
    let call = within(DELETE.call().path("bucket_name", name), jurisdiction);
    client.outcome(&call).await.map(|_| ())
}
