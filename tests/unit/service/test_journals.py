"""Journals: what is loaded is what was appended, however much is remembered."""

import contextlib
import os

import pytest

from podium.service.entries import ENTRY_LIMIT
from podium.service.journals import KEYFRAME_EVERY, Journals
from world import new_world, simple, task


@pytest.fixture
def world():
    with new_world() as opened:
        yield opened


def _loop(rounds, **fields):
    return task(
        "DO_WHILE",
        "loop",
        loopCondition=f"$.loop['iteration'] < {rounds}",
        loopOver=[simple("work", **fields)],
    )


def _anew(world):
    """Return journals that remember nothing."""
    return Journals(world.opened.home)


def _entries(world, started):
    return world.opened.home.journal.read_range(started, 1)


def _read_cold(world, started):
    """Return the versions that a reader who knows nothing has to read."""
    return [one.version for one in world.opened.home.journal.read_tail(started, 0)]


def test_a_long_journal_is_read_from_its_last_keyframe(world):
    started = world.run([_loop(100)])
    for number in range(60):
        world.complete("work", {"n": number})

    tail = _read_cold(world, started)
    assert len(tail) <= KEYFRAME_EVERY + 1 < len(_entries(world, started))


@pytest.mark.parametrize("reports", [1, 15, 16, 17, 40])
def test_state_from_keyframes_is_the_state_that_was_remembered(world, reports):
    started = world.run([_loop(100), simple("after")], {"a": "x" * 2_000})
    warm = Journals(world.opened.home)
    for number in range(reports):
        world.complete("work", {"n": number})
        warm.load(started)

    assert warm.load(started) == _anew(world).load(started)


def test_work_goes_on_after_everything_is_forgotten(world):
    started = world.run(
        [_loop(20, inputParameters={"n": "${work.output.n}"}), simple("after")]
    )
    for number in range(20):
        world.podium.tasks._journals.forget(started)
        polled = world.complete("work", {"n": number, "large": "x" * 1_000})
        assert (number - 1 if number else None) == polled["inputData"]["n"]
    world.complete("after")

    assert "COMPLETED" == world.status(started)


def test_a_large_state_has_fewer_keyframes(world):
    refs = [f"t{n}" for n in range(1_000)]
    fork = task("FORK_JOIN", "fork", forkTasks=[[simple(ref, "work")] for ref in refs])
    started = world.run([fork, task("JOIN", "join", joinOn=refs)])
    for _ in range(3 * KEYFRAME_EVERY):
        world.complete("work")

    assert len(_read_cold(world, started)) > KEYFRAME_EVERY + 1
    assert _anew(world).load(started) == world.podium.tasks._journals.load(started)


def test_a_decision_too_large_for_one_entry_becomes_several(world):
    """Each is a state by itself, and payloads are found where they lie."""
    large = os.urandom(20_000).hex()
    refs = [f"t{n}" for n in range(40)]
    branches = [
        [simple(ref, "work", inputParameters={"large": "${workflow.input.large}"})]
        for ref in refs
    ]
    fork = task("FORK_JOIN", "fork", forkTasks=branches)
    started = world.run(
        [fork, task("JOIN", "join", joinOn=refs)], {"large": large}, name="wide"
    )

    entries = _entries(world, started)
    assert len(entries) > 3
    assert all(len(entry.data) <= ENTRY_LIMIT for entry in entries)
    assert [large] * 40 == [
        one["inputData"]["large"] for one in world.poll("work", count=40)
    ]
    assert _anew(world).load(started) == world.podium.tasks._journals.load(started)


def test_a_payload_too_large_for_an_entry_lies_outside(world):
    large = os.urandom(ENTRY_LIMIT).hex()
    started = world.run(
        [
            simple("work"),
            simple("after", inputParameters={"n": "${work.output.n}"}),
            simple("last", inputParameters={"large": "${work.output.large}"}),
        ]
    )
    world.complete("work", {"large": large, "n": 1})
    world.podium.tasks._journals.forget(started)

    assert {"n": 1} == world.complete("after")["inputData"]
    assert large == world.take("last")["inputData"]["large"]
    assert large == world.task(started, "work")["outputData"]["large"]
    assert all(len(one.data) <= ENTRY_LIMIT for one in _entries(world, started))


def test_what_an_undone_unit_of_work_wrote_is_not_remembered(world):
    started = world.run([simple("work"), simple("after")])
    polled = world.take("work")
    before = world.workflow(started)
    with contextlib.suppress(ZeroDivisionError), world.opened.home.atomic():
        world.report(polled)
        1 / 0  # noqa: B018 - the unit fails after all was written

    assert before == world.workflow(started)
    assert 1 == world.podium.tasks._journals.load(started).version
    world.report(polled)
    assert 1 == len(world.poll("after"))
