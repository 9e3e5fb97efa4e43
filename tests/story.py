"""A story that is told while the process that serves it dies, or its stores fail.

A client starts a workflow, workers do its tasks; they see no answer where the process
died, and ask once more.  However often that happens, the end is the same.
"""

from collections import Counter

from podium.clock import ManualClock
from podium.errors import Unavailable
from world import SECOND, simple, task

WORKERS = ("flaky", "steady", "last", "inner")


class Crash(BaseException):
    """The process is gone: no handler may live on."""


class Fuse:
    """Counts calls and kills the process at the chosen one; 0 never does."""

    def __init__(self, at=0):
        self.at = at
        self.calls = 0

    def set(self, at):
        """Begin to count."""
        self.at = at
        self.calls = 0

    def burn(self):
        self.calls += 1
        if self.calls == self.at:
            raise Crash


class Story:
    """A client and workers, and the process that serves them.

    ``opens(clock, number)`` opens the process's world, for the ``number``-th time; a
    world can ``die`` as a killed process does, and ``recover`` as one that starts up.
    ``rounds`` of four seconds are what the story may take.
    """

    def __init__(self, opens, rounds, clock=None):
        self._opens = opens
        self._rounds = rounds
        self.clock = clock or ManualClock()
        self.starts = 0
        self.world = self._open()
        self._register()
        self._held = {}

    def _open(self):
        self.starts += 1
        return self._opens(self.clock, self.starts)

    def _register(self):
        world = self.world
        world.register_task(
            "flaky", retryCount=5, retryDelaySeconds=3, responseTimeoutSeconds=20
        )
        for name in ("steady", "last", "inner"):
            world.register_task(
                name, retryCount=5, retryDelaySeconds=0, responseTimeoutSeconds=20
            )
        world.register("child", [simple("inner")])
        wait = task("WAIT", "wait", inputParameters={"duration": "8s"})
        child = task("SUB_WORKFLOW", "sub", subWorkflowParam={"name": "child"})
        branches = [[simple("flaky")], [child], [wait, simple("steady")]]
        fork = task("FORK_JOIN", "fork", forkTasks=branches)
        join = task("JOIN", "join", joinOn=["flaky", "sub", "steady"])
        world.register("parent", [fork, join, simple("last")])

    def tell(self):
        """Return the id of the workflow once it has ended."""
        started = self._do(self._start)
        for _ in range(self._rounds):
            for task_type in WORKERS:
                self._do(lambda kind=task_type: self._work(kind))
            if self._do(lambda: self.world.status(started)) != "RUNNING":
                return started
            self._do(lambda: self.world.advance(4 * SECOND))
        raise AssertionError(f"still {self.world.tasks(started)}")

    def _do(self, step):
        """Do a step; where there is no answer, do it again."""
        while True:
            try:
                return step()
            except Unavailable:
                continue
            except Crash:
                self.world.die()
                self.world = self._open()
                self.world.recover()

    def _start(self):
        return self.world.start(
            "parent", idempotencyKey="k", idempotencyStrategy="RETURN_EXISTING"
        )

    def _work(self, task_type):
        """Report on what the worker holds, or take something and report on it."""
        polled = self._held.get(task_type)
        if polled is None:
            polled = next(iter(self.world.poll(task_type)), None)
        if polled is not None:
            self._held[task_type] = polled
            fails = task_type == "flaky" and polled["retryCount"] == 0
            self.world.report(polled, "FAILED" if fails else "COMPLETED")
            del self._held[task_type]
        self.world.settle()


def check(world, started):
    """Hold the story to its end: every task completed, and each of them once."""
    assert "COMPLETED" == world.status(started)
    assert dict.fromkeys(
        ("fork", "flaky", "sub", "wait", "steady", "join", "last"), 1
    ) == dict(_completed(world, started))
    child = world.task(started, "sub")["subWorkflowId"]
    assert {"inner": 1} == dict(_completed(world, child))
    found = world.podium.searching.search(None, "*", None, 0, 10)
    assert {started, child} == {row.workflow_id for row in found.rows}
    assert {"COMPLETED"} == {row.status for row in found.rows}
    assert not any(world.poll(task_type) for task_type in WORKERS)


def _completed(world, started):
    tasks = world.workflow(started)["tasks"]
    return Counter(
        one["referenceTaskName"] for one in tasks if one["status"] == "COMPLETED"
    )
