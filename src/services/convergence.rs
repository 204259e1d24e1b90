//! Tests of `ensure` against servers that lose data, refuse, or are changed by others.

use super::ai_gateway::resource::Gateway;
use super::r2::resource::Bucket;
use super::scripted_server::{ScriptedReply, ScriptedServer, no, yes};
use super::vectorize::resource::Index;
use crate::events::{Action, Evidence};
use crate::op::{Failure, Mode, Value};
use serde_json::{Value as Json, json};

const GATEWAYS: &str = "GET /ai-gateway/gateways?page=1&per_page=100";
const GATEWAY: &str = "GET /ai-gateway/gateways/gw";
const NEW_GATEWAY: &str = r#"POST /ai-gateway/gateways {"cache_invalidate_on_update":true,"cache_ttl":0,"collect_logs":true,"id":"gw","rate_limiting_interval":0,"rate_limiting_limit":0,"rate_limiting_technique":"fixed"}"#;
/// An answer that is lost is probed for so often before the create is sent once more.
const EARLY: usize = 4;
/// And so often when nothing more is sent.
const PROBES: usize = 7;

fn gateway(extra: impl Into<Json>) -> Json {
    let mut gateway = json!({
        "id": "gw", "cache_invalidate_on_update": true, "cache_ttl": 0, "collect_logs": true,
        "rate_limiting_interval": 0, "rate_limiting_limit": 0, "rate_limiting_technique": "fixed",
        "created_at": "2026-11-22T08:00:04Z", "modified_at": "2026-11-22T08:00:04Z"
    });
    crate::reconcile::lay_over(&mut gateway, &extra.into());
    gateway
}

fn absent(times: usize) -> impl Iterator<Item = ScriptedReply> {
    (0..times).map(|_| no(404, 7002))
}

fn requests(parts: &[(&str, usize)]) -> Vec<String> {
    parts.iter().flat_map(|(line, times)| vec![(*line).to_owned(); *times]).collect()
}

#[test]
fn what_is_missing_is_created_once_and_then_left_alone() {
    let stage = ScriptedServer::new([yes(json!([])), yes(gateway(json!({})))]);
    let done = stage.ensure::<Gateway>("gw", json!({})).unwrap();
    assert_eq!((done.action, done.evidence), (Some(Action::Create), Some(Evidence::Response)));
    assert_eq!(stage.sent(), [GATEWAYS, NEW_GATEWAY]);

    let again = stage.ensure::<Gateway>("gw", json!({"cache_ttl": 0, "collect_logs": true})).unwrap();
    assert_eq!((again.action, again.changes, again.notes), (None, vec![], vec![]));
    assert_eq!(stage.sent(), [""; 0]);
}

#[test]
fn a_second_run_writes_nothing() {
    let options = json!({
        "cache_ttl": 3600, "retry_delay": 0, "rate_limiting_technique": "sliding",
        "guardrails": {"prompt": {"P1": "BLOCK"}}, "spend_limits": {"rules": [{"limit": 5, "window": 60}]}
    });
    let live = gateway(json!({
        "cache_ttl": 3600, "retry_delay": null, "rate_limiting_technique": "sliding",
        "guardrails": {"prompt": {"P1": "BLOCK", "S1": "FLAG"}, "response": {}},
        "spend_limits": {"enabled": true, "rules": [{"id": "1", "limit": 5, "limitType": "cost", "window": 60}]}
    }));
    let stage = ScriptedServer::new([yes(json!([live]))]);
    let done = stage.ensure::<Gateway>("gw", options).unwrap();
    assert_eq!((done.action, done.changes), (None, vec![]));
    assert_eq!(stage.sent(), [GATEWAYS]);
}

#[test]
fn a_lost_answer_is_probed_for() {
    let stage =
        ScriptedServer::new([yes(json!([])), ScriptedReply::Lost, no(404, 7002), yes(gateway(json!({})))]);
    let done = stage.ensure::<Gateway>("gw", json!({})).unwrap();
    assert_eq!((done.action, done.evidence), (Some(Action::Create), Some(Evidence::Probe)));
    assert_eq!(stage.sent(), [GATEWAYS, NEW_GATEWAY, GATEWAY, GATEWAY]);
}

#[test]
fn at_most_two_creates_are_sent_and_probes_lie_between() {
    let script = [yes(json!([])), ScriptedReply::Lost]
        .into_iter()
        .chain(absent(EARLY))
        .chain([ScriptedReply::Lost])
        .chain(absent(PROBES));
    let stage = ScriptedServer::new(script);
    let failure = stage.ensure::<Gateway>("gw", json!({})).unwrap_err();
    assert!(matches!(&failure, Failure::Partly { action: Action::Create, .. }), "{failure}");
    assert_eq!(failure.kind(), "unknown");
    let expected =
        requests(&[(GATEWAYS, 1), (NEW_GATEWAY, 1), (GATEWAY, EARLY), (NEW_GATEWAY, 1), (GATEWAY, PROBES)]);
    assert_eq!(stage.sent(), expected);
}

