"""Reports on tasks: by id, by reference, by signal: reference 4.6."""

import pytest

from podium.errors import IllegalState, NotFound
from podium.model.task import TaskStatus
from podium.model.task_result import TaskResult
from world import HOUR, MINUTE, SECOND, simple, task


def _result(polled, **fields):
    return TaskResult.from_json(
        {
            "workflowInstanceId": polled["workflowInstanceId"],
            "taskId": polled["taskId"],
            **fields,
        }
    )


# --- by id -------------------------------------------------------------------------


def test_4_6_report_sets_reason_worker_and_times(world):
    started = world.run([simple("work"), simple("after")])
    world.advance(3 * SECOND)
    polled = world.take("work", worker="me")
    world.advance(2 * SECOND)
    world.report(polled, output={"a": 1}, reasonForIncompletion="because")

    shown = world.task(started, "work")
    now = world.clock.now()
    assert {
        "status": "COMPLETED",
        "outputData": {"a": 1},
        "reasonForIncompletion": "because",
        "workerId": "me",
        "startTime": now - 2 * SECOND,
        "endTime": now,
        "updateTime": now,
        "pollCount": 1,
        "executed": True,
    } == {
        key: shown[key]
        for key in (
            "status",
            "outputData",
            "reasonForIncompletion",
            "workerId",
            "startTime",
            "endTime",
            "updateTime",
            "pollCount",
            "executed",
        )
    }


def test_4_6_output_is_replaced_not_merged(world):
    started = world.run([simple("work")])
    world.report(world.take("work"), "IN_PROGRESS", output={"a": 1, "b": 1})
    assert {"a": 1, "b": 1} == world.task(started, "work")["outputData"]
    world.complete("work", {"b": 2})

    assert {"b": 2} == world.task(started, "work")["outputData"]


def test_4_6_empty_output_replaces_as_well(world):
    started = world.run([simple("work")])
    world.report(world.take("work"), "IN_PROGRESS", output={"a": 1})
    world.complete("work")

    assert {} == world.task(started, "work")["outputData"]


def test_4_6_long_reasons_are_cut(world):
    started = world.run([simple("work", optional=True, retryCount=0)])
    world.fail("work", "x" * 600)

    assert "x" * 500 == world.task(started, "work")["reasonForIncompletion"]


def test_4_6_worker_in_progress_is_scheduled_again_at_once(world):
    started = world.run([simple("work")])
    first = world.take("work")
    world.report(first, "IN_PROGRESS", output={"half": True})

    assert "SCHEDULED" == world.task(started, "work")["status"]
    second = world.take("work")
    assert (first["taskId"], 2, {"half": True}) == (
        second["taskId"],
        second["pollCount"],
        second["outputData"],
    )


@pytest.mark.parametrize("seconds", [1, 60, 900, 901, 86_400])
def test_4_6_callback_after_seconds_holds_the_task_back(world, seconds):
    """Also beyond the 15 minutes for which a queue can hold a message back."""
    started = world.run([simple("work")])
    world.report(world.take("work"), "IN_PROGRESS", callbackAfterSeconds=seconds)
    assert seconds == world.task(started, "work")["callbackAfterSeconds"]

    world.advance(seconds * SECOND - 1)
    assert [] == world.poll("work")
    world.advance(1)

    assert 0 == world.take("work")["callbackAfterSeconds"]


def test_4_6_start_time_is_that_of_the_first_poll(world):
    started = world.run([simple("work")])
    begin = world.clock.now()
    world.report(world.take("work"), "IN_PROGRESS")
    world.advance(MINUTE)
    second = world.take("work")
    world.report(second)

    assert [begin, begin] == [
        second["startTime"],
        world.task(started, "work")["startTime"],
    ]


