"""Calls that wait, while the machine's clock is set."""

from podium.model.requests import StartWorkflowRequest
from podium.model.signal_response import WorkflowSignalReturnStrategy
from world import HOUR, SECOND, World, task


class SettableClock:
    """A clock that somebody sets, forward and back."""

    def __init__(self):
        self.time = 1_700_000_000_000

    def now(self):
        return self.time

    def advance(self, milliseconds):
        self.time += milliseconds


def test_a_call_that_waits_ends_where_the_clock_is_set_back(monkeypatch):
    world = World(clock=SettableClock())
    world.register("waits", [task("WAIT", "wait")])
    waits = []

    def wait(_workflow_id, _version, timeout):
        waits.append(timeout)
        world.clock.advance(-HOUR if len(waits) == 1 else timeout)

    monkeypatch.setattr(world.opened.home.changes, "wait", wait)

    world.podium.synchronous.execute(
        StartWorkflowRequest.from_json({"name": "waits"}),
        "request",
        ["nothing"],
        10 * SECOND,
        WorkflowSignalReturnStrategy.TARGET_WORKFLOW,
    )

    assert [10 * SECOND] == waits
    world.opened.close()
