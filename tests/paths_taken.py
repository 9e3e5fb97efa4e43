"""Whether a workflow went the way its definition describes, told from outside.

Written against Conductor's JSON alone: it knows nothing of how the engine decides.
"""

import re

from corpus import tasks_of, type_of

TERMINAL = frozenset(
    {
        *("COMPLETED", "COMPLETED_WITH_ERRORS", "FAILED", "FAILED_WITH_TERMINAL_ERROR"),
        *("TIMED_OUT", "CANCELED", "SKIPPED"),
    }
)
GOES_ON = frozenset({"COMPLETED", "COMPLETED_WITH_ERRORS", "SKIPPED"})
_PLAIN = re.compile(r"\$\{([\w-]+)\.(input|output)\.([\w-]+(?:\.[\w-]+)*)\}")


class PathTaken:
    """One ended workflow beside its definition; ``missteps`` are what is wrong."""

    def __init__(self, definition, workflow):
        self._definition = definition
        self._workflow = workflow
        self._latest = {}
        self._seen = set()
        self._changed = set()
        self.missteps = []
        for task in workflow["tasks"]:
            self._latest[task["referenceTaskName"]] = task
        self._is_whole = workflow["status"] == "COMPLETED" and not any(
            task["taskType"] == "TERMINATE" for task in workflow["tasks"]
        )

    def check(self):
        """Return everything that is wrong with the way that was taken."""
        self._check_attempts()
        self._follow(self._definition["tasks"], "", {})
        self._check_nothing_else()
        if self._is_whole:
            self._check_output()
        return self.missteps

    def _complain(self, ref, what):
        self.missteps.append(f"{ref}: {what}")

    # --- attempts --------------------------------------------------------------

    def _check_attempts(self):
        attempts = {}
        last = 0
        for task in self._workflow["tasks"]:
            ref = task["referenceTaskName"]
            if task["seq"] <= last:
                self._complain(ref, f"is number {task['seq']} and comes after {last}")
            last = task["seq"]
            if task["status"] not in TERMINAL:
                self._complain(ref, f"is {task['status']} in an ended workflow")
            before = attempts.get(ref)
            expected = 0 if before is None else before["retryCount"] + 1
            if task["retryCount"] != expected:
                self._complain(ref, f"attempt {task['retryCount']} is not {expected}")
            if before is not None and before["status"] in GOES_ON:
                self._complain(ref, f"was tried again after {before['status']}")
            attempts[ref] = task

    # --- order -----------------------------------------------------------------

    def _follow(self, sequence, suffix, known):
        """Follow a sequence; return what is known after it, None where it broke off."""
        known = dict(known)
        for position, step in enumerate(sequence or []):
            ref = step["taskReferenceName"] + suffix
            task = self._latest.get(ref)
            if task is None:
                if self._is_whole:
                    self._complain(ref, "was never scheduled")
                self._refuse(sequence[position:], suffix)
                return None
            self._seen.add(ref)
            self._check_input(step, task, known)
            inside = self._enter(step, task, suffix, known)
            if inside is None or not self._goes_on(step, task):
                self._refuse(sequence[position + 1 :], suffix, after=task)
                return None
            known |= inside
            known[step["taskReferenceName"]] = task
        return known

    def _goes_on(self, step, task):
        return task["status"] in GOES_ON or step.get("permissive")

    def _refuse(self, steps, suffix, after=None):
        """Complain about what was scheduled although nothing led to it."""
        for step in tasks_of({"tasks": steps}):
            ref = step["taskReferenceName"] + suffix
            followed = after is not None and type_of(step) == "JOIN"
            if ref in self._latest and not followed:
                self._complain(ref, "was scheduled out of turn")

    def _enter(self, step, task, suffix, known):
        match type_of(step):
            case "SWITCH" | "DECISION":
                return self._enter_case(step, task, suffix, known)
            case "FORK_JOIN":
                for branch in step["forkTasks"]:
                    self._follow(branch, suffix, known)
            case "DO_WHILE":
                self._enter_loop(step, task, suffix)
        return {}

    def _enter_loop(self, step, task, suffix):
        """Follow the iterations that are kept (``keepLastN``); no others are there."""
        if task["status"] not in GOES_ON:
            return
        last = task["iteration"]
        kept = (step.get("inputParameters") or {}).get("keepLastN", last)
        for number in range(1, last + 1):
            inside = f"{suffix}__{number}"
            if number > last - kept:
                self._follow(step["loopOver"], inside, {})
            else:
                self._refuse(step["loopOver"], inside)

    def _enter_case(self, step, task, suffix, known):
        cases = step.get("decisionCases") or {}
        case = task["inputData"].get("case")
        chosen = cases.get(case)
        if chosen is None or (not chosen and type_of(step) == "DECISION"):
            chosen = step.get("defaultCase") or []
        for other in (*cases.values(), step.get("defaultCase") or []):
            if other is not chosen:
                self._refuse(other, suffix)
        return self._follow(chosen, suffix, known)

    def _check_nothing_else(self):
        forked = {
            ref
            for task in self._workflow["tasks"]
            if task["taskType"] == "FORK"
            for ref in task["inputData"].get("forkedTasks") or []
        }
        for task in self._workflow["tasks"]:
            ref = task["referenceTaskName"]
            plain = re.sub(r"(__\d+)+$", "", ref)
            if ref not in self._seen and plain not in forked and self._is_whole:
                self._complain(ref, "is not on the path")

    # --- values ----------------------------------------------------------------

    def _check_input(self, step, task, known):
        """Compare inputs that are one plain expression with what they lead to."""
        kind = type_of(step)
        if task["retryCount"] or kind in ("FORK_JOIN_DYNAMIC", "JOIN"):
            return
        given = task["inputData"]
        if kind == "SUB_WORKFLOW":
            given = given["workflowInput"]
        written = step.get("inputParameters") or {}
        self._compare(task["referenceTaskName"], written, given, known)

    def _compare(self, ref, written, given, known):
        for key, value in written.items():
            found = _PLAIN.fullmatch(value) if isinstance(value, str) else None
            source = self._document(found[1], found[2], known) if found else None
            if source is None:
                continue
            expected = _walk(source, found[3].split("."))
            if expected is not None and expected != given.get(key):
                self._complain(ref, f"{key} is {given.get(key)!r}, not {expected!r}")

    def _document(self, name, part, known):
        if name == "workflow":
            return self._workflow["input"] if part == "input" else None
        task = known.get(name)
        return None if task is None else task[f"{part}Data"]

    def _check_output(self):
        written = self._definition.get("outputParameters") or {}
        output = self._workflow["output"]
        if written and set(output) != set(written):
            self._complain("output", f"has {sorted(output)}, not {sorted(written)}")
        top = {
            step["taskReferenceName"]: self._latest[step["taskReferenceName"]]
            for step in self._definition["tasks"]
        }
        self._compare("output", written, output, top)


def _walk(value, steps):
    for step in steps:
        if not isinstance(value, dict):
            return None
        value = value.get(step)
    return value
