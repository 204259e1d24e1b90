//! The ops of Vectorize.

use super::api;
use super::resource::Index;
use crate::op::{Call, Doc, Effect, Failure, NoOptions, Op, OpResult, ReturnShape, StartedOp, Typed, Value};
use crate::reconcile::Resource;
use std::marker::PhantomData;

/// Every op of the service.
pub static OPS: &[Op] = &[
    Op::ensure::<Index>(
        &[&api::LIST, &api::GET, &api::CREATE, &api::LIST_METADATA, &api::CREATE_METADATA],
        Doc {
            summary: "Makes sure that an index of this name exists, with these dimensions and metric.",
            params: &[("name", "1 to 64 characters: lower-case letters, digits and `-`.")],
            example: r#"vectorize::ensure("jobs", #{ dimensions: 768, metric: "cosine", metadata_indexes: #{ city: "string" } }).dimensions"#,
            result: "768",
        },
    ),
    Op::find::<Index>(
        &[&api::LIST],
        Doc {
            summary: "The index of this name, or `()`.",
            params: &[("name", "As in the account.")],
            example: r#"vectorize::ensure("jobs", #{ preset: "@cf/baai/bge-base-en-v1.5" }); vectorize::find("jobs").metric"#,
            result: r#""cosine""#,
        },
    ),
    Op::list::<Index>(
        &[&api::LIST],
        Doc {
            summary: "All indexes of the account, by name.",
            params: &[],
            example: r#"let three = #{ dimensions: 3, metric: "euclidean" }; vectorize::ensure("b", three); vectorize::ensure("a", three); vectorize::list().map(|index| index.name)"#,
            result: r#"["a", "b"]"#,
        },
    ),
    Op::delete::<Index>(
        &[&api::LIST, &api::GET, &api::DELETE],
        Doc {
            summary: "Removes an index with all its vectors; one that is gone is fine.",
            params: &[("index", "Its handle or name.")],
            example: r#"vectorize::ensure("old", #{ dimensions: 3, metric: "cosine" }); vectorize::delete("old"); vectorize::list().len"#,
            result: "0",
        },
    ),
    Op {
        service: "vectorize",
        name: "info",
        receiver: Some(Index::HANDLE),
        effect: Effect::Read,
        shape: ReturnShape::Data("map"),
        endpoints: &[&api::INFO],
        doc: Doc {
            summary: "How much an index holds: `dimensions`, `vectorCount`, `processedUpToMutation`, `processedUpToDatetime`.",
            params: &[],
            example: r#"vectorize::ensure("jobs", #{ dimensions: 768, metric: "cosine" }).info().vectorCount"#,
            result: "0",
        },
        run: &Typed(info, PhantomData),
    },
];

fn info(call: Call, (): (), _: NoOptions) -> Result<StartedOp, Failure> {
    let receiver = call.receiver.ok_or_else(|| Failure::Bug("a method without its receiver".into()))?;
    let context = call.context;
    Ok(StartedOp::on("vectorize", receiver, move |index| async move {
        let found = api::info(&context.client, index.text("id")).await;
        let found = found.map_err(|error| Failure::of_read(index.text("name"), error))?;
        Ok(OpResult::unchanged(Value::from(found)))
    }))
}
