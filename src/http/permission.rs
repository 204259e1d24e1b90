//! Permission groups of API tokens: their ids are the same for everybody (Cloudflare API notes 14).

/// What a group allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// To look.
    Read,
    /// To look and to change: the dashboard calls it "Edit".
    Write,
}

/// A permission group of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permission {
    /// As the API names it: `D1 Write`.
    pub name: &'static str,
    /// 32 hexadecimal characters.
    pub id: &'static str,
    /// The product's key in links to the dashboard; the AI Gateway's is not documented and taken from a link in use.
    pub key: &'static str,
    /// What it allows.
    pub level: Level,
}

const fn of(name: &'static str, id: &'static str, key: &'static str, level: Level) -> Permission {
    Permission { name, id, key, level }
}

/// Every group that an endpoint names.
const PERMISSIONS: &[Permission] = &[
    of("Workers KV Storage Read", "8b47d2786a534c08a1f94ee8f9f599ef", "workers_kv_storage", Level::Read),
    of("Workers KV Storage Write", "f7f0eda5697f475c90846e879bab8666", "workers_kv_storage", Level::Write),
    of("Workers R2 Storage Read", "b4992e1108244f5d8bfbd5744320c2e1", "workers_r2", Level::Read),
    of("Workers R2 Storage Write", "bf7481a1826f439697cb59a20b22293e", "workers_r2", Level::Write),
    of("Vectorize Read", "1799edaae5db489294430e20d9b519e0", "vectorize", Level::Read),
    of("Vectorize Write", "64156ba5be47441096c83c7fc17c488b", "vectorize", Level::Write),
    of("AI Gateway Read", "4dc8917b4b40457d88d3035d5dadb054", "aig", Level::Read),
    of("AI Gateway Write", "6c8a3737f07f46369c1ea1f22138daaf", "aig", Level::Write),
    of("D1 Read", "192192df92ee43ac90f2aeeffce67e35", "d1", Level::Read),
    of("D1 Write", "09b2857d1c31407795e75e3fed8617a1", "d1", Level::Write),
    of("Workers Scripts Read", "1a71c399035b4950a1bd1466bbe4f420", "workers_scripts", Level::Read),
];

impl Permission {
    /// The group of that name.
    pub fn named(name: &str) -> Option<&'static Permission> {
        PERMISSIONS.iter().find(|permission| permission.name == name)
    }

    /// The group of that id.
    pub fn with_id(id: &str) -> Option<&'static Permission> {
        PERMISSIONS.iter().find(|permission| permission.id == id)
    }

    /// Whether who has this one may do what `asked` allows: to change a product is to look at it, too.
    pub fn covers(&self, asked: &Permission) -> bool {
        self.key == asked.key && (self.level == Level::Write || asked.level == Level::Read)
    }
}

/// The fewest groups that cover all of `asked`, in the order of the table.
pub fn least<'a>(asked: impl Iterator<Item = &'a Permission>) -> Vec<&'static Permission> {
    let asked: Vec<&Permission> = asked.collect();
    let covered_by_another = |one: &Permission| asked.iter().any(|other| *other != one && other.covers(one));
    PERMISSIONS.iter().filter(|one| asked.contains(one) && !covered_by_another(one)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn to_write_is_to_read_of_the_same_product_only() {
        let named = |name| Permission::named(name).unwrap();
        assert!(named("D1 Write").covers(named("D1 Read")) && named("D1 Read").covers(named("D1 Read")));
        assert!(
            !named("D1 Read").covers(named("D1 Write"))
                && !named("D1 Write").covers(named("AI Gateway Read"))
        );
        let asked = ["D1 Read", "Vectorize Read", "D1 Write"].map(named);
        assert_eq!(least(asked.into_iter()), ["Vectorize Read", "D1 Write"].map(named));
    }
}
