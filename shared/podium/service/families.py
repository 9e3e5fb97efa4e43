"""Who waits for whose end: the workflows above another one, and those below it.

A workflow may have several above it: who has started it, and who follows it because its
idempotency key was taken (reference 3.7, 4.11).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from podium import ids
from podium.decider.effects import parents_of
from podium.decider.state import TaskState, WorkflowState
from podium.service.journals import Journals


def above(
    journals: Journals, parents: Iterable[tuple[str, str]]
) -> Iterator[tuple[WorkflowState, TaskState]]:
    """Yield the workflows that wait for an end, with the task that does, upwards.

    ``parents`` are the first of them and their tasks, as
    :func:`podium.decider.effects.parents_of` tells them.
    """
    left, seen = list(parents), set[str]()
    while left:
        workflow_id, task_id = left.pop()
        state = None if workflow_id in seen else journals.find(workflow_id)
        seen.add(workflow_id)
        if state is None or state.status.is_terminal:
            continue
        task = state.task_of(ids.sequence_of(task_id))
        if task is not None and task.is_open:
            yield state, task
            left += parents_of(state)


def below(journals: Journals, state: WorkflowState) -> Iterator[WorkflowState]:
    """Yield the workflows for whose ends this one waits, and no further than to those.

    What has ended is left out.
    """
    for task in state.tasks.values():
        child_id = task.sub_workflow_id if task.is_open else None
        child = journals.find(child_id) if child_id else None
        if child is not None and not child.status.is_terminal:
            yield child
