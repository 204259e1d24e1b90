//! Vectorize calls. An index can be created and deleted, and never changed (VEC-1).

use super::wire::{Index, MetadataIndex, NewIndex};
use crate::http::{Class, Client, CodeMeaning, Endpoint, Outcome, Paging, ReadError};
use serde_json::Value as Json;

const READ: &str = "Vectorize Read";
const WRITE: &str = "Vectorize Write";
/// An index that was deleted a moment ago answers 410, which means the same.
const MISSING: &[(i64, CodeMeaning)] = &[(3000, CodeMeaning::NotFound)];

/// Indexes of the account.
pub static LIST: Endpoint = Endpoint {
    method: "GET",
    path: "/accounts/{account_id}/vectorize/v2/indexes",
    permission: READ,
    class: Class::Read,
    doing: "list the indexes",
    meanings: &[],
};

pub static GET: Endpoint = Endpoint {
    method: "GET",
    path: "/accounts/{account_id}/vectorize/v2/indexes/{index_name}",
    permission: READ,
    class: Class::Read,
    doing: "read the index",
    meanings: MISSING,
};

/// A new index; the name is unique (3002, VEC-5).
pub static CREATE: Endpoint = Endpoint {
    method: "POST",
    path: "/accounts/{account_id}/vectorize/v2/indexes",
    permission: WRITE,
    class: Class::Ensure,
    doing: "create the index",
    meanings: &[(3002, CodeMeaning::Exists), MISSING[0]],
};

/// An index with all its vectors.
pub static DELETE: Endpoint = Endpoint {
    method: "DELETE",
    path: "/accounts/{account_id}/vectorize/v2/indexes/{index_name}",
    permission: WRITE,
    class: Class::Delete,
    doing: "delete the index",
    meanings: MISSING,
};

/// How much an index holds.
pub static INFO: Endpoint = Endpoint {
    method: "GET",
    path: "/accounts/{account_id}/vectorize/v2/indexes/{index_name}/info",
    permission: READ,
    class: Class::Read,
    doing: "read the counts",
    meanings: MISSING,
};

/// The metadata indexes of an index.
pub static LIST_METADATA: Endpoint = Endpoint {
    method: "GET",
    path: "/accounts/{account_id}/vectorize/v2/indexes/{index_name}/metadata_index/list",
    permission: READ,
    class: Class::Read,
    doing: "list the metadata indexes",
    meanings: MISSING,
};

/// A new metadata index; it covers only vectors that are written after it.
pub static CREATE_METADATA: Endpoint = Endpoint {
    method: "POST",
    path: "/accounts/{account_id}/vectorize/v2/indexes/{index_name}/metadata_index/create",
    permission: WRITE,
    class: Class::Ensure,
    doing: "create a metadata index",
    meanings: MISSING,
};

pub async fn list(client: &Client) -> Result<Vec<Index>, ReadError> {
    client.list_of(LIST.call(), Paging::AsTold, "").await
}

/// One index by name.
pub async fn get(client: &Client, name: &str) -> Result<Option<Index>, ReadError> {
    client.find(GET.call().path("index_name", name)).await
}

pub async fn create(client: &Client, index: &NewIndex<'_>) -> Outcome<Index> {
    client.write(CREATE.call().json(serde_json::to_value(index).unwrap_or_default())).await
}

/// Deletes an index and all its vectors.
pub async fn delete(client: &Client, name: &str) -> Outcome<()> {
    client.removal(&DELETE.call().path("index_name", name)).await
}

/// `dimensions`, `vectorCount`, `processedUpToMutation`, `processedUpToDatetime`.
pub async fn info(client: &Client, name: &str) -> Result<Json, ReadError> {
    client.read(INFO.call().path("index_name", name)).await
}

/// Every metadata index of an index.
pub async fn list_metadata(client: &Client, name: &str) -> Result<Vec<MetadataIndex>, ReadError> {
    client.list_of(LIST_METADATA.call().path("index_name", name), Paging::AsTold, "metadataIndexes").await
}

/// Creates a metadata index.
pub async fn create_metadata(client: &Client, name: &str, index: &MetadataIndex) -> Outcome<()> {
    let body = serde_json::to_value(index).unwrap_or_default();
    client.outcome(&CREATE_METADATA.call().path("index_name", name).json(body)).await.map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::super::wire::Config;
    use super::*;
    use crate::services::scripted_server::{Recorded, ScriptedServer, block_on, no, recording};
    use serde_json::json;

    fn same_as(recording: &Recorded, index: &NewIndex) {
        let stage = ScriptedServer::new([recording.reply()]);
        let sent = block_on(create(&stage.context.client, index));
        assert_eq!(stage.canonical(), recording.canonical());
        match sent {
            Outcome::Applied(created) => assert_eq!(created.config.dimensions, Some(768)),
            Outcome::Rejected(error) => assert_eq!(error.meaning(), Some(CodeMeaning::Exists)),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn indexes_are_created_as_wrangler_creates_them() {
        let flat = Config { dimensions: Some(768), metric: Some("cosine".into()), ..Config::default() };
        let docs = NewIndex { name: "docs", description: None, config: flat };
        same_as(&recording!("vectorize-create"), &docs);
        same_as(&recording!("vectorize-create--exists"), &docs);
        let config = Config { preset: Some("@cf/baai/bge-base-en-v1.5".into()), ..Config::default() };
        let docs2 = NewIndex { name: "docs2", description: Some("hi"), config };
        same_as(&recording!("vectorize-create--preset"), &docs2);
    }

    #[test]
    fn metadata_indexes_are_created_as_wrangler_creates_them() {
        let recording = recording!("vectorize-create-metadata-index");
        let stage = ScriptedServer::new([recording.reply()]);
        let index = MetadataIndex { property_name: "url".into(), index_type: "string".into() };
        let sent = block_on(create_metadata(&stage.context.client, "docs", &index));
        assert!(matches!(sent, Outcome::Applied(())));
        assert_eq!(stage.canonical(), recording.canonical());
    }

    #[test]
    fn counts_are_read_as_wrangler_reads_them() {
        let recording = recording!("vectorize-info");
        let stage = ScriptedServer::new([recording.reply()]);
        let counts = block_on(info(&stage.context.client, "docs")).unwrap();
        assert_eq!(counts["vectorCount"], json!(0));
        assert_eq!(stage.canonical(), recording.canonical());
    }

    #[test]
    fn gone_and_not_found_are_both_absent() {
        for reply in [no(404, 3000), no(410, 0)] {
            let stage = ScriptedServer::new([reply]);
            assert!(block_on(get(&stage.context.client, "docs")).unwrap().is_none());
        }
        let stage = ScriptedServer::new([no(403, 10000)]);
        assert!(block_on(get(&stage.context.client, "docs")).is_err());
    }
}
