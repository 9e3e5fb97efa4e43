"""One SQLite connection, shared by all threads of the process under one lock.

A unit of work (:meth:`Database.atomic`) holds the lock from its ``BEGIN IMMEDIATE`` to
its ``COMMIT``, so nobody in this process sees half of it; other processes see the file
as of its last commit and wait for the write lock as long as ``busy_timeout``.  A
statement outside a unit is a transaction of its own.

A unit inside a unit is a savepoint: where it fails, what it wrote is undone, and the
outer one decides what becomes of the rest.  What is to happen after a commit
(:meth:`Database.after_commit`) happens once, outside the lock, and never after a
rollback.
"""

from __future__ import annotations

import itertools
import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, TypeAlias

from podium.adapters.sqlite.schema import prepare
from podium.errors import InvalidInput, Unavailable

Row: TypeAlias = tuple[Any, ...]
Parameters: TypeAlias = Sequence[Any]

_SERVING_TROUBLE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_READONLY,
    }
)
"""What the file or the machine is to blame for; any other code is our mistake."""

_CACHED_STATEMENTS = 512
_CACHE_KIB = 16_384
_TOKEN_BITS = 61


class Database:
    """The connection, its lock and its units of work."""

    def __init__(
        self,
        path: str,
        draw: Callable[[int], int],
        *,
        full_sync: bool = False,
        busy_timeout: int = 5_000,
    ) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._unit = _Unit(self)
        self._owner = 0
        self._depth = 0
        self._is_broken = False
        self._is_closed = False
        self._committed: list[Callable[[], None]] = []
        self._marks: list[int] = []
        self._tokens = itertools.count(draw(_TOKEN_BITS))
        self._connection = _open(path, full_sync=full_sync, busy_timeout=busy_timeout)
        self._file = _identity(path)
        self._is_gone = False

    def token(self) -> int:
        """Return a number that no other call on this file gives: a receipt, a stamp."""
        return next(self._tokens)

    def define(self, name: str, function: Callable[..., Any]) -> None:
        """Make a pure function of any number of values known to statements."""
        with self._lock:
            self._connection.create_function(name, -1, function, deterministic=True)

    # --- statements ------------------------------------------------------------

    def rows(self, statement: str, parameters: Parameters = ()) -> list[Row]:
        """Return all rows of a query."""
        with self._lock:
            self._check()
            try:
                return self._connection.execute(statement, parameters).fetchall()
            except (sqlite3.Error, UnicodeEncodeError, OverflowError) as error:
                raise self._explained(error) from error

    def row(self, statement: str, parameters: Parameters = ()) -> Row | None:
        """Return the first row of a query."""
        found = self.rows(statement, parameters)
        return found[0] if found else None

    def change(self, statement: str, parameters: Parameters = ()) -> int:
        """Run one write and return how many rows it changed."""
        with self._lock:
            self._check()
            try:
                return self._connection.execute(statement, parameters).rowcount
            except (sqlite3.Error, UnicodeEncodeError, OverflowError) as error:
                raise self._explained(error) from error

    def change_each(self, statement: str, parameters: Iterable[Parameters]) -> None:
        """Run one write for each of the parameters, as one unit."""
        with self._unit:
            try:
                self._connection.executemany(statement, parameters)
            except (sqlite3.Error, UnicodeEncodeError, OverflowError) as error:
                raise self._explained(error) from error

    # --- units of work ---------------------------------------------------------

    def atomic(self) -> AbstractContextManager[None]:
        """Open a unit of work, or a savepoint within the one that is open."""
        return self._unit

    @property
    def is_in_unit(self) -> bool:
        """Whether the calling thread is inside a unit of work."""
        return self._owner == threading.get_ident()

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Call back once what was written so far is committed: now, outside a unit."""
        if self.is_in_unit:
            self._committed.append(callback)
        else:
            callback()

    def begin(self) -> None:
        """Enter a unit; :meth:`atomic` is how to call this."""
        self._lock.acquire()
        try:
            self._check()
            self._run("SAVEPOINT unit" if self._depth else "BEGIN IMMEDIATE")
        except BaseException:
            self._lock.release()
            raise
        self._owner = threading.get_ident()
        self._depth += 1
        self._marks.append(len(self._committed))

    def end(self, *, failed: bool) -> None:
        """Leave a unit: keep what it did, or undo it."""
        mark = self._marks.pop()
        self._depth -= 1
        calls: list[Callable[[], None]] = []
        try:
            if failed:
                del self._committed[mark:]
                self._undo()
            elif self._depth:
                self._check()
                self._run("RELEASE unit")
            else:
                calls, self._committed = self._committed, []
                self._commit()
        finally:
            if not self._depth:
                self._owner = 0
                self._is_broken = False
            self._lock.release()
        for call in calls:
            call()

    def _commit(self) -> None:
        try:
            self._check()
            self._run("COMMIT")
        finally:
            if self._connection.in_transaction:
                self._run("ROLLBACK")

    def _undo(self) -> None:
        if self._is_closed or not self._connection.in_transaction:
            return
        if self._depth:
            self._run("ROLLBACK TO unit")
            self._run("RELEASE unit")
        else:
            self._run("ROLLBACK")

    def _run(self, statement: str) -> None:
        try:
            self._connection.execute(statement)
        except sqlite3.Error as error:
            raise self._explained(error) from error

    # --- trouble ---------------------------------------------------------------

    def _check(self) -> None:
        if self._is_closed:
            raise Unavailable(f"{self.path} is closed")
        if self._is_gone:
            raise Unavailable(f"{self.path} was removed or replaced while it is in use")
        if self._is_broken:
            raise Unavailable(f"{self.path}: the transaction was lost, try again")

    def _explained(self, error: Exception) -> Exception:
        """Return the error in Podium's words, or as it is where we are to blame."""
        if self._depth and not self._connection.in_transaction:
            self._is_broken = True
        if isinstance(error, sqlite3.Error):
            return _explained(error, self.path)
        return InvalidInput(f"A value cannot be stored: {error}")

    def look_for_file(self) -> bool:
        """Refuse all work while the file is not where it was opened; tell whether so.

        An operating system goes on writing to a file that has no name any more: all
        of that would be lost with the process.
        """
        self._is_gone = self._file is not None and _identity(self.path) != self._file
        return self._is_gone

    @property
    def is_closed(self) -> bool:
        """Whether the file was closed."""
        return self._is_closed

    def close(self) -> None:
        """Close the file; every later call finds it Unavailable."""
        with self._lock:
            if not self._is_closed:
                self._is_closed = True
                self._connection.close()


