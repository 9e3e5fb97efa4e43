"""Polls are kept in memory and written now and then."""

from podium.ports import Poll


def test_many_polls_are_few_writes(open_at, path):
    sqlite, other = open_at(path), open_at(path)
    for at in range(10_000, 13_000):
        sqlite.home.polls.record(Poll("t", None, "w", at))

    assert [Poll("t", None, "w", 12_999)] == sqlite.home.polls.find("t")
    assert [Poll("t", None, "w", 12_000)] == other.home.polls.find("t")


def test_closing_writes_the_last_poll(open_at, path):
    sqlite = open_at(path)
    for at in (10_000, 10_500):
        sqlite.home.polls.record(Poll("t", "d", "w", at))
    sqlite.close()

    assert [Poll("t", "d", "w", 10_500)] == open_at(path).home.polls.find_all()


def test_the_later_poll_of_two_processes_wins(open_at, path):
    one, other = open_at(path), open_at(path)
    one.home.polls.record(Poll("t", None, "one", 10_000))
    other.home.polls.record(Poll("t", None, "other", 20_000))
    one.home.polls.record(Poll("t", None, "one", 15_000))

    [found] = one.home.polls.find("t")
    assert ("other", 20_000) == (found.worker_id, found.at)