#[test]
fn a_refusal_after_a_lost_answer_finds_our_own_create() {
    let found = [no(400, 7001), yes(gateway(json!({})))];
    let script = [yes(json!([])), ScriptedReply::Lost].into_iter().chain(absent(EARLY)).chain(found);
    let stage = ScriptedServer::new(script);
    let done = stage.ensure::<Gateway>("gw", json!({})).unwrap();
    assert_eq!((done.action, done.evidence), (Some(Action::Create), Some(Evidence::Probe)));
    let expected =
        requests(&[(GATEWAYS, 1), (NEW_GATEWAY, 1), (GATEWAY, EARLY), (NEW_GATEWAY, 1), (GATEWAY, 1)]);
    assert_eq!(stage.sent(), expected);
}

#[test]
fn a_code_that_may_mean_taken_is_told_apart_by_a_probe() {
    let script = [yes(json!([])), no(400, 7001)].into_iter().chain(absent(4));
    let stage = ScriptedServer::new(script);
    let failure = stage.ensure::<Gateway>("gw", json!({})).unwrap_err();
    assert_eq!((failure.kind(), failure.code()), ("rejected", Some(7001)));
    assert_eq!(stage.sent(), requests(&[(GATEWAYS, 1), (NEW_GATEWAY, 1), (GATEWAY, 4)]));

    let stage = ScriptedServer::new([yes(json!([])), no(400, 7001), yes(gateway(json!({})))]);
    let done = stage.ensure::<Gateway>("gw", json!({})).unwrap();
    assert_eq!((done.action, done.evidence), (None, None));
    assert_eq!(done.notes, ["created by somebody else at the same moment"]);
}

#[test]
fn an_update_starts_from_the_fresh_answer_and_keeps_unknown_fields() {
    let fresh = gateway(json!({"rate_limiting_limit": 7, "newest": {"a": 1}, "internal_id": "i"}));
    let after = gateway(json!({"rate_limiting_limit": 7, "newest": {"a": 1}, "cache_ttl": 60}));
    let stage = ScriptedServer::new([yes(json!([gateway(json!({}))])), yes(fresh), yes(after)]);
    let done = stage.ensure::<Gateway>("gw", json!({"cache_ttl": 60})).unwrap();
    assert_eq!((done.action, done.notes), (Some(Action::Update), vec![]));
    let changed: Vec<(String, Json, Json)> =
        done.changes.into_iter().map(|change| (change.field, change.from, change.to)).collect();
    assert_eq!(changed, [("/cache_ttl".to_owned(), json!(0), json!(60))]);
    let put = r#"PUT /ai-gateway/gateways/gw {"cache_invalidate_on_update":true,"cache_ttl":60,"collect_logs":true,"newest":{"a":1},"rate_limiting_interval":0,"rate_limiting_limit":7,"rate_limiting_technique":"fixed"}"#;
    assert_eq!(stage.sent(), [GATEWAYS, GATEWAY, put]);
}

#[test]
fn a_plan_sends_no_write_and_shows_no_credential() {
    let options = json!({
        "cache_ttl": 60,
        "otel": [{"url": "https://otel.example", "authorization": "Bearer hunter22"}]
    });
    for (listed, action) in [(json!([]), Action::Create), (json!([gateway(json!({}))]), Action::Update)] {
        let stage = ScriptedServer::of(Mode::Plan, [yes(listed)]);
        let done = stage.ensure::<Gateway>("gw", options.clone()).unwrap();
        assert_eq!(done.action, Some(action));
        assert_eq!(done.value.get("cache_ttl").and_then(Value::to_json), Some(json!(60)));
        assert!(!format!("{done:?}").contains("hunter"), "{done:?}");
        assert_eq!(stage.sent(), [GATEWAYS]);
    }
}

#[test]
fn what_is_fixed_is_refused_field_by_field() {
    let live = json!({"name": "docs", "config": {"dimensions": 384, "metric": "euclidean"}});
    let stage = ScriptedServer::new([yes(json!([live]))]);
    let failure = stage.ensure::<Index>("docs", json!({"dimensions": 768, "metric": "cosine"})).unwrap_err();
    assert_eq!(
        failure.to_string(),
        "VectorizeIndex `docs` exists and can't be changed: `dimensions` is 384, not 768, `metric` is \
         \"euclidean\", not \"cosine\""
    );
    assert_eq!(stage.sent(), ["GET /vectorize/v2/indexes"]);
}

