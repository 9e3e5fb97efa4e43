"""Workflow messages and PULL_WORKFLOW_MESSAGES: reference 8.2, 3.8 and 1.1 #27."""

import pytest

from podium.decider.messages import KEPT_FOR, MOST_AT_ONCE, MOST_WAITING
from podium.errors import Conflict, LimitReached, NotFound
from world import SECOND, do_while, fork_join, join_on, simple, task

UNKNOWN = "01890a5d-ac96-8b3c-9f3c-4a7d00000000"


def _pull(ref="pull", **inputs):
    return task("PULL_WORKFLOW_MESSAGES", ref, inputParameters=inputs)


def _push(world, started, **payload):
    return world.podium.messages.push(started, payload)


def _taken(world, started, ref="pull"):
    """Return the payloads that a task took."""
    output = world.output_of(started, ref)
    assert len(output["messages"]) == output["count"]
    return [message["payload"] for message in output["messages"]]


# --- pulling -------------------------------------------------------------------------


def test_3_8_a_pull_waits_for_a_message(world):
    started = world.run([_pull(), simple("after")])
    assert [("pull", "IN_PROGRESS")] == world.tasks(started)

    pushed = _push(world, started, x=1)

    assert "COMPLETED" == world.status_of(started, "pull")
    assert [("pull", "COMPLETED"), ("after", "SCHEDULED")] == world.tasks(started)
    [message] = world.output_of(started, "pull")["messages"]
    assert {
        "id": pushed,
        "workflowId": started,
        "payload": {"x": 1},
        "receivedAt": "2023-11-14T22:13:20.000Z",
    } == message


def test_3_8_a_message_waits_for_a_pull(world):
    started = world.run([simple("before"), _pull()])
    _push(world, started, x=1)
    world.complete("before")

    assert [{"x": 1}] == _taken(world, started)
    assert "COMPLETED" == world.status(started)


def test_3_8_messages_are_taken_in_their_order_and_once(world):
    started = world.run(
        [simple("before"), _pull("p", batchSize=2), _pull("q"), _pull()]
    )
    for number in range(3):
        _push(world, started, n=number)
        world.clock.advance(SECOND)
    world.complete("before")

    assert [{"n": 0}, {"n": 1}] == _taken(world, started, "p")
    assert [{"n": 2}] == _taken(world, started, "q")
    assert "IN_PROGRESS" == world.status_of(started, "pull")


@pytest.mark.parametrize(
    ("size", "taken"),
    [(1, 1), (3, 3), (0, 1), (-5, 1), (2.9, 2), ("3", 1), (None, 1), (True, 1)],
)
def test_3_8_batch_size(world, size, taken):
    started = world.run([simple("before"), _pull(batchSize=size)])
    for number in range(5):
        _push(world, started, n=number)
    world.complete("before")

    assert taken == len(_taken(world, started))


@pytest.mark.embedded_only("so many pushes take long over moto")
def test_3_8_a_batch_has_a_hundred_messages_at_most(world):
    started = world.run([simple("before"), _pull(batchSize=1_000)])
    for number in range(MOST_AT_ONCE + 1):
        _push(world, started, n=number)
    world.complete("before")

    assert MOST_AT_ONCE == len(_taken(world, started))


def test_3_8_a_batch_does_not_wait_to_be_full(world):
    started = world.run([_pull(batchSize=10)])
    _push(world, started, n=1)

    assert [{"n": 1}] == _taken(world, started)


def test_3_8_a_pull_that_does_not_block_takes_what_there_is(world):
    started = world.run([_pull(blocking=False), simple("after")])

    assert {"messages": [], "count": 0} == world.output_of(started, "pull")
    assert ("after", "SCHEDULED") == world.tasks(started)[-1]


@pytest.mark.parametrize("blocking", ["false", None, 0])
def test_3_8_only_false_does_not_block(world, blocking):
    started = world.run([_pull(blocking=blocking)])

    assert "IN_PROGRESS" == world.status_of(started, "pull")


