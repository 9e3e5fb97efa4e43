"""The nouns of :class:`podium.bootstrap.Podium`, each method a request to an API.

Whoever has a service in hand in the conformance tests has a deployment here, behind
API Gateway: what it refuses is raised as the error of that status.  What no route
offers skips the test that asks for it.
"""

import json
from urllib.parse import quote

import pytest

from podium import ids
from podium.model.event_handler import EventExecution
from podium.model.schedule import WorkflowSchedule, WorkflowScheduleExecution
from podium.model.search_result import BulkResponse, PollData, SearchResult
from podium.model.task_definition import TaskDef
from podium.model.workflow import WorkflowSummary
from podium.model.workflow_definition import WorkflowDef
from podium.ports import SearchPage

LOOKED_FOR = "looked_for"
"""A workflow by which a test learns that search has caught up."""


def _path(*names):
    return "/".join(quote(name, safe="") for name in names)


class _Noun:
    """One noun of the API."""

    def __init__(self, ask):
        self._ask = ask

    def __getattr__(self, name):
        noun = type(self).__name__.lower()
        pytest.skip(f"no route has podium.{noun}.{name} of itself")


class GatewayPodium:
    """The service, as far as routes reach."""

    def __init__(self, ask, projected):
        self.definitions = Definitions(ask)
        self.starter = Starter(ask)
        self.workflows = Workflows(ask)
        self.recovery = Recovery(ask)
        self.bulk = Bulk(ask)
        self.tasks = Tasks(ask)
        self.polling = Polling(ask)
        self.queues = Queues(ask)
        self.wait_queues = WaitQueues(ask)
        self.searching = Searching(ask, projected)
        self.synchronous = Synchronous(ask)
        self.events = Events(ask)
        self.messages = Messages(ask)
        self.dry_runs = DryRuns(ask)
        self.administration = Administration(ask)
        self.environment = Environment(ask)
        self.scheduler = Scheduler(ask)

    def __getattr__(self, name):
        pytest.skip(f"podium.{name} is inside the functions")


class Definitions(_Noun):
    def register_workflow(self, definition, *, overwrite):
        body = definition.to_json()
        self._ask("POST", "/metadata/workflow", body, overwrite=overwrite)

    def update_workflows(self, definitions):
        body = [one.to_json() for one in definitions]
        return self._ask("PUT", "/metadata/workflow", body)

    def workflow(self, name, version):
        path = f"/metadata/workflow/{_path(name)}"
        return WorkflowDef.from_json(self._ask("GET", path, version=version))

    def workflows(self):
        found = self._ask("GET", "/metadata/workflow")
        return [WorkflowDef.from_json(one) for one in found]

    def names(self):
        return self._ask("GET", "/metadata/workflow/names")

    def remove_workflow(self, name, version):
        self._ask("DELETE", f"/metadata/workflow/{_path(name)}/{version}")

    def register_tasks(self, definitions):
        body = [one.to_json() for one in definitions]
        self._ask("POST", "/metadata/taskdefs", body)

    def update_task(self, definition):
        self._ask("PUT", "/metadata/taskdefs", definition.to_json())

    def task(self, name):
        return TaskDef.from_json(self._ask("GET", f"/metadata/taskdefs/{_path(name)}"))

    def remove_task(self, name):
        self._ask("DELETE", f"/metadata/taskdefs/{_path(name)}")


class Starter(_Noun):
    def start(self, request):
        # An input that is null is refused, one that is not there is not.
        body = {**request.to_json(), "input": request.input}
        return self._ask("POST", "/workflow", body)