def test_4_6_system_task_in_progress_stays_in_progress(world):
    started = world.run([task("HUMAN", "approve")])
    human = world.task(started, "approve")
    world.report(human, "IN_PROGRESS", output={"seen": True})

    shown = world.task(started, "approve")
    assert ("IN_PROGRESS", {"seen": True}) == (shown["status"], shown["outputData"])


@pytest.mark.parametrize(
    ("status", "flow"),
    [
        ("COMPLETED", "COMPLETED"),
        ("FAILED", "FAILED"),
        ("FAILED_WITH_TERMINAL_ERROR", "FAILED"),
        ("CANCELED", "TERMINATED"),
    ],
)
def test_4_6_every_final_status(world, status, flow):
    started = world.run([simple("work", retryCount=0)])
    world.report(world.take("work"), status)

    assert (status, flow) == (
        world.task(started, "work")["status"],
        world.status(started),
    )


def test_4_6_report_on_a_terminal_task_is_ignored(world):
    started = world.run([simple("work"), simple("after")])
    polled = world.complete("work", {"a": 1})
    before = world.workflow(started)

    world.report(polled, "FAILED", output={"a": 2}, logs=[{"log": "late"}])

    assert before == world.workflow(started)
    assert [] == world.podium.tasks.logs(polled["taskId"])


def test_4_6_report_on_an_attempt_that_was_superseded_is_ignored(world):
    world.register_task("work", responseTimeoutSeconds=10, retryDelaySeconds=0)
    started = world.run([simple("work")])
    late = world.take("work")
    world.advance(10 * SECOND)
    current = world.take("work")
    world.report(late, output={"from": "late"})
    assert ("RUNNING", "IN_PROGRESS") == (
        world.status(started),
        world.task(started, "work")["status"],
    )

    world.report(current, output={"from": "current"})

    assert {"from": "current"} == world.output(started)


def test_4_6_report_on_an_ended_workflow_is_ignored(world):
    started = world.run([simple("work")])
    polled = world.take("work")
    world.podium.workflows.terminate(started, None)
    world.report(polled)

    assert ("TERMINATED", "CANCELED") == (
        world.status(started),
        world.task(started, "work")["status"],
    )


def test_4_6_report_without_a_poll_is_taken(world):
    started = world.run([simple("work")])
    world.report(world.task(started, "work"))

    assert "COMPLETED" == world.status(started)
    assert [] == world.poll("work")


def test_1_11_report_on_an_unknown_task(world):
    started = world.run([simple("work")])
    unknown = world.task(started, "work")["taskId"][:-1] + "9"
    for task_id in (unknown, "0" * 8, started):
        polled = {"taskId": task_id, "workflowInstanceId": started}
        with pytest.raises(NotFound, match=f"No such task found by id: {task_id}"):
            world.podium.tasks.update(_result(polled, status="COMPLETED"))


def test_1_11_report_without_a_status(world):
    world.run([simple("work")])
    polled = world.take("work")

    with pytest.raises(IllegalState):
        world.podium.tasks.update(_result(polled))


def test_4_6_external_output_is_shown_by_path_and_read_by_expressions(world):
    world.opened.home.payloads.put("task/output/1.json", b'{"a": {"b": 1}}')
    started = world.run(
        [
            simple("work"),
            simple("after", inputParameters={"b": "${work.output.a.b}"}),
        ]
    )
    world.report(
        world.take("work"), externalOutputPayloadStoragePath="task/output/1.json"
    )

    shown = world.task(started, "work")
    assert ("task/output/1.json", {}) == (
        shown["externalOutputPayloadStoragePath"],
        shown["outputData"],
    )
    assert {"b": 1} == world.take("after")["inputData"]


def test_4_6_sub_workflow_id_of_a_report_is_kept(world):
    started = world.run([simple("work")])
    other = world.start("tested")
    polled = {one["workflowInstanceId"]: one for one in world.poll("work", count=2)}
    world.report(polled[started], subWorkflowId=other)

    assert other == world.task(started, "work")["subWorkflowId"]
    assert "RUNNING" == world.status(other)


