"""What of a deployment answers over HTTP: its version, and one workflow, end to end.

The workflow has a task for a worker, which goes through queue, lease and report, and a
WAIT, which goes through timers and decider.  It and its definitions are removed again.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version

from podium.model.task import Task
from podium.model.task_result import TaskResult
from podium_local.doctor.findings import Check, Finding
from podium_sdk import PodiumClient
from podium_sdk.errors import SdkError, Unauthorized

NAME = "podium_doctor"
WAIT_SECONDS = 2
PATIENCE = 45.0
_DEFINITION = {
    "name": NAME,
    "description": "podium doctor's; it removes what it made",
    "version": 1,
    "schemaVersion": 2,
    "ownerEmail": "doctor@podium.invalid",
    "timeoutSeconds": 300,
    "tasks": [
        {"name": NAME, "taskReferenceName": "work", "type": "SIMPLE"},
        {
            "name": "wait",
            "taskReferenceName": "wait",
            "type": "WAIT",
            "inputParameters": {"duration": f"{WAIT_SECONDS} seconds"},
        },
    ],
}
_TASK = {"name": NAME, "ownerEmail": "doctor@podium.invalid", "retryCount": 0}


class TooSlow(SdkError):
    """The workflow did not get on in time."""


@dataclass(frozen=True, slots=True)
class Answers:
    """The checks of one API."""

    client: PodiumClient
    is_round_trip_wanted: bool = True

    def checks(self) -> Iterator[Check]:
        """Yield all checks."""
        yield Check("API", self._version)
        if self.is_round_trip_wanted:
            yield Check("round trip", self._round_trip)

    def _version(self) -> Finding:
        began = time.monotonic()
        try:
            theirs = self.client.version()
        except Unauthorized as refused:
            return Finding.failure(
                "API",
                str(refused),
                "set CONDUCTOR_AUTH_KEY and CONDUCTOR_AUTH_SECRET "
                "(podium access create-key)",
            )
        took = _milliseconds_since(began)
        ours = version("podium")
        if theirs != ours:
            return Finding.warning(
                "API",
                f"version {theirs}, this is {ours}",
                "deploy again, or install that version",
            )
        return Finding.ok("API", f"version {theirs}, answers in {took} ms")

    def _round_trip(self) -> Finding:
        self.client.metadata.register_tasks([_TASK])
        self.client.metadata.register_workflow(_DEFINITION, overwrite=True)
        began = time.monotonic()
        workflow_id = self.client.workflows.start(NAME)
        started = _milliseconds_since(began)
        try:
            task = self._take(workflow_id)
            taken = _milliseconds_since(began)
            self._report(task)
            self._await_end(workflow_id)
            ended = _milliseconds_since(began)
        finally:
            self._clean_up(workflow_id)
        late = max(0, ended - taken - WAIT_SECONDS * 1000)
        return Finding.ok(
            "round trip",
            f"started in {started} ms, with a worker after {taken} ms, "
            f"WAIT about {late} ms late",
        )

    def _take(self, workflow_id: str) -> Task:
        """Poll the workflow's task; what others left in the queue is passed over."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            polled = self.client.tasks.poll_batch(
                NAME, worker_id="doctor", timeout_millis=1000
            )
            for task in polled:
                if task.workflow_instance_id == workflow_id:
                    return task
        raise TooSlow(f"no worker got the task of {workflow_id} in {PATIENCE:.0f} s")

    def _report(self, task: Task) -> None:
        report = {
            "workflowInstanceId": task.workflow_instance_id,
            "taskId": task.task_id,
            "workerId": "doctor",
            "status": "COMPLETED",
        }
        self.client.tasks.update(TaskResult.from_json(report))

    def _await_end(self, workflow_id: str) -> None:
        deadline = time.monotonic() + PATIENCE
        status = ""
        while time.monotonic() < deadline:
            status = str(self.client.workflows.status(workflow_id).status)
            if status == "COMPLETED":
                return
            if status != "RUNNING":
                raise TooSlow(f"workflow {workflow_id} ended as {status}")
            time.sleep(0.1)
        raise TooSlow(
            f"workflow {workflow_id} is {status} after {PATIENCE:.0f} s: "
            "timers or the decider do nothing"
        )

    def _clean_up(self, workflow_id: str) -> None:
        """Remove what was made; what cannot be has no consequences."""
        client = self.client
        with suppress(SdkError):
            client.workflows.terminate(workflow_id, "podium doctor")
        with suppress(SdkError):
            client.workflows.remove(workflow_id, archive=False)
        with suppress(SdkError):
            client.metadata.delete_workflow(NAME, 1)
        with suppress(SdkError):
            client.metadata.delete_task(NAME)


def _milliseconds_since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
