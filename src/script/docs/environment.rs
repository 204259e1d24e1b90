//! Documents the values that recipes can read: `config::`, `env::`, `account::`, caught errors, the arguments of
//! `real_name`.

use super::item::{Item, ItemKind, Section};
use crate::script::catalog::type_name;
use crate::script::check::policy;
use serde_json::Value as Json;

/// Name, type and meaning.
type DocRow = (&'static str, &'static str, &'static str);

/// Fields of modules that are no key of the project file.
pub(in crate::script) const FIELDS: &[DocRow] = &[
    ("env::name", "string", "The environment's full name."),
    ("env::alias", "string", "Its short name, `{env}` in templates; the full name where it has none."),
    ("env::branch", "string or ()", "The branch for which the run is, where templates hold `{branch}`."),
    ("env::is_protected", "bool", "Whether `destroy`, `restore` and `delete` ask for a confirmation."),
    ("account::id", "string", "The account's id, 32 hexadecimal characters."),
];

/// What `catch (e)` sees of an op that failed.
pub(in crate::script) const CAUGHT: &[DocRow] = &[
    ("e.kind", "string", "A stable word for what happened, such as `conflict`: `larder explain` lists them."),
    ("e.message", "string", "One sentence, which is also the text of the error."),
    ("e.service", "string or ()", "The service: `kv`."),
    ("e.code", "int or ()", "The API's error code."),
    ("e.resource", "string or ()", "The name of the resource."),
    ("e.hint", "string or ()", "What to do."),
    ("e.file", "string", "The file of the call."),
    ("e.line", "int or ()", "Its line, from 1."),
    ("e.column", "int or ()", "Its column, from 1, in characters."),
];

/// What `real_name` is given, in the order of its parameters.
const GIVEN: [(&str, &str); 3] = [
    ("string", "The service: `kv`, `r2`, ..; a function may give each its own form."),
    ("string", "The name that `name(kind, logical)` was asked for."),
    ("map", "The environment in which the name would be: not always that of the run."),
];

/// What its third parameter has.
pub(in crate::script) const ENV: &[DocRow] = &[
    ("app", "string", "The project's name."),
    ("name", "string", "The environment's full name."),
    ("alias", "string", "Its short name."),
    ("branch", "string or ()", "The branch, where one is known."),
    ("worker", "string or ()", "The name of the environment's Worker, where a wrangler config is named."),
];

/// `config::` from the project file's schema, and the rest.
pub(super) fn sections(schema: &Json, config: &Json) -> Vec<Section> {
    let of_config = config.as_object().into_iter().flatten().map(|(key, _)| {
        let property = &schema["properties"][key];
        let described = super::project::described(property, schema);
        let kind = type_name(property, schema);
        Item::new(format!("config::{key}"), ItemKind::Field, format!("config::{key}: {kind}"), described)
    });
    let told = |sort: ItemKind| {
        move |(name, kind, meaning): &DocRow| Item::new(*name, sort, format!("{name}: {kind}"), *meaning)
    };
    let fields = of_config.chain(FIELDS.iter().map(told(ItemKind::Field))).collect();
    let section = |title: &str, name: &str, about: &str, items: Vec<Item>| Section {
        title: title.to_owned(),
        name: name.to_owned(),
        about: about.to_owned(),
        items,
    };
    vec![
        section(
            "Surroundings",
            "surroundings",
            "Values of static modules: they are seen in functions, closures and imported files alike.",
            fields,
        ),
        section(
            "Errors that are caught",
            "errors",
            "What `catch (e)` sees of an op, or another function of the host, that failed.",
            CAUGHT.iter().map(told(ItemKind::Property)).collect(),
        ),
        section(
            "The naming policy of a recipe",
            policy::NAME,
            "A recipe may define `fn real_name(kind, logical, env)`, which gives the name in the account as text. It is \
             asked for every environment, sees neither variables nor constants nor imports of its file, and calls no op.",
            given(),
        ),
    ]
}

fn given() -> Vec<Item> {
    let parameter = |(name, (kind, meaning)): (&&str, &(&str, &str))| {
        let path = format!("{}.{name}", policy::NAME);
        Item::new(path, ItemKind::Parameter, format!("{name}: {kind}"), *meaning)
    };
    let mut items: Vec<Item> = policy::PARAMETERS.iter().zip(&GIVEN).map(parameter).collect();
    items.extend(ENV.iter().map(|(name, kind, meaning)| {
        let path = format!("{}.env.{name}", policy::NAME);
        Item::new(path, ItemKind::Property, format!("env.{name}: {kind}"), *meaning)
    }));
    items
}
