//! The content of an index, for `destroy`.

use super::api;
use super::resource::Index;
use crate::http::{Client, ReadError};
use crate::op::Key;
use crate::reconcile::{Removable, Resource};

impl Removable for Index {
    /// A count that is not told is not zero.
    async fn content(
        client: &Client,
        key: &Key,
        _: &<Index as Resource>::Live,
    ) -> Result<Option<String>, ReadError> {
        Ok(match api::info(client, &key.name).await?["vectorCount"].as_u64() {
            Some(0) => None,
            Some(1) => Some("1 vector".to_owned()),
            Some(count) => Some(format!("{count} vectors")),
            None => Some("vectors that are not counted".to_owned()),
        })
    }
}
