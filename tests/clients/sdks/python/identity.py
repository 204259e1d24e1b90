"""Who asks, and of what account: users, accounts, memberships, tokens, and who may not."""

import os

from judge import ACCOUNT, Judge


def one_group(rows):
    """Of the permission groups: whether there are some, and one of them."""
    return [len(rows) > 20, [row for row in rows if row["name"] == "D1 Read"]]


def run(judge):
    call = judge.call
    call("user.get")
    token = call("user.tokens.verify")["id"]
    call("user.tokens.get", token, show=lambda found: [found["status"], len(found["policies"])])
    call("user.tokens.permission_groups.list", show=one_group)
    call("accounts.list")
    call("accounts.list", per_page=5, page=2)
    call("accounts.list", name="another")
    call("accounts.get", account_id=ACCOUNT)
    call("accounts.tokens.verify")
    call("accounts.tokens.get", token, show=lambda found: [found["status"], len(found["policies"])])
    call("accounts.tokens.permission_groups.list", show=one_group)
    call("accounts.tokens.permission_groups.get", show=one_group)
    call("user.tokens.permission_groups.list", name="D1 Read")
    call("accounts.tokens.permission_groups.list", name="D1 Read", scope="com.cloudflare.api.user")
    call("memberships.list")
    call("memberships.list", status="pending")
    call("memberships.list", account={"name": "Larder local"}, show=len)
    call("workers.scripts.script_and_version_settings.get", "no-worker")
    judge.outcome("post /graphql", lambda: judge.client.post("/graphql", cast_to=object, body={"query": "{ viewer }"}))
    refused(call)
    limited(Judge(api_token=os.environ["READER_TOKEN"]))
    strangers(Judge(api_token="of-nobody-here-0123456789abcdefghijklmn"))


def refused(call):
    other = "f" * 32
    call("user.tokens.get", "0" * 32)
    call("accounts.tokens.get", "0" * 32)
    call("accounts.get", account_id=other)
    call("accounts.list", per_page=0)
    call("kv.namespaces.list", account_id=other)
    call("d1.database.list", account_id=other)
    call("r2.buckets.list", account_id="no-account")


def limited(judge):
    """A token that may read databases and nothing else."""
    judge.call("d1.database.list")
    judge.call("d1.database.create", name="refused")
    for path in ["user.get", "accounts.get", "accounts.list", "memberships.list", "kv.namespaces.list",
                 "r2.buckets.list"]:
        judge.call(path)


def strangers(judge):
    """A token that nobody issued, asked of each kind of route."""
    for path in ["user.get", "user.tokens.verify", "accounts.list", "memberships.list", "accounts.tokens.verify",
                 "user.tokens.permission_groups.list", "kv.namespaces.list", "r2.buckets.list",
                 "vectorize.indexes.list", "ai_gateway.list", "d1.database.list"]:
        judge.call(path)
