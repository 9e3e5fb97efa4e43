"""What AWS would bill for the requests of some clients, by the rules it bills by.

Hooks of botocore see every request and its answer.  Sizes are taken from the items
themselves, for moto's own consumed capacity does not know them: what is written is read
before and after, with a client that is not metered.

DynamoDB counts a write per started kilobyte of the larger of before and after, and
again for each index whose projection changed; twice where its key did.  A write that
fails its condition is billed.  A read counts per started 4 KB, half where it may be
stale; a query by the sum of what it looks at.  SQS counts a request per started 64 KB.
"""

import math
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field

from aws_resources import load_template

KILOBYTE = 1024
_SQS_CHUNK = 64 * KILOBYTE
_WRITES = ("PutItem", "UpdateItem", "DeleteItem")

WRITE_UNIT = 0.625
READ_UNIT = 0.125
SQS_REQUEST, FIFO_REQUEST = 0.40, 0.50
S3_PUT, S3_GET = 5.0, 0.40
"""Dollars per million."""


@dataclass(eq=False)
class Bill:
    """Requests by name, and the units that are paid for."""

    calls: Counter = field(default_factory=Counter)
    write_units: int = 0
    index_write_units: int = 0
    read_units: float = 0
    sqs_requests: int = 0
    fifo_requests: int = 0
    s3_puts: int = 0
    s3_gets: int = 0

    @property
    def dollars_per_million(self):
        """What a million times the same would cost."""
        return (
            WRITE_UNIT * (self.write_units + self.index_write_units)
            + READ_UNIT * self.read_units
            + SQS_REQUEST * self.sqs_requests
            + FIFO_REQUEST * self.fifo_requests
            + S3_PUT * self.s3_puts
            + S3_GET * self.s3_gets
        )

    def lines(self):
        """Yield the bill for reading."""
        for name, number in sorted(self.calls.items()):
            yield f"{number:4} {name}"
        yield (
            f"{self.write_units} WRU + {self.index_write_units} WRU of indexes, "
            f"{self.read_units} RRU, {self.sqs_requests} SQS, "
            f"{self.fifo_requests} FIFO, ${self.dollars_per_million:.2f} per million"
        )


