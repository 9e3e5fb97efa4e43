"""`kill -9` of functions at work: what a crash of Lambda's environments is on AWS.

The emulator runs every function in processes of its own.  All of them are killed at
once, again and again, while workers go on: who called one gets a 502, the messages that
one had come again, and of what was under way nothing is lost and nothing done twice.
"""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

import pytest

from attempts import assert_each_completed_once
from deployed_world import DeployedWorld
from podium_process import wait_for
from worker_fleet import Fleet
from world import do_while, fork_join, inline, join_on, simple, task

pytestmark = pytest.mark.e2e

BRANCHES = 8
CHILDREN = ("child_1", "child_2")
SOON = 5
"""Seconds after which the messages of a function that died come again, not minutes."""
PATIENCE = 180
"""Seconds: a workflow whose task nobody was told of waits for its guard, a minute."""


class Insistent(DeployedWorld):
    """Asks again where the function that was asked has died, as clients do.

    ``died`` counts how often that was.
    """

    died = 0

    def ask(self, method, path, body=None, **query):
        deadline = time.monotonic() + PATIENCE
        while True:
            answer = self.answer(method, path.removeprefix("/api"), body, **query)
            if answer.status < 500 or time.monotonic() > deadline:
                return self.read(answer)
            self.died += 1
            time.sleep(0.1)


@pytest.fixture
def world(deployed, admin_key, authorized):
    opened = Insistent(deployed.api_url, authorized(deployed, admin_key))
    yield opened
    opened.close()


@pytest.fixture
def kill(deployed):
    """Kill every process that runs a function; return how many there were."""

    def kill_all():
        found = list(_functions_of(deployed))
        for pid in found:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return len(found)

    if not list(_functions_of(deployed)):
        pytest.skip("the emulator was there already: its processes are not ours")
    return kill_all


def _functions_of(deployed):
    """Yield the processes whose program lies where this emulator unpacks functions."""
    place = f"/emulator-{deployed.endpoint_url.rpartition(':')[2]}-".encode()
    for process in Path("/proc").iterdir():
        with suppress(OSError):
            arguments = (process / "cmdline").read_bytes().split(b"\0")
            if any(place in one for one in arguments[1:]):
                yield int(process.name)


@pytest.fixture
def hidden_for_seconds(deployed):
    """Hide received messages of the deployment's own queues for seconds."""
    sqs = deployed.client("sqs")
    listed = sqs.list_queues(QueueNamePrefix=deployed.outputs["QueuePrefix"])
    names = ["VisibilityTimeout"]
    before = {}
    for url in listed["QueueUrls"]:
        got = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)
        if int(got["Attributes"]["VisibilityTimeout"]) > 60:
            before[url] = got["Attributes"]
            hidden = {"VisibilityTimeout": str(SOON)}
            sqs.set_queue_attributes(QueueUrl=url, Attributes=hidden)
    assert before
    yield
    for url, attributes in before.items():
        sqs.set_queue_attributes(QueueUrl=url, Attributes=attributes)


def test_functions_are_killed_and_all_is_done_once(world, kill, hidden_for_seconds):
    refs = [f"branch_{number}" for number in range(BRANCHES)]
    _register(world, refs)
    started = world.start("killed", {})
    killed = 0
    with Fleet(world, "killed_work", PATIENCE) as fleet:
        for reports in (0, 5, 10):
            fleet.wait_for_reports(reports)
            killed += kill()
        workflow = wait_for(lambda: _ended(world, started), patience=PATIENCE)
    turns = [f"in_loop__{turn}" for turn in (1, 2, 3)]
    assert_each_completed_once(
        workflow, [*refs, *turns, *CHILDREN, "loop", "fork", "join", "last"]
    )
    children = [one["subWorkflowId"] for one in workflow["tasks"] if _is_child(one)]
    assert len(CHILDREN) == len(children)
    for child in children:
        leaf = world.workflow(child)
        assert_each_completed_once(leaf, ["first", "wait", "script", "second"])
    assert killed > 4
    assert world.died, "every function was killed while it had nothing to do"


def _register(world, refs):
    rule = {"retryCount": 20, "retryDelaySeconds": 0, "responseTimeoutSeconds": 5}
    work = {"name": "killed_work", "ownerEmail": "orders@example.org", **rule}
    world.ask("POST", "/metadata/taskdefs", [work])
    pause = {"duration": "1 seconds"}
    leaf = [
        simple("first", "killed_work"),
        task("WAIT", "wait", inputParameters=pause),
        inline("script", "1 + 1"),
        simple("second", "killed_work"),
    ]
    condition = "$.loop['iteration'] < 3"
    child = {"subWorkflowParam": {"name": "killed_leaf", "version": 1}}
    branches = [
        *([simple(ref, "killed_work")] for ref in refs),
        [do_while(simple("in_loop", "killed_work"), condition=condition)],
        *([task("SUB_WORKFLOW", ref, **child)] for ref in CHILDREN),
    ]
    tree = [
        fork_join(*branches),
        join_on(*refs, "loop", *CHILDREN),
        simple("last", "killed_work"),
    ]
    definitions = [_definition("killed_leaf", leaf), _definition("killed", tree)]
    world.register(definitions, ["killed_work"])


def _definition(name, tasks):
    return {"name": name, "version": 1, "schemaVersion": 2, "tasks": tasks}


def _ended(world, workflow_id):
    workflow = world.workflow(workflow_id)
    return workflow if workflow["status"] != "RUNNING" else None


def _is_child(one):
    return one["referenceTaskName"] in CHILDREN and one["status"] == "COMPLETED"
