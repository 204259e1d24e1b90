#!/usr/bin/env python3
"""The kept inputs of the fuzz targets: one file per target in the repository, one folder per target for the fuzzer.

corpus.py unpack TARGET   writes each input of `kept/TARGET.jsonl` to a file in `corpus/TARGET`
corpus.py pack TARGET     writes the files of `corpus/TARGET` to `kept/TARGET.jsonl`
"""

import hashlib
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).parent


def unpack(kept, folder):
    folder.mkdir(parents=True, exist_ok=True)
    for line in kept.read_text().splitlines():
        one = json.loads(line)
        data = one["input"].encode()
        # The fuzzer names a file after its content.
        name = one.get("name") or hashlib.sha1(data).hexdigest()
        (folder / name).write_bytes(data)


def pack(kept, folder):
    named = {}
    for file in sorted(folder.iterdir()):
        try:
            text = file.read_bytes().decode()
        except UnicodeDecodeError:
            continue  # The targets take text, so the fuzzer never gives it to one.
        name = file.name
        if name.isdigit() or name == hashlib.sha1(text.encode()).hexdigest():
            name = ""
        named[text] = max(name, named.get(text, ""))
    lines = [{"name": name, "input": text} if name else {"input": text} for text, name in sorted(named.items())]
    kept.parent.mkdir(exist_ok=True)
    kept.write_text("".join(json.dumps(line) + "\n" for line in lines))
    print(f"{kept.name}: {len(lines)} inputs")


if __name__ == "__main__":
    actions = {"unpack": unpack, "pack": pack}
    if len(sys.argv) != 3 or sys.argv[1] not in actions:
        sys.exit(__doc__)
    target = sys.argv[2]
    actions[sys.argv[1]](HERE / "kept" / f"{target}.jsonl", HERE / "corpus" / target)
