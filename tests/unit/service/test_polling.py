"""Polls where something does not answer: what was leased is handed out, and no more."""

from dataclasses import replace

import pytest

from podium.bootstrap import build
from podium.errors import Unavailable
from podium.service.polling import LONGEST, VISIBILITY
from world import new_world, simple

SECRET = {"key": "${workflow.secrets.KEY}"}


class Failing:
    """A port one of whose calls does not answer, as long as it ``fails``."""

    def __init__(self, port, name, fails=lambda _number: True):
        self._port = port
        self._name = name
        self._fails = fails
        self._calls = 0

    def __getattr__(self, name):
        if name != self._name:
            return getattr(self._port, name)
        return self._call

    def _call(self, *given):
        self._calls += 1
        if self._fails(self._calls):
            raise Unavailable("not now")
        return getattr(self._port, self._name)(*given)


class Slow:
    """Queues whose every answer takes its time."""

    def __init__(self, queues, clock, takes):
        self._queues = queues
        self._clock = clock
        self._takes = takes

    def __getattr__(self, name):
        return getattr(self._queues, name)

    def receive(self, *given):
        self._clock.advance(self._takes)
        return self._queues.receive(*given)


@pytest.fixture
def world():
    with new_world() as opened:
        opened.keep_secret("KEY", "k")
        opened.register("plain", [simple("t")])
        opened.register("secret", [simple("t", inputParameters=SECRET)])
        yield opened


def _polling(world, **ports):
    return build(replace(world.opened.home, **ports)).polling


def test_a_task_whose_secrets_cannot_be_read_is_not_leased(world):
    started = world.start("secret")
    failing = _polling(world, secrets=Failing(world.opened.home.secrets, "find"))

    with pytest.raises(Unavailable):
        failing.poll("t", "w", None, 1)

    assert [] == world.opened.home.leases.find_all(started)
    world.clock.advance(VISIBILITY)
    assert "k" == world.take("t")["inputData"]["key"]


def test_it_takes_no_other_task_of_the_poll_down_with_it(world):
    starts = [world.start(name) for name in ("plain", "secret", "plain")]
    failing = _polling(world, secrets=Failing(world.opened.home.secrets, "find"))

    polled = failing.poll("t", "w", None, 3)

    assert {starts[0], starts[2]} == {one["workflowInstanceId"] for one in polled}
    assert [] == world.opened.home.leases.find_all(starts[1])
    world.clock.advance(VISIBILITY)
    assert starts[1] == world.take("t")["workflowInstanceId"]


def test_what_was_leased_is_handed_out_though_no_more_can_be_received(world):
    starts = [world.start("plain") for _ in range(12)]
    queues = Failing(world.opened.home.queues, "receive", lambda number: number > 1)

    polled = _polling(world, queues=queues).poll("t", "w", None, 12)

    assert 10 == len(polled)
    leases = world.opened.home.leases
    leased = {started for started in starts if leases.find_all(started)}
    assert leased == {one["workflowInstanceId"] for one in polled}


def test_a_poll_ends_before_its_caller_has_given_up(world):
    """Tasks that nobody hears of would wait for their response timeouts."""
    for _ in range(30):
        world.start("plain")
    slow = Slow(world.opened.home.queues, world.clock, LONGEST // 2)

    assert 20 == len(_polling(world, queues=slow).poll("t", "w", None, 30))
    assert 10 == len(world.poll("t", count=30))
