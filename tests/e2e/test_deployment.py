"""The real template, deployed to an emulator that enforces every role."""

import json
import time

import pytest
import urllib3

from emulator import PYTHON, SAM, emulator
from podium_sdk import PodiumClient
from podium_sdk.errors import Unauthorized
from world import inline, task

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(
        not (SAM.exists() and PYTHON.exists()), reason="make sam emulator"
    ),
]

PATIENCE = 60


@pytest.fixture(scope="module")
def deployed(tmp_path_factory):
    with emulator() as running:
        running.deploy(tmp_path_factory.mktemp("build"), "Alarms=off")
        yield running


@pytest.fixture(scope="module")
def key(deployed):
    """Return the variables of an admin's access key."""
    assert (
        0
        == deployed.podium("access", "create-application", "ops", "--role", "admin")[0]
    )
    status, printed = deployed.podium("access", "create-key", "ops")
    assert 0 == status
    return dict(line.split("=", 1) for line in printed.splitlines())


@pytest.fixture
def client(deployed, key):
    pair = {
        "keyId": key["CONDUCTOR_AUTH_KEY"],
        "keySecret": key["CONDUCTOR_AUTH_SECRET"],
    }
    answer = urllib3.request("POST", f"{deployed.api}/token", json=pair)
    token = json.loads(answer.data)["token"]
    with PodiumClient(deployed.api, headers={"X-Authorization": token}) as opened:
        yield opened


def test_nobody_is_answered_without_a_token(deployed):
    with PodiumClient(deployed.api) as stranger, pytest.raises(Unauthorized):
        stranger.metadata.list_workflows()


def test_the_doctor_finds_the_deployment_well(deployed, key):
    status, report = deployed.podium(
        "doctor", "--stack", "podium", "--url", deployed.api, **key
    )

    assert 0 == status, report
    assert {"ok"} == {line.split()[0] for line in report.splitlines()}, report


def test_children_and_system_tasks_run_under_their_roles(deployed, client):
    child = {
        "name": "child",
        "version": 1,
        "schemaVersion": 2,
        "tasks": [inline("sum", "1 + 1")],
    }
    parent = {
        **child,
        "name": "parent",
        "tasks": [
            task("SUB_WORKFLOW", "sub", subWorkflowParam={"name": "child"}),
            task("EVENT", "tell", sink="conductor"),
            task("HTTP", "call", optional=True, inputParameters=LOOPBACK),
        ],
    }
    client.metadata.register_workflow(child)
    client.metadata.register_workflow(parent)
    workflow_id = client.workflows.start("parent")

    ended = wait_for_end(client, workflow_id)
    assert {
        "sub": "COMPLETED",
        "tell": "COMPLETED",
        "call": "COMPLETED_WITH_ERRORS",
    } == {one.reference_task_name: str(one.status) for one in ended.tasks}
    assert is_found(client, "parent")
    assert [] == deployed.failures()


LOOPBACK = {"http_request": {"uri": "http://127.0.0.1/", "method": "GET"}}
"""Where a deployment's HTTP tasks may not connect to."""


def wait_for_end(client, workflow_id):
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = client.workflows.get(workflow_id)
        if str(found.status) != "RUNNING":
            return found
        time.sleep(0.2)
    raise AssertionError(f"{workflow_id} never ends")


def is_found(client, name):
    """Tell whether search finds a workflow, which it does within seconds."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if client.workflows.search(query=f"workflowType='{name}'").total_hits:
            return True
        time.sleep(0.2)
    return False
