//! The diagnostics that were last sent for each file. The client keeps them until it gets others.

use super::findings::TextFindings;
use lsp_types::Diagnostic;
use std::collections::{BTreeMap, BTreeSet};

/// By file, what was sent last.
#[derive(Default)]
pub(super) struct Published(BTreeMap<String, Vec<Diagnostic>>);

impl Published {
    /// What is to be sent now that so much was seen: what differs, and of a text that was checked everything.
    pub(super) fn next(
        &mut self,
        seen: &BTreeMap<String, TextFindings>,
        checked: Option<&str>,
    ) -> Vec<(String, Vec<Diagnostic>)> {
        let mut now: BTreeMap<String, Vec<Diagnostic>> = BTreeMap::new();
        for (uri, found) in seen.values().flat_map(|seen| &seen.by_file) {
            let of_file = now.entry(uri.clone()).or_default();
            for diagnostic in found {
                // Two texts that import one file have found the same in it.
                if !of_file.contains(diagnostic) {
                    of_file.push(diagnostic.clone());
                }
            }
        }
        for found in now.values_mut() {
            found.sort_by_key(|one| (one.range.start, one.message.clone()));
        }
        let files: BTreeSet<&String> = self.0.keys().chain(now.keys()).collect();
        let of = |uri: &String| now.get(uri).cloned().unwrap_or_default();
        let is_new = |uri: &&String| {
            checked == Some(uri.as_str()) || self.0.get(*uri).map_or(&[][..], Vec::as_slice) != of(uri)
        };
        let next = files.into_iter().filter(is_new).map(|uri| (uri.clone(), of(uri))).collect();
        self.0 = now;
        next
    }
}
