"""Removing workflows, reading them from the archive, and bringing them back."""

import contextlib
import os

import pytest

from podium.bootstrap import build
from podium.errors import Conflict, InvalidInput, NotFound
from podium.service.entries import ENTRY_LIMIT
from world import do_while, inline, new_world, simple


@pytest.fixture
def world():
    with new_world() as opened:
        opened.register("worked", [simple("work")])
        yield opened


def finish(world, **fields):
    """Return a workflow that has ended, with a line in a log."""
    started = world.start("worked", {"n": 1}, **fields)
    task = world.take("work")
    world.report(task, output={"done": True}, logs=[{"log": "a line"}])
    return started


def everything(world, started):
    """Return all that the API shows, in a process that remembers nothing."""
    podium = build(world.opened.home)
    workflow = podium.workflows.get(started)
    tasks = [one["taskId"] for one in workflow["tasks"]]
    return (
        workflow,
        podium.workflows.get(started, include_tasks=False),
        podium.workflows.status(started, include_output=True, include_variables=True),
        podium.workflows.tasks(started, 0, 100, ()),
        [podium.workflows.find_task(one) for one in tasks],
        [podium.tasks.logs(one) for one in tasks],
        podium.searching.search(None, "*", None, 0, 10).total,
    )


def has_journal(world, started):
    return bool(world.opened.home.journal.read_range(started, 1))


# --- removing ------------------------------------------------------------------------


def test_a_removed_workflow_is_shown_from_the_archive(world):
    started = finish(world, correlationId="c")
    before = everything(world, started)

    world.podium.workflows.remove(started, archive=True)

    assert not has_journal(world, started)
    assert before == everything(world, started)


def test_a_workflow_that_runs_is_not_archived(world):
    started = world.start("worked")

    with pytest.raises(InvalidInput, match=f"Cannot archive workflow: {started} with"):
        world.podium.workflows.remove(started, archive=True)

    assert has_journal(world, started)


def test_a_workflow_removed_without_archiving_is_gone(world):
    started = finish(world)

    world.podium.workflows.remove(started, archive=False)

    with pytest.raises(NotFound):
        world.workflow(started)
    assert [] == world.podium.tasks.logs(f"{started[:-1]}1")
    assert 0 == world.podium.searching.search(None, "*", None, 0, 10).total


def test_what_is_archived_can_be_removed_again_and_then_for_good(world):
    started = finish(world)
    before = everything(world, started)
    world.podium.workflows.remove(started, archive=True)

    world.podium.workflows.remove(started, archive=True)
    assert before == everything(world, started)

    world.podium.workflows.remove(started, archive=False)
    with pytest.raises(NotFound):
        world.workflow(started)


def test_an_unknown_workflow_cannot_be_removed(world):
    for archive in (True, False):
        with pytest.raises(NotFound):
            world.podium.workflows.remove("no id", archive=archive)


def test_documents_outside_the_journal_go_with_it_and_are_in_the_archive(world):
    started = world.start("worked", {"blob": os.urandom(ENTRY_LIMIT).hex()})
    world.complete("work", {"blob": os.urandom(ENTRY_LIMIT).hex()})
    home = world.opened.home
    stored = [one.data for one in home.journal.read_range(started, 1)]
    paths = [data[1:].decode() for data in stored if data[:1] == b"p"]
    assert paths
    before = everything(world, started)

    world.podium.workflows.remove(started, archive=True)

    assert {None} == {home.payloads.get(path) for path in paths}
    assert before == everything(world, started)


def test_an_archived_workflow_takes_no_commands(world):
    started = finish(world)
    world.podium.workflows.remove(started, archive=True)

    with pytest.raises(NotFound):
        world.podium.workflows.pause(started)


# --- idempotent starts ---------------------------------------------------------------


def test_the_key_of_an_archived_workflow_is_still_taken(world):
    started = finish(world, idempotencyKey="k")
    world.podium.workflows.remove(started, archive=True)

    with pytest.raises(Conflict, match=started):
        world.start("worked", idempotencyKey="k")
    assert started == world.start(
        "worked", idempotencyKey="k", idempotencyStrategy="RETURN_EXISTING"
    )
    assert not has_journal(world, started)


