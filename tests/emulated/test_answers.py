"""What `podium dev` answers, the deployment answers: routes of the reference's 1.

Each script is a section's requests in their order, sent to both; statuses and bodies
must be the same but for ids and times.
"""

import json
import re

import pytest

from deployed_world import DeployedWorld
from podium_process import running
from world import inline, simple, task

pytestmark = pytest.mark.e2e

ABSENT = "00000000-0000-8000-8000-000000000000"
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TIME = re.compile(r"\b1[0-9]{12}\b|(?<=\"queueWaitTime\":)[0-9]+")
OWNER = {"ownerEmail": "routes@example.org"}


def _definition(name, *tasks, **fields):
    return {"name": name, "version": 1, "tasks": list(tasks), **OWNER, **fields}


def _task_definition(name, **fields):
    return {"name": name, "responseTimeoutSeconds": 60, **OWNER, **fields}


WAITING = _definition("r_waiting", task("WAIT", "gate"), simple("left", "r_left"))
WORK = _definition("r_work", simple("first", "r_first"), simple("second", "r_first"))
SUM = _definition(
    "r_sum",
    inline("add", "$.a + 1", a="${workflow.input.a}"),
    outputParameters={"sum": "${add.output.result}"},
)
HANDLER = {
    "name": "r_handler",
    "event": "conductor:r_waiting:gate",
    "active": False,
    "actions": [{"action": "start_workflow", "start_workflow": {"name": "r_sum"}}],
}
SCHEDULE = {
    "name": "r_daily",
    "cronExpression": "0 0 12 * * ?",
    "startWorkflowRequest": {"name": "r_sum", "version": 1, "input": {}},
    "paused": True,
}
NOON = "0%200%2012%20*%20*%20%3F"
NEXT = f"cronExpression={NOON}&scheduleStartTime=4102444800000"
DONE = {"workflowInstanceId": "{w}", "status": "COMPLETED", "outputData": {"n": 1}}

