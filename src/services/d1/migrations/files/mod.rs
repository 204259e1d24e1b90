//! The files of a folder: which they are, in what order, and what each is known by.

pub mod folder;
pub mod layout;
pub mod next;
pub mod numbers;
pub mod order;
pub mod pattern;
pub mod text;
pub mod tables;
