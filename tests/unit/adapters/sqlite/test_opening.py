"""Opening a file: made where there is none, refused where it is not ours."""

import sqlite3
import subprocess
import sys

import pytest

from podium.adapters.sqlite.schema import (
    _VERSIONS,
    APPLICATION_ID,
    SCHEMA_VERSION,
)
from podium.errors import InvalidInput, Unavailable
from podium.ports import JournalEntry


def test_what_was_written_is_there_when_the_file_is_opened_again(open_at, path):
    first = open_at(path)
    first.home.journal.append(JournalEntry("w", 1, 5, b"j"))
    first.close()

    assert 1 == len(open_at(path).home.journal.read_tail("w", 0))


def test_a_home_in_memory_is_its_own(open_at):
    first, second = open_at(":memory:"), open_at(":memory:")
    first.home.journal.append(JournalEntry("w", 1, 5, b"j"))

    assert [] == second.home.journal.read_tail("w", 0)


@pytest.mark.parametrize(("full_sync", "level"), [(False, 1), (True, 2)])
def test_full_sync_is_a_choice_and_the_journal_is_a_wal(
    open_at, path, full_sync, level
):
    database = open_at(path, full_sync=full_sync).database

    assert (level,) == database.row("PRAGMA synchronous")
    assert ("wal",) == database.row("PRAGMA journal_mode")


def test_a_file_that_is_no_database_is_refused_and_left_alone(open_at, path):
    path.write_bytes(b"this is no database, whatever its name says" * 100)
    before = path.read_bytes()

    with pytest.raises(InvalidInput, match=r"podium\.sqlite3"):
        open_at(path)

    assert before == path.read_bytes()


def test_another_programs_database_is_refused_and_left_alone(open_at, path):
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE journal (mine TEXT)")
    other.commit()
    other.close()
    before = path.read_bytes()

    with pytest.raises(InvalidInput, match="not a Podium database"):
        open_at(path)

    assert before == path.read_bytes()


def test_an_older_schema_gets_the_tables_it_does_not_have(open_at, path):
    older = sqlite3.connect(path)
    for statement in _VERSIONS[0]:
        older.execute(statement)
    older.execute("INSERT INTO snapshots VALUES ('digest', 'kept')")
    older.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    older.execute("PRAGMA user_version = 1")
    older.commit()
    older.close()

    home = open_at(path).home

    assert [] == home.applications.all()
    assert "kept" == home.metadata.find_snapshot("digest")
    assert (SCHEMA_VERSION,) == open_at(path).database.row("PRAGMA user_version")


def test_a_newer_schema_is_refused(open_at, path):
    open_at(path).close()
    newer = sqlite3.connect(path)
    newer.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    newer.close()

    with pytest.raises(InvalidInput, match=f"schema version {SCHEMA_VERSION + 1}"):
        open_at(path)


def test_a_folder_that_is_not_there_is_unavailable(open_at, tmp_path):
    with pytest.raises(Unavailable, match="nowhere"):
        open_at(tmp_path / "nowhere" / "podium.sqlite3")


def test_a_new_file_that_is_locked_for_good_is_unavailable(open_at, path):
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")

    with pytest.raises(Unavailable, match=r"podium\.sqlite3.*locked"):
        open_at(path, busy_timeout=50)

    holder.close()


_OPEN_AND_APPEND = """
import random, sys
from podium.adapters.sqlite.home import open_home
from podium.clock import SystemClock
from podium.ports import JournalEntry

path, workflow = sys.argv[1:]
opened = open_home(path, clock=SystemClock(), draw=random.SystemRandom().getrandbits)
for version in range(1, 51):
    opened.home.journal.append(JournalEntry(workflow, version, 5, b"j"))
opened.close()
"""


def test_several_processes_may_open_a_new_file_at_once(open_at, path):
    command = [sys.executable, "-c", _OPEN_AND_APPEND, str(path)]
    children = [subprocess.Popen([*command, str(number)]) for number in range(3)]

    assert [0, 0, 0] == [child.wait(timeout=60) for child in children]
    journal = open_at(path).home.journal
    assert [50] * 3 == [len(journal.read_range(str(n), 1)) for n in range(3)]
