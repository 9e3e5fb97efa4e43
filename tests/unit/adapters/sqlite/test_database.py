"""Units of work: whole or absent, what follows a commit, and trouble with the file."""

import sqlite3
import threading

import pytest

from podium.errors import InvalidInput, Unavailable, VersionConflict
from podium.ports import JournalEntry, Poll, TaskMessage


def append(sqlite, version, workflow="w"):
    sqlite.home.journal.append(JournalEntry(workflow, version, 5, b"j"))


def versions(sqlite, workflow="w"):
    return [entry.version for entry in sqlite.home.journal.read_range(workflow, 1)]


# --- whole or absent ------------------------------------------------------------------


def test_a_unit_that_fails_leaves_nothing_behind(sqlite, rolled_back):
    with rolled_back(sqlite):
        append(sqlite, 1)
        sqlite.home.queues.send("a", [TaskMessage("t", 1)])
        sqlite.home.timers.arm("w", 5)

    assert ([], {}, []) == (
        versions(sqlite),
        sqlite.queues.sizes(),
        sqlite.timers.due(10, 10),
    )


def test_an_inner_unit_that_fails_is_undone_and_the_outer_one_goes_on(sqlite):
    def arm_and_append(version):
        with sqlite.home.atomic():
            sqlite.home.timers.arm("w", 5)
            append(sqlite, version)

    append(sqlite, 1)
    with sqlite.home.atomic():
        append(sqlite, 2)
        with pytest.raises(VersionConflict):
            arm_and_append(1)
        append(sqlite, 3)

    assert [1, 2, 3] == versions(sqlite)
    assert [] == sqlite.timers.due(10, 10)


def test_an_outer_unit_that_fails_takes_its_inner_ones_along(sqlite, rolled_back):
    with rolled_back(sqlite), sqlite.home.atomic():
        append(sqlite, 1)

    assert [] == versions(sqlite)


def test_other_threads_see_a_unit_only_when_it_is_over(sqlite):
    seen = []
    reader = threading.Thread(target=lambda: seen.append(versions(sqlite)))
    with sqlite.home.atomic():
        append(sqlite, 1)
        reader.start()
        append(sqlite, 2)
    reader.join()

    assert [[1, 2]] == seen


# --- after the commit -----------------------------------------------------------------


def test_signals_come_after_the_commit_and_none_after_a_rollback(sqlite, rolled_back):
    calls = []
    sqlite.signals.subscribe(("workflow", "w"), lambda: calls.append(versions(sqlite)))

    with sqlite.home.atomic():
        append(sqlite, 1)
        with sqlite.home.atomic():
            append(sqlite, 2)
        assert [] == calls
    assert [[1, 2], [1, 2]] == calls

    with rolled_back(sqlite):
        append(sqlite, 3)
    assert 2 == len(calls)


def test_what_an_undone_inner_unit_would_have_signalled_is_not(sqlite, rolled_back):
    calls = []
    sqlite.signals.subscribe(("workflow", "w"), lambda: calls.append("w"))
    sqlite.signals.subscribe(("workflow", "v"), lambda: calls.append("v"))

    with sqlite.home.atomic():
        append(sqlite, 1)
        with rolled_back(sqlite):
            append(sqlite, 1, "v")

    assert ["w"] == calls


def test_a_callback_may_use_the_home(sqlite):
    stop = sqlite.signals.subscribe(
        ("workflow", "w"), lambda: append(sqlite, 1, "follower")
    )
    append(sqlite, 1)
    stop()
    append(sqlite, 2)

    assert [1] == versions(sqlite, "follower")


def test_inside_a_unit_there_is_no_waiting(sqlite):
    with sqlite.home.atomic():
        assert [] == sqlite.queues.receive("a", 1, 20_000, 1_000)
        sqlite.home.changes.wait("w", 0, 20_000)


# --- trouble --------------------------------------------------------------------------


def test_a_closed_home_is_unavailable(sqlite):
    sqlite.close()
    sqlite.close()

    with pytest.raises(Unavailable, match="closed"):
        versions(sqlite)
    with pytest.raises(Unavailable, match="closed"), sqlite.home.atomic():
        pass


