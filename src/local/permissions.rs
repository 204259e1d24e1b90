//! Permission groups by name and id; the ids are the same for everybody (API-17).

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

    /// A group of that name.
    pub const fn new(id: &'static str, name: &'static str) -> PermissionGroup {
        PermissionGroup { id, name }
    }
}

/// The group of that name or id.
pub(super) fn find(groups: &[PermissionGroup], name_or_id: &str) -> Option<PermissionGroup> {
    groups.iter().copied().find(|group| group.name == name_or_id || group.id == name_or_id)
}

/// What the token of somebody else's deployment may have: it opens nothing here.
pub(super) const OTHERS: &[PermissionGroup] = &[
    PermissionGroup::new("84a7755d54c646ca87cd50682a34bf7c", "Queues Read"),
    PermissionGroup::new("366f57075ffc42689627bcf8242a1b6d", "Queues Write"),
    PermissionGroup::new("4d62ccf834df44808bc9283d65c4e4e9", "Hyperdrive Read"),
    PermissionGroup::new("721b2f51fba74871bd361de65aeb7e03", "Hyperdrive Write"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn write_covers_read_of_the_same_product_only() {
        let write = PermissionGroup::new("1", "Queues Write");
        assert!(write.covers("Queues Read") && write.covers("Queues Write"));
        assert!(!write.covers("Hyperdrive Read"));
        assert!(!PermissionGroup::new("2", "Queues Read").covers("Queues Write"));
    }
}
