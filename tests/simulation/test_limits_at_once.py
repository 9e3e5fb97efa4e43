"""Many workers at once, in threads, on one file: limits hold, and nobody is forgotten.

Time stands still, so what waits for a slot gets one by being called, or never.
"""

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from podium.model.task_result import TaskResult
from world import World, fork_join, join_on, simple

WORKERS = 6
WORKFLOWS = 20
PATIENCE = 60


class Crew:
    """Workers who count how many tasks they have among them."""

    def __init__(self, world):
        self._world = world
        self._lock = threading.Lock()
        self._held = 0
        self.done = 0
        self.most = 0

    def work(self, seed, total):
        draw = random.Random(seed)
        deadline = time.monotonic() + PATIENCE
        while self.done < total:
            assert time.monotonic() < deadline, f"{self.done} of {total} are done"
            for task in self._take(draw):
                self._finish(task, draw)

    def _take(self, draw):
        tasks = self._world.poll("scarce", count=draw.randint(1, 4))
        with self._lock:
            self._held += len(tasks)
            self.most = max(self.most, self._held)
        return tasks

    def _finish(self, task, draw):
        """Report on a task; some are wanted again."""
        is_done = task["pollCount"] > 1 or draw.random() < 0.7
        with self._lock:
            self._held -= 1
            self.done += is_done
        status = "COMPLETED" if is_done else "IN_PROGRESS"
        self._world.podium.tasks.update(report_on(task, status))


def report_on(task, status):
    given = {name: task[name] for name in ("taskId", "workflowInstanceId")}
    return TaskResult.from_json({**given, "status": status, "workerId": "w"})


@pytest.mark.parametrize("limit", [1, 3])
def test_workers_in_threads_never_have_more_than_the_limit(tmp_path, limit):
    world = World(path=tmp_path / "limits.db")
    world.register_task("scarce", concurrentExecLimit=limit)
    branches = [[simple(ref, "scarce")] for ref in ("a", "b")]
    world.register("rush", [fork_join(*branches), join_on("a", "b")])
    started = [world.start("rush") for _ in range(WORKFLOWS)]
    crew = Crew(world)

    with ThreadPoolExecutor(WORKERS) as pool:
        total = 2 * WORKFLOWS
        for worker in [pool.submit(crew.work, seed, total) for seed in range(WORKERS)]:
            worker.result()

    assert 0 < crew.most <= limit
    assert {"COMPLETED"} == {world.status(one) for one in started}
    world.opened.close()
