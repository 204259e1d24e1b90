//! Builds the reference from the services, the project file's schema and the language.

use super::workspace::{empty_config, schema};
use crate::script::docs::Reference;
use crate::services::Services;
use std::sync::Arc;

pub fn reference(services: Services) -> Reference {
    let schema = Arc::new(schema(services));
    let config = empty_config(services, schema.clone());
    Reference::of(services, &schema.json_schema(), &config)
}
