"""Processes that share a store, each with what it remembers of a workflow."""

from dataclasses import replace
from functools import partial

import pytest

from aws_world import new_aws_world
from podium.bootstrap import build
from podium.model.task_result import TaskResult
from podium.service import entries
from podium.service.journals import KEYFRAME_EVERY, Journals
from world import do_while, fork_join, join_on, new_world, simple

STEPS = 2 * KEYFRAME_EVERY + 2
CONDITION = f"$.loop['iteration'] < {2 * STEPS}"


def test_a_process_catches_up_over_the_keyframes_that_others_wrote():
    """A remembered state from before a keyframe lacks what lies between the two."""
    with new_world() as world:
        started = world.run([do_while(simple("work"), condition=CONDITION)])
        world.complete("work")
        others = [build(world.opened.home).tasks for _ in range(STEPS)]
        known = {other._journals.load(started).version for other in others}
        assert len(known) == 1
        for other in others:
            world.complete("work")
            state = other._journals.load(started)
            assert state == world.podium.tasks._journals.load(started)
            assert state == build(world.opened.home).tasks._journals.load(started)


class Overtaken:
    """The port ``Payloads`` of a process that is overtaken, writes, and then dies."""

    def __init__(self, payloads, overtake):
        self._payloads = payloads
        self._overtake = overtake

    def __getattr__(self, name):
        return getattr(self._payloads, name)

    def put(self, path, document):
        self._overtake()
        self._payloads.put(path, document)
        raise KeyboardInterrupt


def test_who_loses_a_version_leaves_the_winners_large_keyframe_alone(monkeypatch):
    """Both write theirs outside before it is known whose entry it is that stands."""
    monkeypatch.setattr(entries, "KEYFRAME_LIMIT", 100)
    refs = [f"t{number}" for number in range(KEYFRAME_EVERY)]
    branches = [[simple(ref)] for ref in refs]
    with new_aws_world() as world:
        started = world.run([fork_join(*branches), join_on(*refs)])
        for ref in refs[:-2]:
            world.complete(ref)
        winner, loser = (world.take(ref) for ref in refs[-2:])
        home = world.opened.home
        slow = Overtaken(home.payloads, lambda: world.report(winner))

        with pytest.raises(KeyboardInterrupt):
            build(replace(home, payloads=slow)).tasks.update(_completed(loser))

        [stored] = home.journal.read_tail(started, 0)
        assert b"p" == stored.keyframe[:1]
        state = Journals(home).load(started)
        assert ["COMPLETED", "SCHEDULED"] == [
            state.tasks[ref].status for ref in refs[-2:]
        ]
        world.report(loser)
        assert "COMPLETED" == world.status(started)


class Contended:
    """The port ``Journal`` of a process that others are faster than, some times."""

    def __init__(self, journal, others):
        self._journal = journal
        self._others = others

    def __getattr__(self, name):
        return getattr(self._journal, name)

    def append(self, *given):
        if self._others:
            self._others.pop()()
        self._journal.append(*given)


@pytest.mark.parametrize("rivals", [0, 1, 3])
def test_what_follows_a_join_is_offered_at_once_however_many_race_for_it(rivals):
    """Conductor's suite asks for that within seconds, while a lock is fought for."""
    refs = [f"t{number}" for number in range(rivals + 1)]
    branches = [[simple(ref)] for ref in refs]
    with new_aws_world() as world:
        started = world.run([fork_join(*branches), join_on(*refs), simple("after")])
        ours, *theirs = (world.take(ref) for ref in refs)
        faster = [partial(world.report, one) for one in theirs]
        home = world.opened.home
        contended = Contended(home.journal, faster)

        build(replace(home, journal=contended)).tasks.update(_completed(ours))
        world.settle()  # who loses three times leaves it to the decider's queue

        assert "COMPLETED" == world.status_of(started, "join")
        assert 1 == world.refs(started).count("after")
        assert started == world.take("after")["workflowInstanceId"]


def test_large_keyframes_go_with_their_workflow(monkeypatch):
    monkeypatch.setattr(entries, "KEYFRAME_LIMIT", 100)
    with new_aws_world() as world:
        started = world.run([do_while(simple("work"), condition=CONDITION)])
        for _ in range(STEPS):
            world.complete("work")
        [stored, *_] = world.opened.home.journal.read_tail(started, 0)
        path = entries.outside(stored.keyframe)
        assert world.opened.home.payloads.get(path) is not None

        world.podium.workflows.remove(started, archive=False)

        assert world.opened.home.payloads.get(path) is None


def _completed(polled):
    return TaskResult.from_json(
        {
            "workflowInstanceId": polled["workflowInstanceId"],
            "taskId": polled["taskId"],
            "status": "COMPLETED",
        }
    )
