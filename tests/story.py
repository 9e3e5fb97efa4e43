"""Stories that are told while the process that serves them dies, or its stores fail.

A client starts a workflow, workers do its tasks; they see no answer where the process
died, and ask once more.  However often that happens, the end is the same.
"""

from collections import Counter

from podium.clock import ManualClock
from podium.errors import Unavailable
from world import SECOND, join_on, simple, task


class Crash(BaseException):
    """The process is gone: no handler may live on."""


class Fuse:
    """Counts calls and kills the process at the chosen one; 0 never does."""

    def __init__(self):
        self.set(0)

    def set(self, at):
        """Begin to count."""
        self._at = at
        self._calls = 0

    def burn(self):
        self._calls += 1
        if self._calls == self._at:
            raise Crash


class Story:
    """A client and workers, and the process that serves them.

    ``opens(clock, number)`` opens the process's world, for the ``number``-th time; a
    world can ``die`` as a killed process does, and ``recover`` as one that starts up.
    ``rounds`` of four seconds are what the story may take; ``length`` is how much
    longer it takes to tell than others.  A process that stands still for more than
    ``longest_delay`` seconds does not go on.
    """

    length = 2
    longest_delay = 360
    workers = ("flaky", "steady", "last", "inner")

    def __init__(self, opens, rounds, clock=None):
        self._opens = opens
        self._rounds = rounds
        self.clock = clock or ManualClock()
        self.starts = 0
        self.world = self._open()
        self.register(self.world)
        self.started = None
        self._held = {}

    def _open(self):
        self.starts += 1
        return self.open(self.starts)

    def open(self, number):
        """Open the world of another process; that of one beside is number 0."""
        return self._opens(self.clock, number)

    # --- what it is about --------------------------------------------------------

    def register(self, world):
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
        join = join_on("flaky", "sub", "steady")
        tell = task("EVENT", "tell", sink="conductor")
        world.register("parent", [fork, join, tell, simple("last")])

    def answer(self, polled):
        """Return the status that a worker reports."""
        is_first = polled["retryCount"] == 0
        return (
            "FAILED" if polled["taskDefName"] == "flaky" and is_first else "COMPLETED"
        )

    def is_over(self, world, started):
        return world.status(started) != "RUNNING"

    def check(self, started):
        """Hold the story to its end: every task completed, and each of them once."""
        world = self.world
        assert "COMPLETED" == world.status(started)
        refs = ("fork", "flaky", "sub", "wait", "steady", "join", "tell", "last")
        assert dict.fromkeys(refs, 1) == _completed(world, started)
        child = world.task(started, "sub")["subWorkflowId"]
        assert {"inner": 1} == _completed(world, child)
        assert {started: "COMPLETED", child: "COMPLETED"} == found_in(world)
        assert not any(world.poll(task_type) for task_type in self.workers)

    # --- telling it ----------------------------------------------------------------

    def tell(self):
        """Return the id of the workflow once all is over."""
        started = self.started = self._do(lambda: self.start(self.world))
        for _ in range(self._rounds):
            for task_type in self.workers:
                self._do(lambda kind=task_type: self._work(kind))
            if self._do(lambda: self.is_over(self.world, started)):
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

    def start(self, world):
        """Ask for the workflow, again where it was asked for; return its id."""
        return world.start(
            "parent", idempotencyKey="k", idempotencyStrategy="RETURN_EXISTING"
        )

    def _work(self, task_type):
        """Report on what the worker holds, or take something and report on it."""
        polled = self._held.get(task_type)
        if polled is None:
            polled = next(iter(self.world.poll(task_type)), None)
        if polled is not None:
            self._held[task_type] = polled
            self.world.report(polled, self.answer(polled))
            del self._held[task_type]
        self.world.settle()

    def act_beside(self, world):
        """Have others act for a moment whom another process serves.

        There are workers too, and who waits for an answer in vain asks there again.
        """
        if self.started is None:
            self.start(world)
        for polled in self._held.values():
            world.report(polled, self.answer(polled))
        for task_type in self.workers:
            for polled in world.poll(task_type):
                world.report(polled, self.answer(polled))


class Downfall(Story):
    """A workflow that fails, takes its child along, and has itself mourned."""

    workers = ("doomed", "mourn")

    def register(self, world):
        world.register_task(
            "doomed", retryCount=5, retryDelaySeconds=0, responseTimeoutSeconds=20
        )
        world.register_task("mourn", retryCount=5, responseTimeoutSeconds=20)
        world.register("child", [task("HUMAN", "inner")])
        world.register("funeral", [simple("mourn")])
        child = task("SUB_WORKFLOW", "sub", subWorkflowParam={"name": "child"})
        wait = task("WAIT", "wait", inputParameters={"duration": "8s"})
        fork = task("FORK_JOIN", "fork", forkTasks=[[child], [wait, simple("doomed")]])
        world.register(
            "parent", [fork, join_on("sub", "doomed")], failureWorkflow="funeral"
        )

    def answer(self, polled):
        is_doomed = polled["taskDefName"] == "doomed"
        return "FAILED_WITH_TERMINAL_ERROR" if is_doomed else "COMPLETED"

    def is_over(self, world, started):
        found = found_in(world)
        mourning = world.output(started).get("conductor.failure_workflow")
        return mourning in found and "RUNNING" not in found.values()

    def check(self, started):
        """Hold it to its end; the child may not have come to life."""
        world = self.world
        mourning = world.output(started)["conductor.failure_workflow"]
        found = found_in(world)
        assert "FAILED" == found.pop(started)
        assert "COMPLETED" == found.pop(mourning)
        assert list(found.values()) in (["TERMINATED"], [])
        assert {"fork": 1, "wait": 1} == _completed(world, started)
        assert {"mourn": 1} == _completed(world, mourning)
        assert started == world.workflow(mourning)["input"]["workflowId"]
        assert not any(world.poll(task_type) for task_type in self.workers)


def _completed(world, started):
    tasks = world.workflow(started)["tasks"]
    return Counter(
        one["referenceTaskName"] for one in tasks if one["status"] == "COMPLETED"
    )


def found_in(world):
    """Return what a search for everything finds: statuses by id."""
    found = world.podium.searching.search(None, "*", None, 0, 10)
    return {row.workflow_id: row.status for row in found.rows}
