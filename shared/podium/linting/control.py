"""Whether branches, joins and loops can come to their end."""

from __future__ import annotations

import re
from collections.abc import Iterator

from podium.errors import ExpressionFailed
from podium.expressions.evaluators import names_read
from podium.expressions.javascript import evaluate, is_truthy
from podium.linting.expressions import texts
from podium.linting.findings import LintFinding
from podium.linting.flow import Flow, Moment, Visit, goes_over_items
from podium.linting.places import ignored

_CHOICES = frozenset({"SWITCH", "DECISION"})
_ENDS = frozenset({"TERMINATE"})
_MAY_TAKE_LONG = re.compile(r"\b(?:for|while|do|function|repeat|test|match)\b|=>")
"""What a linter does not wait for; a condition has it seldom."""


def lint_control(flow: Flow) -> Iterator[LintFinding]:
    """Yield what is wrong with the way through a definition."""
    for visit in flow.visits:
        yield from _reach(visit, flow)
        for sequel in ignored(visit.task, visit.steps):
            said = f"a {visit.task.type} runs nothing of this"
            yield LintFinding("ignored-branch", sequel.steps, said)
        match visit.task.type:
            case "FORK_JOIN" | "FORK_JOIN_DYNAMIC":
                yield from _fork(visit)
            case "JOIN":
                yield from _join(visit, flow)
            case "EXCLUSIVE_JOIN":
                yield from _exclusive_join(visit, flow)
            case "DO_WHILE":
                yield from _loop(visit)


def _reach(visit: Visit, flow: Flow) -> Iterator[LintFinding]:
    """Report the first task that nothing leads to, not those after and in it."""
    if visit.before.is_reached or visit.follows is None:
        return
    ref = visit.follows.task_reference_name
    if flow.before(ref).is_reached:
        said = f"{visit.task.task_reference_name} is never reached: {ref} ends"
        yield LintFinding("unreachable", visit.steps, f"{said} the workflow")


def _fork(visit: Visit) -> Iterator[LintFinding]:
    if visit.precedes is None or visit.precedes.type != "JOIN":
        said = f"{visit.task.task_reference_name} is not followed by a JOIN"
        yield LintFinding("no-join", visit.steps, said)


# --- joins -------------------------------------------------------------------------


def _join(visit: Visit, flow: Flow) -> Iterator[LintFinding]:
    follows = visit.follows
    if follows is not None and follows.type == "FORK_JOIN_DYNAMIC":
        return  # it joins what the fork makes, whatever is written here
    for number, ref in enumerate(visit.task.join_on):
        steps = (*visit.steps, "joinOn", number)
        if ref not in flow:
            if not visit.before.is_dynamic:
                said = f"no task has the reference name {ref}: the JOIN waits for ever"
                yield LintFinding("join-unknown", steps, said, ref)
        elif visit.before.is_reached:
            yield from _joined(ref, flow, visit.before, LintFinding("", steps, "", ref))


def _joined(
    ref: str, flow: Flow, before: Moment, at: LintFinding
) -> Iterator[LintFinding]:
    """Report a task that is not there when the JOIN waits for it, or need not be."""
    bit = flow.bit(ref)
    if (before.certain | before.pending) & bit:
        task = flow.task(ref)
        if task.type in _CHOICES and before.parallel & bit:
            said = (
                f"{ref} is over once it has chosen: the JOIN does not wait for the "
                "tasks of its cases"
            )
            yield LintFinding("join-may-wait", at.steps, said, ref)
    elif not (before.possible | before.parallel) & bit:
        said = f"{ref} cannot run before the JOIN is over: it waits for ever"
        yield LintFinding("join-never", at.steps, said, ref)
    else:
        said = f"{ref} does not run on every way: without it the JOIN waits for ever"
        yield LintFinding("join-may-wait", at.steps, said, ref)


def _exclusive_join(visit: Visit, flow: Flow) -> Iterator[LintFinding]:
    lists = (
        ("joinOn", visit.task.join_on),
        ("defaultExclusiveJoinTask", visit.task.default_exclusive_join_task),
    )
    for field, refs in lists:
        for number, ref in enumerate(refs):
            if ref not in flow and not visit.before.is_dynamic:
                steps = (*visit.steps, field, number)
                said = f"no task has the reference name {ref}"
                yield LintFinding("join-unknown", steps, said, ref)


# --- loops -------------------------------------------------------------------------


def _loop(visit: Visit) -> Iterator[LintFinding]:
    """Report a loop whose condition holds whatever happens in it.

    A condition is worked out where all that it reads is written in the definition.  A
    TERMINATE anywhere in the body is an end, and so is the end of a list.
    """
    task = visit.task
    condition = task.loop_condition
    if not condition or goes_over_items(task):
        return
    inside = [one for one in task.collect() if one is not task]
    if any(one.type in _ENDS for one in inside):
        return
    if _MAY_TAKE_LONG.search(condition):
        return
    read = names_read(condition)
    constants = {
        key: value
        for key, value in task.input_parameters.items()
        if not any(True for _ in texts(value, ()))
    }
    if read is None or not read <= constants.keys():
        return
    try:
        goes_on = is_truthy(evaluate(condition, constants))
    except ExpressionFailed:
        return
    if goes_on:
        said = (
            "the condition always holds, and no TERMINATE is in the loop: "
            "it has no end but a failure"
        )
        steps = (*visit.steps, "loopCondition")
        yield LintFinding("endless-loop", steps, said, condition)
