//! A completion candidate.

/// Something that can be written at the cursor.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    pub insert: String,
    /// What the list shows of it: a signature, a name.
    pub show: String,
    /// A short description; empty if the name is enough.
    pub about: String,
}

impl Candidate {
    /// One that is shown otherwise.
    pub fn new(insert: impl Into<String>, show: impl Into<String>, about: impl Into<String>) -> Self {
        Candidate { insert: insert.into(), show: show.into(), about: about.into() }
    }

    /// One that is shown as it is written.
    pub fn word(insert: impl Into<String>, about: impl Into<String>) -> Self {
        let insert = insert.into();
        Candidate { show: insert.clone(), insert, about: about.into() }
    }
}

/// `kv::ensure(title, [options])` of `kv::ensure(title: string, [options: map]) -> KvNamespace`.
pub fn without_types(form: &str) -> String {
    let Some((name, rest)) = form.split_once('(') else { return form.to_owned() };
    // What a function gives may be `()`.
    let rest = rest.split_once(") ->").map_or(rest, |(params, _)| params);
    let params = rest.trim_end_matches(')');
    let plain = |param: &str| match param.split_once(':') {
        Some((name, kind)) => format!("{name}{}", if kind.ends_with(']') { "]" } else { "" }),
        None => param.to_owned(),
    };
    let params: Vec<String> = params.split(", ").map(plain).collect();
    format!("{name}({})", params.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_left_out_of_a_signature() {
        assert_eq!(
            without_types("kv::ensure(title: string, [options: map]) -> X"),
            "kv::ensure(title, [options])"
        );
        assert_eq!(without_types("kv::list() -> array of X"), "kv::list()");
        assert_eq!(without_types("kv::find(title: string) -> X or ()"), "kv::find(title)");
        assert_eq!(without_types("env::name: string"), "env::name: string");
    }
}