class Workflows(_Noun):
    def get(self, workflow_id, *, include_tasks=True, summarize=False):
        return self._ask(
            "GET",
            f"/workflow/{_path(workflow_id)}",
            includeTasks=include_tasks,
            summarize=summarize,
        )

    def status(self, workflow_id, *, include_output=False, include_variables=False):
        return self._ask(
            "GET",
            f"/workflow/{_path(workflow_id)}/status",
            includeOutput=include_output,
            includeVariables=include_variables,
        )

    def tasks(self, workflow_id, start, count, statuses):
        return self._ask(
            "GET",
            f"/workflow/{_path(workflow_id)}/tasks",
            start=start,
            count=count,
            status=list(statuses) or None,
        )

    def pause(self, workflow_id):
        self._ask("PUT", f"/workflow/{_path(workflow_id)}/pause")

    def resume(self, workflow_id):
        self._ask("PUT", f"/workflow/{_path(workflow_id)}/resume")

    def terminate(self, workflow_id, reason=None):
        self._ask("DELETE", f"/workflow/{_path(workflow_id)}", reason=reason)

    def remove(self, workflow_id, *, archive):
        path = f"/workflow/{_path(workflow_id)}/remove"
        self._ask("DELETE", path, archiveWorkflow=archive)

    def decide(self, workflow_id):
        self._ask("PUT", f"/workflow/decide/{_path(workflow_id)}")

    def set_variables(self, workflow_id, values):
        self._ask("POST", f"/workflow/{_path(workflow_id)}/variables", values)

    def find_task(self, task_id):
        return self._ask("GET", f"/tasks/{_path(task_id)}")


class Recovery(_Noun):
    def restart(self, workflow_id, *, use_latest=False):
        path = f"/workflow/{_path(workflow_id)}/restart"
        self._ask("POST", path, useLatestDefinitions=use_latest)

    def retry(self, workflow_id, *, resume=False):
        path = f"/workflow/{_path(workflow_id)}/retry"
        self._ask("POST", path, resumeSubworkflowTasks=resume)

    def rerun(self, workflow_id, request):
        path = f"/workflow/{_path(workflow_id)}/rerun"
        return self._ask("POST", path, request.to_json())

    def skip_task(self, workflow_id, ref, request=None):
        path = f"/workflow/{_path(workflow_id, 'skiptask', ref)}"
        self._ask("PUT", path, None if request is None else request.to_json())

    def reset_callbacks(self, workflow_id):
        self._ask("POST", f"/workflow/{_path(workflow_id)}/resetcallbacks")


class Bulk(_Noun):
    def pause(self, workflow_ids):
        return self._ask("PUT", "/workflow/bulk/pause", workflow_ids)

    def resume(self, workflow_ids):
        return self._ask("PUT", "/workflow/bulk/resume", workflow_ids)

    def restart(self, workflow_ids, *, use_latest):
        path = "/workflow/bulk/restart"
        return self._ask("POST", path, workflow_ids, useLatestDefinitions=use_latest)

    def retry(self, workflow_ids):
        return self._ask("POST", "/workflow/bulk/retry", workflow_ids)

    def terminate(self, workflow_ids, reason):
        path = "/workflow/bulk/terminate"
        return self._ask("POST", path, workflow_ids, reason=reason)

    def remove(self, workflow_ids, *, archive):
        path = "/workflow/bulk/remove"
        return self._ask("DELETE", path, workflow_ids, archiveWorkflow=archive)

    def terminate_and_remove(self, workflow_ids, reason, *, archive):
        return self._ask(
            "DELETE",
            "/workflow/bulk/terminate-remove",
            workflow_ids,
            reason=reason,
            archiveWorkflow=archive,
        )

    def search(self, workflow_ids, *, include_tasks):
        path = "/workflow/bulk/search"
        return self._ask("POST", path, workflow_ids, includeTasks=include_tasks)


