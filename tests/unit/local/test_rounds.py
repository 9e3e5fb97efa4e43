"""Rounds: again at once where there is more, later where there is not or it failed."""

import pytest

from podium.errors import Unavailable
from podium_local.rounds import Rounds

PAUSE = 0.001
LONG = 3_600


def go_round(answers, pause=PAUSE):
    """Go round until the answers are used up; return how many were."""
    given = []

    def work():
        answer = answers[len(given)]
        given.append(answer)
        if len(given) == len(answers):
            rounds.request_stop()
        if isinstance(answer, Exception):
            raise answer
        return answer

    rounds = Rounds("sweeper", work, pause)
    rounds.start()
    rounds.join()
    return len(given)


def test_where_there_is_more_it_goes_on_at_once():
    assert 3 == go_round([True, True, False], LONG)


def test_where_there_is_no_more_it_looks_again_after_a_pause():
    assert 3 == go_round([False, False, False])


@pytest.mark.parametrize(
    ("failure", "said"),
    [(Unavailable("away"), "round_waits"), (ValueError("broken"), "round_failed")],
)
def test_a_round_that_fails_is_not_the_last(caplog, failure, said):
    assert 2 == go_round([failure, False])
    assert [(said, "sweeper")] == [(one.message, one.who) for one in caplog.records]
