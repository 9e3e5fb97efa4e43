"""What ``onStateChange`` of a task tells: reference 4.11."""

import pytest

from world import SECOND, do_while, fork_join, inline, join_on, simple, task

EVERYTHING = "onScheduled,onStart,onSuccess,onFailed,onCancelled"


def _telling(step, keys=EVERYTHING, kind="told", **payload):
    """Return a task that tells of itself."""
    return {**step, "onStateChange": {keys: [{"type": kind, "payload": payload}]}}


def _listen(world, kind="told"):
    """Have what is told start workflows, by which a test sees it."""
    world.register("heard", [simple("in_heard")])
    action = {"name": "heard", "input": {"all": "${$}"}}
    world.register_handler(
        name=f"on {kind}",
        event=f"conductor:{kind}",
        actions=[{"action": "start_workflow", "start_workflow": action}],
    )


def _heard(world):
    """Return what was told, in the order of the journal."""
    found = world.podium.searching.search("workflowType = 'heard'", None, None, 0, 100)
    told = [world.workflow(row.workflow_id)["input"] for row in found.rows]
    told.sort(key=_place_in_journal)
    return [one["all"] for one in told]


def _place_in_journal(one):
    _, version, number = one["conductor.event.messageId"].split(":")
    return int(version), int(number)


def _changes(world):
    return [one["stateChange"] for one in _heard(world)]


def test_4_11_a_workers_task_tells_of_its_way(world):
    _listen(world)
    step = _telling(simple("work"), status="${work.status}", x="${workflow.input.x}")
    started = world.run([step], {"x": {"y": 1}})
    assert ["onScheduled"] == _changes(world)

    polled = world.take("work")
    world.settle()
    assert ["onScheduled", "onStart"] == _changes(world)
    world.report(polled, output={"z": 2})

    told = _heard(world)
    assert ["onScheduled", "onStart", "onSuccess"] == _changes(world)
    assert ["SCHEDULED", "SCHEDULED", "COMPLETED"] == [one["status"] for one in told]
    assert {
        "status": "COMPLETED",
        "x": {"y": 1},
        "workflowInstanceId": started,
        "workflowType": "tested",
        "workflowVersion": 1,
        "correlationId": None,
        "taskId": polled["taskId"],
        "taskRefName": "work",
        "stateChange": "onSuccess",
    } == told[-1]


def test_4_11_a_start_that_is_told_late_is_told_with_the_end(world):
    _listen(world)
    world.run([_telling(simple("work"))])

    world.complete("work")

    assert ["onScheduled", "onStart", "onSuccess"] == _changes(world)


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ("COMPLETED", ["onScheduled", "onStart", "onSuccess"]),
        ("COMPLETED_WITH_ERRORS", ["onScheduled", "onStart", "onSuccess"]),
        ("FAILED", ["onScheduled", "onStart", "onFailed"]),
        ("FAILED_WITH_TERMINAL_ERROR", ["onScheduled", "onStart", "onFailed"]),
    ],
)
def test_4_11_how_it_ends(world, status, told):
    _listen(world)
    world.run([_telling(task("WAIT", "wait"))])
    [started] = [
        row.workflow_id
        for row in world.podium.searching.search(
            "workflowType = 'tested'", None, None, 0, 1
        ).rows
    ]

    world.signal_task(started, "wait", status)

    assert told == _changes(world)


def test_4_11_what_is_cancelled_before_anybody_took_it_never_started(world):
    _listen(world)
    started = world.run([_telling(simple("work"))])

    world.podium.workflows.terminate(started, "enough")
    world.settle()

    assert ["onScheduled", "onCancelled"] == _changes(world)


def test_4_11_a_task_that_is_done_at_once_tells_everything_at_once(world):
    _listen(world)
    world.run([_telling(inline("sum", "1 + 1"), result="${sum.output.result}")])

    assert ["onScheduled", "onStart", "onSuccess"] == _changes(world)
    assert 2 == _heard(world)[-1]["result"]


def test_4_11_each_retry_tells_of_itself(world):
    world.register_task("work", retryCount=1, retryDelaySeconds=1)
    _listen(world)
    step = _telling(simple("work"), "onScheduled,onFailed", n="${work.retryCount}")
    world.run([step])

    world.fail("work")
    world.advance(2 * SECOND)
    world.fail("work")

    assert [
        ("onScheduled", 0),
        ("onFailed", 0),
        ("onScheduled", 1),
        ("onFailed", 1),
    ] == [(one["stateChange"], one["n"]) for one in _heard(world)]


def test_4_11_only_what_is_asked_for_is_told(world):
    _listen(world)
    world.run([_telling(simple("work"), "onFailed")])
    world.complete("work")

    assert [] == _heard(world)


def test_4_11_several_events_of_one_change(world):
    _listen(world)
    two = [{"type": "told", "payload": {"n": 1}}, {"type": "told"}]
    world.run([{**inline("sum", "1"), "onStateChange": {"onSuccess": two}}])

    assert [1, None] == [one.get("n") for one in _heard(world)]


def test_4_11_in_loops_and_branches(world):
    _listen(world)
    step = _telling(inline("sum", "1"), "onSuccess", ref="${sum.referenceTaskName}")
    other = _telling(inline("other", "1"), "onSuccess", ref="other")
    world.run([do_while(step), fork_join([other]), join_on("other")])

    assert ["sum__1", "sum__2", "other"] == [one["ref"] for one in _heard(world)]


def test_4_11_what_a_dynamic_fork_made_tells_of_itself(world):
    _listen(world)
    made = _telling(simple("made"), "onScheduled,onSuccess", x="${workflow.input.x}")
    fork = task(
        "FORK_JOIN_DYNAMIC",
        "fork",
        dynamicForkTasksParam="tasks",
        dynamicForkTasksInputParamName="inputs",
        inputParameters={"tasks": [made], "inputs": {"made": {}}},
    )
    world.run([fork, task("JOIN", "join")], {"x": 3})
    world.complete("made")

    assert [("onScheduled", 3), ("onSuccess", 3)] == [
        (one["stateChange"], one["x"]) for one in _heard(world)
    ]


def test_4_11_a_poll_that_leads_to_nothing_new_tells_nothing_new(world):
    _listen(world)
    world.run([_telling(simple("work"), "onStart")])
    polled = world.take("work")
    world.settle()

    world.report(polled, "IN_PROGRESS", callbackAfterSeconds=1)
    world.advance(2 * SECOND)
    world.complete("work")

    assert ["onStart", "onStart"] == _changes(world)


def test_4_11_a_payload_that_nobody_listens_to_does_no_harm(world):
    started = world.run([_telling(inline("sum", "1"), x="${no.such}")])

    assert "COMPLETED" == world.status(started)


def test_4_11_the_next_task_that_comes_with_a_report_has_started_too(world):
    _listen(world)
    steps = [simple("first", "work"), _telling(simple("second", "work"), "onStart")]
    world.run(steps)

    world.update_and_poll(world.take("work"))
    world.settle()

    assert ["onStart"] == _changes(world)
