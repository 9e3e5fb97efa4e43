"""Events and schedules through the deployment: from a task to a queue and back."""

import pytest

from podium_sdk import EventHandler
from world import inline, task

pytestmark = pytest.mark.e2e

OWNER = {"version": 1, "schemaVersion": 2, "ownerEmail": "events@example.org"}
TELLING = {
    "name": "telling",
    **OWNER,
    "tasks": [
        task(
            "EVENT",
            "tell",
            sink="${workflow.input.sink}",
            inputParameters={"order": "${workflow.input.order}"},
        ),
        task("WAIT", "answer"),
    ],
}
HEARD = {"name": "heard", **OWNER, "tasks": [inline("note", "$.n * 2", n=21)]}
TICKED = {"name": "ticked", **OWNER, "tasks": [inline("note", "1")]}


@pytest.fixture(scope="module")
def registered(client):
    client.metadata.update_workflows([TELLING, HEARD, TICKED])


def _handler(name, event, *actions):
    return EventHandler.model_validate(
        {"name": name, "event": event, "active": True, "actions": list(actions)}
    )


def test_a_message_of_a_queue_starts_a_workflow_and_completes_a_task(
    client, registered, deployed, eventually
):
    """EVENT to SQS, from there to the consumer, the handler, and back to the task."""
    queue = deployed.outputs["QueuePrefix"] + "events-told"
    event = f"sqs:{queue}"
    begin = {"name": "heard", "input": {"order": "${order}"}}
    answer = {
        "workflowId": "${workflowInstanceId}",
        "taskRefName": "answer",
        "output": {"heard": "${order}"},
    }
    client.event_handlers.register(
        _handler(
            "of_a_queue",
            event,
            {"action": "start_workflow", "start_workflow": begin},
            {"action": "complete_task", "complete_task": answer},
        )
    )
    started = client.workflows.start("telling", {"sink": event, "order": "o-1"})
    eventually(lambda: client.workflows.status(started).status != "RUNNING")
    ended = client.workflows.get(started)
    outputs = {one.reference_task_name: one.output_data for one in ended.tasks}
    assert ("COMPLETED", "o-1") == (ended.status, outputs["answer"].get("heard"))

    query = "workflowType='heard' AND status='COMPLETED'"
    [row] = eventually(lambda: client.workflows.search(query).results)
    heard = client.workflows.get(row.workflow_id)
    assert ("o-1", {"result": 42}) == (heard.input["order"], heard.output)


def test_a_schedule_starts_its_workflow_each_second_and_once(
    client, registered, eventually
):
    client.schedules.save(
        {
            "name": "each_second",
            "cronExpression": "* * * * * ?",
            "startWorkflowRequest": {"name": "ticked", "version": 1, "input": {}},
        }
    )
    query = "scheduleName IN (each_second) AND state IN (EXECUTED)"
    found = eventually(lambda: _three(client.schedules.executions(query).results))
    client.schedules.delete("each_second")
    times = [one.scheduled_time for one in found]
    assert len(times) == len(set(times))
    assert all(time % 1_000 == 0 for time in times)
    assert len(found) == len({one.workflow_id for one in found})
    ids = [one.workflow_id for one in found]
    eventually(
        lambda: {"COMPLETED"} == {client.workflows.status(one).status for one in ids}
    )


def _three(found):
    return found if len(found) >= 3 else None
