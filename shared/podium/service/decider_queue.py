"""Working off the decider's queue: what decisions called for in other workflows.

Every message may come twice: a child's id is derived from its parent's task, a report
on an ended task is ignored.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import assert_never

from podium.decider import commands as cmd
from podium.errors import (
    NotFound,
)
from podium.schedules.store import schedule_of
from podium.service import messages as msg
from podium.service.engine import Engine
from podium.service.guard import Guard
from podium.service.journals import Journals
from podium.service.launching import Launcher
from podium.service.outgoing import Gathering
from podium.service.revivals import Revivals
from podium.service.scheduled_runs import ScheduledRuns


class DeciderQueue:
    """Handles the messages of :mod:`podium.service.messages`."""

    def __init__(
        self,
        engine: Engine,
        journals: Journals,
        launcher: Launcher,
        guard: Guard,
        revivals: Revivals,
        scheduled: ScheduledRuns,
    ) -> None:
        self._engine = engine
        self._journals = journals
        self._launcher = launcher
        self._guard = guard
        self._revivals = revivals
        self._scheduled = scheduled

    def handle(self, workflow_id: str, data: bytes) -> None:
        """Handle one message; a workflow that is gone has nothing left to do."""
        self.handle_all(workflow_id, [data])

    def handle_all(
        self, workflow_id: str, messages: Iterable[bytes], *, came_again: bool = False
    ) -> None:
        """Handle messages of one workflow in their order.

        Commands that follow each other become one decision and one append.  Where one
        fails, all may be handled again: each bears repetition.

        Where they ``came_again`` and there is nothing left to decide, whoever decided
        may have died before he dispatched: somebody is to look at it soon.
        """
        has_moved = self._handle_in_order(workflow_id, messages)
        if came_again and not has_moved:
            self._guard.look_soon(workflow_id)

    def together(self) -> AbstractContextManager[Gathering]:
        """Have what is sent to workers inside go together, whatever workflow's."""
        return self._engine.together()

    def _handle_in_order(self, workflow_id: str, messages: Iterable[bytes]) -> bool:
        """Handle messages; tell whether the commands among them decided anything."""
        commands: list[cmd.Command] = []
        has_moved = is_to_be = False
        try:
            for data in messages:
                message = msg.decode_message(data)
                is_to_be |= isinstance(message, msg.StartWorkflow)
                if isinstance(message, msg.RunCommand):
                    commands.append(message.command)
                elif isinstance(message, msg.ReportChild):
                    commands += self._launcher.child_ended(
                        message.seq, message.child_id
                    )
                else:
                    has_moved |= self._run_all(workflow_id, commands)
                    commands = []
                    self._act_on(workflow_id, message)
            has_moved |= self._run_all(workflow_id, commands)
        except NotFound:
            if is_to_be or self._journals.find(workflow_id) is not None:
                raise
        return has_moved

    def _act_on(
        self,
        workflow_id: str,
        message: msg.StartWorkflow
        | msg.LaunchTask
        | msg.LaunchFailureWorkflow
        | msg.ReportRevival
        | msg.ReviveChild
        | msg.OfferAgain,
    ) -> None:
        match message:
            case msg.ReportRevival():
                self._tell_of_revival(workflow_id, message)
            case msg.ReviveChild():
                self._revive(workflow_id, message)
            case msg.OfferAgain():
                self._engine.offer_again(workflow_id)
            case msg.StartWorkflow(command):
                self._launcher.begin(workflow_id, command)
            case msg.LaunchTask(seq):
                self._launcher.launch(workflow_id, seq)
            case msg.LaunchFailureWorkflow(failure_id):
                self._launcher.launch_failure_workflow(workflow_id, failure_id)
            case _:
                assert_never(message)

    def _run_all(self, workflow_id: str, commands: Sequence[cmd.Command]) -> bool:
        return bool(commands) and self._engine.run_all(workflow_id, commands)

    def wake(self, subject: str, due: int = 0) -> None:
        """Handle a timer that fired, which was to do so at ``due``.

        It is a workflow's, or that of a schedule.
        """
        schedule = schedule_of(subject)
        if schedule is None:
            self._guard.wake(subject, due)
        else:
            self._scheduled.wake(schedule, due)

    # --- who was brought back --------------------------------------------------

    def _tell_of_revival(self, parent_id: str, told: msg.ReportRevival) -> None:
        """Have a parent go on with its child, which may be over once more by now."""
        parent = self._revivals.tell_parent(parent_id, told)
        if parent is not None and not parent.status.is_terminal:
            self._run_all(
                parent_id, self._launcher.child_ended(told.seq, told.child_id)
            )

    def _revive(self, child_id: str, wanted: msg.ReviveChild) -> None:
        """Have a child go on; what has completed tells its parent so."""
        child = self._revivals.revive_child(child_id, wanted)
        if child is not None and child.status.is_terminal:
            self._run_all(
                wanted.parent_id, self._launcher.child_ended(wanted.seq, child_id)
            )
