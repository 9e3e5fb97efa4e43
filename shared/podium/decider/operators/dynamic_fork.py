"""FORK_JOIN_DYNAMIC: branches made at run time, in three forms (reference 3.5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

from podium.decider.definition import Graph
from podium.decider.operators.fork_join import add_join, require_join
from podium.decider.scheduling import Attempt, add, resolve_input, schedule
from podium.decider.turn import EndWorkflow, Place, Turn
from podium.errors import InvalidInput
from podium.model.task import TaskStatus
from podium.model.workflow import WorkflowStatus
from podium.model.workflow_task import WorkflowTask


@dataclass(frozen=True, slots=True)
class Branch:
    """A task to fork and the input that the fork gives it."""

    task: WorkflowTask
    given: dict[str, Any]


def schedule_dynamic_fork(turn: Turn, place: Place, attempt: Attempt) -> None:
    """Record the FORK, open all branches and the JOIN over them.

    A decision that was cut short finds the FORK already there; the branches and the
    JOIN that are missing are then opened by :func:`open_branches`.
    """
    require_join(place.node)
    inputs = resolve_input(turn, place, attempt, None)
    branches = list(_branches(turn, place, inputs))
    refs = tuple(branch.task.task_reference_name for branch in branches)
    _refuse_bad_refs(turn, refs)
    shown = {
        **inputs,
        "forkedTasks": list(refs),
        "forkedTaskDefs": [branch.task.to_json() for branch in branches],
    }
    add(
        turn,
        place,
        attempt,
        status=TaskStatus.COMPLETED,
        task_input=shown,
        task_type="FORK",
        forked=refs,
    )
    _open(turn, place, branches)


def open_branches(turn: Turn, place: Place) -> None:
    """Open what is missing of a dynamic fork whose FORK is already recorded."""
    join = turn.state.tasks.get(require_join(place.node).ref)
    if join is not None and join.iterations == place.iterations:
        return
    inputs = turn.input_of(turn.state.tasks[place.node.ref])
    _open(turn, place, list(_branches(turn, place, inputs)))


def _open(turn: Turn, place: Place, branches: list[Branch]) -> None:
    for branch in branches:
        graph = Graph.of_dynamic(branch.task, place.node.loop)
        node = graph.top[0]
        inner = Place(node, place.iterations, node.ref)
        present = turn.state.tasks.get(node.ref)
        if present is None or present.iterations != place.iterations:
            schedule(turn, inner, Attempt(given=branch.given))
    refs = tuple(branch.task.task_reference_name for branch in branches)
    join = Place(require_join(place.node), place.iterations, place.root)
    add_join(turn, join, Attempt(), refs)


def _refuse_bad_refs(turn: Turn, refs: tuple[str, ...]) -> None:
    if any(not ref for ref in refs):
        _refuse("Dynamically forked tasks must have a taskReferenceName")
    counts = Counter(refs)
    counts.update(ref for ref in counts if ref in turn.definition.graph.nodes)
    twice = sorted(ref for ref, count in counts.items() if count > 1)
    if twice:
        _refuse(
            "Dynamically forked tasks must have unique taskReferenceNames; "
            f"used more than once: {', '.join(twice)}"
        )


def _refuse(reason: str) -> NoReturn:
    raise EndWorkflow(WorkflowStatus.FAILED, reason)


def _branches(turn: Turn, place: Place, inputs: dict[str, Any]) -> Iterator[Branch]:
    task = place.node.task
    if isinstance(inputs.get("forkTaskInputs"), list):
        return _of_one_task(turn, place, inputs)
    if task.dynamic_fork_tasks_param:
        return _of_task_list(place, inputs)
    if task.dynamic_fork_join_tasks_param:
        return _of_legacy_list(inputs.get(task.dynamic_fork_join_tasks_param))
    _refuse(f"No dynamic fork tasks were given to {place.node.ref}")


def _of_one_task(turn: Turn, place: Place, inputs: dict[str, Any]) -> Iterator[Branch]:
    """Form 1: the same task or workflow once for each input of a list."""
    name = inputs.get("forkTaskName")
    workflow = inputs.get("forkTaskWorkflow")
    kind = inputs.get("forkTaskType") or ("SUB_WORKFLOW" if workflow else "SIMPLE")
    label = name or workflow or kind
    if label is None:
        _refuse("forkTaskName, forkTaskType or forkTaskWorkflow is required")
    forks = sum(
        node.task.type == "FORK_JOIN_DYNAMIC"
        for node in turn.definition.graph.nodes.values()
    )
    prefix = f"_{place.node.ref}" if forks > 1 else ""
    for number, given in enumerate(inputs["forkTaskInputs"]):
        definition: dict[str, Any] = {
            "name": label,
            "taskReferenceName": f"{prefix}_{label}_{number}",
            "type": kind,
            "optional": place.node.task.optional,
        }
        if workflow:
            definition["subWorkflowParam"] = {
                "name": workflow,
                "version": inputs.get("forkTaskWorkflowVersion"),
            }
        own = dict(given) if isinstance(given, dict) else {"input": given}
        yield Branch(_task(definition), own | {"__index": number})


def _of_task_list(place: Place, inputs: dict[str, Any]) -> Iterator[Branch]:
    """Form 2: a list of tasks and a map from reference to input."""
    task = place.node.task
    tasks = inputs.get(task.dynamic_fork_tasks_param or "") or []
    given = inputs.get(task.dynamic_fork_tasks_input_param_name or "")
    if not isinstance(given, dict):
        if tasks:
            _refuse(
                "Input to the dynamically forked tasks is not a map -> expecting a map "
                f"of K,V  but found {given}"
            )
        given = {}
    if not isinstance(tasks, list):
        _refuse(f"{task.dynamic_fork_tasks_param} must be a list of tasks: {tasks}")
    for one in tasks:
        branch = _task(one)
        own = given.get(branch.task_reference_name)
        yield Branch(branch, own if isinstance(own, dict) else {})


def _of_legacy_list(value: Any) -> Iterator[Branch]:
    """Form 3: a DynamicForkJoinTaskList."""
    listed = value.get("dynamicTasks") if isinstance(value, dict) else value
    if not isinstance(listed, list):
        _refuse(
            "Input to the dynamic fork is not a DynamicForkJoinTaskList: expecting "
            f"dynamicTasks, a list, but found {value}"
        )
    for one in listed:
        definition = {
            "name": one.get("taskName"),
            "taskReferenceName": one.get("referenceName"),
            "type": one.get("type") or "SIMPLE",
        }
        if one.get("workflowName"):
            definition["subWorkflowParam"] = {"name": one["workflowName"]}
            definition["name"] = definition["name"] or one["workflowName"]
        yield Branch(_task(definition), one.get("input") or {})


def _task(definition: Any) -> WorkflowTask:
    if not isinstance(definition, dict):
        _refuse(f"A dynamically forked task must be an object: {definition}")
    if not definition.get("taskReferenceName"):
        _refuse(f"A dynamically forked task has no taskReferenceName: {definition}")
    try:
        return WorkflowTask.from_json({"name": "", **definition})
    except InvalidInput as failure:
        _refuse(f"A dynamically forked task is not valid: {failure.message}")
