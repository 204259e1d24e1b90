"""The client that came before the SDK: paths as attributes, and answers as they come, with their `result_info`."""

import json
import os

import CloudFlare

ACCOUNT = os.environ["CLOUDFLARE_ACCOUNT_ID"]
BINARY = bytes(range(256))

client = CloudFlare.CloudFlare(
    token=os.environ["CLOUDFLARE_API_TOKEN"],
    base_url=os.environ["CLOUDFLARE_BASE_URL"],
    raw=True,
    max_request_retries=0,
    warnings=False,
)
# Younger than the client, which can be told of more.
for parts in [["r2/buckets", "cors"], ["vectorize/v2/indexes"], ["vectorize/v2/indexes", "query"], ["tokens/verify"]]:
    client.add("AUTH", "accounts", *parts)


def call(title, method, *args, **options):
    """Prints what a call came to, and gives its result."""
    try:
        answer = method(*args, **options)
    except CloudFlare.exceptions.CloudFlareAPIError as error:
        print(f"{title} = {int(error)} {error}")
        return None
    if not isinstance(answer, dict) or "result" not in answer:
        print(f"{title} -> {answer!r}")
        return answer
    info = f" {json.dumps(answer['result_info'], sort_keys=True)}" if answer.get("result_info") else ""
    print(f"{title} -> {json.dumps(answer['result'], sort_keys=True, ensure_ascii=False)}{info}")
    return answer["result"]


def identity():
    call("user", client.user.get)
    call("user/tokens/verify", client.user.tokens.verify.get)
    call("accounts", client.accounts.get, params={"per_page": 5})
    call("account", client.accounts.get, ACCOUNT)
    call("another account", client.accounts.get, "f" * 32)
    call("memberships", client.memberships.get)
    call("tokens/verify", client.accounts.tokens.verify.get, ACCOUNT)
    call("graphql", client.graphql.post, data={"query": "{ viewer }"})


def kv():
    namespaces = client.accounts.storage.kv.namespaces
    one = call("create ONE", namespaces.post, ACCOUNT, data={"title": "ONE"})["id"]
    for title in ["TWO", "THREE"]:
        call(f"create {title}", namespaces.post, ACCOUNT, data={"title": title})
    call("create ONE again", namespaces.post, ACCOUNT, data={"title": "ONE"})
    for page in [1, 2, 3]:
        params = {"per_page": 2, "page": page, "order": "title"}
        call(f"page {page} of namespaces", namespaces.get, ACCOUNT, params=params)
    call("rename", namespaces.put, ACCOUNT, one, data={"title": "FIRST"})
    call("put a form", namespaces.values.put, ACCOUNT, one, "form", files={"value": "text", "metadata": '{"a": 1}'})
    call("metadata", namespaces.metadata.get, ACCOUNT, one, "form")
    pairs = [{"key": f"k{number}", "value": f"{number}"} for number in range(12)]
    call("bulk put", namespaces.bulk.put, ACCOUNT, one, data=pairs)
    first = namespaces.keys.get(ACCOUNT, one, params={"limit": 10})
    print("keys:", [row["name"] for row in first["result"]], first["result_info"]["count"])
    rest = namespaces.keys.get(ACCOUNT, one, params={"limit": 10, "cursor": first["result_info"]["cursor"]})
    print("keys:", [row["name"] for row in rest["result"]], rest["result_info"])
    call("bulk delete", namespaces.bulk.delete, ACCOUNT, one, data=["k0", "k1", "never there"])
    call("delete a key", namespaces.values.delete, ACCOUNT, one, "k2")
    call("value", namespaces.values.get, ACCOUNT, one, "k3")
    call("a value that is deleted", namespaces.values.get, ACCOUNT, one, "k2")
    call("keys of nobody", namespaces.keys.get, ACCOUNT, "0" * 32)


def gateways():
    gateways = client.accounts.ai_gateway.gateways
    settings = {"cache_invalidate_on_update": False, "cache_ttl": 0, "collect_logs": True, "rate_limiting_interval": 0,
                "rate_limiting_limit": 0}
    call("create a gateway", gateways.post, ACCOUNT, data={"id": "one", **settings})
    call("without settings", gateways.post, ACCOUNT, data={"id": "two"})
    call("gateways", gateways.get, ACCOUNT, params={"per_page": 1})
    call("logs", gateways.logs.get, ACCOUNT, "one")
    call("replace", gateways.put, ACCOUNT, "one", data={**settings, "cache_ttl": 60})
    call("delete", gateways.delete, ACCOUNT, "one")
    call("deleted", gateways.get, ACCOUNT, "one")


def younger():
    buckets = client.accounts.r2.buckets
    call("create a bucket", buckets.post, ACCOUNT, data={"name": "one"})
    call("create it again", buckets.post, ACCOUNT, data={"name": "one"})
    call("buckets", buckets.get, ACCOUNT)
    call("cors", buckets.cors.get, ACCOUNT, "one")
    call("objects", buckets.objects.get, ACCOUNT, "one")
    call("delete the bucket", buckets.delete, ACCOUNT, "one")
    indexes = client.accounts.vectorize.v2.indexes
    config = {"dimensions": 2, "metric": "cosine"}
    call("create an index", indexes.post, ACCOUNT, data={"name": "near", "config": config})
    call("query", indexes.query.post, ACCOUNT, "near", data={"vector": [1, 0]})
    call("no such index", indexes.get, ACCOUNT, "missing")
    databases = client.accounts.d1.database
    one = call("create a database", databases.post, ACCOUNT, data={"name": "one"})["uuid"]
    call("SELECT", databases.query.post, ACCOUNT, one, data={"sql": "SELECT ? AS n", "params": ["1"]})
    call("databases", databases.get, ACCOUNT, params={"per_page": 10})
    call("a statement that is none", databases.query.post, ACCOUNT, one, data={"sql": "SELEC"})
    call("delete the database", databases.delete, ACCOUNT, one)


for part in [identity, kv, gateways, younger]:
    print(f"# {part.__name__}")
    part()
