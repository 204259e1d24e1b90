//! Permission groups by name and id; the ids are the same for everybody (Cloudflare API notes 14).

/// A permission group that a token can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PermissionGroup {
    /// 32 hex characters.
    pub id: &'static str,
    /// As the API names it: `D1 Write`.
    pub name: &'static str,
}

impl PermissionGroup {
    /// Whether a token with this group may use a route that asks for `permission`: the group itself, or the product's
    /// `Write` where `Read` is asked.
    pub fn covers(self, permission: &str) -> bool {
        self.name == permission
            || permission
                .strip_suffix(" Read")
                .is_some_and(|product| self.name.strip_suffix(" Write") == Some(product))
    }

    /// What its resources are.
    pub fn scope(self) -> &'static str {
        match self.name {
            "User Details Read" | "Memberships Read" | "API Tokens Read" => "com.cloudflare.api.user",
            name if name.contains("Bucket Item") => "com.cloudflare.edge.r2.bucket",
            _ => "com.cloudflare.api.account",
        }
    }

    /// The group of that name or id.
    pub fn find(name_or_id: &str) -> Option<PermissionGroup> {
        GROUPS.iter().copied().find(|group| group.name == name_or_id || group.id == name_or_id)
    }
}

const fn group(id: &'static str, name: &'static str) -> PermissionGroup {
    PermissionGroup { id, name }
}

/// Every group that some route of the local account asks for, or that a recipe's token may need. The ids of the last
/// three are not in the notes and not verified; their names are what routes go by.
pub const GROUPS: &[PermissionGroup] = &[
    group("8b47d2786a534c08a1f94ee8f9f599ef", "Workers KV Storage Read"),
    group("f7f0eda5697f475c90846e879bab8666", "Workers KV Storage Write"),
    group("b4992e1108244f5d8bfbd5744320c2e1", "Workers R2 Storage Read"),
    group("bf7481a1826f439697cb59a20b22293e", "Workers R2 Storage Write"),
    group("6a018a9f2fc74eb6b293b0c548f38b39", "Workers R2 Storage Bucket Item Read"),
    group("2efd5506f9c8494dacb1fa10a3e7d5b6", "Workers R2 Storage Bucket Item Write"),
    group("1799edaae5db489294430e20d9b519e0", "Vectorize Read"),
    group("64156ba5be47441096c83c7fc17c488b", "Vectorize Write"),
    group("4dc8917b4b40457d88d3035d5dadb054", "AI Gateway Read"),
    group("6c8a3737f07f46369c1ea1f22138daaf", "AI Gateway Write"),
    group("644535f4ed854494a59cb289d634b257", "AI Gateway Run"),
    group("192192df92ee43ac90f2aeeffce67e35", "D1 Read"),
    group("09b2857d1c31407795e75e3fed8617a1", "D1 Write"),
    group("84a7755d54c646ca87cd50682a34bf7c", "Queues Read"),
    group("366f57075ffc42689627bcf8242a1b6d", "Queues Write"),
    group("4d62ccf834df44808bc9283d65c4e4e9", "Hyperdrive Read"),
    group("721b2f51fba74871bd361de65aeb7e03", "Hyperdrive Write"),
    group("1a71c399035b4950a1bd1466bbe4f420", "Workers Scripts Read"),
    group("e086da7e2179491d91ee5f35b3ca210a", "Workers Scripts Write"),
    group("c1fde68c7bcc44588cbb6ddbc16d6480", "Account Settings Read"),
    group("1af1fa2adc104452b74a9a3364202f20", "Account Settings Write"),
    group("eb56a6953c034b9d97dd838155666f06", "Account API Tokens Read"),
    group("5bc3f8b21c554832afc660159ab75fa4", "Account API Tokens Write"),
    group("8acbe5bb0d54464ab867149d7f7cf8ac", "User Details Read"),
    group("3518d0f75557482e952c6762d3e64903", "Memberships Read"),
    group("0cc3a61731504c89b99ec1be78b77aa0", "API Tokens Read"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_and_ids_are_unique_and_well_formed() {
        let names: BTreeSet<_> = GROUPS.iter().map(|group| group.name).collect();
        let ids: BTreeSet<_> = GROUPS.iter().map(|group| group.id).collect();
        assert_eq!((names.len(), ids.len()), (GROUPS.len(), GROUPS.len()));
        assert!(ids.iter().all(|id| id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit())));
    }

    #[test]
    fn write_covers_read_of_the_same_product_only() {
        let write = PermissionGroup::find("D1 Write").unwrap();
        assert!(write.covers("D1 Read") && write.covers("D1 Write"));
        assert!(!write.covers("Vectorize Read"));
        assert!(!PermissionGroup::find("192192df92ee43ac90f2aeeffce67e35").unwrap().covers("D1 Write"));
    }
}
