//! The files of a migrations folder: selection, order and identity.

pub mod folder;
pub mod layout;
pub mod next;
pub mod numbers;
pub mod order;
pub mod pattern;
pub mod text;
pub mod tables;
