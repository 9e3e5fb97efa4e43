"""A process may die between any two calls of its ports: nothing is lost or doubled.

The story is told again and again on a fresh file; the n-th time the process dies at its
n-th call.  Then the file is opened again, as at a start-up, and the story goes on where
its workers and its client are, who saw no answer and ask once more.
"""

import contextlib
from collections import Counter
from dataclasses import fields, replace

import pytest

from podium.clock import ManualClock
from podium.ports import Home
from world import SECOND, World, simple, task

MAX_CALLS = 2_000
ROUNDS = 40
_NOT_PORTS = {
    "after_commit",
    "atomic",
    "clock",
    "draw",
    "guard_after",
    "max_conflicts",
    "projects_inline",
    "retention_days",
}
_WORKERS = ("flaky", "steady", "last", "inner")


class Crash(BaseException):
    """The process is gone: no handler may live on."""


class Fuse:
    """Counts calls and kills the process at the chosen one; 0 never does."""

    def __init__(self, at):
        self.at = at
        self.calls = 0

    def burn(self):
        self.calls += 1
        if self.calls == self.at:
            raise Crash


class Fragile:
    """A port each call of which may be the last."""

    def __init__(self, port, fuse):
        self._port = port
        self._fuse = fuse

    def __getattr__(self, name):
        found = getattr(self._port, name)
        if not callable(found):
            return found

        def call(*arguments, **options):
            self._fuse.burn()
            return found(*arguments, **options)

        return call


class FragileWorld(World):
    """A world on a file whose process dies when its fuse says so."""

    def __init__(self, path, clock, fuse, seed):
        self._fuse = fuse
        super().__init__(path=path, clock=clock, seed=seed)

    def equip(self, opened):
        home = opened.home
        ports = {
            one.name: Fragile(getattr(home, one.name), self._fuse)
            for one in fields(Home)
            if one.name not in _NOT_PORTS
        }
        fragile = replace(home, atomic=lambda: self._unit(home), **ports)
        return replace(
            opened,
            home=fragile,
            commands=Fragile(opened.commands, self._fuse),
            timers=Fragile(opened.timers, self._fuse),
        )

    @contextlib.contextmanager
    def _unit(self, home):
        """Die before a unit of work begins, or before it is committed."""
        self._fuse.burn()
        with home.atomic():
            yield
            self._fuse.burn()

    def die(self):
        """Leave the file as a killed process does."""
        self.opened.alarms.close()
        self.opened.database.close()


class Story:
    """A client and workers, and the process that serves them, which may die once."""

    def __init__(self, path, fuse):
        self.path = path
        self.clock = ManualClock()
        self.fuse = Fuse(0)
        self.starts = 0
        self.world = self._open()
        self._register()
        self.fuse.at = fuse
        self.fuse.calls = 0
        self.held = {}

    def _open(self):
        self.starts += 1
        return FragileWorld(self.path, self.clock, self.fuse, seed=self.starts)

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
        for _ in range(ROUNDS):
            for task_type in _WORKERS:
                self._do(lambda kind=task_type: self._work(kind))
            if self._do(lambda: self.world.status(started)) != "RUNNING":
                return started
            self._do(lambda: self.world.advance(4 * SECOND))
        raise AssertionError(f"still {self.world.tasks(started)}")

    def _do(self, step):
        """Do a step; where the process dies over it, start it again and repeat."""
        try:
            return step()
        except Crash:
            self.world.die()
            self.world = self._open()
            self.world.opened.release_in_flight()
            self.world.podium.guard.look_at_all()
            return step()

    def _start(self):
        return self.world.start(
            "parent", idempotencyKey="k", idempotencyStrategy="RETURN_EXISTING"
        )

    def _work(self, task_type):
        """Report on what the worker holds, or take something and report on it."""
        polled = self.held.get(task_type)
        if polled is None:
            polled = next(iter(self.world.poll(task_type)), None)
        if polled is not None:
            self.held[task_type] = polled
            fails = task_type == "flaky" and polled["retryCount"] == 0
            self.world.report(polled, "FAILED" if fails else "COMPLETED")
            del self.held[task_type]
        self.world.settle()


def _completed(world, started):
    tasks = world.workflow(started)["tasks"]
    return Counter(
        one["referenceTaskName"] for one in tasks if one["status"] == "COMPLETED"
    )


def _check(world, started):
    assert "COMPLETED" == world.status(started)
    assert dict.fromkeys(
        ("fork", "flaky", "sub", "wait", "steady", "join", "last"), 1
    ) == dict(_completed(world, started))
    child = world.task(started, "sub")["subWorkflowId"]
    assert {"inner": 1} == dict(_completed(world, child))
    found = world.podium.searching.search(None, "*", None, 0, 10)
    assert {started, child} == {row.workflow_id for row in found.rows}
    assert not any(world.poll(task_type) for task_type in _WORKERS)


@pytest.mark.parametrize("offset", range(4))
def test_the_process_may_die_at_any_call(tmp_path, offset):
    for at in range(1 + offset, MAX_CALLS, 4):
        story = Story(tmp_path / f"{at}.db", at)
        started = story.tell()
        story.fuse.at = 0
        _check(story.world, started)
        story.world.opened.close()
        if story.starts == 1:
            return
    raise AssertionError(f"the story needs more than {MAX_CALLS} calls")