# Of an answer, ``w`` keeps the workflow's id, and ``t`` the id of a polled task.
SCRIPTS = {
    "1.1 workflows": [
        ("PUT", "/metadata/workflow", [WAITING]),
        ("POST", "/workflow/r_waiting?correlationId=c&priority=3", {"a": 1}, "w"),
        ("GET", "/workflow/{w}"),
        ("GET", "/workflow/{w}?includeTasks=false"),
        ("GET", "/workflow/{w}/status?includeOutput=true&includeVariables=true"),
        ("GET", "/workflow/{w}/tasks"),
        ("PUT", "/workflow/{w}/pause"),
        ("PUT", "/workflow/{w}/pause"),
        ("PUT", "/workflow/{w}/resume"),
        ("PUT", "/workflow/{w}/resume"),
        ("POST", "/workflow/{w}/restart"),
        ("POST", "/workflow/{w}/retry"),
        ("POST", "/workflow/{w}/rerun", {}),
        ("PUT", "/workflow/{w}/skiptask/nothing"),
        ("POST", "/workflow/{w}/variables", {"colour": "red"}),
        ("DELETE", "/workflow/{w}?reason=enough"),
        ("DELETE", "/workflow/{w}?reason=enough"),
        ("GET", "/workflow/{w}"),
        ("POST", "/workflow/{w}/restart"),
        ("DELETE", "/workflow/{w}?reason=again"),
        ("DELETE", "/workflow/{w}/remove?archiveWorkflow=false"),
        ("GET", "/workflow/{w}"),
        ("POST", "/workflow/r_unknown", {}),
        ("POST", "/workflow", {"name": "r_waiting", "version": 9}),
        ("POST", "/workflow", {}),
        ("POST", "/workflow", [1]),
        ("GET", f"/workflow/{ABSENT}"),
        ("PUT", f"/workflow/{ABSENT}/pause"),
        ("DELETE", f"/workflow/{ABSENT}"),
        ("GET", "/workflow/nothing"),
    ],
    "1.1 execute": [
        ("PUT", "/metadata/workflow", [SUM]),
        ("POST", "/workflow/execute/r_sum/1", {"name": "r_sum", "input": {"a": 2}}),
        ("POST", "/workflow/execute/r_unknown/1", {"name": "r_unknown"}),
        (
            "POST",
            "/workflow/test",
            {"name": "r_sum", "workflowDef": SUM, "input": {"a": 40}},
        ),
    ],
    "1.2 bulk": [
        ("PUT", "/metadata/workflow", [WAITING]),
        ("POST", "/workflow/r_waiting", {}, "w"),
        ("PUT", "/workflow/bulk/pause", ["{w}", ABSENT]),
        ("PUT", "/workflow/bulk/resume", ["{w}", ABSENT]),
        ("POST", "/workflow/bulk/retry", ["{w}"]),
        ("POST", "/workflow/bulk/terminate?reason=enough", ["{w}", ABSENT]),
        ("POST", "/workflow/bulk/terminate", [ABSENT] * 1001),
        ("POST", "/workflow/bulk/terminate", []),
    ],
    "1.3 tasks": [
        ("PUT", "/metadata/workflow", [WORK]),
        ("POST", "/workflow/r_work", {}, "w"),
        ("GET", "/tasks/poll/r_first?workerid=me", None, "t"),
        ("GET", "/tasks/{t}"),
        ("POST", "/tasks/{t}/log", "looked at"),
        ("GET", "/tasks/{t}/log"),
        ("POST", "/tasks", {**DONE, "taskId": "{t}", "status": "NONSENSE"}),
        ("POST", "/tasks", {**DONE, "taskId": ABSENT}),
        ("POST", "/tasks/update-v2", {**DONE, "taskId": "{t}"}),
        ("POST", "/tasks", {**DONE, "taskId": "{t}"}),
        ("POST", "/tasks/{w}/second/COMPLETED", {"n": 2}),
        ("POST", "/tasks/{w}/second/COMPLETED", {"n": 2}),
        ("POST", "/tasks/{w}/nothing/COMPLETED", {}),
        ("GET", "/workflow/{w}"),
        ("GET", f"/tasks/{ABSENT}"),
        ("GET", "/tasks/queue/sizes?taskType=r_never"),
        ("GET", "/tasks/poll/batch/r_never?count=0"),
        ("GET", "/tasks/poll/batch/r_never?count=many"),
        ("GET", "/tasks/queue/polldata?taskType=r_never"),
    ],
    "1.4 task definitions": [
        ("POST", "/metadata/taskdefs", [_task_definition("r_kept", retryCount=1)]),
        ("GET", "/metadata/taskdefs/r_kept"),
        ("PUT", "/metadata/taskdefs", _task_definition("r_kept", retryCount=2)),
        ("PUT", "/metadata/taskdefs", _task_definition("r_unknown")),
        ("POST", "/metadata/taskdefs", [{"name": "", **OWNER}]),
        ("POST", "/metadata/taskdefs", [_task_definition("r_bad", retryCount=-1)]),
        ("POST", "/metadata/taskdefs", {"name": "r_kept"}),
        ("DELETE", "/metadata/taskdefs/r_kept"),
        ("DELETE", "/metadata/taskdefs/r_kept"),
        ("GET", "/metadata/taskdefs/r_kept"),
    ],
    "1.4 workflow definitions": [
        ("POST", "/metadata/workflow", _definition("r_kept", inline("one", "1"))),
        ("POST", "/metadata/workflow", _definition("r_kept", inline("one", "1"))),
        ("GET", "/metadata/workflow/r_kept"),
        ("GET", "/metadata/workflow/r_kept?version=9"),
        ("POST", "/metadata/workflow", {"name": "", "tasks": []}),
        ("POST", "/metadata/workflow", _definition("r_bad", task("SWITCH", "s"))),
        ("POST", "/metadata/workflow/validate", _definition("r_bad")),
        ("PUT", "/metadata/workflow", [_definition("r_bad")]),
        ("PUT", "/metadata/workflow", {}),
        ("DELETE", "/metadata/workflow/r_kept/1"),
        ("DELETE", "/metadata/workflow/r_kept/1"),
        ("GET", "/metadata/workflow/r_kept"),
    ],
    "1.5 event handlers": [
        ("POST", "/event", HANDLER),
        ("POST", "/event", HANDLER),
        ("PUT", "/event", {**HANDLER, "event": "conductor:r_waiting:other"}),
        ("GET", "/event/conductor:r_waiting:other?activeOnly=false"),
        ("GET", "/event/conductor:r_waiting:gate"),
        ("POST", "/event", {"name": "r_bad"}),
        ("DELETE", "/event/r_handler"),
        ("DELETE", "/event/r_handler"),
    ],
    "1.7 schedules": [
        ("POST", "/scheduler/schedules", SCHEDULE),
        ("GET", "/scheduler/schedules/r_daily"),
        ("PUT", "/scheduler/schedules/r_daily/resume"),
        ("PUT", "/scheduler/schedules/r_daily/pause"),
        ("POST", "/scheduler/schedules", {**SCHEDULE, "cronExpression": "never"}),
        ("GET", f"/scheduler/nextFewSchedules?{NEXT}&limit=2"),
        ("DELETE", "/scheduler/schedules/r_daily"),
        ("GET", "/scheduler/schedules/r_daily"),
    ],
    "1.11 operations": [
        ("PUT", "/metadata/workflow", [WAITING]),
        ("POST", "/workflow/r_waiting", {}, "w"),
        ("POST", "/tasks/{w}/COMPLETED/signal", {"said": "yes"}),
        ("POST", "/tasks/{w}/COMPLETED/signal", {"said": "yes"}),
        ("DELETE", "/workflow/{w}"),
    ],
    "1.10 errors": [
        ("GET", "/nothing"),
        ("PATCH", "/workflow"),
        ("GET", "/workflow/search?query=workflowType%20%3D"),
        ("GET", "/workflow/search?size=many"),
    ],
}


