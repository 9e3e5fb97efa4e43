"""Settling a terminal task: retry it, or schedule what comes after it (4.2, 4.5).

The last event of settling is TaskSettled.  Whatever cuts a decision short before it
leaves the task unsettled, and settling again repeats only what is missing.
"""

from __future__ import annotations

from podium.decider.definition import Node, Role
from podium.decider.ending import fail_for_permissive_tasks
from podium.decider.events import TaskSettled, TaskUpdated
from podium.decider.joins import judge_join
from podium.decider.operators import dynamic_fork
from podium.decider.operators.branching import chosen_case
from podium.decider.operators.loops import judge_loop
from podium.decider.retries import end_of_workflow, retry
from podium.decider.scheduling import schedule
from podium.decider.state import TaskState
from podium.decider.task_types import CHOICES
from podium.decider.turn import EndWorkflow, Place, Turn
from podium.model.task import TaskStatus
from podium.model.workflow import WorkflowStatus


def settle(turn: Turn, task: TaskState) -> None:
    """Deal with one terminal task whose successors are not scheduled yet.

    A TERMINATE stays unsettled: it is what ends the workflow, whoever looks.
    """
    if task.type == "TERMINATE" and task.status is TaskStatus.COMPLETED:
        fail_for_permissive_tasks(turn, turn.output_of(task))
        raise _termination(turn, task)
    if not task.status.is_successful and not _goes_on(turn, task):
        return
    task = turn.state.tasks[task.ref]
    _schedule_successors(turn, task)
    turn.emit(TaskSettled(seq=task.seq))
    turn.to_judge.extend(turn.state.watchers.get(task.ref, ()))
    if task.root is not None and task.root != task.ref:
        turn.to_judge.extend(turn.state.watchers.get(task.root, ()))
    if task.loop is not None:
        turn.to_judge.append(task.loop)


def settle_container(turn: Turn, task: TaskState) -> None:
    """Settle a fork, or a choice that leads into a case, that was just scheduled.

    A choice that leads into none is settled like any other task: a thousand in a row
    are no depth.
    """
    if task.type not in _CONTAINERS or task.status is not TaskStatus.COMPLETED:
        return
    if task.type not in CHOICES or chosen_case(turn, turn.node_of(task), task):
        settle(turn, task)


def _goes_on(turn: Turn, task: TaskState) -> bool:
    """Retry, forgive or end the workflow; True where the flow goes on after it."""
    place = turn.place_of(task)
    if retry(turn, task, place):
        return False
    if place.node.task.optional:
        turn.emit(
            TaskUpdated(
                seq=task.seq,
                status=TaskStatus.COMPLETED_WITH_ERRORS,
                reason=task.reason,
            )
        )
        return True
    if place.node.task.permissive:
        return True
    raise end_of_workflow(turn, task)


def _schedule_successors(turn: Turn, task: TaskState) -> None:
    place = turn.place_of(task)
    if _forks_at_run_time(place, task):
        dynamic_fork.open_branches(turn, place)
    for node in successors(turn, task):
        schedule(turn, Place(node, place.iterations, place.root))


def _forks_at_run_time(place: Place, task: TaskState) -> bool:
    is_skipped = task.status is TaskStatus.SKIPPED
    return place.node.task.type == "FORK_JOIN_DYNAMIC" and not is_skipped


def successors(turn: Turn, task: TaskState) -> list[Node]:
    """Return the tasks of the definition that come next once a task is settled.

    The branches of a dynamic fork are not among them, the JOIN over them is.
    """
    if task.root == task.ref and task.type not in _CONTAINERS:
        return []
    node = turn.node_of(task)
    found: list[Node] = []
    if node.task.type in CHOICES:
        first = chosen_case(turn, node, task)
        if first is not None:
            return [first]
    elif node.task.type == "FORK_JOIN" and task.status is not TaskStatus.SKIPPED:
        found += node.first_of_branches
    following = after(node)
    return found if following is None else [*found, following]


def lacks_successor(turn: Turn, task: TaskState) -> bool:
    """Tell whether a settled task is to be settled again: what came next is gone."""
    return any(
        (there := turn.state.tasks.get(node.ref)) is None
        or there.iterations != task.iterations
        for node in successors(turn, task)
    )


_CONTAINERS = CHOICES | {"FORK"}


def after(node: Node) -> Node | None:
    """Return what follows a task: its successor, or that of the SWITCH around it."""
    place: Node | None = node
    while place is not None:
        if place.following is not None:
            return place.following
        if place.role is not Role.CASE:
            return None
        place = place.parent
    return None


def _termination(turn: Turn, task: TaskState) -> EndWorkflow:
    inputs = turn.input_of(task)
    status = WorkflowStatus(inputs["terminationStatus"])
    reason = str(inputs.get("terminationReason") or "")
    if not reason.strip():
        reason = f"Workflow is {status} by TERMINATE task: {turn.task_id(task)}"
    failed = 0 if status is WorkflowStatus.COMPLETED else task.seq
    return EndWorkflow(status, reason, failed_task=failed, output=turn.output_of(task))


def judge(turn: Turn, ref: str) -> None:
    """Look whether a join or a loop has come to its end."""
    task = turn.state.tasks.get(ref)
    if task is None or not task.is_open:
        return
    if task.type == "DO_WHILE":
        judge_loop(turn, task)
    else:
        judge_join(turn, task)
