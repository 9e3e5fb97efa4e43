"""Reading definitions from files, and saying what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from json import JSONDecodeError
from pathlib import Path

from podium.errors import InvalidInput
from podium.linting.findings import LintFinding, Severity, Steps
from podium.linting.linter import Surroundings, lint, lint_task
from podium.model.task_definition import TaskDef
from podium.model.workflow_definition import WorkflowDef
from podium_local.lint.positions import Position, decode, nearest, positions


@dataclass(frozen=True, slots=True)
class Found:
    """One definition, and where it stands in its file."""

    path: Path
    steps: Steps
    definition: WorkflowDef | TaskDef
    positions: Mapping[Steps, Position]


def report(paths: Sequence[Path], *, is_self_contained: bool) -> int:
    """Print all findings and return the exit status."""
    definitions = [found for path in paths for found in read(path)]
    errors = warnings = 0
    for found, finding in check(definitions, is_self_contained=is_self_contained):
        print(as_line(found, finding))
        if finding.severity is Severity.ERROR:
            errors += 1
        else:
            warnings += 1
    counted = f"{len(definitions)} definitions: {errors} errors, {warnings} warnings"
    print(counted)
    return 1 if errors else 0


def read(path: Path) -> Iterator[Found]:
    """Yield the definitions of a file; InvalidInput names the file that has none."""
    try:
        text = path.read_text(encoding="utf-8")
        document = decode(text)
    except JSONDecodeError as failure:
        place = f"{path}:{failure.lineno}:{failure.colno}"
        raise InvalidInput(f"{place}: expected JSON: {failure.msg}") from failure
    except (OSError, ValueError) as failure:
        raise InvalidInput(f"{path}: {failure}") from failure
    places = positions(text)
    for steps, one in _each(document):
        if not isinstance(one, dict):
            raise InvalidInput(f"{path}: expected a definition or a list of them")
        kind = WorkflowDef if _is_workflow(one) else TaskDef
        try:
            definition = kind.from_json(one)
        except InvalidInput as failure:
            at = nearest(places, steps)
            raise InvalidInput(
                f"{path}:{at.line}:{at.column}: {failure.message}"
            ) from failure
        yield Found(path, steps, definition, places)


def _each(document: object) -> Iterable[tuple[Steps, object]]:
    if isinstance(document, list):
        return [((number,), one) for number, one in enumerate(document)]
    return [((), document)]


def _is_workflow(document: Mapping[str, object]) -> bool:
    """Tell a workflow's definition from a task's: a task has no tasks."""
    return "tasks" in document or "schemaVersion" in document


def check(
    definitions: Sequence[Found], *, is_self_contained: bool
) -> Iterator[tuple[Found, LintFinding]]:
    """Yield what is wrong with definitions that are for the same place."""
    tasks: dict[str, TaskDef] = {}
    versions: set[tuple[str, int | None]] = set()
    for found in definitions:
        definition = found.definition
        if isinstance(definition, TaskDef):
            tasks[definition.name] = definition
        else:
            versions |= {(definition.name, None), (definition.name, definition.version)}

    def has_workflow(name: str, version: int | None) -> bool:
        return not is_self_contained or (name, version) in versions

    surroundings = Surroundings(tasks.get, has_workflow)
    for found in definitions:
        definition = found.definition
        findings = (
            lint_task(definition)
            if isinstance(definition, TaskDef)
            else lint(definition, surroundings)
        )
        for finding in findings:
            yield found, finding


def as_line(found: Found, finding: LintFinding) -> str:
    """Return a finding as compilers write theirs."""
    at = nearest(found.positions, (*found.steps, *finding.steps))
    severity = finding.severity.lower()
    return (
        f"{found.path}:{at.line}:{at.column}: {severity}: {finding.message} "
        f"[{finding.rule}]"
    )
