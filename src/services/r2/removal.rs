//! The content of a bucket, and how it is emptied: the server does not delete a bucket with objects (R2-5).

mod emptying;

use super::api;
use super::resource::Bucket;
use super::wire;
use crate::escape::numbers::grouped;
use crate::http::{Client, ReadError};
use crate::op::{Context, Failure, Key};
use crate::reconcile::Removable;
use emptying::Emptying;

/// Pages that are read to count what a bucket holds.
const PAGES_COUNTED_MAX: usize = 10;

impl Removable for Bucket {
    async fn content(client: &Client, key: &Key, live: &wire::Bucket) -> Result<Option<String>, ReadError> {
        let (mut objects, mut cursor) = (0, None);
        for _ in 0..PAGES_COUNTED_MAX {
            let page =
                api::objects(client, &live.name, key.jurisdiction.as_deref(), cursor.as_deref()).await?;
            objects += page.keys.len();
            cursor = page.next;
            if cursor.is_none() {
                return Ok((objects > 0).then(|| counted(objects)));
            }
        }
        Ok(Some(format!("{} or more objects", grouped(objects))))
    }

    async fn empty(context: &Context, key: &Key, live: &wire::Bucket) -> Result<usize, Failure> {
        Emptying::of(context, key, live).run().await
    }
}

/// `1,200 objects`.
fn counted(objects: usize) -> String {
    format!("{} {}", grouped(objects), if objects == 1 { "object" } else { "objects" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_counted_in_words() {
        let shown: Vec<String> = [1, 2, 999, 1_000, 12_345, 1_234_567].into_iter().map(counted).collect();
        let expected =
            ["1 object", "2 objects", "999 objects", "1,000 objects", "12,345 objects", "1,234,567 objects"];
        assert_eq!(shown, expected);
    }
}
