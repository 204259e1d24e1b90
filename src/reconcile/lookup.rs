//! Reads one resource directly, without the listings of a pass.

use super::resource::Resource;
use super::rows::Rows;
use crate::http::{Client, ReadError, TransportErrorKind};
use crate::op::Key;

/// One, asked for afresh. Where the answer to that is about another, or none that can be used, the list decides.
pub(super) async fn look<R: Resource>(client: &Client, key: &Key) -> Result<Option<R::Live>, ReadError> {
    match R::probe(client, key).await {
        Ok(Some(live)) if R::name(&live) == key.name => Ok(Some(live)),
        Ok(None) => Ok(None),
        Err(ReadError::Failed(trouble))
            if !matches!(trouble.kind, TransportErrorKind::Malformed | TransportErrorKind::TooLarge) =>
        {
            Err(ReadError::Failed(trouble))
        }
        Err(error @ ReadError::Rejected(_)) => Err(error),
        Ok(Some(_)) | Err(ReadError::Failed(_)) => {
            let listed = R::list(client, key.jurisdiction.as_deref()).await?;
            Ok(Rows::<R>::of(listed)?.by_name.remove(&key.name))
        }
    }
}
