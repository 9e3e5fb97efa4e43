"""inputSchema, outputSchema and enforceSchema: reference 2.2, 2.4, 4.11."""

import pytest

from podium.errors import ValidationFailed
from podium.model.requests import RerunWorkflowRequest, StartWorkflowRequest
from world import simple, task

ORDER = {
    "type": "object",
    "properties": {
        "items": {
            "type": "array",
            "items": {"properties": {"id": {"type": "integer"}}, "required": ["id"]},
        },
        "note": {"type": "string"},
    },
    "required": ["items"],
}
GOOD = {"items": [{"id": 1}]}
BAD = {"items": [{"id": 1}, {"id": "x"}]}
AT = 'items[1].id: it is not of type "integer"'


def schema(data=ORDER, kind="JSON", **fields):
    return {"name": "order", "version": 1, "type": kind, "data": data, **fields}


def refused(world, name="flow", given=BAD, **fields):
    """Start a workflow and return the findings that it is refused for."""
    with pytest.raises(ValidationFailed) as refusal:
        world.start(name, given, **fields)
    return [(one.path, one.message) for one in refusal.value.findings]


# --- a workflow's input --------------------------------------------------------------


def test_4_11_an_input_that_breaks_its_schema_is_refused_with_its_paths(world):
    world.register("flow", [simple("work")], inputSchema=schema())

    assert [
        (
            "startWorkflow.startWorkflowRequest.input.items[1].id",
            'it is not of type "integer"',
        )
    ] == refused(world)
    assert [
        (
            "startWorkflow.startWorkflowRequest.input",
            '"items" is a required property',
        )
    ] == refused(world, given={})


def test_4_11_an_input_that_fits_its_schema_starts(world):
    world.register("flow", [simple("work")], inputSchema=schema())

    assert "RUNNING" == world.status(world.start("flow", GOOD))


def test_4_11_what_the_template_adds_counts(world):
    world.register(
        "flow", [simple("work")], inputSchema=schema(), inputTemplate={"items": []}
    )

    assert "RUNNING" == world.status(world.start("flow", {"note": "x"}))


def test_4_11_an_inline_definition_has_a_schema_too(world):
    given = {"name": "w", "tasks": [simple("a")], "inputSchema": schema()}

    assert 1 == len(refused(world, "w", workflowDef=given))
    closed = schema({"type": "object", "additionalProperties": False})
    given["inputSchema"] = closed
    assert "RUNNING" == world.status(world.start("w", {}, workflowDef=given))


def test_4_11_an_external_input_is_read_for_its_schema(world):
    world.register("flow", [simple("work")], inputSchema=schema())
    world.opened.home.payloads.put("workflow/input/bad.json", b'{"items": 1}')
    world.opened.home.payloads.put("workflow/input/good.json", b'{"items": []}')

    path = "externalInputPayloadStoragePath"
    assert 1 == len(refused(world, given={}, **{path: "workflow/input/bad.json"}))
    started = world.start("flow", {}, **{path: "workflow/input/good.json"})
    assert "RUNNING" == world.status(started)


def test_4_11_a_refused_start_takes_no_idempotency_key(world):
    world.register("flow", [simple("work")], inputSchema=schema())
    refused(world, idempotencyKey="k")

    assert "RUNNING" == world.status(world.start("flow", GOOD, idempotencyKey="k"))


@pytest.mark.parametrize(
    "fields",
    [
        {"enforceSchema": False, "inputSchema": schema()},
        {"inputSchema": schema(None)},
        {"inputSchema": schema(None, externalRef="https://example.com/order")},
        {"inputSchema": schema(kind="AVRO")},
        {"inputSchema": schema(kind="PROTOBUF")},
    ],
)
def test_4_11_what_is_not_enforced_is_kept_and_not_looked_at(world, fields):
    world.register("flow", [simple("work")], **fields)
    started = world.start("flow", BAD)

    shown = world.workflow(started)
    assert "RUNNING" == shown["status"]
    kept = shown["workflowDefinition"]["inputSchema"]
    assert fields["inputSchema"]["type"] == kept["type"]