def test_a_file_locked_for_good_is_unavailable_and_then_works_again(open_at, path):
    sqlite = open_at(path, busy_timeout=50)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")

    with pytest.raises(Unavailable, match=r"podium\.sqlite3.*locked"):
        append(sqlite, 1)
    with pytest.raises(Unavailable, match="locked"), sqlite.home.atomic():
        pass

    holder.execute("ROLLBACK")
    holder.close()
    append(sqlite, 1)
    assert [1] == versions(sqlite)


def test_a_file_that_is_removed_or_replaced_gets_nothing_more_until_it_is_back(
    open_at, path
):
    """What was written would be in a file that nobody can ever open again."""
    sqlite = open_at(path)
    elsewhere = path.with_name("moved")
    path.rename(elsewhere)
    sqlite.database.look_for_file()
    with pytest.raises(Unavailable, match=r"podium\.sqlite3 was removed or replaced"):
        append(sqlite, 1)

    path.write_bytes(b"another")
    sqlite.database.look_for_file()
    with pytest.raises(Unavailable, match="replaced"), sqlite.home.atomic():
        pass

    elsewhere.replace(path)
    sqlite.database.look_for_file()
    append(sqlite, 1)
    assert [1] == versions(sqlite)


def test_a_database_in_memory_has_no_file_to_lose(sqlite):
    sqlite.database.look_for_file()
    append(sqlite, 1)


def test_a_home_that_cannot_write_closes_all_the_same(open_at, path):
    sqlite = open_at(path)
    sqlite.home.polls.record(Poll("a", None, "w", 5))
    sqlite.home.polls.record(Poll("a", None, "w", 6))
    sqlite.database.rows("PRAGMA query_only = 1")

    sqlite.close()

    assert sqlite.database.is_closed


def test_a_full_disk_is_unavailable_and_loses_only_the_unit_it_hit(open_at, path):
    sqlite = open_at(path)
    append(sqlite, 1)
    [(pages,)] = sqlite.database.rows("PRAGMA page_count")
    sqlite.database.rows(f"PRAGMA max_page_count = {pages}")

    def append_and_fill():
        with sqlite.home.atomic():
            append(sqlite, 2)
            sqlite.home.payloads.put("p", b"x" * 100_000)

    with pytest.raises(Unavailable, match="full"):
        append_and_fill()

    sqlite.database.rows(f"PRAGMA max_page_count = {pages + 100}")
    append(sqlite, 2)
    assert [1, 2] == versions(sqlite)


@pytest.fixture
def break_down(sqlite):
    """A write whose failure ends the whole transaction: SQLite may do so by itself."""
    sqlite.database.change(
        "CREATE TEMP TRIGGER breakdown BEFORE INSERT ON timers "
        "BEGIN SELECT raise(ROLLBACK, 'breakdown'); END"
    )

    def break_down():
        with pytest.raises(sqlite3.IntegrityError), sqlite.home.atomic():
            sqlite.home.timers.arm("w", 5)

    return break_down


def test_a_unit_whose_transaction_is_gone_writes_nothing_more(sqlite, break_down):
    def unit():
        with sqlite.home.atomic():
            append(sqlite, 1)
            break_down()
            append(sqlite, 2)

    with pytest.raises(Unavailable, match="lost"):
        unit()

    append(sqlite, 3)
    assert [3] == versions(sqlite)


def test_a_unit_that_does_not_notice_its_loss_fails_at_its_end(sqlite, break_down):
    def unit():
        with sqlite.home.atomic():
            append(sqlite, 1)
            break_down()

    with pytest.raises(Unavailable, match="lost"):
        unit()

    assert [] == versions(sqlite)


def test_text_that_is_not_unicode_is_refused(sqlite):
    with pytest.raises(InvalidInput):
        sqlite.home.timers.arm("\ud800", 5)


def test_a_number_too_large_is_refused(sqlite):
    with pytest.raises(InvalidInput):
        sqlite.home.timers.arm("w", 1 << 63)


def test_a_mistake_in_a_statement_is_not_taken_for_trouble(sqlite):
    with pytest.raises(sqlite3.OperationalError):
        sqlite.database.rows("SELECT nothing FROM nowhere")


def test_tokens_differ(sqlite):
    assert 100 == len({sqlite.database.token() for _ in range(100)})
