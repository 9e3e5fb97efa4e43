"""A deployment whose functions are called by name, with all that they do written down.

One story that touches most of what there is: definitions, starts in all ways, polls,
reports, children, failures, search, archive, removal.
"""

import base64
import json
import random
from contextlib import contextmanager
from urllib.parse import quote

from gateway_events import CONTEXT, event
from lambda_events import Deployment, recorded_event, sqs_event
from podium_functions.control_api import open_control_api
from podium_functions.decider import Decider
from podium_functions.event_consumer import make as open_event_consumer
from podium_functions.projector import make as open_projector
from podium_functions.sweeper import Sweeper
from podium_functions.system_tasks import SystemTasks
from podium_functions.worker_api import open_worker_api
from templates import PLACE
from world import simple, task

MINUTE = 60_000
LARGE = base64.b64encode(random.Random(7).randbytes(400_000)).decode()
"""A text that no compression gets into a journal entry."""


class Recorder:
    """Writes down what clients ask for, as IAM names it, and by which function."""

    def __init__(self, clients):
        self.asked = {}
        self._name = None
        for client in (clients.dynamodb, clients.sqs, clients.s3, clients.of("ssm")):
            service = client.meta.service_model.service_name
            client.meta.events.register(f"before-parameter-build.{service}", self._hear)

    @contextmanager
    def of(self, name):
        """Write down what is asked for inside as this function's."""
        self._name = name
        try:
            yield
        finally:
            self._name = None

    def _hear(self, params, model, **_):
        if self._name:
            service = model.service_model.service_name
            asked = self.asked.setdefault(self._name, set())
            for arn in _ARNS[service](params):
                asked.add((_action(service, model.name, arn), arn))


def _action(service, operation, arn):
    if service == "s3" and operation == "DeleteObjects":
        return "s3:DeleteObject"
    return f"{service}:{operation.removesuffix('Batch')}"


def _tables(params):
    names = [params["TableName"]] if "TableName" in params else params["RequestItems"]
    index = f"/index/{params['IndexName']}" if "IndexName" in params else ""
    place = f"{PLACE['AWS::Region']}:{PLACE['AWS::AccountId']}"
    return [f"arn:aws:dynamodb:{place}:table/{name}{index}" for name in names]


def _queues(params):
    name = params.get("QueueName") or params["QueueUrl"].rpartition("/")[2]
    return [f"arn:aws:sqs:{PLACE['AWS::Region']}:{PLACE['AWS::AccountId']}:{name}"]


def _objects(params):
    keys = [params["Key"]] if "Key" in params else []
    keys += [one["Key"] for one in params.get("Delete", {}).get("Objects", ())]
    return [f"arn:aws:s3:::{params['Bucket']}/{key}" for key in keys]


def _parameters(params):
    place = f"{PLACE['AWS::Region']}:{PLACE['AWS::AccountId']}"
    names = params.get("Names") or [f"{params['Path']}*"]
    return [f"arn:aws:ssm:{place}:parameter{name}" for name in names]


_ARNS = {"dynamodb": _tables, "sqs": _queues, "s3": _objects, "ssm": _parameters}


# --- what the functions do -----------------------------------------------------------


class Scene:
    """A deployment whose functions are called by name, and written down."""

    def __init__(self, stack, clock, recorder):
        self.clock = clock
        self.deployment = Deployment.over(stack, clock)
        self.recorder = recorder
        stack.clients.sqs.create_queue(QueueName="podium-events-out")

        def runtime():
            # One each: what a function read the others have not.
            return Deployment.over(stack, clock, status_queue="conductor").runtime

        self.control = open_control_api(runtime())
        self.worker = open_worker_api(runtime())
        self.decider = Decider(runtime(), threads=1).handle
        self.system_tasks = SystemTasks(runtime(), threads=1).handle
        self.event_consumer = open_event_consumer(runtime())
        self.sweeper = Sweeper(runtime()).handle
        self.projector = open_projector(runtime())

    def ask(self, method, path, body=None, *, worker=False, query=""):
        """Send a request to the function that API Gateway sends it to."""
        name, handle = ("Worker", self.worker) if worker else ("Control", self.control)
        with self.recorder.of(name):
            asked = event(method, path, body=body, query=query)
            response = handle(asked, CONTEXT)
        assert response["statusCode"] < 500, response["body"]
        return response["body"]

    def pump(self, name, handle, output):
        """Have a function handle what its queue has."""
        arn = self.deployment.arn_of(output)
        for _ in range(20):
            messages = self.deployment.receive(arn)
            if not messages:
                return
            with self.recorder.of(name):
                handle(sqs_event(arn, messages), CONTEXT)
            for one in messages:
                self.deployment.stack.clients.sqs.delete_message(
                    QueueUrl=self.deployment.url_of(arn),
                    ReceiptHandle=one["ReceiptHandle"],
                )

    def settle(self):
        """Have decider and system tasks work off everything."""
        for _ in range(3):
            self.pump("Decider", self.decider, "CommandsQueueArn")
            self.pump("SystemTasks", self.system_tasks, "EventQueueArn")
            self.pump("SystemTasks", self.system_tasks, "NotificationsQueueArn")
            self.pump("Decider", self.decider, "TimersQueueArn")
            self.pump("Decider", self.decider, "GuardsQueueArn")

    def project(self):
        """Hand the projector every entry there is, as the stream has them."""
        table = self.deployment.stack.outputs["WorkflowsTable"]
        found = self.deployment.stack.clients.dynamodb.scan(TableName=table)["Items"]
        entries = [one for one in found if one["sk"]["S"].startswith("j#")]
        with self.recorder.of("Projector"):
            answer = self.projector({"Records": list(map(inserted, entries))}, CONTEXT)
        assert {"batchItemFailures": []} == answer

    def sweep(self):
        """Have the sweeper do its minute's work."""
        with self.recorder.of("Sweeper"):
            self.sweeper(recorded_event("schedule"), CONTEXT)


