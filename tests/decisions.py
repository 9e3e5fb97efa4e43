"""One workflow decided on in memory: its journal, its timers, its workers' leases.

What the service does around the decider, done in the simplest way, so that unit and
property tests see every decision.
"""

from msgspec.structs import replace

from podium import ids
from podium.decider import commands as cmd
from podium.decider import facts as f
from podium.decider.decide import decide, start
from podium.decider.definition import compile_definition
from podium.decider.events import EMPTY, Entry
from podium.decider.facts import FactsNeeded
from podium.decider.folding import evolve, fold
from podium.decider.history import History
from podium.model.task import TaskStatus
from podium.model.workflow_definition import WorkflowDef
from podium.ports import Lease

BEGIN = 1_700_000_000_000
ID = ids.workflow_id(BEGIN, 7)
DIGEST = "digest"


class KnownFacts(dict):
    """Facts that are looked up in the run; a registry of task definitions beside it."""

    def __init__(self, run):
        super().__init__()
        self._run = run

    def __missing__(self, need):
        run = self._run
        match need:
            case f.Snapshot(_):
                return run.definition
            case f.EntryEvents(version):
                return run.entries[version - 1].events
            case f.EntryRange(first, last):
                entries = run.entries[first - 1 : last]
                return tuple(event for entry in entries for event in entry.events)
            case f.WholeJournal(last):
                return tuple(
                    (version, entry.at, entry.events)
                    for version, entry in enumerate(run.entries[:last], start=1)
                )
            case f.TaskDefinition(name):
                return run.registered.get(name)
            case f.LastPolls(_) | f.Environment():
                return {}
        raise KeyError(need)


class Run:
    """A workflow from its start on; ``begin`` is what else its start says."""

    def __init__(
        self, tasks, workflow_input=EMPTY, registered=None, begin=None, **fields
    ):
        source = {"name": "tested", "tasks": tasks, "schemaVersion": 2, **fields}
        self.definition = compile_definition(WorkflowDef.from_json(source))
        self.registered = registered or {}
        self.now = BEGIN
        self.jitter = 0.5
        self.entries = []
        self.timers = set()
        self.leases = {}
        self.state = None
        begin = begin or {}
        command = cmd.Start(definition=DIGEST, input=workflow_input, **begin)
        self._take(self._ask(lambda facts: start(ID, command, self.now, facts, 0.5)))

    # --- deciding --------------------------------------------------------------

    def decide(self, command):
        """Decide, keep what was decided, and return the decision."""
        return self._take(self.ask(command))

    def ask(self, command, state=None):
        """Return the decision on a command without keeping it."""
        state = state or self.state
        return self._ask(
            lambda facts: decide(state, command, self.now, facts, self.jitter)
        )

    def _ask(self, attempt):
        facts = KnownFacts(self)
        while True:
            try:
                return attempt(facts)
            except FactsNeeded as question:
                for need in question.needs:
                    facts[need] = self._look_up(need)

    def _look_up(self, need):
        if isinstance(need, f.LeaseOf):
            return self.leases.get((need.seq, need.delivery))
        raise AssertionError(f"nobody knows {need}")

    def _take(self, decision):
        recorded = self.state.armed if self.state is not None else 0
        if decision.wake and decision.wake != recorded:
            self.timers.add(decision.wake)
        if decision.events:
            self.entries.append(Entry(self.now, decision.events, decision.wake))
            self.state = replace(
                decision.state,
                version=len(self.entries),
                at=self.now,
                armed=decision.wake,
            )
        return decision

    # --- time and workers ------------------------------------------------------

    def wake(self):
        """Look at everything that is due."""
        self.timers = {due for due in self.timers if due > self.now}
        return self.decide(cmd.Wake())

    def advance(self, milliseconds):
        """Let time pass; every timer fires when it is due."""
        end = self.now + milliseconds
        while due := min((one for one in self.timers if one <= end), default=0):
            self.now = max(self.now, due)
            self.wake()
        self.now = end

    def lease(self, task, worker="worker"):
        """Have a worker take a task, as a poll does."""
        key = (task.seq, task.delivery)
        taken = Lease(ID, task.seq, task.delivery, worker, self.now, self.now)
        self.leases.setdefault(key, taken)

    def report(self, ref, status="COMPLETED", **fields):
        """Report on the task with this reference."""
        seq = self.state.tasks[ref].seq
        command = cmd.UpdateTask(seq=seq, status=TaskStatus(status), **fields)
        return self.decide(command)

    # --- looking ---------------------------------------------------------------

    def open(self):
        """Return the open tasks in order of sequence."""
        tasks = (task for task in self.state.tasks.values() if task.is_open)
        return sorted(tasks, key=lambda task: task.seq)

    def history(self):
        """Return the whole story."""
        return history_of(self.entries)

    def statuses(self):
        """Return ``{reference with its loops: status}`` of the tasks in the state."""
        return {task.full_ref: str(task.status) for task in self.state.tasks.values()}


def history_of(entries):
    """Fold entries to a history."""
    history = History()
    for entry in entries:
        history.add(entry.events, entry.at)
    return history


def replay(entries, state=None):
    """Fold entries to a state, from the start or from a state of the middle."""
    for entry in entries:
        version = state.version + 1 if state is not None else 1
        state = fold(state, version, entry, ID)
    return state


def fold_events(state, events, at):
    """Fold the events of a decision that is not recorded yet."""
    version = state.version + 1 if state is not None else 1
    for event in events:
        state = evolve(state, event, ID, version, at)
    return state