def test_3_8_who_waits_first_is_served_first(world):
    started = world.run([fork_join([_pull("p")], [_pull("q")]), join_on("p", "q")])
    _push(world, started, n=1)
    assert ["COMPLETED", "IN_PROGRESS"] == [
        world.status_of(started, ref) for ref in ("p", "q")
    ]
    _push(world, started, n=2)

    assert [{"n": 2}] == _taken(world, started, "q")
    assert "COMPLETED" == world.status(started)


def test_3_8_a_loop_takes_one_message_after_another(world):
    started = world.run([do_while(_pull(), condition="$.loop.iteration < 3")])
    for number in range(3):
        _push(world, started, n=number)

    assert [{"n": 2}] == _taken(world, started, "pull__3")
    assert "COMPLETED" == world.status(started)


def test_3_8_what_a_message_says_is_read_by_expressions(world):
    given = {"x": "${pull.output.messages[0].payload.x}"}
    started = world.run([_pull(), simple("after", inputParameters=given)])
    _push(world, started, x={"deep": [1]})

    assert {"x": {"deep": [1]}} == world.input_of(started, "after")


def test_3_8_a_retry_or_a_client_may_end_a_pull_too(world):
    started = world.run([_pull()])
    world.signal_task(started, "pull", output={"by": "hand"})

    assert {"by": "hand"} == world.output_of(started, "pull")


# --- the queue -----------------------------------------------------------------------


def test_8_2_a_message_is_kept_for_a_day(world):
    started = world.run([simple("before"), _pull(blocking=False)])
    _push(world, started, n=1)
    world.clock.advance(KEPT_FOR - SECOND)
    _push(world, started, n=2)
    world.clock.advance(SECOND)
    world.complete("before")

    assert [{"n": 2}] == _taken(world, started)


@pytest.mark.embedded_only("so many pushes take long over moto")
def test_8_2_a_thousand_messages_may_wait(world):
    started = world.run([simple("before"), _pull(batchSize=2)])
    for number in range(MOST_WAITING):
        _push(world, started, n=number)
    with pytest.raises(LimitReached) as refused:
        _push(world, started, n=-1)
    assert (
        f"Workflow message queue for workflowId={started} has reached the maximum size "
        f"of {MOST_WAITING}"
    ) == refused.value.message

    world.complete("before")
    assert [{"n": 0}, {"n": 1}] == _taken(world, started)


@pytest.mark.embedded_only("so many pushes take long over moto")
def test_8_2_what_has_expired_makes_room(world):
    started = world.run([simple("before"), _pull(blocking=False)])
    for number in range(MOST_WAITING):
        _push(world, started, n=number)
    world.clock.advance(KEPT_FOR)
    _push(world, started, n="new")
    world.complete("before")

    assert [{"n": "new"}] == _taken(world, started)


def test_8_2_messages_go_with_the_end_of_their_workflow(world):
    started = world.run([simple("before"), _pull(blocking=False)])
    _push(world, started, n=1)
    world.fail("before", status="FAILED_WITH_TERMINAL_ERROR")
    assert "FAILED" == world.status(started)
    world.podium.recovery.retry(started)
    world.settle()
    world.complete("before")

    assert [] == _taken(world, started)


def test_1_1_a_workflow_that_is_not_there_takes_no_message(world):
    with pytest.raises(NotFound) as refused:
        _push(world, UNKNOWN)
    assert f"Workflow not found: {UNKNOWN}" == refused.value.message


def test_1_1_a_workflow_that_does_not_run_takes_no_message(world):
    started = world.run([simple("t")])
    world.podium.workflows.pause(started)
    with pytest.raises(Conflict) as refused:
        _push(world, started)
    expected = f"Workflow {started} is not in RUNNING state (current: PAUSED)"
    assert expected == refused.value.message

    world.podium.workflows.terminate(started, None)
    with pytest.raises(Conflict):
        _push(world, started)


def test_8_2_a_paused_workflow_takes_its_messages_when_it_goes_on(world):
    started = world.run([simple("before"), _pull("p"), simple("after")])
    _push(world, started, n=1)
    world.podium.workflows.pause(started)
    world.complete("before")
    world.podium.workflows.resume(started)
    world.settle()

    assert [{"n": 1}] == _taken(world, started, "p")
