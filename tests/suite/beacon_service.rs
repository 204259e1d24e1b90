//! A service that exists in tests only: beacons, which have a name, an id and a color. Whatever holds of every service is
//! tried on it, too, so that nothing but the list of services says which services there are.

mod account;
mod api;
mod resource;

use larder::events::Action;
use larder::http::{Class, Endpoint, Permission};
use larder::op::{
    Call, Doc, Effect, Failure, HandleDoc, NoOptions, Op, OpResult, ReturnShape, StartedOp, Typed, Value,
};
use larder::project::wrangler::{BindingForm, DeployedForm, Entries};
use larder::reconcile::{self, Browsing, Removal, Resource as _};
use larder::services::{SERVICES, Service, Services, written};
use resource::{Beacon, Options};
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::sync::LazyLock;

/// Every service, and this one.
pub fn services() -> Services {
    static ALL: LazyLock<Vec<&'static Service>> =
        LazyLock::new(|| SERVICES.iter().copied().chain([&SERVICE]).collect());
    Services(ALL.as_slice())
}

/// Where a service's things are created and deleted, below the account.
pub fn collection(service: &Service) -> &'static str {
    let mut endpoints = service.ops.iter().flat_map(|op| op.endpoints);
    let creates = |one: &&&Endpoint| one.class == Class::Ensure && one.path.matches('{').count() == 1;
    endpoints.find(creates).unwrap().path.strip_prefix("/accounts/{account_id}").unwrap()
}

/// It.
pub static SERVICE: Service = Service {
    name: "beacon",
    title: "Beacon",
    resource: "beacon",
    resources: "beacons",
    ops: OPS,
    handles: &[HandleDoc {
        kind: Beacon::HANDLE,
        properties: &[("id", "string", "Its id."), ("name", "string", "Its name.")],
    }],
    prefetch: reconcile::prefetch::<Beacon>,
    listed: reconcile::listed::<Beacon>,
    browsing: Browsing::of::<Beacon>(),
    holds: "how often it has flashed",
    removal: Removal::of::<Beacon>(&[&api::LIST, &api::DELETE]),
    broken_rule: Beacon::broken_rule,
    table: || schemars::schema_for!(Table),
    binding: Some(&BindingForm {
        path: &["signals", "beacons"],
        entries: Entries::List,
        name_field: Some("beacon_name"),
        id_field: Some("beacon_id"),
        fields: &[],
        described_in: Some("beacons"),
        needs: None,
        deployed: Some(DeployedForm { of_type: "beacon", field: "beacon_id" }),
    }),
    permissions: &[
        Permission::read("Beacon Read", "be000000000000000000000000000001", "beacon"),
        Permission::write("Beacon Write", "be000000000000000000000000000002", "beacon"),
    ],
    sample: "# [beacon.beacons.main]\n# color = \"red\"\n",
    exercise: r#"beacon::ensure("name", #{ color: "red" }).id"#,
    local: &account::Beacons,
};

/// `[beacon]` of the project file.
#[derive(schemars::JsonSchema)]
#[allow(dead_code)]
struct Table {
    #[serde(default)]
    beacons: BTreeMap<String, Options>,
}

static OPS: &[Op] = &[
    Op::ensure::<Beacon>(
        &[&api::LIST, &api::CREATE, &api::REPLACE],
        Doc {
            summary: "Makes sure that a beacon of this name exists.",
            params: &[("name", "1 to 32 characters.")],
            example: r#"cf::post("/signals/beacons", #{ name: "a" }); beacon::ensure("a", #{ color: "red" }).color"#,
            result: "\"red\"",
        },
    ),
    Op::list::<Beacon>(
        &[&api::LIST],
        Doc {
            summary: "All beacons of the account.",
            params: &[],
            example: "beacon::list().len",
            result: "0",
        },
    ),
    Op {
        service: "beacon",
        name: "flash",
        receiver: Some(Beacon::HANDLE),
        effect: Effect::Write,
        shape: ReturnShape::Written(Beacon::HANDLE),
        endpoints: &[&api::FLASH],
        doc: Doc {
            summary: "Flashes.",
            params: &[("times", "How often.")],
            example: r#"beacon::ensure("a").flash(3); beacon::list().len"#,
            result: "1",
        },
        run: &Typed(flash, PhantomData),
    },
    Op::delete::<Beacon>(
        &[&api::LIST, &api::DELETE],
        Doc {
            summary: "Removes a beacon.",
            params: &[("beacon", "Its handle or name.")],
            example: r#"beacon::ensure("a"); beacon::delete("a"); beacon::list().len"#,
            result: "0",
        },
    ),
];

fn flash(call: Call, (times,): (i64,), _: NoOptions) -> Result<StartedOp, Failure> {
    let receiver = call.receiver.ok_or_else(|| Failure::Bug("a method without its receiver".into()))?;
    let context = call.context;
    Ok(StartedOp::on("beacon", receiver, move |beacon| async move {
        let sent = api::flash(&context.client, beacon.text("id"), times).await;
        written(beacon.text("name"), sent)?;
        Ok(OpResult::written(Value::Unit, Action::Write))
    }))
}
