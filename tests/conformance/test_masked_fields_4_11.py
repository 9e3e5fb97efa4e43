"""maskedFields: shown to nobody, there for who works with it: reference 2.2, 4.11."""

import pytest

from podium.model.requests import StartWorkflowRequest
from podium.model.signal_response import WorkflowSignalReturnStrategy
from world import simple, task

SECRET = "tell-nobody"
HIDDEN = "***"
MASKED = {"maskedFields": ["password"]}


def started(world, **fields):
    """Start a workflow with a secret in its input, a task's input and variables."""
    return world.run(
        [
            task(
                "SET_VARIABLE",
                "set",
                inputParameters={"password": "${workflow.input.password}"},
            ),
            simple(
                "work",
                inputParameters={
                    "login": [{"name": "me", "password": "${workflow.input.password}"}]
                },
            ),
        ],
        {"password": SECRET, "other": 1},
        **{**MASKED, **fields},
    )


def ended(world, **fields):
    """Complete such a workflow with a secret in its output."""
    workflow_id = started(world, **fields)
    world.complete("work", {"password": {"deep": SECRET}, "other": 2})
    return workflow_id


def test_4_11_a_workflow_hides_its_masked_fields(world):
    shown = world.workflow(ended(world))

    assert {"password": HIDDEN, "other": 1} == shown["input"]
    assert {"password": HIDDEN, "other": 2} == shown["output"]
    assert {"password": HIDDEN} == shown["variables"]
    assert SECRET not in str(shown)


def test_4_11_a_task_hides_the_masked_fields_of_its_workflow(world):
    workflow_id = ended(world)
    task_id = world.task(workflow_id, "work")["taskId"]

    shown = world.podium.workflows.find_task(task_id)
    assert {"login": [{"name": "me", "password": HIDDEN}]} == shown["inputData"]
    assert {"password": HIDDEN, "other": 2} == shown["outputData"]


def test_4_11_status_and_pages_of_tasks_hide_them_too(world):
    workflow_id = ended(world)
    workflows = world.podium.workflows

    status = workflows.status(workflow_id, include_output=True, include_variables=True)
    page = workflows.tasks(workflow_id, 0, 10, ())
    assert SECRET not in f"{status}{page}"
    assert HIDDEN in str(status)


def test_4_11_a_worker_gets_everything(world):
    started(world)

    login = world.take("work")["inputData"]["login"]
    assert [{"name": "me", "password": SECRET}] == login


def test_4_11_an_expression_reads_everything(world):
    workflow_id = ended(world, outputParameters={"plain": "${workflow.input.password}"})

    assert {"plain": SECRET} == world.output(workflow_id)


@pytest.mark.parametrize("free_text", [None, SECRET])
def test_4_11_search_neither_shows_nor_finds_them(world, free_text):
    ended(world)
    searching = world.podium.searching

    page = searching.search(None, free_text, None, 0, 10)
    shown = searching.summaries(page)
    assert (0 if free_text else 1) == page.total
    assert SECRET not in f"{shown}{searching.workflows(page)}"


def test_4_11_a_failure_workflow_gets_everything(world):
    world.register("mourn", [simple("mourn")])
    started(world, failureWorkflow="mourn")
    world.fail("work", status="FAILED_WITH_TERMINAL_ERROR")

    mourning = world.workflow(world.take("mourn")["workflowInstanceId"])
    assert SECRET == mourning["input"]["password"]


def test_4_11_a_synchronous_answer_hides_them(world):
    world.register("flow", [task("NOOP", "a")], **MASKED)
    request = StartWorkflowRequest.from_json(
        {"name": "flow", "input": {"password": SECRET}}
    )

    strategy = WorkflowSignalReturnStrategy.TARGET_WORKFLOW
    answer = world.podium.synchronous.execute(request, "r", (), 0, strategy)
    assert HIDDEN == answer["input"]["password"]
    assert SECRET not in str(answer)


def test_4_11_without_masked_fields_everything_is_shown(world):
    shown = world.workflow(ended(world, maskedFields=[]))

    assert SECRET == shown["input"]["password"]
