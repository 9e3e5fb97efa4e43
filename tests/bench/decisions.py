"""CPU per decision in workflows of 5 to 5,000 tasks: a loop, and a fork."""

import gc
import time

from msgspec import Raw
from msgspec.structs import replace

from podium.decider.commands import Start, UpdateTask
from podium.decider.decide import decide, start
from podium.decider.definition import compile_definition
from podium.decider.facts import EntryEvents, Snapshot
from podium.model.task import TaskStatus
from podium.model.workflow_definition import WorkflowDef

SIZES = (5, 100, 1_000, 5_000)
SAMPLES = 400
ID = "018bcfe5-6800-8000-8000-000000000000"


def measure():
    """Yield (name, value, unit)."""
    found = {}
    for shape, build in (("loop", _loop), ("fork", _fork)):
        for size in SIZES:
            found[shape, size] = build(size)
            name = f"decider.cpu_ms_{shape}_at_{size}"
            yield name, found[shape, size] * 1000, "ms"
    yield "decider.cpu_ms_at_5", found["loop", 5] * 1000, "ms"
    for shape in ("loop", "fork"):
        ratio = found[shape, 5_000] / found[shape, 5]
        yield f"decider.cpu_ratio_{shape}_5000_over_5", ratio, "x"


def _simple(ref, **fields):
    return {"name": "work", "taskReferenceName": ref, "type": "SIMPLE", **fields}


def _loop(size):
    """One iteration after another; measured are the last decisions of the loop."""
    body = _simple("work", inputParameters={"n": "${loop.output.iteration}"})
    loop = {
        "name": "loop",
        "taskReferenceName": "loop",
        "type": "DO_WHILE",
        "loopCondition": "$.loop['iteration'] < 1000000",
        "loopOver": [body],
    }
    return _median(lambda: _Run([loop]), size, lambda run: run.state.last_seq)


def _fork(size):
    """A fork of ``size`` branches of two tasks; measured are first tasks that end."""
    branches = [[_simple(f"a{n}"), _simple(f"b{n}")] for n in range(size)]
    tasks = [
        {
            "name": "fork",
            "taskReferenceName": "fork",
            "type": "FORK_JOIN",
            "forkTasks": branches,
        },
        {
            "name": "join",
            "taskReferenceName": "join",
            "type": "JOIN",
            "joinOn": [f"b{n}" for n in range(size)],
        },
    ]
    return _median(lambda: _Run(tasks), 0, lambda run: next(run.waiting, None))


class _Run:
    """One workflow that is decided on in memory."""

    def __init__(self, tasks):
        source = WorkflowDef.from_json({"name": "bench", "tasks": tasks})
        self.facts = {Snapshot("d"): compile_definition(source)}
        self.now = 1_700_000_000_000
        command = Start(definition="d")
        self._take(start(ID, command, self.now, self.facts, 0.0))
        forked = [t.seq for t in self.state.tasks.values() if t.type == "work"]
        self.waiting = iter(forked)

    def complete(self, seq):
        """Decide on a report of the task and return the CPU seconds it took."""
        self.now += 1
        report = UpdateTask(
            seq=seq, status=TaskStatus.COMPLETED, output=Raw(b'{"ok":true}')
        )
        since = time.process_time()
        decision = decide(self.state, report, self.now, self.facts, 0.0)
        spent = time.process_time() - since
        self._take(decision)
        return spent

    def _take(self, decision):
        """Do to the state what appending the decision's entry does."""
        version = decision.state.version + 1
        self.facts[EntryEvents(version)] = decision.events
        self.state = replace(
            decision.state, version=version, at=self.now, armed=decision.wake
        )


def _median(build, size, choose):
    gc.disable()
    samples = []
    while len(samples) < SAMPLES:
        run = build()
        while run.state.last_seq < size:
            run.complete(choose(run))
        for _ in range(SAMPLES - len(samples)):
            seq = choose(run)
            if seq is None:
                break
            samples.append(run.complete(seq))
            if size == SIZES[0] and run.state.last_seq > 2 * size:
                break
    gc.enable()
    samples.sort()
    return samples[len(samples) // 2]
