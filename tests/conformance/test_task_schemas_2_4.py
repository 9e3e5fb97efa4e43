"""inputSchema and outputSchema of a task definition, wherever something enters: 2.4."""

import pytest

from native_workers import NativeWorker
from podium.errors import ValidationFailed
from podium.model.requests import RerunWorkflowRequest, WorkflowTestRequest
from podium_sdk import worker_task
from world import MINUTE, inline, simple, task

NUMBER = {
    "name": "number",
    "version": 1,
    "type": "JSON",
    "data": {"properties": {"n": {"type": "integer"}}, "required": ["n"]},
}
GOOD, BAD = {"n": 1}, {"n": "one"}
BAD_OUTPUT = 'Output schema violated: outputData.n: it is not of type "integer"'
BAD_INPUT = 'Input schema violated: inputData.n: it is not of type "integer"'


@pytest.fixture
def strict(world):
    """Return a world in which the output of a task that is called ``kind`` is held."""
    world.register_task("kind", enforceSchema=True, outputSchema=NUMBER, retryCount=0)
    return world


def ended(world, started, ref="t"):
    """Return how a task ended and why, its output too."""
    shown = world.task(started, ref)
    reason = shown.get("reasonForIncompletion")
    return shown["status"], reason, shown["outputData"].get("n")


# --- how an output comes in ----------------------------------------------------------


def by_update_v2(world, _started, output):
    polled = world.take("kind")
    world.update_and_poll(polled, output=output)


def by_reference(world, started, output):
    world.signal_task(started, "t", output=output)


def by_native_report(world, _started, output):
    @worker_task("kind")
    def kind() -> dict[str, object]:
        return output

    NativeWorker(world, kind).work()


def by_event(world, started, output):
    target = {"workflowId": started, "taskRefName": "t", "output": output}
    world.register_handler(
        name=f"ends {started}",
        event=f"conductor:teller:{started}",
        actions=[{"action": "complete_task", "complete_task": target}],
    )
    sink = f"conductor:{started}"
    world.run([task("EVENT", "tell", sink=sink)], name="teller")


def by_external_payload(world, _started, output):
    path = f"task/output/{'good' if output == GOOD else 'bad'}.json"
    data = b'{"n": 1}' if output == GOOD else b'{"n": "one"}'
    world.opened.home.payloads.put(path, data)
    polled = world.take("kind")
    world.report(polled, externalOutputPayloadStoragePath=path)


ENTRANCES = [
    by_update_v2,
    by_reference,
    by_native_report,
    by_event,
    by_external_payload,
]


@pytest.mark.parametrize("enter", ENTRANCES)
def test_2_4_an_output_is_held_to_its_schema_however_it_comes_in(strict, enter):
    for output, status in ((BAD, "FAILED"), (GOOD, "COMPLETED")):
        started = strict.run([simple("t", "kind")])
        enter(strict, started, output)

        assert status == strict.status_of(started, "t")


def test_2_4_an_output_that_is_merged_is_held_to_its_schema_as_it_is_then(strict):
    started = strict.run([simple("t", "kind")])
    strict.report(strict.take("kind"), "IN_PROGRESS", GOOD)
    strict.signal_task(started, "t", output={"more": 1})

    assert ("COMPLETED", None, 1) == ended(strict, started)


def test_2_4_a_mock_is_held_to_the_schema(strict):
    request = {
        "name": "tried",
        "workflowDef": {"name": "tried", "tasks": [simple("t", "kind")]},
        "taskRefToMockOutput": {"t": [{"status": "COMPLETED", "output": BAD}]},
    }
    tried = strict.podium.dry_runs.run(WorkflowTestRequest.from_json(request))

    assert ("FAILED", BAD_OUTPUT) == (
        tried["tasks"][0]["status"],
        tried["tasks"][0]["reasonForIncompletion"],
    )


# --- whoever does it -----------------------------------------------------------------


@pytest.mark.parametrize("kind", ["HUMAN", "WAIT"])
def test_2_4_what_a_person_answers_is_held_to_the_schema(strict, kind):
    bad, good = (strict.run([task(kind, "t", name="kind")]) for _ in range(2))
    strict.signal_task(bad, "t", output=BAD)
    strict.signal_task(good, "t", output=GOOD)

    assert ("FAILED", BAD_OUTPUT, "one") == ended(strict, bad)
    assert ("COMPLETED", None, 1) == ended(strict, good)


