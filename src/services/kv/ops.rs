//! What recipes see of KV.

use super::api;
use super::kept::{Entry, Kept, is_new};
use super::resource::Namespace;
use crate::events::Action;
use crate::op::{
    Call, Context, Doc, Done, Effect, Failure, Key, Mode, NoOptions, Op, OptionError, OptionMap, Shape,
    Started, Target, Typed, Value,
};
use crate::reconcile::Resource;
use crate::services::written;
use schemars::JsonSchema;
use serde::Deserialize;
use std::marker::PhantomData;
use std::sync::Arc;

/// A key's value and metadata are limited (Cloudflare API notes 2.2).
const VALUE_BYTES_MAX: usize = 25 << 20;
const METADATA_BYTES_MAX: usize = 1024;

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
        shape: Shape::Written(Namespace::HANDLE),
        endpoints: &[&api::PUT_VALUE],
        doc: Doc {
            summary: "Writes one key, with its expiration and metadata replaced.",
            params: &[
                ("key", "1 to 512 bytes, not `.` or `..`."),
                ("value", "Text up to 25 MiB, or a secret."),
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
        shape: Shape::Data("string or ()"),
        endpoints: &[&api::GET_VALUE],
        doc: Doc {
            summary: "The text under a key, or `()`.",
            params: &[("key", "As it was written.")],
            example: r#"kv::ensure("S").get("absent")"#,
            result: "()",
        },
        run: &Typed(get, PhantomData),
    },
    Op {
        service: "kv",
        name: "keys",
        receiver: Some(Namespace::HANDLE),
        effect: Effect::Read,
        shape: Shape::Data("array of maps"),
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

/// Options of `put`.
#[derive(Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields)]
struct PutOptions {
    /// Seconds until the key expires, at least 60; never when left out.
    ttl: Option<u64>,
    /// Data kept beside the value, up to 1024 bytes as JSON.
    metadata: Option<serde_json::Value>,
}

impl OptionMap for PutOptions {}

fn put(call: Call, (key, value): (String, Value), options: PutOptions) -> Result<Started, Failure> {
    check_key(&key)?;
    let is_planned = call.context.mode == Mode::Plan;
    let entry = is_planned.then(|| Entry::of(&value, options.ttl.is_some(), options.metadata.clone()));
    let value = match value {
        Value::Str(text) => crate::secret::Secret::new(text),
        Value::Secret(secret) => secret,
        other => {
            return Err(Failure::Argument {
                index: 1,
                expected: crate::op::Ty::Str,
                found: other.type_name(),
            });
        }
    };
    let refuse = |key, words: &str| Failure::Option { index: 2, error: OptionError::at(key, words) };
    if options.ttl.is_some_and(|ttl| ttl < 60) {
        return Err(refuse("ttl", "must be at least 60 seconds"));
    }
    if options.metadata.as_ref().is_some_and(|metadata| metadata.to_string().len() > METADATA_BYTES_MAX) {
        return Err(refuse("metadata", "must not be longer than 1024 bytes as JSON"));
    }
    if value.expose().len() > VALUE_BYTES_MAX {
        return Err(Failure::refused("argument", "argument 2 is longer than 25 MiB"));
    }
    let context = call.context;
    let receiver = receiver(call.receiver)?;
    let (memory, name, subject) = (remembered(&context, &receiver), key.clone(), key.clone());
    let started = Started::on("kv", receiver, move |namespace| async move {
        let (id, ttl) = (namespace.text("id"), options.ttl);
        let sent =
            api::put_value(&context.client, id, &key, value.expose(), ttl, options.metadata.as_ref()).await;
        written(namespace.text("name"), sent)?;
        Ok(Done::written(Value::Unit, Action::Write))
    });
    let started = started.about(subject);
    let (Some(memory), Some(entry)) = (memory, entry) else { return Ok(started) };
    Ok(started.playing(move |_| async move {
        memory.kept().put(&name, entry);
        Ok(Some(Done::default()))
    }))
}

fn get(call: Call, (key,): (String,), _: NoOptions) -> Result<Started, Failure> {
    check_key(&key)?;
    let (context, receiver) = (call.context, receiver(call.receiver)?);
    let memory = remembered(&context, &receiver);
    let started = Started::on("kv", receiver, move |namespace| async move {
        if let Some(memory) = &memory {
            if let Some(value) = memory.kept().get(&memory.of, &key) {
                return value.map(Done::unchanged);
            }
            if is_new(&context, &namespace) {
                return Ok(Done::unchanged(Value::Unit));
            }
        }
        let found = api::get_value(&context.client, namespace.text("id"), &key).await;
        let found = found.map_err(|error| Failure::of_read(namespace.text("name"), error))?;
        let Some(bytes) = found else { return Ok(Done::unchanged(Value::Unit)) };
        let text = String::from_utf8(bytes)
            .map_err(|_| Failure::refused("value", format!("the value of `{key}` is not text")))?;
        Ok(Done::unchanged(Value::Str(text)))
    });
    Ok(started.remembering())
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

fn keys(call: Call, (): (), options: KeysOptions) -> Result<Started, Failure> {
    let (context, receiver) = (call.context, receiver(call.receiver)?);
    let memory = remembered(&context, &receiver);
    let started = Started::on("kv", receiver, move |namespace| async move {
        let (id, prefix) = (namespace.text("id"), &options.prefix);
        let mut listed = Vec::new();
        if memory.is_none() || !is_new(&context, &namespace) {
            let read = api::list_keys(&context.client, id, prefix).await;
            listed = read.map_err(|error| Failure::of_read(namespace.text("name"), error))?;
        }
        if let Some(memory) = &memory {
            listed = memory.kept().over(&memory.of, listed, prefix)?;
        }
        Ok(Done::unchanged(Value::from(serde_json::to_value(listed).unwrap_or_default())))
    });
    Ok(started.remembering())
}

/// Where a dry run remembers what is put into a namespace.
struct Remembered {
    context: Arc<Context>,
    of: Key,
}

impl Remembered {
    fn kept(&self) -> Arc<Kept> {
        self.context.memory.of::<Kept>(&self.of)
    }
}

/// Nothing is remembered where things are done, or of a namespace by its id.
fn remembered(context: &Arc<Context>, receiver: &Target) -> Option<Remembered> {
    let Target::Handle(namespace) = receiver else { return None };
    let is_planned = context.mode == Mode::Plan;
    is_planned.then(|| Remembered { context: context.clone(), of: namespace.key.clone() })
}

fn receiver(target: Option<Target>) -> Result<Target, Failure> {
    let target = target.ok_or_else(|| Failure::Bug("a method without its receiver".into()))?;
    target.of_hex_id("kv", "KV namespace")
}

/// Keys are 1 to 512 bytes (Cloudflare API notes 2.2).
fn check_key(key: &str) -> Result<(), Failure> {
    if key.is_empty() || key.len() > 512 || key == "." || key == ".." {
        return Err(Failure::refused("argument", "a key has 1 to 512 bytes and is not `.` or `..`"));
    }
    Ok(())
}
