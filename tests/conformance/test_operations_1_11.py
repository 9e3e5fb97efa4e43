"""What can be asked of a workflow in each of its statuses: reference 1.11, 4.8."""

import pytest

from podium.errors import Conflict, IllegalState, InvalidInput, NotFound
from podium.model.requests import StartWorkflowRequest
from podium.model.task import TaskStatus
from world import HOUR, MINUTE, SECOND, simple, task

ENDED = ("COMPLETED", "FAILED", "TIMED_OUT", "TERMINATED")


def _run(world):
    return world.run(
        [simple("work", retryCount=0), simple("after")],
        timeoutSeconds=60,
        timeoutPolicy="TIME_OUT_WF",
    )


def _bring_to(world, status):
    """Return a workflow in that status."""
    started = _run(world)
    if status == "PAUSED":
        world.podium.workflows.pause(started)
    elif status == "COMPLETED":
        world.complete("work")
        world.complete("after")
    elif status == "FAILED":
        world.fail("work")
    elif status == "TIMED_OUT":
        world.advance(60 * SECOND)
    elif status == "TERMINATED":
        world.podium.workflows.terminate(started, "first")
        world.settle()
    assert status == world.status(started)
    return started


OPERATIONS = {
    "pause": lambda workflows, started: workflows.pause(started),
    "resume": lambda workflows, started: workflows.resume(started),
    "terminate": lambda workflows, started: workflows.terminate(started, "second"),
    "decide": lambda workflows, started: workflows.decide(started),
    "remove": lambda workflows, started: workflows.remove(started, archive=False),
    "archive": lambda workflows, started: workflows.remove(started, archive=True),
}

HAS_ENDED = (Conflict, "Workflow tested.1/{id} has ended, status cannot be updated.")
NOT_PAUSED = (
    IllegalState,
    "The workflow {id} is not PAUSED so cannot resume. Current status is {status}",
)
NOT_ENDED = (InvalidInput, "Cannot archive workflow: {id} with status: {status}")
COMPLETED_ALREADY = (Conflict, "Cannot terminate a COMPLETED workflow.")

TABLE = {
    "pause": {
        "RUNNING": "PAUSED",
        "PAUSED": "PAUSED",
        **dict.fromkeys(ENDED, HAS_ENDED),
    },
    "resume": {
        "RUNNING": NOT_PAUSED,
        "PAUSED": "RUNNING",
        **dict.fromkeys(ENDED, NOT_PAUSED),
    },
    "terminate": {
        "RUNNING": "TERMINATED",
        "PAUSED": "TERMINATED",
        "COMPLETED": COMPLETED_ALREADY,
        "FAILED": "TERMINATED",
        "TIMED_OUT": "TERMINATED",
        "TERMINATED": "TERMINATED",
    },
    "decide": {status: status for status in ("RUNNING", "PAUSED", *ENDED)},
    "remove": dict.fromkeys(("RUNNING", "PAUSED", *ENDED), "REMOVED"),
    "archive": {
        "RUNNING": NOT_ENDED,
        "PAUSED": NOT_ENDED,
        **{status: status for status in ENDED},  # shown from the archive (7.4)
    },
}


def _status(world, started):
    try:
        return world.status(started)
    except NotFound:
        return "REMOVED"


@pytest.mark.parametrize(
    ("operation", "status", "outcome"),
    [
        pytest.param(operation, status, outcome, id=f"1.11-{operation}-{status}")
        for operation, row in TABLE.items()
        for status, outcome in row.items()
    ],
)
def test_1_11_operation(world, operation, status, outcome):
    started = _bring_to(world, status)
    operate = OPERATIONS[operation]
    if isinstance(outcome, str):
        operate(world.podium.workflows, started)
        world.settle()
        assert outcome == _status(world, started)
        return
    error, message = outcome
    with pytest.raises(error) as raised:
        operate(world.podium.workflows, started)

    assert message.format(id=started, status=status) == raised.value.message
    assert status == world.status(started)


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(
    "unknown", ["nobody", "018bcfe5-6800-8000-8000-000000000000"], ids=["odd", "new"]
)
def test_1_11_unknown_workflow(world, operation, unknown):
    with pytest.raises(NotFound, match=f"No such workflow found by id: {unknown}"):
        OPERATIONS[operation](world.podium.workflows, unknown)