def test_2_4_a_wait_that_ends_by_itself_has_nothing_to_be_held_to(strict):
    wait = task("WAIT", "t", name="kind", inputParameters={"duration": "1 minute"})
    started = strict.run([wait])
    strict.advance(MINUTE)

    assert "COMPLETED" == strict.status(started)


@pytest.mark.parametrize("output", [GOOD, BAD])
def test_2_4_what_a_child_ends_with_is_held_to_the_schema(strict, output):
    data = {**NUMBER["data"], "additionalProperties": False}
    closed = {**NUMBER, "data": data}
    strict.register_task("kind", enforceSchema=True, outputSchema=closed, retryCount=0)
    strict.register("child", [simple("in_child")])
    sub = task("SUB_WORKFLOW", "t", name="kind", subWorkflowParam={"name": "child"})
    started = strict.run([sub])
    strict.complete("in_child", output)

    assert ended(strict, started) == (
        ("COMPLETED", None, 1) if output == GOOD else ("FAILED", BAD_OUTPUT, "one")
    )


def test_2_4_what_a_script_gives_is_held_to_the_schema(world):
    schema = {**NUMBER, "data": {"properties": {"result": {"type": "integer"}}}}
    world.register_task("kind", enforceSchema=True, outputSchema=schema, retryCount=0)
    bad = world.run([{**inline("t", "'one'"), "name": "kind"}])
    good = world.run([{**inline("t", "1"), "name": "kind"}])

    assert ("FAILED", "COMPLETED") == (
        world.status_of(bad, "t"),
        world.status_of(good, "t"),
    )
    assert "outputData.result" in world.task(bad, "t")["reasonForIncompletion"]


GIVEN = {
    "expression": "1",
    "startWorkflow": {"name": "child"},
    "uri": "http://127.0.0.1:9/",
    "method": "GET",
}
KINDS = {
    "SIMPLE": {},
    "HUMAN": {},
    "WAIT": {},
    "INLINE": {},
    "SUB_WORKFLOW": {"subWorkflowParam": {"name": "child"}},
    "START_WORKFLOW": {},
    "HTTP": {},
    "EVENT": {"sink": "conductor"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_2_4_an_input_that_breaks_its_schema_is_refused_whoever_is_to_do_it(
    world, kind
):
    world.register_task("kind", enforceSchema=True, inputSchema=NUMBER)
    world.register("child", [simple("in_child")])
    given = {**GIVEN, **BAD}
    tried = task(kind, "t", name="kind", inputParameters=given, **KINDS[kind])
    started = world.run([tried])

    assert ("FAILED_WITH_TERMINAL_ERROR", BAD_INPUT, None) == ended(world, started)
    assert "FAILED" == world.status(started)
    assert [] == world.poll("in_child")


# --- an input that a client gives ----------------------------------------------------


@pytest.mark.parametrize("kind", ["SIMPLE", "INLINE"])
def test_2_4_a_rerun_with_an_input_that_breaks_the_schema_is_refused(world, kind):
    world.register_task("kind", enforceSchema=True, inputSchema=NUMBER, retryCount=0)
    given = {"expression": "1", **GOOD}
    started = world.run([task(kind, "t", name="kind", inputParameters=given)])
    if kind == "SIMPLE":
        world.fail("kind")
    before = world.workflow(started)
    task_id = world.task(started, "t")["taskId"]

    def rerun(task_input):
        request = {"reRunFromTaskId": task_id, "taskInput": task_input}
        asked = RerunWorkflowRequest.from_json(request)
        world.podium.recovery.rerun(started, asked)

    with pytest.raises(ValidationFailed) as refusal:
        rerun({**given, **BAD})

    [finding] = refusal.value.findings
    assert ("rerunWorkflow.request.taskInput.n", 'it is not of type "integer"') == (
        finding.path,
        finding.message,
    )
    assert before == world.workflow(started)
    rerun({**given, "n": 2})
    assert 2 == world.input_of(started, "t")["n"]