class Tasks(_Noun):
    def update(self, result):
        return self._ask("POST", "/tasks", result.to_json())

    def update_and_poll(self, result):
        return self._ask("POST", "/tasks/update-v2", result.to_json())

    def update_by_reference(self, workflow_id, ref, status, output, worker_id):
        if status == "COMPLETED_WITH_ERRORS":
            pytest.skip("no client may report that")
        path = f"/tasks/{_path(workflow_id, ref, status)}"
        return self._ask("POST", path, output, workerid=worker_id)

    def signal(self, workflow_id, status, output):
        self._ask("POST", f"/tasks/{_path(workflow_id, status)}/signal", output)

    def logs(self, task_id):
        return self._ask("GET", f"/tasks/{_path(task_id)}/log") or []

    def queue_sizes(self, task_types=()):
        if not task_types:
            return self._ask("GET", "/tasks/queue/all")
        return self._ask("GET", "/tasks/queue/sizes", taskType=task_types)

    def queue_size(self, task_type, domain, namespace=None, isolation_group=None):
        return self._ask(
            "GET",
            "/tasks/queue/size",
            taskType=task_type,
            domain=domain,
            executionNamespace=namespace,
            isolationGroupId=isolation_group,
        )

    def poll_data(self, task_type=None):
        every = "/all" if task_type is None else ""
        found = self._ask("GET", f"/tasks/queue/polldata{every}", taskType=task_type)
        return [PollData.from_json(one) for one in found]


class Polling(_Noun):
    def poll(self, task_type, worker_id, domain, count=1, timeout=0):
        return self._ask(
            "GET",
            f"/tasks/poll/batch/{_path(task_type)}",
            workerid=worker_id,
            domain=domain,
            count=count,
            timeout=timeout,
        )


class Queues(_Noun):
    def details(self):
        return self._ask("GET", "/tasks/queue/all/verbose")

    def requeue(self, task_type):
        return int(self._ask("POST", f"/tasks/queue/requeue/{_path(task_type)}"))


class WaitQueues(_Noun):
    def update_by_reference(self, workflow_id, ref, status, output):
        path = f"/queue/update/{_path(workflow_id, ref, status)}"
        self._ask("POST", path, output)

    def update_by_id(self, workflow_id, task_id, status, output):
        path = f"/queue/update/{_path(workflow_id, 'task', task_id, status)}"
        self._ask("POST", path, output)


class Searching(_Noun):
    """Search follows the journals; here it is asked once it has caught up.

    ``projected`` waits for that, and returns since when the test's own workflows are.
    """

    def __init__(self, ask, projected):
        super().__init__(ask)
        self._projected = projected

    def search(self, query, free_text, sort, start, size):
        began = self._projected()
        found = self._ask(
            "GET",
            "/workflow/search",
            query=query,
            freeText=free_text,
            sort=sort,
            start=start,
            size=size,
        )
        rows = list(map(WorkflowSummary.from_json, found["results"]))
        own = [
            one
            for one in rows
            if ids.milliseconds_of(one.workflow_id) >= began
            and one.workflow_type != LOOKED_FOR
        ]
        return SearchPage(found["totalHits"] - len(rows) + len(own), tuple(own))

    def correlated_of(self, names, correlation_ids, *, include_closed, include_tasks):
        self._projected()
        body = {"workflowNames": names, "correlationIds": correlation_ids}
        return self._ask(
            "POST",
            "/workflow/correlated/batch",
            body,
            includeClosed=include_closed,
            includeTasks=include_tasks,
        )


class Synchronous(_Noun):
    def execute(self, request, request_id, until, wait, strategy):
        return self._ask(
            "POST",
            f"/workflow/execute/{_path(request.name)}/{request.version or 1}",
            request.to_json(),
            requestId=request_id,
            waitUntilTaskRef=",".join(until) or None,
            waitForSeconds=wait // 1000,
            returnStrategy=strategy,
        )

    def execute_as_api(self, request, until, wait):
        return self._ask(
            "POST",
            f"/workflow/execute/{_path(request.name)}",
            request.input,
            version=request.version,
            waitUntilTaskRef=",".join(until) or None,
            waitForSeconds=wait // 1000,
        )

    def update_state(self, workflow_id, update, request_id, until, wait):
        return self._ask(
            "POST",
            f"/workflow/{_path(workflow_id)}/state",
            update.to_json(),
            requestId=request_id,
            waitUntilTaskRef=",".join(until) or None,
            waitForSeconds=wait // 1000,
        )