def test_an_archived_workflow_is_no_running_one(world):
    started = finish(world, idempotencyKey="k")
    world.podium.workflows.remove(started, archive=True)

    fresh = world.start(
        "worked", idempotencyKey="k", idempotencyStrategy="FAIL_ON_RUNNING"
    )

    assert started != fresh
    assert "RUNNING" == world.status(fresh)


# --- bringing back -------------------------------------------------------------------


def load(world, started):
    return build(world.opened.home).tasks._journals.load(started)


def test_a_journal_that_is_brought_back_folds_to_the_same_state(world):
    started = finish(world)
    state, before = load(world, started), everything(world, started)
    world.podium.workflows.remove(started, archive=True)

    world.podium.archives.restore(started)

    assert has_journal(world, started)
    assert state == load(world, started)
    assert before == everything(world, started)
    assert 1 == len(world.opened.home.leases.find_all(started))


def test_a_long_journal_comes_back_with_a_keyframe(world):
    started = world.run([do_while(simple("again"), condition="$.loop.iteration < 40")])
    for number in range(40):
        world.complete("again", {"n": number})
    state = load(world, started)
    world.podium.workflows.remove(started, archive=True)

    world.podium.archives.restore(started)

    assert state == load(world, started)
    assert 1 == len(world.opened.home.journal.read_tail(started, 0))


def test_large_documents_come_back_outside_of_the_journal(world):
    started = world.start("worked", {"blob": os.urandom(ENTRY_LIMIT).hex()})
    world.complete("work")
    state, before = load(world, started), everything(world, started)
    world.podium.workflows.remove(started, archive=True)

    world.podium.archives.restore(started)

    assert state == load(world, started)
    assert before == everything(world, started)


def test_a_journal_that_is_whole_is_left_alone(world):
    started = finish(world)
    entries = world.opened.home.journal.read_range(started, 1)

    world.podium.archives.restore(started)

    assert entries == world.opened.home.journal.read_range(started, 1)


def test_only_what_was_archived_comes_back(world):
    with pytest.raises(NotFound):
        world.podium.archives.restore("018bcfe5-6800-8000-8000-000000000000")


class Cut(Exception):
    """The process is gone."""


def test_bringing_back_can_be_cut_off_anywhere_and_done_again(world, monkeypatch):
    """On a home whose calls stand by themselves, as they do on AWS."""
    started = world.run([simple("a"), simple("b"), simple("c")])
    for name in "abc":
        task = world.take(name)
        world.report(task, logs=[{"log": name}])
    state, before = load(world, started), everything(world, started)
    home = world.opened.home
    object.__setattr__(home, "atomic", contextlib.nullcontext)
    for cut_at in range(12):
        world.podium.workflows.remove(started, archive=True)
        calls = iter(range(cut_at))
        with monkeypatch.context() as patch:
            for port, name in (
                (home.journal, "append"),
                (home.leases, "take"),
                (home.logs, "append"),
            ):
                patch.setattr(port, name, _until(calls, getattr(port, name)))
            with contextlib.suppress(Cut):
                world.podium.archives.restore(started)

        found = build(home).tasks._journals.find(started)
        assert found is None or found == state
        assert before[0] == build(home).workflows.get(started)
        world.podium.archives.restore(started)
        assert (state, before) == (load(world, started), everything(world, started))


def _until(calls, real):
    def call(*arguments, **options):
        if next(calls, None) is None:
            raise Cut
        return real(*arguments, **options)

    return call


# --- what is in a line ---------------------------------------------------------------


def test_line_breaks_in_what_was_sent_do_not_break_the_line(world):
    started = world.run([inline("one", "1")], {"text": "two\nlines", "more": ["\r"]})
    before = everything(world, started)

    world.podium.workflows.remove(started, archive=True)

    assert before == everything(world, started)
