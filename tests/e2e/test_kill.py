"""`kill -9` at bad moments: what was answered stays, what was not is done once.

Every test starts the server again on the same database and looks at the journal
through the API.
"""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
import urllib3

from attempts import assert_each_completed_once, attempts
from podium_process import PATIENCE, wait_for
from slow_service import slow_service
from worker_fleet import Fleet
from world import fork_join, join_on, simple, task

pytestmark = pytest.mark.e2e

BRANCHES = 24


def register(server, name, tasks, **fields):
    definition = {"name": name, "version": 1, "tasks": tasks, **fields}
    server.ask("PUT", "/api/metadata/workflow", [definition])


def register_task(server, name, **fields):
    fields = {"retryCount": 9, "retryDelaySeconds": 0, "timeoutSeconds": 0, **fields}
    server.ask("POST", "/api/metadata/taskdefs", [{"name": name, **fields}])


def fork(branches, refs):
    """Return the JSON of a fork and of the JOIN of its branches."""
    return [fork_join(*branches), join_on(*refs)]


def read(server, workflow_id):
    return server.ask("GET", f"/api/workflow/{workflow_id}")


def wait_until(server, workflow_id, holds):
    """Ask for a workflow until something holds of it; return it."""

    def look():
        workflow = read(server, workflow_id)
        return workflow if holds(workflow) else None

    return wait_for(look)


def ended(server, workflow_id):
    return wait_until(server, workflow_id, lambda one: one["status"] != "RUNNING")


def has(ref, status):
    return lambda workflow: (ref, status) in attempts(workflow)


# --- a fork --------------------------------------------------------------------------


def test_a_fork_survives_four_kills_and_completes_each_branch_once(start):
    server = start()
    refs = [f"branch_{number}" for number in range(BRANCHES)]
    branches = [
        [simple(ref, "killed_work", inputParameters={"number": number})]
        for number, ref in enumerate(refs)
    ]
    register_task(server, "killed_work", responseTimeoutSeconds=1)
    register(
        server,
        "killed_fork",
        fork(branches, refs),
        outputParameters={"joined": "${join.output}"},
    )
    started = server.ask("POST", "/api/workflow/killed_fork", {})
    with Fleet(server, "killed_work") as fleet:
        for reports in (0, 5, 10, 15):
            fleet.wait_for_reports(reports)
            server.kill()
            server = start()
            fleet.move_to(server)
        workflow = ended(server, started)
    assert_each_completed_once(workflow, [*refs, "fork", "join"])
    joined = {ref: {"number": number} for number, ref in enumerate(refs)}
    assert workflow["output"] == {"joined": joined}


def test_loops_waits_and_children_survive_kills_and_do_everything_once(start):
    server = start()
    register_task(server, "tree_work", responseTimeoutSeconds=1)
    pause = {"duration": "1 seconds"}
    leaf = [simple("first", "tree_work"), task("WAIT", "wait", inputParameters=pause)]
    register(server, "killed_leaf", [*leaf, simple("second", "tree_work")])
    child = {"subWorkflowParam": {"name": "killed_leaf", "version": 1}}
    loops = [f"loop_{number}" for number in range(4)]
    children = [f"child_{number}" for number in range(4)]
    branches = [
        [
            task(
                "DO_WHILE",
                ref,
                loopCondition=f"$.{ref}['iteration'] < 5",
                loopOver=[simple(f"in_{ref}", "tree_work")],
            )
        ]
        for ref in loops
    ] + [[task("SUB_WORKFLOW", ref, **child)] for ref in children]
    register(server, "killed_tree", fork(branches, [*loops, *children]))
    started = server.ask("POST", "/api/workflow/killed_tree", {})
    with Fleet(server, "tree_work") as fleet:
        for reports in (4, 10, 16):
            fleet.wait_for_reports(reports)
            server.kill()
            server = start()
            fleet.move_to(server)
        workflow = ended(server, started)
    turns = [f"in_{ref}__{turn}" for ref in loops for turn in range(1, 6)]
    assert_each_completed_once(workflow, [*turns, *loops, *children, "fork", "join"])
    for one in workflow["tasks"]:
        if one["referenceTaskName"] in children:
            leaf = read(server, one["subWorkflowId"])
            assert_each_completed_once(leaf, ["first", "wait", "second"])
    found = server.ask("GET", "/api/workflow/search?query=workflowType%3Dkilled_leaf")
    assert found["totalHits"] == len(children)


