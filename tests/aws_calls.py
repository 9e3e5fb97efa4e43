"""What a request to AWS asks for, in two words: ``PutItem j``, ``SendMessage timers``.

The second word is the kind of what it is about: an item by its key (see
``shared/podium/adapters/dynamodb/keys.py``), a queue by its name, an object by the
folder that it is in.
"""

import json
from urllib.parse import urlsplit

_GROUPED = ("wf", "limit")
"""Partitions whose items are told apart by their sort keys."""
_LOOKS = ("GET", "HEAD", "Get", "BatchGet", "Query", "List")


def is_write(name):
    """Tell whether a request of this name changes anything: receiving hides."""
    return not name.startswith(_LOOKS)


def name_of(method, path, target, body):
    """Name a request; ``target`` is its ``X-Amz-Target``, None where it has none."""
    if target is None:
        return f"{method} {_folder_of(path)}"
    service, _, operation = target.partition(".")
    asked = json.loads(body)
    if service.startswith("DynamoDB"):
        return f"{operation} {'+'.join(sorted(set(_kinds(asked))))}"
    if "QueueUrl" in asked:
        return f"{operation} {asked['QueueUrl'].rpartition('/')[2]}"
    return operation


def _folder_of(path):
    """Return an object's folder below the bucket."""
    return urlsplit(path).path.strip("/").split("/")[1]


def _kinds(asked):
    """Yield the kinds of the items that a request of DynamoDB names."""
    if isinstance(asked, list):
        for one in asked:
            yield from _kinds(one)
    elif isinstance(asked, dict):
        if "IndexName" in asked:
            yield asked["IndexName"]
        elif "pk" in asked:
            yield _kind_of(asked["pk"]["S"], asked["sk"]["S"])
        elif ":partition" in asked:
            low = asked.get(":low", {"S": ""})
            yield _kind_of(asked[":partition"]["S"], low["S"])
        else:
            for one in asked.values():
                yield from _kinds(one)


def _kind_of(partition, sort):
    kind, _, _ = partition.partition("#")
    if kind not in _GROUPED:
        return kind
    within, _, _ = sort.partition("#")
    return within if kind == "wf" else f"{kind}/{within}"
