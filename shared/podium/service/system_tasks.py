"""Running the system tasks: HTTP, EVENT (reference 3.0).

A system task's message is its lease: it stays in the queue, invisible, until the result
stands in the journal, and comes again if the process dies before.

SUB_WORKFLOW and START_WORKFLOW come this way where their definition has limits: only a
queue can hold a task back.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec
from msgspec import Raw

from podium import ids
from podium.decider.commands import ReportedLease, UpdateTask
from podium.decider.state import TaskState, WorkflowState
from podium.decider.task_types import LAUNCHING, queue_type
from podium.errors import PodiumError, Unavailable
from podium.expressions.secret_references import conceal, reveal
from podium.ports import Home, Lease, ReceivedMessage, TaskMessage
from podium.service.engine import Engine
from podium.service.environment import Environment
from podium.service.journals import Journals
from podium.service.messages import LaunchTask, ReviveChild, encode_message
from podium.service.redispatching import SYSTEM_LEASE, SYSTEM_WORKER, is_given_up
from podium.service.task_limits import TaskLimits, is_to_begin
from podium.tasks.contract import SystemTask, SystemTaskCall

logger = logging.getLogger(__name__)

VISIBILITY = 15 * 60 * 1000
"""Longer than any task of this kind may run, in milliseconds."""
RETRY_AFTER = 5_000


class SystemTasks:
    """Takes messages of system tasks and runs what they are about."""

    def __init__(
        self,
        home: Home,
        engine: Engine,
        journals: Journals,
        types: Mapping[str, SystemTask],
        environment: Environment,
    ) -> None:
        self._home = home
        self._engine = engine
        self._journals = journals
        self._types = types
        self._environment = environment
        self._limits = TaskLimits(home, journals)

    @property
    def types(self) -> list[str]:
        """The task types whose queues are worked off here."""
        return sorted({queue_type(one) for one in self._types})

    def receive(self, task_type: str, limit: int, wait: int) -> list[ReceivedMessage]:
        """Return messages of a type, waiting up to ``wait`` ms for the first."""
        return self._home.queues.receive(task_type, limit, wait, VISIBILITY)

    def handle(self, task_type: str, received: ReceivedMessage) -> None:
        """Run the task behind a message, and take the message away.

        Where a store or a queue does not answer the message is left to come again.
        """
        try:
            self.run(received.message)
        except PodiumError as failure:
            if not failure.retryable:
                raise
            logger.warning(
                "system_task_postponed",
                extra={
                    "task_id": received.message.task_id,
                    "task_type": task_type,
                    "reason": failure.message,
                },
            )
            self._home.queues.release(task_type, [received.receipt], RETRY_AFTER)
            return
        self._home.queues.delete(task_type, [received.receipt])

    def run(self, message: TaskMessage) -> None:
        """Run the task behind a message, if it still is to be run, and report."""
        task_id = message.task_id
        state = self._journals.find(ids.workflow_of(task_id))
        if state is None or state.status.is_terminal or state.queued:
            return
        task = state.task_of(ids.sequence_of(task_id))
        if task is None or not is_to_begin(task):
            return
        if self._is_held_back(state, task, message):
            return
        if task.type in LAUNCHING:
            self._launch(state, task)
            return
        if not self._lease(state, task):
            return
        try:
            self._run_leased(state, task)
        except PodiumError as failure:
            if failure.retryable:
                self._give_up(state, task)
            raise

    def _is_held_back(
        self, state: WorkflowState, task: TaskState, message: TaskMessage
    ) -> bool:
        """Tell whether limits hold a task back; its message comes again then."""
        if task.quota is None:
            return False
        with self._home.atomic():
            queue = queue_type(task.type)
            delay = self._limits.hold_back(state, task, queue, VISIBILITY)
            if delay:
                again = replace(message, delay=delay)
                self._home.queues.send_again(queue, [again])
        return delay > 0

    def _launch(self, state: WorkflowState, task: TaskState) -> None:
        """Have the workflow of a task started, or the one that it has go on.

        That is the decider's, as without limits: those that start at once are not in
        each other's way in its queue.
        """
        owner, message = state.workflow_id, encode_message(LaunchTask(seq=task.seq))
        if task.revives_child and task.sub_workflow_id is not None:
            run = task.child_run - 1
            wanted = ReviveChild(parent_id=owner, seq=task.seq, run=run)
            owner, message = task.sub_workflow_id, encode_message(wanted)
        self._home.commands.send(owner, message)

    def _run_leased(self, state: WorkflowState, task: TaskState) -> None:
        started_at = self._home.clock.now()
        literal = self._journals.input_of(state, task)
        secrets = self._environment.secrets_in(literal)
        call = self._call(state, task, literal, secrets)
        result = self._types[task.type].run(call)
        self._engine.run(
            state.workflow_id,
            UpdateTask(
                seq=task.seq,
                status=result.status,
                output=Raw(msgspec.json.encode(result.output)),
                reason=conceal(result.reason, secrets),
                lease=ReportedLease(started_at, 1),
            ),
        )

    def _lease(self, state: WorkflowState, task: TaskState) -> bool:
        """Tell whether the task is ours to run.

        Where the guard may offer a task twice, one call at a time has it: until it is
        given up, or so long ago that whoever had it died.
        """
        if not self._home.guard_after:
            return True
        now = self._home.clock.now()
        leases, key = self._home.leases, (state.workflow_id, task.seq, task.delivery)
        expires = self._journals.expires(state, now)
        if leases.take(Lease(*key, SYSTEM_WORKER, now, now), expires):
            return True
        held = leases.find(*key)
        if held is not None and not is_given_up(held, now):
            return False
        return leases.renew(*key, now)

    def _give_up(self, state: WorkflowState, task: TaskState) -> None:
        """Let whoever gets the message next have the task at once.

        That this fails costs time alone: the lease ends by itself.
        """
        if not self._home.guard_after:
            return
        key = (state.workflow_id, task.seq, task.delivery)
        try:
            self._home.leases.renew(*key, self._home.clock.now() - SYSTEM_LEASE)
        except Unavailable as failure:
            logger.warning(
                "lease_not_given_up",
                extra={"workflow_id": state.workflow_id, "reason": failure.message},
            )

    def _call(
        self,
        state: WorkflowState,
        task: TaskState,
        literal: dict[str, Any],
        secrets: Mapping[str, str],
    ) -> SystemTaskCall:
        return SystemTaskCall(
            task_id=ids.task_id(state.workflow_id, task.seq),
            reference=task.full_ref,
            workflow_id=state.workflow_id,
            workflow_type=state.name,
            workflow_version=state.definition_version,
            correlation_id=state.correlation_id,
            task_to_domain=state.task_to_domain,
            scheduled_at=task.scheduled_at,
            input=reveal(literal, secrets),
            written=literal,
        )
