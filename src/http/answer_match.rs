//! Checks that an answer belongs to its request. A call names a resource in its path or in the body that creates
//! it, and most answers name it, too. If the two differ, the answer belongs to another request.
//!
//! It is decided here for every typed call of every service. A path that a script writes says nothing that could be
//! compared.
//!
//! **Invariant:** an answer at odds is a lost one: it is neither a yes nor a no.

use super::call::Body;
use super::endpoint::{Class, Endpoint};
use percent_encoding::percent_decode_str;
use serde_json::Value as Json;

/// The fields that identify resources of a service; messages show the first that an answer has.
const NAMES: [&str; 4] = ["name", "title", "id", "uuid"];

/// What is wrong with the `result` of an answer, in words; `None` where it is about what was asked.
pub(super) fn at_odds(endpoint: &Endpoint, path: &str, body: &Body, result: &Json) -> Option<String> {
    let said = NAMES.into_iter().filter_map(|name| Some((name, result.get(name)?.as_str()?)));
    let said: Vec<(&str, &str)> = said.collect();
    if said.is_empty() {
        return None;
    }
    let named = arguments(endpoint.path, path)?;
    if let Some(last) = named.last() {
        let is_it = said.iter().any(|(_, value)| named.iter().any(|named| named == value));
        return (!is_it).then(|| words(said[0].1, last));
    }
    let (Class::Ensure, Body::Json(body)) = (endpoint.class, body) else { return None };
    said.iter().find_map(|(name, value)| {
        let asked = body.get(*name)?.as_str()?;
        (asked != *value).then(|| words(value, asked))
    })
}

fn words(said: &str, asked: &str) -> String {
    format!("the answer is about `{said}`, not about `{asked}`")
}

/// What a path names below its account; `None` where its template does not tell.
fn arguments(template: &str, path: &str) -> Option<Vec<String>> {
    let (template, path): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
    let is_told =
        |part: &&str| !part.contains('{') || (part.starts_with('{') && part.matches('{').count() == 1);
    if template.len() != path.len() || !template.iter().all(is_told) {
        return None;
    }
    let named =
        template.iter().zip(path).filter(|(part, _)| part.starts_with('{') && **part != "{account_id}");
    let decoded = |text: &str| percent_decode_str(text).decode_utf8().ok().map(std::borrow::Cow::into_owned);
    named.map(|(_, value)| decoded(value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const fn endpoint(path: &'static str, class: Class) -> Endpoint {
        Endpoint { method: "", path, permission: "", class, doing: "", meanings: &[] }
    }

    static CREATE: Endpoint = endpoint("/accounts/{account_id}/things", Class::Ensure);
    static ONE: Endpoint = endpoint("/accounts/{account_id}/things/{thing_id}", Class::Read);
    static PART: Endpoint = endpoint("/accounts/{account_id}/things/{thing_id}/parts/{part}", Class::Delete);
    static ANY: Endpoint = endpoint("/accounts/{account_id}{path}", Class::Raw);

    #[test]
    fn a_create_is_answered_with_what_it_names() {
        let asked =
            |body: Json, result: Json| at_odds(&CREATE, "/accounts/a/things", &Body::Json(body), &result);
        for name in ["name", "title", "id"] {
            let (same, other) = (json!({ name: "A", "uuid": "9" }), json!({ name: "B", "uuid": "9" }));
            assert_eq!(asked(json!({ name: "A" }), same), None, "{name}");
            let words = "the answer is about `B`, not about `A`";
            assert_eq!(asked(json!({ name: "A" }), other).as_deref(), Some(words), "{name}");
        }
        // What is not said can't differ.
        assert_eq!(asked(json!({ "title": "A" }), json!({ "id": "9" })), None);
        assert_eq!(asked(json!({ "sql": "A" }), json!([{ "name": "B" }])), None);
        assert_eq!(asked(Json::Null, json!({ "name": "B" })), None);
    }

    #[test]
    fn what_is_called_by_its_path_is_answered_with_one_of_its_names() {
        let asked = |path: &str, result: Json| at_odds(&ONE, path, &Body::Empty, &result).is_some();
        for (result, is_other) in [
            (json!({ "uuid": "1", "name": "a b" }), false),
            (json!({ "uuid": "a b", "name": "other" }), false),
            (json!({ "uuid": "2", "name": "b" }), true),
            (json!({ "id": "b" }), true),
            (json!({ "bookmark": "b" }), false),
            (json!(null), false),
            (json!([{ "id": "b" }]), false),
            (json!({ "id": 7 }), false),
        ] {
            assert_eq!(asked("/accounts/a/things/a%20b", result.clone()), is_other, "{result}");
        }
        let of_part = |result: Json| at_odds(&PART, "/accounts/a/things/t/parts/p", &Body::Empty, &result);
        assert_eq!(of_part(json!({ "id": "t" })), None);
        assert_eq!(of_part(json!({ "name": "p" })), None);
        assert_eq!(of_part(json!({ "id": "u" })).as_deref(), Some("the answer is about `u`, not about `p`"));
    }

    #[test]
    fn a_path_that_a_script_writes_says_nothing() {
        assert_eq!(
            at_odds(
                &ANY,
                "/accounts/a/things/t",
                &Body::Json(json!({ "name": "A" })),
                &json!({ "name": "B" })
            ),
            None
        );
    }
}