class Events(_Noun):
    def add(self, handler):
        self._ask("POST", "/event", handler.to_json())

    def queues(self, *, verbose):
        return self._ask("GET", "/admin/queues", verbose=verbose)

    def executions(self, name, start, size):
        path = f"/event/execution/{_path(name)}"
        found = self._ask("GET", path, start=start, size=size)
        return [EventExecution.from_json(one) for one in found]


class Messages(_Noun):
    def push(self, workflow_id, payload):
        path = f"/workflow/{_path(workflow_id)}/messages"
        return self._ask("POST", path, payload)


class DryRuns(_Noun):
    def run(self, request):
        return self._ask("POST", "/workflow/test", request.to_json())


class Administration(_Noun):
    def config(self):
        return self._ask("GET", "/admin/config")

    def update_queues(self):
        return self._ask("GET", "/queue/")

    def update_queue_sizes(self):
        return self._ask("GET", "/queue/size")

    def pending(self, task_type, start, count):
        path = f"/admin/task/{_path(task_type)}"
        return self._ask("GET", path, start=start, count=count)

    def requeue_sweep(self, workflow_id):
        return self._ask("POST", f"/admin/sweep/requeue/{_path(workflow_id)}")

    def repair(self, workflow_id):
        path = f"/admin/consistency/verifyAndRepair/{_path(workflow_id)}"
        return json.loads(self._ask("POST", path))


class Environment(_Noun):
    def secret_names(self):
        return self._ask("GET", "/secrets")


class Scheduler(_Noun):
    def save(self, schedule):
        body = schedule.to_json()
        return WorkflowSchedule.from_json(
            self._ask("POST", "/scheduler/schedules", body)
        )

    def schedule(self, name):
        path = f"/scheduler/schedules/{_path(name)}"
        return WorkflowSchedule.from_json(self._ask("GET", path))

    def schedules(self):
        found = self._ask("GET", "/scheduler/schedules")
        return [WorkflowSchedule.from_json(one) for one in found]

    def remove(self, name):
        self._ask("DELETE", f"/scheduler/schedules/{_path(name)}")

    def pause(self, name, reason=None):
        self._ask("PUT", f"/scheduler/schedules/{_path(name)}/pause", reason=reason)

    def resume(self, name):
        self._ask("PUT", f"/scheduler/schedules/{_path(name)}/resume")

    def halt(self):
        self._ask("GET", "/scheduler/admin/pause")

    def go_on(self):
        self._ask("GET", "/scheduler/admin/resume")

    def requeue(self):
        return self._ask("GET", "/scheduler/admin/requeue")

    def pause_each(self, names):
        found = self._ask("PUT", "/scheduler/bulk/pause", names)
        return BulkResponse[str].from_json(found)

    def resume_each(self, names):
        found = self._ask("PUT", "/scheduler/bulk/resume", names)
        return BulkResponse[str].from_json(found)

    def next_few(self, cron_expression, start, end, limit):
        return self._ask(
            "GET",
            "/scheduler/nextFewSchedules",
            cronExpression=cron_expression,
            scheduleStartTime=start,
            scheduleEndTime=end,
            limit=limit,
        )

    def search(self, start, size, sort, **asked):
        found = self._ask(
            "GET",
            "/scheduler/schedules/search",
            start=start,
            size=size,
            sort=sort,
            workflowName=asked["workflow_name"],
            scheduleName=asked["schedule_name"],
            paused=asked["paused"],
            freeText=asked["free_text"],
        )
        return SearchResult[WorkflowSchedule].from_json(found)

    def executions(self, query, free_text, start, size, sort):
        found = self._ask(
            "GET",
            "/scheduler/search/executions",
            query=query,
            freeText=free_text,
            start=start,
            size=size,
            sort=sort,
        )
        return SearchResult[WorkflowScheduleExecution].from_json(found)