def test_1_11_terminating_twice_leaves_the_first_reason(world):
    started = _bring_to(world, "TERMINATED")
    world.podium.workflows.terminate(started, "second")

    assert "first" == world.workflow(started)["reasonForIncompletion"]


@pytest.mark.parametrize("status", ["FAILED", "TIMED_OUT"])
def test_1_11_terminating_what_failed_changes_status_and_reason(world, status):
    started = _bring_to(world, status)
    tasks = world.tasks(started)
    world.podium.workflows.terminate(started, "second")

    shown = world.workflow(started)
    assert ("TERMINATED", "second") == (shown["status"], shown["reasonForIncompletion"])
    assert tasks == world.tasks(started)


def test_4_8_terminate_cancels_every_open_task_and_computes_the_output(world):
    fork = task(
        "FORK_JOIN",
        "fork",
        forkTasks=[[simple("one")], [task("WAIT", "two")], [simple("three")]],
    )
    started = world.run(
        [fork, task("JOIN", "join", joinOn=["one", "two", "three"])],
        outputParameters={"one": "${one.output.a}"},
    )
    world.complete("one", {"a": 1})
    world.podium.workflows.terminate(started, "enough")
    world.settle()

    assert [
        ("fork", "COMPLETED"),
        ("one", "COMPLETED"),
        ("two", "CANCELED"),
        ("three", "CANCELED"),
        ("join", "CANCELED"),
    ] == world.tasks(started)
    assert {"one": 1} == world.output(started)


def test_4_8_pause_schedules_nothing_new_and_resume_does(world):
    started = _run(world)
    world.podium.workflows.pause(started)
    world.complete("work", {"a": 1})
    assert [("work", "COMPLETED")] == world.tasks(started)
    world.podium.workflows.resume(started)

    assert [("work", "COMPLETED"), ("after", "SCHEDULED")] == world.tasks(started)
    assert world.clock.now() == world.workflow(started)["lastRetriedTime"]


def test_4_8_pause_schedules_no_retry_and_resume_does(world):
    world.register_task("work", retryCount=1, retryDelaySeconds=0)
    started = world.run([simple("work")])
    world.podium.workflows.pause(started)
    world.fail("work")
    assert [("work", "FAILED")] == world.tasks(started)
    world.podium.workflows.resume(started)

    assert [("work", "FAILED"), ("work", "SCHEDULED")] == world.tasks(started)


def test_4_8_pause_lets_a_wait_end_and_go_no_further(world):
    started = world.run(
        [task("WAIT", "wait", inputParameters={"duration": "10s"}), simple("after")]
    )
    world.podium.workflows.pause(started)
    world.advance(10 * SECOND)

    assert [("wait", "COMPLETED")] == world.tasks(started)
    world.podium.workflows.resume(started)
    assert 1 == len(world.poll("after"))


def test_4_8_pause_does_not_reach_children(world):
    world.register("child", [simple("work"), simple("after")])
    started = world.run(
        [task("SUB_WORKFLOW", "sub", subWorkflowParam={"name": "child"})]
    )
    child = world.task(started, "sub")["subWorkflowId"]
    world.podium.workflows.pause(started)
    world.complete("work")

    assert "RUNNING" == world.status(child)
    assert 1 == len(world.poll("after"))


def test_4_8_decide_sends_lost_messages_again(world):
    started = world.run([simple("work")])
    queues = world.opened.home.queues
    lost = queues.receive("work", 1, 0, HOUR)
    queues.delete("work", [one.receipt for one in lost])
    assert [] == world.poll("work")
    world.advance(MINUTE)
    world.podium.workflows.decide(started)
    world.advance(20 * SECOND)

    assert 1 == len(world.poll("work"))


