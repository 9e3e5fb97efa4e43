"""Lambda's part at the stream of the workflows table, for the projector.

Each shard is read from its beginning, after its parent, in order.  What was read is
written down after it was handled, beside the data, so that whoever comes next goes on
from there, and an emulator that has lost its data has lost the position too.
"""

from __future__ import annotations

import logging
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

import msgspec
from botocore.exceptions import ClientError

from podium.adapters.aws_clients import answering, code_of
from podium.adapters.dynamodb.stream import FILTERS, StreamRecord
from podium_functions.runtime import Event

logger = logging.getLogger(__name__)

AT_ONCE = 500
"""Records of an event; what ends in one of them is one object of the archive."""
TRIES = 60
"""After which, half a minute, a record that fails is passed over."""

POSITIONS: Final = "dev/stream.json"
"""The object that has the positions."""
_SERVICE = "DynamoDB Streams"
_STALE = {"ExpiredIteratorException", "TrimmedDataAccessException"}

Project: TypeAlias = Callable[[Event], Mapping[str, Any]]


class _Shard(msgspec.Struct):
    """How far a shard was read: the last record that needs no more handling."""

    after: str | None = None
    is_over: bool = False


class _Positions(msgspec.Struct):
    """The shards of one stream by id."""

    stream: str
    shards: dict[str, _Shard]


class TableStream:
    """One stream; ``project`` is the projector's function."""

    def __init__(
        self, clients: Any, bucket: str, stream: str, project: Project
    ) -> None:
        self._client = clients.of("dynamodbstreams")
        self._s3 = clients.s3
        self._bucket = bucket
        self._stream = stream
        self._project = project
        self._positions: _Positions | None = None
        self._iterators: dict[str, str] = {}
        self._failures = Counter[str]()

    def follow(self) -> bool:
        """Hand over what is new; tell whether there may be more at once."""
        with answering(_SERVICE):
            positions = self._positions = self._positions or self._read_positions()
            moved = [self._read(one, positions) for one in self._open(positions)]
            return any(moved)

    # --- positions -----------------------------------------------------------------

    def _read_positions(self) -> _Positions:
        try:
            found = self._s3.get_object(Bucket=self._bucket, Key=POSITIONS)
        except ClientError as error:
            if code_of(error) != "NoSuchKey":
                raise
        else:
            written = msgspec.json.decode(found["Body"].read(), type=_Positions)
            if written.stream == self._stream:
                return written
        return _Positions(self._stream, {})

    def _write_positions(self) -> None:
        body = msgspec.json.encode(self._positions)
        self._s3.put_object(Bucket=self._bucket, Key=POSITIONS, Body=body)

    # --- shards --------------------------------------------------------------------

    def _open(self, positions: _Positions) -> list[str]:
        """Return the shards that may have something, none before its parent."""
        shards = positions.shards
        listed = {one["ShardId"]: one.get("ParentShardId") for one in self._shards()}
        left = {one for one in listed if not shards.setdefault(one, _Shard()).is_over}
        return [one for one in listed if one in left and listed[one] not in left]

    def _shards(self) -> Iterator[Mapping[str, Any]]:
        following: dict[str, str] = {}
        while True:
            answer = self._client.describe_stream(StreamArn=self._stream, **following)
            described = answer["StreamDescription"]
            yield from described["Shards"]
            if "LastEvaluatedShardId" not in described:
                return
            following = {"ExclusiveStartShardId": described["LastEvaluatedShardId"]}

    def _read(self, shard_id: str, positions: _Positions) -> bool:
        """Hand over a shard's next records; tell whether all was well with some."""
        shard = positions.shards[shard_id]
        iterator = self._iterators.pop(shard_id, None)
        try:
            answer = self._client.get_records(
                ShardIterator=iterator or self._begin(shard_id, shard), Limit=AT_ONCE
            )
        except ClientError as error:
            if code_of(error) not in _STALE:
                raise
            if iterator is None:  # what was read last is there no more
                shard.after = None
            return False
        records = [as_lambda_has_it(one) for one in answer["Records"]]
        done = self._hand_over(records)
        if done:
            shard.after = done[-1]["dynamodb"]["SequenceNumber"]
        if len(done) == len(records):
            following = answer.get("NextShardIterator")
            shard.is_over = following is None
            if following is not None:
                self._iterators[shard_id] = following
        if done or shard.is_over:
            self._write_positions()
        return bool(done)

    def _begin(self, shard_id: str, shard: _Shard) -> str:
        place: dict[str, Any] = {"ShardIteratorType": "TRIM_HORIZON"}
        if shard.after is not None:
            place = {
                "ShardIteratorType": "AFTER_SEQUENCE_NUMBER",
                "SequenceNumber": shard.after,
            }
        answer = self._client.get_shard_iterator(
            StreamArn=self._stream, ShardId=shard_id, **place
        )
        return str(answer["ShardIterator"])

    # --- records -------------------------------------------------------------------

    def _hand_over(self, records: Sequence[StreamRecord]) -> Sequence[StreamRecord]:
        """Have records projected; return those before the first that comes again."""
        wanted = [one for one in records if is_wanted(one, FILTERS)]
        if not wanted:
            return records
        failed = self._project({"Records": wanted})["batchItemFailures"]
        again = {one["itemIdentifier"] for one in failed}
        for place, record in enumerate(records):
            number = record["dynamodb"]["SequenceNumber"]
            if number not in again:
                continue
            self._failures[number] += 1
            if self._failures[number] < TRIES:
                return records[:place]
            del self._failures[number]
            logger.error("projection_given_up", extra={"sequence_number": number})
            return records[: place + 1]
        return records


def is_wanted(record: StreamRecord, filters: Sequence[Mapping[str, Any]]) -> bool:
    """Tell whether one of an event source's patterns lets a record through."""
    return any(_matches(pattern, record) for pattern in filters)


def _matches(pattern: Any, value: Any) -> bool:
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(
            key in value and _matches(one, value[key]) for key, one in pattern.items()
        )
    return any(
        value.startswith(one["prefix"]) if isinstance(one, dict) else value == one
        for one in pattern
    )


def as_lambda_has_it(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record of the stream's API as Lambda's events have it."""
    change = {**record["dynamodb"], "ApproximateCreationDateTime": 0}
    for name in ("NewImage", "OldImage"):
        if name in change:
            change[name] = image(change[name])
    made = {**record, "dynamodb": change}
    if "userIdentity" in record:
        who = record["userIdentity"]
        made["userIdentity"] = {
            "type": who.get("Type"),
            "principalId": who.get("PrincipalId"),
        }
    return made


def image(item: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return an item as JSON has it: its binary values are text."""
    return {name: _value(one) for name, one in item.items()}


def _value(value: Mapping[str, Any]) -> Mapping[str, Any]:
    [(kind, content)] = value.items()
    return {kind: b64encode(content).decode() if kind == "B" else content}
