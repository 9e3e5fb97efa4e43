"""idempotencyKey and idempotencyStrategy, as documented: reference 4.11, 11.2."""

import pytest

from podium.errors import Conflict
from podium.model.requests import StartWorkflowRequest
from world import simple

STRATEGIES = ("FAIL", "RETURN_EXISTING", "FAIL_ON_RUNNING")


@pytest.fixture
def flow(world):
    world.register("flow", [simple("work")])
    return world


def _start(world, strategy=None, key="k", name="flow"):
    fields = {"idempotencyStrategy": strategy} if strategy else {}
    request = {"name": name, "input": {}, "idempotencyKey": key, **fields}
    started = world.podium.starter.start(StartWorkflowRequest.from_json(request))
    world.settle()
    return started


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_4_11_first_start_with_a_key_starts(flow, strategy):
    started = _start(flow, strategy)

    shown = flow.workflow(started)
    assert ("RUNNING", "k") == (shown["status"], shown["idempotencyKey"])


@pytest.mark.parametrize("strategy", [None, "FAIL", "FAIL_ON_RUNNING"])
def test_4_11_second_start_while_it_runs_is_a_conflict(flow, strategy):
    first = _start(flow)

    with pytest.raises(Conflict, match=f"idempotency key k already exists: {first}"):
        _start(flow, strategy)
    assert 1 == len(flow.poll("work", count=2))


def test_4_11_return_existing_returns_the_first(flow):
    first = _start(flow)

    assert first == _start(flow, "RETURN_EXISTING")
    flow.complete("work")
    assert first == _start(flow, "RETURN_EXISTING")
    assert [] == flow.poll("work")


def test_4_11_fail_is_a_conflict_even_when_the_first_has_ended(flow):
    _start(flow)
    flow.complete("work")

    with pytest.raises(Conflict):
        _start(flow, "FAIL")


def test_4_11_fail_on_running_starts_anew_once_the_first_has_ended(flow):
    first = _start(flow)
    flow.complete("work")
    second = _start(flow, "FAIL_ON_RUNNING")

    assert first != second
    assert "RUNNING" == flow.status(second)
    with pytest.raises(Conflict, match=second):
        _start(flow, "FAIL_ON_RUNNING")


def test_4_11_keys_are_apart_by_workflow_name(flow):
    flow.register("other", [simple("work")])

    assert _start(flow) != _start(flow, name="other")


def test_4_11_starts_without_a_key_are_never_the_same(flow):
    assert _start(flow, key=None) != _start(flow, key=None)
    assert _start(flow, key="") != _start(flow, key="")


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_4_11_a_key_that_was_taken_by_a_start_that_died_is_healed(flow, strategy):
    """Whoever died between taking the key and the first entry left only the key."""
    promised = _start(flow, key="other")
    flow.podium.workflows.remove(promised, archive=False)
    flow.opened.home.keys.reserve("flow", "k", promised)

    assert promised == _start(flow, strategy)
    assert "RUNNING" == flow.status(promised)


@pytest.mark.parametrize("is_taken", [False, True])
def test_4_11_the_key_of_a_workflow_that_was_removed_starts_another(flow, is_taken):
    removed = _start(flow)
    if is_taken:
        flow.take("work")
    flow.podium.workflows.remove(removed, archive=False)
    started = _start(flow)

    assert removed != started
    assert started == flow.complete("work")["workflowInstanceId"]
    assert "COMPLETED" == flow.status(started)


def test_4_11_a_bad_start_takes_no_key(world):
    world.register("flow", [simple("work")])
    for _ in range(2):
        with pytest.raises(Exception, match="NULL input"):
            world.podium.starter.start(
                StartWorkflowRequest.from_json(
                    {"name": "flow", "input": None, "idempotencyKey": "k"}
                )
            )

    assert "RUNNING" == world.status(_start(world))
