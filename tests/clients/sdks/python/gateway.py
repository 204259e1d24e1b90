"""AI Gateway: gateways with every setting, and the lists of what a gateway has seen, which are empty here."""

PLAIN = {
    "cache_invalidate_on_update": False,
    "cache_ttl": 0,
    "collect_logs": True,
    "rate_limiting_interval": 0,
    "rate_limiting_limit": 0,
}
FULL = {
    "authentication": True,
    "byok_only": True,
    "cache_invalidate_on_update": True,
    "cache_ttl": 300,
    "collect_logs": False,
    "dlp": {"enabled": True, "policies": [
        {"id": "p", "enabled": True, "action": "FLAG", "check": ["REQUEST"], "profiles": ["cards"]}]},
    "guardrails": {"prompt": {"P1": "BLOCK", "S1": "FLAG"}, "response": {}},
    "log_classification": False,
    "log_management": 20000,
    "log_management_strategy": "DELETE_OLDEST",
    "logpush": True,
    "logpush_public_key": "k" * 16,
    "otel": [
        {"url": "https://traces.example", "headers": {"x": "y"}, "authorization": "Bearer z", "content_type": "json"}],
    "rate_limiting_interval": 60,
    "rate_limiting_limit": 10,
    "rate_limiting_technique": "sliding",
    "retry_backoff": "exponential",
    "retry_delay": 500,
    "retry_max_attempts": 3,
    "spend_limits": {"enabled": True, "rules": [{"limit": 5, "limitType": "cost", "window": 3600}]},
    "store_id": "store",
    "stripe": {"authorization": "sk", "usage_events": [{"payload": "{}"}]},
    "workers_ai_billing_mode": "postpaid",
    "zdr": True,
}


def ids(rows):
    return [row["id"] for row in rows]


def run(judge):
    call = judge.call
    call("ai_gateway.create", id="plain", **PLAIN)
    made = call("ai_gateway.create", id="full", **FULL)
    judge.same("the settings of `full`", {name: made[name] for name in FULL}, FULL)
    call("ai_gateway.get", "full")
    call("ai_gateway.update", "full", **PLAIN)
    call("ai_gateway.get", "full")
    for number in range(3):
        call("ai_gateway.create", id=f"page-{number}", **PLAIN, show=lambda made: made["id"])
    call("ai_gateway.list", show=ids)
    call("ai_gateway.list", per_page=2, show=ids)
    call("ai_gateway.list", per_page=2, page=3, show=ids)
    call("ai_gateway.list", search="page", show=ids)
    call("ai_gateway.urls.get", "workers-ai", gateway_id="plain")
    lists(call)
    refused(call)
    call("ai_gateway.delete", "page-0")
    call("ai_gateway.get", "page-0")


def lists(call):
    call("ai_gateway.logs.list", "plain", order_by="created_at", order_by_direction="desc", per_page=10)
    call("ai_gateway.datasets.list", "plain", per_page=10)
    call("ai_gateway.evaluations.list", "plain", per_page=10)
    for kind in ["logs", "datasets", "evaluations"]:
        call(f"ai_gateway.{kind}.list", "missing")


def refused(call):
    call("ai_gateway.create", id="plain", **PLAIN)
    call("ai_gateway.create", id="No Name", **PLAIN)
    call("ai_gateway.create", id="odd", **{**PLAIN, "cache_ttl": -1, "collect_logs": "yes"})
    call("ai_gateway.create", id="odd", **PLAIN, retry_max_attempts=6)
    call("ai_gateway.create", id="odd", **PLAIN, log_management=5)
    call("ai_gateway.update", "plain", **{**PLAIN, "rate_limiting_technique": "random"})
    call("ai_gateway.update", "missing", **PLAIN)
    call("ai_gateway.get", "missing")
    call("ai_gateway.delete", "missing")
    call("ai_gateway.list", per_page=101)
    call("ai_gateway.urls.get", "openai", gateway_id="missing")
