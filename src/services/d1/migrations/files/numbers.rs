//! Files that share a number, as two branches may create. They are applied in the order of their names.

use super::folder::{Migration, Migrations};
use super::order;
use std::collections::HashMap;
use std::fmt;

/// A file whose number another one has, too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedNumber {
    pub file: String,
    pub other: String,
    path: String,
}

impl Migrations {
    /// Every file whose number another one has, in order.
    pub fn shared_numbers(&self) -> Vec<SharedNumber> {
        let first = |file: &Migration| file.name.split('/').next().unwrap_or_default().to_owned();
        let mut of_number: HashMap<i128, Vec<(String, &Migration)>> = HashMap::new();
        for file in &self.files {
            let own = first(file);
            if let Some(number) = order::number(&own) {
                of_number.entry(number).or_default().push((own, file));
            }
        }
        let shared = |file: &Migration| {
            let own = first(file);
            let alike = of_number.get(&order::number(&own)?)?;
            let (_, other) = alike.iter().find(|(their, _)| *their != own)?;
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
