//! Finds the branch that a real name belongs to, where the template contains `{branch}`.
//!
//! **Invariant:** what is read out of a name is named forward again, and counts only if that gives the very same name.

use super::template::Template;
use super::{Branch, EnvNames, NamingPolicy, Templates};

impl Branch {
    /// Whether a text can be the name of a branch: it goes into names as it is.
    pub fn is_plain(name: &str) -> bool {
        let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        (1..=63).contains(&name.len())
            && name.bytes().all(inner)
            && !name.starts_with('-')
            && !name.ends_with('-')
    }
}

impl NamingPolicy {
    fn template(&self, kind: &str, environment: &EnvNames) -> Option<&Template> {
        let Templates(templates) = self.environments.get(&environment.name)?;
        templates.get(kind)
    }

    /// Whether names of a kind are those of one branch.
    pub fn has_branch(&self, kind: &str, environment: &EnvNames) -> bool {
        self.template(kind, environment).is_some_and(Template::has_branch)
    }

    /// Whether it can be seen where in such a name the branch begins and ends, and that the name is the project's: no letter
    /// or digit stands beside it, and the app or the environment stands in the name as well.
    pub fn shows_branch(&self, kind: &str, environment: &EnvNames) -> bool {
        self.template(kind, environment).is_some_and(|template| template.shows_branch(environment))
    }

    /// Whether such names have words of their own beside the app's, so that no other app's names begin like them.
    pub fn has_own_words(&self, kind: &str, environment: &EnvNames) -> bool {
        self.template(kind, environment).is_some_and(Template::has_own_words)
    }

    /// Whether such names have the app's in them, so that no other app's are like them.
    pub fn has_app(&self, kind: &str, environment: &EnvNames) -> bool {
        self.template(kind, environment).is_some_and(|template| template.has_app(environment))
    }

    /// The branch for which `logical` has this real name.
    pub fn branch_of(&self, kind: &str, logical: &str, environment: &EnvNames, real: &str) -> Option<String> {
        self.template(kind, environment)?.branch_of(logical, environment, real)
    }

    /// Whether an environment could give this real name to some logical one, known or not: as far as its template has words
    /// of its own beside the app's name. Without such, any name might be one.
    pub fn could_give(&self, kind: &str, environment: &EnvNames, real: &str) -> bool {
        let template = self.template(kind, environment);
        template.is_some_and(|template| template.has_own_words() && template.could_give(environment, real))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(branch: Branch) -> EnvNames {
        EnvNames {
            app: "shop".into(),
            name: "preview".into(),
            alias: "pre".into(),
            is_protected: false,
            branch,
            worker: None,
            account_id: None,
        }
    }

    fn of(template: &str, logical: &str, real: &str) -> Option<String> {
        Template::parse(template).unwrap().branch_of(logical, &environment(Branch::Any), real)
    }

    #[test]
    fn a_branch_is_read_out_of_the_names_that_it_gives() {
        let standard = "{app}-{env}-{branch}-{name}";
        for branch in ["pr-7", "a", "db", "a-db", "7", "pre", "a--b"] {
            for template in
                [standard, "{app}-{branch}", "{branch}.{app}.{name}", "{app}-{branch}-{branch}-{name}"]
            {
                for logical in ["db", "a-b", "DB_1"] {
                    let named = environment(Branch::Named(branch.into()));
                    let real = Template::parse(template).unwrap().fill(logical, &named);
                    assert_eq!(of(template, logical, &real).as_deref(), Some(branch), "{template} {real}");
                }
            }
        }
        for real in [
            "shop-pre-db",
            "shop-pre--db",
            "shop-pre-PR-db",
            "shop-pre--x-db",
            "shop-pre-é-db",
            "xshop-pre-a-db",
            "",
        ] {
            assert_eq!(of(standard, "db", real), None, "{real}");
        }
        assert_eq!(of("{app}-{branch}-{branch}", "db", "shop-a-b"), None);
        assert_eq!(of("{app}-{name}", "db", "shop-db"), None);
    }

    #[test]
    fn a_branch_is_seen_where_something_stands_beside_it() {
        let shows = |text: &str| Template::parse(text).unwrap().shows_branch(&environment(Branch::Any));
        for text in [
            "{app}-{env}-{branch}-{name}",
            "{app}-{branch}",
            "{branch}-{app}",
            "pre.{app}.{branch}",
            "{environment}_{branch}_{name}",
        ] {
            assert!(shows(text), "{text}");
        }
        for text in [
            "{branch}",
            "{branch}-{name}",
            "x-{branch}-{name}",
            "{app}{branch}",
            "{app}-{branch}{name}",
            "{app}-{name}",
        ] {
            assert!(!shows(text), "{text}");
        }
    }

    #[test]
    fn an_environment_could_give_what_fits_its_own_words() {
        let could = |text: &str, real: &str| {
            let template = Template::parse(text).unwrap();
            template.has_own_words() && template.could_give(&environment(Branch::Any), real)
        };
        assert!(could("{app}-{env}-{name}", "shop-pre-x-db") && could("{app}-{env}", "shop-pre"));
        assert!(could("x-{name}-y-{name}", "x-a-y-b") && could("old-{branch}{name}", "old-ab"));
        for real in ["shop-pre-", "shop-pro-db", "shop-pre", ""] {
            assert!(!could("{app}-{env}-{name}", real), "{real}");
        }
        assert!(!could("x-{name}-y", "x--y") && !could("old-{branch}{name}", "old-a"));
        assert!(!could("{app}-{name}", "shop-a") && !could("{name}", "a"));
    }
}