@pytest.fixture(scope="module")
def answer_of(deployed, admin_key, authorized, tmp_path_factory):
    """Return the deployment and `podium dev`, each as what answers a request."""
    database = tmp_path_factory.mktemp("podium") / "podium.sqlite3"
    there = DeployedWorld(deployed.api_url, authorized(deployed, admin_key))
    with running(database) as started:
        here = DeployedWorld(f"{started.url}/api", {})
        yield here.answer, there.answer
        here.close()
    there.close()


@pytest.mark.parametrize("section", SCRIPTS)
def test_the_deployment_answers_as_podium_dev_does(answer_of, section):
    here, there = (_play(answer, SCRIPTS[section]) for answer in answer_of)
    for expected, given in zip(here, there, strict=True):
        assert expected == given


def _play(answer_of, script):
    """Return ``[(request, status, body), ...]``, with ids and times made the same."""
    kept, seen = {}, []
    for method, path, *given in script:
        body, name = (*given, None, None)[:2]
        sent = json.loads(_filled(json.dumps(body), kept))
        answer = answer_of(method, _filled(path, kept), sent)
        text = answer.data.decode()
        if name is not None:
            kept[name] = json.loads(text)["taskId"] if name == "t" else text
        seen.append((f"{method} {path}", answer.status, _without_the_moment(text)))
    return seen


def _filled(text, kept):
    for name, value in kept.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def _without_the_moment(text):
    ids = {}
    text = _ID.sub(lambda found: f"id-{ids.setdefault(found[0], len(ids))}", text)
    text = _TIME.sub('"time"', text)
    try:
        body = json.loads(text)
    except ValueError:
        return text
    if isinstance(body, dict):
        body.pop("instance", None)
    return body
