"""``podium dev --aws``: one process on an emulator, which may die at any moment."""

import gzip
import json

import pytest

from podium.errors import InvalidInput
from podium_local.aws import data
from podium_local.aws.data import provide_data
from podium_local.aws.endpoint import Endpoint
from podium_local.emulated.emulator import PYTHON, running
from podium_process import PodiumProcess, wait_for
from world import fork_join, inline, join_on, simple, task

pytestmark = pytest.mark.e2e

PREFIX = "mine"
GUARDED = 240
"""Seconds: a minute until a guard hands out what a kill kept back, and three until a
system task is begun again that was being done.
"""


def definition(name, *tasks):
    return {"name": name, "version": 1, "schemaVersion": 2, "tasks": list(tasks)}


SUM = definition("sum", simple("add"), inline("check", "1"))
ORDER = definition(
    "order",
    fork_join(
        [simple("pick", "pack")],
        [task("SUB_WORKFLOW", "ship", subWorkflowParam={"name": "sum", "version": 1})],
        [
            task("WAIT", "rest", inputParameters={"duration": "2 seconds"}),
            task(
                "HTTP",
                "book",
                inputParameters={"uri": "${workflow.input.uri}", "method": "GET"},
            ),
        ],
    ),
    join_on("pick", "ship", "book"),
)


@pytest.fixture(scope="module")
def aws(tmp_path_factory):
    """An emulator of this module's own."""
    if not PYTHON.exists():
        pytest.skip("make emulator")
    with running(tmp_path_factory.mktemp("aws")) as url:
        yield Endpoint.parse(url, {})


@pytest.fixture
def start(aws):
    """Start a server on the emulator, again and again on the same data."""
    started = []

    def start_it():
        options = ("--aws", aws.url, "--prefix", PREFIX)
        server = PodiumProcess(None, options=options)
        started.append(server)
        return server.wait_until_it_listens()

    yield start_it
    for server in started:
        server.stop()
        print("".join(server.log))  # noqa: T201 - pytest captures it


def polled(server, task_type):
    return server.ask("GET", f"/api/tasks/poll/{task_type}?workerid=w&timeout=1000")


def report(server, given):
    result = {key: given[key] for key in ("taskId", "workflowInstanceId")}
    server.ask("POST", "/api/tasks", {**result, "status": "COMPLETED", "workerId": "w"})


def archived(aws):
    """Return the ids of the workflows in the archive."""
    s3, [bucket] = aws.client("s3"), aws.client("s3").list_buckets()["Buckets"]
    found = s3.list_objects_v2(Bucket=bucket["Name"], Prefix="archive/")
    bodies = [
        s3.get_object(Bucket=bucket["Name"], Key=one["Key"])["Body"].read()
        for one in found.get("Contents", [])
    ]
    lines = [line for body in bodies for line in gzip.decompress(body).splitlines()]
    return {json.loads(line)["workflow_id"] for line in lines}


def said(server, message):
    """Return what a server has logged under this message."""
    lines = [json.loads(line) for line in server.log]
    return [line for line in lines if line["message"] == message]


def test_a_workflow_goes_on_after_each_kill_and_is_found_and_archived(aws, start):
    server = start()
    [made] = said(server, "aws_data")
    assert ("made", aws.url, PREFIX) == (made["was"], made["aws"], made["stack"])
    server.ask("PUT", "/api/metadata/workflow", [SUM, ORDER])
    uri = {"uri": f"{aws.url}/_ministack/health"}
    started = server.ask("POST", "/api/workflow/order", uri)
    held = wait_for(lambda: polled(server, "pack"))
    server.kill()

    server = start()
    [found] = said(server, "aws_data")
    assert "found" == found["was"]
    report(server, held)
    # It may have been killed when it was about to hand this one out.
    report(server, wait_for(lambda: polled(server, "add"), GUARDED))
    server.kill()

    server = start()
    path = f"/api/workflow/{started}"
    workflow = wait_for(
        lambda: (
            one if (one := server.ask("GET", path))["status"] != "RUNNING" else None
        ),
        GUARDED,
    )
    assert "COMPLETED" == workflow["status"], workflow.get("reasonForIncompletion")
    tasks = {one["referenceTaskName"]: one["status"] for one in workflow["tasks"]}
    assert dict.fromkeys(tasks, "COMPLETED") == tasks
    assert ["fork", "pick", "ship", "rest", "join", "book"] == [
        one["referenceTaskName"] for one in workflow["tasks"]
    ]

    search = (
        "/api/workflow/search?query=workflowType%3Dorder%20AND%20status%3DCOMPLETED"
    )
    rows = wait_for(lambda: server.ask("GET", search)["results"])
    assert [started] == [one["workflowId"] for one in rows]
    wait_for(lambda: started in archived(aws))


def test_what_was_projected_is_not_projected_again(aws, start):
    server = start()
    server.ask("PUT", "/api/metadata/workflow", [definition("one", inline("n", "1"))])
    started = server.ask("POST", "/api/workflow/one", {})
    wait_for(lambda: started in archived(aws))
    wait_for(lambda: server.ask("GET", "/health")["healthy"])
    server.stop()
    count = len(archived(aws))

    server = start()
    another = server.ask("POST", "/api/workflow/one", {})
    wait_for(lambda: another in archived(aws))

    assert count + 1 == len(archived(aws))


# --- the stack of the data ------------------------------------------------------------


@pytest.fixture
def was(caplog):
    """Return what was done to the stack, time after time."""
    caplog.set_level("INFO", logger=data.__name__)
    return lambda: [one.was for one in caplog.records if one.message == "aws_data"]


def hidden_for(aws, url):
    """Return for how many seconds a queue hides what it hands out."""
    found = aws.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    return int(found["Attributes"]["VisibilityTimeout"])


def test_it_is_brought_up_to_date_with_the_file(aws, was, tmp_path, monkeypatch):
    older = tmp_path / "data.yaml"
    older.write_text(
        data.TEMPLATE.read_text().replace(
            "VisibilityTimeout: 240", "VisibilityTimeout: 60"
        )
    )
    with monkeypatch.context() as patch:
        patch.setattr(data, "TEMPLATE", older)
        guards = provide_data(aws, "changing")["GuardsQueueUrl"]
    assert 60 == hidden_for(aws, guards)

    for _ in range(2):
        assert guards == provide_data(aws, "changing")["GuardsQueueUrl"]

    assert 240 == hidden_for(aws, guards)
    assert ["made", "changed", "found"] == was()


def test_rows_expire_in_it(aws):
    provide_data(aws, "expiring")

    found = aws.client("dynamodb").describe_time_to_live(TableName="expiring-workflows")

    assert "ENABLED" == found["TimeToLiveDescription"]["TimeToLiveStatus"]


def test_why_there_is_none_is_said(aws, tmp_path, monkeypatch):
    broken = tmp_path / "data.yaml"
    broken.write_text(data.TEMPLATE.read_text().replace("AWS::S3::Bucket", "AWS::No"))
    monkeypatch.setattr(data, "TEMPLATE", broken)

    with pytest.raises(InvalidInput, match=r"--aws: .*AWS::No"):
        provide_data(aws, "broken")
