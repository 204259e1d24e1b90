//! Finds files that share a number, offline.

use super::declared::declared;
use crate::run::Workspace;
use crate::services::d1::migrations::{Migrations, Settings};
use crate::system::Root;

/// Warnings of files that share a number, in any folder of any environment; what can't be read warns of nothing here.
pub fn warnings(place: &Workspace) -> Vec<String> {
    let root = place.root().ok().and_then(|root| Root::new(&root).ok());
    let (Some(root), Ok(environments)) = (root, place.every_environment()) else { return Vec::new() };
    let mut found: Vec<String> = Vec::new();
    for one in environments.iter().flat_map(declared) {
        let settings =
            Settings { folder: &one.folder, pattern: one.pattern.as_deref(), ..Settings::default() };
        let Ok(migrations) = Migrations::discover(&root, &settings) else { continue };
        for shared in migrations.shared_numbers() {
            let words = shared.to_string();
            if !found.contains(&words) {
                found.push(words);
            }
        }
    }
    found
}
