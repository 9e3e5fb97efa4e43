"""The janitor: what ended long ago is archived, and its journal deleted."""

import random

import pytest

from podium.adapters.sqlite.home import open_home
from podium.bootstrap import build
from podium.clock import ManualClock
from podium.service.janitor import AT_ONCE, Janitor
from world import DAY, HOUR, World, inline, simple

DAYS = 7


class SweptWorld(World):
    """A world whose journals are kept for a week."""

    @property
    def janitor(self):
        home, index = self.opened.home, self.opened.index

        def find(limit):
            return index.past_retention(self.clock.now(), DAYS, limit)

        return Janitor(home, self.podium.archives, find)

    def has_journal(self, workflow_id):
        return bool(self.opened.home.journal.read_range(workflow_id, 1))


@pytest.fixture
def world(tmp_path):
    opened = SweptWorld(path=tmp_path / "podium.sqlite3")
    opened.register("instant", [inline("one", "1")])
    opened.register("worked", [simple("work")])
    yield opened
    opened.opened.close()


def test_a_workflow_is_cleared_up_when_its_time_is_over_and_shown_as_before(world):
    started = world.start("instant")
    before = world.workflow(started)
    world.clock.advance(DAYS * DAY - HOUR)
    assert 0 == world.janitor.clear_up()
    assert world.has_journal(started)

    world.clock.advance(HOUR)
    assert 1 == world.janitor.clear_up()

    assert not world.has_journal(started)
    assert before == world.workflow(started)
    assert 1 == world.podium.searching.search(None, "*", None, 0, 10).total
    assert 0 == world.janitor.clear_up()


def test_what_runs_stays_however_old_it_is(world):
    started = world.start("worked")
    world.clock.advance(100 * DAY)

    assert 0 == world.janitor.clear_up()

    world.complete("work")
    assert "COMPLETED" == world.status(started)
    assert 0 == world.janitor.clear_up()


def test_a_definition_has_its_own_time(world):
    world.register("short", [inline("one", "1")], metadata={"retentionDays": 1})
    world.register("kept", [inline("one", "1")], metadata={"retentionDays": 0})
    short, kept, usual = (world.start(name) for name in ("short", "kept", "instant"))

    world.clock.advance(DAY)
    assert 1 == world.janitor.clear_up()
    assert [False, True, True] == [
        world.has_journal(one) for one in (short, kept, usual)
    ]

    world.clock.advance(100 * DAY)
    assert 1 == world.janitor.clear_up()
    assert [False, True, False] == [
        world.has_journal(one) for one in (short, kept, usual)
    ]


def test_many_are_cleared_up_a_hundred_at_a_time(world, tmp_path):
    started = [world.start("instant", settle=False) for _ in range(AT_ONCE + 5)]
    world.clock.advance(DAYS * DAY)

    assert [AT_ONCE, 5, 0] == [world.janitor.clear_up() for _ in range(3)]

    objects = list((tmp_path / "podium.sqlite3.archive").rglob("*.jsonl.gz"))
    assert 2 == len(objects)
    assert {"COMPLETED"} == {world.status(one) for one in started}


def test_a_row_without_a_workflow_does_not_stay_for_ever(world):
    started = world.start("instant")
    world.opened.home.journal.delete(started)
    world.clock.advance(DAYS * DAY)

    assert [1, 0] == [world.janitor.clear_up() for _ in range(2)]

    assert 0 == world.podium.searching.search(None, "*", None, 0, 10).total


def test_a_process_that_died_before_it_deleted_does_it_again(world, monkeypatch):
    started = world.start("instant")
    before = world.workflow(started)
    world.clock.advance(DAYS * DAY)

    def die(_workflow_id):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(world.opened.home.journal, "delete", die)
        with pytest.raises(KeyboardInterrupt):
            world.janitor.clear_up()
    assert world.has_journal(started)

    assert 1 == world.janitor.clear_up()
    assert before == world.workflow(started)


def test_another_process_reads_the_same_archive(world, tmp_path):
    started = world.start("instant")
    before = world.workflow(started)
    world.clock.advance(DAYS * DAY)
    world.janitor.clear_up()

    other = open_home(
        tmp_path / "podium.sqlite3",
        clock=ManualClock(),
        draw=random.Random(3).getrandbits,
    )
    assert before == build(other.home).workflows.get(started)
    other.close()