class _Unit:
    """The context manager of every unit of work: its state is the database's."""

    __slots__ = ("_database",)

    def __init__(self, database: Database) -> None:
        self._database = database

    def __enter__(self) -> None:
        self._database.begin()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._database.end(failed=kind is not None)


def _identity(path: str) -> tuple[int, int] | None:
    """Return what a file is known by whatever its name, None where there is none."""
    try:
        found = os.stat(path)  # noqa: PTH116 - ``:memory:`` is no path
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _open(path: str, *, full_sync: bool, busy_timeout: int) -> sqlite3.Connection:
    """Open or make a database; the connection is closed again where it is not ours."""
    try:
        connection = sqlite3.connect(
            path,
            timeout=busy_timeout / 1000,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=_CACHED_STATEMENTS,
        )
    except sqlite3.Error as error:
        raise _explained(error, path) from error
    is_ready = False
    try:
        prepare(connection, path)
        _configure(connection, full_sync=full_sync)
        is_ready = True
    except sqlite3.Error as error:
        if _code(error) == sqlite3.SQLITE_NOTADB:
            raise InvalidInput(f"{path} is not a Podium database") from error
        raise _explained(error, path) from error
    finally:
        if not is_ready:
            connection.close()
    return connection


def _configure(connection: sqlite3.Connection, *, full_sync: bool) -> None:
    for setting in (
        "journal_mode = WAL",
        f"synchronous = {'FULL' if full_sync else 'NORMAL'}",
        "temp_store = MEMORY",
        f"cache_size = -{_CACHE_KIB}",
    ):
        connection.execute(f"PRAGMA {setting}")


def _explained(error: sqlite3.Error, path: str) -> Exception:
    if _code(error) in _SERVING_TROUBLE:
        return Unavailable(f"{path}: {error}")
    return error


def _code(error: sqlite3.Error) -> int:
    """Return SQLite's primary result code, 0 where the error is the driver's own."""
    return (getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF
