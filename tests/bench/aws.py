"""Dollars per million tasks, and how long a step takes, on AWS by its own rules."""

import random

import aws_prices as prices
from aws_deployment import deployed

from podium_sdk import worker_task
from podium_sdk.native import native_workers
from podium_sdk.native.task_client import NativeTaskClient

STEPS = 5
WORKFLOWS = 12
DRAWS = 4_000


def measure():
    """Yield (name, value, unit)."""
    yield from _http()
    yield from _native()
    yield from _loop()
    yield from _forks()
    yield from _latency()


# --- five steps over HTTP ----------------------------------------------------------


def _http():
    cases = {
        "http_512": (512, False),
        "http_2k": (2_048, False),
        "http_512_same_type": (512, True),
    }
    for name, (size, same) in cases.items():
        account, tasks = five_steps(size, same_type=same)
        items = account.items(tasks)
        for item, dollars in items.items():
            yield f"aws.{name}: {item}", dollars, "$"
        yield f"aws.usd_per_million.{name}", sum(items.values()), "$"


def five_steps(size, *, same_type):
    """Run workflows whose workers poll once and then live on update-v2's answers."""
    payload = {"text": _text(size)}
    types = ["work"] * STEPS if same_type else [f"work_{n}" for n in range(STEPS)]
    with deployed() as cloud:
        cloud.register("five", five_tasks(types))
        _run(cloud, types, payload, 2)
        with cloud.counting() as account:
            done = _run(cloud, types, payload, WORKFLOWS)
    return account, done


def five_tasks(types):
    """Return the JSON of a task of each type, one after the other."""
    return [
        {
            "name": name,
            "taskReferenceName": f"step_{number}",
            "type": "SIMPLE",
            "inputParameters": {"text": "${workflow.input.text}"},
        }
        for number, name in enumerate(types)
    ]


