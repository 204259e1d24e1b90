//! An entry that a recipe writes: the value with its options, checked against KV's rules before anything is sent (KV-5).
//!
//! **Invariant:** a secret is shown by nothing here.

use super::wire::{EXPIRES_SECONDS_MIN, Expires};
use crate::op::{Failure, Mismatch, OptionError, OptionMap, SecretText, Ty, Value, read_options};
use crate::secret::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value as Json;

const VALUE_BYTES_MAX: usize = 25 << 20;
const METADATA_BYTES_MAX: usize = 1024;
/// A moment beyond it was meant in milliseconds: in seconds it lies three thousand years ahead.
const MOMENT_MAX: u64 = 100_000_000_000;

/// Options of `put`.
#[derive(Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct Beside {
    /// Seconds until the key expires, at least 60; never when left out.
    ttl: Option<u64>,
    /// When the key expires, in place of `ttl`: seconds since 1970, at least 60 from now.
    expiration: Option<u64>,
    /// Data kept beside the value, up to 1024 bytes as JSON.
    metadata: Option<Json>,
    /// The value is given as base64, and what it stands for is written; `false` when left out.
    #[serde(default)]
    base64: bool,
}

impl OptionMap for Beside {}

/// A value of a map with what stands beside it.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct WithValue {
    value: SecretText,
    ttl: Option<u64>,
    expiration: Option<u64>,
    metadata: Option<Json>,
    #[serde(default)]
    base64: bool,
}

/// What is put under one key.
#[derive(Clone)]
pub(super) struct Entry {
    text: Secret,
    is_secret: bool,
    is_base64: bool,
    pub(super) expires: Option<Expires>,
    pub(super) metadata: Option<Json>,
}

impl Entry {
    /// The value and the options of `put`, which are its arguments 1 and 2.
    pub(super) fn of_put(value: Value, beside: Beside, now: Timestamp) -> Result<Self, Failure> {
        let is_secret = matches!(value, Value::Secret(_));
        let text = match value {
            Value::Str(text) => Secret::new(text),
            Value::Secret(secret) => secret,
            other => {
                let found = other.type_name();
                return Err(Failure::Argument { index: 1, expected: Ty::Str, found });
            }
        };
        let in_option = |error| Failure::Option { index: 2, error };
        let entry = Entry::beside(text, is_secret, beside, now).map_err(in_option)?;
        let wrong = |words| Failure::refused("argument", format!("argument 2 {words}"));
        entry.checked().map_err(wrong)?;
        Ok(entry)
    }

    /// A value of a map: text, a secret, or a map with `value` and what stands beside it.
    pub(super) fn of_map(value: &Value, now: Timestamp) -> Result<Self, OptionError> {
        let (text, is_secret, beside) = match value {
            Value::Str(text) => (Secret::new(text.clone()), false, Beside::default()),
            Value::Secret(secret) => (secret.clone(), true, Beside::default()),
            Value::Map(map) => {
                let WithValue { value: text, ttl, expiration, metadata, base64 } = read_options(value)?;
                let is_secret = matches!(map.get("value"), Some(Value::Secret(_)));
                let beside = Beside { ttl, expiration, metadata, base64 };
                (Secret::new(text.expose().to_owned()), is_secret, beside)
            }
            other => {
                let words =
                    format!("must be text, a secret or a map with `value`, not {}", other.type_name());
                return Err(OptionError::new(Mismatch::Other(words)));
            }
        };
        let entry = Entry::beside(text, is_secret, beside, now)?;
        match (entry.checked(), value) {
            (Ok(()), _) => Ok(entry),
            (Err(words), Value::Map(_)) => Err(OptionError::at("value", words)),
            (Err(words), _) => Err(OptionError::new(Mismatch::Other(words.to_owned()))),
        }
    }

    fn beside(text: Secret, is_secret: bool, beside: Beside, now: Timestamp) -> Result<Self, OptionError> {
        let Beside { ttl, expiration, metadata, base64: is_base64 } = beside;
        let expires = match (ttl, expiration) {
            (Some(_), Some(_)) => {
                return Err(OptionError::at("expiration", "can't be given together with `ttl`"));
            }
            (Some(ttl), None) if ttl < EXPIRES_SECONDS_MIN => {
                return Err(OptionError::at("ttl", "must be at least 60 seconds"));
            }
            (Some(ttl), None) => Some(Expires::In(ttl)),
            (None, Some(moment)) => Some(Expires::At(checked_moment(moment, now)?)),
            (None, None) => None,
        };
        let metadata = metadata.filter(|metadata| !metadata.is_null());
        if metadata.as_ref().is_some_and(|metadata| metadata.to_string().len() > METADATA_BYTES_MAX) {
            return Err(OptionError::at("metadata", "must not be longer than 1024 bytes as JSON"));
        }
        Ok(Entry { text, is_secret, is_base64, expires, metadata })
    }

    /// What is wrong with the value, as the end of a sentence about it.
    fn checked(&self) -> Result<(), &'static str> {
        let text = self.text.expose();
        let bytes = if self.is_base64 {
            STANDARD.decode(text).map_err(|_| "is no base64")?.len()
        } else {
            text.len()
        };
        if bytes > VALUE_BYTES_MAX { Err("is longer than 25 MiB") } else { Ok(()) }
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let text = self.text.expose();
        if self.is_base64 { STANDARD.decode(text).unwrap_or_default() } else { text.as_bytes().to_vec() }
    }

    /// The value where it is given as text.
    pub(super) fn text(&self) -> Option<&str> {
        (!self.is_base64).then(|| self.text.expose())
    }

    /// The value as base64, where it is given so.
    pub(super) fn base64(&self) -> Option<&str> {
        self.is_base64.then(|| self.text.expose())
    }

    /// The same with that beside it.
    pub(super) fn with(&self, metadata: Option<Json>, expires: Option<Expires>) -> Self {
        Entry { expires, metadata, ..self.clone() }
    }

    /// Whether nobody may see it.
    pub(super) fn is_secret(&self) -> bool {
        self.is_secret
    }
}

fn checked_moment(moment: u64, now: Timestamp) -> Result<u64, OptionError> {
    let earliest = u64::try_from(now.as_second()).unwrap_or_default() + EXPIRES_SECONDS_MIN;
    let refuse = |words: &str| Err(OptionError::at("expiration", words));
    match moment {
        MOMENT_MAX.. => refuse("is in seconds since 1970, not in milliseconds"),
        moment if moment < earliest => refuse("must lie at least 60 seconds ahead, in seconds since 1970"),
        moment => Ok(moment),
    }
}

/// Keys are 1 to 512 bytes (KV-3).
pub(super) fn broken_rule(key: &str) -> Option<&'static str> {
    let is_right = !key.is_empty() && key.len() <= 512 && key != "." && key != "..";
    (!is_right).then_some("a key has 1 to 512 bytes and is not `.` or `..`")
}