# --- logs --------------------------------------------------------------------------


def test_4_6_logs_of_a_report_are_the_tasks(world):
    world.run([simple("work")])
    polled = world.take("work")
    world.report(polled, logs=[{"log": f"line {n}"} for n in range(12)])

    found = world.podium.tasks.logs(polled["taskId"])
    assert [f"line {n}" for n in range(2, 12)] == [line["log"] for line in found]
    assert {polled["taskId"]} == {line["taskId"] for line in found}


def test_2_8_a_line_keeps_the_time_at_which_the_worker_logged_it(world):
    world.run([simple("work")])
    polled = world.take("work")
    now = world.clock.now()
    logged = [
        {"log": "second", "createdTime": now - 1},
        {"log": "first", "createdTime": now - 2},
        {"log": "at the report"},
    ]
    world.report(polled, logs=logged)

    assert [("first", now - 2), ("second", now - 1), ("at the report", now)] == [
        (line["log"], line["createdTime"])
        for line in world.podium.tasks.logs(polled["taskId"])
    ]


# --- the lease ---------------------------------------------------------------------


def test_4_6_extending_the_lease_changes_nothing_but_the_time_of_update(world):
    started = world.run([simple("work")])
    polled = world.take("work")
    before = world.task(started, "work")
    world.advance(MINUTE)
    world.report(
        polled, "COMPLETED", output={"a": 1}, extendLease=True, logs=[{"log": "x"}]
    )

    after = world.task(started, "work")
    assert {**before, "updateTime": world.clock.now()} == after
    assert [] == world.podium.tasks.logs(polled["taskId"])


def test_4_6_extending_the_lease_of_an_ended_or_unknown_task(world):
    started = world.run([simple("work")])
    polled = world.complete("work")
    before = world.workflow(started)
    world.report(polled, extendLease=True)
    assert before == world.workflow(started)

    unknown = {**polled, "taskId": polled["taskId"][:-1] + "9"}
    with pytest.raises(NotFound):
        world.report(unknown, extendLease=True)


def test_4_6_what_was_put_off_before_a_worker_took_it_comes_later_alone(world):
    started = world.run([simple("work")])
    shown = world.task(started, "work")
    world.report(shown, "IN_PROGRESS", callbackAfterSeconds=10, workerId="me")

    assert [] == world.poll("work")
    world.advance(10 * SECOND)
    assert 1 == len(world.poll("work", count=2))


# --- by reference ------------------------------------------------------------------


def test_4_6_report_by_reference_merges_the_output(world):
    started = world.run([simple("work"), simple("after")])
    world.report(world.take("work"), "IN_PROGRESS", output={"a": 1, "b": 1})
    task_id = world.signal_task(started, "work", output={"b": 2})

    shown = world.task(started, "work")
    assert (shown["taskId"], {"a": 1, "b": 2}) == (task_id, shown["outputData"])


@pytest.mark.parametrize("ref", ["nobody", "after"])
def test_4_6_report_by_reference_on_what_is_not_open_finds_nothing(world, ref):
    started = world.run([simple("work"), simple("after")])
    world.complete("work")
    world.complete("after")

    assert None is world.signal_task(started, ref)


def test_4_6_report_by_reference_on_an_unknown_workflow(world):
    with pytest.raises(NotFound, match="No such workflow found by id: nobody"):
        world.signal_task("nobody", "work")


@pytest.mark.parametrize("refs", [("work", "work"), ("work__1", "work__2")])
def test_4_6_report_by_reference_in_a_loop_with_or_without_suffix(world, refs):
    loop = task(
        "DO_WHILE",
        "loop",
        loopCondition="$.loop['iteration'] < 2",
        loopOver=[simple("work")],
    )
    started = world.run([loop])
    for number, ref in enumerate(refs, 1):
        assert world.signal_task(started, ref, output={"n": number})

    assert "COMPLETED" == world.status(started)
    assert {"n": 2} == world.task(started, "work__2")["outputData"]