def inserted(item):
    """Return the record of a stream that says that an item was written."""
    image = {
        name: {"B": base64.b64encode(value["B"]).decode()} if "B" in value else value
        for name, value in item.items()
    }
    return {
        "eventID": "c4ca4238a0b923820dcc509a6f75849b",
        "eventName": "INSERT",
        "eventSource": "aws:dynamodb",
        "dynamodb": {
            "Keys": {"pk": item["pk"], "sk": item["sk"]},
            "NewImage": image,
            "SequenceNumber": "4421584500000000017450439091",
        },
    }


def define(scene):
    """Register definitions that touch everything, and list, read and delete some."""
    pack = simple("pack", inputParameters={"key": "${workflow.secrets.KEY}"})
    pack["onStateChange"] = {"onStart,onSuccess": [{"type": "packed"}]}
    child = {
        "name": "child",
        "schemaVersion": 2,
        "tasks": [pack],
        "workflowStatusListenerEnabled": True,
    }
    parent = {
        "name": "parent",
        "schemaVersion": 2,
        "failureWorkflow": "child",
        "tasks": [
            task("SUB_WORKFLOW", "sub", subWorkflowParam={"name": "child"}),
            task("EVENT", "tell", sink="conductor"),
            task("EVENT", "tell_others", sink="sqs:podium-events-out"),
            task("START_WORKFLOW", "apart", inputParameters=_START_CHILD),
            task("WAIT", "wait", inputParameters={"duration": "2 hours"}),
        ],
    }
    handler = {
        "name": "on-tell",
        "event": "conductor:parent:tell",
        "active": True,
        "actions": [{"action": "start_workflow", "start_workflow": {"name": "child"}}],
    }
    scene.ask("POST", "/api/metadata/taskdefs", [{"name": "pack"}, {"name": "gone"}])
    scene.ask("PUT", "/api/metadata/workflow", [child, parent, {**child, "version": 2}])
    scene.ask("GET", "/api/metadata/workflow")
    scene.ask("GET", "/api/secrets")
    scene.ask("DELETE", "/api/metadata/workflow/child/2")
    scene.ask("DELETE", "/api/metadata/taskdefs/gone")
    scene.ask("POST", "/api/event", handler)
    scene.ask("GET", "/api/event")


_START_CHILD = {"startWorkflow": {"name": "child"}}


