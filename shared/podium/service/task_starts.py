"""Telling that a worker has taken a task, where its definition wants that (4.11).

A lease is no decision, so the start is told by a command.  It is sent before the lease
is written: a start told of a task that somebody else took is told once all the same.
"""

from __future__ import annotations

from podium.decider.commands import TaskStarted
from podium.decider.events import ON_START
from podium.decider.state import TaskState, WorkflowState
from podium.ports import Home
from podium.service.execution_view import node_of
from podium.service.journals import Journals
from podium.service.messages import RunCommand, encode_message
from podium.service.snapshots import Snapshots


class TaskStarts:
    """Has the decider tell of starts."""

    def __init__(self, home: Home, journals: Journals, snapshots: Snapshots) -> None:
        self._home = home
        self._journals = journals
        self._snapshots = snapshots

    def tell(self, state: WorkflowState, task: TaskState) -> None:
        """Tell that a task is being worked on, unless nobody wants to know."""
        node = node_of(self._journals, self._snapshots, state, task)
        if node is None or ON_START not in node.state_changes:
            return
        command = TaskStarted(seq=task.seq, delivery=task.delivery)
        message = encode_message(RunCommand(command=command))
        self._home.commands.send(state.workflow_id, message)
