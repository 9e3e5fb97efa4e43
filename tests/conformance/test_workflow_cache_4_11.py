"""cacheConfig of a workflow: its output is remembered under a key: 2.2, 4.11."""

import pytest

from podium.model.requests import RerunWorkflowRequest
from world import MINUTE, SECOND, simple, task

CACHE = {"key": "${workflow.input.id}", "ttlInSecond": 60}


@pytest.fixture
def flow(world):
    register(world)
    return world


def register(world, cache=CACHE, **fields):
    world.register_task("work", retryCount=0)
    fields = {"tasks": [simple("work")], **fields}
    world.register("flow", fields.pop("tasks"), cacheConfig=cache, **fields)


def start(world, number=1, **fields):
    return world.start("flow", {"id": number}, **fields)


def answered(world, number=1, **output):
    """Run a workflow to its end, and return it."""
    started = start(world, number)
    world.complete("work", output or {"answer": 42})
    return started


def is_done(world, started):
    """Tell whether a workflow was completed by what was remembered."""
    shown = world.workflow(started)
    done = shown["status"] == "COMPLETED" and shown["output"] == {"answer": 42}
    assert done == (shown["tasks"] == [])
    assert done == (world.poll("work") == [])
    return done


def test_4_11_the_same_workflow_and_key_is_done_at_once(flow):
    answered(flow)

    assert is_done(flow, start(flow))


def test_4_11_another_key_is_worked_out(flow):
    answered(flow)

    assert not is_done(flow, start(flow, 2))


def test_4_11_a_workflow_is_remembered_for_its_time_from_its_end(flow):
    started = start(flow)
    flow.advance(MINUTE)
    flow.complete("work", {"answer": 42})
    assert "COMPLETED" == flow.status(started)

    flow.advance(59 * SECOND)
    assert is_done(flow, start(flow))
    flow.advance(SECOND)
    assert not is_done(flow, start(flow))


@pytest.mark.parametrize(
    ("key", "other"),
    [
        ("${id}", {}),
        ("${workflow.input.id}-${workflow.correlationId}", {"correlationId": "c"}),
        ("all", {}),
    ],
)
def test_4_11_what_a_key_may_read(world, key, other):
    register(world, {"key": key, "ttlInSecond": 60})
    answered(world)

    assert is_done(world, start(world))
    assert is_done(world, start(world, **other)) == (not other)


@pytest.mark.parametrize(
    "cache",
    [
        None,
        {"key": "", "ttlInSecond": 60},
        {"key": "${workflow.input.nothing}", "ttlInSecond": 60},
        {"key": "k", "ttlInSecond": 0},
    ],
    ids=["no cache", "no key", "a key of nothing", "no time"],
)
def test_4_11_without_a_key_or_a_time_each_is_worked_out(world, cache):
    register(world, cache)
    answered(world)

    assert not is_done(world, start(world))


def test_4_11_an_external_input_is_read_for_the_key(flow):
    answered(flow)
    flow.opened.home.payloads.put("workflow/input/given.json", b'{"id": 1}')
    path = {"externalInputPayloadStoragePath": "workflow/input/given.json"}

    assert is_done(flow, flow.start("flow", {}, **path))


def test_4_11_what_ended_badly_is_not_remembered(flow):
    start(flow)
    flow.fail("work")

    assert not is_done(flow, start(flow))


def test_4_11_another_definition_is_worked_out(flow):
    answered(flow)
    register(flow, version=2)
    assert not is_done(flow, start(flow))
    flow.register("flow", [simple("work"), simple("more")], cacheConfig=CACHE)

    assert not is_done(flow, start(flow, version=1))


def test_4_11_what_was_remembered_is_not_remembered_anew(flow):
    answered(flow)
    for _ in range(3):
        flow.advance(19 * SECOND)
        assert is_done(flow, start(flow))
    flow.advance(19 * SECOND)

    assert not is_done(flow, start(flow))


@pytest.mark.parametrize("operation", ["restart", "rerun"])
def test_4_11_what_is_brought_back_runs(flow, operation):
    started = answered(flow)
    if operation == "restart":
        flow.podium.recovery.restart(started)
    else:
        flow.podium.recovery.rerun(started, RerunWorkflowRequest.from_json({}))
    flow.settle()

    assert "RUNNING" == flow.status(started)
    assert 1 == len(flow.poll("work"))


def test_4_11_a_child_is_done_at_once_too(flow):
    answered(flow)
    sub = task(
        "SUB_WORKFLOW",
        "sub",
        subWorkflowParam={"name": "flow"},
        inputParameters={"id": 1},
    )
    parent = flow.run([sub], name="parent")

    assert "COMPLETED" == flow.status(parent)
    assert 42 == flow.output_of(parent, "sub")["answer"]


def test_4_11_what_waits_for_a_slot_is_done_once_it_has_one(world):
    limit = {"rateLimitKey": "all", "concurrentExecLimit": 1, "policy": "QUEUE"}
    register(world, rateLimitConfig=limit)
    started = [start(world) for _ in range(3)]
    world.complete("work", {"answer": 42})

    assert ["COMPLETED"] * 3 == [world.status(one) for one in started]


def test_4_11_whoever_waits_for_the_answer_has_it_at_once(flow):
    answered(flow)

    assert "COMPLETED" == flow.status(flow.start("flow", {"id": 1}, settle=False))


def test_4_11_a_key_may_be_nought(flow):
    register(flow, cache={"key": "${workflow.input.id}", "ttlInSecond": 60})
    answered(flow, 0)

    assert is_done(flow, start(flow, 0))