def test_polled_reported_and_waiting_branches_are_still_so_after_a_kill(start):
    server = start()
    refs = [f"branch_{number}" for number in range(12)]
    branches = [[simple(ref, "kept_work")] for ref in refs]
    register_task(server, "kept_work", responseTimeoutSeconds=60)
    register(
        server,
        "kept_fork",
        fork(branches, refs),
    )
    started = server.ask("POST", "/api/workflow/kept_fork", {})
    poll = "/api/tasks/poll/batch/kept_work?workerid=w&count=8"
    polled = server.ask("GET", poll)
    for one in polled[:4]:
        report(server, one)
    server.kill()
    server = start()
    states = Counter(status for _, status in attempts(read(server, started)))
    assert states == {"COMPLETED": 5, "IN_PROGRESS": 5, "SCHEDULED": 4}
    rest = server.ask("GET", poll)
    assert len(rest) == 4, "what another worker holds is not handed out again"
    for one in [*polled[4:], *rest, *polled[:4]]:
        report(server, one)
    workflow = ended(server, started)
    assert workflow["status"] == "COMPLETED"
    assert Counter(attempts(workflow)) == dict.fromkeys(
        [(ref, "COMPLETED") for ref in [*refs, "fork", "join"]], 1
    )


def report(server, polled, status="COMPLETED"):
    result = {key: polled[key] for key in ("taskId", "workflowInstanceId")}
    server.ask("POST", "/api/tasks", {**result, "status": status, "workerId": "w"})


# --- what is pending -----------------------------------------------------------------


@pytest.mark.parametrize("seconds_down", [0, 1.2])
def test_a_wait_ends_when_it_is_due_or_as_soon_as_there_is_a_server(
    start, seconds_down
):
    server = start()
    wait = task("WAIT", "wait", inputParameters={"duration": "1 seconds"})
    register(server, "killed_wait", [wait])
    started = server.ask("POST", "/api/workflow/killed_wait", {})
    wait_until(server, started, has("wait", "IN_PROGRESS"))
    server.kill()
    time.sleep(seconds_down)  # the WAIT falls due while nobody is there
    workflow = ended(start(), started)
    assert workflow["status"] == "COMPLETED"
    assert attempts(workflow) == [("wait", "COMPLETED")]


def test_a_retry_comes_after_its_delay_though_the_server_was_killed(start):
    server = start()
    register_task(server, "killed_retry", retryDelaySeconds=1)
    register(server, "killed_retry", [simple("flaky", "killed_retry")])
    started = server.ask("POST", "/api/workflow/killed_retry", {})
    report(server, server.ask("GET", "/api/tasks/poll/killed_retry"), "FAILED")
    server.kill()
    server = start()
    poll = "/api/tasks/poll/batch/killed_retry?timeout=5000"
    (again,) = server.ask("GET", poll)
    assert again["retryCount"] == 1
    report(server, again)
    workflow = ended(server, started)
    assert attempts(workflow) == [("flaky", "FAILED"), ("flaky", "COMPLETED")]


def test_an_http_task_under_way_is_called_again_after_a_kill(start):
    with slow_service() as (url, calls):
        server = start()
        call = task("HTTP", "call", inputParameters={"uri": url, "method": "GET"})
        register(server, "killed_http", [call])
        started = server.ask("POST", "/api/workflow/killed_http", {})
        assert calls.acquire(timeout=PATIENCE)
        server.kill()
        workflow = ended(start(), started)
    assert workflow["status"] == "COMPLETED"
    (called,) = [one for one in workflow["tasks"] if one["status"] == "COMPLETED"]
    assert called["outputData"]["response"]["body"] == {"answer": 42}


def test_a_start_that_is_sent_again_after_a_kill_is_one_workflow(start):
    server = start()
    wait = task("WAIT", "wait")
    register(server, "killed_start", [wait])
    request = {
        "name": "killed_start",
        "idempotencyKey": "only-once",
        "idempotencyStrategy": "RETURN_EXISTING",
    }
    first = server.ask("POST", "/api/workflow", request)
    server.kill()
    server = start()
    second = server.ask("POST", "/api/workflow", request)
    running = server.ask("GET", "/api/workflow/running/killed_start")
    assert (second, running) == (first, [first])


def test_starts_that_were_answered_are_there_and_go_on_after_a_kill(start):
    """The answer is given after the commit: only what was in flight may be lost."""
    server = start()
    register(server, "killed_burst", [task("WAIT", "wait")])
    answered = []

    def start_many(_number):
        while True:
            try:
                answered.append(server.ask("POST", "/api/workflow/killed_burst", {}))
            except urllib3.exceptions.HTTPError:
                return

    with ThreadPoolExecutor(4) as pool:
        starts = [pool.submit(start_many, number) for number in range(4)]
        wait_for(lambda: len(answered) >= 40 or any(one.done() for one in starts))
        server.kill()
    for one in starts:
        one.result()
    assert len(answered) >= 40
    restarted = start()
    running = restarted.ask("GET", "/api/workflow/running/killed_burst")
    assert set(answered) <= set(running)
    assert len(answered) <= len(running) <= len(answered) + len(starts)