def test_4_6_report_by_reference_with_the_suffix_of_another_iteration(world):
    loop = task("DO_WHILE", "loop", loopCondition="true", loopOver=[simple("work")])
    started = world.run([loop])
    world.signal_task(started, "work")

    assert None is world.signal_task(started, "work__1")


def test_4_6_what_was_ended_by_reference_is_handed_to_nobody(world):
    started = world.run([simple("work"), simple("after")])
    done = TaskStatus.COMPLETED
    world.podium.tasks.update_by_reference(started, "work", done, {}, "me")

    assert [] == world.poll("work")


# --- signals -----------------------------------------------------------------------


def _signal(world, started, status="COMPLETED", output=None):
    signalled = world.podium.tasks.signal(started, TaskStatus(status), output or {})
    world.settle()
    return signalled


def test_4_6_signal_ends_the_first_wait(world):
    started = world.run([task("WAIT", "first"), task("WAIT", "second")])
    _signal(world, started, output={"go": 1})

    assert [("first", "COMPLETED"), ("second", "IN_PROGRESS")] == world.tasks(started)
    assert {"go": 1} == world.task(started, "first")["outputData"]


def test_4_6_signal_passes_over_what_is_not_a_wait(world):
    fork = task(
        "FORK_JOIN",
        "fork",
        forkTasks=[[task("HUMAN", "human")], [task("WAIT", "wait")]],
    )
    started = world.run([fork, task("JOIN", "join", joinOn=["human", "wait"])])
    _signal(world, started)
    assert "COMPLETED" == world.task(started, "wait")["status"]

    assert None is _signal(world, started)
    assert "IN_PROGRESS" == world.task(started, "human")["status"]


def test_4_6_signal_goes_down_into_running_sub_workflows(world):
    world.register("leaf", [task("WAIT", "deep")])
    world.register(
        "middle", [task("SUB_WORKFLOW", "leaf", subWorkflowParam={"name": "leaf"})]
    )
    started = world.run(
        [task("SUB_WORKFLOW", "middle", subWorkflowParam={"name": "middle"})]
    )
    _signal(world, started, output={"deep": True})

    assert "COMPLETED" == world.status(started)
    assert {"deep": True} == {
        key: value
        for key, value in world.output(started).items()
        if key != "subWorkflowId"
    }


def test_4_6_signal_prefers_its_own_level(world):
    world.register("child", [task("WAIT", "deep")])
    fork = task(
        "FORK_JOIN",
        "fork",
        forkTasks=[
            [task("SUB_WORKFLOW", "sub", subWorkflowParam={"name": "child"})],
            [task("WAIT", "near")],
        ],
    )
    started = world.run([fork, task("JOIN", "join", joinOn=["sub", "near"])])
    _signal(world, started)

    assert ("IN_PROGRESS", "COMPLETED") == (
        world.task(started, "sub")["status"],
        world.task(started, "near")["status"],
    )


def test_4_6_signal_may_fail_the_wait(world):
    started = world.run([task("WAIT", "wait")])
    _signal(world, started, "FAILED")

    assert "FAILED" == world.status(started)


def test_4_6_signal_with_nothing_to_signal(world):
    started = world.run([simple("work")])

    assert None is _signal(world, started)
    with pytest.raises(NotFound):
        _signal(world, "nobody")


# --- system tasks ------------------------------------------------------------------


def test_4_6_wait_can_be_ended_early(world):
    started = world.run(
        [task("WAIT", "wait", inputParameters={"duration": "1 hour"}), simple("after")]
    )
    world.signal_task(started, "wait", output={"early": True})
    world.advance(2 * HOUR)

    assert {"early": True} == world.task(started, "wait")["outputData"]
    assert [("wait", "COMPLETED"), ("after", "SCHEDULED")] == world.tasks(started)