class Meter:
    """Hears what ``clients`` ask; ``peeking`` is a DynamoDB client beside them."""

    def __init__(self, clients, peeking):
        self._peeking = peeking
        self._bills = []
        self._indexes = _indexes()
        for client in (clients.dynamodb, clients.sqs, clients.s3):
            service = client.meta.service_model.service_name
            events = client.meta.events
            events.register(f"before-parameter-build.{service}", self._before)
            events.register(f"after-call.{service}", self._after)

    @contextmanager
    def bill(self):
        """Count what is asked for inside."""
        bill = Bill()
        self._bills.append(bill)
        try:
            yield bill
        finally:
            self._bills.remove(bill)

    def _before(self, params, model, context, **_):
        if not self._bills:
            return
        context["metered"] = params
        if model.name in _WRITES:
            context["standing"] = self._peek(params["TableName"], _key(params))
        if model.name == "BatchWriteItem":
            context["standing"] = [
                self._peek(table, request["DeleteRequest"]["Key"])
                for table, requests in params["RequestItems"].items()
                for request in requests
            ]

    def _after(self, parsed, model, context, **_):
        if not self._bills:
            return
        found = Bill()
        service = model.service_model.service_name
        found.calls[f"{service}.{model.name}"] += 1
        _COUNTED[service](self, found, model.name, context, parsed)
        for bill in self._bills:
            _add(bill, found)

    # --- DynamoDB ------------------------------------------------------------------

    def _dynamodb(self, bill, name, context, parsed):
        params = context["metered"]
        if name in _WRITES:
            after = self._peek(params["TableName"], _key(params))
            self._write(bill, context["standing"], after)
        elif name == "BatchWriteItem":
            for before in context["standing"]:
                self._write(bill, before, None)
        elif name == "GetItem":
            item = self._peek(params["TableName"], params["Key"])
            bill.read_units += _read_units(_size(item), params.get("ConsistentRead"))
        elif name == "BatchGetItem":
            for table, wanted in params["RequestItems"].items():
                for key in wanted["Keys"]:
                    size = _size(self._peek(table, key))
                    bill.read_units += _read_units(size, wanted.get("ConsistentRead"))
        elif name == "Query":
            size = sum(map(_size, self._looked_at(params, parsed)))
            bill.read_units += _read_units(size, params.get("ConsistentRead"))
        else:
            raise AssertionError(f"what does {name} cost?")

    def _peek(self, table, key):
        answer = self._peeking.get_item(TableName=table, Key=key, ConsistentRead=True)
        return answer.get("Item")

    def _looked_at(self, params, parsed):
        """Return the whole items a query looked at, whatever it asked to be shown."""
        if "Select" not in params and "ProjectionExpression" not in params:
            return parsed["Items"]
        hidden = ("Select", "ProjectionExpression", "ExpressionAttributeNames")
        shown = {key: one for key, one in params.items() if key not in hidden}
        return self._peeking.query(**shown)["Items"]

    def _write(self, bill, before, after):
        bill.write_units += max(1, _kilobytes(before), _kilobytes(after))
        for index in self._indexes:
            old, new = index.project(before), index.project(after)
            if old == new:
                continue
            if old is not None and new is not None and index.is_same_place(old, new):
                bill.index_write_units += max(_kilobytes(old), _kilobytes(new))
            else:
                bill.index_write_units += _kilobytes(old) + _kilobytes(new)

    # --- SQS and S3 ----------------------------------------------------------------

    def _sqs(self, bill, _name, context, parsed):
        params = context["metered"]
        bodies = [params.get("MessageBody", "")]
        bodies += [entry.get("MessageBody", "") for entry in params.get("Entries", [])]
        bodies += [one["Body"] for one in parsed.get("Messages", [])]
        size = sum(len(body.encode()) for body in bodies)
        requests = max(1, math.ceil(size / _SQS_CHUNK))
        if params.get("QueueUrl", "").endswith(".fifo"):
            bill.fifo_requests += requests
        else:
            bill.sqs_requests += requests

    def _s3(self, bill, name, _context, _parsed):
        if name == "GetObject":
            bill.s3_gets += 1
        else:
            bill.s3_puts += 1


_COUNTED = {"dynamodb": Meter._dynamodb, "sqs": Meter._sqs, "s3": Meter._s3}


@dataclass
class _Index:
    """An index of the workflows table and what it copies of an item."""

    partition: str
    sort: str
    copied: tuple[str, ...]

    def project(self, item):
        if item is None or self.partition not in item or self.sort not in item:
            return None
        names = ("pk", "sk", self.partition, self.sort, *self.copied)
        return {name: item[name] for name in names if name in item}

    def is_same_place(self, old, new):
        return all(old[name] == new[name] for name in (self.partition, self.sort))


def _indexes():
    table = load_template()["Resources"]["WorkflowsTable"]["Properties"]
    return [
        _Index(
            one["KeySchema"][0]["AttributeName"],
            one["KeySchema"][1]["AttributeName"],
            tuple(one["Projection"].get("NonKeyAttributes", ())),
        )
        for one in table["GlobalSecondaryIndexes"]
    ]


def _key(params):
    item = params.get("Key") or params["Item"]
    return {name: item[name] for name in ("pk", "sk")}


def _size(item):
    """Return an item's size as DynamoDB counts it; an item that is not there is 0."""
    if item is None:
        return 0
    return sum(len(name.encode()) + _value_size(one) for name, one in item.items())


def _value_size(value):
    [(kind, content)] = value.items()
    if kind == "N":
        return (len(content.lstrip("-")) + 1) // 2 + 1
    return len(content.encode() if kind == "S" else content)


def _kilobytes(item):
    return math.ceil(_size(item) / KILOBYTE)


def _read_units(size, is_consistent):
    units = max(1, math.ceil(size / (4 * KILOBYTE)))
    return units if is_consistent else units / 2


def _add(total, part):
    total.calls.update(part.calls)
    for name in vars(part):
        if name != "calls":
            setattr(total, name, getattr(total, name) + getattr(part, name))