def _text(size):
    """Return text that compresses as prose and identifiers do, to about a half."""
    return random.Random(3).randbytes(size // 2).hex()


def _run(cloud, types, payload, workflows):
    for _ in range(workflows):
        cloud.request("POST", "/api/workflow/five", payload)
    done = 0
    for name in dict.fromkeys(types):
        polled = cloud.request(
            "GET", f"/api/tasks/poll/batch/{name}", None, "count=1&workerid=w&timeout=0"
        )
        while polled:
            task = polled.pop()
            following = cloud.request(
                "POST", "/api/tasks/update-v2", _report(task, payload)
            )
            done += 1
            if following:
                polled.append(following)
    return done


def _report(task, payload):
    return {
        "workflowInstanceId": task["workflowInstanceId"],
        "taskId": task["taskId"],
        "workerId": "w",
        "status": "COMPLETED",
        "outputData": payload,
    }


# --- five steps by native workers --------------------------------------------------


def _native():
    for name, size in (("native_512", 512), ("native_2k", 2_048)):
        account, tasks = native_five_steps(size)
        items = account.items(tasks)
        for item, dollars in items.items():
            yield f"aws.{name}: {item}", dollars, "$"
        yield f"aws.usd_per_million.{name}", sum(items.values()), "$"


def native_five_steps(size):
    """Run workflows whose workers poll SQS and report to the decider, ten at a time.

    What Lambda asks the decider's queue for on its own account is billed too: a
    receive and a delete for each batch.
    """
    payload = {"text": _text(size)}
    types = [f"work_{number}" for number in range(STEPS)]
    with deployed() as cloud:
        cloud.register("five", five_tasks(types))
        _run_natively(cloud, types, payload, 2)
        with cloud.counting() as account:
            done = _run_natively(cloud, types, payload, BATCH)
    return account, done


def _run_natively(cloud, types, payload, workflows):
    workers = native_workers(cloud.home)
    for _ in range(workflows):
        cloud.request("POST", "/api/workflow/five", payload)
    done = 0
    for name in types:
        executor = worker_task(name, concurrency=BATCH)(lambda text: {"text": text})
        client = NativeTaskClient(workers, longest_wait=0)
        reports = [
            workers.report_of(task, executor.execute(task, cloud.clock.now))
            for task in client.poll(executor, "w", BATCH)
        ]
        workers.send(reports)
        done += len(reports)
        cloud.invoke(cloud.decide)
    return done


BATCH = 10


# --- long and wide workflows -------------------------------------------------------


def _loop():
    """Cost per task of the first and of the five-thousandth iterations of a loop."""
    body = {"name": "work_0", "taskReferenceName": "body", "type": "SIMPLE"}
    loop = {
        "name": "loop",
        "taskReferenceName": "loop",
        "type": "DO_WHILE",
        "loopCondition": "$.loop['iteration'] < 1000000",
        "loopOver": [body],
    }
    with deployed() as cloud:
        cloud.register("five", [loop])
        cloud.request("POST", "/api/workflow/five", {})
        query = "count=1&workerid=w&timeout=0"
        [task] = cloud.request("GET", "/api/tasks/poll/batch/work_0", None, query)
        found = {}
        for number in range(1, LOOP + 1):
            if number in (6, LOOP - SAMPLE + 1):
                found[number] = account = _Sum()
            report = _report(task, {"n": number})
            if any(start <= number < start + SAMPLE for start in found):
                with cloud.counting() as one:
                    task = cloud.request("POST", "/api/tasks/update-v2", report)
                account.add(sum(one.items(1).values()))
            else:
                task = cloud.request("POST", "/api/tasks/update-v2", report)
    early, late = (found[start].mean for start in (6, LOOP - SAMPLE + 1))
    yield "aws.usd_per_million.loop_at_5", early, "$"
    yield f"aws.usd_per_million.loop_at_{LOOP}", late, "$"
    yield "aws.cost_ratio_loop_5000_over_5", late / early, "x"


LOOP = 5_000
SAMPLE = 32
"""Two keyframes' worth: what they cost is shared by the entries between them."""


class _Sum:
    def __init__(self):
        self.values = []

    def add(self, value):
        self.values.append(value)

    @property
    def mean(self):
        return sum(self.values) / len(self.values)


def _forks():
    for width in (100, 1_000):
        writes = _fork(width)
        yield f"aws.writes_per_branch.fork_{width}", writes / width, "WRU"


def _fork(width):
    """Branches' reports come by the decider's queue, ten at a time."""
    refs = [f"branch_{number}" for number in range(width)]
    branches = [
        [{"name": "work_0", "taskReferenceName": ref, "type": "SIMPLE"}] for ref in refs
    ]
    tasks = [
        {
            "name": "fork",
            "taskReferenceName": "fork",
            "type": "FORK_JOIN",
            "forkTasks": branches,
        },
        {"name": "join", "taskReferenceName": "join", "type": "JOIN", "joinOn": refs},
    ]
    with deployed() as cloud:
        cloud.register("five", tasks)
        with cloud.counting() as account:
            workflow_id = cloud.request("POST", "/api/workflow/five", {})
            for first in range(0, width, 10):
                _ten_branches(cloud, workflow_id, first, min(10, width - first))
        shown = cloud.request("GET", f"/api/workflow/{workflow_id}/status")
        assert shown["status"] == "COMPLETED", shown
    return account.bill.write_units + account.bill.index_write_units


def _ten_branches(cloud, workflow_id, _first, count):
    from msgspec import Raw

    from podium.decider.commands import UpdateTask
    from podium.ids import sequence_of
    from podium.model.task import TaskStatus
    from podium.service.messages import RunCommand, encode_message

    query = f"count={count}&workerid=w&timeout=0"
    polled = cloud.request("GET", "/api/tasks/poll/batch/work_0", None, query)
    messages = [
        encode_message(
            RunCommand(
                command=UpdateTask(
                    seq=sequence_of(task["taskId"]),
                    status=TaskStatus.COMPLETED,
                    output=Raw(b'{"ok":true}'),
                )
            )
        )
        for task in polled
    ]
    cloud.invoke(lambda: cloud.podium.decider_queue.handle_all(workflow_id, messages))


# --- latency -----------------------------------------------------------------------


def _latency():
    """From the end of a task's work to the next worker that holds the next task.

    The calls are those that the handlers make; each takes a draw.
    """
    update, poll, same = _traces()
    dice = random.Random(11)
    for name, path in {
        "step": [*_through_sending(update), "ReceiveMessage", *_after_receiving(poll)],
        "step_same_type": same,
    }.items():
        hops = 1 if name == "step_same_type" else 2
        samples = sorted(_seconds(dice, path, hops) for _ in range(DRAWS))
        yield f"aws.{name}_p50_ms", samples[DRAWS // 2], "ms"
        yield f"aws.{name}_p99_ms", samples[int(DRAWS * 0.99)], "ms"
        yield f"aws.{name}_round_trips", len(path), ""


def _seconds(dice, calls, answers):
    """Return a step's milliseconds: a request in, the calls, and answers on their way.

    The answer of a held poll passes API Gateway again but starts no Lambda.
    """
    total = prices.draw(dice, prices.HTTP_API_MS) + prices.draw(dice, prices.INVOKE_MS)
    total += prices.draw(dice, prices.CPU_MS) * answers
    return total + sum(prices.draw(dice, prices.MS_OF_CALL[name]) for name in calls)


def _through_sending(calls):
    return calls[: calls.index("SendMessageBatch") + 1]


def _after_receiving(calls):
    return calls[calls.index("ReceiveMessage") + 1 :]


def _traces():
    """Return the calls of an update, of a poll, and of a hand-over in update-v2."""
    payload = {"text": _text(512)}
    with deployed() as cloud:
        tasks = [
            {"name": f"work_{n}", "taskReferenceName": f"s{n}", "type": "SIMPLE"}
            for n in (0, 1)
        ]
        cloud.register("five", tasks)
        query = "count=1&workerid=w&timeout=0"
        for _ in range(2):
            cloud.request("POST", "/api/workflow/five", payload)
            poll = "/api/tasks/poll/batch/work_"
            [task] = cloud.request("GET", f"{poll}0", None, query)
            cloud.request("POST", "/api/tasks", _report(task, payload))
            update = list(cloud.trace)
            [task] = cloud.request("GET", f"{poll}1", None, query)
            polled = list(cloud.trace)
            cloud.request("POST", "/api/tasks", _report(task, payload))
        twice = [{**tasks[0], "taskReferenceName": f"t{n}"} for n in (0, 1)]
        cloud.register("five", twice)
        cloud.request("POST", "/api/workflow/five", payload)
        [task] = cloud.request("GET", f"{poll}0", None, query)
        cloud.request("POST", "/api/tasks/update-v2", _report(task, payload))
        return update, polled, list(cloud.trace)
