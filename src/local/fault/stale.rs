//! Stale reads: a resource that was just created is missing from some reads for a while
//! (API-14).

use crate::local::reply::Reply;
use crate::local::request::Request;
use serde_json::Value;

/// What tells a thing in a list, or names it in a path.
const NAMES: [&str; 4] = ["id", "uuid", "name", "title"];

/// Something that is there, and that some reads do not show yet.
#[derive(Clone, Debug)]
pub(in crate::local) struct Stale {
    collection: String,
    names: Vec<String>,
    left: u32,
    hidden: StaleReads,
}

/// Which reads do not show it yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::local) enum StaleReads {
    /// Reads of it, and its list.
    FromReads,
    /// Whatever is asked about it; its list has it.
    FromAll,
}

impl Stale {
    /// What a create has made, hidden from that many reads; `None` for a request that made nothing with a name.
    pub(in crate::local) fn of(
        request: &Request,
        answer: &Reply,
        times: u32,
        hidden: StaleReads,
    ) -> Option<Self> {
        let result = answer.to_json().get("result").cloned().unwrap_or_default();
        let names: Vec<String> =
            NAMES.iter().filter_map(|name| result[*name].as_str().map(str::to_owned)).collect();
        let made = request.method == "POST" && answer.status < 300 && !names.is_empty();
        made.then(|| Stale { collection: request.path.clone(), names, left: times, hidden })
    }

    /// Whether it is hidden from more than reads.
    pub(in crate::local) fn is_from_all(&self) -> bool {
        self.hidden == StaleReads::FromAll
    }

    /// Whether more reads are to come that do not show it.
    pub(in crate::local) fn is_over(&self) -> bool {
        self.left == 0
    }

    /// Notes a read of it or of its list; whether that must not show it.
    pub(in crate::local) fn hides(&mut self, request: &Request) -> bool {
        let is_meant = match self.hidden {
            StaleReads::FromReads => request.method == "GET",
            StaleReads::FromAll => request.path != self.collection,
        };
        let hides = self.left > 0 && is_meant && self.is_about(request);
        self.left -= u32::from(hides);
        hides
    }

    fn is_about(&self, request: &Request) -> bool {
        match request.path.strip_prefix(&self.collection) {
            Some("") => true,
            Some(rest) => rest.strip_prefix('/').is_some_and(|rest| {
                self.names.iter().any(|name| rest == name || rest.starts_with(&format!("{name}/")))
            }),
            None => false,
        }
    }

    /// The request as it would be for something that was never there; `None` for one that reads the list.
    pub(in crate::local) fn elsewhere(&self, request: &Request) -> Option<Request> {
        let rest = request.path.strip_prefix(&self.collection)?.strip_prefix('/')?;
        let (name, below) = match self.hidden {
            StaleReads::FromAll => rest.split_at(rest.find('/').unwrap_or(rest.len())),
            StaleReads::FromReads => (rest, ""),
        };
        let absent: String =
            name.chars().map(|letter| if letter.is_ascii_alphanumeric() { '0' } else { letter }).collect();
        let absent = absent + below;
        Some(Request { path: format!("{}/{absent}", self.collection), ..request.clone() })
    }

    /// The list without it.
    pub(in crate::local) fn without(&self, answer: &Reply) -> Reply {
        let mut body = answer.to_json();
        // A value of KV comes as it is, and may be a number.
        let list = match body.get_mut("result") {
            Some(Value::Array(items)) => Some(items),
            Some(Value::Object(object)) => object.values_mut().find_map(Value::as_array_mut),
            _ => None,
        };
        let Some(items) = list else { return answer.clone() };
        let before = items.len();
        items.retain(|item| {
            let said = NAMES.iter().filter_map(|name| item[*name].as_str());
            !said.into_iter().any(|said| self.names.iter().any(|name| name == said))
        });
        let gone = before - items.len();
        for count in ["count", "total_count"] {
            if let Some(number) = body["result_info"][count].as_u64() {
                body["result_info"][count] = Value::from(number.saturating_sub(gone as u64));
            }
        }
        Reply { body: body.to_string().into_bytes(), ..answer.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_was_made_is_hidden_from_its_list_and_under_its_name() {
        let made = Request::new("POST", "/buckets");
        let answer = Reply::ok(json!({ "name": "logs" }));
        let mut stale = Stale::of(&made, &answer, 2, StaleReads::FromReads).unwrap();
        assert!(!stale.hides(&Request::new("GET", "/buckets/other")));
        let one = Request::new("GET", "/buckets/logs/lock");
        assert!(stale.hides(&one));
        assert_eq!(stale.elsewhere(&one).unwrap().path, "/buckets/0000/0000");
        let all = Request::new("GET", "/buckets");
        assert!(stale.hides(&all) && stale.elsewhere(&all).is_none() && stale.is_over());
        assert!(!stale.hides(&all));
        let listed =
            Reply::ok_list(json!([{ "name": "logs" }, { "name": "b" }]), json!({ "total_count": 2 }));
        let left = stale.without(&listed).to_json();
        assert_eq!(
            (&left["result"], &left["result_info"]),
            (&json!([{ "name": "b" }]), &json!({ "total_count": 1 }))
        );
        assert!(Stale::of(&made, &Reply::ok(json!([{ "name": "x" }])), 2, StaleReads::FromReads).is_none());
        let mut young = Stale::of(&made, &answer, 1, StaleReads::FromAll).unwrap();
        assert!(!young.hides(&all) && !young.hides(&made));
        let query = Request::new("POST", "/buckets/logs/query");
        assert!(young.hides(&query) && young.is_over());
        assert_eq!(young.elsewhere(&query).unwrap().path, "/buckets/0000/query");
    }
}
