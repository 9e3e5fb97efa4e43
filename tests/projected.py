"""A service over moto whose search rows nobody writes but the projector."""

import gzip
import json
from dataclasses import replace

from aws_homes import open_over
from podium.bootstrap import build
from podium.model.requests import StartWorkflowRequest
from podium.model.task_result import TaskResult
from podium.model.workflow_definition import WorkflowDef
from podium_functions.projector import project

RETENTION = 30
"""Days."""


class Projected:
    """A service over moto whose rows are the projector's alone."""

    def __init__(self, stack, stream, clock, **fields):
        home = open_over(stack, clock, retention_days=RETENTION).home
        self.home = replace(home, projects_inline=False, **fields)
        self.podium = build(self.home)
        self.clock = clock
        self.stream = stream
        self.bucket = stack.outputs["Bucket"]
        self._s3 = stack.clients.s3

    def register(self, name, tasks, **fields):
        definition = {"name": name, "tasks": tasks, "schemaVersion": 2, **fields}
        self.podium.definitions.update_workflows([WorkflowDef.from_json(definition)])

    def start(self, name, workflow_input=None, **fields):
        request = {"name": name, "input": workflow_input or {}, **fields}
        return self.podium.starter.start(StartWorkflowRequest.from_json(request))

    def work(self, task_type="work", logs=()):
        [task] = self.podium.polling.poll(task_type, "worker", None)
        result = {
            "workflowInstanceId": task["workflowInstanceId"],
            "taskId": task["taskId"],
            "workerId": "worker",
            "status": "COMPLETED",
            "outputData": {"done": True},
            "logs": [{"log": line} for line in logs],
        }
        self.podium.tasks.update(TaskResult.from_json(result))
        return task["taskId"]

    def finished(self, **fields):
        """Return a workflow that a worker was needed for, projected."""
        started = self.start("worked", {"n": 1}, **fields)
        self.work(logs=["a line"])
        assert [] == self.project()
        return started

    def project(self, records=None):
        """Have the projector follow what happened; return what is to come again."""
        given = self.stream.take() if records is None else records
        answer = project(self.podium.projector, {"Records": given})
        return [one["itemIdentifier"] for one in answer["batchItemFailures"]]

    def row(self, workflow_id):
        return self.home.index.find([workflow_id]).get(workflow_id)

    def status(self, workflow_id):
        row = self.row(workflow_id)
        return None if row is None else row.status

    def objects(self):
        found = self._s3.list_objects_v2(Bucket=self.bucket, Prefix="archive/")
        return [one["Key"] for one in found.get("Contents", [])]

    def lines(self, path):
        body = self._s3.get_object(Bucket=self.bucket, Key=path)["Body"].read()
        return [json.loads(line) for line in gzip.decompress(body).splitlines()]

    def items(self, workflow_id):
        """Return how many entries, leases and log lines the table has."""
        record = self.home.records.read(workflow_id, with_logs=True)
        return len(record.entries), len(record.leases), len(record.logs)


def shown(deployment, workflow_id):
    """Return all that the API shows of a workflow."""
    workflows = deployment.podium.workflows
    return (
        workflows.get(workflow_id),
        workflows.status(workflow_id, include_output=True, include_variables=True),
        workflows.tasks(workflow_id, 0, 10, ()),
    )
