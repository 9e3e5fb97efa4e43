"""What the bench of the AWS home runs: each returns its account and its tasks."""

import random

from aws_deployment import STEPS, deployed, ended_in_a_batch

from podium.model.requests import StartWorkflowRequest
from podium_sdk import worker_task
from podium_sdk.native import native_starts, native_workers
from podium_sdk.native.task_client import NativeTaskClient

WARM_UP = 50
"""Workflows after which every environment knows what it will, and keeps about as many
messages to be deleted as it ever does.
"""
BATCH = 10
POLL = "/api/tasks/poll/batch"
FOR_ONE = "count=1&workerid=w&timeout=0"


def text(size):
    """Return text that compresses as prose and identifiers do, to about a half."""
    return random.Random(3).randbytes(size // 2).hex()


def report(task, payload):
    """Return a worker's report on a task."""
    return {
        "workflowInstanceId": task["workflowInstanceId"],
        "taskId": task["taskId"],
        "workerId": "w",
        "status": "COMPLETED",
        "outputData": payload,
    }


def simple(name, ref, **fields):
    """Return the JSON of a SIMPLE task."""
    return {"name": name, "taskReferenceName": ref, "type": "SIMPLE", **fields}


# --- five steps --------------------------------------------------------------------


def five_types(*, same):
    """Return the task types of the five steps."""
    return ["work"] * STEPS if same else [f"work_{number}" for number in range(STEPS)]


def five_tasks(types):
    """Return the JSON of a task of each type, one after the other."""
    given = {"inputParameters": {"text": "${workflow.input.text}"}}
    return [
        simple(name, f"step_{number}", **given) for number, name in enumerate(types)
    ]


def five_steps(size, *, same=False, work=None, start=None, by_url=False):
    """Run workflows of five steps, as many as one call of the projector sees end.

    ``start(cloud, payload, workflows)`` starts so many, ``work(cloud, name, payload)``
    works off all tasks of a type.  Workflows last longer than records are collected:
    their start and their end are projected apart.
    """
    payload = {"text": text(size)}
    types = five_types(same=same)
    steps = (start or by_requests, work or by_answers)
    with deployed(by_url=by_url) as cloud:
        cloud.register("five", five_tasks(types))
        with cloud.warming(WARM_UP * STEPS):
            _run(cloud, types, payload, WARM_UP, *steps)
        with cloud.counting() as account:
            done = _run(cloud, types, payload, ended_in_a_batch(), *steps)
    return account, done


def _run(cloud, types, payload, workflows, start, work):
    start(cloud, payload, workflows)
    cloud.project()
    return sum(work(cloud, name, payload) for name in dict.fromkeys(types))


def by_requests(cloud, payload, workflows):
    """Start workflows by a request each."""
    for _ in range(workflows):
        cloud.request("POST", "/api/workflow/five", payload)


def start_natively(cloud, payload, workflows):
    """Start workflows by the decider's queue, as one that has ten ready at a time."""
    starts = native_starts(cloud.environments["Worker"][0].home)
    request = StartWorkflowRequest(name="five", input=payload)
    for first in range(0, workflows, BATCH):
        some = range(first, min(first + BATCH, workflows))
        starts.send([starts.prepare(request) for _ in some])
        cloud.decide()


def by_answers(cloud, name, payload):
    """Work as one who polls once, and then lives on update-v2's answers."""
    polled = cloud.request("GET", f"{POLL}/{name}", None, FOR_ONE)
    done = 0
    while polled:
        following = cloud.request(
            "POST", "/api/tasks/update-v2", report(polled.pop(), payload)
        )
        done += 1
        if following:
            polled.append(following)
    return done


def by_polls(cloud, name, payload):
    """Work as one that polls for each task and then reports on it."""
    done = 0
    while polled := cloud.request("GET", f"{POLL}/{name}", None, FOR_ONE):
        cloud.request("POST", "/api/tasks", report(polled[0], payload))
        done += 1
    return done


def natively(cloud, name, _payload):
    """Work as one that polls SQS, and reports to the decider's queue, ten at a time.

    A process that is busy has ten reports ready while one request is under way, and the
    decider's batches have ten workflows.
    """
    return _natively(cloud, worker_task(name, concurrency=BATCH)(_echo))


def _echo(text):
    return {"text": text}


def _natively(cloud, executor):
    workers = native_workers(cloud.environments["Worker"][0].home)
    client = NativeTaskClient(workers, longest_wait=0)
    done = 0
    while tasks := client.poll(executor, "w", BATCH):
        results = [(task, _executed(task, executor, cloud.clock)) for task in tasks]
        workers.send([workers.report_of(*one) for one in results])
        for task in tasks:
            client.let_go(task)
        done += len(tasks)
        cloud.decide()
    return done


def _executed(task, executor, clock):
    """Return the result of a task as a runner reports it: it says who has worked."""
    result = executor.execute(task, clock.now)
    return result.model_copy(update={"worker_id": "w"})


# --- long and wide workflows -------------------------------------------------------


def loop(iterations, samples):
    """Run a loop; return its account and those of some iterations from ``samples``."""
    body = simple("work", "body")
    task = {
        "name": "loop",
        "taskReferenceName": "loop",
        "type": "DO_WHILE",
        "loopCondition": f"$.loop['iteration'] < {iterations}",
        "loopOver": [body],
    }
    found = {}
    with deployed() as cloud:
        cloud.register("five", [task])
        cloud.request("POST", "/api/workflow/five", {})
        [polled] = cloud.request("GET", f"{POLL}/work", None, FOR_ONE)
        number = 1
        while polled:
            if number in samples:
                with cloud.counting() as found[number]:
                    polled = _iterate(cloud, polled, SAMPLE)
                number += SAMPLE
            else:
                polled = _iterate(cloud, polled, 1)
                number += 1
    return [found[first].dollars(SAMPLE) for first in samples]


def _iterate(cloud, polled, times):
    for _ in range(times):
        polled = cloud.request(
            "POST", "/api/tasks/update-v2", report(polled, {"n": times})
        )
    return polled


SAMPLE = 32
"""Two keyframes' worth: what they cost is shared by the entries between them."""


def whole_loop(iterations):
    """Run a loop from its start to its end."""
    body = simple("work", "body")
    task = {
        "name": "loop",
        "taskReferenceName": "loop",
        "type": "DO_WHILE",
        "loopCondition": f"$.loop['iteration'] < {iterations}",
        "loopOver": [body],
    }
    return _alone([task])


def fork(width):
    """Run a fork whose branches' reports come one by one over the API."""
    return _alone(_forked(width))


def _alone(tasks):
    """Run one workflow whose tasks are all of one type."""
    with deployed() as cloud:
        cloud.register("five", tasks)
        with cloud.counting() as account:
            workflow_id = cloud.request("POST", "/api/workflow/five", {})
            done = by_answers(cloud, "work", {"ok": True})
        _assert_completed(cloud, workflow_id)
    return account, done


def _agree():
    return {"ok": True}


def _forked(width):
    refs = [f"branch_{number}" for number in range(width)]
    return [
        {
            "name": "fork",
            "taskReferenceName": "fork",
            "type": "FORK_JOIN",
            "forkTasks": [[simple("work", ref)] for ref in refs],
        },
        {"name": "join", "taskReferenceName": "join", "type": "JOIN", "joinOn": refs},
    ]


def fork_by_tens(width):
    """Run a fork whose branches' reports come by the decider's queue, ten at a time."""
    with deployed() as cloud:
        cloud.register("five", _forked(width))
        with cloud.counting() as account:
            workflow_id = cloud.request("POST", "/api/workflow/five", {})
            done = _natively(cloud, worker_task("work", concurrency=BATCH)(_agree))
        _assert_completed(cloud, workflow_id)
    return account, done


def chain(length):
    """Run ten workflows at once, each the parent of the next, ``length`` deep."""
    with deployed() as cloud:
        for number in range(length):
            tasks = [simple("work", "own")]
            if number + 1 < length:
                name = f"link_{number + 1}"
                tasks.append(
                    {
                        "name": name,
                        "taskReferenceName": "child",
                        "type": "SUB_WORKFLOW",
                        "subWorkflowParam": {"name": name},
                    }
                )
            cloud.register(f"link_{number}", tasks)
        with cloud.counting() as account:
            started = [
                cloud.request("POST", "/api/workflow/link_0", {}) for _ in range(BATCH)
            ]
            done = 0
            while worked := by_answers(cloud, "work", {"ok": True}):
                done += worked
                while cloud.decide():
                    pass
        for workflow_id in started:
            _assert_completed(cloud, workflow_id)
    return account, done + BATCH * (length - 1)


def _assert_completed(cloud, workflow_id):
    shown = cloud.request("GET", f"/api/workflow/{workflow_id}/status")
    assert shown["status"] == "COMPLETED", shown