def test_4_11_a_schema_that_is_broken_fits_nothing(world):
    world.register("flow", [simple("work")], inputSchema=schema({"type": "objekt"}))

    ((path, message),) = refused(world, given=GOOD)
    assert "startWorkflow.startWorkflowRequest.input" == path
    assert message.startswith("the schema order cannot be used: ")


def test_4_11_a_schema_is_never_fetched(world):
    data = {"$ref": "http://127.0.0.1:9/order.json"}
    world.register("flow", [simple("work")], inputSchema=schema(data))

    ((_, message),) = refused(world, given=GOOD)
    assert "http://127.0.0.1:9/order.json" in message


def test_4_11_a_child_whose_input_breaks_its_schema_fails_its_task(world):
    world.register("child", [simple("in_child")], inputSchema=schema())
    sub = task(
        "SUB_WORKFLOW",
        "sub",
        subWorkflowParam={"name": "child"},
        inputParameters={"items": [{"id": 1}, {"id": "x"}]},
    )
    started = world.run([sub])

    shown = world.task(started, "sub")
    assert "FAILED" == shown["status"]
    assert (
        "startWorkflow validation failed. 'input.items[1].id' -> "
        'it is not of type "integer". ' == shown["reasonForIncompletion"]
    )
    assert "FAILED" == world.status(started)


def test_4_11_a_failure_workflow_is_not_held_to_its_input_schema(world):
    """Its input is the failed workflow, which nobody wrote for it."""
    world.register("mourn", [simple("mourn")], inputSchema=schema())
    started = world.run([simple("work", retryCount=0)], failureWorkflow="mourn")
    world.fail("work", status="FAILED_WITH_TERMINAL_ERROR")

    output = world.output(started)
    assert "RUNNING" == world.status(output["conductor.failure_workflow"])


# --- an input that a workflow is brought back with -----------------------------------


@pytest.fixture
def failed(world):
    """Return a workflow that has failed, whose input fits its schema."""
    world.register("flow", [simple("work")], inputSchema=schema())
    started = world.start("flow", GOOD)
    world.fail("work", status="FAILED_WITH_TERMINAL_ERROR")
    return started


def rerun(world, workflow_id, **request):
    asked = RerunWorkflowRequest.from_json(request)
    return world.podium.recovery.rerun(workflow_id, asked)


@pytest.mark.parametrize("whole", [True, False])
def test_4_11_a_rerun_with_an_input_that_breaks_the_schema_is_refused(
    world, failed, whole
):
    task_id = None if whole else world.task(failed, "work")["taskId"]
    before = world.workflow(failed)

    with pytest.raises(ValidationFailed) as refusal:
        rerun(world, failed, reRunFromTaskId=task_id, workflowInput=BAD)

    [finding] = refusal.value.findings
    assert (
        "rerunWorkflow.request.workflowInput.items[1].id",
        'it is not of type "integer"',
    ) == (finding.path, finding.message)
    assert before == world.workflow(failed)


@pytest.mark.parametrize("given", [{}, {"workflowInput": {"items": []}}])
def test_4_11_a_rerun_with_an_input_that_fits_runs(world, failed, given):
    rerun(world, failed, **given)

    assert "RUNNING" == world.status(failed)


def test_4_11_a_restart_by_a_definition_that_the_input_breaks_is_refused(world, failed):
    stricter = {**ORDER, "required": ["items", "note"]}
    tasks = [simple("work")]
    world.register("flow", tasks, version=2, inputSchema=schema(stricter))
    before = world.workflow(failed)

    with pytest.raises(ValidationFailed) as refusal:
        world.podium.recovery.restart(failed, use_latest=True)

    [finding] = refusal.value.findings
    assert ("restartWorkflow.input", '"note" is a required property') == (
        finding.path,
        finding.message,
    )
    assert before == world.workflow(failed)
    world.podium.recovery.restart(failed)
    assert "RUNNING" == world.status(failed)


