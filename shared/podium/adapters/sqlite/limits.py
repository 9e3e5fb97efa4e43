"""Limits: numbered places and lines, beside the journal."""

from __future__ import annotations

from podium.adapters.sqlite.database import Database
from podium.limits import Place, Waiter

_PLACES = """SELECT name, number, holder, until FROM limit_places
    WHERE name = ? ORDER BY number"""

_TAKE = """INSERT INTO limit_places (name, number, holder, until)
    VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"""

_AS_READ = "name = ? AND number = ? AND holder = ? AND until = ?"

_TAKE_OVER = f"""UPDATE limit_places SET holder = ?, until = ?
    WHERE {_AS_READ}"""  # noqa: S608 - our own words

_VACATE = f"DELETE FROM limit_places WHERE {_AS_READ}"  # noqa: S608 - our own words

_WAIT = """INSERT INTO limit_lines (name, rank, since, holder, most, queue)
    VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"""

_WAITING = """SELECT name, holder, most, since, -rank, queue FROM limit_lines
    WHERE name = ? ORDER BY rank, since, holder LIMIT ?"""

_LEAVE = """DELETE FROM limit_lines
    WHERE name = ? AND rank = ? AND since = ? AND holder = ?"""


class SqliteLimits:
    """The port ``Limits``: the primary keys let one holder have a place."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def places(self, limit: str) -> list[Place]:
        """Return the places that somebody has, by number."""
        return [Place(*row) for row in self._database.rows(_PLACES, (limit,))]

    def occupy(self, place: Place, instead_of: Place | None = None) -> bool:
        """Write a place if it stands as it was read."""
        if instead_of is None:
            return self._database.change(_TAKE, _row(place)) == 1
        change = (place.holder, place.until, *_row(instead_of))
        return self._database.change(_TAKE_OVER, change) == 1

    def vacate(self, place: Place) -> bool:
        """Make a place nobody's if it stands as it was read."""
        return self._database.change(_VACATE, _row(place)) == 1

    def wait(self, waiter: Waiter) -> None:
        """Stand in line; who stands there keeps his position."""
        self._database.change(_WAIT, (*_position(waiter), waiter.most, waiter.queue))

    def waiting(self, limit: str, count: int) -> list[Waiter]:
        """Return up to ``count`` from the head of the line."""
        rows = self._database.rows(_WAITING, (limit, count))
        return [Waiter(*row) for row in rows]

    def leave(self, waiter: Waiter) -> None:
        """Leave the line, or not stand in it."""
        self._database.change(_LEAVE, _position(waiter))


def _row(place: Place) -> tuple[str, int, str, int]:
    return place.limit, place.number, place.holder, place.until


def _position(waiter: Waiter) -> tuple[str, int, int, str]:
    return waiter.limit, -waiter.priority, waiter.since, waiter.holder
