"""Workflows that are started by a message to the decider, in both homes."""

import random
import string

import pytest

from podium import ids
from podium.decider.commands import Start
from podium.errors import NotFound as MissingSnapshot
from podium.errors import Unavailable
from podium.model.requests import StartWorkflowRequest
from podium.service.messages import StartWorkflow, encode_message
from podium.service.native_starts import MAX_START
from podium_sdk import (
    BadRequest,
    Conflict,
    NotFound,
    PayloadTooLarge,
    Unreachable,
)
from podium_sdk.native import NativeStarter, native_starts
from world import simple

SCHEMA = {"type": "object", "required": ["order"]}


@pytest.fixture
def deployment(world):
    given = {"text": "${workflow.input.text}"}
    world.register("w", [simple("t", inputParameters=given)])
    return native_starts(world.opened.home)


@pytest.fixture
def starter(deployment):
    return NativeStarter(deployment)


def asked(name="w", **fields):
    return StartWorkflowRequest.from_json({"name": name, **fields})


def commands(world):
    """Return how many messages wait for the decider."""
    return world.opened.home.commands.size()


def test_a_workflow_runs_under_the_id_that_its_start_returned(world, starter):
    workflow_id = starter.start("w", {"text": "hi"})
    assert ids.is_id(workflow_id)
    assert 1 == commands(world)

    world.settle()

    assert {"text": "hi"} == world.input_of(workflow_id, "t")
    world.complete("t")
    assert "COMPLETED" == world.status(workflow_id)


def test_what_a_request_says_is_in_the_workflow(world, starter):
    world.register("v", [simple("t")], version=3)
    workflow_id = starter.start(
        asked(
            "v",
            version=3,
            correlationId="c",
            priority=5,
            createdBy="me",
            input={"a": 1},
        )
    )
    world.settle()

    shown = world.workflow(workflow_id)
    assert (3, "c", 5, "me", {"a": 1}) == (
        shown["workflowVersion"],
        shown["correlationId"],
        shown["priority"],
        shown["createdBy"],
        shown["input"],
    )


def test_an_inline_definition_needs_no_registration(world, starter):
    given = {"name": "inline", "schemaVersion": 2, "tasks": [simple("t")]}
    workflow_id = starter.start(asked("inline", workflowDef=given))
    world.settle()

    assert "RUNNING" == world.status(workflow_id)


def test_the_definition_is_that_of_the_moment_of_the_start(world, starter):
    workflow_id = starter.start("w", {})
    world.register("w", [simple("other")])
    world.podium.definitions.remove_workflow("w", 1)
    world.settle()

    assert ["t"] == world.refs(workflow_id)


def test_a_message_that_comes_twice_starts_one_workflow(world, deployment):
    start = deployment.prepare(asked())
    deployment.send([start, start])
    world.settle()
    deployment.send([start])
    world.settle()

    assert 1 == len(world.poll("t", count=9))


def test_where_a_message_comes_again_somebody_is_to_look_at_the_workflow(
    world, deployment, monkeypatch
):
    """Who started it may have died before he sent its tasks."""
    queue = world.podium.decider_queue
    workflow_id, message = deployment.prepare(asked())
    queue.handle_all(workflow_id, [message])
    looked_at = []
    monkeypatch.setattr(queue._guard, "look_soon", looked_at.append)

    queue.handle_all(workflow_id, [message], came_again=True)

    assert [workflow_id] == looked_at
    assert 1 == len(world.opened.home.journal.read_range(workflow_id, 1))


def test_many_are_started_together(world, starter):
    started = starter.start_each(asked(input={"text": str(n)}) for n in range(23))
    world.settle()

    assert 23 == len(set(started))
    texts = [world.input_of(one, "t")["text"] for one in started]
    assert [str(n) for n in range(23)] == texts


# --- what cannot be ----------------------------------------------------------------


def test_an_unknown_definition_is_not_found_at_once(world, starter):
    with pytest.raises(NotFound, match="name=nowhere"):
        starter.start("nowhere")

    assert 0 == commands(world)


