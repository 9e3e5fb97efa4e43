"""The stream of the workflows table as Lambda is handed it, and time to live over moto.

Hooks of botocore see each write of the clients; what stood before and what stands after
is read with a client beside them.  moto lets nothing expire: here what has expired goes
when it is told to, in any order, and leaves a record that names DynamoDB itself.
"""

import itertools
import random
from contextlib import contextmanager

from podium_local.aws.stream import image

_SINGLE = ("PutItem", "UpdateItem", "DeleteItem")
_SERVICE = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}


class TableStream:
    """Records of every change of one table; ``peeking`` is a client beside the rest."""

    def __init__(self, clients, peeking, table):
        self._peeking = peeking
        self._table = table
        self._numbers = itertools.count(100)
        self._records = []
        events = clients.dynamodb.meta.events
        self._events = events
        events.register("before-parameter-build.dynamodb", self._before)
        events.register("after-call.dynamodb", self._after)

    def close(self):
        self._events.unregister("before-parameter-build.dynamodb", self._before)
        self._events.unregister("after-call.dynamodb", self._after)

    def take(self):
        """Return the records since the last time."""
        taken, self._records = self._records, []
        return taken

    def expire(self, now, order=None):
        """Remove what has expired by a time in milliseconds, as DynamoDB may."""
        found = self._peeking.scan(TableName=self._table)["Items"]
        over = [
            item
            for item in found
            if "expires" in item and int(item["expires"]["N"]) * 1000 <= now
        ]
        random.Random(order).shuffle(over)
        for item in over:
            self._peeking.delete_item(TableName=self._table, Key=_key(item))
            self._record(item, None, userIdentity=_SERVICE)
        return len(over)

    # --- listening -----------------------------------------------------------------

    def _before(self, params, model, context, **_):
        if model.name in _SINGLE:
            keys = [_key(params.get("Key") or params["Item"])]
            if params["TableName"] != self._table:
                keys = []
        elif model.name == "BatchWriteItem":
            requests = params["RequestItems"].get(self._table, [])
            keys = [one["DeleteRequest"]["Key"] for one in requests]
        else:
            return
        context["streamed"] = [(key, self._peek(key)) for key in keys]

    def _after(self, context, **_):
        for key, before in context.pop("streamed", ()):
            after = self._peek(key)
            if before != after:
                self._record(before, after)

    def _peek(self, key):
        found = self._peeking.get_item(
            TableName=self._table, Key=key, ConsistentRead=True
        )
        return found.get("Item")

    def _record(self, before, after, **fields):
        kind = "MODIFY" if before and after else "INSERT" if after else "REMOVE"
        number = next(self._numbers)
        change = {
            "ApproximateCreationDateTime": 1_700_000_000,
            "Keys": _key(before or after),
            "SequenceNumber": f"{number:021}",
            "SizeBytes": 1,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        }
        if after:
            change["NewImage"] = image(after)
        if before:
            change["OldImage"] = image(before)
        self._records.append(
            {
                "eventID": f"{number:032x}",
                "eventName": kind,
                "eventVersion": "1.1",
                "eventSource": "aws:dynamodb",
                "awsRegion": "us-east-1",
                "dynamodb": change,
                "eventSourceARN": "arn:aws:dynamodb:us-east-1:1:table/t/stream/s",
                **fields,
            }
        )


@contextmanager
def streaming(stack, clients, peeking):
    """Listen to what is written to a stack's workflows table."""
    stream = TableStream(clients, peeking, stack.outputs["WorkflowsTable"])
    try:
        yield stream
    finally:
        stream.close()


def _key(item):
    return {name: item[name] for name in ("pk", "sk")}
