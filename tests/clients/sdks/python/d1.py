"""D1: databases, statements with every kind of value, files in and out, and the way back in time."""

import hashlib
import urllib.request

SQL = """CREATE TABLE imported (id INTEGER PRIMARY KEY, word TEXT);
INSERT INTO imported VALUES (1, 'grüße');
""".encode()


def names(rows):
    return [row["name"] for row in rows]


def run(judge):
    call = judge.call
    one = call("d1.database.create", name="one")["uuid"]
    call("d1.database.create", name="two", jurisdiction="eu", primary_location_hint="weur")
    call("d1.database.create", name="three", primary_location_hint="apac", read_replication={"mode": "auto"})
    for number in range(9):
        call("d1.database.create", name=f"page-{number}", show=lambda made: made["name"])
    call("d1.database.get", one)
    call("d1.database.get", one, fields=["name", "version"])
    call("d1.database.update", one, read_replication={"mode": "auto"})
    call("d1.database.edit", one, read_replication={"mode": "disabled"})
    call("d1.database.list", show=names)
    call("d1.database.list", per_page=10, show=names)
    call("d1.database.list", per_page=10, page=2, show=names)
    call("d1.database.list", name="page", show=names)
    statements(judge, one)
    files(judge, one)
    time_travel(call, one)
    refused(call, one)
    call("d1.database.delete", one)
    call("d1.database.delete", one)


def statements(judge, one):
    call = judge.call
    query = "d1.database.query"
    call(query, one, sql="CREATE TABLE kinds (id INTEGER PRIMARY KEY, text TEXT, number REAL, nil, bytes BLOB)")
    call(query, one, sql="INSERT INTO kinds VALUES (?, ?, ?, ?, x'00ff')", params=["7", "grüße 🎉", "0.5", None])
    rows = call(query, one, sql="SELECT nil, id, text, number, bytes, 1 > 0 AS is_more FROM kinds")
    print("its columns in order:", list(rows[0]["results"][0]))
    call(query, one, sql="SELECT 1 AS a; SELECT 2 AS b")
    call(query, one, batch=[
        {"sql": "INSERT INTO kinds (text) VALUES (?)", "params": ["first"]},
        {"sql": "UPDATE kinds SET text = upper(text) WHERE id > 7"},
        {"sql": "SELECT id, text FROM kinds ORDER BY id"},
    ])
    call(query, one, sql="SELECT id FROM kinds WHERE id = -1")
    raw = "d1.database.raw"
    call(raw, one, sql="SELECT id, text, nil FROM kinds ORDER BY id")
    call(raw, one, sql="SELECT id AS same, text AS same FROM kinds ORDER BY id")
    call(raw, one, batch=[{"sql": "SELECT 1"}, {"sql": "SELECT ?", "params": ["x"]}])
    # All or nothing: the first statement of a batch that fails is not there.
    failing = [{"sql": "INSERT INTO kinds (text) VALUES ('lost')"}, {"sql": "INSERT INTO none VALUES (1)"}]
    call(query, one, batch=failing)
    call(query, one, sql="SELECT count(*) AS rows_left FROM kinds")


def files(judge, one):
    call = judge.call
    etag = hashlib.md5(SQL).hexdigest()
    begun = call("d1.database.import_", one, action="init", etag=etag)
    request = urllib.request.Request(begun["upload_url"], data=SQL, method="PUT")
    with urllib.request.urlopen(request) as answer:
        judge.same("the etag of the upload", answer.headers["etag"].strip('"'), etag)
    done = call("d1.database.import_", one, action="ingest", etag=etag, filename=begun["filename"])
    call("d1.database.import_", one, action="poll", current_bookmark=done["at_bookmark"])
    call("d1.database.query", one, sql="SELECT * FROM imported")
    exported = call("d1.database.export", one, output_format="polling", dump_options={"tables": ["imported"]})
    with urllib.request.urlopen(exported["result"]["signed_url"]) as answer:
        print("the exported file:", repr(answer.read().decode()))
    call("d1.database.export", one, output_format="polling", dump_options={"no_data": True})


def time_travel(call, one):
    before = call("d1.database.time_travel.get_bookmark", one)["bookmark"]
    call("d1.database.query", one, sql="DELETE FROM kinds")
    call("d1.database.time_travel.restore", one, bookmark=before)
    call("d1.database.query", one, sql="SELECT count(*) AS rows_left FROM kinds")
    call("d1.database.time_travel.get_bookmark", one, timestamp="2999-01-01T00:00:00Z")


def refused(call, one):
    missing = "0199a2f0-0000-8000-a000-000000000000"
    call("d1.database.create", name="one")
    call("d1.database.create", name="no name")
    call("d1.database.create", name="odd", jurisdiction="mars")
    call("d1.database.create", name="odd", primary_location_hint="moon")
    call("d1.database.list", per_page=5)
    call("d1.database.get", missing)
    call("d1.database.get", "no-name")
    call("d1.database.update", missing, read_replication={"mode": "auto"})
    call("d1.database.update", one, read_replication={"mode": "some"})
    call("d1.database.edit", one)
    call("d1.database.edit", missing, read_replication={"mode": "auto"})
    call("d1.database.delete", "no-uuid")
    for sql in ["SELECT * FROM missing", "SELEC 1", "BEGIN", "ATTACH 'x' AS y", ""]:
        call("d1.database.query", one, sql=sql)
    call("d1.database.query", one, sql="SELECT ?", params=[])
    call("d1.database.query", one, sql="INSERT INTO imported VALUES (1, 'twice')")
    call("d1.database.query", missing, sql="SELECT 1")
    call("d1.database.raw", missing, sql="SELECT 1")
    call("d1.database.raw", one, sql="SELECT * FROM missing")
    call("d1.database.export", missing, output_format="polling")
    call("d1.database.export", one, output_format="file")
    call("d1.database.import_", missing, action="init", etag="0" * 32)
    call("d1.database.import_", one, action="init", etag="short")
    call("d1.database.import_", one, action="ingest", etag="0" * 32, filename="never-announced.sql")
    call("d1.database.import_", one, action="poll", current_bookmark="")
    call("d1.database.time_travel.get_bookmark", missing)
    call("d1.database.time_travel.get_bookmark", one, timestamp="2001-01-01T00:00:00Z")
    call("d1.database.time_travel.restore", one, bookmark="00000000-00000000-00000000-" + "0" * 32)
    call("d1.database.time_travel.restore", missing, bookmark="x")
