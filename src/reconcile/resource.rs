//! The `Resource` trait: one impl per kind.

use super::pointer::put;
use crate::events::{Change, Cost};
use crate::http::{Client, Endpoint, Outcome, ReadError};
use crate::op::{Context, FromOptions, Key, OptionMap};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json};
use std::future::Future;

/// What may become of a field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Policy {
    Update,
    /// Set at creation for good.
    Fixed,
    /// Sent at creation; the server may choose otherwise, so a difference is a note.
    Hint,
    /// Never returned: sent at creation and with any update, never compared.
    WriteOnly,
    /// A map whose entries can be added and never changed; entries that the recipe does not name stay.
    Grow,
    /// Belongs to the key: what is found under the key has it.
    Place,
    /// Set by the server alone.
    Server,
}

/// When two values of a field are the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Compare {
    /// As JSON.
    Exact,
    /// Whatever the case of letters.
    AnyCase,
    /// Whatever the order.
    Set,
    /// `0` and `null` mean the same.
    ZeroIsNull,
}

/// One field: JSON pointers into the options and into the live resource.
#[derive(Debug)]
pub struct Field {
    /// In the options; `""` for [`Policy::Server`].
    pub desired: &'static str,
    /// In the live resource.
    pub live: &'static str,
    /// What may become of it.
    pub policy: Policy,
    /// When it is the same.
    pub compare: Compare,
}

impl Field {
    /// A field of the same name on both sides.
    pub const fn same(pointer: &'static str, policy: Policy) -> Field {
        Field { desired: pointer, live: pointer, policy, compare: Compare::Exact }
    }

    /// A field that only the server sets.
    pub const fn server(pointer: &'static str) -> Field {
        Field { desired: "", live: pointer, policy: Policy::Server, compare: Compare::Exact }
    }

    /// A field that is part of the key.
    pub const fn place(pointer: &'static str) -> Field {
        Field::same(pointer, Policy::Place)
    }

    /// The same field, found elsewhere in the live resource.
    pub const fn live(mut self, pointer: &'static str) -> Field {
        self.live = pointer;
        self
    }

    /// The same field, compared otherwise.
    pub const fn compare(mut self, compare: Compare) -> Field {
        self.compare = compare;
        self
    }
}

/// A kind of thing in the account that has a name.
pub trait Resource: Send + Sync + Sized + 'static {
    /// The module of its ops.
    const SERVICE: &'static str;
    /// The type of its handle.
    const HANDLE: &'static str;
    const LIST: &'static Endpoint;
    /// What creates it. That the service knows no such thing, where it was made a moment ago, is said with the codes that
    /// mean "not found" here.
    const CREATE: &'static Endpoint;
    /// Its fields; a test checks that every option has one. A handle offers the value under the option's name too.
    const FIELDS: &'static [Field];
    /// The name spaces in which the same name can exist apart; one for most.
    const SCOPES: &'static [Option<&'static str>] = &[None];

    /// What a recipe asks for.
    type Options: OptionMap + Serialize + Clone + Send + Sync + 'static;
    /// The part of the options that belongs to the key; what `find`, `list` and `delete` take.
    type Place: FromOptions + Clone + Send + Sync + 'static;
    /// What the account has, unknown fields kept.
    type Live: Serialize + DeserializeOwned + Clone + Send + Sync + 'static;

    /// The service's rule for names, if `name` breaks it.
    fn broken_rule(name: &str) -> Option<&'static str>;
    /// Which options belong to the key.
    fn place(options: &Self::Options) -> Self::Place;
    /// The name space of a place.
    fn scope(place: &Self::Place) -> Option<String>;
    /// What is wrong with the options as a whole.
    fn check(_options: &Self::Options) -> Result<(), crate::op::OptionError> {
        Ok(())
    }
    /// What the options ask of this live resource, as JSON in the options' shape.
    fn wanted(options: &Self::Options, _live: &Self::Live) -> Json {
        serde_json::to_value(options).unwrap_or_default()
    }
    /// The id in the account.
    fn id(live: &Self::Live) -> &str;
    /// The name in the account.
    fn name(live: &Self::Live) -> &str;
    /// What a plan takes for the resource that it would create.
    fn planned(key: &Key, options: &Self::Options) -> Self::Live;

    /// All of a name space.
    fn list(
        client: &Client,
        scope: Option<&str>,
    ) -> impl Future<Output = Result<Vec<Self::Live>, ReadError>> + Send;
    /// One, asked for afresh.
    fn probe(
        client: &Client,
        key: &Key,
    ) -> impl Future<Output = Result<Option<Self::Live>, ReadError>> + Send;
    /// Reads what a listing leaves out and `options` name.
    fn detail(
        _context: &Context,
        live: Self::Live,
        _options: &Self::Options,
    ) -> impl Future<Output = Result<Self::Live, ReadError>> + Send {
        async { Ok(live) }
    }
    /// Reads all that a listing leaves out.
    fn whole(
        _context: &Context,
        _key: &Key,
        live: Self::Live,
    ) -> impl Future<Output = Result<Self::Live, ReadError>> + Send {
        async { Ok(live) }
    }
    /// What a recipe would ask for to get the same as this, read whole; as JSON in the options' shape.
    fn described(live: &Self::Live) -> Json {
        readable::<Self>(live)
    }
    fn create(
        client: &Client,
        key: &Key,
        options: &Self::Options,
    ) -> impl Future<Output = Outcome<Self::Live>> + Send;
    /// Changes what can be changed.
    fn update(
        client: &Client,
        key: &Key,
        live: &Self::Live,
        options: &Self::Options,
    ) -> impl Future<Output = Outcome<Self::Live>> + Send;
    /// What creating it takes.
    fn cost_of_create(_options: &Self::Options) -> Cost {
        Cost::writes(1)
    }
    /// What changing these fields takes.
    fn cost_of_update(_updates: &[Change]) -> Cost {
        Cost::writes(1)
    }
    fn delete(client: &Client, key: &Key, live: &Self::Live) -> impl Future<Output = Outcome<()>> + Send;

    /// The key of a name in a place.
    fn key(name: &str, place: &Self::Place) -> Key {
        Key { service: Self::SERVICE, jurisdiction: Self::scope(place), name: name.to_owned() }
    }
}

/// The fields that can be read and asked for, in the options' shape.
pub fn readable<R: Resource>(live: &R::Live) -> Json {
    let have = serde_json::to_value(live).unwrap_or_default();
    let mut options = Json::Object(Map::new());
    for field in R::FIELDS {
        if matches!(field.policy, Policy::Server | Policy::WriteOnly | Policy::Place) {
            continue;
        }
        if let Some(value) = have.pointer(field.live).filter(|value| !value.is_null()) {
            put(&mut options, field.desired, value.clone());
        }
    }
    options
}

/// The options without a field and the fields without an option; empty for every resource.
#[cfg(test)]
pub fn unmatched<R: Resource>() -> Vec<String> {
    use std::collections::BTreeSet;
    let schema = Json::from(schemars::schema_for!(R::Options));
    let options: BTreeSet<String> =
        schema["properties"].as_object().into_iter().flat_map(|all| all.keys().cloned()).collect();
    let named = R::FIELDS.iter().filter(|field| field.policy != Policy::Server);
    let fields: BTreeSet<String> =
        named.filter_map(|field| field.desired.split('/').nth(1)).map(str::to_owned).collect();
    options.symmetric_difference(&fields).cloned().collect()
}
