"""The embedded home over HTTP: throughput, step latency, start-up, memory."""

import asyncio
import time

from connection import Connection
from server import running

STEPS = 5
PAYLOAD = {"text": "x" * 400}
WORKFLOWS = 1_500
IN_FLIGHT = 40
WORKERS_PER_TYPE = 4
BATCH = 5
LATENCY_WORKFLOWS = 300
LATENCY_IN_FLIGHT = 4
MEMORY_WORKFLOWS = 10_000


def measure():
    """Yield (name, value, unit)."""
    with running() as server:
        yield "embedded.start_seconds", server.seconds_to_start, "s"
        yield "embedded.memory_mb_at_start", server.memory_mb, "MB"
        done, seconds, cpu = asyncio.run(_throughput(server, WORKFLOWS))
        yield "embedded.tasks_per_second", done / seconds, "1/s"
        yield "embedded.cpu_us_per_task", cpu / done * 1e6, "us"
        samples = asyncio.run(_latency(server))
        yield "embedded.step_p50_ms", samples[len(samples) // 2] * 1000, "ms"
        yield "embedded.step_p99_ms", samples[int(len(samples) * 0.99)] * 1000, "ms"
        rest = MEMORY_WORKFLOWS - WORKFLOWS - LATENCY_WORKFLOWS
        asyncio.run(_throughput(server, rest))
        yield "embedded.memory_mb", server.memory_mb, "MB"
        before, since = server.cpu_seconds, time.monotonic()
        time.sleep(3)
        idle = (server.cpu_seconds - before) / (time.monotonic() - since)
        yield "embedded.idle_cpu_percent", idle * 100, "%"


async def _register(connection, name):
    tasks = [
        {
            "name": f"{name}_{step}",
            "taskReferenceName": f"step_{step}",
            "type": "SIMPLE",
            "inputParameters": {"text": "${workflow.input.text}"},
        }
        for step in range(STEPS)
    ]
    body = {"name": name, "version": 1, "schemaVersion": 2, "tasks": tasks}
    status, answer = await connection.request(
        "POST", "/api/metadata/workflow?overwrite=true", body
    )
    assert status == 200, answer


async def _throughput(server, workflows):
    """Run workflows with batch-polling workers on every step's type."""
    connection = await Connection("127.0.0.1", server.port).open()
    await _register(connection, "bench")
    left = workflows
    done = 0
    ended = asyncio.Semaphore(IN_FLIGHT)
    finished = asyncio.Event()

    async def start():
        nonlocal left
        own = await Connection("127.0.0.1", server.port).open()
        while left > 0:
            left -= 1
            await ended.acquire()
            status, _ = await own.request("POST", "/api/workflow/bench", PAYLOAD)
            assert status == 200
        await own.close()

    async def work(step):
        nonlocal done
        own = await Connection("127.0.0.1", server.port).open()
        path = (
            f"/api/tasks/poll/batch/bench_{step}?count={BATCH}&timeout=1000&workerid=w"
        )
        while not finished.is_set():
            _, tasks = await own.request("GET", path)
            while tasks:
                task = tasks.pop()
                status, following = await own.request(
                    "POST", "/api/tasks/update-v2", _result(task)
                )
                assert status in (200, 204), following
                done += 1
                if step == STEPS - 1:
                    ended.release()
                if following:
                    tasks.append(following)
                if done >= workflows * STEPS:
                    finished.set()
        await own.close()

    cpu, since = server.cpu_seconds, time.perf_counter()
    workers = [work(s) for s in range(STEPS) for _ in range(WORKERS_PER_TYPE)]
    gathered = asyncio.gather(start(), start(), *workers)
    await finished.wait()
    seconds = time.perf_counter() - since
    spent = server.cpu_seconds - cpu
    await gathered
    await connection.close()
    return done, seconds, spent


async def _latency(server):
    """Measure from a report being accepted to the next task in a waiting worker."""
    control = await Connection("127.0.0.1", server.port).open()
    await _register(control, "latency")
    samples = []
    accepted = {}
    over = asyncio.Event()
    places = asyncio.Semaphore(LATENCY_IN_FLIGHT)
    ended = 0

    async def work(step):
        nonlocal ended
        own = await Connection("127.0.0.1", server.port).open()
        path = f"/api/tasks/poll/batch/latency_{step}?timeout=1000&workerid=w"
        while not over.is_set():
            _, tasks = await own.request("GET", path)
            now = time.perf_counter()
            for task in tasks:
                before = accepted.pop(task["workflowInstanceId"], None)
                if before is not None:
                    samples.append(max(0.0, now - before))
                await own.request("POST", "/api/tasks", _result(task))
                if step == STEPS - 1:
                    ended += 1
                    places.release()
                    if ended == LATENCY_WORKFLOWS:
                        over.set()
                else:
                    accepted[task["workflowInstanceId"]] = time.perf_counter()
        await own.close()

    async def start():
        for _ in range(LATENCY_WORKFLOWS):
            await places.acquire()
            await control.request("POST", "/api/workflow/latency", PAYLOAD)

    await asyncio.gather(start(), *(work(step) for step in range(STEPS)))
    await control.close()
    return sorted(samples)


def _result(task):
    return {
        "workflowInstanceId": task["workflowInstanceId"],
        "taskId": task["taskId"],
        "workerId": "w",
        "status": "COMPLETED",
        "outputData": PAYLOAD,
    }
