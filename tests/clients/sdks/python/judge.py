"""Calls of the SDK, each printed in one line: the call, and what became of it.

Every answer is checked against the types that are generated from Cloudflare's OpenAPI document; where it differs, the
line says where, and what was answered is used all the same.
"""

import inspect
import json
import os
import re
from operator import attrgetter

import cloudflare
from cloudflare._response import BinaryAPIResponse
from cloudflare._base_client import BaseSyncPage

ACCOUNT = os.environ["CLOUDFLARE_ACCOUNT_ID"]


class Judge:
    def __init__(self, **options):
        self.client = cloudflare.Cloudflare(_strict_response_validation=True, max_retries=0, **options)

    def call(self, path, *args, show=lambda value: value, **options):
        """Calls a method, as `kv.namespaces.list`, and gives what came back, as JSON has it, or None."""
        method = attrgetter(path)(self.client)
        title = f"{path}({described(args, options)})"
        if "account_id" in inspect.signature(method).parameters:
            options.setdefault("account_id", ACCOUNT)
        return self.outcome(title, lambda: method(*args, **options), show)

    def raw(self, path, **options):
        """The whole answer of a method, with its `result_info`."""
        resource, method = path.rsplit(".", 1)
        raw = attrgetter(f"{resource}.with_raw_response.{method}")(self.client)
        return raw(account_id=ACCOUNT, **options).http_response.json()

    def outcome(self, title, function, show=lambda value: value):
        """Prints what a call came to, and gives it."""
        value = None
        try:
            value = plain(function())
            print(f"{title} -> {text(show(value))}")
        except cloudflare.APIResponseValidationError as error:
            value = error.body.get("result")
            print(f"{title} DIFFERS {differences(error)} -> {text(show(value))}")
        except cloudflare.APIStatusError as error:
            print(f"{title} = {error.status_code} {problems(error)}")
        return value

    def same(self, title, found, put):
        """Prints whether what was found is what was put."""
        print(f"{title}: {'as put' if found == put else f'PUT {text(put)}, FOUND {text(found)}'}")


def plain(value):
    """What a call gave, without the types of the SDK; of a list, the rows of all its pages."""
    if isinstance(value, BaseSyncPage):
        return [plain(row) for row in value]
    if isinstance(value, BinaryAPIResponse):
        return value.read()
    if isinstance(value, list):
        return [plain(row) for row in value]
    if isinstance(value, dict):
        return {key: plain(row) for key, row in value.items()}
    return value.to_dict(mode="json") if isinstance(value, cloudflare.BaseModel) else value


def text(value):
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def described(args, options):
    """The arguments of a call; a long one by its length."""

    def short(value):
        words = f"{len(value)} bytes" if isinstance(value, bytes) else repr(value)
        return words if len(words) <= 90 else f"{type(value).__name__} of {len(value)}"

    words = [short(value) for value in args]
    return ", ".join(words + [f"{name}={short(value)}" for name, value in options.items()])


def differences(error):
    """Where an answer differs from its type, and how; of several types, from the one that it is nearest to."""
    found = {}
    for each in error.__cause__.errors():
        steps = [str(step) for step in each["loc"]]
        # Names of types stand among those of fields.
        types = [step for step in steps if re.match(r"[A-Z]|.*\[|(str|float|bool)$", step)]
        place = ".".join(step for step in steps if step not in types)
        kind = "null" if each["input"] is None else each["type"]
        found.setdefault("".join(types[:1]), set()).add(f"{place} {kind}")
    return "; ".join(sorted(min(found.values(), key=len)))


def problems(error):
    if not error.errors:
        return error.response.text
    return "; ".join(f"{problem.code} {problem.message}" for problem in error.errors)
