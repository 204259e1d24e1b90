//! Files that share a number: two branches have each given it to theirs. They are applied in the order of their names.

use super::folder::{Migration, Migrations};
use super::order;
use std::fmt;

/// A file whose number another one has, too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedNumber {
    /// The file.
    pub file: String,
    /// The other one.
    pub other: String,
    path: String,
}

impl Migrations {
    /// Every file whose number another one has, in order.
    pub fn shared_numbers(&self) -> Vec<SharedNumber> {
        let first = |name: &str| name.split('/').next().map(str::to_owned).unwrap_or_default();
        let shared = |file: &Migration| {
            let own = first(&file.name);
            let number = order::number(&own)?;
            let other = self.files.iter().find(|other| {
                let their = first(&other.name);
                their != own && order::number(&their) == Some(number)
            })?;
            let (file, other) = (file.name.clone(), other.name.clone());
            Some(SharedNumber { path: self.path(&file), file, other })
        };
        self.files.iter().filter_map(shared).collect()
    }
}

impl fmt::Display for SharedNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: the number is also that of `{}`", self.path, self.other)
    }
}
