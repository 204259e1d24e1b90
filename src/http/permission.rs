//! Permission groups of API tokens. Their ids are the same in every account (API-17).

/// What a group allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
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
    /// The product's key in links to the dashboard.
    pub key: &'static str,
    pub level: Level,
}

impl Permission {
    /// A group that lets look.
    pub const fn read(name: &'static str, id: &'static str, key: &'static str) -> Permission {
        Permission { name, id, key, level: Level::Read }
    }

    /// A group that lets look and change.
    pub const fn write(name: &'static str, id: &'static str, key: &'static str) -> Permission {
        Permission { name, id, key, level: Level::Write }
    }

    /// Whether who has this one may do what `asked` allows: to change a product is to look at it, too.
    pub fn covers(&self, asked: &Permission) -> bool {
        self.key == asked.key && (self.level == Level::Write || asked.level == Level::Read)
    }
}

/// The fewest groups that cover all of `asked`, each once, in the order given.
pub fn least(asked: impl Iterator<Item = &'static Permission>) -> Vec<&'static Permission> {
    let mut all: Vec<&'static Permission> = Vec::new();
    for one in asked {
        if !all.contains(&one) {
            all.push(one);
        }
    }
    let covered_by_another = |one: &Permission| all.iter().any(|other| *other != one && other.covers(one));
    all.iter().copied().filter(|one| !covered_by_another(one)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    static ONE_READ: Permission = Permission::read("One Read", "1", "one");
    static ONE_WRITE: Permission = Permission::write("One Write", "2", "one");
    static OTHER_READ: Permission = Permission::read("Other Read", "3", "other");

    #[test]
    fn to_write_is_to_read_of_the_same_product_only() {
        assert!(ONE_WRITE.covers(&ONE_READ) && ONE_READ.covers(&ONE_READ));
        assert!(!ONE_READ.covers(&ONE_WRITE) && !ONE_WRITE.covers(&OTHER_READ));
        let asked = [&OTHER_READ, &ONE_READ, &OTHER_READ, &ONE_WRITE];
        assert_eq!(least(asked.into_iter()), [&OTHER_READ, &ONE_WRITE]);
    }
}
