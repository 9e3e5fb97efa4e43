"""The archive of the embedded home, and the columns that came with it."""

import errno
import os
import sqlite3

import pytest

from podium.adapters.sqlite.archive import FileArchive
from podium.adapters.sqlite.schema import _VERSIONS, APPLICATION_ID, SCHEMA_VERSION
from podium.errors import Unavailable
from podium.ports import SummaryRow
from podium.sinks import ArchivedAt

DAY = 24 * 60 * 60 * 1000
NOW = 1_700_000_000_000
PATH = "archive/date=2026-11-24/o.jsonl.gz"


def row(name, end_time=0, **fields):
    return SummaryRow(name, 1, "o", 1, "s", 5, 5, end_time, **fields)


def test_the_archive_is_a_folder_beside_the_database(open_at, path):
    open_at(path).home.archive.write_batch(PATH, [b"line"])

    assert (path.with_name("podium.sqlite3.archive") / PATH).is_file()


def test_nothing_is_made_before_something_is_archived(open_at, path):
    place = ArchivedAt(PATH, 0, 1)

    assert open_at(path).home.archive.read(place) is None

    assert not path.with_name("podium.sqlite3.archive").exists()


def test_what_found_no_room_leaves_nothing_that_takes_room(tmp_path, monkeypatch):
    def full(_opened):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(Unavailable, match="No space left"):
        FileArchive(tmp_path).write_batch(PATH, [b"line"])

    assert [] == [one for one in tmp_path.rglob("*") if one.is_file()]


def test_an_object_is_there_whole_or_not_at_all(tmp_path):
    FileArchive(tmp_path).write_batch(PATH, [b"line"])

    assert [tmp_path / PATH] == [one for one in tmp_path.rglob("*") if one.is_file()]


def test_a_folder_that_cannot_be_made_is_unavailable(tmp_path):
    (tmp_path / "archive").write_text("a file")

    with pytest.raises(Unavailable, match="archive"):
        FileArchive(tmp_path).write_batch(PATH, [b"line"])


def test_the_tables_of_an_older_version_are_brought_up_to_date(open_at, path):
    older = sqlite3.connect(path)
    for statement in _VERSIONS[0]:
        older.execute(statement)
    older.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    older.execute("PRAGMA user_version = 1")
    columns = {
        "workflow_id": "w",
        "version_seen": 1,
        "workflow_type": "o",
        "version": 1,
        "status": "s",
        "start_time": 5,
        "update_time": 5,
        "end_time": 0,
        "input": "{}",
        "output": "{}",
        "failed_reference_task_names": "",
        "failed_task_names": "[]",
        "priority": 0,
        "parent_workflow_id": "",
        "classifier": "workflow",
    }
    marks = ", ".join("?" * len(columns))
    older.execute(
        f"INSERT INTO summaries ({', '.join(columns)}) VALUES ({marks})",
        tuple(columns.values()),
    )
    older.commit()
    older.close()

    opened = open_at(path)

    assert {"w": row("w")} == opened.home.index.find(["w"])
    assert (SCHEMA_VERSION,) == opened.database.row("PRAGMA user_version")


def test_those_past_their_retention_are_found_oldest_first(sqlite):
    place = ArchivedAt(PATH, 0, 1)
    for one in (
        row("runs"),
        row("young", NOW - 6 * DAY),
        row("over", NOW - 7 * DAY),
        row("long over", NOW - 70 * DAY),
        row("archived", NOW - 70 * DAY, archived=place),
        row("own", NOW - 2 * DAY, retention_days=2),
        row("kept", NOW - 70 * DAY, retention_days=0),
    ):
        sqlite.index.put(one)

    assert ["long over", "over", "own"] == sqlite.index.past_retention(NOW, 7, 10)
    assert ["long over"] == sqlite.index.past_retention(NOW, 7, 1)
    assert ["own"] == sqlite.index.past_retention(NOW, 0, 10)
