//! AI Gateway: gateways and their settings.

pub mod local;
