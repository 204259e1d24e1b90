//! The ops of KV.

mod bulk;
mod ensured;
mod arguments;
mod send;

use super::api;
use super::entry::{Beside, Entry, broken_rule};
use super::planned_values::{is_new, remembered};
use super::resource::Namespace;
use super::secret_keys::SecretKeys;
use crate::events::Action;
use crate::http::{ReadError, TransportErrorKind};
use crate::op::{
    Call, Doc, Effect, Failure, HandleOrId, Op, OpResult, OptionMap, ReturnShape, StartedOp, Typed, Value,
};
use crate::reconcile::Resource;
use crate::services::written;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use schemars::JsonSchema;
use serde::Deserialize;
use std::marker::PhantomData;

/// No text of a recipe is longer.
const TEXT_BYTES_MAX: usize = 1 << 20;

/// Every op of the service.
pub static OPS: &[Op] = &[
    Op::ensure::<Namespace>(
        &[&api::LIST, &api::CREATE],
        Doc {
            summary: "Makes sure that a namespace of this title exists.",
            params: &[("title", "Unique in the account, 1 to 512 bytes.")],
            example: r#"kv::ensure("SESSIONS").title"#,
            result: r#""SESSIONS""#,
        },
    ),
    Op::find::<Namespace>(
        &[&api::LIST],
        Doc {
            summary: "The namespace of this title, or `()`.",
            params: &[("title", "As in the account.")],
            example: r#"kv::find("SESSIONS")"#,
            result: "()",
        },
    ),
    Op::list::<Namespace>(
        &[&api::LIST],
        Doc {
            summary: "All namespaces of the account, by title.",
            params: &[],
            example: r#"kv::ensure("B"); kv::ensure("A"); kv::list().map(|ns| ns.title)"#,
            result: r#"["A", "B"]"#,
        },
    ),
    Op::delete::<Namespace>(
        &[&api::LIST, &api::DELETE],
        Doc {
            summary: "Removes a namespace with all its keys; one that is gone is fine.",
            params: &[("namespace", "Its handle or title.")],
            example: r#"kv::ensure("OLD"); kv::delete("OLD"); kv::list().len"#,
            result: "0",
        },
    ),
    Op {
        service: "kv",
        name: "put",
        receiver: Some(Namespace::HANDLE),
        effect: Effect::Write,
        shape: ReturnShape::Written(Namespace::HANDLE),
        endpoints: &[&api::PUT_VALUE],
        doc: Doc {
            summary: "Writes one key, with its expiration and metadata replaced.",
            params: &[
                ("key", "1 to 512 bytes, not `.` or `..`."),
                (
                    "value",
                    "Text, or a secret. A text of a recipe has at most 1 MiB: what is longer goes into several keys, or is put with wrangler, up to 25 MiB.",
                ),
            ],
            example: r#"let ns = kv::ensure("S"); ns.put("greeting", "hello", #{ ttl: 3600 }); ns.get("greeting")"#,
            result: r#""hello""#,
        },
        run: &Typed(put, PhantomData),
    },
    Op {
        service: "kv",
        name: "get",
        receiver: Some(Namespace::HANDLE),
        effect: Effect::Read,
        shape: ReturnShape::Data("string or ()"),
        endpoints: &[&api::GET_VALUE],
        doc: Doc {
            summary: "The text under a key, or `()` where there is none; what another place has written may take 60 seconds to be seen. What this run has put from a secret is a secret. A text of a recipe has at most 1 MiB: a longer value is read with wrangler.",
            params: &[("key", "As it was written.")],
            example: r#"kv::ensure("S").get("absent")"#,
            result: "()",
        },
        run: &Typed(get, PhantomData),
    },
    Op {
        service: "kv",
        name: "put_all",
        receiver: Some(Namespace::HANDLE),
        effect: Effect::Write,
        shape: ReturnShape::Written(Namespace::HANDLE),
        endpoints: &[&api::PUT_BULK],
        doc: Doc {
            summary: "Writes many keys, up to 10,000 in one request, each with its expiration and metadata replaced.",
            params: &[(
                "entries",
                "A map from keys to text, secrets, or maps with `value` and the options of `put`; all texts of one map together have at most 1 MiB.",
            )],
            example: r#"let ns = kv::ensure("S"); ns.put_all(#{ a: "1", "b/2": #{ value: "2", ttl: 3600, metadata: #{ by: "ci" } } }); ns.keys(#{ prefix: "b/" }).map(|k| k.metadata.by)"#,
            result: r#"["ci"]"#,
        },
        run: &Typed(bulk::put_all, PhantomData),
    },
    Op {
        service: "kv",
        name: "delete_keys",
        receiver: Some(Namespace::HANDLE),
        effect: Effect::Write,
        shape: ReturnShape::Written(Namespace::HANDLE),
        endpoints: &[&api::DELETE_BULK],
        doc: Doc {
            summary: "Deletes many keys, up to 10,000 in one request; one that is not there is fine.",
            params: &[("keys", "A list of keys.")],
            example: r#"let ns = kv::ensure("S"); ns.put_all(#{ a: "1", b: "2" }); ns.delete_keys(["a", "none"]); ns.keys().map(|k| k.name)"#,
            result: r#"["b"]"#,
        },
        run: &Typed(bulk::delete_keys, PhantomData),
    },
    Op {
        service: "kv",
        name: "ensure_entries",
        receiver: Some(Namespace::HANDLE),
        effect: Effect::Ensure,
        shape: ReturnShape::Written(Namespace::HANDLE),
        endpoints: &[&api::GET_BULK, &api::GET_VALUE, &api::LIST_KEYS, &api::PUT_BULK],
        doc: Doc {
            summary: "Makes sure that keys have these values: reads them, 100 in one request, and writes those that differ, up to 10,000 in one. Values are text, and `ttl` and `expiration` are not compared; metadata and an expiration that the map does not name stay. What was written elsewhere may take 60 seconds to be read: until then it may be written again, with the same values.",
            params: &[("entries", "As for `put_all`, without `base64`.")],
            example: r#"let ns = kv::ensure("S"); ns.put("a", "1"); ns.ensure_entries(#{ a: "1", b: "2" }); ns.get("b")"#,
            result: r#""2""#,
        },
        run: &Typed(ensured::ensure_entries, PhantomData),
    },
    Op {
        service: "kv",
        name: "keys",
        receiver: Some(Namespace::HANDLE),
        effect: Effect::Read,
        shape: ReturnShape::Data("array of maps"),
        endpoints: &[&api::LIST_KEYS],
        doc: Doc {
            summary: "The keys of a namespace, each with `name`, and `expiration` and `metadata` where it has them.",
            params: &[],
            example: r#"let ns = kv::ensure("S"); ns.put("a/1", "x"); ns.put("b", "y"); ns.keys(#{ prefix: "a/" }).map(|k| k.name)"#,
            result: r#"["a/1"]"#,
        },
        run: &Typed(keys, PhantomData),
    },
];

