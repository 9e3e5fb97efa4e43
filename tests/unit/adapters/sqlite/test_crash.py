"""A process killed at any moment: what it had committed is there, and nothing half."""

import random
import subprocess
import sys

import pytest

from podium.clock import SystemClock
from podium.ids import workflow_id

KILLS = 3

_WRITE_FOR_EVER = """
import random, sys
from podium.adapters.sqlite.home import open_home
from podium.clock import SystemClock
from podium.ports import JournalEntry, Lease, TaskMessage

path, workflow = sys.argv[1:]
sqlite = open_home(path, clock=SystemClock(), draw=random.SystemRandom().getrandbits)
home = sqlite.home
version = len(home.journal.read_range(workflow, 1))
print("ready", flush=True)
while True:
    version += 1
    with home.atomic():
        home.journal.append(JournalEntry(workflow, version, 5, b"j" * 3_000))
        home.leases.take(Lease(workflow, version, 1, "w", 5, 5))
        home.queues.send("a", [TaskMessage(f"{version:09}", 1)])
        home.commands.send(f"{version:09}", b"c")
        home.timers.arm(f"{version:09}", version)
    sqlite.queues.receive("a", 1, 0, 1_000_000)
"""


@pytest.fixture
def clock():
    """The same as that of the processes."""
    return SystemClock()


def test_a_unit_is_whole_or_absent_whenever_the_process_is_killed(open_at, path):
    workflow = workflow_id(1_700_000_000_000, 1)
    moments = random.Random(7)
    command = [sys.executable, "-c", _WRITE_FOR_EVER, str(path), workflow]
    grown = []
    for _ in range(KILLS):
        child = subprocess.Popen(command, stdout=subprocess.PIPE)
        child.stdout.readline()
        child.stdout.close()
        try:
            child.wait(timeout=moments.uniform(0.001, 0.1))
        except subprocess.TimeoutExpired:
            child.kill()
        assert child.wait() < 0
        grown.append(_check(open_at(path), workflow))

    assert sorted(grown) == grown
    assert grown[-1] > 0


def _check(sqlite, workflow):
    """Check that all tables tell the same story; return how far it goes."""
    entries = sqlite.home.journal.read_range(workflow, 1)
    versions = [entry.version for entry in entries]
    leases = [lease.seq for lease in sqlite.home.leases.find_all(workflow)]
    timers = [timer.due for timer in sqlite.timers.due(1 << 50, 1 << 50)]
    commands = sqlite.commands.receive(1 << 50)
    commanded = [int(command.workflow_id) for command in commands]
    sqlite.release_in_flight()
    messages = sqlite.queues.receive("a", 1 << 50, 0, 0)
    sent = sorted(int(received.message.task_id) for received in messages)
    sqlite.close()
    expected = list(range(1, len(versions) + 1))
    assert [expected] * 5 == [versions, leases, timers, commanded, sent]
    return len(versions)