#[test]
fn an_index_made_by_somebody_else_is_compared_before_it_is_taken() {
    let live = json!({"name": "docs", "config": {"dimensions": 768, "metric": "dot-product"}});
    let stage = ScriptedServer::new([yes(json!([])), no(409, 3002), yes(live)]);
    let failure = stage.ensure::<Index>("docs", json!({"dimensions": 768, "metric": "cosine"})).unwrap_err();
    assert_eq!(failure.kind(), "conflict");
    let create =
        r#"POST /vectorize/v2/indexes {"config":{"dimensions":768,"metric":"cosine"},"name":"docs"}"#;
    assert_eq!(stage.sent(), ["GET /vectorize/v2/indexes", create, "GET /vectorize/v2/indexes/docs"]);
}

#[test]
fn metadata_indexes_are_added_to_what_is_there() {
    let live = json!({"name": "docs", "config": {"dimensions": 3, "metric": "cosine"}});
    let listed = json!({"metadataIndexes": [{"propertyName": "url", "indexType": "String"}]});
    let mutation = || yes(json!({"mutationId": "m"}));
    let options = json!({
        "dimensions": 3, "metric": "cosine", "metadata_indexes": {"url": "string", "year": "number"}
    });
    let stage = ScriptedServer::new([yes(json!([live.clone()])), yes(listed), mutation()]);
    let done = stage.ensure::<Index>("docs", options.clone()).unwrap();
    assert_eq!(done.action, Some(Action::Update));
    let add = r#"POST /vectorize/v2/indexes/docs/metadata_index/create {"indexType":"number","propertyName":"year"}"#;
    let list = "GET /vectorize/v2/indexes/docs/metadata_index/list";
    assert_eq!(stage.sent(), ["GET /vectorize/v2/indexes", list, add]);

    let stage = ScriptedServer::new([yes(json!([])), yes(live), mutation(), mutation()]);
    let done = stage.ensure::<Index>("docs", options).unwrap();
    assert_eq!((done.action, done.notes), (Some(Action::Create), vec![]));
    assert_eq!(stage.sent()[3], add);
}

#[test]
fn a_bucket_of_that_name_elsewhere_is_a_conflict() {
    let none = || yes(json!({"buckets": []}));
    let here = yes(json!({"buckets": [{"name": "logs", "jurisdiction": "us"}]}));
    let stage = ScriptedServer::new([none(), none(), here]);
    let failure = stage.ensure::<Bucket>("logs", json!({"jurisdiction": "eu"})).unwrap_err();
    assert_eq!(
        failure.to_string(),
        "R2Bucket `logs` exists and can't be changed: `jurisdiction` is \"us\", not \"eu\""
    );
    assert_eq!(stage.sent(), ["GET /r2/buckets?per_page=1000"; 3]);
}

#[test]
fn a_jurisdiction_that_can_t_be_read_is_no_proof_of_absence() {
    let none = || yes(json!({"buckets": []}));
    let stage = ScriptedServer::new([
        none(),
        ScriptedReply::Lost,
        ScriptedReply::Lost,
        ScriptedReply::Lost,
        ScriptedReply::Lost,
    ]);
    let failure = stage.ensure::<Bucket>("logs", json!({})).unwrap_err();
    assert_eq!(failure.kind(), "unreachable");
    assert_eq!(stage.sent(), ["GET /r2/buckets?per_page=1000"; 5]);

    let bucket = yes(json!({"name": "logs", "location": "WEUR", "storage_class": "Standard"}));
    let stage = ScriptedServer::new([none(), no(400, 10005), no(403, 10000), none(), bucket]);
    let done = stage.ensure::<Bucket>("logs", json!({"location": "enam"})).unwrap();
    assert_eq!(done.action, Some(Action::Create));
    assert_eq!(
        done.notes,
        ["`location` is \"WEUR\", not \"enam\" as asked: the server chooses it at creation"]
    );
    assert_eq!(stage.sent()[4], r#"POST /r2/buckets {"locationHint":"enam","name":"logs"}"#);
}

#[test]
fn an_empty_answer_to_a_new_storage_class_is_a_yes() {
    let live = json!({"name": "logs", "location": "WEUR", "storage_class": "Standard"});
    let stage = ScriptedServer::new([yes(json!({"buckets": [live]})), yes(Json::Null)]);
    let done = stage
        .ensure::<Bucket>("logs", json!({"location": "weur", "storage_class": "InfrequentAccess"}))
        .unwrap();
    assert_eq!((done.action, done.notes), (Some(Action::Update), vec![]));
    assert_eq!(done.value.text("storage_class"), "InfrequentAccess");
    assert_eq!(stage.sent(), ["GET /r2/buckets?per_page=1000", "PATCH /r2/buckets/logs"]);
}
