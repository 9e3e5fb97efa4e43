"""Whether what a task reads can be there when it reads it."""

from __future__ import annotations

from collections.abc import Container, Iterator

from podium.expressions.references import TASK_DOCUMENT, WORKFLOW_DOCUMENT
from podium.linting.expressions import Read, Text, expressions_of, texts
from podium.linting.findings import LintFinding
from podium.linting.flow import Flow, Moment, Visit
from podium.model.parameter_references import PREDEFINED, undefined_reference
from podium.model.workflow_definition import WorkflowDef

_OF_WORKFLOW = frozenset(WORKFLOW_DOCUMENT) | {
    *("env", "secrets", "priority", "createTime", "startTime"),
}
_OF_TASK = frozenset(TASK_DOCUMENT) | {"subWorkflowId"}


def lint_references(
    definition: WorkflowDef, flow: Flow, environment: Container[str]
) -> Iterator[LintFinding]:
    """Yield what is wrong with the expressions of tasks and of the output."""
    known = _Known(definition, flow, environment)
    for visit in flow.visits:
        if visit.before.is_reached:
            moment = _as_seen_by(visit, flow)
            for text in expressions_of(visit.task, visit.steps):
                yield from known.check(text, moment, visit)
    for text in texts(definition.output_parameters, ("outputParameters",)):
        yield from known.check(text, None, None)


def _as_seen_by(visit: Visit, flow: Flow) -> Moment:
    """Return what a task's own expressions see: a loop's are resolved at each end."""
    before = visit.before
    if visit.task.type != "DO_WHILE":
        return before
    inner = flow.mask([visit.task])
    return Moment(
        certain=before.certain | flow.bit(visit.task.task_reference_name),
        possible=before.possible | inner,
        parallel=before.parallel,
        is_dynamic=before.is_dynamic,
    )


class _Known:
    """What the expressions of one definition may refer to."""

    def __init__(
        self, definition: WorkflowDef, flow: Flow, environment: Container[str]
    ) -> None:
        self._flow = flow
        self._environment = environment
        self._variables = set(definition.variables)
        tasks = [visit.task for visit in flow.visits]
        for task in tasks:
            if task.type == "SET_VARIABLE":
                self._variables |= task.input_parameters.keys()
        self._is_dynamic = any(task.type == "FORK_JOIN_DYNAMIC" for task in tasks)

    def check(
        self, text: Text, moment: Moment | None, visit: Visit | None
    ) -> Iterator[LintFinding]:
        """Yield what is wrong with a text; without a moment it is read at the end."""
        if text.reads_nothing:
            said = f"{text.text} is no expression, and stays as it is written"
            yield LintFinding("no-expression", text.steps, said, text.text)
        for read in text.reads:
            if read.name == "workflow":
                yield from self._check_workflow(read, text)
            elif read.name not in self._flow:
                yield from self._check_unknown(read, text, moment, visit)
            else:
                yield from self._check_field(read, text)
                if moment is not None and visit is not None:
                    yield from self._check_time(read.name, text, moment, visit)

    def _check_workflow(self, read: Read, text: Text) -> Iterator[LintFinding]:
        if read.field and read.field not in _OF_WORKFLOW:
            said = f"a workflow has no {read.field}: ${{workflow.{read.field}}} is null"
            yield LintFinding("unknown-field", text.steps, said, text.text)
        is_unset = read.key is not None and read.key not in self._variables
        if read.field == "variables" and is_unset:
            said = f"no SET_VARIABLE and no initial value sets the variable {read.key}"
            yield LintFinding("unset-variable", text.steps, said, text.text)

    def _check_unknown(
        self, read: Read, text: Text, moment: Moment | None, visit: Visit | None
    ) -> Iterator[LintFinding]:
        """Report a name that no task has, in Conductor's words where those exist."""
        if not read.field and (
            read.name in PREDEFINED or read.name in self._environment
        ):
            return
        may_be = self._is_dynamic if moment is None else moment.is_dynamic
        if may_be or self._has_dots(read.name, text.text):
            return
        name = "outputParameters" if visit is None else visit.task.name
        said = undefined_reference(read.name, name, text.key, text.text)
        yield LintFinding("unknown-reference", text.steps, said, text.text)

    def _has_dots(self, name: str, text: str) -> bool:
        """Tell whether a name is the first part of one with dots (reference 4.12)."""
        named = (ref for ref in self._flow.refs if ref.startswith(f"{name}."))
        return any(f"{{{ref}" in text for ref in named)

    @staticmethod
    def _check_field(read: Read, text: Text) -> Iterator[LintFinding]:
        if read.field and read.field not in _OF_TASK:
            whole = f"{read.name}.{read.field}"
            said = (
                f"a task has no {read.field}: ${{{whole}}} is null; "
                f"its output is ${{{read.name}.output}}"
            )
            yield LintFinding("unknown-field", text.steps, said, text.text)

    def _check_time(
        self, ref: str, text: Text, moment: Moment, visit: Visit
    ) -> Iterator[LintFinding]:
        bit = self._flow.bit(ref)
        if moment.certain & bit:
            return
        if ref == visit.task.task_reference_name and not visit.loops:
            said = f"{ref} reads itself: only a retry finds the attempt before it"
            yield LintFinding("own-output", text.steps, said, text.text)
        elif moment.parallel & bit:
            said = (
                f"{ref} runs in a branch beside this one: "
                "whether it has ended by then is chance"
            )
            yield LintFinding("race", text.steps, said, text.text)
        elif not moment.possible & bit:
            said = f"{ref} cannot have run before {visit.task.task_reference_name}"
            yield LintFinding("never-before", text.steps, said, text.text)