fn put(call: Call, (key, value): (String, Value), beside: Beside) -> Result<StartedOp, Failure> {
    check_key(&key)?;
    let context = call.context;
    let entry = Entry::of_put(value, beside, context.client.clock().now())?;
    let receiver = receiver(call.receiver)?;
    let memory = remembered(&context, &receiver).map(|memory| (memory, key.clone(), entry.clone()));
    let subject = key.clone();
    let started = StartedOp::on("kv", receiver, move |namespace| async move {
        if entry.is_secret() {
            SecretKeys::of(&context, &namespace).note(&key);
        }
        let bytes = entry.bytes();
        let (is_text, metadata) = (entry.text().is_some(), entry.metadata.as_ref());
        let put = api::Put { bytes: &bytes, is_text, expires: entry.expires, metadata };
        let sent = api::put_value(&context.client, namespace.text("id"), &key, &put).await;
        written(namespace.text("name"), sent)?;
        Ok(OpResult::written(Value::Unit, Action::Write))
    });
    let started = started.about(subject);
    let Some((memory, name, entry)) = memory else { return Ok(started) };
    Ok(started.playing(move |_| async move {
        memory.kept().put(&name, entry);
        Ok(Some(OpResult::default()))
    }))
}

/// Options of `get`.
#[derive(Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields)]
struct GetOptions {
    /// The value as base64, whatever its bytes are; `false` when left out.
    #[serde(default)]
    base64: bool,
}

