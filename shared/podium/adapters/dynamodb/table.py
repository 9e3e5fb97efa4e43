"""One DynamoDB table: the requests that the adapters make of it, and no others.

Every failure that may pass becomes Unavailable here, and no partial answer of a batch
is taken for a whole one.

A request whose answer got lost is sent again by botocore, and then loses against
itself.  :meth:`Table.put_once` therefore marks what it writes with a random token and
knows its own item again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from botocore.exceptions import ClientError

from podium.adapters.aws_clients import Pause, answering, code_of
from podium.adapters.dynamodb.conditions import IS_ABSENT, Condition
from podium.adapters.dynamodb.keys import Key
from podium.adapters.dynamodb.ranges import Range
from podium.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Item: TypeAlias = dict[str, Any]
"""An item as the client has it: attribute name to typed value."""

_SERVICE = "DynamoDB"
_TOKEN_BITS = 64
_READ_AT_ONCE = 100
_WRITTEN_AT_ONCE = 25
_MAX_TRIES = 8
_FIRST_PAUSE = 0.05


class ConditionFailed(Exception):
    """The condition did not hold; ``standing`` is the item that stands, if any."""

    def __init__(self, standing: Item) -> None:
        super().__init__("the condition did not hold")
        self.standing = standing


@dataclass(frozen=True, slots=True)
class Page:
    """The items of one Query request, and where the next one goes on."""

    items: list[Item]
    next_key: Key | None


class Table:
    """A table's requests.  ``draw`` gives random bits, ``pause`` lets seconds pass."""

    def __init__(
        self,
        client: DynamoDBClient,
        name: str,
        draw: Callable[[int], int],
        pause: Pause,
    ) -> None:
        self._client = client
        self._name = name
        self._draw = draw
        self._pause = pause

    # --- writing ---------------------------------------------------------------

    def put(self, item: Item, condition: Condition | None = None) -> None:
        """Write an item, whatever was there, or under a condition."""
        self._write(self._client.put_item, {"Item": item}, condition)

    def put_once(self, item: Item, condition: Condition = IS_ABSENT) -> None:
        """Write an item under a condition that no longer holds once it is written."""
        token = {"B": self._draw(_TOKEN_BITS).to_bytes(_TOKEN_BITS // 8, "big")}
        try:
            self.put({**item, "token": token}, condition)
        except ConditionFailed as refusal:
            if refusal.standing.get("token") != token:
                raise

    def update(
        self, key: Key, change: str, values: Mapping[str, Any], condition: Condition
    ) -> None:
        """Change attributes of an item."""
        request: dict[str, Any] = {"Key": key, "UpdateExpression": change}
        if values:
            request["ExpressionAttributeValues"] = dict(values)
        self._write(self._client.update_item, request, condition)

    def delete(self, key: Key, condition: Condition | None = None) -> None:
        """Remove an item, there or not, or under a condition."""
        self._write(self._client.delete_item, {"Key": key}, condition)

    def _write(
        self,
        call: Callable[..., Any],
        request: dict[str, Any],
        condition: Condition | None,
    ) -> None:
        if condition is not None:
            request["ConditionExpression"] = condition.text
            request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
            values = {
                **request.get("ExpressionAttributeValues", {}),
                **condition.values,
            }
            if values:
                request["ExpressionAttributeValues"] = values
        with answering(_SERVICE):
            try:
                call(TableName=self._name, **request)
            except ClientError as error:
                if code_of(error) != "ConditionalCheckFailedException":
                    raise
                item: Item = error.response.get("Item", {})  # type: ignore[assignment] # not in the stub
                raise ConditionFailed(item) from error

    def delete_each(self, keys: Iterable[Key]) -> None:
        """Remove items, 25 a request."""
        for some in chunks(list(keys), _WRITTEN_AT_ONCE):
            left: Any = [{"DeleteRequest": {"Key": key}} for key in some]
            for pause in self._tries():
                with answering(_SERVICE):
                    answer = self._client.batch_write_item(
                        RequestItems={self._name: left}
                    )
                left = answer.get("UnprocessedItems", {}).get(self._name)
                if not left:
                    break
                self._pause(pause)
            else:
                raise Unavailable("DynamoDB did not remove all items")

    # --- reading ---------------------------------------------------------------

    def get(
        self, key: Key, *, consistent: bool = True, only: Sequence[str] = ()
    ) -> Item | None:
        """Return an item, or ``only`` some of its attributes."""
        with answering(_SERVICE):
            found = self._client.get_item(
                TableName=self._name,
                Key=key,
                ConsistentRead=consistent,
                **_projection(only),
            )
        return found.get("Item")

    def get_each(
        self, keys: Sequence[Key], *, consistent: bool, only: Sequence[str] = ()
    ) -> list[Item]:
        """Return those of the items that are there, in any order, 100 a request."""
        found: list[Item] = []
        for some in chunks(keys, _READ_AT_ONCE):
            wanted = {"Keys": some, "ConsistentRead": consistent, **_projection(only)}
            found += self._get_each(wanted)
        return found

    def _get_each(self, wanted: Mapping[str, Any]) -> list[Item]:
        found: list[Item] = []
        left: Any = {self._name: wanted}
        for pause in self._tries():
            with answering(_SERVICE):
                answer = self._client.batch_get_item(RequestItems=left)
            found += answer["Responses"].get(self._name, [])
            left = answer.get("UnprocessedKeys")
            if not left:
                return found
            self._pause(pause)
        raise Unavailable("DynamoDB did not return all items")

    def pages(
        self,
        wanted: Range,
        *,
        newest_first: bool = False,
        limit: int | None = None,
        only: Sequence[str] = (),
        consistent: bool = True,
    ) -> Iterator[Page]:
        """Yield the items of a range, a request a page, as long as there are any.

        Tables are read strongly consistent unless told otherwise; indexes cannot be.
        """
        if wanted.is_empty:
            return
        request = self._query(wanted, newest_first=newest_first) | _projection(only)
        if not consistent:
            request.pop("ConsistentRead", None)
        if limit is not None:
            request["Limit"] = limit
        while True:
            with answering(_SERVICE):
                answer = self._client.query(**request)
            next_key = answer.get("LastEvaluatedKey")
            yield Page(answer["Items"], next_key)
            if not next_key:
                return
            request["ExclusiveStartKey"] = next_key

    def items(self, wanted: Range, *, only: Sequence[str] = ()) -> Iterator[Item]:
        """Yield all items of a range, oldest first."""
        for page in self.pages(wanted, only=only):
            yield from page.items

    def count(self, wanted: Range, after: Key | None, *, newest_first: bool) -> int:
        """Return how many items of a range lie beyond a key, or how many in all."""
        request = self._query(wanted, newest_first=newest_first)
        request["Select"] = "COUNT"
        total = 0
        while True:
            if after:
                request["ExclusiveStartKey"] = after
            with answering(_SERVICE):
                answer = self._client.query(**request)
            total += answer["Count"]
            after = answer.get("LastEvaluatedKey")
            if not after:
                return total

    def _query(self, wanted: Range, *, newest_first: bool) -> dict[str, Any]:
        condition = f"{wanted.partition_attribute} = :partition"
        values = {":partition": {"S": wanted.partition}}
        if wanted.low is not None and wanted.high is not None:
            condition += f" AND {wanted.sort_attribute} BETWEEN :low AND :high"
            values |= {":low": {"S": wanted.low}, ":high": {"S": wanted.high}}
        request: dict[str, Any] = {
            "TableName": self._name,
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": values,
            "ScanIndexForward": not newest_first,
        }
        if wanted.index is None:
            request["ConsistentRead"] = True
        else:
            request["IndexName"] = wanted.index.value
        return request

    def _tries(self) -> Iterator[float]:
        """Yield the pause after each try of a batch, twice as long each time."""
        return (_FIRST_PAUSE * 2**number for number in range(_MAX_TRIES))


def chunks(values: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    """Yield the values, at most ``size`` at a time."""
    return (values[first : first + size] for first in range(0, len(values), size))


def _projection(only: Sequence[str]) -> dict[str, Any]:
    """Return what asks for some attributes; their names may be reserved words."""
    if not only:
        return {}
    return {
        "ProjectionExpression": ", ".join(f"#{name}" for name in only),
        "ExpressionAttributeNames": {f"#{name}": name for name in only},
    }