def test_an_input_that_breaks_its_schema_is_refused_at_once(world, starter):
    schema = {"name": "s", "version": 1, "type": "JSON", "data": SCHEMA}
    world.register("strict", [simple("t")], inputSchema=schema)

    with pytest.raises(BadRequest) as refusal:
        starter.start("strict", {"other": 1})

    [finding] = refusal.value.validation_errors
    assert "required" in finding.message
    assert 0 == commands(world)


def test_where_one_of_many_is_wrong_none_is_started(world, starter):
    with pytest.raises(NotFound):
        starter.start_each([asked(), asked("nowhere"), asked()])

    assert 0 == commands(world)


def test_a_start_beyond_the_limit_is_too_large(world, starter):
    with pytest.raises(PayloadTooLarge):
        starter.start("w", {"text": "x" * MAX_START})

    assert 0 == commands(world)


def test_who_is_not_heard_is_told_so(world, starter, monkeypatch):
    def fail(_starts):
        raise Unavailable("SQS did not answer")

    monkeypatch.setattr(world.opened.home.commands, "send_each", fail)

    with pytest.raises(Unreachable):
        starter.start("w")


def test_a_start_that_fails_is_not_taken_for_one_of_a_workflow_that_is_gone(world):
    """So it comes again, and is put aside where somebody finds it."""
    unknown = encode_message(StartWorkflow(command=Start(definition="nobody has it")))
    workflow_id = ids.workflow_id(world.clock.now(), 7)

    with pytest.raises(MissingSnapshot):
        world.podium.decider_queue.handle_all(workflow_id, [unknown])


# --- large inputs --------------------------------------------------------------------


def test_a_large_input_goes_another_way(world, starter):
    text = "".join(random.Random(1).choices(string.ascii_letters, k=600_000))
    workflow_id = starter.start("w", {"text": text})
    world.settle()

    assert text == world.input_of(workflow_id, "t")["text"]


# --- idempotency keys (reference 4.11) -----------------------------------------------


def test_a_key_starts_once(world, starter):
    again = asked(idempotencyKey="k", idempotencyStrategy="RETURN_EXISTING")
    first = starter.start(again)
    assert first == starter.start(again)
    world.settle()
    assert first == starter.start(again)
    assert 0 == commands(world)

    assert 1 == len(world.poll("t", count=9))
    assert "k" == world.workflow(first)["idempotencyKey"]


def test_a_key_of_what_runs_is_a_conflict(world, starter):
    first = starter.start(asked(idempotencyKey="k"))
    world.settle()

    with pytest.raises(Conflict, match=first):
        starter.start(asked(idempotencyKey="k"))


def test_a_key_is_the_same_over_the_api(world, starter):
    again = asked(idempotencyKey="k", idempotencyStrategy="RETURN_EXISTING")
    first = starter.start(again)

    assert first == world.podium.starter.start(again)
    world.settle()

    assert 1 == len(world.poll("t", count=9))


# --- limits (reference 4.11) ---------------------------------------------------------


def limited(world, policy):
    limit = {"rateLimitKey": "all", "concurrentExecLimit": 1, "policy": policy}
    world.register("limited", [simple("t")], rateLimitConfig=limit)


def test_beyond_its_limit_a_workflow_is_queued(world, starter):
    limited(world, "QUEUE")
    first, second = starter.start_each([asked("limited"), asked("limited")])
    world.settle()
    assert [False, True] == [
        world.workflow(one)["rateLimited"] for one in (first, second)
    ]

    world.complete("t")
    world.complete("t")

    assert ["COMPLETED"] * 2 == [world.status(one) for one in (first, second)]


def test_a_workflow_that_its_limit_may_refuse_is_started_over_the_api(world, starter):
    limited(world, "REJECT")

    with pytest.raises(BadRequest, match="over the API"):
        starter.start("limited")

    assert 0 == commands(world)
