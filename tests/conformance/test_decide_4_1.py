"""The order of a decision, and what it never does twice: reference 4.1, 4.2."""

import pytest

from podium.decider.commands import UpdateTask
from podium.errors import NotFound
from podium.model.task import TaskStatus
from world import SECOND, simple, task


def test_4_2_first_task_is_scheduled_at_the_start(world):
    started = world.run([simple("first"), simple("second")])

    assert [("first", "SCHEDULED")] == world.tasks(started)


def test_4_2_tasks_follow_one_another_and_the_workflow_completes(world):
    started = world.run([simple("first"), simple("second")])
    world.complete("first")
    assert [("first", "COMPLETED"), ("second", "SCHEDULED")] == world.tasks(started)
    world.complete("second")

    shown = world.workflow(started)
    assert "COMPLETED" == shown["status"]
    assert "reasonForIncompletion" not in shown
    assert world.clock.now() == shown["endTime"]


def test_4_2_sequence_numbers_count_every_attempt(world):
    world.register_task("work", retryDelaySeconds=0)
    started = world.run([simple("work"), simple("after")])
    world.fail("work")
    world.complete("work")

    assert [("work", 1), ("work", 2), ("after", 3)] == [
        (one["referenceTaskName"], one["seq"])
        for one in world.workflow(started)["tasks"]
    ]


def test_4_2_tasks_that_are_done_at_once_are_one_decision(world):
    tasks = [
        task("SET_VARIABLE", "set", inputParameters={"a": 1}),
        task("INLINE", "add", inputParameters={"expression": "1 + 1"}),
        task("NOOP", "nothing"),
    ]
    started = world.run(tasks)

    assert "COMPLETED" == world.status(started)
    assert 1 == len(world.opened.home.journal.read_range(started, 1))


def test_4_1_deciding_again_changes_nothing(world):
    world.register("child", [simple("work")])
    fork = task(
        "FORK_JOIN",
        "fork",
        forkTasks=[
            [simple("one")],
            [task("SUB_WORKFLOW", "sub", subWorkflowParam={"name": "child"})],
            [task("WAIT", "wait")],
        ],
    )
    started = world.run([fork, task("JOIN", "join", joinOn=["one", "sub", "wait"])])
    before = world.workflow(started)
    for _ in range(3):
        world.podium.workflows.decide(started)
        world.settle()

    assert before == world.workflow(started)


def test_4_1_the_same_report_twice_is_one(world):
    started = world.run([simple("work"), simple("after")])
    polled = world.take("work")
    world.report(polled)
    world.report(polled)

    assert [("work", "COMPLETED"), ("after", "SCHEDULED")] == world.tasks(started)
    assert 1 == len(world.poll("after", count=5))


def test_4_1_first_scheduled_time_is_carried_over_retries(world):
    world.register_task(
        "work",
        retryCount=5,
        retryDelaySeconds=30,
        totalTimeoutSeconds=100,
        timeoutPolicy="RETRY",
    )
    started = world.run([simple("work")])
    for _ in range(3):
        world.fail("work")
        world.advance(30 * SECOND)
    assert "RUNNING" == world.status(started)
    world.advance(10 * SECOND)

    assert "TIMED_OUT" == world.status(started)


def test_4_2_workflow_timeout_comes_before_everything_else(world):
    started = world.run(
        [simple("work", optional=True, retryCount=0), simple("after")],
        timeoutSeconds=10,
        timeoutPolicy="TIME_OUT_WF",
    )
    polled = world.take("work")
    world.clock.advance(10 * SECOND)
    world.report(polled, "FAILED")

    assert [("work", "FAILED")] == world.tasks(started)
    assert "TIMED_OUT" == world.status(started)


def test_4_1_what_a_cut_off_end_left_open_is_cancelled_by_the_next_look(world):
    """Entries of one decision may be written apart, and the process die between."""
    started = world.run([simple("work")])
    home = world.opened.home
    [entry] = home.journal.read_range(started, 1)
    cut_off = (
        b'j{"at":' + str(entry.at).encode() + b',"events":[{"kind":"ended",'
        b'"status":"TERMINATED","reason":"enough"}]}'
    )
    home.journal.append(type(entry)(started, 2, entry.at, cut_off))
    assert ("TERMINATED", "SCHEDULED") == (
        world.status(started),
        world.task(started, "work")["status"],
    )
    world.podium.workflows.decide(started)

    assert ("TERMINATED", "CANCELED") == (
        world.status(started),
        world.task(started, "work")["status"],
    )


@pytest.mark.parametrize("seq", [0, -1, 9])
def test_4_6_command_on_a_task_that_never_was(world, seq):
    started = world.run([simple("work")])

    with pytest.raises(NotFound, match="No such task found by id"):
        world.podium.decider_queue._engine.run(
            started, UpdateTask(seq=seq, status=TaskStatus.COMPLETED)
        )


# --- 4.12: inputs at scheduling ----------------------------------------------------


def test_4_12_inputs_are_resolved_when_the_task_is_scheduled(world):
    started = world.run(
        [
            task("SET_VARIABLE", "first", inputParameters={"v": 1}),
            simple("work", inputParameters={"v": "${workflow.variables.v}"}),
            task("SET_VARIABLE", "second", inputParameters={"v": 2}),
            simple("after", inputParameters={"v": "${workflow.variables.v}"}),
        ]
    )
    world.complete("work")

    assert [{"v": 1}, {"v": 2}] == [
        world.task(started, ref)["inputData"] for ref in ("work", "after")
    ]


def test_4_12_input_template_of_a_task_fills_absent_and_null_keys(world):
    world.register_task(
        "work", inputTemplate={"given": 9, "null": 9, "missing": 9, "absent": 9}
    )
    world.run(
        [
            simple(
                "work",
                inputParameters={
                    "given": 1,
                    "null": None,
                    "missing": "${workflow.input.nothing}",
                },
            )
        ]
    )

    assert {"given": 1, "null": 9, "missing": 9, "absent": 9} == (
        world.take("work")["inputData"]
    )


def test_4_12_expressions_of_an_input_template_are_resolved_where_a_key_is_absent(
    world,
):
    world.register_task(
        "work", inputTemplate={"a": "${workflow.input.x}", "b": "${workflow.input.x}"}
    )
    world.run([simple("work", inputParameters={"b": None})], {"x": 5})

    assert {"a": 5, "b": "${workflow.input.x}"} == world.take("work")["inputData"]


def test_4_12_input_template_holds_for_retries_as_well(world):
    world.register_task("work", inputTemplate={"a": 1}, retryDelaySeconds=0)
    world.run([simple("work", inputParameters={"b": 2})])
    world.fail("work")

    assert {"a": 1, "b": 2} == world.take("work")["inputData"]


def test_4_12_switch_is_evaluated_when_it_is_scheduled(world):
    switch = task(
        "SWITCH",
        "choose",
        evaluatorType="value-param",
        expression="v",
        inputParameters={"v": "${workflow.variables.v}"},
        decisionCases={"1": [simple("one")]},
        defaultCase=[simple("other")],
    )
    world.run([task("SET_VARIABLE", "set", inputParameters={"v": "1"}), switch])

    assert 1 == len(world.poll("one"))
