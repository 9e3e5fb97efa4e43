"""What definitions want of the world: their input, and their workers' outputs.

Found by following every ``${...}`` from where it is used back to where it comes from.
"""

import re

from corpus import inline_of, tasks_of, type_of
from jq_reading import read_jq
from script_reading import read_javascript
from shapes import Shape

STUB = "stubbed"
"""The name of a workflow that is there for whoever asks for one by an expression."""
NAMED_AT_RUN_TIME = "named_at_run_time"
FORKED = "forked"
SERVER = "http://scripted.test"
SECRETS = {
    name: f"the-value-of-{name}"
    for name in (
        *("API_KEY", "oauth_token", "rate_limit_api_key", "gateway_api_key"),
        "ghp_your_github_token",
    )
}
"""What definitions of the corpus read as ``${workflow.secrets...}``."""

_EXPRESSION = re.compile(r"(?<!\$)\$\{([^{}]*)\}")
_PATH_STEP = re.compile(
    r"""\.?([^.\[\]]+)|\[\s*(?:'([^']*)'|"([^"]*)"|(\d+|\*))\s*\]"""
)


def stub(name, version=1):
    """Return a definition that stands in for one that the corpus does not have."""
    task = {"name": "stand_in", "taskReferenceName": "stand_in"}
    return {"name": name, "version": version, "schemaVersion": 2, "tasks": [task]}


class Wants:
    """The shapes of everything that one definition reads.

    ``input``, ``variables`` and ``outputs`` are what is read of the workflow and of
    each task; ``slots`` are the tasks' inputs, ``result`` the workflow's output.
    """

    def __init__(self, definition):
        self.definition = definition
        self.tasks = {task["taskReferenceName"]: task for task in tasks_of(definition)}
        self.input = Shape()
        self.variables = Shape()
        self.result = Shape()
        self.outputs = {ref: Shape() for ref in self.tasks}
        self.slots = {ref: Shape() for ref in self.tasks}
        for name in definition.get("inputParameters") or []:
            if isinstance(name, str):
                self.input.key(name)
        for ref, task in self.tasks.items():
            self._want_by_type(task, self.slots[ref])

    # --- by type ---------------------------------------------------------------

    def _want_by_type(self, task, slot):
        kind = type_of(task)
        if kind == "DO_WHILE":
            self._want_loop(task, slot)
        elif kind in _WANTED:
            _WANTED[kind](task, slot)

    def _want_loop(self, task, slot):
        read_javascript(task.get("loopCondition") or "", slot)
        for ref, output in self.outputs.items():
            if ref in slot.keys and ref != task["taskReferenceName"]:
                output.take(slot.keys[ref])
        for wanted in slot.keys.values():
            if wanted.kind == "number":
                wanted.compare(2, 3)
        slot.key("_items").compare(["one", "two"])

    # --- by path ---------------------------------------------------------------

    def follow(self, members):
        """Follow every expression one step back; ``members`` are who may be started."""
        for ref, task in self.tasks.items():
            slot = self.slots[ref]
            if type_of(task) == "SET_VARIABLE":
                slot.take(self.variables)
            if type_of(task) == "SUB_WORKFLOW":
                self._follow_child(task, slot, members)
            self._follow_value(task.get("inputParameters") or {}, slot)
            self._follow_value(task.get("items"), slot.key("_items"))
        self._follow_value(self.definition.get("outputParameters") or {}, self.result)

    def _follow_child(self, task, slot, members):
        params = task.get("subWorkflowParam") or {}
        wanted = Shape()
        wanted.key("name").compare(STUB)
        wanted.key("version").compare(1)
        wanted.key("workflowDefinition").compare(stub(STUB))
        self._follow_value(params, wanted)
        child = members.get((inline_of(task) or params).get("name"))
        if child is not None:
            slot.take(child.input)
            child.result.take(self.outputs[task["taskReferenceName"]])

    def _follow_value(self, value, slot):
        if isinstance(value, dict):
            for key, inner in value.items():
                self._follow_value(inner, slot.key(key))
        elif isinstance(value, list):
            for inner in value:
                self._follow_value(inner, slot.element())
        elif isinstance(value, str):
            for found in _EXPRESSION.finditer(value):
                source = self._source(found[1])
                if source is not None and found[0] == value.strip():
                    source.take(slot)

    def _source(self, path):
        """Return the shape that a path leads to, None where it is nothing of ours."""
        steps = [
            0 if number else plain or quoted or doubly
            for plain, quoted, doubly, number in _PATH_STEP.findall(path)
        ]
        match steps:
            case ["workflow", "input", *rest]:
                return self.input.at(rest)
            case ["workflow", "variables", *rest]:
                return self.variables.at(rest)
            case [ref, "output", inner, *rest] if self._gathers(ref, inner):
                return self.outputs[inner].at(rest)
            case [ref, "output", *rest] if ref in self.tasks:
                return self.outputs[ref].at(rest)
        return None

    def _gathers(self, ref, inner):
        """Tell whether a task's output holds those of other tasks by reference."""
        kind = type_of(self.tasks[ref]) if ref in self.tasks else None
        return kind in ("JOIN", "DO_WHILE") and inner in self.tasks


