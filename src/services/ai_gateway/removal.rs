//! The content of a gateway, for `destroy`.

use super::resource::Gateway;
use crate::http::{Client, ReadError};
use crate::op::Key;
use crate::reconcile::{Removable, Resource};

impl Removable for Gateway {
    /// Its logs end by themselves.
    async fn content(
        _: &Client,
        _: &Key,
        _: &<Gateway as Resource>::Live,
    ) -> Result<Option<String>, ReadError> {
        Ok(None)
    }
}
