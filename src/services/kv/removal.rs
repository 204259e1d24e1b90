//! The content of a namespace, for `destroy`.

use super::api;
use super::resource::Namespace;
use super::wire;
use crate::http::{Client, ReadError};
use crate::op::Key;
use crate::reconcile::Removable;

impl Removable for Namespace {
    async fn content(client: &Client, _: &Key, live: &wire::Namespace) -> Result<Option<String>, ReadError> {
        Ok(api::has_keys(client, &live.id).await?.then(|| "keys".to_owned()))
    }
}
