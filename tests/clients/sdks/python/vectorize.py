"""Vectorize: indexes, metadata indexes, vectors as lines of JSON, and the nearest of them."""

import json

VECTORS = [
    {"id": "a", "values": [1, 0, 0.5], "metadata": {"kind": "x", "deep": {"n": 1}}, "namespace": "one"},
    {"id": "b", "values": [0, 1, 0.25], "metadata": {"kind": "y"}},
    {"id": "c", "values": [0.5, 0.5, 0]},
]


def lines(vectors):
    return "".join(json.dumps(vector) + "\n" for vector in vectors).encode()


def run(judge):
    call = judge.call
    config = {"dimensions": 3, "metric": "euclidean"}
    call("vectorize.indexes.create", name="near", config=config, description="of three")
    call("vectorize.indexes.create", name="preset", config={"preset": "@cf/baai/bge-small-en-v1.5"})
    call("vectorize.indexes.create", name="angles", config={"dimensions": 2, "metric": "cosine"})
    call("vectorize.indexes.create", name="dots", config={"dimensions": 2, "metric": "dot-product"})
    call("vectorize.indexes.get", "near")
    call("vectorize.indexes.list")
    call("vectorize.indexes.info", "near")
    metadata(call)
    vectors(judge)
    queries(call)
    refused(call)
    call("vectorize.indexes.delete_by_ids", "near", ids=["b", "never there"])
    call("vectorize.indexes.list_vectors", "near")
    call("vectorize.indexes.delete", "preset")
    call("vectorize.indexes.get", "preset")


def metadata(call):
    for name, kind in [("kind", "string"), ("deep.n", "number"), ("gone", "boolean")]:
        call("vectorize.indexes.metadata_index.create", "near", property_name=name, index_type=kind)
    call("vectorize.indexes.metadata_index.delete", "near", property_name="gone")
    call("vectorize.indexes.metadata_index.list", "near")
    call("vectorize.indexes.metadata_index.list", "dots")


def vectors(judge):
    call = judge.call
    call("vectorize.indexes.insert", "near", body=lines(VECTORS))
    found = call("vectorize.indexes.get_by_ids", "near", ids=["a", "b", "c", "never there"])
    judge.same("the vectors", found, VECTORS)
    # What is there already is skipped by an insert and replaced by an upsert.
    call("vectorize.indexes.insert", "near", body=lines([{"id": "c", "values": [9, 9, 9]}]))
    call("vectorize.indexes.get_by_ids", "near", ids=["c"])
    call("vectorize.indexes.upsert", "near", body=lines([{"id": "c", "values": [0, 0, 1]}]))
    call("vectorize.indexes.get_by_ids", "near", ids=["c"])
    many = [{"id": f"n{number:03}", "values": [number, 1]} for number in range(120)]
    call("vectorize.indexes.upsert", "dots", body=lines(many))
    call("vectorize.indexes.upsert", "dots", body=b"no JSON\n" + lines(many[:1]), unparsable_behavior="discard")
    call("vectorize.indexes.upsert", "dots", body=b"no JSON\n", unparsable_behavior="error")
    cursor, found = None, []
    while cursor is not False:
        options = {"cursor": cursor} if cursor else {}
        page = call("vectorize.indexes.list_vectors", "dots", count=50, **options, show=lambda page: page["count"])
        found += page["vectors"]
        cursor = page.get("next_cursor") or page.get("nextCursor") or False
    judge.same("the ids of all pages", [one["id"] for one in found], [one["id"] for one in many])
    call("vectorize.indexes.info", "dots")


def queries(call):
    near = "vectorize.indexes.query"
    call(near, "near", vector=[1, 0, 0.5])
    call(near, "near", vector=[1, 0, 0.5], top_k=1, return_values=True, return_metadata="all")
    call(near, "near", vector=[1, 0, 0.5], top_k=1, return_metadata="indexed")
    call(near, "near", vector=[0, 0, 0], filter={"kind": "y"})
    call(near, "near", vector=[0, 0, 0], filter={"kind": {"$ne": "y"}, "deep.n": {"$gte": 1}})
    call(near, "near", vector=[0, 0, 0], extra_body={"namespace": "one"})
    call(near, "dots", vector=[1, 1], top_k=2)
    two = [{"id": "right", "values": [0, 2]}, {"id": "same", "values": [5, 0]}]
    call("vectorize.indexes.upsert", "angles", body=lines(two))
    call(near, "angles", vector=[1, 0])


def refused(call):
    config = {"dimensions": 3, "metric": "cosine"}
    call("vectorize.indexes.create", name="near", config=config)
    call("vectorize.indexes.create", name="No Name", config=config)
    call("vectorize.indexes.create", name="wide", config={"dimensions": 1537, "metric": "cosine"})
    call("vectorize.indexes.create", name="odd", config={"dimensions": 3, "metric": "manhattan"})
    call("vectorize.indexes.create", name="odd", config={"preset": "none"})
    for method in ["get", "info", "delete", "list_vectors", "metadata_index.list"]:
        call(f"vectorize.indexes.{method}", "missing")
    call("vectorize.indexes.query", "missing", vector=[1])
    call("vectorize.indexes.query", "near", vector=[1])
    call("vectorize.indexes.query", "near", vector=[1, 2, 3], top_k=101)
    call("vectorize.indexes.query", "near", vector=[1, 2, 3], top_k=21, return_values=True)
    call("vectorize.indexes.query", "near", vector=[1, 2, 3], filter={})
    call("vectorize.indexes.insert", "near", body=lines([{"id": "short", "values": [1]}]))
    call("vectorize.indexes.insert", "missing", body=lines(VECTORS))
    call("vectorize.indexes.get_by_ids", "missing", ids=["a"])
    call("vectorize.indexes.delete_by_ids", "missing", ids=["a"])
    call("vectorize.indexes.list_vectors", "near", count=1001)
    call("vectorize.indexes.metadata_index.create", "near", property_name="kind", index_type="string")
    call("vectorize.indexes.metadata_index.create", "near", property_name="kind", index_type="date")
    call("vectorize.indexes.metadata_index.delete", "near", property_name="gone")
