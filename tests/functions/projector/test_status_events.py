"""Status events: who listens is told what happened, in Conductor's words."""

import json

from projected import Projected


class Listener:
    """Remembers what it is told."""

    is_heard = True

    def __init__(self, *, hears_of_tasks=False):
        self.hears_of_tasks = hears_of_tasks
        self.heard = []

    def publish(self, events):
        self.heard += [(one.change, json.loads(one.detail)) for one in events]


def test_listeners_are_told_of_workflows(stack, stream, clock, deployment):
    listener = Listener()
    told = Projected(stack, stream, clock, status_events=listener)
    started = told.start("worked", correlationId="c")
    told.project()
    told.podium.workflows.pause(started)
    told.project()
    told.podium.workflows.resume(started)
    told.work()
    told.project()

    assert ["STARTED", "PAUSED", "RESUMED", "COMPLETED"] == [
        change for change, _ in listener.heard
    ]
    last = listener.heard[-1][1]
    assert {
        "workflowId": started,
        "workflowType": "worked",
        "version": 1,
        "correlationId": "c",
        "status": "COMPLETED",
    }.items() <= last.items()
    ids = [detail["eventId"] for _, detail in listener.heard]
    assert len(ids) == len(set(ids))


def test_listeners_are_told_of_tasks_if_they_want_it(stack, stream, clock, deployment):
    listener = Listener(hears_of_tasks=True)
    told = Projected(stack, stream, clock, status_events=listener)
    told.start("worked")
    told.project()
    task_id = told.work()
    told.project()

    assert ["STARTED", "SCHEDULED", "COMPLETED", "COMPLETED"] == [
        change for change, _ in listener.heard
    ]
    detail = listener.heard[2][1]
    assert (task_id, "work", "worked") == (
        detail["taskId"],
        detail["referenceTaskName"],
        detail["workflowType"],
    )


def test_a_failed_workflow_is_told_of_as_conductor_does(
    stack, stream, clock, deployment
):
    listener = Listener()
    told = Projected(stack, stream, clock, status_events=listener)
    started = told.start("worked")
    told.podium.workflows.terminate(started, "enough")
    told.project()

    change, detail = listener.heard[-1]
    assert ("TERMINATED", "TERMINATED", "enough") == (
        change,
        detail["status"],
        detail["reasonForIncompletion"],
    )
