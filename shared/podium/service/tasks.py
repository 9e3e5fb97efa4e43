"""Tasks: reports, signals, logs, queues (reference 1.3, 4.6)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from podium import ids
from podium.decider.claims import Claim, handed_before
from podium.decider.commands import ReportedLease, UpdateTask
from podium.decider.effects import queue_name
from podium.decider.state import TaskState, WorkflowState
from podium.decider.task_types import SYSTEM
from podium.decider.timeouts import open_tasks
from podium.errors import NotFound, Unavailable, ValidationFailed
from podium.model.search_result import PollData
from podium.model.task import TaskStatus
from podium.model.task_result import TaskExecLog, TaskResult
from podium.model.validation import check_task_result
from podium.ports import Home, Lease
from podium.service.archives import Archives
from podium.service.engine import Engine, Lagging, Outcome
from podium.service.execution_view import JsonObject
from podium.service.journals import Journals
from podium.service.polling import Polling
from podium.service.reports import encode, lines_of, update_of

logger = logging.getLogger(__name__)

LOG_LIMIT = 10


@dataclass(frozen=True, slots=True)
class _Found:
    """The workflow and the task of a report; the task is None once superseded."""

    state: WorkflowState
    task: TaskState | None
    known: WorkflowState | Lagging


class Tasks:
    """The API noun ``tasks``, polling apart."""

    def __init__(
        self,
        home: Home,
        engine: Engine,
        journals: Journals,
        polling: Polling,
        archives: Archives,
    ) -> None:
        self._home = home
        self._engine = engine
        self._journals = journals
        self._polling = polling
        self._archives = archives

    # --- reports ---------------------------------------------------------------

    def update(self, result: TaskResult) -> str:
        """Take a worker's report and return the task's id (reference 4.6)."""
        self._update(result, self._find(result))
        return result.task_id

    def update_and_poll(self, result: TaskResult) -> JsonObject | None:
        """Take a report and return the worker's next task of that type, if any.

        Nothing is handed out where the report only extended the lease or left the
        task open, nor of a type that is run here: who ends such a task from outside is
        not one of its workers.  Who asks again gets the same again.
        """
        found = self._find(result)
        task = found.task
        is_final = result.status is not None and TaskStatus(result.status).is_terminal
        if result.extend_lease or not is_final:
            self._update(result, found)
            return None
        seq = ids.sequence_of(result.task_id)
        if task is None or not task.is_open:
            before = handed_before(found.state, seq, result.worker_id)
            if before:
                return self._polling.show_handed(found.state, before)
        if task is None or task.type in SYSTEM:
            self._update(result, found)
            return None
        queue = queue_name(task.type, task.domain)
        claim = Claim(queue, result.worker_id or "", seq)
        handed: list[JsonObject] = []

        def take_next(outcome: Outcome) -> None:
            if outcome.handed:
                self._polling.note(task.type, claim.worker_id, task.domain)
                handed.extend(self._show_handed(outcome))
            else:
                polled = self._polling.poll(task.type, claim.worker_id, task.domain)
                handed.extend(polled)

        if task.is_open:
            self._update(result, found, claim, take_next)
        else:
            take_next(Outcome(found.state))
        return handed[0] if handed else None

    def _show_handed(self, outcome: Outcome) -> Iterator[JsonObject]:
        """Yield the task that a decision handed over, or give it to the queue.

        Where it cannot be shown nobody knows that he has it.
        """
        state, seq = outcome.state, outcome.handed
        try:
            yield self._polling.show_handed(state, seq)
        except Unavailable as failure:
            task_id = ids.task_id(state.workflow_id, seq)
            logger.warning(
                "task_not_handed_out",
                extra={"task_id": task_id, "reason": failure.message},
            )
            back = UpdateTask(seq=seq, status=TaskStatus.IN_PROGRESS)
            self._engine.submit(state.workflow_id, back)

    def _find(self, result: TaskResult) -> _Found:
        """Return what a report is about, surely read unless its task is open."""
        findings = check_task_result(result)
        if findings:
            raise ValidationFailed(findings)
        missing = NotFound(f"No such task found by id: {result.task_id}")
        if not ids.is_id(result.task_id):
            raise missing
        workflow_id = ids.workflow_of(result.task_id)
        seq = ids.sequence_of(result.task_id)
        lagging = self._journals.find(workflow_id, may_lag=True)
        task = lagging.task_of(seq) if lagging is not None else None
        if lagging is not None and task is not None and task.is_open:
            return _Found(lagging, task, Lagging(lagging))
        state = self._journals.find(workflow_id)
        if state is None or not 1 <= seq <= state.last_seq:
            raise missing
        return _Found(state, state.task_of(seq), state)

    def _update(
        self,
        result: TaskResult,
        found: _Found,
        claim: Claim | None = None,
        then: Callable[[Outcome], None] | None = None,
    ) -> None:
        state, task = found.state, found.task
        if result.extend_lease:
            self._renew(state, task)
            return
        if task is None or not task.is_open:
            return
        lease = self._lease_of(state, task, result.status)
        command = update_of(result, task.seq, lease, self._home.payloads)
        self.log(result.task_id, result.logs, state)
        self._engine.submit(
            state.workflow_id,
            command,
            by=result.worker_id,
            claim=claim,
            known=found.known,
            then=then,
        )

    def _renew(self, state: WorkflowState, task: TaskState | None) -> None:
        if task is None or not task.is_open:
            return
        workflow_id, now = state.workflow_id, self._home.clock.now()
        if self._home.leases.renew(workflow_id, task.seq, task.delivery, now):
            return
        if task.status is TaskStatus.IN_PROGRESS and task.type not in SYSTEM:
            # Handed over by the decision that scheduled it: this is its first lease.
            worker = task.worker_id or ""
            lease = Lease(
                workflow_id, task.seq, task.delivery, worker, task.started_at, now
            )
            self._home.leases.take(lease, self._journals.expires(state, now))

    def _lease_of(
        self, state: WorkflowState, task: TaskState, status: str | None
    ) -> ReportedLease | None:
        """Return what the journal is to know of a lease that another will follow.

        The last lease of a task stays beside the journal, where the views find it.
        """
        if status != TaskStatus.IN_PROGRESS or task.type in SYSTEM:
            return None
        lease = self._home.leases.find(state.workflow_id, task.seq, task.delivery)
        if lease is None:
            return None
        return ReportedLease(lease.started_at, lease.delivery)

    def update_by_reference(
        self,
        workflow_id: str,
        ref: str,
        status: TaskStatus,
        output: Mapping[str, Any],
        worker_id: str | None,
    ) -> str | None:
        """Report on the open task with this reference; None where there is none.

        The reference may be given with or without the suffix of its loops; the output
        is laid over the one that is there.
        """
        state = self._journals.load(workflow_id)
        task = find_open(state, ref)
        if task is None:
            return None
        self._report(state, task, status, output, worker_id)
        return ids.task_id(workflow_id, task.seq)

    def _report(
        self,
        state: WorkflowState,
        task: TaskState,
        status: TaskStatus,
        output: Mapping[str, Any],
        worker_id: str | None,
        reason: str | None = None,
    ) -> None:
        command = UpdateTask(
            seq=task.seq,
            status=status,
            output=encode(output),
            merge=True,
            reason=reason,
            worker_id=worker_id,
            by_reference=True,
            lease=self._lease_of(state, task, status),
        )
        self._engine.submit(state.workflow_id, command, by=worker_id)

    def open_task_id(self, workflow_id: str | None, ref: str | None) -> str:
        """Return the id of the open task with a reference (reference 5.1)."""
        task = find_open(self._journals.load(workflow_id or ""), ref or "")
        if workflow_id is None or task is None:
            raise NotFound(
                f"No task found with reference name: {ref}, workflowId: {workflow_id}"
            )
        return ids.task_id(workflow_id, task.seq)

    def update_by_event(
        self,
        task_id: str,
        status: TaskStatus,
        output: Mapping[str, Any],
        reason: str | None,
    ) -> None:
        """End the task that an event names; one that has ended stays as it is (5.1)."""
        state = self._journals.load(ids.workflow_of(task_id))
        task = state.task_of(ids.sequence_of(task_id))
        if task is None:
            raise NotFound(f"No task found with taskId: {task_id}")
        self._report(state, task, status, output, None, reason)

    def signal(
        self, workflow_id: str, status: TaskStatus, output: Mapping[str, Any]
    ) -> str | None:
        """End the first open WAIT, here or in a running child; return its task id."""
        state = self._journals.load(workflow_id)
        found = self.find_blocking(state)
        if found is None:
            return None
        owner, task = found
        self._report(owner, task, status, output, None)
        return ids.task_id(owner.workflow_id, task.seq)

    def find_blocking(
        self, state: WorkflowState
    ) -> tuple[WorkflowState, TaskState] | None:
        """Return the first open WAIT, depth first after this level (reference 4.6)."""
        tasks = sorted(open_tasks(state), key=lambda task: task.seq)
        for task in tasks:
            if task.type == "WAIT":
                return state, task
        for task in tasks:
            child = self._journals.find(task.sub_workflow_id or "")
            if child is not None and not child.status.is_terminal:
                found = self.find_blocking(child)
                if found is not None:
                    return found
        return None

    # --- logs ------------------------------------------------------------------

    def log(
        self,
        task_id: str,
        lines: Collection[TaskExecLog],
        state: WorkflowState | None = None,
    ) -> None:
        """Keep what a worker logged, as long as the rest of its workflow."""
        if not lines:
            return
        if state is None and ids.is_id(task_id):
            state = self._journals.find(ids.workflow_of(task_id))
        now = self._home.clock.now()
        expires = self._journals.expires(state, now)
        self._home.logs.append(lines_of(task_id, lines, now), expires)

    def logs(self, task_id: str) -> list[JsonObject]:
        """Return the last lines that were logged for a task, by their own times."""
        found = self._home.logs.read(task_id) or self._archives.logs(task_id)
        found = sorted(found, key=lambda line: line.created_time)
        return [
            {"log": line.log, "taskId": line.task_id, "createdTime": line.created_time}
            for line in found[-LOG_LIMIT:]
        ]

    # --- queues ----------------------------------------------------------------

    def queue_sizes(self, task_types: Collection[str] = ()) -> dict[str, int]:
        """Return how many tasks wait, by queue; of these types if any are given."""
        sizes = self._home.queues.sizes()
        if task_types:
            return {name: sizes.get(name, 0) for name in task_types}
        return dict(sorted(sizes.items()))

    def queue_size(
        self,
        task_type: str,
        domain: str | None,
        namespace: str | None = None,
        isolation_group: str | None = None,
    ) -> int:
        """Return how many tasks of a type wait, in the queue of that name (4.7)."""
        queue = queue_name(task_type, domain, namespace, isolation_group)
        return self._home.queues.sizes(queue).get(queue, 0)

    def poll_data(self, task_type: str | None = None) -> list[PollData]:
        """Return who polled last, of one type or of all."""
        polls = self._home.polls
        found = polls.find(task_type) if task_type else polls.find_all()
        return [
            PollData(
                queue_name=poll.queue,
                domain=poll.domain,
                worker_id=poll.worker_id,
                last_poll_time=poll.at,
            )
            for poll in found
        ]


def find_open(state: WorkflowState, ref: str) -> TaskState | None:
    """Return the open task with this reference, with or without loop suffix."""
    task = state.tasks.get(ref)
    if task is None:
        task = next((one for one in open_tasks(state) if one.full_ref == ref), None)
    return task if task is not None and task.is_open else None
