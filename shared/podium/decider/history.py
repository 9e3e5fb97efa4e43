"""The whole story of a workflow: every attempt of every task, folded from its events.

Where :mod:`podium.decider.state` keeps what deciding needs, the history keeps all: it
is what ``GET /workflow/{id}`` shows.  The outputs of JOIN and DO_WHILE are put together
here from what their branches and iterations answered (reference 3.5, 3.6): both are in
the journal already, and writing them once more would make a wide fork or a long loop
cost more with every task.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from msgspec import Raw
from msgspec.structs import replace

from podium.decider import events as ev
from podium.decider.state import FAILURES
from podium.model.task import TaskStatus
from podium.model.workflow import WorkflowStatus


@dataclass(slots=True)
class TaskRecord:
    """One attempt of one task; times in epoch milliseconds, 0 for not yet.

    ``number`` is its place in order, as Conductor counts: from that of the last task
    that is there, where a rerun has undone others.
    """

    scheduled: ev.TaskScheduled
    scheduled_at: int
    updated_at: int
    status: TaskStatus
    output: Raw
    reason: str | None
    started_at: int = 0
    ended_at: int = 0
    output_path: str | None = None
    worker_id: str | None = None
    poll_count: int = 0
    delivery: int = 1
    callback_after: int = 0
    sub_workflow_id: str | None = None
    follows: bool = False
    executed: bool = False
    retried: bool = False
    iteration: int = 0
    execution_metadata: Raw | None = None
    number: int = 0
    child_run: int = 0

    @property
    def iteration_number(self) -> int:
        """Conductor's ``iteration``: of a loop its own, of others their loop's."""
        if self.iteration:
            return self.iteration
        return self.scheduled.iterations[-1] if self.scheduled.iterations else 0

    @property
    def full_ref(self) -> str:
        """The reference name with the suffix of its loops."""
        return self.scheduled.ref + "".join(
            f"__{number}" for number in self.scheduled.iterations
        )


@dataclass(slots=True)
class History:
    """A workflow from its first event on; ``records`` is by task sequence.

    ``undone`` are tasks that a rerun or a restart took out of it.
    """

    started: ev.WorkflowStarted | None = None
    started_at: int = 0
    updated_at: int = 0
    ended_at: int = 0
    resumed_at: int = 0
    status: WorkflowStatus = WorkflowStatus.RUNNING
    reason: str | None = None
    variables: dict[str, Any] = field(default_factory=dict)
    output: Raw | None = None
    failed_task: int = 0
    queued: bool = False
    records: dict[int, TaskRecord] = field(default_factory=dict)
    undone: dict[int, TaskRecord] = field(default_factory=dict)
    _latest: dict[tuple[str, tuple[int, ...]], int] = field(default_factory=dict)
    _last_seq: int = 0
    _shift: int = 0

    def add(self, events: Iterable[ev.Event], at: int) -> None:
        """Fold the events of one entry."""
        for event in events:
            self._add(event, at)

    def _add(self, event: ev.Event, at: int) -> None:
        match event:
            case ev.TaskScheduled():
                self._schedule(event, at)
            case ev.TaskUpdated():
                self._update(event, at)
            case ev.TaskSettled():
                if event.seq in self.records:
                    self.records[event.seq].executed = True
            case ev.LoopAdvanced():
                if event.seq in self.records:
                    record = self.records[event.seq]
                    record.iteration, record.output = event.iteration, event.output
                    record.updated_at = at
            case ev.TaskReopened():
                self._reopen(event, at)
            case ev.TasksUndone():
                self._undo(event.seqs, event.rewound)
            case ev.TaskUnparked() | ev.StateChanged() | ev.WorkflowFollowed():
                pass
            case _:
                self._change_workflow(event, at)

    def _change_workflow(self, event: ev.Event, at: int) -> None:
        self.updated_at = at
        match event:
            case ev.WorkflowStarted():
                self.started, self.started_at = event, at
                self.variables = msgspec.json.decode(event.variables)
                self.queued = event.queued
            case ev.WorkflowAdmitted():
                self.queued = False
            case ev.VariablesSet():
                self.variables = self.variables | msgspec.json.decode(event.values)
            case ev.WorkflowPaused():
                self.status, self.reason = WorkflowStatus.PAUSED, event.reason
            case ev.WorkflowResumed():
                self.status, self.reason = WorkflowStatus.RUNNING, None
                self.resumed_at = at
            case ev.WorkflowRestarted():
                self._undo(list(self.records))
                self._bring_back(event, at)
                if event.operation is ev.Recovery.RESTARTED:
                    self.started_at, self.resumed_at = at, 0
            case ev.WorkflowReopened():
                self._bring_back(event, at)
            case ev.WorkflowEnded():
                self.status, self.reason = event.status, event.reason
                self.output, self.ended_at = event.output, at
                self.failed_task = event.failed_task

    def _bring_back(
        self, event: ev.WorkflowRestarted | ev.WorkflowReopened, at: int
    ) -> None:
        """Have the workflow run again, by what was started and what was changed."""
        if self.started is None:
            return
        changes: dict[str, Any] = {}
        if event.input:
            changes |= {"input": event.input, "input_path": None}
        if event.correlation_id is not None:
            changes["correlation_id"] = event.correlation_id
        if isinstance(event, ev.WorkflowRestarted):
            changes |= {"definition": event.definition, "version": event.version}
        self.started = replace(self.started, **changes)
        if self.status.is_terminal:
            self.status, self.reason = WorkflowStatus.RUNNING, None
            self.queued = self.started.quota is not None
        self.output, self.ended_at, self.failed_task = None, 0, 0
        self.resumed_at = at

    def _undo(
        self, seqs: Iterable[int], rewound: Iterable[ev.LoopAdvanced] = ()
    ) -> None:
        """Take tasks out, and count on from the last one that is left."""
        for seq in seqs:
            if seq in self.records:
                self.undone[seq] = self.records.pop(seq)
        for event in rewound:
            if event.seq in self.records:
                loop = self.records[event.seq]
                loop.iteration, loop.output = event.iteration, event.output
        self._latest = {
            (one.scheduled.ref, one.scheduled.iterations): seq
            for seq, one in sorted(self.records.items())
        }
        last = max((one.number for one in self.records.values()), default=0)
        self._shift = self._last_seq - last

    def _reopen(self, event: ev.TaskReopened, at: int) -> None:
        record = self.records.get(event.seq)
        if record is None:
            return
        record.scheduled = replace(record.scheduled, retry_count=event.retry_count)
        record.status, record.updated_at = event.status, at
        record.reason, record.ended_at = None, 0
        record.child_run = event.child_run
        record.executed = record.retried = False

    def _schedule(self, event: ev.TaskScheduled, at: int) -> None:
        waiting = event.status is TaskStatus.SCHEDULED
        again = self.records.get(event.seq)
        self._last_seq = max(self._last_seq, event.seq)
        self.records[event.seq] = TaskRecord(
            number=again.number if again is not None else event.seq - self._shift,
            delivery=event.delivery,
            scheduled=event,
            scheduled_at=at,
            updated_at=at,
            status=event.status,
            output=event.output,
            reason=event.reason,
            started_at=0 if waiting else at,
            ended_at=at if event.status.is_terminal else 0,
            callback_after=event.callback_after,
        )
        self._latest[event.ref, event.iterations] = event.seq
        if event.retry_of in self.records:
            self.records[event.retry_of].retried = True

    def _update(self, event: ev.TaskUpdated, at: int) -> None:
        record = self.records.get(event.seq)
        if record is None:
            return
        if event.status.is_terminal and not record.status.is_terminal:
            record.ended_at = event.ended_at or at
        record.status, record.updated_at = event.status, at
        if event.has_output:
            record.output, record.output_path = event.output, event.output_path
        record.reason = event.reason
        record.started_at = record.started_at or event.started_at
        record.worker_id = event.worker_id or record.worker_id
        record.poll_count = event.poll_count or record.poll_count
        record.delivery = event.delivery or record.delivery
        record.sub_workflow_id = event.sub_workflow_id or record.sub_workflow_id
        record.follows = event.follows or record.follows
        record.callback_after = event.callback_after
        if event.execution_metadata:
            record.execution_metadata = event.execution_metadata

    def failures(self) -> list[TaskRecord]:
        """Return the attempts whose names an ended workflow lists as failed (4.9)."""
        if not self.status.is_terminal:
            return []
        return [one for one in self.records.values() if one.status in FAILURES]

    # --- outputs ---------------------------------------------------------------

    def output_of(
        self, record: TaskRecord, joins: frozenset[int] = frozenset()
    ) -> dict[str, Any]:
        """Return what a task answered, put together where it is a JOIN or DO_WHILE.

        ``joins`` are the JOINs for whose output this is asked: they may wait for each
        other, or for themselves, and be cancelled.
        """
        own: dict[str, Any] = (
            msgspec.json.decode(record.output) if record.output else {}
        )
        match record.scheduled.type:
            case "JOIN" if record.status.is_terminal:
                return self._joined(record, joins | {record.scheduled.seq}) | own
            case "DO_WHILE":
                return self.iterations_of(record) | own
        return own

    def _joined(self, join: TaskRecord, joins: frozenset[int]) -> dict[str, Any]:
        joined = {}
        for ref in join.scheduled.join_on:
            seq = self._latest.get((ref, join.scheduled.iterations))
            if seq is None or seq in joins:
                continue
            if output := self.output_of(self.records[seq], joins):
                joined[self.records[seq].full_ref] = output
        return joined

    def iterations_of(self, loop: TaskRecord) -> dict[str, Any]:
        """Return ``{"1": {ref: output, ...}, ...}``; references carry no suffix.

        With ``keepLastN`` only that many of the latest iterations are there.
        """
        found: dict[str, dict[str, Any]] = {}
        around = loop.scheduled.iterations
        oldest = self._oldest_kept(loop)
        for (ref, iterations), seq in self._latest.items():
            record = self.records[seq]
            if record.scheduled.loop != loop.scheduled.ref or seq < loop.scheduled.seq:
                continue
            if iterations[:-1] == around and iterations[-1] >= oldest:
                iteration = found.setdefault(str(iterations[-1]), {})
                iteration[ref] = self.output_of(record)
        return found

    def _oldest_kept(self, loop: TaskRecord) -> int:
        keep = msgspec.json.decode(loop.scheduled.input).get("keepLastN")
        if isinstance(keep, int) and not isinstance(keep, bool) and keep >= 0:
            return loop.iteration - keep + 1
        return 0

    def kept(self) -> list[TaskRecord]:
        """Return the attempts in order of sequence.

        Those of iterations that a loop does not keep are left out (``keepLastN``).
        """
        oldest = {
            (loop.scheduled.ref, loop.scheduled.iterations): first
            for loop in self.records.values()
            if loop.scheduled.type == "DO_WHILE"
            and (first := self._oldest_kept(loop)) > 1
        }
        records = [self.records[seq] for seq in sorted(self.records)]
        if not oldest:
            return records
        return [one for one in records if not self._is_dropped(one, oldest)]

    def _is_dropped(
        self, record: TaskRecord, oldest: Mapping[tuple[str, tuple[int, ...]], int]
    ) -> bool:
        while record.scheduled.loop is not None:
            *around, iteration = record.scheduled.iterations
            loop = (record.scheduled.loop, tuple(around))
            if iteration < oldest.get(loop, 0):
                return True
            record = self.records[self._latest[loop]]
        return False


def loop_output(seq: int, events: Iterable[ev.Event]) -> dict[str, Any]:
    """Return the iterations of one loop from the events since it was scheduled."""
    history = History()
    history.add(events, 0)
    return history.iterations_of(history.records[seq])
