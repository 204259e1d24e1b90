"""Workers KV: every method, what was put compared with what comes back, and each refusal that the notes name."""

import time

from judge import ACCOUNT

BINARY = bytes(range(256))
KEYS = ["plain", "a/b c?d=e&f#g%2F", "grüße/🎉"]


def titles(rows):
    return sorted(row["title"] for row in rows or [])


def run(judge):
    call = judge.call
    one = call("kv.namespaces.create", title="ONE")["id"]
    two = call("kv.namespaces.create", title="TWO", jurisdiction="eu")["id"]
    for number in range(3, 6):
        call("kv.namespaces.create", title=f"MORE {number}")
    namespaces(call, one, two)
    for key in KEYS:
        call("kv.namespaces.values.update", key, namespace_id=one, value=BINARY)
        judge.same(key, call("kv.namespaces.values.get", key, namespace_id=one), BINARY)
        call("kv.namespaces.metadata.get", key, namespace_id=one)
    metadata(judge, one)
    many(judge, two)
    refused(call, one)
    for key in [KEYS[1], "never there"]:
        call("kv.namespaces.values.delete", key, namespace_id=one)
    call("kv.namespaces.keys.list", one)
    gone = [row["id"] for row in call("kv.namespaces.list", show=titles) if row["title"].startswith("MORE")]
    for namespace in [*gone, gone[0]]:
        call("kv.namespaces.delete", namespace)


def namespaces(call, one, two):
    call("kv.namespaces.get", one)
    call("kv.namespaces.get", two)
    call("kv.namespaces.update", one, title="FIRST")
    call("kv.namespaces.list", show=titles)
    call("kv.namespaces.list", per_page=2, show=titles)
    call("kv.namespaces.list", per_page=2, page=2, show=len)
    for direction in ["asc", "desc"]:
        call("kv.namespaces.list", order="title", direction=direction, show=lambda rows: [row["title"] for row in rows])
    call("kv.namespaces.list", order="id", show=lambda rows: rows == sorted(rows, key=lambda row: row["id"]))


def metadata(judge, one):
    call = judge.call
    kept = {"from": "python", "deep": {"list": [1, 2.5, None, True]}}
    call("kv.namespaces.values.update", "described", namespace_id=one, value=b"text", metadata=kept)
    judge.same("described", call("kv.namespaces.metadata.get", "described", namespace_id=one), kept)
    call("kv.namespaces.values.update", "short", namespace_id=one, value=b"ends", expiration_ttl=600)
    call("kv.namespaces.values.update", "long", namespace_id=one, value=b"ends", expiration=int(time.time()) + 7200)
    call("kv.namespaces.keys.list", one)
    values = judge.client.kv.namespaces.values.with_raw_response
    end = values.get("short", account_id=ACCOUNT, namespace_id=one).headers["expiration"]
    print("short ends in", round((int(end) - time.time()) / 60), "minutes")


def many(judge, two):
    call = judge.call
    pairs = [{"key": f"bulk/{number:02}", "value": str(number), "metadata": {"n": number}} for number in range(25)]
    call("kv.namespaces.bulk_update", two, body=pairs)
    pairs = [
        {"key": "coded", "value": "/wD+", "base64": True},
        {"key": "json", "value": '{"a":[1]}', "expiration_ttl": 600},
    ]
    call("kv.namespaces.keys.bulk_update", two, body=pairs)
    judge.same("coded", call("kv.namespaces.values.get", "coded", namespace_id=two), b"\xff\x00\xfe")
    call("kv.namespaces.keys.list", two, prefix="bulk/", limit=10, show=lambda rows: [row["name"] for row in rows])
    call("kv.namespaces.keys.list", two, prefix="no", show=len)
    asked = ["bulk/03", "bulk/04", "missing"]
    for method in ["kv.namespaces.bulk_get", "kv.namespaces.keys.bulk_get"]:
        call(method, two, keys=asked)
        call(method, two, keys=asked, with_metadata=True)
        call(method, two, keys=["json"], type="json")
        call(method, two, keys=["json", "missing"], type="json", with_metadata=True)
    call("kv.namespaces.bulk_delete", two, body=["bulk/00", "missing"])
    call("kv.namespaces.keys.bulk_delete", two, body=[f"bulk/{number:02}" for number in range(1, 20)])
    call("kv.namespaces.keys.list", two, show=lambda rows: [row["name"] for row in rows])


def refused(call, one):
    missing = "0" * 32
    call("kv.namespaces.create", title="TWO")
    call("kv.namespaces.create", title="")
    call("kv.namespaces.create", title="x" * 513)
    call("kv.namespaces.update", one, title="TWO")
    call("kv.namespaces.update", missing, title="NONE")
    call("kv.namespaces.get", missing)
    call("kv.namespaces.get", "no-id")
    call("kv.namespaces.list", per_page=1001)
    call("kv.namespaces.list", order="name")
    call("kv.namespaces.keys.list", missing)
    call("kv.namespaces.keys.list", one, limit=5)
    call("kv.namespaces.keys.list", one, cursor="???")
    call("kv.namespaces.values.get", "missing", namespace_id=one)
    call("kv.namespaces.values.get", "plain", namespace_id=missing)
    call("kv.namespaces.metadata.get", "missing", namespace_id=one)
    call("kv.namespaces.values.update", "k" * 513, namespace_id=one, value=b"text")
    call("kv.namespaces.values.update", "plain", namespace_id=one, value=b"text", expiration_ttl=30)
    call("kv.namespaces.values.update", "plain", namespace_id=one, value=b"text", metadata={"m": "x" * 1025})
    call("kv.namespaces.bulk_update", one, body=[{"key": "good", "value": "v"}, {"key": "bad", "value": 1}])
    call("kv.namespaces.bulk_get", one, keys=[])
    call("kv.namespaces.bulk_get", one, keys=[f"{number}" for number in range(101)])
    call("kv.namespaces.bulk_get", one, keys=["plain"], type="json")
