"""The pump: trouble passes, and what it hit goes on by itself."""

import threading
from types import SimpleNamespace

import pytest

from podium.clock import SystemClock
from podium.errors import InvalidInput, Unavailable
from podium_local import pump as pumps
from podium_local.pump import Pump, QueuePump
from podium_process import wait_for
from world import MINUTE, World, inline, task

SHORT = 0.001
FOR_EVER = 3_600
AT_ONCE = 1


@pytest.fixture
def world():
    world = World(clock=SystemClock())
    yield world
    world.opened.close()


@pytest.fixture
def run(world):
    """Run a pump for a home: the world's podium, or what is handled by ``decider``."""
    running = []

    def run(decider=None):
        podium = SimpleNamespace(decider_queue=decider) if decider else world.podium
        running.append(Pump(world.opened, podium))
        running[-1].start()
        return running[-1]

    yield run
    for pump in running:
        pump.request_stop()
        pump.join()


def pause_for(monkeypatch, seconds):
    monkeypatch.setattr(pumps, "_PAUSE_AFTER_TROUBLE", seconds)
    monkeypatch.setattr(pumps, "_RETRY_AFTER", AT_ONCE)


def refuse_writes(world, *, refused):
    """Have every write fail, as on a disk that is full; what is there can be read."""
    world.opened.database.rows(f"PRAGMA query_only = {int(refused)}")


def said(caplog, message):
    return [one for one in caplog.records if one.message == message]


class Decider:
    """Fails as it is told to; what comes is noted."""

    def __init__(self, *failures):
        self.failures = list(failures)
        self.seen = []

    def handle(self, workflow_id, _command):
        self.wake(workflow_id)

    def wake(self, workflow_id):
        self.seen.append(workflow_id)
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure


# --- commands ------------------------------------------------------------------------


def test_a_command_that_met_a_full_disk_is_handled_once_there_is_room(
    world, run, caplog, monkeypatch
):
    pause_for(monkeypatch, SHORT)
    world.register("child", [inline("one", "1")])
    child = task("SUB_WORKFLOW", "child", subWorkflowParam={"name": "child"})
    world.register("parent", [child])
    started = world.start("parent", settle=False)
    refuse_writes(world, refused=True)

    run()
    wait_for(lambda: len(said(caplog, "pump_waits")) > 1)
    refuse_writes(world, refused=False)

    wait_for(lambda: world.status(started) == "COMPLETED")


def test_what_the_store_is_to_blame_for_is_not_counted_against_a_command(
    world, run, monkeypatch
):
    pause_for(monkeypatch, SHORT)
    decider = Decider(*[Unavailable("away")] * 7)
    world.opened.home.commands.send("w", b"command")

    run(decider)
    wait_for(lambda: world.opened.commands.size() == 0)

    assert ["w"] * 8 == decider.seen
    assert [] == world.opened.commands.dead()


# --- timers --------------------------------------------------------------------------


def test_while_nothing_can_be_written_a_timer_is_seen_to_after_a_pause_alone(
    world, run, caplog, monkeypatch
):
    pause_for(monkeypatch, FOR_EVER)
    decider = Decider(*[Unavailable("full")] * 1_000)
    world.opened.home.timers.arm("w", 5)
    refuse_writes(world, refused=True)

    pump = run(decider)
    wait_for(lambda: said(caplog, "pump_waits"))
    pump.request_stop()
    pump.join()

    assert ["w"] == decider.seen


def test_a_timer_that_fails_by_mistake_keeps_nobody_and_comes_again(world, run, caplog):
    decider = Decider(KeyError("a mistake"))
    world.opened.home.timers.arm("broken", 5)
    world.opened.home.timers.arm("sound", 6)

    run(decider)
    wait_for(lambda: not world.opened.timers.due(world.clock.now(), 1))

    assert {"broken", "sound"} == set(decider.seen)
    assert ["broken"] == [one.workflow_id for one in said(caplog, "wake_failed")]
    [again] = world.opened.timers.due(world.clock.now() + MINUTE, 9)
    assert "broken" == again.workflow_id


def test_a_timer_of_what_is_refused_for_good_is_done(world, run):
    decider = Decider(InvalidInput("no"))
    world.opened.home.timers.arm("w", 5)

    run(decider)
    wait_for(lambda: decider.seen)

    wait_for(lambda: not world.opened.timers.due(world.clock.now() + MINUTE, 9))


# --- queues --------------------------------------------------------------------------


class Work:
    """One message, whose handling fails and which is hard to put back."""

    def __init__(self, *troubles):
        self.troubles = list(troubles)
        self.messages = ["message"]
        self.put_back_to = threading.Event()

    def receive(self, _queue, _limit, _wait):
        return [self.messages.pop()] if self.messages else []

    def handle(self, _queue, _received):
        raise Unavailable("full")

    def put_back(self, _queue, _received):
        if self.troubles:
            raise self.troubles.pop()
        self.put_back_to.set()


def test_a_message_that_met_trouble_is_put_back_as_soon_as_that_can_be(monkeypatch):
    pause_for(monkeypatch, SHORT)
    work = Work(Unavailable("full"), Unavailable("full"))
    pump = QueuePump(work, "HTTP", put_back=work.put_back)

    pump.start()
    assert work.put_back_to.wait(5)

    pump.request_stop()
    pump.join()