@pytest.mark.parametrize("status", ["RUNNING", "COMPLETED"])
def test_4_8_removed_workflow_is_gone_everywhere(world, status):
    started = _bring_to(world, status)
    task_id = world.task(started, "work")["taskId"]
    world.podium.workflows.remove(started, archive=False)
    world.advance(2 * HOUR)

    with pytest.raises(NotFound, match=f"No such workflow found by id: {started}"):
        world.workflow(started)
    with pytest.raises(NotFound, match=f"Task not found for taskId: {task_id}"):
        world.podium.workflows.find_task(task_id)
    assert [] == world.poll("work")


# --- starting ----------------------------------------------------------------------


def _start(world, **request):
    return world.podium.starter.start(StartWorkflowRequest.from_json(request))


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"name": "nobody"}, "No such workflow defined. name=nobody, version=null"),
        (
            {"name": "flow", "version": 7},
            "No such workflow defined. name=flow, version=7",
        ),
    ],
)
def test_1_11_start_without_a_definition(world, request_, message):
    world.register("flow", [simple("work")])
    with pytest.raises(NotFound) as raised:
        _start(world, input={}, **request_)

    assert message == raised.value.message


def test_1_11_start_with_null_input(world):
    world.register("flow", [simple("work")])
    with pytest.raises(InvalidInput, match="NULL input passed when starting workflow"):
        _start(world, name="flow", input=None)


@pytest.mark.parametrize(("version", "expected"), [(None, 3), (0, 3), (2, 2)])
def test_1_1_start_takes_the_latest_version_unless_told(world, version, expected):
    for number in (1, 2, 3):
        world.register("flow", [simple("work")], version=number)
    fields = {} if version is None else {"version": version}
    started = world.start("flow", **fields)

    assert expected == world.workflow(started)["workflowVersion"]


def test_2_2_input_template_fills_absent_keys_only(world):
    started = world.run(
        [simple("work")],
        {"a": 1, "b": None},
        inputTemplate={"a": 9, "b": 9, "c": {"d": 9}},
    )

    assert {"a": 1, "b": None, "c": {"d": 9}} == world.workflow(started)["input"]


def test_2_2_variables_begin_as_the_definition_has_them(world):
    started = world.run(
        [simple("work", inputParameters={"v": "${workflow.variables.a}"})],
        variables={"a": {"b": 1}},
    )

    assert {"v": {"b": 1}} == world.take("work")["inputData"]
    assert {"a": {"b": 1}} == world.workflow(started)["variables"]


def test_4_14_priority_and_correlation_are_shown_and_not_inherited_alike(world):
    world.register("child", [simple("work")])
    started = world.run(
        [task("SUB_WORKFLOW", "sub", subWorkflowParam={"name": "child"})],
        priority=7,
        correlationId="c",
    )
    child = world.workflow(world.task(started, "sub")["subWorkflowId"])

    shown = world.workflow(started)
    assert (7, "c") == (shown["priority"], shown["correlationId"])
    assert (0, "c") == (child["priority"], child["correlationId"])
    polled = world.take("work")
    assert (0, "c") == (polled["workflowPriority"], polled["correlationId"])


def test_4_14_ids_are_uuids_and_every_attempt_has_its_own(world):
    world.register_task("work", retryDelaySeconds=0)
    found = [world.run([simple("work")]), world.start("tested")]
    failed = world.take("work")
    world.report(failed, "FAILED")

    shown = world.workflow(failed["workflowInstanceId"])
    found += [one["taskId"] for one in shown["tasks"]]
    assert 4 == len({one for one in found if len(one) == 36})


def test_1_3_update_by_reference_needs_a_known_workflow(world):
    with pytest.raises(NotFound, match="No such workflow found by id: nobody"):
        world.podium.tasks.update_by_reference(
            "nobody", "work", TaskStatus.COMPLETED, {}, None
        )
