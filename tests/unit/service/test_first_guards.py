"""The guard's first look is armed by who follows the journal."""

import pytest

from aws_world import new_aws_world
from podium.adapters.dynamodb.stream import read_changes
from podium.errors import Unavailable
from podium.model.requests import StartWorkflowRequest
from world import SECOND, inline, simple, task


@pytest.fixture
def world():
    with new_aws_world() as opened:
        yield opened


def start(world, tasks):
    """Start a workflow that nobody follows yet."""
    world.register("w", tasks)
    return world.podium.starter.start(StartWorkflowRequest.from_json({"name": "w"}))


def follow(world):
    """Have the projector do its part with all that was written since."""
    records = world.opened.stream.read()
    assert [] == world._projector.project(read_changes(records))
    world.opened.stream.move_past(records)


def first_due(world):
    due = world.opened.timers.next_due()
    return None if due is None else due - world.clock.now()


def test_whoever_starts_a_workflow_arms_nothing_and_the_projector_does(world):
    start(world, [simple("t")])
    assert first_due(world) is None

    follow(world)

    assert 60 * SECOND == first_due(world)


def test_what_is_due_before_the_guard_is_armed_by_who_starts(world):
    start(world, [task("WAIT", "wait", inputParameters={"duration": "10 seconds"})])

    assert 10 * SECOND == first_due(world)


def test_what_has_ended_by_then_needs_no_guard(world):
    start(world, [inline("done", "1")])

    follow(world)

    assert first_due(world) is None


def test_what_has_ended_and_may_not_have_told_its_parent_is_guarded(world, monkeypatch):
    world.register("child", [inline("done", "1")])
    sub = task("SUB_WORKFLOW", "sub", subWorkflowParam={"name": "child"})
    start(world, [sub])
    for command in world.opened.commands.receive(1):
        world.decider_queue.handle(command.workflow_id, command.command)
    records = world.opened.stream.read()
    armed = []
    monkeypatch.setattr(world._projector._home.timers, "arm_guards", armed.extend)

    world._projector.project(read_changes(records))

    child = records[1]["dynamodb"]["Keys"]["pk"]["S"]
    assert [child] == [f"wf#{workflow_id}" for workflow_id, _ in armed]


def test_where_the_timers_do_not_answer_the_entry_is_given_again(world, monkeypatch):
    start(world, [simple("t")])
    records = world.opened.stream.read()

    def away(_timers):
        raise Unavailable("SQS did not answer")

    with monkeypatch.context() as patched:
        patched.setattr(world._projector._home.timers, "arm_guards", away)
        assert 1 == len(world._projector.project(read_changes(records)))

    follow(world)
    assert 60 * SECOND == first_due(world)
