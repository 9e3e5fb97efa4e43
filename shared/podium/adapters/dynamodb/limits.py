"""Limits: an item per place, and one for each who waits, in the limit's partition."""

from __future__ import annotations

from podium.adapters.dynamodb import keys
from podium.adapters.dynamodb.conditions import IS_ABSENT, is_held_by
from podium.adapters.dynamodb.expiry import stamp
from podium.adapters.dynamodb.table import ConditionFailed, Item, Table
from podium.limits import Place, Waiter

_KEPT = 90 * 24 * 60 * 60 * 1000
"""Milliseconds after which DynamoDB may remove what nobody looked after."""


class DynamoLimits:
    """The port ``Limits``: one conditional write lets one holder have a place."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def places(self, limit: str) -> list[Place]:
        """Return the places that somebody has, by number."""
        return [_place(limit, one) for one in self._table.items(keys.places(limit))]

    def occupy(self, place: Place, instead_of: Place | None = None) -> bool:
        """Write a place if it stands as it was read."""
        item: Item = {
            **keys.place(place.limit, place.number),
            "holder": {"S": place.holder},
            "held_until": {"N": str(place.until)},
            **stamp(place.until + _KEPT),
        }
        stands = IS_ABSENT
        if instead_of is not None:
            stands = is_held_by(instead_of.holder, instead_of.until)
        try:
            self._table.put_once(item, stands)
        except ConditionFailed:
            return False
        return True

    def vacate(self, place: Place) -> bool:
        """Make a place nobody's if it stands as it was read.

        A place that is nobody's is what was wanted, whether or not by this request.
        """
        key = keys.place(place.limit, place.number)
        try:
            self._table.delete(key, is_held_by(place.holder, place.until))
        except ConditionFailed as failure:
            return not failure.standing
        return True

    def wait(self, waiter: Waiter) -> None:
        """Stand in line; who stands there keeps his position."""
        self._table.put(
            {
                **_position(waiter),
                "holder": {"S": waiter.holder},
                "most": {"N": str(waiter.most)},
                "since": {"N": str(waiter.since)},
                "priority": {"N": str(waiter.priority)},
                "queue": {"S": waiter.queue},
                **stamp(waiter.since + _KEPT),
            }
        )

    def waiting(self, limit: str, count: int) -> list[Waiter]:
        """Return up to ``count`` from the head of the line."""
        pages = self._table.pages(keys.line(limit), limit=count)
        page = next(pages, None)
        return [_waiter(limit, item) for item in page.items] if page else []

    def leave(self, waiter: Waiter) -> None:
        """Leave the line, or not stand in it."""
        self._table.delete(_position(waiter))


def _position(waiter: Waiter) -> keys.Key:
    return keys.waiter(waiter.limit, waiter.priority, waiter.since, waiter.holder)


def _place(limit: str, item: Item) -> Place:
    return Place(
        limit=limit,
        number=keys.number_of_place(item["sk"]["S"]),
        holder=item["holder"]["S"],
        until=int(item["held_until"]["N"]),
    )


def _waiter(limit: str, item: Item) -> Waiter:
    return Waiter(
        limit=limit,
        holder=item["holder"]["S"],
        most=int(item["most"]["N"]),
        since=int(item["since"]["N"]),
        priority=int(item["priority"]["N"]),
        queue=item["queue"]["S"],
    )
