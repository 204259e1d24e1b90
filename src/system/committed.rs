//! Compares committed schemas and lists with the code that generates them.

use super::{Environment, files};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use std::path::Path;

/// Compares `schemas/NAME` with the schema of a document as it is written (a field without a value is there, as null);
/// `LARDER_BLESS=1` writes it anew.
///
/// # Panics
/// Where they differ.
#[track_caller]
pub fn schema<T: JsonSchema>(name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas").join(name);
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let schema = format!("{:#}\n", generator.into_root_schema_for::<T>().to_value());
    if Environment::of_process().get("LARDER_BLESS").is_some() {
        files::write_whole(&path, schema.as_bytes()).unwrap();
    }
    let committed = files::read_text(&path, 1 << 20).unwrap();
    assert_eq!(committed, schema, "renew it with LARDER_BLESS=1 if the change is meant");
}

/// Compares what stands in a document between `<!-- NAME -->` and `<!-- /NAME -->` with what the code gives; `LARDER_BLESS=1`
/// writes it anew.
///
/// # Panics
/// Where they differ.
#[track_caller]
pub fn block(document: &str, name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(document);
    let committed = files::read_text(&path, 1 << 20).unwrap();
    let (before, rest) = committed.split_once(&format!("<!-- {name} -->\n")).unwrap();
    let (_, after) = rest.split_once(&format!("<!-- /{name} -->\n")).unwrap();
    let now = format!("{before}<!-- {name} -->\n{text}\n<!-- /{name} -->\n{after}");
    if Environment::of_process().get("LARDER_BLESS").is_some() {
        files::write_whole(&path, now.as_bytes()).unwrap();
    }
    let committed = files::read_text(&path, 1 << 20).unwrap();
    assert_eq!(committed, now, "renew it with LARDER_BLESS=1 if the change is meant");
}
