//! "Did you mean": the one rule for names that are nearly right.

/// The name closest to `wrong`, if a third of the letters or fewer differ.
///
/// Of a qualified name the last part is compared when the first parts agree, so that a long service name does
/// not make every function of the service look alike.
pub fn did_you_mean<'a, S: AsRef<str> + ?Sized + 'a>(
    wrong: &str,
    names: impl IntoIterator<Item = &'a S>,
) -> Option<&'a str> {
    names
        .into_iter()
        .map(AsRef::as_ref)
        .filter(|name| *name != wrong)
        .filter_map(|name| {
            let (left, right) = match (wrong.rsplit_once("::"), name.rsplit_once("::")) {
                (Some((namespace, left)), Some((same, right))) if namespace == same => (left, right),
                _ => (wrong, name),
            };
            let distance = strsim::damerau_levenshtein(left, right);
            let most = (left.chars().count().max(right.chars().count()) / 3).max(1);
            (distance <= most && distance < left.chars().count()).then_some((distance, name))
        })
        .min()
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_only() {
        assert_eq!(did_you_mean("dimension", ["metric", "dimensions"]), Some("dimensions"));
        assert_eq!(did_you_mean("kv::ensur", ["kv::ensure", "r2::ensure"]), Some("kv::ensure"));
        assert_eq!(did_you_mean("vk::ensure", ["kv::ensure", "kv::list"]), Some("kv::ensure"));
        assert_eq!(did_you_mean("vectorize::foo", ["vectorize::get", "vectorize::put"]), None);
        assert_eq!(did_you_mean("x", ["y", "z"]), None);
        assert_eq!(did_you_mean("vk", ["r2", "kv"]), Some("kv"));
        assert_eq!(did_you_mean("queue", ["namespaces", "kv"]), None);
        assert_eq!(did_you_mean("same", ["same"]), None);
    }
}
