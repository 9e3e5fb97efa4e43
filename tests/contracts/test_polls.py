"""The contract of poll data."""

from podium.ports import Poll

LAG = 10_000


def by_domain(polls):
    return sorted(polls, key=lambda poll: (poll.queue, poll.domain or ""))


def test_a_queue_that_nobody_polled_has_no_polls(home):
    assert [] == home.polls.find("t")
    assert [] == home.polls.find_all()


def test_the_last_poll_is_remembered_within_the_lag(home):
    for at in range(10_000, 20_000, 100):
        home.polls.record(Poll("t", None, "w", at))

    [found] = home.polls.find("t")

    assert ("t", None, "w") == (found.queue, found.domain, found.worker_id)
    assert 19_900 - LAG <= found.at <= 19_900


def test_the_first_poll_is_remembered_at_once(home):
    home.polls.record(Poll("t", "d", "w", 10_000))

    assert [Poll("t", "d", "w", 10_000)] == home.polls.find("t")


def test_each_domain_has_its_own_last_poll(home):
    polls = [Poll("t", None, "w1", 10_000), Poll("t", "d", "w2", 10_001)]
    for poll in (*polls, Poll("other", None, "w3", 10_002)):
        home.polls.record(poll)

    assert polls == by_domain(home.polls.find("t"))


def test_all_polls_are_those_of_every_task_type(home):
    polls = [Poll("a", None, "w1", 10_000), Poll("b", "d", "w2", 10_001)]
    for poll in polls:
        home.polls.record(poll)

    assert polls == by_domain(home.polls.find_all())