def _want_script(task, slot):
    inputs = task.get("inputParameters") or {}
    script = inputs.get("expression") or inputs.get("scriptExpression")
    read_javascript(str(script), slot)


def _want_document(task, slot):
    read_jq(str((task.get("inputParameters") or {}).get("queryExpression")), slot)


def _want_name(task, slot):
    slot.key(task["dynamicTaskNameParam"]).compare(NAMED_AT_RUN_TIME)


def _want_time(_task, slot):
    slot.key("duration").compare("5 seconds")
    slot.key("until").compare("2030-01-01 10:00")


def _want_request(_task, slot):
    for place in (slot, slot.key("http_request")):
        place.key("uri").compare(f"{SERVER}/wanted")
        place.key("method").compare("GET", "POST")


def _want_end(_task, slot):
    slot.key("terminationStatus").compare("COMPLETED", "FAILED")


def _want_start(_task, slot):
    slot.key("startWorkflow").compare({"name": STUB, "input": {}})


def _want_case(task, slot):
    cases = list(task.get("decisionCases") or {})
    expression = task.get("expression") or task.get("caseExpression")
    named = task.get("caseValueParam")
    if not named and task.get("evaluatorType") == "value-param":
        named = expression
    if not named:
        read_javascript(expression, slot)
    elif {case.lower() for case in cases} <= {"true", "false"}:
        slot.key(named).compare(True, False)
    else:
        other = ["neither"] if task.get("defaultCase") else []
        slot.key(named).compare(*cases, *other)


def _want_branches(task, slot):
    refs = [f"{FORKED}_{n}_of_{task['taskReferenceName']}" for n in (1, 2)]
    slot.key("forkTaskInputs").compare([{"number": 1}, {"number": 2}])
    slot.key("forkTaskName").compare(FORKED)
    slot.key("forkTaskWorkflow").compare(STUB)
    if task.get("dynamicForkTasksParam"):
        tasks = [{"name": FORKED, "taskReferenceName": ref} for ref in refs]
        slot.key(task["dynamicForkTasksParam"]).compare(tasks)
        given = {ref: {"given": ref} for ref in refs}
        slot.key(task["dynamicForkTasksInputParamName"]).compare(given)
    elif task.get("dynamicForkJoinTasksParam"):
        listed = [{"taskName": FORKED, "referenceName": ref} for ref in refs]
        slot.key(task["dynamicForkJoinTasksParam"]).compare({"dynamicTasks": listed})


_WANTED = {
    "DECISION": _want_case,
    "DYNAMIC": _want_name,
    "FORK_JOIN_DYNAMIC": _want_branches,
    "HTTP": _want_request,
    "INLINE": _want_script,
    "JSON_JQ_TRANSFORM": _want_document,
    "LAMBDA": _want_script,
    "START_WORKFLOW": _want_start,
    "SWITCH": _want_case,
    "TERMINATE": _want_end,
    "WAIT": _want_time,
}