def test_4_11_a_failure_workflow_may_be_restarted_by_its_latest_definition(world):
    for version in (1, 2):
        tasks = [simple("mourn")]
        world.register("mourn", tasks, version=version, inputSchema=schema())
    started = world.run([simple("work", retryCount=0)], failureWorkflow="mourn")
    world.fail("work", status="FAILED_WITH_TERMINAL_ERROR")
    mourning = world.output(started)["conductor.failure_workflow"]
    world.complete("mourn")

    world.podium.recovery.restart(mourning, use_latest=True)

    assert "RUNNING" == world.status(mourning)


# --- a workflow's output -------------------------------------------------------------


def test_4_11_an_output_that_breaks_its_schema_fails_the_workflow(world):
    started = world.run(
        [simple("work")],
        outputSchema=schema(),
        outputParameters={"items": "${work.output.items}"},
    )
    world.complete("work", BAD)

    shown = world.workflow(started)
    assert ("FAILED", f"Output schema violated: output.{AT}", BAD) == (
        shown["status"],
        shown["reasonForIncompletion"],
        shown["output"],
    )
    assert "COMPLETED" == world.status_of(started, "work")


def test_4_11_an_output_that_fits_its_schema_completes(world):
    started = world.run([simple("work")], outputSchema=schema())
    world.complete("work", GOOD)

    assert "COMPLETED" == world.status(started)


def test_4_11_a_workflow_that_its_output_fails_has_a_failure_workflow(world):
    world.register("mourn", [simple("mourn")])
    started = world.run(
        [simple("work")], outputSchema=schema(), failureWorkflow="mourn"
    )
    world.complete("work", BAD)

    assert "FAILED" == world.status(started)
    assert 1 == len(world.poll("mourn"))


def test_4_11_the_output_of_a_terminate_is_held_to_the_schema_too(world):
    given = {"terminationStatus": "COMPLETED", "workflowOutput": BAD}
    started = world.run(
        [task("TERMINATE", "end", inputParameters=given)], outputSchema=schema()
    )

    assert "FAILED" == world.status(started)


def test_4_11_the_output_of_a_failure_is_not_held_to_the_schema(world):
    started = world.run([simple("work")], outputSchema=schema())
    world.fail("work", "it broke", "FAILED_WITH_TERMINAL_ERROR")

    assert "it broke" in world.workflow(started)["reasonForIncompletion"]


def test_4_11_a_long_list_of_misfits_is_cut_as_reasons_are(world):
    started = world.run([simple("work")], outputSchema=schema())
    world.complete("work", {"items": [{"id": "x"}] * 100})

    reason = world.workflow(started)["reasonForIncompletion"]
    assert len(reason) <= 500
    assert reason.endswith("...")


# --- a task's input ------------------------------------------------------------------


def test_2_4_a_task_whose_input_breaks_its_schema_is_not_offered(world):
    world.register_task("work", enforceSchema=True, inputSchema=schema())
    started = world.run([simple("work", inputParameters=BAD)])

    shown = world.task(started, "work")
    assert ("FAILED_WITH_TERMINAL_ERROR", f"Input schema violated: inputData.{AT}") == (
        shown["status"],
        shown["reasonForIncompletion"],
    )
    assert ("FAILED", []) == (world.status(started), world.poll("work"))


def test_2_4_a_task_whose_input_fits_its_schema_is_offered(world):
    world.register_task("work", enforceSchema=True, inputSchema=schema())
    world.run([simple("work", inputParameters=GOOD, startDelay=0)])

    assert GOOD == world.take("work")["inputData"]


def test_2_4_a_task_is_held_to_its_schema_only_where_it_says_so(world):
    world.register_task("work", inputSchema=schema(), outputSchema=schema())
    started = world.run([simple("work", inputParameters=BAD)])
    world.complete("work", BAD)

    assert "COMPLETED" == world.status(started)


