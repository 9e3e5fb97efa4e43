"""FORK_JOIN_DYNAMIC: branches made at run time, in three forms (reference 3.5).

Whatever form they are given in, the branches become definitions of tasks with their
inputs in them.  The FORK keeps those among its own input; from there they are opened.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, NoReturn

from podium.decider.definition import Graph
from podium.decider.operators.fork_join import add_join, require_join
from podium.decider.scheduling import Attempt, add, resolve_input, schedule
from podium.decider.task_types import SYSTEM
from podium.decider.turn import EndWorkflow, Place, Turn
from podium.errors import InvalidInput
from podium.expressions.template import java_string
from podium.model.requests import DynamicForkJoinTask, DynamicForkJoinTaskList
from podium.model.task import TaskStatus
from podium.model.workflow import WorkflowStatus
from podium.model.workflow_task import WorkflowTask

_NOT_FOLLOWED = (
    "Dynamic join definition is not followed by a join task.  "
    "Check the workflow definition."
)


def schedule_dynamic_fork(turn: Turn, place: Place, attempt: Attempt) -> None:
    """Record the FORK and its branches; settling it opens them and the JOIN."""
    require_join(place.node, _NOT_FOLLOWED)
    inputs = resolve_input(turn, place)
    branches = _branches(turn, place, inputs)
    _refuse_taken_refs(turn, place, branches)
    refs = tuple(branch.task_reference_name for branch in branches)
    shown = {
        **inputs,
        "forkedTasks": list(refs),
        "forkedTaskDefs": [branch.to_json() for branch in branches],
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


def open_branches(turn: Turn, place: Place) -> None:
    """Open the branches of a FORK and the JOIN over them, as far as they are not."""
    following = require_join(place.node, _NOT_FOLLOWED)
    present = turn.state.tasks.get(following.ref)
    if present is not None and present.iterations == place.iterations:
        return
    fork = turn.input_of(turn.state.tasks[place.node.ref])
    for definition in fork["forkedTaskDefs"]:
        branch = WorkflowTask.from_json(definition)
        root = Graph.of_dynamic(branch, place.node.loop).top[0]
        schedule(turn, Place(root, place.iterations, root.ref))
    join = Place(following, place.iterations, place.root)
    add_join(turn, join, Attempt(), tuple(fork["forkedTasks"]))


def _refuse_taken_refs(turn: Turn, place: Place, branches: list[WorkflowTask]) -> None:
    """Refuse a reference that another branch, task or definition already has."""
    counts = Counter(
        task.task_reference_name for branch in branches for task in branch.collect()
    )
    for ref in counts:
        present = turn.state.tasks.get(ref)
        if ref in turn.definition.graph.nodes or (
            present is not None
            and (present.is_open or present.iterations == place.iterations)
        ):
            counts[ref] += 1
    taken = sorted(ref for ref, count in counts.items() if count > 1)
    if taken:
        _refuse(
            "Dynamically forked tasks must have taskReferenceNames of their own; "
            f"used more than once: {', '.join(taken)}"
        )


def _refuse(reason: str) -> NoReturn:
    raise EndWorkflow(WorkflowStatus.FAILED, reason)


# --- the three forms ---------------------------------------------------------------


def _branches(turn: Turn, place: Place, inputs: dict[str, Any]) -> list[WorkflowTask]:
    task = place.node.task
    if isinstance(inputs.get("forkTaskInputs"), list):
        return _of_one_task(turn, place, inputs)
    if task.dynamic_fork_tasks_param:
        return _of_task_list(task, inputs)
    return _of_legacy_list(task, inputs)


def _of_one_task(
    turn: Turn, place: Place, inputs: dict[str, Any]
) -> list[WorkflowTask]:
    """Form 1: the same task or workflow once for each input of a list."""
    workflow, kind = inputs.get("forkTaskWorkflow"), inputs.get("forkTaskType")
    is_system = isinstance(kind, str) and kind in SYSTEM
    name = inputs.get("forkTaskName") or (kind if is_system else place.node.ref)
    prefix = f"_{place.node.ref}" if _follows_another(turn, place) else ""
    common: dict[str, Any] = {"name": name, "type": kind or "SIMPLE"}
    if place.node.task.optional:
        common["optional"] = True
    if workflow:
        version = str(inputs.get("forkTaskWorkflowVersion"))
        common["name"], common["type"] = workflow, "SUB_WORKFLOW"
        common["subWorkflowParam"] = {
            "name": workflow,
            "version": int(version) if version.isdecimal() else None,
        }
    branches = []
    for number, given in enumerate(inputs["forkTaskInputs"]):
        own = given if isinstance(given, dict) else {"input": given}
        made = common | {
            "taskReferenceName": f"{prefix}_{name}_{number}",
            "inputParameters": own | {"__index": number},
        }
        if workflow:
            domains = {"taskToDomain": own.get("taskToDomain")}
            made["subWorkflowParam"] = common["subWorkflowParam"] | domains
        branches.append(_of_input(own, made))
    return branches


def _of_input(own: dict[str, Any], made: dict[str, Any]) -> WorkflowTask:
    """Return the task over one input, which may say more of it than its input."""
    try:
        return WorkflowTask.from_json(own | made)
    except InvalidInput:
        return _tasks("forkTaskInputs", [made])[0]


def _follows_another(turn: Turn, place: Place) -> bool:
    """Tell whether the workflow has come by another dynamic fork before this one."""
    return place.root is not None or any(
        node.task.type == "FORK_JOIN_DYNAMIC" and node.ref != place.node.ref
        for ref, node in turn.definition.graph.nodes.items()
        if ref in turn.state.tasks
    )


def _of_task_list(task: WorkflowTask, inputs: dict[str, Any]) -> list[WorkflowTask]:
    """Form 2: a list of tasks and a map from reference to input."""
    param = task.dynamic_fork_tasks_param or ""
    tasks = _tasks(param, inputs.get(param))
    given = inputs.get(task.dynamic_fork_tasks_input_param_name or "")
    if not isinstance(given, dict):
        _refuse(
            "Input to the dynamically forked tasks is not a map -> expecting a map of "
            f"K,V  but found {java_string(given)}"
        )
    return [_with_input(one, given.get(one.task_reference_name)) for one in tasks]


def _tasks(param: str, given: Any) -> list[WorkflowTask]:
    try:
        tasks = [WorkflowTask.from_json(one) for one in given]
    except (InvalidInput, TypeError):
        tasks = None
    if tasks is None or not all(one.task_reference_name for one in tasks):
        _refuse(
            f"Input '{param}' is invalid. Cannot deserialize a list of Workflow Tasks "
            f"from '{java_string(given)}'"
        )
    return tasks


def _with_input(task: WorkflowTask, given: Any) -> WorkflowTask:
    if given is None:
        return task
    if not isinstance(given, dict):
        _refuse(
            "Tasks could not be dynamically forked due to invalid input: that of "
            f"{task.task_reference_name} is not a map but {java_string(given)}"
        )
    merged = task.input_parameters | given
    return task.model_copy(update={"input_parameters": merged})


def _of_legacy_list(task: WorkflowTask, inputs: dict[str, Any]) -> list[WorkflowTask]:
    """Form 3: a DynamicForkJoinTaskList."""
    param = task.dynamic_fork_join_tasks_param or ""
    try:
        listed = DynamicForkJoinTaskList.from_json(inputs.get(param))
    except InvalidInput:
        _refuse(
            f"Dynamic tasks could not be created. The value of {param} from task's "
            f"input {java_string(inputs)} has no dynamic tasks to be scheduled"
        )
    return _tasks(param, [_of_legacy(one) for one in listed.dynamic_tasks])


def _of_legacy(given: DynamicForkJoinTask) -> dict[str, Any]:
    made: dict[str, Any] = {
        "name": given.task_name or given.workflow_name,
        "taskReferenceName": given.reference_name,
        "type": given.type,
        "inputParameters": given.input,
    }
    if given.workflow_name:
        made["subWorkflowParam"] = {"name": given.workflow_name}
    return made
