"""Several processes on one file: the conditions hold between them too."""

import json
import subprocess
import sys
from collections import Counter

from podium.ports import TaskMessage

PROCESSES = 3
ROUNDS = 100
MESSAGES = 200

_COMPETE = """
import json, random, sys
from podium.adapters.sqlite.home import open_home
from podium.clock import SystemClock
from podium.errors import VersionConflict
from podium.ports import JournalEntry, Lease

path, name, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
draw = random.SystemRandom().getrandbits
home = open_home(path, clock=SystemClock(), draw=draw).home

def append(version):
    try:
        home.journal.append(JournalEntry("w", version, 5, name.encode()))
    except VersionConflict:
        return False
    return True

def receive():
    with home.atomic():
        found = home.queues.receive("a", 3, 0, 60_000)
        home.queues.delete("a", [one.receipt for one in found])
    return [one.message.task_id for one in found]

print("ready", flush=True)
sys.stdin.readline()
appended = [version for version in range(1, rounds + 1) if append(version)]
leased = [n for n in range(rounds) if home.leases.take(Lease("w", n, 1, name, 5, 5))]
received = []
while tasks := receive():
    received += tasks
print(json.dumps([appended, leased, received]))
"""


def compete(path):
    """Run the processes at once and return what each of them won."""
    command = [sys.executable, "-c", _COMPETE, str(path)]
    children = [
        subprocess.Popen(
            [*command, str(number), str(ROUNDS)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for number in range(PROCESSES)
    ]
    for child in children:
        child.stdout.readline()
    for child in children:
        child.stdin.write(b"go\n")
        child.stdin.flush()
    return [json.loads(child.communicate(timeout=60)[0]) for child in children]


def test_each_version_lease_and_message_goes_to_one_process(open_at, path):
    sqlite = open_at(path)
    tasks = [f"t{number}" for number in range(MESSAGES)]
    sqlite.queues.send("a", [TaskMessage(task, 1) for task in tasks])

    appended, leased, received = (
        Counter(item for won in wins for item in won)
        for wins in zip(*compete(path), strict=True)
    )

    assert Counter(range(1, ROUNDS + 1)) == appended
    assert Counter(range(ROUNDS)) == leased
    assert Counter(tasks) == received
    assert ROUNDS == len(sqlite.home.journal.read_range("w", 1))