impl OptionMap for GetOptions {}

fn get(call: Call, (key,): (String,), options: GetOptions) -> Result<StartedOp, Failure> {
    check_key(&key)?;
    let (context, receiver) = (call.context, receiver(call.receiver)?);
    let memory = remembered(&context, &receiver);
    let started = StartedOp::on("kv", receiver, move |namespace| async move {
        let kept = memory.as_ref().and_then(|memory| memory.kept().get(&memory.of, &key));
        let bytes = match kept {
            Some(kept) => kept?,
            None if memory.is_some() && is_new(&context, &namespace) => None,
            None => {
                let found = api::get_value(&context.client, namespace.text("id"), &key).await;
                found.map_err(|error| match error {
                    ReadError::Failed(trouble) if trouble.kind == TransportErrorKind::TooLarge => {
                        too_long(&key)
                    }
                    error => Failure::of_read(namespace.text("name"), error),
                })?
            }
        };
        let Some(bytes) = bytes else { return Ok(OpResult::unchanged(Value::Unit)) };
        let length = if options.base64 { bytes.len().div_ceil(3) * 4 } else { bytes.len() };
        if length > TEXT_BYTES_MAX {
            return Err(too_long(&key));
        }
        let sealed = SecretKeys::of(&context, &namespace);
        if options.base64 {
            return Ok(OpResult::unchanged(sealed.seen(&key, STANDARD.encode(bytes))));
        }
        let text = String::from_utf8(bytes).map_err(|_| {
            let hint = "`get(key, #{ base64: true })` gives its bytes as base64";
            Failure::refused_with_hint("value", format!("the value of `{key}` is not text"), hint)
        })?;
        Ok(OpResult::unchanged(sealed.seen(&key, text)))
    });
    Ok(started.remembering())
}

/// Of a value that no recipe can hold.
fn too_long(key: &str) -> Failure {
    let message = format!("the value of `{key}` is longer than a text of a recipe, which has at most 1 MiB");
    let hint =
        "it is as it was: `wrangler kv key get` reads it, and `ensure_entries` and `put` write it anew";
    Failure::refused_with_hint("value", message, hint)
}

/// Options of `keys`.
#[derive(Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields)]
struct KeysOptions {
    /// Only keys that begin with it.
    #[serde(default)]
    prefix: String,
}

impl OptionMap for KeysOptions {}

fn keys(call: Call, (): (), options: KeysOptions) -> Result<StartedOp, Failure> {
    let (context, receiver) = (call.context, receiver(call.receiver)?);
    let memory = remembered(&context, &receiver);
    let started = StartedOp::on("kv", receiver, move |namespace| async move {
        let (id, prefix) = (namespace.text("id"), &options.prefix);
        let mut listed = Vec::new();
        if memory.is_none() || !is_new(&context, &namespace) {
            let read = api::list_keys(&context.client, id, prefix).await;
            listed = read.map_err(|error| Failure::of_read(namespace.text("name"), error))?;
        }
        if let Some(memory) = &memory {
            listed = memory.kept().over(&memory.of, listed, prefix)?;
        }
        Ok(OpResult::unchanged(Value::from(serde_json::to_value(listed).unwrap_or_default())))
    });
    Ok(started.remembering())
}

fn receiver(target: Option<HandleOrId>) -> Result<HandleOrId, Failure> {
    let target = target.ok_or_else(|| Failure::Bug("a method without its receiver".into()))?;
    target.of_hex_id("kv", "KV namespace")
}

fn check_key(key: &str) -> Result<(), Failure> {
    broken_rule(key).map_or(Ok(()), |rule| Err(Failure::refused("argument", rule)))
}
