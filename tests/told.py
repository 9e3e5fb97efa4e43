"""Generated workflows, told happening by happening; every decision can be checked."""

from typing import NamedTuple

from msgspec import Raw

from decisions import Run, history_of, replay
from podium.decider import commands as cmd
from podium.decider.events import Event
from podium.decider.state import WorkflowState
from podium.errors import Conflict, IllegalState
from podium.model.task import TaskStatus
from podium.model.workflow import WorkflowStatus
from strategies import CHILD_ENDS, WORKER_REPORTS

SECOND = 1_000
MAX_STEPS = 400
_SUCCEEDS = 10  # for a worker, a child and a person alike
JUDGED = ("JOIN", "EXCLUSIVE_JOIN", "DO_WHILE")


class Decided(NamedTuple):
    """The state before a decision, and what was decided."""

    before: WorkflowState | None
    events: tuple[Event, ...]


class Story:
    """A run whose every decision is checked."""

    def __init__(self, definition):
        tasks, fields = definition
        self.run = Run(tasks, **fields)
        self.check(Decided(None, self.run.entries[0].events))

    def check(self, decided):
        """Look whether the last decision keeps the laws."""

    # --- what may happen -------------------------------------------------------

    def happen(self, happening):
        kind, which, how = happening
        run = self.run
        if run.state.status.is_terminal:
            return
        match kind:
            case "work":
                self._work(which, how)
            case "timer":
                self.wait_for_timer()
            case "time":
                self._advance(how * 100 * SECOND)
            case "pause":
                self.decide(cmd.Pause())
            case "resume":
                self.decide(cmd.Resume())
            case "wake":
                self.decide(cmd.Wake())

    def decide(self, command):
        before = self.run.state
        try:
            decision = self.run.decide(command)
        except (Conflict, IllegalState):
            return
        self.check(Decided(before, decision.events))

    def _advance(self, milliseconds):
        end = self.run.now + milliseconds
        while self.run.timers and min(self.run.timers) <= end:
            self.wait_for_timer()
        self.run.now = end

    def wait_for_timer(self):
        run = self.run
        if run.timers:
            run.now = max(run.now, min(run.timers))
            run.timers = {due for due in run.timers if due > run.now}
            self.decide(cmd.Wake())

    def _work(self, which, how):
        tasks = [task for task in self.run.open() if task.type not in JUDGED]
        if tasks:
            self.move(tasks[which % len(tasks)], how)

    def move(self, task, how):
        """Have a task polled, reported on, or its child started or ended."""
        run = self.run
        if task.type == "SUB_WORKFLOW":
            child = task.sub_workflow_id or f"child-{task.seq}-{task.delivery}"
            if task.status is TaskStatus.SCHEDULED and not task.parked:
                self.decide(cmd.ChildStarted(seq=task.seq, child_id=child))
            elif task.status is TaskStatus.IN_PROGRESS:
                status = WorkflowStatus(CHILD_ENDS[how % len(CHILD_ENDS)])
                ended = cmd.ChildEnded(
                    seq=task.seq,
                    child_id=child,
                    workflow="child.1",
                    status=status,
                    run=task.child_run,
                )
                self.decide(ended)
        elif task.type in ("WAIT", "HUMAN"):
            status = "COMPLETED" if how % 3 else "FAILED"
            self._report(task, status, how)
        elif task.due > run.now or task.parked:
            self.wait_for_timer()
        elif (task.seq, task.delivery) not in run.leases:
            run.lease(task)
        else:
            self._report(task, WORKER_REPORTS[how % len(WORKER_REPORTS)], how)

    def _report(self, task, status, how):
        callback = (0, 5, 2_000)[how % 3] if status == "IN_PROGRESS" else 0
        output = Raw(b'{"n":%d}' % how)
        command = cmd.UpdateTask(
            seq=task.seq,
            status=TaskStatus(status),
            output=output,
            callback_after=callback,
        )
        self.decide(command)

    def finish(self):
        """Have everything succeed until the workflow has ended."""
        for _ in range(MAX_STEPS):
            run = self.run
            if run.state.status.is_terminal:
                return
            if run.state.status is WorkflowStatus.PAUSED:
                self.decide(cmd.Resume())
                continue
            tasks = [task for task in run.open() if task.type not in JUDGED]
            at_hand = [t for t in tasks if t.due <= run.now and not t.parked]
            if at_hand:
                self.move(at_hand[0], _SUCCEEDS)
            else:
                self.wait_for_timer()
        raise AssertionError(f"still {self.run.statuses()} after {MAX_STEPS} steps")


def outcome_of(run, entries):
    """Return what a workflow comes to when it is woken after these entries."""
    other = object.__new__(Run)
    other.__dict__.update(run.__dict__)
    other.entries, other.timers = list(entries), set()
    other.state = replay(entries)
    other.wake()
    history = history_of(other.entries)
    records = sorted(
        (one.full_ref, one.scheduled.retry_count, str(one.status), one.executed)
        for one in history.records.values()
    )
    output = history.output and bytes(history.output)
    return history.status, history.variables, output, records


def lives_on(run, decided):
    """Tell whether a decision left the workflow running; something is open then."""
    state = run.state
    if not decided.events or state.status is not WorkflowStatus.RUNNING:
        return False
    assert any(task.type not in JUDGED for task in run.open()), run.statuses()
    assert not state.unsettled
    return True