def poll(scene):
    """Return the next task of a worker; the urgent lane may be asked for only later."""
    scene.clock.advance(MINUTE // 2)
    found = scene.ask("GET", "/api/tasks/poll/pack", worker=True, query="workerid=w1")
    return json.loads(found) if found else None


def work(scene, found):
    """Log for a task, extend its lease, and report it with an output for S3."""
    scene.ask("POST", f"/api/tasks/{found['taskId']}/log", "packed")
    scene.ask("GET", f"/api/tasks/{found['taskId']}/log")
    report = {
        "workflowInstanceId": found["workflowInstanceId"],
        "taskId": found["taskId"],
        "status": "IN_PROGRESS",
    }
    scene.ask("POST", "/api/tasks", {**report, "extendLease": True})
    done = {**report, "status": "COMPLETED", "outputData": {"text": LARGE}}
    following = scene.ask("POST", "/api/tasks/update-v2", done)
    scene.settle()
    if following:
        work(scene, json.loads(following))


def run_parents(scene):
    """Start workflows in all ways, and run them to their ends."""
    started = {"name": "parent", "correlationId": "c", "idempotencyKey": "k"}
    again = {**started, "idempotencyStrategy": "RETURN_EXISTING"}
    scene.sweep()
    workflow_id = scene.ask("POST", "/api/workflow", started)
    assert workflow_id == scene.ask("POST", "/api/workflow", again)
    scene.ask("POST", "/api/workflow", {"name": "child", "priority": 3})
    scene.settle()
    scene.project()
    while found := poll(scene):
        work(scene, found)
    for _ in range(13):
        scene.clock.advance(10 * MINUTE)
        scene.sweep()
        scene.settle()
    assert "COMPLETED" in scene.ask("GET", f"/api/workflow/{workflow_id}/status")
    return workflow_id


def wait_in_line(scene):
    """Run two workflows that may only run, and be worked on, one after the other."""
    limited = {
        "name": "limited",
        "schemaVersion": 2,
        "tasks": [simple("scarce")],
        "rateLimitConfig": {"rateLimitKey": "all", "concurrentExecLimit": 1},
    }
    scarce = {"name": "scarce", "concurrentExecLimit": 1, "rateLimitPerFrequency": 9}
    alone = {"name": "alone", "schemaVersion": 2, "tasks": [simple("scarce")]}
    scene.ask("POST", "/api/metadata/taskdefs", [scarce])
    scene.ask("PUT", "/api/metadata/workflow", [limited, alone])
    for name in ("limited", "limited", "alone"):
        scene.ask("POST", "/api/workflow", {"name": name})
    scene.settle()
    for _ in range(3):
        scene.clock.advance(MINUTE)
        query = "workerid=w1"
        found = scene.ask("GET", "/api/tasks/poll/scarce", worker=True, query=query)
        scene.ask("GET", "/api/tasks/poll/scarce", worker=True, query=query)
        given = ("taskId", "workflowInstanceId")
        report = {name: json.loads(found)[name] for name in given}
        scene.ask("POST", "/api/tasks", {**report, "status": "COMPLETED"})
        scene.settle()


def watch(scene, workflow_id):
    """Look at everything."""
    scene.ask("GET", f"/api/workflow/{workflow_id}")
    for query in (
        "",
        "query=workflowType='parent'",
        "query=status='COMPLETED'",
        "query=correlationId='c'",
        f"query=parentWorkflowId='{workflow_id}'",
        "query=workflowId='x' OR status='FAILED'",
    ):
        scene.ask("GET", "/api/workflow/search", query=quote(query, safe="=&"))
    scene.ask("GET", "/api/workflow/parent/correlated/c", query="includeClosed=true")
    scene.ask("GET", "/api/tasks/queue/all")
    scene.ask("GET", "/api/tasks/queue/all/verbose")
    scene.ask("POST", "/api/tasks/queue/requeue/pack")
    scene.ask("GET", "/api/tasks/queue/polldata/all")
    scene.ask("GET", "/api/tasks/search", query="query=status%3DCOMPLETED")
    scene.ask("POST", "/api/workflow/bulk/search", [workflow_id])
    scene.ask("POST", "/api/workflow/test", {"name": "child"})
    scene.ask("POST", f"/api/admin/consistency/verifyAndRepair/{workflow_id}")
    scene.ask("GET", "/api/queue/size")


def schedule(scene):
    """Run a schedule, find it overdue, look at it, and remove it."""
    body = {
        "name": "each minute",
        "cronExpression": "0 * * * * *",
        "startWorkflowRequest": {"name": "child", "idempotencyKey": "scheduled"},
    }
    scene.ask("POST", "/api/scheduler/schedules", body)
    scene.clock.advance(MINUTE)
    scene.settle()
    scene.clock.advance(3 * MINUTE)
    scene.sweep()
    scene.settle()
    for path in ("schedules", "schedules/search", "search/executions"):
        assert "each minute" in scene.ask("GET", f"/api/scheduler/{path}")
    for path in ("admin/pause", "admin/requeue", "admin/resume"):
        scene.ask("GET", f"/api/scheduler/{path}")
    scene.ask("PUT", "/api/scheduler/bulk/pause", ["each minute"])
    scene.ask("PUT", "/api/scheduler/schedules/each%20minute/resume")
    scene.ask("DELETE", "/api/scheduler/schedules/each%20minute")


def hear(scene):
    """Take a message of a queue that is somebody else's."""
    handler = {
        "name": "on-others",
        "event": "sqs:others",
        "active": True,
        "actions": [{"action": "start_workflow", "start_workflow": {"name": "child"}}],
    }
    scene.ask("POST", "/api/event", handler)
    message = {
        "MessageId": "m1",
        "ReceiptHandle": "r1",
        "Body": "{}",
    }
    batch = sqs_event("arn:aws:sqs:us-east-1:123456789012:others", [message])
    with scene.recorder.of("EventConsumer"):
        assert {"batchItemFailures": []} == scene.event_consumer(batch, CONTEXT)
    scene.settle()
    scene.ask("GET", "/api/event/execution/sqs:others")


def fail_and_remove(scene):
    """Fail a workflow that has a failure workflow, and remove it."""
    workflow_id = scene.ask("POST", "/api/workflow", {"name": "parent"})
    scene.ask("DELETE", f"/api/workflow/{workflow_id}")
    scene.settle()
    scene.ask("DELETE", f"/api/workflow/{workflow_id}/remove")
    scene.ask("DELETE", "/api/event/on-tell")


def play(scene):
    """Tell the whole story."""
    define(scene)
    scene.ask("GET", "/api/tasks/poll/pack", worker=True)
    workflow_id = run_parents(scene)
    wait_in_line(scene)
    scene.project()
    watch(scene, workflow_id)
    schedule(scene)
    hear(scene)
    fail_and_remove(scene)
    scene.project()
