//! The ops of R2.

use super::api;
use super::resource::Bucket;
use crate::op::{Doc, Op};

/// Every op of the service.
pub static OPS: &[Op] = &[
    Op::ensure::<Bucket>(
        &[&api::LIST, &api::GET, &api::CREATE, &api::UPDATE],
        Doc {
            summary: "Makes sure that a bucket of this name exists, with the given storage class.",
            params: &[("name", "3 to 63 characters: lower-case letters, digits and `-`.")],
            example: r#"r2::ensure("avatars", #{ storage_class: "InfrequentAccess" }).storage_class"#,
            result: r#""InfrequentAccess""#,
        },
    ),
    Op::find::<Bucket>(
        &[&api::LIST],
        Doc {
            summary: "The bucket of this name, or `()`.",
            params: &[("name", "As in the account.")],
            example: r#"r2::ensure("logs", #{ jurisdiction: "eu" }); [r2::find("logs"), r2::find("logs", #{ jurisdiction: "eu" }).name]"#,
            result: r#"[(), "logs"]"#,
        },
    ),
    Op::list::<Bucket>(
        &[&api::LIST],
        Doc {
            summary: "All buckets of one jurisdiction, by name.",
            params: &[],
            example: r#"r2::ensure("resumes"); r2::ensure("avatars"); r2::list().map(|bucket| bucket.name)"#,
            result: r#"["avatars", "resumes"]"#,
        },
    ),
    Op::delete::<Bucket>(
        &[&api::LIST, &api::GET, &api::DELETE],
        Doc {
            summary: "Removes an empty bucket; one that is gone is fine.",
            params: &[("bucket", "Its handle or name.")],
            example: r#"let old = r2::ensure("old-exports"); r2::delete(old); r2::list().len"#,
            result: "0",
        },
    ),
];
