"""Definition snapshots: what a workflow runs by, whatever is registered later.

A snapshot is the definition with the task definitions of its tasks filled in (reference
3.0), kept once under the digest of its content.  Many starts of one definition share
one snapshot, so a start writes none of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import msgspec

from podium.decider.definition import Definition, compile_definition
from podium.errors import NotFound
from podium.model.task_definition import TaskDef
from podium.model.workflow_definition import WorkflowDef
from podium.model.workflow_task import WorkflowTask
from podium.ports import Metadata
from podium.service.cache import BoundedCache

_KEPT = 512


class Snapshots:
    """Makes, keeps and loads snapshots."""

    def __init__(self, metadata: Metadata) -> None:
        self._metadata = metadata
        self._compiled: BoundedCache[str, Definition] = BoundedCache(_KEPT)
        self._digests: BoundedCache[bytes, str] = BoundedCache(_KEPT)

    def take(self, definition: WorkflowDef) -> str:
        """Keep a snapshot of the definition and return its digest."""
        wanted = _task_names(definition.tasks)
        found = {name: self._metadata.find_task(name) for name in sorted(wanted)}
        known = {name: one for name, one in found.items() if one is not None}
        key = _fingerprint(definition, known)
        digest = self._digests.get(key)
        if digest is None:
            digest = self._keep(populate(definition, known))
            self._digests.put(key, digest)
        return digest

    def _keep(self, definition: WorkflowDef) -> str:
        text = msgspec.json.encode(definition.to_json())
        digest = hashlib.sha256(text).hexdigest()[:32]
        if self._compiled.get(digest) is None:
            self._metadata.put_snapshot(digest, text)
            self._compiled.put(digest, compile_definition(definition))
        return digest

    def known(self, digest: str) -> Definition | None:
        """Return the compiled snapshot if this process has it."""
        return self._compiled.get(digest)

    def load(self, digest: str) -> Definition:
        """Return the compiled snapshot."""
        known = self._compiled.get(digest)
        if known is not None:
            return known
        text = self._metadata.find_snapshot(digest)
        if text is None:
            raise NotFound(f"No definition snapshot found by digest: {digest}")
        compiled = compile_definition(WorkflowDef.from_json(msgspec.json.decode(text)))
        self._compiled.put(digest, compiled)
        return compiled


def _fingerprint(definition: WorkflowDef, tasks: dict[str, TaskDef]) -> bytes:
    """Return a key that changes when the definition or one of its tasks does."""
    parts: list[Any] = [definition.to_json()]
    parts += [tasks[name].to_json() for name in sorted(tasks)]
    return hashlib.sha256(msgspec.json.encode(parts)).digest()


def _task_names(tasks: Iterable[WorkflowTask]) -> set[str]:
    """Return the names of all tasks that have no definition of their own."""
    names: set[str] = set()
    for task in tasks:
        if task.task_definition is None:
            names.add(task.name)
        for inner in _inner(task):
            names |= _task_names(inner)
    return names


def _inner(task: WorkflowTask) -> Iterable[Iterable[WorkflowTask]]:
    yield from task.decision_cases.values()
    yield task.default_case
    yield from task.fork_tasks
    yield task.loop_over


def populate(definition: WorkflowDef, known: dict[str, TaskDef]) -> WorkflowDef:
    """Return the definition with the task definitions of its tasks filled in."""
    tasks = _populate_all(definition.tasks, known)
    return definition.model_copy(update={"tasks": tasks})


def _populate_all(
    tasks: Iterable[WorkflowTask], known: dict[str, TaskDef]
) -> tuple[WorkflowTask, ...]:
    return tuple(_populate(task, known) for task in tasks)


def _populate(task: WorkflowTask, known: dict[str, TaskDef]) -> WorkflowTask:
    changes: dict[str, Any] = {}
    if task.task_definition is None:
        found = known.get(task.name)
        if found is None and task.type == "SIMPLE":
            found = TaskDef(name=task.name)
        if found is not None:
            changes["task_definition"] = found
    if any(True for inner in _inner(task) for _ in inner):
        changes["decision_cases"] = {
            case: _populate_all(inner, known)
            for case, inner in task.decision_cases.items()
        }
        changes["default_case"] = _populate_all(task.default_case, known)
        changes["fork_tasks"] = tuple(
            _populate_all(inner, known) for inner in task.fork_tasks
        )
        changes["loop_over"] = _populate_all(task.loop_over, known)
    return task.model_copy(update=changes) if changes else task
