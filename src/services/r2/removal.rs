//! What a bucket holds, and how it is emptied: the server deletes no bucket with objects (Cloudflare API notes 3.1).

use super::api;
use super::resource::Bucket;
use super::wire;
use crate::http::{Client, Outcome, ReadError};
use crate::op::{Context, Failure, Key};
use crate::reconcile::Removable;

/// As many as one page lists. Each costs a request, and the account has 1,200 in five minutes: to empty more is work for
/// a lifecycle rule.
const OBJECTS_MAX: usize = 1000;

impl Removable for Bucket {
    async fn content(client: &Client, key: &Key, live: &wire::Bucket) -> Result<Option<String>, ReadError> {
        let objects = api::objects(client, &live.name, key.jurisdiction.as_deref(), 1).await?;
        Ok((!objects.is_empty()).then(|| "objects".to_owned()))
    }

    async fn empty(context: &Context, key: &Key, live: &wire::Bucket) -> Result<usize, Failure> {
        let (client, place) = (&context.client, key.jurisdiction.as_deref());
        let listed = api::objects(client, &live.name, place, OBJECTS_MAX).await;
        let objects = match listed {
            Ok(objects) => objects,
            Err(ReadError::Rejected(error)) if error.is_gone() => return Ok(0),
            Err(error) => return Err(Failure::of_read(&key.name, error)),
        };
        if objects.len() == OBJECTS_MAX {
            return Err(Failure::refused_with_hint(
                "data",
                format!("`{}` holds {OBJECTS_MAX} objects or more, and each would be a request", key.name),
                "let a lifecycle rule of the bucket expire them, or empty it with an S3 client; then run again",
            ));
        }
        let mut emptied = 0;
        for object in objects {
            match api::delete_object(client, &live.name, place, &object).await {
                Outcome::Applied(()) => emptied += 1,
                Outcome::Rejected(error) if error.is_gone() => emptied += usize::from(error.follows_loss),
                Outcome::Rejected(error) => {
                    return Err(Failure::rejected(&key.name, error));
                }
                Outcome::NotSent(trouble) => return Err(Failure::of_trouble(&key.name, trouble)),
                Outcome::Unknown(trouble) => {
                    let left = api::objects(client, &live.name, place, OBJECTS_MAX).await;
                    if left.is_ok_and(|left| !left.contains(&object)) {
                        emptied += 1;
                    } else {
                        return Err(Failure::Unknown {
                            resource: format!("{}/{object}", key.name),
                            why: trouble.detail,
                            check: "run again: what is gone is left alone".into(),
                        });
                    }
                }
            }
        }
        Ok(emptied)
    }
}