def test_2_4_an_optional_task_with_a_bad_input_is_passed_by(world):
    world.register_task("work", enforceSchema=True, inputSchema=schema())
    started = world.run([simple("work", optional=True), simple("after")])

    assert "COMPLETED_WITH_ERRORS" == world.status_of(started, "work")
    assert 1 == len(world.poll("after"))


def test_2_4_a_task_with_a_delay_is_refused_at_once(world):
    world.register_task("work", enforceSchema=True, inputSchema=schema())
    started = world.run([simple("work", startDelay=3_600)])

    assert "FAILED" == world.status(started)


# --- a task's output -----------------------------------------------------------------


def test_2_4_a_task_whose_output_breaks_its_schema_has_failed(world):
    world.register_task("work", enforceSchema=True, outputSchema=schema(), retryCount=0)
    started = world.run([simple("work")])
    world.complete("work", BAD)

    shown = world.task(started, "work")
    assert ("FAILED", f"Output schema violated: outputData.{AT}", BAD) == (
        shown["status"],
        shown["reasonForIncompletion"],
        shown["outputData"],
    )


def test_2_4_a_task_whose_output_breaks_its_schema_is_tried_again(world):
    world.register_task(
        "work",
        enforceSchema=True,
        outputSchema=schema(),
        retryCount=1,
        retryDelaySeconds=0,
    )
    started = world.run([simple("work")])
    world.complete("work", BAD)
    world.complete("work", GOOD)

    assert "COMPLETED" == world.status(started)


def test_2_4_a_task_that_is_named_at_run_time_has_its_schema_too(world):
    world.register_task("work", enforceSchema=True, outputSchema=schema(), retryCount=0)
    dynamic = task(
        "DYNAMIC",
        "dynamic",
        dynamicTaskNameParam="name",
        inputParameters={"name": "work"},
    )
    started = world.run([dynamic])
    world.complete("work", BAD)

    assert "FAILED" == world.status_of(started, "dynamic")


def test_2_4_an_external_output_is_read_for_its_schema(world):
    world.register_task("work", enforceSchema=True, outputSchema=schema(), retryCount=0)
    started = world.run([simple("work")])
    world.opened.home.payloads.put("task/output/bad.json", b'{"items": 1}')
    path = {"externalOutputPayloadStoragePath": "task/output/bad.json"}
    world.report(world.take("work"), **path)

    assert "FAILED" == world.status_of(started, "work")


def test_2_4_a_task_that_fails_itself_keeps_its_reason(world):
    world.register_task("work", enforceSchema=True, outputSchema=schema(), retryCount=0)
    started = world.run([simple("work")])
    world.fail("work", "mine")

    assert "mine" == world.task(started, "work")["reasonForIncompletion"]


# --- the snapshot --------------------------------------------------------------------


def test_4_11_a_running_workflow_keeps_the_schema_it_was_started_with(world):
    world.register("flow", [simple("work")], outputSchema=schema())
    started = world.start("flow")
    world.register("flow", [simple("work")])
    world.complete("work", BAD)

    assert "FAILED" == world.status(started)


def test_4_11_a_start_by_a_task_is_held_to_the_schema(world):
    world.register("flow", [simple("work")], inputSchema=schema())
    request = {"startWorkflow": {"name": "flow", "input": BAD}}
    started = world.run([task("START_WORKFLOW", "start", inputParameters=request)])

    assert "FAILED" == world.status_of(started, "start")


def test_4_11_the_findings_are_those_of_one_request(world):
    """Each is told at once, up to a number that can still be read."""
    world.register("flow", [simple("work")], inputSchema=schema())
    given = {"items": [{"id": "x"}, {}, {"id": None}], "note": 7}
    request = StartWorkflowRequest.from_json({"name": "flow", "input": given})

    with pytest.raises(ValidationFailed) as refusal:
        world.podium.starter.start(request)

    at = "startWorkflow.startWorkflowRequest.input"
    assert {
        f"{at}.items[0].id",
        f"{at}.items[1]",
        f"{at}.items[2].id",
        f"{at}.note",
    } == {one.path for one in refusal.value.findings}
